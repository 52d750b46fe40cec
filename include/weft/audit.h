// Evidence without a store: a bundle is checked, a decision is signed with a person's own key.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "weft/error.h"

namespace weft {

struct BundleTrust {
    std::string key;      // verifier key of the store, known from elsewhere; empty: the bundle's
    std::string witness;  // signed checkpoints, kept elsewhere
    int level = 3;        // 1: hashes, proofs, signatures; 2: also the protocol; 3: also replay
};
// JSON as of the request `verify`, of this bundle (docs/protocol.md). Corrupt when it is none.
Result<std::string> verify_bundle(std::string_view bytes, const BundleTrust& trust);

// An Ed25519 key in a PEM file.
class SigningKey {
  public:
    static Result<SigningKey> create(const std::string& path);  // refused when the file is there
    static Result<SigningKey> read(const std::string& path);
    SigningKey(SigningKey&&) noexcept;
    SigningKey& operator=(SigningKey&&) noexcept;
    ~SigningKey();

    [[nodiscard]] std::string public_key() const;  // base64
    // The statement as a signed note, as the request `decide` takes it.
    [[nodiscard]] std::string sign(const std::string& statement) const;

  private:
    struct Impl;
    explicit SigningKey(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace weft
