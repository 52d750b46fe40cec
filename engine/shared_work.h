// Work of the host program that waits for the store's next commit: what is not committed when this
// goes is undone, so that it never stands without the record of its outcome.
#pragma once

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

}  // namespace weft::engine
