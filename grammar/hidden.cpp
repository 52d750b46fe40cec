#include "grammar/hidden.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

#include "grammar/characters.h"
#include "grammar/comments.h"

namespace weft {

namespace {

enum class Place { Code, Text, Comment };

struct Found {
    std::uint32_t begin;
    scan::Character what;
    Place place;
};

struct Stretch {
    std::uint32_t begin;
    std::uint32_t end;
    Place place;
};

// What is no code, in the order of the source.
std::vector<Stretch> stretches(const Tree& tree) {
    std::vector<Stretch> out;
    for (const Node& node : tree.nodes()) {
        const bool is_text = node.kind == NodeKind::TextPart;
        if (!is_text && node.kind != NodeKind::Regex) continue;
        out.push_back({node.begin, node.end, is_text ? Place::Text : Place::Comment});
    }
    for (const Comment& comment : find_comments(tree)) {
        out.push_back({comment.begin, comment.end, Place::Comment});
    }
    std::ranges::sort(out, {}, &Stretch::begin);
    return out;
}

std::vector<Found> all_hidden(const Tree& tree) {
    std::vector<Found> out;
    const auto text = tree.text();
    if (scan::is_ascii(text)) return out;
    const auto outside = stretches(tree);
    auto next = outside.begin();
    // An editor's mark of the encoding says nothing.
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    std::uint32_t at = text.starts_with(kByteOrderMark) ? 3 : 0;
    while (at < text.size()) {
        const auto what = scan::character(text, at);
        while (next != outside.end() && next->end <= at) ++next;
        const bool is_code = next == outside.end() || at < next->begin;
        const bool counts = is_code ? scan::is_hidden(what.code) : scan::turns_direction(what.code);
        if (counts) out.push_back({at, what, is_code ? Place::Code : next->place});
        at += what.length;
    }
    return out;
}

// "so on lines 3, 4": where the others stand.
std::string further_lines(std::string_view text, const std::vector<Found>& found) {
    constexpr std::size_t kShown = 5;
    std::string out;
    std::size_t count = 0;
    std::uint32_t line = 1;
    std::uint32_t at = 0;
    std::uint32_t last = 0;
    for (const Found& one : found) {
        const auto between = text.substr(at, one.begin - at);
        line += static_cast<std::uint32_t>(std::ranges::count(between, '\n'));
        at = one.begin;
        if (last != 0 && line != last && ++count <= kShown) {
            out += fmt::format("{}{}", count > 1 ? ", " : "", line);
        }
        last = line;
    }
    if (count == 0) return {};
    return fmt::format("so on line{} {}{}", count > 1 ? "s" : "", out,
                       count > kShown ? " and further ones" : "");
}

std::string replacement(const Found& found) {
    if (found.place == Place::Text) {
        return fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(found.what.code));
    }
    return scan::is_foreign_space(found.what.code) ? " " : "";
}

Diagnostic told(const Tree& tree, const std::vector<Found>& found) {
    const Found& first = found.front();
    const auto end = first.begin + first.what.length;
    const bool turns = scan::turns_direction(first.what.code);
    Diagnostic d;
    d.code = DiagnosticCode::HiddenCharacter;
    d.span = {tree.file(), first.begin, end};
    d.message = fmt::format("{} ({}) stands here", scan::hidden_name(first.what.code),
                            scan::code_point(first.what.code));
    if (turns) d.notes.emplace_back("what follows is shown in another order than it is read");
    if (auto lines = further_lines(tree.text(), found); !lines.empty()) {
        d.notes.push_back(std::move(lines));
    }
    const auto right = replacement(first);
    d.fix = Fix{right.empty()  ? "remove it"
                : right == " " ? "write a plain space"
                               : fmt::format("write `{}`", right),
                {},
                turns ? Applicability::MaybeWrong : Applicability::Safe};
    for (const Found& one : found) {
        d.fix->edits.push_back(
            {{tree.file(), one.begin, one.begin + one.what.length}, replacement(one)});
    }
    return d;
}

}  // namespace

std::vector<Diagnostic> find_hidden(const Tree& tree) {
    std::vector<Diagnostic> out;
    const auto all = all_hidden(tree);
    for (auto* kind : {scan::is_foreign_space, scan::is_unseen, scan::turns_direction}) {
        std::vector<Found> of_kind;
        std::ranges::copy_if(all, std::back_inserter(of_kind),
                             [&](const Found& found) { return kind(found.what.code); });
        if (!of_kind.empty()) out.push_back(told(tree, of_kind));
    }
    return out;
}

}  // namespace weft
