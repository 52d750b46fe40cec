#include "vm/state_check.h"

#include "base/hash.h"
#include "vm/identity.h"

namespace weft::vm {
namespace {

Term hashed(const Bytes16& key, std::string_view content, std::uint64_t bytes) {
    const auto hash = siphash128(key, content);
    ByteReader reader(view(hash));
    Term out;
    out.low = reader.u64();
    out.high = reader.u64();
    out.bytes = bytes;
    return out;
}

constexpr std::size_t kPlaceBytes = 16;

// With room for a content of so many bytes behind it.
ByteWriter place(std::uint32_t branch, std::uint32_t slot, std::uint64_t index, std::size_t room) {
    ByteWriter out(kPlaceBytes + room);
    out.u32(branch);
    out.u32(slot);
    out.u64(index);
    return out;
}

// Little-endian, as all that is hashed.
template <typename Number>
void put(char* to, Number number) {
    for (std::size_t i = 0; i < sizeof number; ++i) {
        to[i] = static_cast<char>((number >> (8 * i)) & 0xFFU);
    }
}

}  // namespace

Bytes16 StateCheck::digest_of(const Value& value) const {
    if (known_ == nullptr || value.tree_size() < kKnownSizeMin) return digest(value, key_);
    const auto [known, is_new] = known_->try_emplace(identity(value));
    if (is_new) known->second = {value, digest(value, key_)};
    return known->second.digest;
}

Term StateCheck::of_value(std::uint32_t branch, std::uint32_t slot, std::uint64_t index,
                          const Value& value) const {
    if (value.is_none()) return {};
    std::array<char, kPlaceBytes + sizeof(Bytes16)> content;
    put(content.data(), branch);
    put(content.data() + 4, slot);
    put(content.data() + 8, index);
    view(digest_of(value)).copy(content.data() + kPlaceBytes, sizeof(Bytes16));
    return hashed(key_, {content.data(), content.size()}, value.tree_size());
}

Term StateCheck::of_bytes(std::uint32_t branch, SlotKind slot, std::uint64_t index,
                          std::string_view bytes_of_content, std::uint64_t bytes) const {
    auto content = place(branch, static_cast<std::uint32_t>(slot), index, bytes_of_content.size());
    content.raw(bytes_of_content);
    return hashed(key_, content.bytes(), bytes);
}

void StateCheck::replace(Term& term, const Term& now) {
    sum_.high -= term.high + (sum_.low < term.low ? 1 : 0);
    sum_.low -= term.low;
    sum_.low += now.low;
    sum_.high += now.high + (sum_.low < now.low ? 1 : 0);
    sum_.bytes += now.bytes - term.bytes;
    term = now;
}

Bytes16 StateCheck::sum() const {
    ByteWriter out(sizeof(Bytes16));
    out.u64(sum_.low);
    out.u64(sum_.high);
    return to_array<16>(out.bytes());
}

}  // namespace weft::vm
