#include "helper/docs/detect.h"

#include <algorithm>
#include <array>
#include <utility>

#include "helper/docs/package.h"
#include "helper/docs/readers.h"
#include "helper/docs/text.h"

namespace weft::helper {
namespace {

constexpr std::size_t kHeadBytes = 1'024;

struct Magic {
    std::string_view start;
    std::string_view what;
};

using std::string_view_literals::operator""sv;
constexpr Magic kForeign[] = {
    {"\x89PNG"sv, "a PNG picture"},
    {"\xFF\xD8\xFF"sv, "a JPEG picture"},
    {"GIF8"sv, "a GIF picture"},
    {"II*\0"sv, "a TIFF picture"},
    {"MM\0*"sv, "a TIFF picture"},
    {"\x1F\x8B"sv, "a gzip archive"},
    {"7z\xBC\xAF"sv, "a 7z archive"},
    {"\x7F"
     "ELF"sv,
     "a program"},
    {"MZ"sv, "a program"},
    {"{\\rtf"sv, "an RTF document"},
    {"%!PS"sv, "a PostScript document"},
    {"SQLite format 3\0"sv, "an SQLite database"},
    {"ID3"sv, "a sound"},
};

std::unexpected<Failure> unsupported(std::string_view what) {
    return refuse("UnsupportedFormat", "is " + std::string(what) +
                                           ", which is not read; PDF, Word (.docx), HTML, Markdown "
                                           "and plain text are");
}

Parsed<Reader> find_package_reader(std::string_view bytes) {
    auto package = Package::open(bytes);
    if (!package) return std::unexpected(package.error());
    if (package->holds("word/document.xml")) return Reader{read_docx};
    constexpr std::array<std::pair<const char*, std::string_view>, 5> kOthers = {{
        {"xl/workbook.xml", "an Excel workbook"},
        {"ppt/presentation.xml", "a PowerPoint presentation"},
        {"content.xml", "an OpenDocument file"},
        {"META-INF/container.xml", "an EPUB book"},
        {"META-INF/MANIFEST.MF", "a Java archive"},
    }};
    for (const auto& [part, what] : kOthers) {
        if (package->holds(part)) return unsupported(what);
    }
    // Strict producers may keep the main part elsewhere; its relationships say where.
    auto types = package->read("[Content_Types].xml");
    if (types && types->find("wordprocessingml.document.main") != std::string::npos) {
        return Reader{read_docx};
    }
    return unsupported("a zip archive");
}

// UTF-16, little end first, as an OLE file keeps its names.
std::string wide(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += c;
        out += '\0';
    }
    return out;
}

bool is_binary(std::string_view bytes) {
    if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) return false;
    const auto sample = bytes.substr(0, 64 * 1'024);
    const auto controls = std::ranges::count_if(sample, [](char c) {
        return (c >= 0 && c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' &&
                c != '\x1B') ||
               c == '\x7F';
    });
    return sample.find('\0') != std::string_view::npos ||
           static_cast<std::size_t>(controls) * 50 > sample.size();
}

bool looks_like_html(std::string_view bytes) {
    std::string head = lower_ascii(bytes.substr(0, kHeadBytes));
    const std::size_t first = head.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    if (first == std::string::npos || head[first] != '<') return false;
    return head.find("<!doctype html") != std::string::npos ||
           head.find("<html") != std::string::npos || head.find("<body") != std::string::npos;
}

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> endings) {
    return std::ranges::any_of(
        endings, [name](std::string_view ending) { return ends_with_folded(name, ending); });
}

}  // namespace

Parsed<Reader> find_reader(std::string_view bytes, std::string_view name, std::string_view media) {
    if (bytes.empty()) return refuse("Empty", "is empty");
    if (bytes.substr(0, kHeadBytes).find("%PDF-") != std::string_view::npos) {
        return Reader{read_pdf};
    }
    if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06")) {
        return find_package_reader(bytes);
    }
    if (bytes.starts_with("\xD0\xCF\x11\xE0")) {
        // How Office wraps a document that has a password.
        if (bytes.find(wide("EncryptedPackage")) != std::string_view::npos) {
            return refuse("Encrypted", "is encrypted and needs a password");
        }
        return unsupported("an old Office document (.doc, .xls, .ppt)");
    }
    for (const auto& [start, what] : kForeign) {
        if (bytes.starts_with(start) && is_binary(bytes)) return unsupported(what);
        if (bytes.starts_with(start) && (start == "{\\rtf" || start == "%!PS")) {
            return unsupported(what);
        }
    }
    if (is_binary(bytes)) {
        // A name that promises more than the bytes keep.
        if (ends_with_any(name, {".pdf", ".docx"})) {
            return refuse("Broken", "is damaged: its first bytes are not those of its kind");
        }
        return unsupported("a binary file");
    }
    if (looks_like_html(bytes) || ends_with_any(name, {".html", ".htm", ".xhtml"})) {
        return Reader{read_html};
    }
    if (ends_with_any(name, {".md", ".markdown"})) return Reader{read_markdown};
    if (ends_with_any(name, {".pdf", ".docx"})) {
        return refuse("Broken", "is damaged: its first bytes are not those of its kind");
    }
    if (ends_with_any(name, {".txt", ".text"})) return Reader{read_plain};
    if (media == "text/html") return Reader{read_html};
    if (media == "text/markdown") return Reader{read_markdown};
    return Reader{read_plain};
}

}  // namespace weft::helper
