// What literals mean: numbers without their underscores, durations in milliseconds, text with its
// escapes, dedent and vanishing directive lines applied. Nothing here knows a type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "grammar/ast_expr.h"

namespace weft {

// `1_000` as "1000", `0.80` as "0.80".
std::string number_digits(std::string_view literal);
// None when it does not fit.
std::optional<std::int64_t> int_value(std::string_view literal);
std::optional<std::int64_t> duration_ms(std::string_view literal);

struct MoneyText {
    std::string amount;  // digits and a point
    std::string currency;
};
MoneyText money_text(std::string_view literal);

// One part of a decoded text. Text has `text`; Hole, Each and If have `node` (ast::Hole,
// ast::TemplateEach, ast::TemplateIf); Else and End close what was opened last.
struct TemplatePart {
    enum class Kind { Text, Hole, Each, If, Else, End };
    Kind kind = Kind::Text;
    std::string text;
    NodeId node;
};

// The parts of a Text or TextBlock in order, neighbouring text joined, empty text left out. A
// malformed escape was reported by the parser and stands for itself here.
std::vector<TemplatePart> template_parts(ast::Text text);
// The value of a text without holes; none when it has some.
std::optional<std::string> plain_text(ast::Text text);

}  // namespace weft
