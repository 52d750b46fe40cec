// What the tests of rag and llm share: a handbook of our own as documents, artifacts in a folder of
// the real file system, and calling a worker by name.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/hash.h"
#include "stdlib/json_args.h"
#include "stdlib/native.h"

namespace weft::stdlib::fixture {

class FolderFiles : public FileAccess {
  public:
    FolderFiles() {
        std::string pattern = (std::filesystem::temp_directory_path() / "weft-rag-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
    }
    ~FolderFiles() override { std::filesystem::remove_all(folder_); }
    FolderFiles(const FolderFiles&) = delete;
    FolderFiles& operator=(const FolderFiles&) = delete;

    std::expected<std::string, std::string> read(std::string_view id) override {
        std::ifstream in(folder_ / id, std::ios::binary);
        if (!in) return std::unexpected("no such file");
        ++reads;
        return std::string(std::istreambuf_iterator<char>(in), {});
    }
    std::expected<std::string, std::string> write(std::string_view bytes, std::string_view name,
                                                  std::string_view media) override {
        const std::string id = std::to_string(1000 + count_++);
        std::ofstream(folder_ / id, std::ios::binary) << bytes;
        return dump_json(
            Json{{"id", id}, {"name", name}, {"media", media}, {"size", bytes.size()}});
    }

    int reads = 0;

  private:
    std::filesystem::path folder_;
    int count_ = 0;
};

// A document out of lines: "# heading", "---" for a new page, anything else a paragraph.
inline Json document(const std::string& name, const std::string& lines) {
    std::string text;
    std::string section;
    Json blocks = Json::array();
    int page = 1;
    int count = 0;
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);) {
        if (line.empty()) continue;
        if (line == "---") {
            ++page;
            continue;
        }
        const bool is_heading = line.starts_with("# ");
        if (is_heading) section = line = line.substr(2);
        if (!text.empty()) text += "\n\n";
        blocks.push_back({{"kind", is_heading ? "Heading" : "Paragraph"},
                          {"level", is_heading ? 1 : 0},
                          {"page", page},
                          {"element", "b" + std::to_string(++count)},
                          {"start", text.size()},
                          {"end", text.size() + line.size()},
                          {"section", section}});
        text += line;
    }
    return {{"name", name}, {"title", ""},      {"media", "text/markdown"}, {"pages", page},
            {"text", text}, {"blocks", blocks}, {"meta", Json::object()}};
}

inline Json handbook() {
    return Json::array(
        {document(
             "orders.md",
             "# Refund period\n"
             "Customers may return a product within 30 days of delivery. The refund is paid to "
             "the original means of payment within 5 working days. Opened software can not be "
             "returned.\n"
             "# Shipping costs\n"
             "Shipping within Europe costs 4.90 EUR for each order. Orders above 50 EUR are "
             "shipped free of charge. Deliveries to islands may take up to two weeks.\n"
             "---\n"
             "# Contents\n"
             "Refund period ........ 1\n"
             "Shipping costs ....... 1\n"),
         document(
             "support.md",
             "# Warranty claims\n"
             "The warranty lasts two years from the date of purchase. A claim needs the invoice "
             "and a short description of the defect. Maria Keller leads the warranty team in "
             "Lucerne.\n"
             "# Opening hours\n"
             "The support desk is open on working days from 8 to 18 hours. Calls outside these "
             "hours are answered by a recording. Urgent cases can be reported by email at any "
             "time.\n")});
}

inline WorkerFunction find_worker(const std::string& name) {
    for (const auto& list : {rag_workers(), llm_workers()}) {
        for (const NativeWorker& worker : list) {
            if (worker.name == name) return worker.run;
        }
    }
    ADD_FAILURE() << "no worker " << name;
    return {};
}

inline WorkerOutcome call(const WorkerFunction& worker, const Json& arguments, FileAccess* files,
                          const std::string& settings = "{}") {
    const std::string text = dump_json(arguments);
    WorkerCall attempt;
    attempt.worker = "test";
    attempt.arguments = text;
    attempt.settings = settings;
    attempt.key = "0123456789abcdef0123456789abcdef";
    attempt.timeout = std::chrono::seconds(10);
    attempt.files = files;
    return worker(attempt);
}

inline Json value_of(const WorkerOutcome& outcome) {
    if (outcome) return Json::parse(outcome->json);
    ADD_FAILURE() << outcome.error().name << ": " << outcome.error().message;
    return {};
}

}  // namespace weft::stdlib::fixture
