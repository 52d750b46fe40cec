#include "tests/faults/host_rows.h"

#include <map>
#include <vector>

#include "engine/shared_work.h"
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

Result<void> run(Transaction& transaction, const char* sql,
                 const std::vector<SqlValue>& values = {}) {
    const auto done = transaction.run(sql, values);
    return done ? Result<void>() : fail(ErrorKind::Environment, done.error().message);
}

// Looks, and leaves nothing.
template <typename Look>
Result<void> look_at(Store& store, const Look& look) {
    const auto work = [&](Transaction& transaction) {
        look(transaction);
        return false;
    };
    WEFT_TRY(looked, store.share(work, {}));
    if (looked != Store::Shared::Lost) store.drop_shared();
    return {};
}

std::vector<std::int64_t> leaves(Transaction& transaction) {
    std::vector<std::int64_t> out;
    const auto found = transaction.run("SELECT leaf FROM app_done");
    for (std::size_t i = 0; found && i < found->size(); ++i) {
        if (const auto* leaf = std::get_if<std::int64_t>((*found)[i].data())) out.push_back(*leaf);
    }
    return out;
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
        }  // without a table there are no rows
    };
    WEFT_TRY_VOID(look_at(store, look));
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

Result<bool> harm_row(Store& store, std::uint64_t drawn) {
    std::vector<std::int64_t> there;
    WEFT_TRY_VOID(look_at(store, [&](Transaction& transaction) { there = leaves(transaction); }));
    if (there.empty()) return false;
    const auto leaf = there[drawn / 3 % there.size()];
    constexpr const char* kHow[] = {"DELETE FROM app_done WHERE leaf = ?",
                                    "UPDATE app_done SET record = x'00' WHERE leaf = ?",
                                    "INSERT INTO app_done VALUES(? + 1000000, x'00')"};
    WEFT_TRY_VOID(engine::transact(store, [&](Transaction& transaction) {
        return run(transaction, kHow[drawn % 3], {leaf});
    }));
    return true;
}

Result<void> put_alone(Store& store, bool fails) {
    return engine::transact(store, [&](Transaction& transaction) -> Result<void> {
        WEFT_TRY_VOID(run(transaction,
                          "CREATE TABLE IF NOT EXISTS app_alone(number INTEGER PRIMARY KEY, "
                          "text BLOB)"));
        WEFT_TRY_VOID(run(transaction, "UPDATE app_alone SET text = zeroblob(length(text) + 1)"));
        WEFT_TRY_VOID(run(transaction, "INSERT INTO app_alone(text) VALUES(zeroblob(700))"));
        if (fails) return fail(ErrorKind::Usage, "it is to leave nothing");
        return {};
    });
}

Result<std::uint64_t> rows_alone(Store& store) {
    std::uint64_t out = 0;
    WEFT_TRY_VOID(look_at(store, [&](Transaction& transaction) {
        const auto found = transaction.run("SELECT count(*) FROM app_alone");
        if (!found) return;
        const auto* count = std::get_if<std::int64_t>(found->front().data());
        if (count != nullptr) out = static_cast<std::uint64_t>(*count);
    }));
    return out;
}

}  // namespace weft::faults
