#include "compiler/format/spacing.h"

#include "compiler/format/shape.h"

namespace weft::format_detail {

namespace {

bool has_tight_paren(NodeKind owner) {
    return has_argument_list(owner) || owner == NodeKind::PatternCase;
}

bool is_angle(const Token& token) {
    return (token.text == "<" || token.text == ">") &&
           (token.owner == NodeKind::TypeName || token.owner == NodeKind::Worker);
}

bool is_range(const Token& token) {
    return token.text == "..";
}

}  // namespace

bool space_between(const Token& left, const Token& right) {
    std::string_view l = left.text;
    std::string_view r = right.text;
    bool map_brace =
        (l == "{" && left.owner == NodeKind::Map) || (r == "}" && right.owner == NodeKind::Map);
    if (l == "(" || l == "[" || map_brace) return false;
    if (r == ")" || r == "]" || r == "," || r == ":" || r == ".") return false;
    if (l == "." || is_range(left) || is_range(right)) return false;
    if (r == "?" && right.owner == NodeKind::OptionalType) return false;
    if (l == "-" && left.owner == NodeKind::Unary) return false;
    if (is_angle(right)) return false;
    if (is_angle(left) && l == "<") return false;
    if (r == "(") return !has_tight_paren(right.owner);
    if (r == "[") return right.owner != NodeKind::Index;
    return true;
}

}  // namespace weft::format_detail
