// Where those who follow runs have got to. A few cursors are kept between requests; one more takes
// the place of the one that was used longest ago. A lost cursor costs its follower one replay.
#pragma once

#include <cstdint>
#include <list>
#include <memory>

#include "engine/history.h"

namespace weft::engine {

class HistoryCursors {
  public:
    // A cursor of the run that can read from `from` on. It is taken out: give it back with `keep`
    // when it read without an error.
    Result<std::unique_ptr<HistoryCursor>> take(store::Store& store, const store::RunId& run,
                                                std::uint64_t from);
    void keep(std::unique_ptr<HistoryCursor> cursor);

  private:
    static constexpr std::size_t kKept = 8;
    std::list<std::unique_ptr<HistoryCursor>> kept_;  // the last used first
};

}  // namespace weft::engine
