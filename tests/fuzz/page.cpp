// A pack's page out of texts that documents and models wrote: none of them makes or ends an
// element, an attribute or a style; as many as there would be if each letter of meaning were an x.
//
// An input is texts, with a byte 1 behind each; they are dealt out to the fields of a pack.
#include "stdlib/pack/page.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/fuzz/target.h"
#include "value/utf8.h"

namespace weft::fuzz {

namespace {

using Json = nlohmann::ordered_json;
namespace pack = stdlib::pack;

// Gives one text after the other, and again from the first.
class Texts {
  public:
    explicit Texts(std::string_view input) {
        while (true) {
            const auto end = std::min(input.find('\1'), input.size());
            texts_.emplace_back(input.substr(0, end));
            if (end == input.size()) break;
            input.remove_prefix(end + 1);
        }
    }
    const std::string& next() { return texts_[at_++ % texts_.size()]; }

  private:
    std::vector<std::string> texts_;
    std::size_t at_ = 0;
};

// The page, when the content is one.
std::string page_of(std::string_view input) {
    Texts texts(input);
    // A pack without a title or a question is refused.
    Json brief = {{"title", "of " + texts.next()},
                  {"summary", texts.next()},
                  {"topics", {texts.next(), texts.next()}}};
    brief["note " + texts.next()] = texts.next();
    Json answers = Json::array();
    for (int i = 0; i < 2; ++i) {
        Json answer = {{"question", "Is " + texts.next()}, {"answer", texts.next()}};
        answer["citations"] = Json::array();
        for (int k = 0; k < 2; ++k) {
            answer["citations"].push_back({{"document", texts.next()},
                                           {"page", k},
                                           {"section", texts.next()},
                                           {"quote", texts.next()},
                                           {"start", k},
                                           {"end", k + 3}});
        }
        answers.push_back(std::move(answer));
    }
    const auto content = pack::read_content(brief, answers);
    WEFT_CHECK(content.has_value());
    return pack::write_page(*content, texts.next(), "p { color: black }");
}

// Letters that mean something in markup, and others that don't.
bool has_meaning(char c) {
    return std::string_view("<>&\"'").contains(c);
}

// Elements and attributes in their order: what stands within < and >, less the places in it.
std::string skeleton(std::string_view page) {
    std::string out;
    while (true) {
        const auto begin = page.find('<');
        if (begin == std::string_view::npos) return out;
        const auto end = page.find('>', begin);
        WEFT_CHECK(end != std::string_view::npos);
        out += page.substr(begin, end + 1 - begin);
        page.remove_prefix(end + 1);
    }
}

}  // namespace

std::vector<std::string> seeds() {
    return {
        "Loans\1In brief.\n\nTwo.\1a\1b\1c\1d\1May I?\1You may: a quote.\1h.pdf\1Loans > "
        "Periods\1a quote",
        "<script>alert(1)</script>\1</title><b>\1&lt;\1\" onclick=\"\1' x='\1</style>\1<!--\1-->",
        "a\1a\1a", "</blockquote>\1&#x3c;b&#62;\1]]>\1{}{0}\1%s"};
}

std::vector<std::string> dictionary() {
    return {"<",        ">",    "&",   "\"",           "'",           "</title>",
            "</style>", "<!--", "-->", "&lt;",         " &gt; ",      " > ",
            "\n\n",     "\1",   "{0}", "\xE2\x80\xBA", "javascript:", "\x7f"};
}

}  // namespace weft::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weft;
    const auto input = fuzz::text_of(data, size);
    if (size > 5000 || !is_utf8(input)) return 0;
    const auto page = fuzz::page_of(input);
    WEFT_CHECK(is_utf8(page));
    for (const char c : page) {
        WEFT_CHECK(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t');
    }
    // One letter for another, so that what was one text or two still is.
    std::string plain(input);
    std::ranges::transform(plain, plain.begin(), [](char c) {
        static constexpr std::string_view kLetters = "<>&\"'";
        return fuzz::has_meaning(c) ? "QWERT"[kLetters.find(c)] : c;
    });
    const bool had_none = plain == input;
    // Unless those letters stood there too: two texts may then be one.
    const bool mixes = input.find_first_of("QWERT") != std::string_view::npos;
    if (!had_none && !mixes)
        WEFT_CHECK(fuzz::skeleton(page) == fuzz::skeleton(fuzz::page_of(plain)));
    return 0;
}
