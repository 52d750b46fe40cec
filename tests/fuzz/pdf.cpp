// PDF, as the engine has it read: by the real helper, in a process of its own with bounds. Whatever
// the file is, the engine's side gets a document or an error, in time.
#include "stdlib/docs/parse.h"
#include "tests/fuzz/target.h"

namespace weft::fuzz {

std::vector<std::string> seeds() {
    return files_under("examples/document_qa", ".pdf");
}

std::vector<std::string> dictionary() {
    return {"endobj",
            "stream\n",
            "endstream",
            "/Length 999999999",
            "/Kids [1 0 R]",
            "/Count -1",
            "xref",
            "trailer",
            "/Encrypt",
            "/Filter /FlateDecode",
            "/MediaBox [0 0 1e9 1e9]"};
}

}  // namespace weft::fuzz

namespace {

auto parse(std::string_view bytes) {
    using namespace weft;
    WorkerCall call;
    call.worker = "docs.parse";
    call.timeout = std::chrono::seconds(20);
    stdlib::ParseLimits limits;
    limits.memory_bytes = std::uint64_t{512} << 20U;
    limits.cpu_seconds = 5;
    return stdlib::parse_document(call, bytes, "fuzz.pdf", "application/pdf", limits);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weft;
    // Without the helper (WEFT_HELPER names it) every file is an error, and nothing is tried.
    static const bool reads_whole_files = parse(fuzz::seeds().front()).has_value();
    WEFT_CHECK(reads_whole_files);
    const auto read = parse(fuzz::text_of(data, size));
    if (read) {
        WEFT_CHECK(read->is_object());
    } else {
        WEFT_CHECK(!read.error().name.empty() && !read.error().message.empty());
    }
    return 0;
}
