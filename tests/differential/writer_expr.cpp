// Expressions of the programs: of numbers, texts, lists.
#include <fmt/format.h>

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
        return chance(60) ? fmt::format("[{}, 2, {}]", int_name(), int_name())
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
            return fmt::format("{} + {}", int_name(), draw(9) + 1);
        case 2:
            return fmt::format("{} - {}", int_name(), int_name());
        case 6:
            return fmt::format("{} * 3 - {}", int_name(), int_name());
        case 7:
            return fmt::format("count(filter({0}, {1} => {1} > {2}))", list_expr(), fresh("x"),
                               int_name());
        case 8:
            return fmt::format("fold({0}, {1}, ({2}, {3}) => {2} + {3})", list_expr(), int_name(),
                               fresh("x"), fresh("y"));
        case 9:
            return fmt::format("length({})", text_expr());
        case 10:
            return fmt::format("({} % 7) * ({} div 2)", int_name(), int_name());
        case 11:
            return fmt::format("100 div {}", int_name());
        case 12:
            return fmt::format("first({}) ?? {}", list_expr(), int_name());
        case 13:
            return fmt::format("sum(map({0}, {1} => {1} * {1}))", list_expr(), fresh("x"));
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
            return fmt::format("{} < {}", int_name(), draw(8));
        case 2:
            return fmt::format("{} in 0..{}", int_name(), 2 + draw(5));
        case 3:
            if (!is_child_) {
                use("t");
                return "t == \"a\" or t == \"low\"";
            }
            return fmt::format("not {} == 3", int_name());
        case 4:
            return fmt::format("{} > 1 and {} < 8", int_name(), int_name());
        default:
            return fmt::format("{} > {}", int_name(), draw(7));
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
            return fmt::format("\"${{{}}} and ${{{}}}\"", int_name(), int_expr());
        case 2:
            return fmt::format("join(map({0}, {1} => \"${{{1}}}\"), \"-\")", list_expr(),
                               fresh("x"));
        default:
            return fmt::format("\"at ${{{}}}\"", int_name());
    }
}

}  // namespace weft::differential
