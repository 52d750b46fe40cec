// One commit: plan (group by run, check that each record continues its run, hash), then one
// transaction, then the memory that follows it.
#include <sqlite3.h>

#include <array>

#include "base/check.h"
#include "bytecode/record.h"
#include "store/sqlite_store.h"

namespace weft::store {

namespace {

constexpr std::size_t kCacheMax = 200'000;

std::string run_text(const RunId& run) {
    return run == RunId{} ? "the system chain" : "run " + to_hex(view(run));
}

// Of a leaf and its bytes, as a statement of so many rows: one costs about as much as two rows do.
class LeafRows {
  public:
    LeafRows(Database& database, const char* one, const char* many)
        : database_(database), one_(one), many_(many) {}

    // The bytes must live until `finish`.
    Result<void> add(std::uint64_t leaf, std::string_view bytes) {
        rows_[count_++] = {leaf, bytes};
        if (count_ < kAtOnce) return {};
        count_ = 0;
        auto put = database_.query(many_);
        for (const auto& row : rows_) put.u64(row.leaf).blob(row.bytes);
        return put.run();
    }
    Result<void> finish() {
        auto put = database_.query(one_);
        for (std::size_t i = 0; i < count_; ++i) {
            WEFT_TRY_VOID(put.u64(rows_[i].leaf).blob(rows_[i].bytes).run());
        }
        count_ = 0;
        return {};
    }
    static std::string many(std::string_view insert) {
        std::string sql = std::string(insert) + " VALUES(?, ?)";
        for (std::size_t i = 1; i < kAtOnce; ++i) sql += ", (?, ?)";
        return sql;
    }

  private:
    static constexpr std::size_t kAtOnce = 16;
    struct Row {
        std::uint64_t leaf = 0;
        std::string_view bytes;
    };

