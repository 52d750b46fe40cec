// Expressions of the programs: of numbers, texts, lists.
#include <fmt/format.h>

#include "tests/differential/phrase.h"
#include "tests/differential/writer.h"

namespace weft::differential {

void Writer::define(std::string name, Kind kind, bool must_be_read) {
    scope_.push_back({std::move(name), kind, must_be_read});
}

void Writer::use(const std::string& name) {
    if (name == "n" || name == "t" || name == "xs" || name == "due" || name == "flag") {
        parameters_.insert(name);
    }
    for (auto& variable : scope_) {
        if (variable.name == name) variable.must_be_read = false;
    }
}

// Some name that holds a number of which nothing is known before the run.
std::string Writer::int_name() {
    std::vector<std::string> names;
    for (const auto& variable : scope_) {
        if (variable.kind == Kind::Int) names.push_back(variable.name);
    }
    const auto& name = names[draw(names.size())];
    use(name);
    return name;
}

std::string Writer::list_expr() {
    std::vector<std::string> names;
    for (const auto& variable : scope_) {
        if (variable.kind == Kind::IntList && !(is_child_ && variable.name == "xs")) {
            names.push_back(variable.name);
        }
    }
    if (names.empty() || chance(40)) {
        return chance(60) ? Phrase{"[{}, 2, {}]", int_name(), int_name()}
                          : fmt::format("[{}]", int_name());
    }
    const auto& name = names[draw(names.size())];
    use(name);
    return name;
}

std::string Writer::int_expr(int depth) {
    const auto kind = draw(depth > 0 ? 14 : 6);
    switch (kind) {
        case 0:
            return std::to_string(draw(20));
        case 1:
            return Phrase{"{} + {}", int_name(), draw(9) + 1};
        case 2:
            return Phrase{"{} - {}", int_name(), int_name()};
        case 6:
            return Phrase{"{} * 3 - {}", int_name(), int_name()};
        case 7:
            return Phrase{"count(filter({0}, {1} => {1} > {2}))", list_expr(), fresh("x"),
                          int_name()};
        case 8:
            return Phrase{"fold({0}, {1}, ({2}, {3}) => {2} + {3})", list_expr(), int_name(),
                          fresh("x"), fresh("y")};
        case 9:
            return fmt::format("length({})", text_expr());
        case 10:
            return Phrase{"({} % 7) * ({} div 2)", int_name(), int_name()};
        case 11:
            return fmt::format("100 div {}", int_name());
        case 12:
            return Phrase{"first({}) ?? {}", list_expr(), int_name()};
        case 13:
            return Phrase{"sum(map({0}, {1} => {1} * {1}))", list_expr(), fresh("x")};
        default:
            return int_name();
    }
}

std::string Writer::bool_expr() {
    switch (draw(7)) {
        case 0:
            if (!is_child_) {
                use("flag");
                return "flag";
            }
            return fmt::format("{} > 4", int_name());
        case 1:
            return Phrase{"{} < {}", int_name(), draw(8)};
        case 2:
            return Phrase{"{} in 0..{}", int_name(), 2 + draw(5)};
        case 3:
            if (!is_child_) {
                use("t");
                return "t == \"a\" or t == \"low\"";
            }
            return fmt::format("not {} == 3", int_name());
        case 4:
            return Phrase{"{} > 1 and {} < 8", int_name(), int_name()};
        default:
            return Phrase{"{} > {}", int_name(), draw(7)};
    }
}

// Something of any type, for an event to show.
std::string Writer::any_expr() {
    const auto x = fresh("x");
    switch (draw(22)) {
        case 0:
            return Phrase{"round({} / 7, {})", int_name(), draw(4)};
        case 1:
            return fmt::format("average(map({}, {} => {} / 3)) ?? 0.5", list_expr(), x, x);
        case 2:
            return Phrase{"[max({}) ?? {}, min({}) ?? 0]", list_expr(), int_name(), list_expr()};
        case 3:
            return fmt::format("sort_by({}, {} => 5 - {})", list_expr(), x, x);
        case 4:
            return Phrase{"distinct(concat(reverse({}), {}))", list_expr(), list_expr()};
        case 5:
            return fmt::format("group_by({}, {} => \"${{{} % 2}}\")", list_expr(), x, x);
        case 6:
            return fmt::format("map(indexed({}), {} => {}.index + {}.value)", list_expr(), x, x, x);
        case 7:
            return fmt::format("share({}, {} => {} in 1..5)", list_expr(), x, x);
        case 8:
            return Phrase{"[any({0}, {1} => {1} > 4), all({2}, {1} => {1} < 9)]", list_expr(), x,
                          list_expr()};
        case 9:
            return Phrase{"flat_map({}, {} => [{}, {}])", list_expr(), x, x, int_name()};
        case 10:
            return Phrase{"[last(take({0}, 2)) ?? 0, count(drop({0}, {1}))]", list_expr(),
                          int_name()};
        case 11:
            return fmt::format("split({}, \"a\")", text_expr());
        case 12:
            return Phrase{"replace(lower({}), \"{}\", \"-\")", text_expr(),
                          chance(50) ? "a" : "lo"};
        case 13:
            return Phrase{"slice(trim({}), {}, {})", text_expr(), int_name(), draw(5)};
        case 14:
            return fmt::format(
                "[mentions({0}, \"low\"), starts_with({0}, \"a\"), "
                "ends_with({0}, \"t\")]",
                text_expr());
        case 15:
            return fmt::format("2.50 EUR * {} - 1.25 EUR", int_name());
        case 16:
            return fmt::format("round(9.99 EUR * {} / 7)", int_name());
        case 17:
            return fmt::format("5m * {} + 30s", int_name());
        case 18:
            return fmt::format("2026-01-31 + 1d * {}", int_name());
        case 19:
            return Phrase{"keys({{\"a${{{}}}\": 1, \"b\": {}}})", int_name(), int_name()};
        case 20:
            return Phrase{"abs({} - {})", int_name(), int_name()};
        default:
            return Phrase{"{}[{}] ?? {}", list_expr(), int_name(), int_name()};
    }
}

std::string Writer::text_expr() {
    switch (draw(4)) {
        case 0:
            if (!is_child_) {
                use("t");
                return chance(50) ? "t" : "upper(t)";
            }
            return "\"plain\"";
        case 1:
            return Phrase{"\"${{{}}} and ${{{}}}\"", int_name(), int_expr()};
        case 2:
            return Phrase{"join(map({0}, {1} => \"${{{1}}}\"), \"-\")", list_expr(), fresh("x")};
        default:
            return fmt::format("\"at ${{{}}}\"", int_name());
    }
}

}  // namespace weft::differential
