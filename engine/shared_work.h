// Work of the host program that waits for the store's next commit: what is not committed when this
// goes is undone, so that it never stands without the record of its outcome.
#pragma once

#include <functional>

#include "base/result.h"
#include "store/store.h"

namespace weft::engine {

class SharedWork {
  public:
    explicit SharedWork(store::Store& store) : store_(store) {}
    ~SharedWork() { store_.drop_shared(); }
    SharedWork(const SharedWork&) = delete;
    SharedWork& operator=(const SharedWork&) = delete;

  private:
    store::Store& store_;
};

// A commit of the host program's alone. An error that `work` gives undoes it.
inline Result<void> transact(store::Store& store,
                             const std::function<Result<void>(Transaction&)>& work) {
    Result<void> done;
    const SharedWork shared(store);
    const auto keeps = [&](Transaction& transaction) {
        done = work(transaction);
        return done.has_value();
    };
    WEFT_TRY(ended, store.share(keeps, {}));
    if (ended == store::Store::Shared::Kept) {
        WEFT_TRY(committed, store.commit({}));
        static_cast<void>(committed);
    }
    if (done && ended != store::Store::Shared::Kept) {
        return fail(ErrorKind::Environment, "the database undid the transaction");
    }
    return done;
}

}  // namespace weft::engine
