// Plain text: paragraphs are parted by blank lines. Where the layout carries meaning (columns,
// drawings) the lines are kept as they are.
#include <algorithm>
#include <vector>

#include "helper/docs/readers.h"
#include "helper/docs/text.h"

namespace weft::helper {
namespace {

std::vector<std::string_view> split_lines(std::string_view text) {
    std::vector<std::string_view> out;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        out.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

bool is_blank(std::string_view line) {
    return line.find_first_not_of(' ') == std::string_view::npos;
}

std::string_view trimmed(std::string_view line) {
    const std::size_t first = line.find_first_not_of(' ');
    if (first == std::string_view::npos) return {};
    return line.substr(first, line.find_last_not_of(' ') - first + 1);
}

// A line of one repeated sign under a title.
int underline_level(std::string_view line) {
    line = trimmed(line);
    if (line.size() < 3) return 0;
    constexpr std::string_view kSigns = "=-~^";
    const std::size_t level = kSigns.find(line[0]);
    if (level == std::string_view::npos) return 0;
    return line.find_first_not_of(line[0]) == std::string_view::npos ? static_cast<int>(level) + 1
                                                                     : 0;
}

// The sign of an item, which is no part of its text; 0: none.
std::size_t plain_sign_size(std::string_view line) {
    for (const std::string_view sign : {"- ", "* ", "+ ", "• "}) {
        if (line.starts_with(sign)) return sign.size();
    }
    return 0;
}

bool starts_plain_item(std::string_view line) {
    line = trimmed(line);
    if (plain_sign_size(line) > 0) return true;
    const std::size_t digits = line.find_first_not_of("0123456789");
    return digits != std::string_view::npos && digits > 0 && digits <= 3 &&
           (line[digits] == '.' || line[digits] == ')') && line.size() > digits + 1 &&
           line[digits + 1] == ' ';
}

// Runs of spaces inside a line, or lines of a drawn table.
bool is_drawn(const std::vector<std::string_view>& lines) {
    return std::ranges::count_if(lines,
                                 [](std::string_view line) {
                                     line = trimmed(line);
                                     return line.find("   ") != std::string_view::npos ||
                                            line.starts_with('|') || line.starts_with('+');
                                 }) *
               3 >
           static_cast<std::ptrdiff_t>(lines.size());
}

std::string joined(const std::vector<std::string_view>& lines, std::size_t first, std::size_t end) {
    std::string out;
    for (std::size_t i = first; i < end; ++i) {
        out += lines[i];
        out += '\n';
    }
    return out;
}

void add_lines(DocumentBuilder& builder, const std::vector<std::string_view>& lines) {
    if (lines.size() == 2 && underline_level(lines[1]) > 0) {
        builder.heading(underline_level(lines[1]), lines[0], "h");
        return;
    }
    if (is_drawn(lines)) {
        builder.add(BlockKind::Code, 0, joined(lines, 0, lines.size()), "pre");
        return;
    }
    for (std::size_t i = 0; i < lines.size();) {
        const bool item = starts_plain_item(lines[i]);
        std::size_t end = i + 1;
        while (end < lines.size() && !starts_plain_item(lines[end])) ++end;
        std::string text = joined(lines, i, end);
        if (item) {
            text.erase(0, text.find_first_not_of(' '));
            text.erase(0, plain_sign_size(text));
        }
        builder.add(item ? BlockKind::Item : BlockKind::Paragraph, item ? 1 : 0, text,
                    item ? "li" : "p");
        i = end;
    }
}

}  // namespace

Parsed<Document> read_plain(std::string_view bytes) {
    if (bytes.size() > kMarkupBytesMax) {
        return refuse("UnsupportedFormat", "is larger than plain text may be (16 MiB)");
    }
    DocumentBuilder builder;
    std::string charset;
    const std::string text = clean(decode_file(bytes, charset));
    std::vector<std::string_view> block;
    for (const auto line : split_lines(text)) {
        if (!is_blank(line)) {
            block.push_back(line);
        } else if (!block.empty()) {
            add_lines(builder, block);
            block.clear();
        }
    }
    if (!block.empty()) add_lines(builder, block);
    builder.document().media = "text/plain";
    builder.document().meta["charset"] = charset;
    return builder.finish();
}

}  // namespace weft::helper
