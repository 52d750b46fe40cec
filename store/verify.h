// What level one of the audit asks of a store and what it answers. It says where something is
// wrong; what follows from it is for people to decide.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace weft::store {

struct Box;

struct Finding {
    std::string table;  // "log", "payload", "tile", …; "file" for the sealed files
    std::string row;    // its key, as text
    std::optional<std::uint64_t> leaf;
    std::optional<Bytes16> run;
    std::optional<std::uint64_t> seq;
    std::string what;  // one sentence, lower case
};

struct VerifyOptions {
    // Does the opened box stand for what the record commits to? Null: the commitment at 88 against
    // commitment() of the salt and body; boxes whose body is elsewhere are skipped.
    std::function<bool(std::string_view record, const Box& box)> commitment;
    // The hash that a stored program or image must have. Null: SHA-256 of the IR; an image only
    // against the digest of its row.
    std::function<Hash(std::string_view ir)> program_hash;
    std::function<Hash(std::uint32_t semantics, std::string_view code)> image_hash;
    std::function<void()> busy;  // called between slices by who waits for all; may be empty
    // SQLite's own look at the whole file, which can't be put down in between; false: at the tables
    // beside the log one by one, since every row of the log's own is read again anyway.
    bool whole_structure = true;
    bool open_boxes = true;  // false: hashes, proofs and signatures only
    std::uint32_t max_findings = 1000;
};

struct VerifyReport {
    std::uint64_t records = 0;
    std::uint64_t payloads = 0;
    std::uint64_t erased = 0;  // payloads gone with their run's key
    std::uint64_t checkpoints = 0;
    Hash root{};
    std::vector<Finding> findings;
};

// Level one in slices of some milliseconds, between which the store may be written: it answers for
// the log as long as it was at the beginning.
class Verification {
  public:
    virtual ~Verification() = default;
    // True: there is more to do. An Error means that reading failed.
    virtual Result<bool> advance() = 0;
    // At the end; once.
    virtual VerifyReport take_report() = 0;
};

}  // namespace weft::store
