// Where things stand in the key file (key_file.h has the table). Private to store/.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weft::store {

constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kDigestAt = kPageBytes - 32;
constexpr std::size_t kSlotBytes = 128;
constexpr std::size_t kWrappedBytes = 24 + 32 + 16;
constexpr std::uint64_t kSlotsAt = 2 * kPageBytes;
constexpr std::string_view kKeyFileMagic = "weftkeys";

constexpr std::uint64_t slot_offset(std::uint64_t slot) {
    return kSlotsAt + slot * kSlotBytes;
}

// The sequence of a header page that is whole.
std::optional<std::uint64_t> valid_page(std::string_view page);

}  // namespace weft::store
