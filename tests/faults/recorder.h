// Sees every call of this process that changes files below one folder, SQLite's too: the calls of
// the C library are defined by this program and handed on.
#pragma once

#include <string>

#include "tests/faults/disk.h"

namespace weft::faults {

// One at a time; nothing is recorded before or after.
class Recorder {
  public:
    // Paths of the trace are below `folder`, without it: "/s.weft-wal".
    explicit Recorder(std::string folder);
    ~Recorder();
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    // From here on the process relies on what it was told.
    void mark(std::uint64_t what);
    // The n-th sync of a file from now on fails, and the system believes its pages written.
    void fail_sync(std::uint64_t nth);
    [[nodiscard]] bool has_failed() const;
    Trace take();
};

}  // namespace weft::faults
