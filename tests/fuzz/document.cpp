// Documents of the formats that are read in this program's own code: HTML, Markdown, Word, plain
// text. A block is always a range of the text.
//
// An input that begins with a byte 2 is the parts of a Word document, with a byte 2 before each;
// they are packed here, since no change of packed bytes gets past the checksum of a part.
#include <zip.h>

#include <array>
#include <memory>

#include "helper/docs/package.h"
#include "helper/docs/readers.h"
#include "tests/fuzz/target.h"

namespace weft::fuzz {

namespace {

constexpr char kPartMark = '\2';
constexpr std::array<const char*, 6> kParts = {"word/document.xml",  "word/styles.xml",
                                               "word/numbering.xml", "word/footnotes.xml",
                                               "docProps/core.xml",  "_rels/.rels"};

// Every part of a package that has a place above, with a mark before each.
std::string parts_of(const std::string& packed) {
    auto package = helper::Package::open(packed);
    WEFT_CHECK(package.has_value());
    std::string out;
    for (const auto* name : kParts) {
        auto part = package->read(name);
        WEFT_CHECK(part.has_value());
        out += kPartMark + *part;
    }
    return out;
}

std::string package_of(std::string_view parts) {
    zip_source_t* memory = zip_source_buffer_create(nullptr, 0, 0, nullptr);
    WEFT_CHECK(memory != nullptr);
    zip_source_keep(memory);
    zip* archive = zip_open_from_source(memory, ZIP_CREATE | ZIP_TRUNCATE, nullptr);
    WEFT_CHECK(archive != nullptr);
    for (const auto* name : kParts) {
        if (parts.empty()) break;
        parts.remove_prefix(1);
        const auto part = parts.substr(0, parts.find(kPartMark));
        parts.remove_prefix(part.size());
        auto* source = zip_source_buffer(archive, part.data(), part.size(), 0);
        const auto index = zip_file_add(archive, name, source, ZIP_FL_OVERWRITE);
        WEFT_CHECK(index >= 0);
        zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), ZIP_CM_STORE, 0);
    }
    WEFT_CHECK(zip_close(archive) == 0);
    zip_stat_t stat;
    WEFT_CHECK(zip_source_stat(memory, &stat) == 0);
    std::string out(stat.size, '\0');
    WEFT_CHECK(zip_source_open(memory) == 0);
    WEFT_CHECK(zip_source_read(memory, out.data(), out.size()) ==
               static_cast<zip_int64_t>(out.size()));
    zip_source_close(memory);
    zip_source_free(memory);
    return out;
}

}  // namespace

std::vector<std::string> seeds() {
    std::vector<std::string> out;
    for (const auto& packed : files_under("examples/document_qa", ".docx")) {
        out.push_back(parts_of(packed));
    }
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
            "<w:p>",
            "<w:tbl>",
            "<w:tc>",
            "<w:txbxContent>",
            "<w:del>",
            "<w:ins>",
            "<w:numId w:val=\"1\"/>",
            "<w:pStyle w:val=\"Heading1\"/>",
            "<w:basedOn w:val=\"Heading1\"/>",
            "<w:outlineLvl w:val=\"0\"/>",
            "<w:footnoteReference w:id=\"1\"/>",
            "&#xD;",
            "\2"};
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
    if (bytes.starts_with(weft::fuzz::kPartMark)) {
        weft::fuzz::check_document(helper::read_docx(weft::fuzz::package_of(bytes)));
        return 0;
    }
    if (bytes.starts_with("PK")) {
        weft::fuzz::check_document(helper::read_docx(bytes));
        return 0;
    }
    weft::fuzz::check_document(helper::read_html(bytes));
    weft::fuzz::check_document(helper::read_markdown(bytes));
    weft::fuzz::check_document(helper::read_plain(bytes));
    return 0;
}
