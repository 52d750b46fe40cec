// Whether a bundle holds: hashes, proofs, signatures (level 1), the protocol of its runs (level 2),
// and whether the machine makes their commands again (level 3). It needs nothing but the bundle;
// what it can't know (whose key that is, whether others were shown another log) its caller must
// bring. tools/verify_bundle.py does levels 1 and 2 independently, and they must agree.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/bundle.h"
#include "store/verify.h"

namespace weft::vm {
class Tracer;
}

namespace weft::engine {

struct BundleTrust {
    std::string verifier_key;  // the store's, known from elsewhere; empty: that of the bundle
    std::string witness;       // signed checkpoints, kept elsewhere; the tree must continue them
    int level = 3;
    vm::Tracer* tracer = nullptr;  // sees what level 3 executes
};

struct BundledRun {
    store::RunId run{};
    std::uint64_t records = 0;
    std::uint64_t payloads = 0;
    std::uint64_t left_out = 0;
    std::uint64_t erased = 0;
    int status = -1;  // of its end record; -1: it goes on
    bool executed = false;
};

struct BundledDecision {
    store::RunId run{};
    std::uint64_t seq = 0;
    std::string by;
    Hash key{};
    std::uint64_t tree_size = 0;
};

struct BundleReport {
    std::string verifier_key;
    std::uint64_t tree_size = 0;
    Hash root{};
    std::vector<BundledRun> runs;
    std::vector<BundledDecision> decisions;  // those that are signed
    std::size_t witnessed = 0;
    std::vector<store::Finding> findings;
};

// Corrupt when the bytes are no bundle at all.
Result<BundleReport> check_bundle(std::string_view bytes, const BundleTrust& trust);

}  // namespace weft::engine
