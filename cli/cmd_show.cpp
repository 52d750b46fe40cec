// weft show: one run: status, result, error, what it waits for.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/files.h"
#include "cli/summary.h"

namespace weft::cli {
namespace {

struct ShowOptions {
    StoreCommand common;
    std::string run;
    std::string out;
    std::int64_t at = -1;
};

void print_values(const Json& values) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& item : values) {
        const auto branch = item.value("branch", 0);
        rows.push_back({branch == 0 ? "" : fmt::format("branch {}", branch), item.value("in", ""),
                        item.value("name", ""), fit(json_text(item["value"]), 200)});
    }
    print(table(rows));
}

Result<int> show_run(const ShowOptions& options) {
    auto session = Session::open(options.common.store, Use::Look);
    if (!session) return std::unexpected(session.error());
    Json params = {{"run", options.run}};
    if (options.at >= 0) {
        params["at"] = options.at;
        params["values"] = true;
    }
    auto status = session->request("status", std::move(params));
    if (!status) return std::unexpected(status.error());
    std::vector<std::string> files;
    if (!options.out.empty() && status->contains("result")) {
        auto written = write_result_files(*session, (*status)["run"].get<std::string>(),
                                          (*status)["result"], options.out);
        if (!written) return std::unexpected(written.error());
        files = std::move(*written);
    }
    auto closed = session->close();
    if (!closed) return std::unexpected(closed.error());
    if (options.common.json) {
        if (!options.out.empty()) (*status)["files"] = files;
        print_json(*status);
        return kSuccess;
    }
    bool colour = terminal_of(stdout).colour;
    auto begun = status->value("begun", std::int64_t{0});
    print(fmt::format("run        {}\n", status->value("run", "")));
    print(fmt::format("workflow   {}\n", status->value("workflow", "")));
    print(fmt::format("status     {}{}\n", status_word(status->value("status", ""), colour),
                      status->value("live", false) ? ", driven now" : ""));
    print(fmt::format("begun      {}\n", time_text(begun)));
    if (status->contains("ended")) {
        auto ended = (*status)["ended"].get<std::int64_t>();
        print(fmt::format("ended      {}, after {}\n", time_text(ended),
                          duration_text(ended - begun)));
    }
    print(fmt::format("records    {}\n", status->value("records", std::uint64_t{0})));
    if (status->contains("spent")) {
        print(fmt::format("spent      {} {}\n", status->value("spent", ""),
                          status->value("currency", "")));
    }
    if (status->value("erased", false)) print("data       erased\n");
    if (status->value("past_no_return", false)) {
        print("           past the point of no return\n");
    }
    if (status->contains("result")) {
        print(fmt::format("result     {}\n", json_text((*status)["result"])));
    }
    for (const auto& file : files) print(fmt::format("file       {}\n", file));
    print_status_details(*status, session->flags(), colour);
    if (status->contains("values")) print_values((*status)["values"]);
    return kSuccess;
}

int show(const ShowOptions& options) {
    auto code = show_run(options);
    return code ? *code : report(code.error());
}

}  // namespace

void add_show(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<ShowOptions>();
    auto* command = app.add_subcommand("show", "one run: status, result, what it waits for");
    command->add_option("RUN", options->run, "the run, or the first digits of its id")->required();
    command->add_option("--at", options->at,
                        "as it was after this record, with what its names held then");
    command->add_option("--out", options->out, "write the files of its result to this folder");
    add_store_options(*command, options->common);
    choose(*command, chosen, options, show);
}

}  // namespace weft::cli
