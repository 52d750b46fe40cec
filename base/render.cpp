// Diagnostics for people (excerpt with carets) and for programs (JSON).
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/diagnostic.h"

namespace weft {
namespace {

struct Paint {
    bool on;
    [[nodiscard]] std::string operator()(std::string_view code, std::string_view text) const {
        if (!on) return std::string(text);
        return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
    }
};

constexpr std::string_view kRed = "1;31";
constexpr std::string_view kYellow = "1;33";
constexpr std::string_view kCyan = "1;36";
constexpr std::string_view kBlue = "1;34";
constexpr std::string_view kBold = "1";

std::string_view severity_text(Severity severity) {
    switch (severity) {
        case Severity::Error:
            return "error";
        case Severity::Warning:
            return "warning";
        case Severity::Hint:
            return "hint";
    }
    return "";
}

std::string_view severity_colour(Severity severity) {
    switch (severity) {
        case Severity::Error:
            return kRed;
        case Severity::Warning:
            return kYellow;
        case Severity::Hint:
            return kCyan;
    }
    return kBold;
}

std::string expand_tabs(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c == '\t') {
            out += "    ";
        } else {
            out.push_back(c);
        }
    }
    return out;
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    for (char c : text) {
        if (c == '\t') {
            width += 4;
        } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
            ++width;
        }
    }
    return width;
}

struct Mark {
    Span span;
    std::string text;
    bool primary;
};

// One file's excerpt: each marked line once, carets below, "..." between distant lines.
void excerpt(std::string& out, const SourceFile& file, std::vector<Mark> marks, const Paint& paint,
             std::string_view colour) {
    std::stable_sort(marks.begin(), marks.end(),
                     [](const Mark& a, const Mark& b) { return a.span.begin < b.span.begin; });
    std::uint32_t last = file.position(marks.back().span.begin).line;
    std::size_t gutter = fmt::formatted_size("{}", last);
    std::string bar = paint(kBlue, fmt::format("{:>{}} |", "", gutter));
    out += bar + "\n";
    std::uint32_t shown = 0;
    for (const auto& mark : marks) {
        LineColumn at = file.position(mark.span.begin);
        std::string_view line = file.line(at.line);
        if (at.line != shown) {
            if (shown != 0 && at.line > shown + 1) out += paint(kBlue, "...") + "\n";
            out += paint(kBlue, fmt::format("{:>{}} |", at.line, gutter)) + " " +
                   expand_tabs(line) + "\n";
            shown = at.line;
        }
        std::uint32_t start = file.line_start(at.line);
        std::size_t begin = std::min<std::size_t>(mark.span.begin - start, line.size());
        std::size_t end = std::min<std::size_t>(mark.span.end - start, line.size());
        std::size_t indent = display_width(line.substr(0, begin));
        std::size_t width =
            std::max<std::size_t>(1, display_width(line.substr(begin, end - begin)));
        std::string carets(width, mark.primary ? '^' : '-');
        if (!mark.text.empty()) carets += " " + mark.text;
        out += bar + " " + std::string(indent, ' ') + paint(mark.primary ? colour : kBlue, carets) +
               "\n";
    }
}

}  // namespace

std::string render(const Diagnostic& d, const SourceSet& sources, Colour colour) {
    Paint paint{colour == Colour::Always};
    const auto& row = info(d.code);
    auto tint = severity_colour(row.severity);
    std::string out = paint(tint, fmt::format("{}[{}]", severity_text(row.severity), row.name)) +
                      paint(kBold, ": " + d.message) + "\n";
    if (!d.span.file.has_value()) return out;
    std::map<FileId, std::vector<Mark>> by_file;
    by_file[d.span.file].push_back({d.span, d.label, true});
    for (const auto& s : d.secondary) by_file[s.span.file].push_back({s.span, s.text, false});
    auto show = [&](FileId id) {
        const auto& file = sources[id];
        auto at = file.position(by_file[id].front().span.begin);
        out += paint(kBlue, "  --> ") + fmt::format("{}:{}:{}\n", file.path(), at.line, at.column);
        excerpt(out, file, by_file[id], paint, tint);
    };
    show(d.span.file);
    for (const auto& [id, marks] : by_file) {
        if (id != d.span.file) show(id);
    }
    for (const auto& note : d.notes) out += paint(kBlue, "  = ") + "note: " + note + "\n";
    if (!d.help.empty()) out += paint(kBlue, "  = ") + "help: " + d.help + "\n";
    if (d.fix && d.help.empty()) out += paint(kBlue, "  = ") + "fix: " + d.fix->title + "\n";
    return out;
}

namespace {

std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        auto b = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (b < 0x20) {
            out += fmt::format("\\u{:04x}", b);
        } else {
            out.push_back(c);
        }
    }
    return out + "\"";
}

std::string json_span(const Span& span, const SourceSet& sources) {
    if (!span.file.has_value()) return "null";
    const auto& file = sources[span.file];
    auto begin = file.position(span.begin);
    auto end = file.position(span.end);
    return fmt::format(R"({{"file":{},"line":{},"column":{},"end_line":{},"end_column":{}}})",
                       json_text(file.path()), begin.line, begin.column, end.line, end.column);
}

}  // namespace

std::string render_json(const Diagnostics& diagnostics, const SourceSet& sources) {
    std::string out = "[";
    for (const auto& d : diagnostics.items()) {
        if (out.size() > 1) out += ",";
        const auto& row = info(d.code);
        out += fmt::format(R"({{"code":"{}","name":"{}","severity":"{}","message":{},"span":{})",
                           code_text(d.code), row.name, severity_text(row.severity),
                           json_text(d.message), json_span(d.span, sources));
        if (!d.label.empty()) out += ",\"label\":" + json_text(d.label);
        out += ",\"secondary\":[";
        for (std::size_t i = 0; i < d.secondary.size(); ++i) {
            if (i > 0) out += ",";
            out +=
                fmt::format(R"({{"span":{},"text":{}}})", json_span(d.secondary[i].span, sources),
                            json_text(d.secondary[i].text));
        }
        out += "],\"notes\":[";
        for (std::size_t i = 0; i < d.notes.size(); ++i) {
            if (i > 0) out += ",";
            out += json_text(d.notes[i]);
        }
        out += "]";
        if (!d.help.empty()) out += ",\"help\":" + json_text(d.help);
        if (d.fix) {
            out +=
                fmt::format(R"(,"fix":{{"title":{},"safe":{},"edits":[)", json_text(d.fix->title),
                            d.fix->applicability == Applicability::Safe);
            for (std::size_t i = 0; i < d.fix->edits.size(); ++i) {
                const auto& edit = d.fix->edits[i];
                if (i > 0) out += ",";
                out += fmt::format(R"({{"span":{},"text":{}}})", json_span(edit.span, sources),
                                   json_text(edit.text));
            }
            out += "]}";
        }
        out += "}";
    }
    return out + "]\n";
}

}  // namespace weft
