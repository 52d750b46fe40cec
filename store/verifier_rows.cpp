// The rows of which no record says what they hold, the tables themselves, and the key file: what
// only who has the key file can have written.
#include "base/hash.h"
#include "bytecode/record.h"
#include "store/box.h"
#include "store/row_tags.h"
#include "store/schema.h"
#include "store/verifier.h"

namespace weft::store {

namespace {

constexpr std::size_t kTagsASlice = 1000;
constexpr std::size_t kSnapshotsASlice = 100;

}  // namespace

// A trigger would change what the store writes, a missing index let two rows have one key.
Result<bool> Verifier::schema_objects() {
    WEFT_TRY(expected, expected_schema());
    WEFT_TRY(parts, schema_parts(*store_.database_));
    for (const auto& [name, sql] : parts) {
        const auto known = expected.find(name);
        if (known == expected.end()) {
            found("sqlite_schema", name, "no store has it");
        } else if (known->second != sql) {
            found("sqlite_schema", name, "it is not as a store makes it");
        }
        if (known != expected.end()) expected.erase(known);
    }
    for (const auto& [name, sql] : expected) found("sqlite_schema", name, "it is missing");
    return false;
}

Result<bool> Verifier::key_file() {
    bool done = false;
    WEFT_TRY(damages, store_.keys_->check(key_slot_, done));
    for (const auto& damage : damages) found("keys", damage.place, damage.what);
    return !done;
}

Result<bool> Verifier::wakes() {
    auto query = store_.database_->query(
        "SELECT 'wake', run FROM wake WHERE run NOT IN (SELECT no FROM run) UNION ALL "
        "SELECT 'snapshot', run FROM snapshot WHERE run NOT IN (SELECT no FROM run)");
    return each(query, SIZE_MAX, [&] {
        found(query.column_text(0), query.column_text(1), "it names a run that has no row");
    });
}

Result<bool> Verifier::snapshots() {
    auto query = store_.database_->query(
        "SELECT run, seq, box FROM snapshot WHERE run > ? ORDER BY run LIMIT 100");
    std::vector<SnapshotRow> rows;
    WEFT_TRY(more, each(query.i64(at_.number), kSnapshotsASlice, [&] {
                 at_.number = query.column_i64(0);
                 const auto run = run_of_no_.find(query.column_u64(0));
                 // One without a row was told of; or it was begun since.
                 if (run == run_of_no_.end()) return;
                 if (run->second == RunId{}) {
                     found("snapshot", query.column_text(0), "it names no run");
                     return;
                 }
                 rows.push_back({run->second, query.column_u64(1), query.column_text(2)});
             }));
    for (const auto& row : rows) {
        const std::string name = to_hex(view(row.run));
        WEFT_TRY(records, store_.read_run(row.run, row.seq, 1));
        if (records.empty()) {
            found("snapshot", name, "its run has no such record");
            continue;
        }
        const Hash hash = leaf_hash(records.front().record);
        check_sealed("snapshot", name, row.run, snapshot_context(row.run, row.seq, hash), row.box);
    }
    return more;
}

Result<bool> Verifier::inbox_tags() {
    auto query = store_.database_->query(
        "SELECT id, run, kind, tag, box, seq, mac FROM inbox WHERE id > ? ORDER BY id LIMIT 1000");
    return each(query.i64(at_.number), kTagsASlice, [&] {
        at_.number = query.column_i64(0);
        const InboxRow row{query.column_u64(0),
                           query.column_id<16>(1),
                           static_cast<std::int32_t>(query.column_i64(2)),
                           query.column_id<16>(3),
                           query.column_text(4),
                           query.column_optional_u64(5)};
        if (is_row_tag(*store_.keys_, "inbox", inbox_row_text(row), query.column_bytes(6))) return;
        found("inbox", query.column_text(0), "it was not written by the store's owner");
    });
}

Result<bool> Verifier::meta_tags() {
    auto query =
        store_.database_->query("SELECT name, value, mac FROM meta WHERE name > ? ORDER BY name");
    return each(query.text(at_.text), SIZE_MAX, [&] {
        const auto text = meta_row_text(query.column_text(0), query.column_bytes(1));
        if (is_row_tag(*store_.keys_, "meta", text, query.column_bytes(2))) return;
        found("meta", query.column_text(0), "it was not written by the store's owner");
    });
}

// In one step: they come between the slices.
Result<bool> Verifier::checkpoint_count() {
    WEFT_TRY(stored, store_.meta(kCheckpointsRow));
    const auto count = decode_checkpoint_count(stored.value_or(""));
    auto query = store_.database_->query("SELECT count(*), coalesce(max(size), 0) FROM checkpoint");
    WEFT_TRY_VOID(query.step());
    const CheckpointCount there{query.column_u64(0), query.column_u64(1)};
    const auto kept = count.value_or(CheckpointCount{});
    if (kept.rows != there.rows || kept.last_size != there.last_size) {
        found("checkpoint", std::to_string(there.rows),
              "there were " + std::to_string(kept.rows) + ", the last one of " +
                  std::to_string(kept.last_size) + " records");
    }
    return false;
}

}  // namespace weft::store
