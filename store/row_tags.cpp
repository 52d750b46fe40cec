#include "store/row_tags.h"

#include <algorithm>

namespace weft::store {

namespace {

std::string use_of(std::string_view table) {
    std::string use = "row of ";
    use += table;
    return use;
}

}  // namespace

// The box is bound to its place by what it is sealed under; here stands whether there is one.
std::string inbox_row_text(const InboxRow& row) {
    ByteWriter out;
    out.u64(row.id);
    out.raw(view(row.run));
    out.u32(static_cast<std::uint32_t>(row.kind));
    out.raw(view(row.tag));
    out.u8(row.box.empty() ? 0 : 1);
    out.u8(row.seq ? 1 : 0);
    out.u64(row.seq.value_or(0));
    return out.take();
}

std::string meta_row_text(std::string_view name, std::string_view value) {
    ByteWriter out;
    out.block(name);
    out.raw(value);
    return out.take();
}

Tag row_tag(const KeyFile& keys, std::string_view table, std::string_view text) {
    return keys.tag(use_of(table), text);
}

bool is_row_tag(const KeyFile& keys, std::string_view table, std::string_view text,
                std::string_view tag) {
    return std::ranges::any_of(keys.tags(use_of(table), text),
                               [&](const Tag& known) { return view(known) == tag; });
}

std::string encode_checkpoint_count(const CheckpointCount& count) {
    ByteWriter out;
    out.u64(count.rows);
    out.u64(count.last_size);
    return out.take();
}

std::optional<CheckpointCount> decode_checkpoint_count(std::string_view bytes) {
    ByteReader in(bytes);
    CheckpointCount out;
    out.rows = in.u64();
    out.last_size = in.u64();
    if (!in.ok() || !in.at_end()) return std::nullopt;
    return out;
}

}  // namespace weft::store