    Database& database_;
    const char* one_;
    const char* many_;
    std::array<Row, kAtOnce> rows_;
    std::size_t count_ = 0;
};

template <typename Map>
void bound_cache(Map& map) {
    if (map.size() > kCacheMax) map.clear();
}

}  // namespace

std::optional<RecordHead> parse_record_head(std::string_view record) {
    if (record.size() < kRecordHeaderSize || record.size() > kRecordSizeMax) return std::nullopt;
    ByteReader in(record);
    if (in.u16() != kRecordFormat) return std::nullopt;
    in.u8();
    RecordHead head;
    head.flags = in.u8();
    if (in.u16() != record.size() - kRecordHeaderSize) return std::nullopt;
    in.raw(10);
    head.run = to_array<16>(in.raw(16));
    head.seq = in.u64();
    in.raw(16);
    head.prev = to_array<32>(in.raw(32));
    head.commitment = to_array<32>(in.raw(32));
    return head;
}

Result<std::optional<std::uint64_t>> SqliteStore::run_no(const RunId& run) {
    if (run == RunId{}) return std::optional<std::uint64_t>(0);
    if (const auto at = run_nos_.find(run); at != run_nos_.end()) return std::optional(at->second);
    auto query = database_->query("SELECT no FROM run WHERE id = ?");
    WEFT_TRY(row, query.id(run).step());
    if (!row) return std::optional<std::uint64_t>();
    bound_cache(run_nos_);
    return std::optional(run_nos_[run] = query.column_u64(0));
}

Result<std::uint64_t> SqliteStore::known_run_no(const RunId& run) {
    WEFT_TRY(no, run_no(run));
    if (!no) return fail(ErrorKind::Refused, run_text(run) + " has no row in the store");
    return *no;
}

Result<RunHead> SqliteStore::head(const RunId& run) {
    if (const auto at = heads_.find(run); at != heads_.end()) return at->second;
    WEFT_TRY(no, run_no(run));
    RunHead head;
    if (!no) return head;
    auto query =
        database_->query("SELECT seq, leaf FROM seg WHERE run = ? ORDER BY seq DESC LIMIT 1");
    WEFT_TRY(row, query.u64(*no).step());
    if (!row) return head;
    std::uint64_t seq = query.column_u64(0);
    std::uint64_t leaf = query.column_u64(1);
    // The last segment ends where another run's records begin, or at the end of the log.
    while (true) {
        WEFT_TRY(records, read_log(leaf, 256));
        bool more = records.size() == 256;
        for (const auto& stored : records) {
            const auto record = parse_record_head(stored.record);
            if (!record) {
                return fail(ErrorKind::Corrupt,
                            "record " + std::to_string(stored.leaf) + " is damaged");
            }
            if (record->run != run || record->seq != seq) {
                more = false;
                break;
            }
            head = {seq + 1, leaf_hash(stored.record), stored.leaf};
            ++seq;
            ++leaf;
        }
        if (!more) break;
    }
    bound_cache(heads_);
    return heads_[run] = head;
}

Result<SqliteStore::Segment*> SqliteStore::segment_for(
    Plan& plan, const RunId& run, std::unordered_map<RunId, std::size_t, RunIdHash>& index) {
    const auto [at, fresh] = index.try_emplace(run, plan.segments.size());
    if (fresh) {
        WEFT_TRY(before, head(run));
        auto& segment = plan.segments.emplace_back();
        segment.run = run;
        segment.first_seq = before.next_seq;
        segment.after = before;
        segment.appends.reserve(4);
    }
    return &plan.segments[at->second];
}

Result<SqliteStore::Plan> SqliteStore::plan_commit(const Batch& batch) {
    Plan plan;
    std::vector<Hash> hashes(batch.appends.size());
    std::unordered_map<RunId, std::size_t, RunIdHash> index;
    index.reserve(batch.appends.size());
    for (std::size_t i = 0; i < batch.appends.size(); ++i) {
        const auto& append = batch.appends[i];
        const auto record = parse_record_head(append.record);
        WEFT_CHECK(record.has_value());
        WEFT_CHECK(record->has_payload() == append.box.has_value());
        WEFT_TRY(segment, segment_for(plan, record->run, index));
        if (record->seq != segment->after.next_seq || record->prev != segment->after.last_hash) {
            return fail(ErrorKind::Refused, run_text(record->run) +
                                                " has moved on: its next record is seq " +
                                                std::to_string(segment->after.next_seq));
        }
        hashes[i] = append.leaf_hash ? *append.leaf_hash : leaf_hash(append.record);
        segment->after.next_seq = record->seq + 1;
        segment->after.last_hash = hashes[i];
        segment->appends.push_back(i);
    }
    place_leaves(hashes, plan);
    return plan;
}

// `hashes` are in the order of the batch; in the tree the records of one run stand together.
void SqliteStore::place_leaves(const std::vector<Hash>& hashes, Plan& plan) {
    std::uint64_t leaf = edge_.size();
    plan.info.leaves.resize(hashes.size());
    plan.hashes.reserve(hashes.size());
    for (auto& segment : plan.segments) {
        segment.first_leaf = leaf;
        for (const std::size_t i : segment.appends) {
            plan.info.leaves[i] = leaf;
            segment.after.last_leaf = leaf++;
            plan.hashes.push_back(hashes[i]);
        }
    }
    if (!edge_.fills_a_tile(hashes.size())) return;
    plan.edge = edge_;
    for (const Hash& hash : plan.hashes) plan.edge->append(hash, plan.tiles);
}

Result<void> SqliteStore::write_records(const Batch& batch, const Plan& plan) {
    // Statements are kept by the address of their text.
    static const std::string kLogRows = LeafRows::many("INSERT INTO log(leaf, rec)");
    static const std::string kPayloadRows = LeafRows::many("INSERT INTO payload(leaf, box)");
    LeafRows log(*database_, "INSERT INTO log(leaf, rec) VALUES(?, ?)", kLogRows.c_str());
    LeafRows payload(*database_, "INSERT INTO payload(leaf, box) VALUES(?, ?)",
                     kPayloadRows.c_str());
    auto seg = database_->query("INSERT INTO seg(run, seq, leaf) VALUES(?, ?, ?)");
    for (const auto& segment : plan.segments) {
        WEFT_TRY(no, known_run_no(segment.run));
        WEFT_TRY_VOID(seg.u64(no).u64(segment.first_seq).u64(segment.first_leaf).run());
        std::uint64_t leaf = segment.first_leaf;
        for (const std::size_t i : segment.appends) {
            const auto& append = batch.appends[i];
            WEFT_TRY_VOID(log.add(leaf, append.record));
            if (append.box) WEFT_TRY_VOID(payload.add(leaf, *append.box));
            ++leaf;
        }
    }
    WEFT_TRY_VOID(log.finish());
    WEFT_TRY_VOID(payload.finish());
    auto put = database_->query("INSERT INTO tile(level, idx, root, hashes) VALUES(?, ?, ?, ?)");
    for (const auto& tile : plan.tiles) {
        const std::string bytes = tile.hash_bytes();
        WEFT_TRY_VOID(put.i64(tile.level).u64(tile.index).id(tile.root).blob(bytes).run());
    }
    return {};
}

Result<void> SqliteStore::write_batch(const Batch& batch, Plan& plan) {
    WEFT_TRY_VOID(write_runs(batch.runs));
    WEFT_TRY_VOID(write_records(batch, plan));
    WEFT_TRY_VOID(write_wakes(batch.wakes));
    plan.info.inbox.clear();
    WEFT_TRY_VOID(write_inbox(batch, plan.info));
    WEFT_TRY_VOID(write_changes(batch.changes));
    return write_pending_checkpoint();
}

// BEGIN IMMEDIATE, the body, COMMIT. A full disk and a broken rule leave the store as it was; after
// any other failure nothing is known about the disk, so nothing more is done with it. What the host
// program did can't be done again from here: a transaction with such work in it has no second try.
Result<void> SqliteStore::transaction(const std::function<Result<void>()>& body) {
    if (poison_) return std::unexpected(poison_error());
    database_->forget_failure();
    const bool was_shared = std::exchange(is_shared_, false);
    auto done = was_shared ? Result<void>{} : database_->query("BEGIN IMMEDIATE").run();
    if (done) done = body();
    if (done) done = database_->query("COMMIT").run();
    if (done) return {};
    const bool ours = done.error().kind == ErrorKind::Refused;
    const auto failure = ours ? SqliteFailure::Constraint : database_->last_failure();
    if (was_shared) database_->rollback();
    if (!was_shared && (failure == SqliteFailure::Full || failure == SqliteFailure::Constraint)) {
        database_->rollback();
        run_nos_.clear();  // may hold numbers of runs that were rolled back
        next_inbox_id_ = 0;
        if (failure == SqliteFailure::Constraint) done.error().kind = ErrorKind::Refused;
        return done;
    }
    return poison(std::move(done).error());
}

std::unexpected<Error> SqliteStore::poison(Error error) {
    poison_ = error;
    database_->refuse_from_now_on();
    return std::unexpected(std::move(error));
}

Error SqliteStore::poison_error() const {
    return {ErrorKind::Environment,
            "the store " + path_ + " was given up after a failure: " + poison_->message,
            "end the engine and start it again; it recovers by itself"};
}

Result<CommitInfo> SqliteStore::commit(const Batch& batch) {
    if (poison_) return std::unexpected(poison_error());
    auto planned = plan_commit(batch);
    if (!planned) {
        drop_shared();
        const auto kind = planned.error().kind;
        if (kind == ErrorKind::Refused) return std::unexpected(std::move(planned).error());
        return poison(std::move(planned).error());
    }
    Plan& plan = *planned;
    const auto body = [&] { return write_batch(batch, plan); };
    auto done = transaction(body);
    if (!done && !poison_ && database_->last_failure() == SqliteFailure::Full && drop_ballast()) {
        done = transaction(body);
    }
    if (!done) return std::unexpected(std::move(done).error());

    remember(batch, plan);
    // Only an aid for the next opening, so a failure of it is none of the commit.
    (void)ack_->confirm(static_cast<std::uint64_t>(wal_frames_));
    return std::move(plan.info);
}

// What memory holds of the log, brought up to what is now on disk.
void SqliteStore::remember(const Batch& batch, Plan& plan) {
    if (plan.edge) {
        edge_ = std::move(*plan.edge);
    } else {
        for (const Hash& hash : plan.hashes) edge_.append(hash, plan.tiles);
    }
    pending_.reset();
    ++commits_;
    for (const auto& segment : plan.segments) heads_[segment.run] = segment.after;
    for (const auto& row : batch.runs) {
        if (row.ended_ms) heads_.erase(row.id);
    }
    bound_cache(heads_);
}

}  // namespace weft::store
