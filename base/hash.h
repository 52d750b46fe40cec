// The hashes that the design names: SHA-256 (libcrypto, RFC 6234), HMAC-SHA-256 (RFC 2104), and
// SipHash-2-4 with 128 bits of output (libsodium's siphashx24).
#pragma once

#include <string_view>

#include "base/bytes.h"

namespace weft {

class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;
    Sha256& update(std::string_view bytes);
    Hash finish();

  private:
    void* context_;
};

Hash sha256(std::string_view bytes);
// HMAC-SHA-256 of `bytes` under `key`.
Hash hmac_sha256(std::string_view key, std::string_view bytes);
Bytes16 siphash128(const Bytes16& key, std::string_view bytes);

}  // namespace weft
