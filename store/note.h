// Signed checkpoints as C2SP signed notes (c2sp.org/signed-note, /tlog-checkpoint):
//
//     <origin>\n<size>\n<base64 root>\n\n— <origin> <base64(key hash 4, Ed25519 signature 64)>\n
//
// The key's name is the origin. Key hash: first 4 bytes of SHA-256(name, "\n", 0x01, public key).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "store/store.h"

namespace weft::store {

using Signer = std::function<std::string(std::string_view text)>;

std::string make_note(const std::string& origin, std::uint64_t size, const Hash& root,
                      const Hash& public_key, const Signer& sign);
// Corrupt when it isn't exactly such a note of this origin with a good signature of this key.
// Signatures by others (witnesses) may follow; they are not looked at.
Result<Checkpoint> check_note(const std::string& origin, const Hash& public_key,
                              std::string_view note);
// "name+key hash+base64 key": what a verifier is given.
std::string verifier_key(const std::string& origin, const Hash& public_key);
struct VerifierKey {
    std::string origin;
    Hash public_key{};
};
// None when the line is no such key, in its one form.
std::optional<VerifierKey> parse_verifier_key(std::string_view line);

// Any other text (of whole lines) as a note with this one signature, and back. None when it isn't
// exactly that.
std::string sign_note(const std::string& name, const Hash& public_key, const std::string& text,
                      const Signer& sign);
std::optional<std::string> open_note(const std::string& name, const Hash& public_key,
                                     std::string_view note);
// The notes of a file that holds one after another. Each ends with its signatures.
std::vector<std::string> split_notes(std::string_view text);
// Of one note, read without a key: its origin, size and root are only what it says.
std::optional<Checkpoint> read_note(std::string_view note);

std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);  // canonical only

}  // namespace weft::store
