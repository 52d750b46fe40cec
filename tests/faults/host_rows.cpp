#include "tests/faults/host_rows.h"

#include <map>

#include "weft/transaction.h"

namespace weft::faults {

namespace {

using store::Store;

// In the transaction that the next commit ends.
Result<Store::Shared> put_row(Store& store, std::uint64_t leaf, const std::string& record,
                              bool keeps) {
    const auto work = [&](Transaction& transaction) {
        const bool made =
            transaction
                .run("CREATE TABLE IF NOT EXISTS app_done(leaf INTEGER PRIMARY KEY, record BLOB)")
                .has_value();
        const bool put = made && transaction
                                     .run("INSERT INTO app_done(leaf, record) VALUES(?, ?)",
                                          {static_cast<std::int64_t>(leaf), SqlBytes{record}})
                                     .has_value();
        return put && keeps;
    };
    return store.share(work, {});
}

}  // namespace

Result<bool> share_row(Store& store, const std::string& record, bool hesitates) {
    const auto leaf = store.log_size();
    if (hesitates) {
        WEFT_TRY(dropped, put_row(store, leaf, "dropped", true));
        if (dropped != Store::Shared::Lost) store.drop_shared();
        WEFT_TRY_VOID(put_row(store, leaf, "undone", false));
    }
    WEFT_TRY(shared, put_row(store, leaf, record, true));
    return shared == Store::Shared::Kept;
}

Result<std::string> wrong_row(Store& store, const Hosted& hosted) {
    std::map<std::uint64_t, std::string> rows;
    const auto look = [&](Transaction& transaction) {
        const auto found = transaction.run("SELECT leaf, record FROM app_done");
        for (std::size_t i = 0; found && i < found->size(); ++i) {
            const auto& row = (*found)[i];
            const auto* leaf = std::get_if<std::int64_t>(row.data());
            const auto* record = std::get_if<SqlBytes>(&row[1]);
            // Whatever a disk that lies has made of it, it is no row of ours.
            if (leaf == nullptr || record == nullptr) continue;
            rows[static_cast<std::uint64_t>(*leaf)] = record->bytes;
        }
        return false;  // without a table there are no rows
    };
    WEFT_TRY(looked, store.share(look, {}));
    if (looked != Store::Shared::Lost) store.drop_shared();
    WEFT_TRY(records, store.read_log(0, 1'000'000));
    for (const auto& stored : records) {
        const auto row = rows.find(stored.leaf);
        const auto name = "record " + std::to_string(stored.leaf);
        if (row == rows.end()) {
            if (hosted.contains(stored.record)) return name + " is there without the host's row";
            continue;
        }
        if (row->second != stored.record) return "the host's row of " + name + " is another's";
        rows.erase(row);
    }
    if (rows.empty()) return std::string();
    return "the host's row of record " + std::to_string(rows.begin()->first) +
           " is there without it";
}

}  // namespace weft::faults
