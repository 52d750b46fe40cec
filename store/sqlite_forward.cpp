// Bringing the rows of a store that an older version made up to what this one writes. Whoever can
// write to the database could put back its old form to have rows of theirs tagged; that is why the
// key file says that it was done.
#include "store/row_tags.h"
#include "store/schema.h"
#include "store/sqlite_store.h"
#include "store/sums.h"

namespace weft::store {

Result<void> SqliteStore::bring_forward(std::int64_t version) {
    if (version < kTaggedRowsSchema && keys_->rows_are_tagged()) {
        return fail(ErrorKind::Corrupt,
                    "the store " + path_ + " is damaged: its tables were put back to an older form",
                    "restore the store and its key file from a backup");
    }
    if (version < kSchemaVersion) {
        const auto forward = [&]() -> Result<void> {
            WEFT_TRY_VOID(apply_schema(*database_));
            return version < kTaggedRowsSchema ? tag_rows() : Result<void>{};
        };
        WEFT_TRY_VOID(transaction(forward));
    }
    return keys_->rows_are_tagged() ? Result<void>{} : keys_->note_tagged_rows();
}

Result<void> SqliteStore::tag_rows() {
    WEFT_TRY_VOID(tag_inbox());
    WEFT_TRY_VOID(tag_programs());
    CheckpointCount count;
    {
        auto rows = database_->query("SELECT count(*), coalesce(max(size), 0) FROM checkpoint");
        WEFT_TRY_VOID(rows.step());
        count = {rows.column_u64(0), rows.column_u64(1)};
    }
    if (count.rows > 0) {
        WEFT_TRY_VOID(put_meta(kCheckpointsRow, encode_checkpoint_count(count)));
    }
    std::vector<MetaRow> rows;
    {
        auto all = database_->query("SELECT name, value FROM meta");
        while (true) {
            WEFT_TRY(row, all.step());
            if (!row) break;
            rows.push_back({all.column_text(0), all.column_text(1)});
        }
    }
    for (const auto& row : rows) WEFT_TRY_VOID(put_meta(row.name, row.value));
    return {};
}

Result<void> SqliteStore::tag_inbox() {
    std::uint64_t last = 0;
    while (true) {
        WEFT_TRY(rows, inbox_after(last, 1000));
        for (const auto& row : rows) {
            last = row.id;
            const Tag mac = row_tag(*keys_, "inbox", inbox_row_text(row));
            auto put = database_->query("UPDATE inbox SET mac = ? WHERE id = ?");
            WEFT_TRY_VOID(put.id(mac).u64(row.id).run());
        }
        if (rows.size() < 1000) return {};
    }
}

Result<void> SqliteStore::tag_programs() {
    WEFT_TRY(programs, program_hashes());
    for (const auto& hash : programs) {
        WEFT_TRY(row, program(hash));
        const Hash sum = program_sum(row->hash, row->ir, row->source);
        const Tag mac = row_tag(*keys_, "program", view(sum));
        auto put = database_->query("UPDATE program SET sum = ? WHERE hash = ?");
        WEFT_TRY_VOID(put.id(mac).id(hash).run());
    }
    WEFT_TRY(images, image_hashes());
    for (const auto& hash : images) {
        WEFT_TRY(row, image(hash));
        const Hash sum = image_sum(row->hash, row->program, row->semantics, row->code);
        const Tag mac = row_tag(*keys_, "image", view(sum));
        auto put = database_->query("UPDATE image SET sum = ? WHERE hash = ?");
        WEFT_TRY_VOID(put.id(mac).id(hash).run());
    }
    return {};
}

Result<void> SqliteStore::put_meta(std::string_view name, std::string_view value) {
    const Tag mac = row_tag(*keys_, "meta", meta_row_text(name, value));
    auto put = database_->query("INSERT OR REPLACE INTO meta(name, value, mac) VALUES(?, ?, ?)");
    return put.text(name).blob(value).id(mac).run();
}

}  // namespace weft::store
