// Keyed tags of rows of which no record says what they hold: who has not the key file can't write
// one. They say nothing of a row that is gone, nor of one that was put back as it once was.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/key_file.h"
#include "store/rows.h"

namespace weft::store {

std::string inbox_row_text(const InboxRow& row);
std::string meta_row_text(std::string_view name, std::string_view value);

// Of all that a row holds, as one of the functions above gives it, or a digest of it.
Tag row_tag(const KeyFile& keys, std::string_view table, std::string_view text);
// Under any of the secrets that were in use.
bool is_row_tag(const KeyFile& keys, std::string_view table, std::string_view text,
                std::string_view tag);

// How many checkpoints there are, and the size of the last: a row of `meta`.
inline constexpr const char* kCheckpointsRow = "checkpoints";
struct CheckpointCount {
    std::uint64_t rows = 0;
    std::uint64_t last_size = 0;
};
std::string encode_checkpoint_count(const CheckpointCount& count);
std::optional<CheckpointCount> decode_checkpoint_count(std::string_view bytes);

}  // namespace weft::store
