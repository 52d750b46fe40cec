// The default store. Private to store/: everybody else sees store.h. Its parts are one file each:
// sqlite_open (opening and recovery), sqlite_commit, sqlite_share and sqlite_changes (writing),
// sqlite_read and sqlite_tables (reading), sqlite_upkeep (checkpoints, space, closing),
// sqlite_erase and sqlite_forward (older stores).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/key_file.h"
#include "store/merkle.h"
#include "store/sqlite.h"
#include "store/store.h"
#include "store/wal_room.h"
#include "store/wal_scan.h"

namespace weft::store {

// The part of a record's fixed header that a store reads (layout of records, offsets 1 to 120).
struct RecordHead {
    std::uint8_t flags = 0;
    RunId run{};
    std::uint64_t seq = 0;
    Hash prev{};
    Hash commitment{};
    [[nodiscard]] bool has_payload() const { return (flags & 2U) != 0; }
};

// None when the bytes can't be a record of format 1.
std::optional<RecordHead> parse_record_head(std::string_view record);

struct RunIdHash {
    std::size_t operator()(const RunId& id) const {
        std::size_t out = 0;
        std::memcpy(&out, id.data(), sizeof out);  // ids are random
        return out;
    }
};

// A database file that this process has open. Two stores on one inode would drop each other's
// locks, whatever paths they were reached by.
class InodeClaim {
  public:
    InodeClaim() = default;
    static Result<InodeClaim> take(const std::string& path);
    InodeClaim(InodeClaim&& other) noexcept;
    InodeClaim& operator=(InodeClaim&& other) noexcept;
    ~InodeClaim();

  private:
    std::optional<std::pair<std::uint64_t, std::uint64_t>> inode_;
};

class SqliteStore final : public Store {
  public:
    static Result<std::unique_ptr<Store>> open(const std::string& path, const OpenOptions& options);
    ~SqliteStore() override;

    const Bytes16& id() const override { return keys_->store_id(); }
    const std::string& path() const override { return path_; }
    const Recovery& recovery() const override { return recovery_; }
    Entropy& entropy() override { return *entropy_; }
    KeyFile& keys() override { return *keys_; }

    Result<CommitInfo> commit(const Batch& batch) override;
    Result<Shared> share(const std::function<bool(Transaction&)>& work,
                         const std::function<bool()>& is_late) override;
    void drop_shared() override;
    std::uint64_t commits() const override { return commits_; }
    bool poisoned() const override { return poison_.has_value(); }
    Space space() const override { return space_; }
    Result<void> maintain(std::int64_t monotonic_ms, bool idle) override;
    Result<Checkpoint> sign_checkpoint() override;
    Result<void> close() override;

    Result<std::uint64_t> take_slot() override;
    Result<Key> run_key(const RunId& run) override;
    Result<void> destroy_keys(const std::vector<RunId>& runs) override;
    Result<void> delete_payloads(const std::vector<RunId>& runs) override;

    std::uint64_t log_size() const override { return edge_.size(); }
    Result<RunHead> head(const RunId& run) override;
    Result<std::vector<StoredRecord>> read_run(const RunId& run, std::uint64_t seq,
                                               std::uint32_t limit) override;
    Result<std::vector<StoredRecord>> read_log(std::uint64_t leaf, std::uint32_t limit) override;
    Result<std::optional<std::string>> payload(std::uint64_t leaf) override;

    Result<std::optional<RunRow>> run(const RunId& id) override;
    Result<std::vector<RunRow>> runs(const RunFilter& filter) override;
    Result<std::optional<RunRow>> run_by_start_tag(const Tag& tag) override;
    Result<std::optional<ProgramRow>> program(const Hash& hash) override;
    Result<std::optional<ImageRow>> image(const Hash& hash) override;

