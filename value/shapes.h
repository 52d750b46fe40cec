// Small rules of shape that the guard and the JSON reader share: addresses, file handles, and the
// names of the members of the built-in records.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace weft {

inline constexpr std::array<std::string_view, 5> kFileMembers = {"id", "name", "media", "size",
                                                                 "sha256"};
inline constexpr std::array<std::string_view, 6> kPromptMembers = {"name", "template", "system",
                                                                   "user", "schema",   "inputs"};

// Above this many readers of JSON lose digits, so an Int is then written as text.
inline constexpr std::int64_t kSafeIntMax = (1LL << 53U) - 1;

// local@domain: printable ASCII without spaces or quotes, at most 64 and 254 characters; the domain
// is labels of letters, digits and hyphens with a dot between them.
bool is_email(std::string_view text);
// scheme://host…: printable ASCII without spaces, quotes, angle brackets or backslash.
bool is_url(std::string_view text);
// `count` lower-case hex digits.
bool is_hex(std::string_view text, std::size_t count);

}  // namespace weft
