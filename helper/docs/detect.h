// Which format a document is in: by its bytes first, since names lie, then by its name.
#pragma once

#include <string_view>

#include "helper/docs/document.h"

namespace weft::helper {

using Reader = Parsed<Document> (*)(std::string_view bytes);

// Fails with Empty, Encrypted, or UnsupportedFormat with what it is instead.
Parsed<Reader> find_reader(std::string_view bytes, std::string_view name, std::string_view media);

}  // namespace weft::helper
