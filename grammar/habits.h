// What people write who know other languages: recognised, reported once with what Weft has in its
// place, and passed over, so that nothing else is said of it. The words stand in habits.def. It
// must not know PEGTL.
#pragma once

#include <string_view>

#include "grammar/context.h"

namespace weft::grammar {

// What to write where `what` was expected; "" when there is nothing to add. `found` is the word or
// sign that stands there, "\n" for the end of the line.
std::string_view hint(std::string_view what, std::string_view found);

// Each reports a habit that begins at the offset and gives where it ends, or kNoMatch.
Offset foreign_statement(Context& c, Offset at);
Offset foreign_comment(Context& c, Offset at);
Offset foreign_declaration(Context& c, Offset at);
// `5 minutes`, `2h30m`, `$5`, `5 usd`, `1,000`, `01/31/2026`
Offset foreign_number(Context& c, Offset at);

struct ForeignOperand {
    Offset end = kNoMatch;
    bool goes_on = false;  // an operand follows that belongs to it: `new Order(…)`
};
ForeignOperand foreign_operand(Context& c, Offset at);

// `'text'` where only a text may stand: its end, or kNoMatch.
Offset foreign_text(Context& c, Offset at);

// `Order { id: "x" }` and `w { item: "x" }`: the closing brace's end, or kNoMatch.
Offset foreign_braces(Context& c, Offset name, Offset brace);
// `?.`, `!` and `? a : b` behind an operand: the end of what was reported, or kNoMatch.
Offset foreign_suffix(Context& c, Offset at);

// `between a and b` behind an operand: where `a` begins, or kNoMatch.
Offset foreign_range(Context& c, Offset at);

// `twice` for `2 times`: its end, or kNoMatch.
Offset foreign_count(Context& c, Offset at);
// What other schedulers say behind `runs report(…)`: where the clauses go on, or kNoMatch.
Offset foreign_times(Context& c, Offset at);

// `orderId` as `order_id`.
std::string snake_case(std::string_view name);
// The end of the braces that open at the offset, by their tokens; kNoMatch when nothing closes
// them.
Offset closing_brace(std::string_view text, Offset open);

}  // namespace weft::grammar
