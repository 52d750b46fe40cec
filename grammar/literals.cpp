#include "grammar/literals.h"

#include <algorithm>
#include <charconv>

#include "grammar/scan.h"

namespace weft {

std::string number_digits(std::string_view literal) {
    std::string out(literal);
    std::erase(out, '_');
    return out;
}

std::optional<std::int64_t> int_value(std::string_view literal) {
    std::string digits = number_digits(literal);
    std::int64_t out = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return out;
}

std::optional<std::int64_t> duration_ms(std::string_view literal) {
    auto unit_at = std::min(literal.find_first_not_of("0123456789_"), literal.size());
    auto count = int_value(literal.substr(0, unit_at));
    if (!count) return std::nullopt;
    struct Unit {
        std::string_view name;
        std::int64_t ms;
    };
    for (Unit unit : {Unit{"ms", 1}, Unit{"s", 1'000}, Unit{"m", 60'000}, Unit{"h", 3'600'000},
                      Unit{"d", 86'400'000}, Unit{"w", 604'800'000}}) {
        if (literal.substr(unit_at) != unit.name) continue;
        if (*count > INT64_MAX / unit.ms) return std::nullopt;
        return *count * unit.ms;
    }
    return std::nullopt;
}

MoneyText money_text(std::string_view literal) {
    auto blank = literal.find_first_of(" \t");
    auto code = literal.find_last_of(" \t");
    if (blank == std::string_view::npos) return {number_digits(literal), {}};
    return {number_digits(literal.substr(0, blank)), std::string(literal.substr(code + 1))};
}

namespace {

void append_utf8(std::string& out, std::uint32_t c) {
    auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (c < 0x80) {
        add(c);
    } else if (c < 0x800) {
        add(0xC0 | (c >> 6));
        add(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        add(0xE0 | (c >> 12));
        add(0x80 | ((c >> 6) & 0x3F));
        add(0x80 | (c & 0x3F));
    } else {
        add(0xF0 | (c >> 18));
        add(0x80 | ((c >> 12) & 0x3F));
        add(0x80 | ((c >> 6) & 0x3F));
        add(0x80 | (c & 0x3F));
    }
}

std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        char next = text[i + 1];
        if (next == 'u') {
            std::uint32_t value = 0;
            auto close = text.find('}', i);
            if (close == std::string_view::npos) close = text.size();
            auto digits = text.substr(i, close - i);
            digits.remove_prefix(std::min<std::size_t>(3, digits.size()));
            auto [end, error] =
                std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
            if (error == std::errc() && value <= 0x10FFFF) {
                append_utf8(out, value);
                i = close;
                continue;
            }
        }
        constexpr std::string_view kEscapes = "nt\"\\$";
        auto found = kEscapes.find(next);
        if (found == std::string_view::npos) {
            out += '\\';
            continue;
        }
        out += "\n\t\"\\$"[found];
        ++i;
    }
    return out;
}

using Kind = TemplatePart::Kind;

// The parts as written: text is still raw.
void collect(const Tree& tree, NodeId parent, std::vector<TemplatePart>& out) {
    for (NodeId id : tree.children(parent)) {
        switch (tree[id].kind) {
            case NodeKind::TextPart:
                out.push_back({Kind::Text, std::string(tree.text(id)), id});
                break;
            case NodeKind::Hole:
                out.push_back({Kind::Hole, {}, id});
                break;
            case NodeKind::TemplateEach:
                out.push_back({Kind::Each, {}, id});
                collect(tree, ast::TemplateEach(tree, id).body().id(), out);
                out.push_back({Kind::End, {}, id});
                break;
            case NodeKind::TemplateIf: {
                ast::TemplateIf branch(tree, id);
                out.push_back({Kind::If, {}, id});
                collect(tree, branch.then_body().id(), out);
                if (auto other = branch.else_body()) {
                    out.push_back({Kind::Else, {}, id});
                    collect(tree, other.id(), out);
                }
                out.push_back({Kind::End, {}, id});
                break;
            }
            default:
                break;
        }
    }
}

bool is_directive(Kind kind) {
    return kind != Kind::Text && kind != Kind::Hole;
}

bool blank(std::string_view text) {
    return text.find_first_not_of(" \t\r") == text.npos;
}

// A text block by lines: each line is the parts on it; text no longer holds line ends.
using Line = std::vector<TemplatePart>;

std::vector<Line> split_lines(std::vector<TemplatePart> parts) {
    std::vector<Line> lines(1);
    for (TemplatePart& part : parts) {
        if (part.kind != Kind::Text) {
            lines.back().push_back(std::move(part));
            continue;
        }
        std::string_view rest = part.text;
        while (true) {
            auto end = rest.find('\n');
            auto piece = rest.substr(0, end);
            if (end != rest.npos && piece.ends_with('\r')) piece.remove_suffix(1);
            if (!piece.empty()) lines.back().push_back({Kind::Text, std::string(piece), part.node});
            if (end == rest.npos) break;
            lines.emplace_back();
            rest.remove_prefix(end + 1);
        }
    }
    return lines;
}

bool vanishes(const Line& line) {
    bool directive = false;
    for (const TemplatePart& part : line) {
        if (part.kind == Kind::Hole || (part.kind == Kind::Text && !blank(part.text))) return false;
        directive |= is_directive(part.kind);
    }
    return directive;
}

// The blanks that the closing fence stands behind come off every line; a line that has fewer loses
// what it has.
void dedent(Line& line, std::size_t width) {
    if (line.empty() || line.front().kind != Kind::Text) return;
    std::string& text = line.front().text;
    auto blanks = std::min(text.find_first_not_of(" \t"), text.size());
    text.erase(0, std::min(blanks, width));
}

std::vector<TemplatePart> join_lines(std::vector<Line> lines) {
    std::vector<TemplatePart> out;
    // The opening fence ends its own line, and the closing fence's line is not text.
    if (!lines.empty() && lines.front().empty()) lines.erase(lines.begin());
    std::size_t width = 0;
    bool fence_alone =
        !lines.empty() &&
        (lines.back().empty() || (lines.back().size() == 1 && lines.back()[0].kind == Kind::Text &&
                                  blank(lines.back()[0].text)));
    if (fence_alone) {
        width = lines.back().empty() ? 0 : lines.back()[0].text.size();
        lines.pop_back();
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
        dedent(lines[i], width);
        bool vanish = vanishes(lines[i]);
        for (TemplatePart& part : lines[i]) {
            if (vanish && part.kind == Kind::Text) continue;
            out.push_back(std::move(part));
        }
        if (!vanish && i + 1 < lines.size()) out.push_back({Kind::Text, "\n", NodeId{}});
    }
    return out;
}

}  // namespace

std::vector<TemplatePart> template_parts(ast::Text text) {
    std::vector<TemplatePart> raw;
    if (!text) return raw;
    collect(text.tree(), text.id(), raw);
    if (text.is_block()) raw = join_lines(split_lines(std::move(raw)));
    std::vector<TemplatePart> out;
    for (TemplatePart& part : raw) {
        if (part.kind == Kind::Text) {
            part.text = unescape(part.text);
            if (part.text.empty()) continue;
            if (!out.empty() && out.back().kind == Kind::Text) {
                out.back().text += part.text;
                continue;
            }
        }
        out.push_back(std::move(part));
    }
    return out;
}

std::optional<std::string> plain_text(ast::Text text) {
    if (!text) return std::nullopt;
    auto parts = template_parts(text);
    if (parts.empty()) return "";
    if (parts.size() > 1 || parts[0].kind != Kind::Text) return std::nullopt;
    return std::move(parts[0].text);
}

}  // namespace weft
