// A run's log followed by another program: fed the same facts, does it take the same decisions?
// Then the run can go on under it, from where it is (`adopted`). Sites go by their paths, workers
// and signals by their names; fuel, due times and the wording of a gate's scores may differ, what
// is decided, called and asked may not. It writes nothing.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/carry.h"
#include "engine/run_reader.h"
#include "vm/machine.h"

namespace weft::engine {

// The first place where the other program parts from the log.
struct Difference {
    enum class Class : std::uint8_t {
        Input,      // the run's input is none of the other program's
        Flow,       // it comes to something else
        Arguments,  // it hands over other values
        Decision,   // a gate decides otherwise
        Value,      // what the world gave is no value of its types
        Result,     // it ends otherwise
    };
    Class cls = Class::Flow;
    std::uint64_t seq = 0;
    std::string step;       // path, where there is one
    std::string place;      // in the log's program
    std::string new_place;  // in the other one
    std::string what;
};
std::string_view class_name(Difference::Class cls);

// From where a run's machine was last begun: its begin, or a migration.
struct Segment {
    store::RunHead before;               // of its first record
    vm::Counters counters;               // with which it began again
    std::shared_ptr<const Image> image;  // which it began under
};
// A run's begin, in the terms of an image.
struct BegunUnder {
    std::shared_ptr<const Image> image;
    vm::Begin begin;
};

class Follower {
  public:
    Follower(const RunHeader& header, const Segment& segment, BegunUnder begun,
             std::shared_ptr<const Image> image);

    // Feeds one record; false once the programs have parted.
    Result<bool> take(const ReadRecord& record);
    // After the last record: nothing but the log's commands may have been made.
    void finish();
    [[nodiscard]] const std::optional<Difference>& difference() const { return difference_; }
    // At rest where the log ends; call after `finish`, without a difference.
    vm::Machine take_machine() { return *std::move(machine_); }

  private:
    struct CallTypes {
        TypeId old_type;
        TypeId type;
        bool is_optional = false;  // a probe: or none
    };
    struct TaskRows {
        std::uint32_t old_row = 0;
        std::uint32_t row = 0;
    };
    void begin(std::uint64_t seq, std::int64_t time_ms);
    void part(Difference::Class cls, const ReadRecord* record, std::string what,
              std::uint32_t new_site = 0xFFFF'FFFF);
    void compare(const ReadRecord& record, const vm::Command& command);
    [[nodiscard]] std::string differing_body(const ReadRecord& record,
                                             const vm::Command& command) const;
    [[nodiscard]] bool same_payload(const ReadRecord& record, const vm::Command& command) const;
    void note_types(const Record& record, const vm::Command& command);
    Result<void> feed(const ReadRecord& record);
    // False, and parted, when the other program can't be told it.
    bool carry(vm::Fact& fact, const ReadRecord& record);
    bool carry_into(Value& value, const CallTypes& types, const ReadRecord& record);
    bool carry_decision(vm::DecisionFact& fact, const ReadRecord& record);
    bool carry_signal(vm::SignalFact& fact, const ReadRecord& record);
    bool carry_sub(vm::SubEndedFact& fact, const ReadRecord& record);
    void expect(vm::Progress progress);

    const RunHeader& header_;
    std::shared_ptr<const Image> old_;  // of the records that are read
    std::shared_ptr<const Image> image_;
    BegunUnder begun_;
    vm::Counters counters_;
    std::optional<vm::Machine> machine_;
    std::deque<vm::Command> expected_;
    std::map<std::uint64_t, CallTypes> calls_;  // and sub-runs, by the seq that they began with
    std::map<std::uint64_t, TaskRows> tasks_;
    std::uint64_t next_seq_ = 0;
    std::optional<Difference> difference_;
};

// Follows the records of a segment before `end_seq`: the machine that would go on, or where the
// programs part.
struct Followed {
    std::optional<vm::Machine> machine;
    std::optional<Difference> difference;
};
Result<Followed> follow(const RunHeader& header, const Segment& segment, BegunUnder begun,
                        std::shared_ptr<const Image> image, std::uint64_t end_seq);

}  // namespace weft::engine
