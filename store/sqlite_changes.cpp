// The rows beside the log, as they are written in a commit: one small function per kind of change.
#include "base/hash.h"
#include "store/row_tags.h"
#include "store/sqlite_store.h"
#include "store/sums.h"

namespace weft::store {

namespace {

struct Writer {
    Database& database;
    const KeyFile& keys;
    const std::function<Result<std::uint64_t>(const RunId&)>& run_no;
    const std::function<Result<void>(const MetaRow&)>& put_meta;

    // Every start names its program and image. One that is there is left as it is, so its bytes
    // aren't hashed again.
    Result<bool> stands(const char* sql, const Hash& hash) const {
        auto query = database.query(sql);
        return query.id(hash).step();
    }
    Result<void> operator()(const ProgramRow& row) const {
        WEFT_TRY(known, stands("SELECT 1 FROM program WHERE hash = ?", row.hash));
        if (known) return {};
        const Hash sum = program_sum(row.hash, row.ir, row.source);
        const Tag mac = row_tag(keys, "program", view(sum));
        auto put = database.query(
            "INSERT INTO program(hash, ir, source, sum) VALUES(?, ?, ?, ?) ON CONFLICT DO NOTHING");
        put.id(row.hash).blob(row.ir).blob(row.source);
        return put.id(mac).run();
    }
    Result<void> operator()(const ImageRow& row) const {
        WEFT_TRY(known, stands("SELECT 1 FROM image WHERE hash = ?", row.hash));
        if (known) return {};
        const Hash sum = image_sum(row.hash, row.program, row.semantics, row.code);
        const Tag mac = row_tag(keys, "image", view(sum));
        auto put = database.query(
            "INSERT INTO image(hash, program, semantics, code, sum) VALUES(?, ?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING");
        put.id(row.hash).id(row.program).i64(row.semantics).blob(row.code);
        return put.id(mac).run();
    }
    Result<void> operator()(const LedgerRow& row) const {
        auto put = database.query(
            "INSERT OR REPLACE INTO ledger(tag, run, seq, generation, state, keep_until) "
            "VALUES(?, ?, ?, ?, ?, ?)");
        put.id(row.tag).id(row.run).u64(row.seq).i64(row.generation).i64(row.state);
        return put.optional_i64(row.keep_until_ms).run();
    }
    Result<void> operator()(const CacheRow& row) const {
        auto put = database.query(
            "INSERT OR REPLACE INTO cache(tag, run, seq, expires) VALUES(?, ?, ?, ?)");
        return put.id(row.tag).id(row.run).u64(row.seq).i64(row.expires_ms).run();
    }
    Result<void> operator()(const LockRow& row) const {
        auto put = database.query("INSERT OR REPLACE INTO lock(tag, run, since) VALUES(?, ?, ?)");
        return put.id(row.tag).id(row.run).i64(row.since_ms).run();
    }
    Result<void> operator()(const LockWait& row) const {
        auto put =
            database.query("INSERT INTO lock_wait(tag, run) VALUES(?, ?) ON CONFLICT DO NOTHING");
        return put.id(row.tag).id(row.run).run();
    }
    Result<void> operator()(const SubjectRow& row) const {
        auto put =
            database.query("INSERT INTO subject(tag, run) VALUES(?, ?) ON CONFLICT DO NOTHING");
        return put.id(row.tag).id(row.run).run();
    }
    Result<void> operator()(const FlowRow& row) const {
        auto put = database.query(
            "INSERT INTO flow(from_run, to_run) VALUES(?, ?) ON CONFLICT DO NOTHING");
        return put.id(row.from).id(row.to).run();
    }
    Result<void> operator()(const SecretRow& row) const {
        auto put =
            database.query("INSERT OR REPLACE INTO secret(run, handle, box) VALUES(?, ?, ?)");
        return put.id(row.run).text(row.handle).blob(row.box).run();
    }
    Result<void> operator()(const SnapshotRow& row) const {
        WEFT_TRY(no, run_no(row.run));
        auto put = database.query("INSERT OR REPLACE INTO snapshot(run, seq, box) VALUES(?, ?, ?)");
        return put.u64(no).u64(row.seq).blob(row.box).run();
    }
    Result<void> operator()(const ActorRow& row) const {
        auto put = database.query("INSERT OR REPLACE INTO actor(id, box) VALUES(?, ?)");
        return put.id(row.id).blob(row.box).run();
    }
    Result<void> operator()(const ReadyRow& row) const {
        auto put = database.query("INSERT INTO ready(worker, run, seq) VALUES(?, ?, ?)");
        return put.text(row.worker).id(row.run).u64(row.seq).run();
    }
    Result<void> operator()(const MetaRow& row) const { return put_meta(row); }
    Result<void> operator()(const FileRow& row) const {
        auto put = database.query("INSERT INTO file(id, run, size) VALUES(?, ?, ?)");
        return put.id(row.id).id(row.run).u64(row.size).run();
    }

