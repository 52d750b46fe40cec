// Sealing: XChaCha20-Poly1305 with a random nonce in front. Every sealed row is bound by its
// associated data to the place where it stands, so a box moved elsewhere doesn't open.
//
// A payload box is nonce 24, then the sealing of: salt 16, state check 16, state version 2, form 1,
// body; associated data run id 16, seq 8. It is 75 bytes longer than the body.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "store/entropy.h"
#include "store/key.h"
#include "store/rows.h"

namespace weft::store {

enum class BoxForm : std::uint8_t {
    Body = 0,
    LeftOut = 1,  // a long command: replay makes it again; the body is its length, 8 bytes
    InFile = 2,   // the body is the id of a sealed file, 16 bytes
};

struct Box {
    Bytes16 salt{};
    Bytes16 check{};
    std::uint16_t state_version = 0;
    BoxForm form = BoxForm::Body;
    std::string body;
};

constexpr std::size_t kBoxOverhead = 75;

std::string seal_box(Entropy& entropy, const Key& key, const RunId& run, std::uint64_t seq,
                     const Box& box);
// Corrupt when it is another place's, was changed, or the key isn't the run's.
Result<Box> open_box(const Key& key, const RunId& run, std::uint64_t seq, std::string_view sealed);

// Any other sealed bytes; `context` is the associated data.
std::string seal_bytes(Entropy& entropy, const Key& key, std::string_view context,
                       std::string_view plain);
Result<std::string> open_bytes(const Key& key, std::string_view context, std::string_view sealed);
// The same without a copy: what was sealed lies within `sealed` then.
Result<std::string_view> open_in_place(const Key& key, std::string_view context,
                                       std::string& sealed);

// Contexts of the sealed tables. An inbox row is sealed under the key of its run, or of slot 0 when
// it names none; an actor under slot 0; the others under their run's.
std::string inbox_context(const Tag& tag);
std::string actor_context(const Bytes16& id);
std::string secret_context(const RunId& run, std::string_view handle);
std::string snapshot_context(const RunId& run, std::uint64_t seq, const Hash& leaf_hash);

}  // namespace weft::store
