// Work of the host program in the store's transaction: opened by the first, ended by the commit.
#include "base/check.h"
#include "store/host_transaction.h"
#include "store/sqlite_store.h"

namespace weft::store {

Result<Store::Shared> SqliteStore::share(const std::function<bool(Transaction&)>& work,
                                         const std::function<bool()>& is_late) {
    if (poison_) return std::unexpected(poison_error());
    database_->forget_failure();
    if (!is_shared_) {
        auto begun = database_->execute("BEGIN IMMEDIATE");
        if (!begun) return poison(std::move(begun).error());
        is_shared_ = true;
    }
    auto marked = database_->execute("SAVEPOINT host");
    if (!marked) return poison(std::move(marked).error());
    bool keeps = false;
    auto failure = SqliteFailure::None;
    {
        HostTransaction host(*database_, is_late);
        keeps = work(host);
        failure = host.failure();
    }
    if (failure == SqliteFailure::Io || failure == SqliteFailure::Corrupt) {
        database_->rollback();
        return poison({ErrorKind::Environment,
                       "a transaction of the host program met a disk that fails",
                       {}});
    }
    // SQLite undoes the whole transaction when a statement that writes is ended by its time, or
    // finds no space or memory.
    if (!database_->in_transaction()) {
        is_shared_ = false;
        return Shared::Lost;
    }
    auto ended = database_->execute(keeps ? "RELEASE host" : "ROLLBACK TO host; RELEASE host");
    if (!ended) return poison(std::move(ended).error());
    return keeps ? Shared::Kept : Shared::Undone;
}

void SqliteStore::drop_shared() {
    if (!std::exchange(is_shared_, false)) return;
    database_->rollback();
}

}  // namespace weft::store
