// What a disk holds after the power goes: the calls that a program made to its file system, and the
// states that they allow. The model is POSIX at its least: what was written is there for sure only
// after a sync of that file, a name only after a sync of its folder. Each sector that was written
// since may hold what it held at any moment in between, or be torn itself; the size of a file may
// have any of its values, by itself; names may be there or not. (Pillai et al., "All File Systems
// Are Not Created Equal", OSDI 2014; Rebello et al., "Can Applications Recover from fsync
// Failures?", ATC 2020.)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/faults/sectors.h"
#include "tests/fuzz/mutate.h"

namespace weft::faults {

using fuzz::Random;

constexpr std::uint32_t kFolder = UINT32_MAX;  // stands for the inode of a folder

// A disk at rest.
struct Image {
    struct Name {
        std::string path;
        std::uint32_t inode = 0;
    };
    std::vector<Name> names;
    std::vector<File> files;  // by inode

    [[nodiscard]] const Name* find(const std::string& path) const;
    [[nodiscard]] File file(const std::string& path) const;  // null: there is none
    // Of all names and contents: equal ones are taken to be the same disk.
    [[nodiscard]] std::uint64_t sum() const;
};

struct Operation {
    enum class Kind : std::uint8_t {
        Write,       // sectors, and the size that the file has then
        Size,        // the file has another size
        Sync,        // of a file
        SyncFailed,  // what was to be synced is in the system's memory, and on the disk never
        Link,        // path names the inode
        Unlink,      // path
        Rename,      // path to other
        SyncNames,   // of the folder `path`
    };
    Kind kind = Kind::Write;
    bool sizes = false;  // the size is part of it
    std::uint32_t inode = 0;
    std::uint32_t first = 0;  // sector
    std::uint32_t count = 0;
    std::size_t made = 0;  // in Trace::sectors
    std::uint64_t size = 0;
    std::string path;
    std::string other;
};

struct Trace {
    std::vector<Operation> operations;
    std::vector<const Sector*> sectors;
    void clear() {
        operations.clear();
        sectors.clear();
    }
};

// What of that which nothing made durable is there.
struct Policy {
    enum class Keep : std::uint8_t {
        Nothing,
        Everything,
        Sectors,  // each by itself
        Calls,    // each call whole or not
        Until,    // up to one call, of which some sectors; a disk that keeps the order
        Without,  // all but one call
        Only,     // one call, of which some sectors
    };
    Keep keep = Keep::Nothing;
    std::size_t percent = 50;
    bool torn = false;  // some of the sectors that are kept are new up to some byte only
    static Policy draw(Random& random);
    [[nodiscard]] std::string text() const;
};

// A disk that calls are played on, one after another.
class Medium {
  public:
    // `lies`: its syncs of files do nothing.
    explicit Medium(Image start, bool lies = false);

    void apply(const Trace& trace, std::size_t at, Arena& arena);
    [[nodiscard]] Image after_power_loss(const Policy& policy, Random& random, Arena& arena) const;

  private:
    struct Item {
        std::uint32_t call = 0;
        std::uint32_t sector = 0;
        const Sector* made = nullptr;  // null: a size
        std::uint64_t size = 0;
    };
    struct Node {
        File durable;
        std::vector<Item> pending;
    };
    struct NameChange {
        std::uint32_t call = 0;
        Operation operation;
    };
    class Choice;

    Node& node(std::uint32_t inode);
    static void put(Contents& contents, const Item& item, Arena& arena);
    static void change(std::vector<Image::Name>& names, const Operation& operation);

    std::vector<Node> nodes_;
    std::vector<Image::Name> names_;  // durable
    std::vector<NameChange> pending_names_;
    std::uint32_t calls_ = 0;
    bool lies_;
};

}  // namespace weft::faults
