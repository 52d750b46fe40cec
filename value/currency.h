// Currencies: which codes are well-formed and how many digits their minor unit has (ISO 4217, the
// list in docs/values.md, frozen with JSON form 1). Exchange rates are no business of the language.
#pragma once

#include <string>
#include <string_view>

#include "value/value.h"

namespace weft {

// Three letters A-Z; whether such a currency exists isn't asked.
bool is_currency(std::string_view code);
// 2 unless the list says 0, 3 or 4. The places to which `round(money)` rounds.
int minor_units(std::string_view code);
// The amount with at least the digits of the minor unit: "12.50", "1200" (JPY), "0.125" (EUR).
std::string amount_text(const MoneyValue& money);

}  // namespace weft
