// Documents of the formats that are read in this program's own code: HTML, Markdown, Word, plain
// text. A block is always a range of the text.
#include "helper/docs/readers.h"
#include "tests/fuzz/target.h"

namespace weft::fuzz {

std::vector<std::string> seeds() {
    std::vector<std::string> out;
    for (const auto* ending : {".html", ".md", ".docx", ".txt"}) {
        for (auto& text : files_under("examples/document_qa", ending))
            out.push_back(std::move(text));
    }
    return out;
}

std::vector<std::string> dictionary() {
    return {"<table>",
            "</td>",
            "<h2>",
            "<script>",
            "&#x0;",
            "<!--",
            "| a | b |\n|---|---|\n",
            "```",
            "word/document.xml",
            "PK\3\4",
            "<w:p>"};
}

namespace {

void check_document(const helper::Parsed<helper::Document>& read) {
    if (!read) {
        WEFT_CHECK(!read.error().name.empty());
        return;
    }
    std::size_t end = 0;
    for (const auto& block : read->blocks) {
        WEFT_CHECK(block.start >= end && block.end >= block.start);
        end = block.end;
    }
    WEFT_CHECK(end <= read->text.size());
}

}  // namespace

}  // namespace weft::fuzz

// What reads HTML leaves its tree to the end of its process, which reads one document (html.cpp).
extern "C" const char* __asan_default_options() {
    return "detect_leaks=0";
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace helper = weft::helper;
    const auto bytes = weft::fuzz::text_of(data, size);
    if (bytes.starts_with("PK")) {
        weft::fuzz::check_document(helper::read_docx(bytes));
        return 0;
    }
    weft::fuzz::check_document(helper::read_html(bytes));
    weft::fuzz::check_document(helper::read_markdown(bytes));
    weft::fuzz::check_document(helper::read_plain(bytes));
    return 0;
}
