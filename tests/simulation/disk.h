// The disk of a simulated machine: every call of this process that changes a file below one folder
// is counted, and at one of them the machine dies, a sync fails or the disk is full. The calls of
// the C library are heard (tests/support/file_calls.h), so SQLite's are seen as well.
#pragma once

#include <cstdint>
#include <string>

namespace weft::simulation {

struct DiskFault {
    enum class Kind : std::uint8_t {
        None,
        Crash,       // the call and all after it have no effect, as after a kill
        Torn,        // likewise, but half of what it writes is there
        SyncFails,   // the first sync from the call on fails, once
        WriteFails,  // the call fails, once
        Full         // no room from the call on, until the ballast goes or the disk is freed
    };
    Kind kind = Kind::None;
    std::uint64_t at = 0;  // of the calls since it was armed, from 1
};

// One at a time.
class Disk {
  public:
    explicit Disk(std::string folder);
    ~Disk();
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    // From here on; whatever was wrong before is over.
    void arm(DiskFault fault);
    [[nodiscard]] std::uint64_t calls() const;  // since then
    [[nodiscard]] bool was_hit() const;         // since then
    // Somebody has freed the disk.
    void make_room();
    [[nodiscard]] bool has_room() const;
};

}  // namespace weft::simulation
