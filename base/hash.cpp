// The low-level calls of libcrypto: deprecated in favour of EVP, which allocates and looks up an
// algorithm for each hash (2.1 µs for a record of three blocks, against 0.3 µs).
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/hash.h"

#include <openssl/sha.h>
#include <sodium.h>

#include <new>

#include "base/check.h"

namespace weft {

namespace {

constexpr std::size_t kBlockBytes = SHA256_CBLOCK;

SHA256_CTX* context(std::array<std::byte, 112>& state) {
    static_assert(sizeof(SHA256_CTX) <= 112 && alignof(SHA256_CTX) <= 8);
    return std::launder(reinterpret_cast<SHA256_CTX*>(state.data()));
}

// One of HMAC's two paddings: the key, filled up with zeros to a block, each byte xor `with`.
std::array<char, kBlockBytes> padded(std::string_view key, unsigned char with) {
    std::array<char, kBlockBytes> out{};
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto byte = i < key.size() ? static_cast<unsigned char>(key[i]) : 0U;
        out[i] = static_cast<char>(byte ^ with);
    }
    return out;
}

std::string_view text(const std::array<char, kBlockBytes>& block) {
    return {block.data(), block.size()};
}

}  // namespace

Sha256::Sha256() : state_() {
    WEFT_CHECK(SHA256_Init(new (state_.data()) SHA256_CTX) == 1);
}

Sha256& Sha256::update(std::string_view bytes) {
    WEFT_CHECK(SHA256_Update(context(state_), bytes.data(), bytes.size()) == 1);
    return *this;
}

Hash Sha256::finish() {
    Hash out{};
    WEFT_CHECK(SHA256_Final(out.data(), context(state_)) == 1);
    return out;
}

Hash sha256(std::string_view bytes) {
    return Sha256().update(bytes).finish();
}

Hash hmac_sha256(std::string_view key, std::string_view bytes) {
    Hash short_key{};
    if (key.size() > kBlockBytes) {
        short_key = sha256(key);
        key = view(short_key);
    }
    auto inner = padded(key, 0x36);
    auto outer = padded(key, 0x5C);
    const Hash inside = Sha256().update(text(inner)).update(bytes).finish();
    const Hash out = Sha256().update(text(outer)).update(view(inside)).finish();
    // Anyone who has a padded key can make the code of anything.
    sodium_memzero(inner.data(), inner.size());
    sodium_memzero(outer.data(), outer.size());
    sodium_memzero(short_key.data(), short_key.size());
    return out;
}

Bytes16 siphash128(const Bytes16& key, std::string_view bytes) {
    static_assert(crypto_shorthash_siphashx24_KEYBYTES == 16);
    static_assert(crypto_shorthash_siphashx24_BYTES == 16);
    Bytes16 out{};
    crypto_shorthash_siphashx24(out.data(), reinterpret_cast<const unsigned char*>(bytes.data()),
                                bytes.size(), key.data());
    return out;
}

}  // namespace weft
