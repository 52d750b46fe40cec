// Makes the bundle of a run and its sub-runs from the store: signs the tree, reads the records in
// slices, rebuilds by replay what the store left out, proves all of it against the signed tree.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/bundle.h"
#include "engine/replay.h"
#include "engine/secret_view.h"

namespace weft::engine {

struct ExportOptions {
    bool payloads = true;  // false: hashes, proofs and signatures without the data
    std::string witness;   // signed checkpoints; the bundle proves that it continues them
};

class BundleExport {
  public:
    BundleExport(store::Store& store, ExportOptions options)
        : store_(store), options_(std::move(options)) {}

    Result<void> begin(const store::RunId& run);
    // A slice of the work; true: there is more.
    Result<bool> advance();
    // After the last slice.
    Result<Bundle> finish();
    [[nodiscard]] std::size_t runs() const { return runs_.size(); }
    [[nodiscard]] std::uint64_t tree_size() const { return checkpoint_.size; }

  private:
    Result<void> add_descendants(const store::RunId& run);
    Result<void> open_run(const store::RunId& run);
    Result<void> add_image(const Hash& hash);
    Result<void> add_program(const Hash& name);
    void note_decision(const ReadRecord& record);
    void add(ReadRecord& record);
    Result<void> add_system_records();
    [[nodiscard]] bool concerns(const Record& record, const std::string& payload) const;
    Result<void> prove_earlier();

    store::Store& store_;
    ExportOptions options_;
    store::Checkpoint checkpoint_;
    Bundle bundle_;
    std::vector<store::RunId> runs_;  // the run, then those below it
    std::size_t next_ = 0;
    std::unique_ptr<RunHeader> header_;  // in place: the replayer refers to it
    std::unique_ptr<Replayer> replayer_;
    std::unique_ptr<SecretView> secrets_;
    store::RunHead head_;
    std::set<Hash> programs_;
    std::set<Hash> images_;
    std::set<std::uint64_t> seen_sizes_;  // trees that signed decisions name
    std::set<Hash> seen_keys_;            // with which they are signed
};

// A record's payload under the key of the system chain; none when it has none.
Result<std::string> system_payload(store::Store& store, const store::StoredRecord& stored,
                                   const Record& record, Bytes16& salt);

}  // namespace weft::engine