    Result<void> operator()(const DropLedger& row) const {
        return database.query("DELETE FROM ledger WHERE tag = ?").id(row.tag).run();
    }
    Result<void> operator()(const DropCache& row) const {
        return database.query("DELETE FROM cache WHERE tag = ?").id(row.tag).run();
    }
    Result<void> operator()(const DropLock& row) const {
        return database.query("DELETE FROM lock WHERE tag = ?").id(row.tag).run();
    }
    Result<void> operator()(const DropLockWait& row) const {
        auto drop = database.query("DELETE FROM lock_wait WHERE tag = ? AND run = ?");
        return drop.id(row.tag).id(row.run).run();
    }
    Result<void> operator()(const DropSecrets& row) const {
        return database.query("DELETE FROM secret WHERE run = ?").id(row.run).run();
    }
    Result<void> operator()(const DropSnapshot& row) const {
        WEFT_TRY(no, run_no(row.run));
        return database.query("DELETE FROM snapshot WHERE run = ?").u64(no).run();
    }
    Result<void> operator()(const DropReady& row) const {
        return database.query("DELETE FROM ready WHERE id = ?").u64(row.id).run();
    }
    Result<void> operator()(const DropFile& row) const {
        return database.query("DELETE FROM file WHERE id = ?").id(row.id).run();
    }
};

}  // namespace

Hash program_sum(const Hash& hash, std::string_view ir, std::string_view source) {
    ByteWriter head;
    head.raw(view(hash));
    head.u64(ir.size());
    Sha256 sum;
    sum.update(head.bytes()).update(ir).update(source);
    return sum.finish();
}

Hash image_sum(const Hash& hash, const Hash& program, std::uint32_t semantics,
               std::string_view code) {
    ByteWriter head;
    head.raw(view(hash));
    head.raw(view(program));
    head.u32(semantics);
    Sha256 sum;
    sum.update(head.bytes()).update(code);
    return sum.finish();
}

Result<void> SqliteStore::write_changes(const std::vector<Change>& changes) {
    const std::function<Result<std::uint64_t>(const RunId&)> number = [this](const RunId& run) {
        return known_run_no(run);
    };
    const std::function<Result<void>(const MetaRow&)> meta_row = [this](const MetaRow& row) {
        return put_meta(row.name, row.value);
    };
    const Writer writer{*database_, *keys_, number, meta_row};
    for (const Change& change : changes) WEFT_TRY_VOID(std::visit(writer, change));
    return {};
}

Result<void> SqliteStore::write_runs(const std::vector<RunRow>& runs) {
    for (const RunRow& row : runs) {
        if (const auto known = run_nos_.find(row.id); known != run_nos_.end()) {
            WEFT_TRY_VOID(change_run(row, known->second));
            continue;
        }
        auto put = database_->query(
            "INSERT INTO run(id, image, status, slot, start_tag, parent, begun, ended, "
            "retain_until, "
            "hold) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET "
            "image = excluded.image, status = excluded.status, ended = excluded.ended, "
            "retain_until = excluded.retain_until, hold = excluded.hold, "
            "start_tag = excluded.start_tag");
        put.id(row.id).id(row.image).i64(row.status).u64(row.slot).optional_id(row.start_tag);
        put.optional_id(row.parent).i64(row.begun_ms).optional_i64(row.ended_ms);
        WEFT_TRY_VOID(put.optional_i64(row.retain_until_ms).i64(row.hold).run());
    }
    return {};
}

// What may change of a run that is there.
Result<void> SqliteStore::change_run(const RunRow& row, std::uint64_t no) {
    auto put = database_->query(
        "UPDATE run SET image = ?, status = ?, ended = ?, retain_until = ?, hold = ?, "
        "start_tag = ? WHERE no = ?");
    put.id(row.image).i64(row.status).optional_i64(row.ended_ms);
    put.optional_i64(row.retain_until_ms).i64(row.hold).optional_id(row.start_tag);
    WEFT_TRY_VOID(put.u64(no).run());
    if (database_->changed_rows() == 1) return {};
    return fail(ErrorKind::Refused, "the row of a run is not where it was");
}

Result<void> SqliteStore::write_wakes(const std::vector<WakeChange>& wakes) {
    for (const WakeChange& wake : wakes) {
        WEFT_TRY(no, known_run_no(wake.run));
        WEFT_TRY_VOID(database_->query("DELETE FROM wake WHERE run = ?").u64(no).run());
        if (!wake.due_ms) continue;
        auto put = database_->query("INSERT INTO wake(due, run) VALUES(?, ?)");
        WEFT_TRY_VOID(put.i64(*wake.due_ms).u64(no).run());
    }
    return {};
}

// AUTOINCREMENT gives a number once, also when the last row is gone.
Result<std::uint64_t> SqliteStore::next_inbox_id() {
    if (next_inbox_id_ == 0) {
        auto last = database_->query(
            "SELECT max(coalesce((SELECT max(id) FROM inbox), 0), "
            "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'inbox'), 0))");
        WEFT_TRY_VOID(last.step());
        next_inbox_id_ = last.column_u64(0) + 1;
    }
    return next_inbox_id_;
}

Result<void> SqliteStore::put_inbox(const InboxPut& put, CommitInfo& info) {
    auto old = database_->query("SELECT id FROM inbox WHERE tag = ?");
    WEFT_TRY(found, old.id(put.tag).step());
    if (found) {
        info.inbox.push_back({old.column_u64(0), true});
        return {};
    }
    WEFT_TRY(id, next_inbox_id());
    const Tag mac = row_tag(*keys_, "inbox",
                            inbox_row_text({id, put.run, put.kind, put.tag, put.box, put.seq}));
    auto insert = database_->query(
        "INSERT INTO inbox(id, run, kind, tag, box, seq, mac) "
        "VALUES(?, ?, ?, ?, nullif(?, x''), ?, ?)");
    insert.u64(id).id(put.run).i64(put.kind).id(put.tag).blob(put.box).optional_u64(put.seq);
    WEFT_TRY_VOID(insert.id(mac).run());
    next_inbox_id_ = id + 1;
    info.inbox.push_back({id, false});
    return {};
}

Result<void> SqliteStore::take_inbox(const InboxTaken& taken) {
    InboxRow row;
    {
        auto query = database_->query("SELECT run, kind, tag FROM inbox WHERE id = ?");
        WEFT_TRY(found, query.u64(taken.id).step());
        if (!found) return {};
        row = {taken.id,
               query.column_id<16>(0),
               static_cast<std::int32_t>(query.column_i64(1)),
               query.column_id<16>(2),
               {},
               taken.seq};
    }
    const Tag mac = row_tag(*keys_, "inbox", inbox_row_text(row));
    auto take = database_->query("UPDATE inbox SET box = NULL, seq = ?, mac = ? WHERE id = ?");
    return take.optional_u64(taken.seq).id(mac).u64(taken.id).run();
}

Result<void> SqliteStore::write_inbox(const Batch& batch, CommitInfo& info) {
    for (const InboxPut& put : batch.inbox) WEFT_TRY_VOID(put_inbox(put, info));
    for (const InboxTaken& taken : batch.inbox_taken) WEFT_TRY_VOID(take_inbox(taken));
    return {};
}

}  // namespace weft::store
