// What comes to a run from outside: decisions, cancels, an operator's acts. Each is a row of the
// store's inbox, written once under the tag of its request, and becomes facts of its run, in the
// same commit where it can be. A request that is sent again finds the row and is answered by it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/facts.h"
#include "store/key.h"
#include "store/rows.h"

namespace weft::engine {

// Stored; numbers are append-only.
enum class InboxKind : std::int32_t {
    Start = 1,  // taken in the commit of the run's begin; the row is that run's
    Decision = 2,
    Cancel = 3,
    Kill = 4,
    Hold = 5,
    Release = 6,
    Settle = 7,
    Signal = 8,
};

struct Incoming {
    InboxKind kind = InboxKind::Decision;
    std::vector<vm::Fact> facts;  // in this order; the last one is what was asked for
    FactContext context{};
    std::string actor{};
    // Names the request, so that it is known when it is sent again.
    store::Tag tag{};
    std::vector<store::Change> changes{};  // of the same commit
};

// What became of one: the record of its last fact, or none while it waits or when the run did not
// take it any more.
struct Taken {
    store::RunId run{};
    std::optional<std::uint64_t> seq;
    bool is_repeat = false;
};

struct InboxFact {
    vm::Fact fact;
    FactRecord record;
};

// A row that waits.
struct InboxLetter {
    std::uint64_t row = 0;
    std::vector<InboxFact> facts;
};

// The box of a row that waits, and back. Corrupt when the bytes are no such box.
std::string encode_incoming(const std::vector<InboxFact>& facts);
Result<std::vector<InboxFact>> decode_incoming(const std::string& bytes);

}  // namespace weft::engine
