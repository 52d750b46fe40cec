// Words for people: names without underscores, durations in full, lists with "and".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weft::plan {

// "card_charge" -> "card charge"
std::string words(std::string_view name);
// "CardDeclined" -> "card declined"
std::string type_words(std::string_view name);
// "Card charge"
std::string title(std::string_view name);
// "2 hours 30 minutes"
std::string duration(std::int64_t ms);
// "a, b and c"
std::string listed(const std::vector<std::string>& items, std::string_view last = "and");
// An expression as people read it: "opinion.findings >= 2" -> "opinion's findings at least 2".
std::string phrase(std::string_view expression);
// On one line, cut to so many bytes at a character's end, with an ellipsis.
std::string shortened(std::string_view text, std::size_t most);

}  // namespace weft::plan
