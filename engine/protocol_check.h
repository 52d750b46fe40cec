// Level two of the audit: what the records of one run say together. Every outcome has its start and
// call, every start its call, keys are unique, decisions answer an open task, compensations run
// last done first, `end` is last.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "bytecode/record.h"
#include "store/rows.h"
#include "store/verify.h"

namespace weft::engine {

class ProtocolCheck {
  public:
    explicit ProtocolCheck(const store::RunId& run) : run_(run) {}
    void take(const Record& record, std::uint64_t leaf);
    std::vector<store::Finding> finish() { return std::move(findings_); }

  private:
    struct Call {
        std::uint16_t attempts = 0;
        bool open = false;  // a start without outcome
        bool in_doubt = false;
        bool done = false;
        std::uint32_t branch = 0;
        std::uint64_t order = 0;  // of its successful outcome
    };
    void find(const Record& record, std::uint64_t leaf, std::string what);
    // A branch goes on once what it started has been answered, and so does a run when it ends.
    void check_answered(const Record& record, std::uint64_t leaf);
    void take_end(const Record& record, std::uint64_t leaf);
    void close(Call& call);
    void take_effect(const Record& record, std::uint64_t leaf);
    void take_sub(const Record& record, std::uint64_t leaf);
    void take_doubt(const Record& record, std::uint64_t leaf);
    void take_hit(const Record& record, std::uint64_t leaf);
    void take_outcome(const Record& record, std::uint64_t leaf);
    void take_people(const Record& record, std::uint64_t leaf);
    void take_undo(const Record& record, std::uint64_t leaf);
    void take_timer(const Record& record, std::uint64_t leaf);
    void take_signal(const Record& record, std::uint64_t leaf);
    void take_lock(const Record& record, std::uint64_t leaf);

    store::RunId run_;
    std::vector<store::Finding> findings_;
    std::map<std::uint64_t, Call> calls_;
    std::set<std::uint32_t> busy_;  // branches with an attempt under way
    std::set<Bytes16> keys_;
    std::set<std::uint64_t> timers_;
    std::set<std::uint64_t> tasks_;
    std::set<std::uint64_t> subs_;                    // awaited, by the record that began them
    std::map<std::uint64_t, std::uint32_t> letters_;  // unread, by seq: the signal's number
    std::set<Bytes16> signal_tags_;
    std::uint64_t asked_lock_ = 0;
    std::uint64_t held_lock_ = 0;
    struct ForkedFrom {
        store::RunId run{};
        std::uint64_t seq = 0;
    };
    std::optional<ForkedFrom> fork_;
    std::uint64_t outcomes_ = 0;
    bool ended_ = false;
};

}  // namespace weft::engine
