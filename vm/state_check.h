// The state check of a run: a keyed 128-bit sum over all that is live, kept up to date at the cost
// of what changed. It is sealed beside payloads and compared on replay, so that a machine that went
// astray is found at the first record and not at the end (docs/machine.md, "State check").
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "value/value.h"

namespace weft::vm {

// What one place adds to the sum. A place that holds nothing adds zero.
struct Term {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    std::uint64_t bytes = 0;  // tree size of what is there

    bool operator==(const Term&) const = default;
};

// Places that are not registers of a frame. A register's slot is frame × 65,536 + its number.
enum class SlotKind : std::uint32_t {
    Undo = 0xFFFF'0001,       // index: place in the branch's undo stack
    Result = 0xFFFF'0002,     // index: item of the branch's fork
    ForkInput = 0xFFFF'0003,  // index 0: the list; 1: the captures
    Branch = 0xFFFF'0004,
    Counters = 0xFFFF'0005,
    Mailbox = 0xFFFF'0006,  // index: seq of the signal's record
    Task = 0xFFFF'0007,     // index: of the task
    Lock = 0xFFFF'0008,
};

class StateCheck {
  public:
    explicit StateCheck(const Bytes16& key) : key_(key) {}

    [[nodiscard]] Term of_value(std::uint32_t branch, std::uint32_t slot, std::uint64_t index,
                                const Value& value) const;
    [[nodiscard]] Term of_bytes(std::uint32_t branch, SlotKind slot, std::uint64_t index,
                                std::string_view content, std::uint64_t bytes) const;
    // Takes the old term out of the sum, puts the new one in and keeps it in `term`.
    void replace(Term& term, const Term& now);

    [[nodiscard]] Bytes16 sum() const;
    [[nodiscard]] std::uint64_t bytes() const { return sum_.bytes; }
    [[nodiscard]] const Bytes16& key() const { return key_; }

    // While it is set, a large value that stands in several places is digested once. It is kept as
    // long, so that no other value comes to lie where one lay that was made only to be digested.
    struct Known {
        Value value;
        Bytes16 digest{};
    };
    using Digests = std::map<const void*, Known>;
    void remember(Digests* known) { known_ = known; }

  private:
    static constexpr std::uint64_t kKnownSizeMin = 256;
    [[nodiscard]] Bytes16 digest_of(const Value& value) const;

    Bytes16 key_;
    Digests* known_ = nullptr;
    Term sum_;
};

}  // namespace weft::vm