    Result<std::vector<InboxRow>> inbox(std::uint64_t after_id, std::uint32_t limit) override;
    Result<std::vector<InboxRow>> inbox_of(const RunId& run, std::uint32_t limit) override;
    Result<std::optional<InboxRow>> inbox_by_tag(const Tag& tag) override;
    Result<std::vector<WakeRow>> due(std::int64_t now_ms, std::uint32_t limit) override;
    Result<std::optional<WakeRow>> next_wake() override;
    Result<std::uint64_t> parked_runs() override;
    Result<std::vector<ReadyRow>> ready(const std::string& worker, std::uint32_t limit) override;
    Result<std::optional<LedgerRow>> ledger(const Tag& tag) override;
    Result<std::vector<LedgerRow>> ledger_of(const RunId& run) override;
    Result<std::optional<CacheRow>> cached(const Tag& tag) override;
    Result<std::optional<LockRow>> lock(const Tag& tag) override;
    Result<std::vector<RunId>> lock_waiters(const Tag& tag) override;
    Result<std::vector<LedgerRow>> ledger_after(const std::optional<Tag>& after,
                                                std::uint32_t limit) override;
    Result<std::vector<LockRow>> all_locks() override;
    Result<std::vector<LockWait>> all_lock_waits() override;
    Result<std::vector<RunId>> runs_of_subject(const Tag& tag) override;
    Result<std::vector<Tag>> subjects_of_run(const RunId& run) override;
    Result<std::vector<FlowRow>> flows(const RunId& run) override;
    Result<std::vector<SecretRow>> secrets(const RunId& run) override;
    Result<std::optional<SnapshotRow>> snapshot(const RunId& run) override;
    Result<std::vector<FileRow>> files(const RunId& run) override;
    Result<std::vector<ActorRow>> actors() override;
    Result<std::optional<std::string>> meta(const std::string& name) override;
    Result<std::vector<InboxRow>> inbox_after(std::uint64_t id, std::uint32_t limit) override;
    Result<std::vector<WakeRow>> all_wakes() override;
    Result<std::vector<CacheRow>> all_cached() override;
    Result<std::vector<SubjectRow>> all_subjects() override;
    Result<std::vector<FlowRow>> all_flows() override;
    Result<std::vector<MetaRow>> all_meta() override;
    Result<std::vector<ReadyRow>> all_ready() override;
    Result<std::vector<Hash>> program_hashes() override;
    Result<std::vector<Hash>> image_hashes() override;
    std::string files_folder() const override { return path_ + ".files"; }
    Result<FileRow> write_file(const Key& key, const RunId& run, std::string_view body) override;

    Result<Hash> root(std::uint64_t size) override;
    Result<std::vector<Hash>> inclusion_proof(std::uint64_t leaf, std::uint64_t size) override;
    Result<std::vector<Hash>> consistency_proof(std::uint64_t from, std::uint64_t to) override;
    Result<std::vector<Hash>> cover_proof(const std::vector<std::uint64_t>& leaves,
                                          std::uint64_t size) override;
    Result<std::vector<Checkpoint>> checkpoints(std::uint64_t from_size,
                                                std::uint32_t limit) override;
    Result<std::optional<Checkpoint>> last_checkpoint() override;
    std::string verifier_key() const override;
    std::unique_ptr<Verification> begin_verify(VerifyOptions options) override;

  private:
    // The records of one run within a commit; they stand together in the tree.
    struct Segment {
        RunId run{};
        std::uint64_t first_seq = 0;
        std::uint64_t first_leaf = 0;
        RunHead after;
        std::vector<std::size_t> appends;
    };
    struct Plan {
        std::vector<Segment> segments;
        std::vector<Hash> hashes;  // in the order of the new leaves
        // The edge after it, when a tile becomes full: its row is part of the commit. Else the
        // hashes are appended afterwards, and no edge is copied.
        std::optional<MerkleEdge> edge;
        std::vector<Tile> tiles;
        CommitInfo info;
    };

    SqliteStore(std::string path, OpenOptions options);

    // Opening.
    Result<void> prepare_files(bool& fresh);
    Result<void> scan_former_wal();
    Result<void> settle_ack();
    Result<void> open_database();
    Result<void> create_tables();
    Result<void> bring_forward(std::int64_t version);
    Result<void> tag_rows();
    Result<void> tag_inbox();
    Result<void> tag_programs();
    Result<void> restore_tree();
    Result<void> rebuild_edge(std::uint64_t size);
    Result<void> find_next_slot();
    Result<void> verify_tail();
    Result<void> verify_last_checkpoint();
    Result<void> remove_orphan_files();
    Result<void> remove_orphans_in(const std::string& folder);
    Result<void> accept_or_fail(const std::string& what);

