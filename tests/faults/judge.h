// Opens a disk as the power left it, with the store's own code, and holds what is there against
// what the owners before had been told.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/store.h"
#include "tests/faults/work.h"

namespace weft::faults {

// What the next owner finds: the same on every disk of the same bytes.
struct Found {
    std::string refused;               // why it does not open; empty when it does
    std::optional<std::size_t> level;  // in Work::levels; none: a database that never was
    std::uint64_t records = 0;
    std::uint64_t saved = 0;            // records under the checkpoint in the key file
    std::string wrong;                  // what is not as it was written, whoever was told what
    std::string damage;                 // what the audit names, or why it can't go on
    std::string left;                   // bytes of an erased run that are still there
    std::size_t left_since = SIZE_MAX;  // which were to be gone from there on (of the trace)
    std::vector<signed char> slots;     // as Work::slots: 1 as it was, 2 destroyed, 0 neither
    std::vector<std::string> files;     // sealed ones that are there, each as it was written
    bool made = true;                   // the files that hold a store were there before
};

struct Verdict {
    std::string problem;  // empty when nothing is wrong
    bool lost = false;    // what was confirmed is not there, or damage is named
};

// The last that was told before so many calls of the work; null: nothing yet.
const Told* last_told(const Work& work, std::size_t at);
// A crash after so many of them.
Verdict judge(const Work& work, const Found& found, std::size_t at, bool lies);

class Finder {
  public:
    Finder(const Work& work, Arena& arena) : work_(work), arena_(arena) {}

    // Also gives the calls of the opening, for a power failure in the middle of it.
    Found look(const Image& image, Trace& trace);
    // Whether a row of the host program that is taken away, altered or added is told. None: there
    // is no row.
    std::optional<bool> sees_other_row(const Image& image, std::uint64_t drawn);
    // Disks as an opening left them, but for the log behind its last commit: each new one, and
    // some more, were looked through and worked on with.
    [[nodiscard]] std::size_t recovered() const { return followed_.size(); }

  private:
    // What is the same for all openings that leave the same disk.
    struct Followed {
        std::string damage;
        std::string left;
        std::size_t left_since = SIZE_MAX;
    };

    void compare(store::Store& store, const Image& after, Found& found);
    const std::vector<signed char>& slots_of(store::Store& store, const Image& after);
    Followed follow(std::unique_ptr<store::Store> store, const Image& after);
    void find_left(const Image& after, Followed& out) const;

    const Work& work_;
    Arena& arena_;
    std::unordered_map<std::uint64_t, Followed> followed_;
    std::unordered_map<std::uint64_t, std::vector<signed char>> slots_;
    std::uint64_t looks_ = 0;
};

}  // namespace weft::faults
