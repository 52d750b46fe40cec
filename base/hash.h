// The hashes that the design names: SHA-256 (libcrypto, RFC 6234), HMAC-SHA-256 (RFC 2104), and
// SipHash-2-4 with 128 bits of output (libsodium's siphashx24).
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "base/bytes.h"

namespace weft {

// A copy goes on from what the original has seen.
class Sha256 {
  public:
    Sha256();
    Sha256& update(std::string_view bytes);
    // Once; nothing may follow.
    Hash finish();

  private:
    // Libcrypto's own state, in place: most hashes here are of two or three blocks, for which
    // getting a context costs several times what hashing does.
    alignas(8) std::array<std::byte, 112> state_;
};

Hash sha256(std::string_view bytes);
// HMAC-SHA-256 of `bytes` under `key`.
Hash hmac_sha256(std::string_view key, std::string_view bytes);
Bytes16 siphash128(const Bytes16& key, std::string_view bytes);

}  // namespace weft
