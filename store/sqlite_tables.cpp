// Reading the tables beside the log.
#include "store/sqlite_store.h"

namespace weft::store {

namespace {

// All rows of a bound query, each made by `make`.
template <typename Make>
auto all_rows(Query& query, Make make) -> Result<std::vector<decltype(make(query))>> {
    std::vector<decltype(make(query))> out;
    while (true) {
        WEFT_TRY(row, query.step());
        if (!row) return out;
        out.push_back(make(query));
    }
}

template <typename Make>
auto one_row(Query& query, Make make) -> Result<std::optional<decltype(make(query))>> {
    WEFT_TRY(row, query.step());
    if (!row) return std::optional<decltype(make(query))>();
    return std::optional(make(query));
}

InboxRow inbox_row(const Query& q) {
    return {q.column_u64(0),    q.column_id<16>(1), static_cast<std::int32_t>(q.column_i64(2)),
            q.column_id<16>(3), q.column_text(4),   q.column_optional_u64(5)};
}

LedgerRow ledger_row(const Query& q) {
    return {q.column_id<16>(0),
            q.column_id<16>(1),
            q.column_u64(2),
            static_cast<std::uint32_t>(q.column_i64(3)),
            static_cast<std::int32_t>(q.column_i64(4)),
            q.column_optional_i64(5)};
}

LockRow lock_row(const Query& q) {
    return {q.column_id<16>(0), q.column_id<16>(1), q.column_i64(2)};
}

ReadyRow ready_row(const Query& q) {
    return {q.column_u64(0), q.column_text(1), q.column_id<16>(2), q.column_u64(3)};
}

WakeRow wake_row(const Query& q) {
    return {q.column_i64(0), q.column_id<16>(1)};
}

}  // namespace

Result<std::optional<ProgramRow>> SqliteStore::program(const Hash& hash) {
    auto query = database_->query("SELECT hash, ir, source FROM program WHERE hash = ?");
    return one_row(query.id(hash), [](const Query& q) {
        return ProgramRow{q.column_id<32>(0), q.column_text(1), q.column_text(2)};
    });
}

Result<std::optional<ImageRow>> SqliteStore::image(const Hash& hash) {
    auto query =
        database_->query("SELECT hash, program, semantics, code FROM image WHERE hash = ?");
    return one_row(query.id(hash), [](const Query& q) {
        return ImageRow{q.column_id<32>(0), q.column_id<32>(1),
                        static_cast<std::uint32_t>(q.column_i64(2)), q.column_text(3)};
    });
}

Result<std::vector<InboxRow>> SqliteStore::inbox(std::uint64_t after_id, std::uint32_t limit) {
    auto query = database_->query(
        "SELECT id, run, kind, tag, box, seq FROM inbox WHERE box IS NOT NULL AND id > ? "
        "ORDER BY id LIMIT ?");
    return all_rows(query.u64(after_id).i64(limit), inbox_row);
}

Result<std::vector<InboxRow>> SqliteStore::inbox_of(const RunId& run, std::uint32_t limit) {
    auto query = database_->query(
        "SELECT id, run, kind, tag, box, seq FROM inbox WHERE box IS NOT NULL AND run = ? "
        "ORDER BY id LIMIT ?");
    return all_rows(query.id(run).i64(limit), inbox_row);
}

Result<std::optional<InboxRow>> SqliteStore::inbox_by_tag(const Tag& tag) {
    auto query = database_->query("SELECT id, run, kind, tag, box, seq FROM inbox WHERE tag = ?");
    return one_row(query.id(tag), inbox_row);
}

Result<std::vector<WakeRow>> SqliteStore::due(std::int64_t now_ms, std::uint32_t limit) {
    auto query = database_->query(
        "SELECT wake.due, run.id FROM wake JOIN run ON run.no = wake.run WHERE wake.due <= ? "
        "ORDER BY wake.due, wake.run LIMIT ?");
    return all_rows(query.i64(now_ms).i64(limit), wake_row);
}

Result<std::optional<WakeRow>> SqliteStore::next_wake() {
    auto query = database_->query(
        "SELECT wake.due, run.id FROM wake JOIN run ON run.no = wake.run "
        "ORDER BY wake.due, wake.run LIMIT 1");
    return one_row(query, wake_row);
}

Result<std::uint64_t> SqliteStore::parked_runs() {
    auto query = database_->query("SELECT count(*) FROM wake");
    WEFT_TRY(row, query.step());
    return row ? query.column_u64(0) : 0;
}

Result<std::vector<ReadyRow>> SqliteStore::ready(const std::string& worker, std::uint32_t limit) {
    auto query = database_->query(
        "SELECT id, worker, run, seq FROM ready WHERE worker = ? ORDER BY id LIMIT ?");
    return all_rows(query.text(worker).i64(limit), ready_row);
}

Result<std::optional<LedgerRow>> SqliteStore::ledger(const Tag& tag) {
    auto query = database_->query(
        "SELECT tag, run, seq, generation, state, keep_until FROM ledger WHERE tag = ?");
    return one_row(query.id(tag), ledger_row);
}

Result<std::vector<LedgerRow>> SqliteStore::ledger_of(const RunId& run) {
    auto query = database_->query(
        "SELECT tag, run, seq, generation, state, keep_until FROM ledger WHERE run = ? "
        "ORDER BY seq, tag");
    return all_rows(query.id(run), ledger_row);
}

Result<std::optional<CacheRow>> SqliteStore::cached(const Tag& tag) {
    auto query = database_->query("SELECT tag, run, seq, expires FROM cache WHERE tag = ?");
    return one_row(query.id(tag), [](const Query& q) {
        return CacheRow{q.column_id<16>(0), q.column_id<16>(1), q.column_u64(2), q.column_i64(3)};
    });
}

Result<std::optional<LockRow>> SqliteStore::lock(const Tag& tag) {
    auto query = database_->query("SELECT tag, run, since FROM lock WHERE tag = ?");
    return one_row(query.id(tag), lock_row);
}

Result<std::vector<LedgerRow>> SqliteStore::ledger_after(const std::optional<Tag>& after,
                                                         std::uint32_t limit) {
    auto query = database_->query(
        "SELECT tag, run, seq, generation, state, keep_until FROM ledger WHERE tag > ? "
        "ORDER BY tag LIMIT ?");
    query.blob(after ? view(*after) : std::string_view(""));
    return all_rows(query.i64(limit), ledger_row);
}

Result<std::vector<LockRow>> SqliteStore::all_locks() {
    auto query = database_->query("SELECT tag, run, since FROM lock ORDER BY tag");
    return all_rows(query, lock_row);
}

Result<std::vector<LockWait>> SqliteStore::all_lock_waits() {
    auto query = database_->query("SELECT tag, run FROM lock_wait ORDER BY id");
    return all_rows(
        query, [](const Query& q) { return LockWait{q.column_id<16>(0), q.column_id<16>(1)}; });
}

Result<std::vector<RunId>> SqliteStore::lock_waiters(const Tag& tag) {
    auto query = database_->query("SELECT run FROM lock_wait WHERE tag = ? ORDER BY id");
    return all_rows(query.id(tag), [](const Query& q) { return q.column_id<16>(0); });
}

Result<std::vector<RunId>> SqliteStore::runs_of_subject(const Tag& tag) {
    auto query = database_->query("SELECT run FROM subject WHERE tag = ? ORDER BY run");
    return all_rows(query.id(tag), [](const Query& q) { return q.column_id<16>(0); });
}

Result<std::vector<Tag>> SqliteStore::subjects_of_run(const RunId& run) {
    auto query = database_->query("SELECT tag FROM subject WHERE run = ? ORDER BY tag");
    return all_rows(query.id(run), [](const Query& q) { return q.column_id<16>(0); });
}

Result<std::vector<FlowRow>> SqliteStore::flows(const RunId& run) {
    auto query = database_->query(
        "SELECT from_run, to_run FROM flow WHERE from_run = ?1 UNION "
        "SELECT from_run, to_run FROM flow WHERE to_run = ?1 ORDER BY 1, 2");
    return all_rows(query.id(run),
                    [](const Query& q) { return FlowRow{q.column_id<16>(0), q.column_id<16>(1)}; });
}

Result<std::vector<SecretRow>> SqliteStore::secrets(const RunId& run) {
    auto query =
        database_->query("SELECT run, handle, box FROM secret WHERE run = ? ORDER BY handle");
    return all_rows(query.id(run), [](const Query& q) {
        return SecretRow{q.column_id<16>(0), q.column_text(1), q.column_text(2)};
    });
}

Result<std::optional<SnapshotRow>> SqliteStore::snapshot(const RunId& run) {
    WEFT_TRY(no, run_no(run));
    if (!no) return std::optional<SnapshotRow>();
    auto query = database_->query("SELECT seq, box FROM snapshot WHERE run = ?");
    return one_row(query.u64(*no), [&](const Query& q) {
        return SnapshotRow{run, q.column_u64(0), q.column_text(1)};
    });
}

Result<std::vector<FileRow>> SqliteStore::files(const RunId& run) {
    auto query = database_->query("SELECT id, run, size FROM file WHERE run = ? ORDER BY id");
    return all_rows(query.id(run), [](const Query& q) {
        return FileRow{q.column_id<16>(0), q.column_id<16>(1), q.column_u64(2)};
    });
}

Result<std::vector<ActorRow>> SqliteStore::actors() {
    auto query = database_->query("SELECT id, box FROM actor ORDER BY id");
    return all_rows(query,
                    [](const Query& q) { return ActorRow{q.column_id<16>(0), q.column_text(1)}; });
}

Result<std::optional<std::string>> SqliteStore::meta(const std::string& name) {
    auto query = database_->query("SELECT value FROM meta WHERE name = ?");
    return one_row(query.text(name), [](const Query& q) { return q.column_text(0); });
}

Result<std::vector<InboxRow>> SqliteStore::inbox_after(std::uint64_t id, std::uint32_t limit) {
    auto query = database_->query(
        "SELECT id, run, kind, tag, box, seq FROM inbox WHERE id > ? ORDER BY id LIMIT ?");
    return all_rows(query.u64(id).i64(limit), inbox_row);
}

Result<std::vector<WakeRow>> SqliteStore::all_wakes() {
    auto query = database_->query(
        "SELECT wake.due, run.id FROM wake JOIN run ON run.no = wake.run ORDER BY wake.run");
    return all_rows(query, wake_row);
}

Result<std::vector<CacheRow>> SqliteStore::all_cached() {
    auto query = database_->query("SELECT tag, run, seq, expires FROM cache ORDER BY tag");
    return all_rows(query, [](const Query& q) {
        return CacheRow{q.column_id<16>(0), q.column_id<16>(1), q.column_u64(2), q.column_i64(3)};
    });
}

Result<std::vector<SubjectRow>> SqliteStore::all_subjects() {
    auto query = database_->query("SELECT tag, run FROM subject ORDER BY tag, run");
    return all_rows(
        query, [](const Query& q) { return SubjectRow{q.column_id<16>(0), q.column_id<16>(1)}; });
}

Result<std::vector<FlowRow>> SqliteStore::all_flows() {
    auto query = database_->query("SELECT from_run, to_run FROM flow ORDER BY from_run, to_run");
    return all_rows(query,
                    [](const Query& q) { return FlowRow{q.column_id<16>(0), q.column_id<16>(1)}; });
}

Result<std::vector<MetaRow>> SqliteStore::all_meta() {
    auto query = database_->query("SELECT name, value FROM meta ORDER BY name");
    return all_rows(query,
                    [](const Query& q) { return MetaRow{q.column_text(0), q.column_text(1)}; });
}

Result<std::vector<ReadyRow>> SqliteStore::all_ready() {
    auto query = database_->query("SELECT id, worker, run, seq FROM ready ORDER BY id");
    return all_rows(query, ready_row);
}

Result<std::vector<Hash>> SqliteStore::program_hashes() {
    auto query = database_->query("SELECT hash FROM program ORDER BY hash");
    return all_rows(query, [](const Query& q) { return q.column_id<32>(0); });
}

Result<std::vector<Hash>> SqliteStore::image_hashes() {
    auto query = database_->query("SELECT hash FROM image ORDER BY hash");
    return all_rows(query, [](const Query& q) { return q.column_id<32>(0); });
}

}  // namespace weft::store
