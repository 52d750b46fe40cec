// What a disk holds after the power goes: a trace of what a process asked of its file system, and
// the states that such a trace allows. The model is POSIX at its least: what was written is there
// for sure only after a sync of that file, a name only after a sync of its folder; anything not
// synced may be there whole, in part (sectors of 512 bytes), in any order, or not at all. (Pillai
// et al., "All File Systems Are Not Created Equal", OSDI 2014.)
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/fuzz/mutate.h"

namespace weft::faults {

using fuzz::Random;

struct Operation {
    enum class Kind {
        Write,       // inode, offset, bytes
        Truncate,    // inode, offset is the new size
        Sync,        // inode
        SyncFailed,  // inode: what was to be synced is in the system's memory, and on the disk
                     // never
        Link,        // path names inode
        Unlink,      // path
        Rename,      // path to other
        SyncNames,   // of the folder `path`
        Folder,      // path is made
        Mark,        // offset: what the process was told is safe
    };
    Kind kind = Kind::Mark;
    std::uint32_t inode = 0;
    std::uint64_t offset = 0;
    std::string bytes;
    std::string path;
    std::string other;
};

using Trace = std::vector<Operation>;

struct Policy {
    int keep_percent = 0;  // of the operations that nothing made durable
    bool torn = false;     // a write may be there in some of its sectors
    bool lying = false;    // syncs did nothing
};

// A disk that a trace is played on, operation by operation.
class Disk {
  public:
    void apply(const Operation& operation);
    // Files by path as they may be found after a power failure now.
    [[nodiscard]] std::map<std::string, std::string> after_power_loss(const Policy& policy,
                                                                      Random& random) const;
    [[nodiscard]] const std::vector<std::string>& folders() const { return folders_; }

  private:
    struct Inode {
        std::string durable;
        std::vector<Operation> pending;
        std::vector<Operation> all;  // what is durable, for disks that lie
    };
    static void put(std::string& content, const Operation& operation);

    std::map<std::uint32_t, Inode> inodes_;
    std::map<std::string, std::uint32_t> names_;  // durable
    std::vector<Operation> pending_names_;
    std::vector<std::string> folders_;
};

}  // namespace weft::faults
