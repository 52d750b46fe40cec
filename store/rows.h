// The rows of the store and the batch that writes them. Records and boxes are opaque bytes here,
// except for the fixed header of a record (run id at 16, seq at 32, prev at 56). What a status, a
// kind or a state means is the engine's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"

namespace weft::store {

// Zero names the system chain.
using RunId = Bytes16;
// HMAC under the de-duplication secret, cut to 16 bytes (KeyFile::tag).
using Tag = Bytes16;

struct Append {
    std::string record;
    // Of the record, when whoever made it knows it. What is signed is read again and hashed anew.
    std::optional<Hash> leaf_hash;
    std::optional<std::string> box;  // sealed payload, or none
};

struct StoredRecord {
    std::uint64_t leaf = 0;
    std::string record;
};

struct RunHead {
    std::uint64_t next_seq = 0;
    Hash last_hash{};  // leaf hash of record next_seq - 1; zero when there is none
    std::uint64_t last_leaf = 0;
};

// Written at begin, end, hold and stuck; never per step.
struct RunRow {
    RunId id{};
    Hash image{};
    std::int32_t status = 0;
    std::uint64_t slot = 0;  // of the key file; given by Store::take_slot
    std::optional<Tag> start_tag;
    std::optional<RunId> parent;
    std::int64_t begun_ms = 0;
    std::optional<std::int64_t> ended_ms;
    std::optional<std::int64_t> retain_until_ms;
    std::int32_t hold = 0;
    std::uint64_t no = 0;  // filled when read: order of begin
};

struct RunFilter {
    std::vector<std::int32_t> statuses;  // empty: any
    std::optional<Hash> image;
    std::optional<RunId> parent;
    std::string id_prefix;  // hex digits
    std::optional<bool> held;
    std::optional<bool> ended;
    std::optional<bool> parked;  // whether it has a wake row
    std::optional<std::int64_t> retain_before_ms;
    std::uint64_t below_no = 0;  // newest first, below this number; 0: from the newest
    std::uint32_t limit = 1000;
};

// The earliest due time of a parked run (INT64_MAX: no time will wake it), or no parked run any
// more.
struct WakeChange {
    RunId run{};
    std::optional<std::int64_t> due_ms;
};

struct WakeRow {
    std::int64_t due_ms = 0;
    RunId run{};
};

struct InboxPut {
    RunId run{};  // zero: starts a run, or is for the engine
    std::int32_t kind = 0;
    Tag tag{};
    std::string box;  // seal_bytes under inbox_context(tag); empty: taken in this very commit
    std::optional<std::uint64_t> seq = {};  // taken: the record that it became
};

struct InboxRow {
    std::uint64_t id = 0;  // order of arrival
    RunId run{};
    std::int32_t kind = 0;
    Tag tag{};
    std::string box;                   // empty once it is taken
    std::optional<std::uint64_t> seq;  // once taken: the record that it became, if it became one
};

struct InboxTaken {
    std::uint64_t id = 0;
    std::optional<std::uint64_t> seq;
};

struct FileRow {
    Bytes16 id{};
    RunId run{};
    std::uint64_t size = 0;  // of the plain body
};

struct ProgramRow {
    Hash hash{};
    std::string ir;
    std::string source;
};

struct ImageRow {
    Hash hash{};
    Hash program{};
    std::uint32_t semantics = 0;
    std::string code;
};

struct LedgerRow {
    Tag tag{};
    RunId run{};
    std::uint64_t seq = 0;
    std::uint32_t generation = 0;
    std::int32_t state = 0;
    std::optional<std::int64_t> keep_until_ms;
};

struct CacheRow {
    Tag tag{};
    RunId run{};
    std::uint64_t seq = 0;
    std::int64_t expires_ms = 0;
};

struct LockRow {
    Tag tag{};
    RunId run{};
    std::int64_t since_ms = 0;
};

struct SecretRow {
    RunId run{};
    std::string handle;
    std::string box;  // seal_bytes under secret_context(run, handle)
};

struct SnapshotRow {
    RunId run{};
    std::uint64_t seq = 0;
    std::string box;  // seal_bytes under snapshot_context(run, seq, leaf hash)
};

struct ActorRow {
    Bytes16 id{};
    std::string box;  // seal_bytes under actor_context(id), key of slot 0
};

struct ReadyRow {
    std::uint64_t id = 0;  // given by the store
    std::string worker;
    RunId run{};
    std::uint64_t seq = 0;
};

struct MetaRow {
    std::string name;
    std::string value;
};

struct LockWait {
    Tag tag{};
    RunId run{};
};

struct SubjectRow {
    Tag tag{};
    RunId run{};
};

struct FlowRow {
    RunId from{};
    RunId to{};
};

// Rows that go. Each names what it drops.
struct DropLedger {
    Tag tag{};
};
struct DropCache {
    Tag tag{};
};
struct DropLock {
    Tag tag{};
};
struct DropLockWait {
    Tag tag{};
    RunId run{};
};
struct DropSecrets {
    RunId run{};
};
struct DropSnapshot {
    RunId run{};
};
struct DropReady {
    std::uint64_t id = 0;
};
struct DropFile {
    Bytes16 id{};
};

// A row put (over one with the same key) or dropped, in the order given.
using Change =
    std::variant<ProgramRow, ImageRow, LedgerRow, CacheRow, LockRow, LockWait, SubjectRow, FlowRow,
                 SecretRow, SnapshotRow, ActorRow, ReadyRow, MetaRow, FileRow, DropLedger,
                 DropCache, DropLock, DropLockWait, DropSecrets, DropSnapshot, DropReady, DropFile>;

// Everything that becomes durable together.
struct Batch {
    std::vector<RunRow> runs;  // put first; a run's row must be here or stored before its records
    std::vector<Append> appends;
    std::vector<WakeChange> wakes;
    std::vector<InboxPut> inbox;
    std::vector<InboxTaken> inbox_taken;  // the tag stays, so a repeat is still known
    std::vector<Change> changes;

    [[nodiscard]] bool empty() const {
        return runs.empty() && appends.empty() && wakes.empty() && inbox.empty() &&
               inbox_taken.empty() && changes.empty();
    }
};

struct CommitInfo {
    // Leaf of each append, in the order of Batch::appends. (Records of one run stand together in
    // the tree, in the order in which the runs first appear.)
    std::vector<std::uint64_t> leaves;
    // Per Batch::inbox row: its id, or that of the row that had the tag before.
    struct Inboxed {
        std::uint64_t id = 0;
        bool repeat = false;
    };
    std::vector<Inboxed> inbox;
};

}  // namespace weft::store
