// Room behind the end of the write-ahead log: zeros that are written ahead, so that a commit writes
// into what the file has already. A sync of a file that has grown must make its size and its new
// blocks durable too, which takes nearly as long again as the data (docs/performance.md, "The
// write-ahead log"). SQLite and the scan of a former log end at the first frame that isn't of this
// log's generation, and zeros are of none.
#pragma once

#include <cstdint>
#include <string>

#include "store/file_io.h"

namespace weft::store {

class WalRoom {
  public:
    explicit WalRoom(std::string wal_path) : path_(std::move(wal_path)) {}

    // Between commits; the log is so many frames of one page long, at least one. Room that can't be
    // made is not missed: the next commit makes its own, or says why it can't.
    void make(std::uint64_t frames);
    // The log was cut short.
    void forget() { end_ = 0; }

  private:
    std::string path_;
    Fd fd_;
    std::uint64_t end_ = 0;  // of the file, as far as it is known
};

}  // namespace weft::store
