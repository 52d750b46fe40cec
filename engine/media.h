// Media type of an input file by the ending of its name; what a worker makes of the content is its
// own business (docs.parse looks at the bytes first).
#pragma once

#include <string>
#include <string_view>

namespace weft::engine {

std::string media_type(std::string_view file_name);

}  // namespace weft::engine
