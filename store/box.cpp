#include "store/box.h"

#include <sodium.h>

#include "base/check.h"
#include "store/raw_bytes.h"

namespace weft::store {

namespace {

constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kBoxHeadBytes = 16 + 16 + 2 + 1;
static_assert(kNonceBytes + kTagBytes + kBoxHeadBytes == kBoxOverhead);

std::string box_context(const RunId& run, std::uint64_t seq) {
    ByteWriter out(24);
    out.raw(view(run));
    out.u64(seq);
    return out.take();
}

}  // namespace

std::string seal_bytes(Entropy& entropy, const Key& key, std::string_view context,
                       std::string_view plain) {
    std::string out(kNonceBytes + plain.size() + kTagBytes, '\0');
    entropy.fill(bytes_of(out), kNonceBytes);
    unsigned long long written = 0;
    const int rc = crypto_aead_xchacha20poly1305_ietf_encrypt(
        bytes_of(out) + kNonceBytes, &written, bytes_of(plain), plain.size(), bytes_of(context),
        context.size(), nullptr, bytes_of(out), key.data());
    WEFT_CHECK(rc == 0 && written == plain.size() + kTagBytes);
    return out;
}

Result<std::string_view> open_in_place(const Key& key, std::string_view context,
                                       std::string& sealed) {
    if (sealed.size() < kNonceBytes + kTagBytes) {
        return fail(ErrorKind::Corrupt, "a sealed box is shorter than its seal");
    }
    auto* const body = bytes_of(sealed) + kNonceBytes;
    unsigned long long written = 0;
    const int rc = crypto_aead_xchacha20poly1305_ietf_decrypt(
        body, &written, nullptr, body, sealed.size() - kNonceBytes, bytes_of(context),
        context.size(), bytes_of(sealed), key.data());
    if (rc != 0) return fail(ErrorKind::Corrupt, "a sealed box does not open under its key");
    return std::string_view(sealed).substr(kNonceBytes, written);
}

Result<std::string> open_bytes(const Key& key, std::string_view context, std::string_view sealed) {
    std::string bytes(sealed);
    WEFT_TRY(plain, open_in_place(key, context, bytes));
    bytes.resize(kNonceBytes + plain.size());
    bytes.erase(0, kNonceBytes);
    return bytes;
}

std::string seal_box(Entropy& entropy, const Key& key, const RunId& run, std::uint64_t seq,
                     const Box& box) {
    ByteWriter plain(kBoxHeadBytes + box.body.size());
    plain.raw(view(box.salt));
    plain.raw(view(box.check));
    plain.u16(box.state_version);
    plain.u8(static_cast<std::uint8_t>(box.form));
    plain.raw(box.body);
    return seal_bytes(entropy, key, box_context(run, seq), plain.bytes());
}

Result<Box> open_box(const Key& key, const RunId& run, std::uint64_t seq, std::string_view sealed) {
    WEFT_TRY(plain, open_bytes(key, box_context(run, seq), sealed));
    ByteReader in(plain);
    Box box;
    box.salt = to_array<16>(in.raw(16));
    box.check = to_array<16>(in.raw(16));
    box.state_version = in.u16();
    const std::uint8_t form = in.u8();
    if (!in.ok() || form > static_cast<std::uint8_t>(BoxForm::InFile)) {
        return fail(ErrorKind::Unsupported, "a sealed box has a form this version does not know");
    }
    box.form = static_cast<BoxForm>(form);
    box.body = std::string(in.raw(in.left()));
    return box;
}

std::string inbox_context(const Tag& tag) {
    return "inbox" + std::string(view(tag));
}

std::string actor_context(const Bytes16& id) {
    return "actor" + std::string(view(id));
}

std::string secret_context(const RunId& run, std::string_view handle) {
    return "secret" + std::string(view(run)) + std::string(handle);
}

std::string snapshot_context(const RunId& run, std::uint64_t seq, const Hash& leaf_hash) {
    return "snapshot" + box_context(run, seq) + std::string(view(leaf_hash));
}

}  // namespace weft::store
