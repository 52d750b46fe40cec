// Digests of whole program and image rows. The source of a program isn't covered by the program's
// hash, and a store can't know how an image's hash is made; `sum` is their keyed tag (row_tags.h),
// with which every byte of both is checked.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace weft::store {

Hash program_sum(const Hash& hash, std::string_view ir, std::string_view source);
Hash image_sum(const Hash& hash, const Hash& program, std::uint32_t semantics,
               std::string_view code);

}  // namespace weft::store
