// What other readers need of the HTML reader.
#pragma once

#include <string>
#include <string_view>

namespace weft::helper {

// The text of a fragment, on one line, without what is not shown. Empty when it is nested too
// deeply.
std::string html_fragment_text(std::string_view html);

}  // namespace weft::helper
