#include "helper/docs/main.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <iostream>
#include <iterator>
#include <new>
#include <nlohmann/json.hpp>
#include <string>

#include "helper/docs/detect.h"
#include "helper/memory.h"

namespace weft::helper {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kTakesTooMuchMemory = "takes more memory to read than is allowed";
constexpr std::string_view kNoMemoryReply =
    R"({"error":{"name":"Broken","message":"takes more memory to read than is allowed"}})";

constexpr const char* kind_name(BlockKind kind) {
    switch (kind) {
        case BlockKind::Heading:
            return "Heading";
        case BlockKind::Paragraph:
            return "Paragraph";
        case BlockKind::Item:
            return "Item";
        case BlockKind::Table:
            return "Table";
        case BlockKind::Code:
            return "Code";
    }
    return "";
}

Json to_json(const Document& document, const std::string& name) {
    Json blocks = Json::array();
    for (const auto& block : document.blocks) {
        blocks.push_back({{"kind", kind_name(block.kind)},
                          {"level", block.level},
                          {"page", block.page},
                          {"element", block.element},
                          {"start", block.start},
                          {"end", block.end},
                          {"section", block.section}});
    }
    return {{"name", name},
            {"title", document.title},
            {"media", document.media},
            {"pages", document.pages},
            {"text", document.text},
            {"blocks", std::move(blocks)},
            {"meta", document.meta}};
}

Json error_json(const Failure& failure) {
    return {{"error", {{"name", failure.name}, {"message", failure.message}}}};
}

// The bytes behind a descriptor, mapped: parsers read them where they are.
Parsed<std::string_view> map_file(int fd) {
    struct stat info{};
    if (::fstat(fd, &info) != 0) return refuse("Broken", "did not reach its parser");
    if (info.st_size <= 0) return std::string_view();
    const auto size = static_cast<std::size_t>(info.st_size);
    void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED) return refuse("Broken", kTakesTooMuchMemory);
    return std::string_view(static_cast<const char*>(bytes), size);
}

Json read_document(const Json& request) {
    const std::string name = request.value("name", "");
    const auto bytes = map_file(request.value("fd", -1));
    if (!bytes) return error_json(bytes.error());
    const auto reader = find_reader(*bytes, name, request.value("media", ""));
    if (!reader) return error_json(reader.error());
    const auto document = (*reader)(*bytes);
    if (!document) return error_json(document.error());
    return {{"document", to_json(*document, name)}};
}

}  // namespace

int docs_main() {
    // What a parser might be made to do, it can't do as more than this user, nor be looked into.
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    end_without_memory(kNoMemoryReply);
    const std::string input{std::istreambuf_iterator<char>(std::cin), {}};
    const Json request = Json::parse(input, nullptr, false);
    if (!request.is_object()) {
        std::fputs("weft-helper docs: the request is not a JSON object\n", stderr);
        return 2;
    }
    Json reply;
    try {
        reply = read_document(request);
    } catch (const std::bad_alloc&) {
        reply = error_json({"Broken", kTakesTooMuchMemory});
    } catch (const std::exception& problem) {
        reply = error_json({"Broken", std::string("can't be read: ") + problem.what()});
    }
    const std::string out = reply.dump(-1, ' ', false, Json::error_handler_t::replace);
    const bool is_written =
        std::fwrite(out.data(), 1, out.size(), stdout) == out.size() && std::fflush(stdout) == 0;
    // Trees of deep documents are not freed: that is recursive in the libraries, and needless here.
    ::_exit(is_written ? 0 : 1);
}

}  // namespace weft::helper