    // Writing.
    Result<Plan> plan_commit(const Batch& batch);
    void place_leaves(const std::vector<Hash>& hashes, Plan& plan);
    void remember(const Batch& batch, Plan& plan);
    Result<Segment*> segment_for(Plan& plan, const RunId& run,
                                 std::unordered_map<RunId, std::size_t, RunIdHash>& index);
    Result<void> write_batch(const Batch& batch, Plan& plan);
    Result<void> write_runs(const std::vector<RunRow>& runs);
    Result<void> change_run(const RunRow& row, std::uint64_t no);
    Result<void> write_records(const Batch& batch, const Plan& plan);
    Result<void> write_inbox(const Batch& batch, CommitInfo& info);
    Result<void> put_inbox(const InboxPut& put, CommitInfo& info);
    Result<void> take_inbox(const InboxTaken& taken);
    Result<std::uint64_t> next_inbox_id();
    Result<void> put_meta(std::string_view name, std::string_view value);
    Result<void> write_wakes(const std::vector<WakeChange>& wakes);
    Result<void> write_changes(const std::vector<Change>& changes);
    Result<void> write_pending_checkpoint();
    Result<void> transaction(const std::function<Result<void>()>& body);
    std::unexpected<Error> poison(Error error);
    Error poison_error() const;
    Result<std::optional<std::uint64_t>> run_no(const RunId& run);
    Result<std::uint64_t> known_run_no(const RunId& run);

    Result<void> delete_run_rows(const RunId& run);

    // Upkeep.
    void make_ballast();
    bool drop_ballast();
    void look_at_space();
    Result<void> checkpoint_wal(const char* mode);
    Result<void> sign_leaves();
    Result<void> store_pending_checkpoint();
    Result<void> save_checkpoint_in_keys();

    // The tree.
    Result<Hash> tree_hash(std::uint32_t level, std::uint64_t index);
    HashSource hash_source();
    Result<MerkleEdge> edge_at(std::uint64_t size);

    friend class Verifier;

    std::string path_;
    OpenOptions options_;
    std::unique_ptr<Entropy> own_entropy_;
    Entropy* entropy_ = nullptr;
    std::string origin_;
    InodeClaim claim_;
    std::unique_ptr<KeyFile> keys_;
    std::optional<AckFile> ack_;
    std::optional<WalRoom> wal_room_;  // none: a short command needs no room
    std::unique_ptr<Database> database_;
    Recovery recovery_;
    std::optional<Error> poison_;

    MerkleEdge edge_;
    MerkleEdge signed_edge_;
    std::optional<Checkpoint> pending_;  // signed, not yet in its table
    std::optional<Checkpoint> last_signed_;
    std::int64_t signed_at_ms_ = 0;
    std::int64_t keys_saved_at_ms_ = 0;
    std::int64_t looked_at_ms_ = 0;

    // Caches, cleared when they grow; all of it can be read again.
    std::unordered_map<RunId, std::uint64_t, RunIdHash> run_nos_;
    std::unordered_map<RunId, RunHead, RunIdHash> heads_;
    std::unordered_map<RunId, Key, RunIdHash> run_keys_;
    // The tile asked for last at each level, for proofs.
    std::unordered_map<std::uint32_t, std::pair<std::uint64_t, std::string>> tiles_;

    std::uint64_t commits_ = 0;
    std::uint64_t commits_seen_ = 0;  // by maintain, at
    std::int64_t busy_at_ms_ = 0;
    std::uint64_t next_slot_ = 1;
    std::uint64_t next_inbox_id_ = 0;  // 0: not known
    int wal_frames_ = 0;               // set by the hook at each commit
    Space space_ = Space::Plenty;
    bool ballast_stands_ = false;
    bool is_shared_ = false;  // a transaction is open, with work of the host program in it
};

}  // namespace weft::store
