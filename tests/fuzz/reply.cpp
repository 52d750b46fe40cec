// Replies of a model's provider: found in prose, mended at their shell, unwrapped.
#include "stdlib/llm/openai/repair.h"
#include "stdlib/llm/openai/wire_schema.h"
#include "tests/fuzz/target.h"

namespace weft::fuzz {

std::vector<std::string> seeds() {
    return {R"({"value": {"a": [1, null]}})",
            "Sure!\n```json\n{\"answers\": [{\"text\": \"x\", \"cites\": [1,],},]}\n```\nDone."};
}

std::vector<std::string> dictionary() {
    return {"```", "```json\n", ",}", ",]", "{\"value\":", "\\u"};
}

}  // namespace weft::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace openai = weft::stdlib::llm::openai;
    const auto reply = openai::parse_reply(weft::fuzz::text_of(data, size));
    if (!reply) return 0;
    (void)openai::unwrap(*reply, true);
    (void)openai::unwrap(*reply, false);
    return 0;
}
