// A bundle: one run (and its sub-runs) as a file that proves itself, for those who have no store:
// records, opened payloads, programs, the proof that every record stands in a signed tree, and the
// store's seal over all of it. Its layout is docs/log-format.md's; this header knows nothing of
// stores, and nothing of whether what stands in a bundle is true (bundle_check.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "store/note.h"

namespace weft::engine {

enum class BundledPayload : std::uint8_t {
    None = 0,     // the record has none
    Here = 1,     // salt, length, body
    LeftOut = 2,  // not handed out, or not kept by the store
    Erased = 3,   // its key is destroyed
};

struct BundleRecord {
    std::uint64_t leaf = 0;
    std::string record;
    BundledPayload state = BundledPayload::None;
    Bytes16 salt{};
    std::string payload;
};

struct BundleProgram {
    std::string ir;      // canonical; its SHA-256 is the program's name
    std::string source;  // JSON object: path -> text; only the seal covers it
};

// A checkpoint that somebody holds, and the proof that the bundle's tree continues it.
struct BundleCheckpoint {
    std::string note;
    std::vector<Hash> proof;
};

struct Bundle {
    std::string verifier_key;  // C2SP vkey line of the store
    std::string checkpoint;    // signed note: the tree that the records are proved against
    std::vector<BundleProgram> programs;
    std::vector<std::string> images;
    std::vector<BundleRecord> records;  // by leaf; also the system chain's that concern them
    std::vector<Hash> path;             // cover proof of all of them (store/merkle.h)
    std::vector<BundleCheckpoint> earlier;
    std::string seal;  // note over the SHA-256 of everything before it
};

// Fills in the seal.
void seal_bundle(Bundle& bundle, const Hash& public_key, const store::Signer& sign);
std::string encode_bundle(const Bundle& bundle);
// Corrupt for anything that encode_bundle does not write.
Result<Bundle> decode_bundle(std::string_view bytes);

// What the seal signs: a text of two lines with the SHA-256 of everything before it.
std::string seal_text(const std::string& origin, const Bundle& bundle);
std::string seal_name(const std::string& origin);

}  // namespace weft::engine
