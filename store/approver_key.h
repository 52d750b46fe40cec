// A person's own Ed25519 key in a PEM file (PKCS #8, as `openssl genpkey -algorithm ed25519` writes
// it), with which they sign what they decide. It belongs to the person, not to the store: only the
// command that signs reads it.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "store/key.h"

namespace weft::store {

class ApproverKey {
  public:
    // Refused when the file is there already.
    static Result<ApproverKey> create(const std::string& path);
    static Result<ApproverKey> read(const std::string& path);

    [[nodiscard]] const Hash& public_key() const { return public_key_; }
    [[nodiscard]] std::string sign(std::string_view text) const;  // 64 bytes

  private:
    explicit ApproverKey(const Key& seed);

    Key seed_;
    Hash public_key_{};
};

}  // namespace weft::store
