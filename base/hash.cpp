#include "base/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include "base/check.h"

namespace weft {

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    WEFT_CHECK(context_ != nullptr);
    static const EVP_MD* const algorithm = EVP_sha256();
    WEFT_CHECK(EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_), algorithm, nullptr) == 1);
}

Sha256::~Sha256() {
    EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_));
}

Sha256& Sha256::update(std::string_view bytes) {
    WEFT_CHECK(EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes.data(), bytes.size()) ==
               1);
    return *this;
}

Hash Sha256::finish() {
    Hash out{};
    WEFT_CHECK(EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), out.data(), nullptr) == 1);
    return out;
}

Hash sha256(std::string_view bytes) {
    return Sha256().update(bytes).finish();
}

Hash hmac_sha256(std::string_view key, std::string_view bytes) {
    Hash out{};
    unsigned int size = 0;
    WEFT_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                    reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), out.data(),
                    &size) != nullptr);
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
