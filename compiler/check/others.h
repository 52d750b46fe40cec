// Names that other languages have where Weft has another one, or none: said where a name is looked
// up and not found. It knows nothing of the program.
#pragma once

#include <string>
#include <string_view>

namespace weft::check {

struct OtherWord {
    std::string help;        // empty: it is nobody's word
    std::string_view write;  // what can stand in its place; empty where there is no one word
};

// `what` is what was looked for: "type", "value", "function", "record, case or error".
OtherWord word_of_others(std::string_view what, std::string_view name);
// Of `order.id.length()` and `items.length`: how the function is called in Weft; "" when no
// function has the name.
std::string function_for_method(std::string_view value, std::string_view method);

}  // namespace weft::check
