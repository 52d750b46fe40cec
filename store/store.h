// The store: records under their leaf numbers, sealed payloads, and the tables beside them. One
// engine owns it and calls it from one thread. It knows nothing of values, instructions or tasks;
// it never looks inside a record beyond its fixed header, and opens no box of its own accord.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "store/entropy.h"
#include "store/key.h"
#include "store/rows.h"
#include "store/verify.h"

namespace weft {
class Transaction;
}  // namespace weft

namespace weft::store {

class KeyFile;

struct OpenOptions {
    // Where the wrapping key is, as in weft.toml: empty (in the key file) or "env:NAME".
    std::string keys;
    // The origin line of checkpoints; empty: weft.store/<store id>.
    std::string origin;
    bool create = false;  // make it when it isn't there
    bool brief = false;   // no ballast, no signing before its end: a short command
    // An operator has seen the report and goes on: WAL damage, or a log shorter than its last
    // checkpoint. The engine logs it (`accepted`).
    bool accept_damage = false;
    std::uint64_t ballast_bytes = 16ULL << 20;
    std::uint64_t low_space_bytes = 64ULL << 20;
    Entropy* entropy = nullptr;  // null: the system's
};

enum class Space {
    Plenty,
    Low,   // take no new call, start or inbox row
    Full,  // the ballast is gone: take only outcomes
};

// What recovery found, for the `opened` record and for people.
struct Recovery {
    bool created = false;
    bool wal_recovered = false;            // a former owner was killed
    std::uint64_t wal_frames_dropped = 0;  // of a commit that never was acknowledged
    std::uint64_t orphan_files = 0;        // sealed files no commit named; removed
    std::vector<std::string> accepted;     // damage gone past by accept_damage
};

struct Checkpoint {
    std::uint64_t size = 0;
    Hash root{};
    std::string note;  // signed, C2SP
};

class Store {
  public:
    virtual ~Store() = default;

    // Who it is.
    [[nodiscard]] virtual const Bytes16& id() const = 0;
    [[nodiscard]] virtual const std::string& path() const = 0;
    [[nodiscard]] virtual const Recovery& recovery() const = 0;
    virtual Entropy& entropy() = 0;
    virtual KeyFile& keys() = 0;

    // One transaction; durable when it returns. Refused: a record doesn't continue its run (wrong
    // seq or prev), nothing was written and the store goes on. Any other failure poisons the store:
    // every later call fails and nothing more is written.
    virtual Result<CommitInfo> commit(const Batch& batch) = 0;
    // Does the work of the host program in the transaction that the next commit ends, so that both
    // are there afterwards or neither. It gives whether what it did is to be kept; `is_late` may
    // end a statement that takes too long. A failure poisons the store.
    enum class Shared { Kept, Undone, Lost };  // Lost: with all that was shared since the commit
    virtual Result<Shared> share(const std::function<bool(Transaction&)>& work,
                                 const std::function<bool()>& is_late) = 0;
    // Undoes what was shared since the last commit.
    virtual void drop_shared() = 0;
    // How many of them there were since it was opened: what a step costs is counted in these.
    [[nodiscard]] virtual std::uint64_t commits() const = 0;
    [[nodiscard]] virtual bool poisoned() const = 0;
    [[nodiscard]] virtual Space space() const = 0;
    // Between commits: looks at the free space, signs a checkpoint when one is due (256 records or
    // 1 s of the given monotonic clock), moves the WAL into the database when it is long, or idle
    // for 1 s.
    virtual Result<void> maintain(std::int64_t monotonic_ms, bool idle) = 0;
    // Signs and stores a checkpoint of all records now.
    virtual Result<Checkpoint> sign_checkpoint() = 0;
    // Signs, moves and truncates the WAL. A poisoned store is closed without any of it.
    virtual Result<void> close() = 0;

    // Keys. A slot is made and synced ahead, so taking one costs no sync; it belongs to the run
    // whose row names it.
    virtual Result<std::uint64_t> take_slot() = 0;
    // Refused when the run's key was destroyed.
    virtual Result<Key> run_key(const RunId& run) = 0;
    // Erasure, step "destroy slots, sync". Not undone by anything.
    virtual Result<void> destroy_keys(const std::vector<RunId>& runs) = 0;
    // Erasure, step "delete": payloads, snapshots, inbox, cache, secrets, subjects, files of these
    // runs, in one commit, then the WAL is truncated so that no page of them stays. Can be redone.
    virtual Result<void> delete_payloads(const std::vector<RunId>& runs) = 0;

    // Records.
    [[nodiscard]] virtual std::uint64_t log_size() const = 0;
    virtual Result<RunHead> head(const RunId& run) = 0;
    // At most `limit` records of a run from `seq`; empty at its end.
    virtual Result<std::vector<StoredRecord>> read_run(const RunId& run, std::uint64_t seq,
                                                       std::uint32_t limit) = 0;
    virtual Result<std::vector<StoredRecord>> read_log(std::uint64_t leaf, std::uint32_t limit) = 0;
    virtual Result<std::optional<std::string>> payload(std::uint64_t leaf) = 0;

    // Runs.
    virtual Result<std::optional<RunRow>> run(const RunId& id) = 0;
    virtual Result<std::vector<RunRow>> runs(const RunFilter& filter) = 0;
    virtual Result<std::optional<RunRow>> run_by_start_tag(const Tag& tag) = 0;

