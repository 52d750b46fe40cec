// The two store steps of an erasure. Which runs, why, and the records around them are the engine's;
// both steps can be done again after a crash between them.
#include <unistd.h>

#include "store/sealed_file.h"
#include "store/sqlite_store.h"

namespace weft::store {

Result<void> SqliteStore::destroy_keys(const std::vector<RunId>& runs) {
    if (poison_) return std::unexpected(poison_error());
    std::vector<std::uint64_t> slots;
    for (const RunId& run : runs) {
        auto query = database_->query("SELECT slot FROM run WHERE id = ?");
        WEFT_TRY(row, query.id(run).step());
        if (!row) return fail(ErrorKind::NotFound, "there is no run " + to_hex(view(run)));
        slots.push_back(query.column_u64(0));
    }
    WEFT_TRY_VOID(keys_->destroy(slots));
    for (const RunId& run : runs) run_keys_.erase(run);
    return {};
}

Result<void> SqliteStore::delete_run_rows(const RunId& run) {
    WEFT_TRY(no, known_run_no(run));
    // Its payloads: the records of each segment, which end where another run's begin.
    std::uint64_t seq = 0;
    while (true) {
        WEFT_TRY(records, read_run(run, seq, 1000));
        if (records.empty()) break;
        for (const auto& stored : records) {
            auto drop = database_->query("DELETE FROM payload WHERE leaf = ?");
            WEFT_TRY_VOID(drop.u64(stored.leaf).run());
        }
        seq += records.size();
    }
    WEFT_TRY_VOID(database_->query("DELETE FROM snapshot WHERE run = ?").u64(no).run());
    WEFT_TRY_VOID(database_->query("DELETE FROM inbox WHERE run = ?").id(run).run());
    WEFT_TRY_VOID(database_->query("DELETE FROM cache WHERE run = ?").id(run).run());
    WEFT_TRY_VOID(database_->query("DELETE FROM secret WHERE run = ?").id(run).run());
    WEFT_TRY_VOID(database_->query("DELETE FROM subject WHERE run = ?").id(run).run());
    WEFT_TRY_VOID(database_->query("DELETE FROM ready WHERE run = ?").id(run).run());
    return database_->query("DELETE FROM file WHERE run = ?").id(run).run();
}

Result<void> SqliteStore::delete_payloads(const std::vector<RunId>& runs) {
    std::vector<std::string> paths;
    for (const RunId& run : runs) {
        WEFT_TRY(rows, files(run));
        for (const auto& row : rows) paths.push_back(sealed_file_path(files_folder(), row.id));
    }
    // The files first: a row without its file is found again, a file without row would be a leak
    // until the next opening.
    for (const auto& path : paths) ::unlink(path.c_str());
    const auto drop_all = [&]() -> Result<void> {
        for (const RunId& run : runs) WEFT_TRY_VOID(delete_run_rows(run));
        return {};
    };
    WEFT_TRY_VOID(transaction(drop_all));
    return checkpoint_wal("TRUNCATE");
}

}  // namespace weft::store