    // Programs and images (put through Batch::changes; a hash already there is left as it is).
    virtual Result<std::optional<ProgramRow>> program(const Hash& hash) = 0;
    virtual Result<std::optional<ImageRow>> image(const Hash& hash) = 0;

    // What waits.
    virtual Result<std::vector<InboxRow>> inbox(std::uint64_t after_id, std::uint32_t limit) = 0;
    virtual Result<std::vector<InboxRow>> inbox_of(const RunId& run, std::uint32_t limit) = 0;
    // Also when it was taken, until its run is erased.
    virtual Result<std::optional<InboxRow>> inbox_by_tag(const Tag& tag) = 0;
    virtual Result<std::vector<WakeRow>> due(std::int64_t now_ms, std::uint32_t limit) = 0;
    virtual Result<std::optional<WakeRow>> next_wake() = 0;
    virtual Result<std::uint64_t> parked_runs() = 0;  // how many
    virtual Result<std::vector<ReadyRow>> ready(const std::string& worker, std::uint32_t limit) = 0;

    // The other tables.
    virtual Result<std::optional<LedgerRow>> ledger(const Tag& tag) = 0;
    virtual Result<std::vector<LedgerRow>> ledger_of(const RunId& run) = 0;
    virtual Result<std::optional<CacheRow>> cached(const Tag& tag) = 0;
    virtual Result<std::optional<LockRow>> lock(const Tag& tag) = 0;
    virtual Result<std::vector<RunId>> lock_waiters(const Tag& tag) = 0;  // first come first
    // Whole tables, for those who compare them with the log; of the ledger the rows behind `after`.
    virtual Result<std::vector<LedgerRow>> ledger_after(const std::optional<Tag>& after,
                                                        std::uint32_t limit) = 0;
    virtual Result<std::vector<LockRow>> all_locks() = 0;
    virtual Result<std::vector<LockWait>> all_lock_waits() = 0;
    virtual Result<std::vector<RunId>> runs_of_subject(const Tag& tag) = 0;
    virtual Result<std::vector<Tag>> subjects_of_run(const RunId& run) = 0;
    virtual Result<std::vector<FlowRow>> flows(const RunId& run) = 0;  // from it or into it
    virtual Result<std::vector<SecretRow>> secrets(const RunId& run) = 0;
    virtual Result<std::optional<SnapshotRow>> snapshot(const RunId& run) = 0;
    virtual Result<std::vector<FileRow>> files(const RunId& run) = 0;
    virtual Result<std::vector<ActorRow>> actors() = 0;
    virtual Result<std::optional<std::string>> meta(const std::string& name) = 0;
    virtual Result<std::vector<InboxRow>> inbox_after(std::uint64_t id, std::uint32_t limit) = 0;
    virtual Result<std::vector<WakeRow>> all_wakes() = 0;
    virtual Result<std::vector<CacheRow>> all_cached() = 0;
    virtual Result<std::vector<SubjectRow>> all_subjects() = 0;
    virtual Result<std::vector<FlowRow>> all_flows() = 0;
    virtual Result<std::vector<MetaRow>> all_meta() = 0;
    virtual Result<std::vector<ReadyRow>> all_ready() = 0;
    virtual Result<std::vector<Hash>> program_hashes() = 0;
    virtual Result<std::vector<Hash>> image_hashes() = 0;
    [[nodiscard]] virtual std::string files_folder() const = 0;  // for FileWriter, FileReader
    // A sealed file, as `write_sealed_file` writes it. On a full disk it takes the room that is
    // kept for outcomes, as a commit does.
    virtual Result<FileRow> write_file(const Key& key, const RunId& run, std::string_view body) = 0;

    // Proofs.
    virtual Result<Hash> root(std::uint64_t size) = 0;
    virtual Result<std::vector<Hash>> inclusion_proof(std::uint64_t leaf, std::uint64_t size) = 0;
    virtual Result<std::vector<Hash>> consistency_proof(std::uint64_t from, std::uint64_t to) = 0;
    // Of many leaves at once (merkle.h).
    virtual Result<std::vector<Hash>> cover_proof(const std::vector<std::uint64_t>& leaves,
                                                  std::uint64_t size) = 0;
    virtual Result<std::vector<Checkpoint>> checkpoints(std::uint64_t from_size,
                                                        std::uint32_t limit) = 0;
    virtual Result<std::optional<Checkpoint>> last_checkpoint() = 0;
    [[nodiscard]] virtual std::string verifier_key() const = 0;  // C2SP vkey line
    // Level one of `audit verify`: every byte of log, payload, tile, checkpoint, seg, program and
    // image rows is checked. Findings are the result; an Error means that reading failed.
    virtual std::unique_ptr<Verification> begin_verify(VerifyOptions options) = 0;
    // The same to its end.
    Result<VerifyReport> verify(const VerifyOptions& options) {
        auto verification = begin_verify(options);
        while (true) {
            WEFT_TRY(more, verification->advance());
            if (!more) return verification->take_report();
            if (options.busy) options.busy();
        }
    }
};

// The default store: one SQLite file, `<path>.keys`, `<path>.files/`. The caller holds the owner
// lock (store/lock.h) first.
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path,
                                                 const OpenOptions& options);

}  // namespace weft::store
