// Drives a run of a test, and the runs that it starts: production machines under one virtual clock,
// without a store. It answers the machines' wants from the script, moves the clock to whatever
// comes next, and stops when all have ended or can only go on by somebody's doing that the test
// does not mention.
#pragma once

#include <compare>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "testing/script.h"
#include "testing/trace.h"
#include "vm/machine.h"
#include "weft/worker.h"

namespace weft::test {

// Who answers attempts that nothing mocks: in an eval, the workers themselves.
class Outside {
  public:
    virtual ~Outside() = default;
    // What the worker says, here and now; nothing when it may not be asked.
    virtual std::optional<WorkerOutcome> call(const Image& image, const vm::Want& want,
                                              const Bytes16& run, std::int64_t now_ms) = 0;
};

struct DriverOptions {
    std::shared_ptr<const Image> image;
    vm::Begin begin;
    vm::Visits* visits = nullptr;
    // Crashes after so many facts, beside those of the script; what `weft crashtest` walks through.
    std::vector<std::size_t> crash_at = {};
    Outside* outside = nullptr;
};

// One run: its machine, and all that would make it again.
struct DrivenRun {
    std::size_t number = 0;  // 0: the one that the test has started
    vm::Begin begin;
    std::unique_ptr<vm::Machine> machine;
    std::vector<std::pair<vm::Fact, std::int64_t>> facts;
    std::vector<vm::Command> commands;
    std::map<std::pair<std::uint64_t, std::size_t>, std::size_t> decided;  // by task and line
    std::set<std::uint64_t> told_to_stop;                                  // calls
    std::map<std::uint64_t, Answer> said;  // by call: the last answer that it was given
    std::map<std::uint64_t, Answer> lost;  // likewise, of those that a crash swallowed
    std::set<std::uint64_t> known_undone;  // calls in doubt of which the world knows: no effect
    std::map<std::string, std::uint64_t> sent;  // calls by the key that their worker was sent, hex

    [[nodiscard]] bool has_ended() const { return vm::is_ended(machine->status()); }
};

class Driver {
  public:
    Driver(DriverOptions options, Script& script);
    Trace run();
    // That all runs were fed.
    [[nodiscard]] std::size_t facts() const { return fed_; }

  private:
    // Things that are going to happen at one time, in the order of layout: inbox, outcomes, timers.
    enum class Class : std::uint8_t { Inbox = 1, Outcome = 2 };
    struct Moment {
        std::int64_t time_ms = 0;
        Class what = Class::Outcome;
        std::uint64_t order = 0;
        auto operator<=>(const Moment&) const = default;
    };
    struct Planned {
        std::size_t run = 0;
        vm::Fact fact;
    };
    struct DueTimer {
        std::int64_t due_ms = 0;
        std::size_t run = 0;
        std::uint64_t timer = 0;
        auto operator<=>(const DueTimer&) const = default;
    };

    DrivenRun& begin(vm::Begin begin);
    void end();
    // True when something was done at once: all wants are then asked again.
    bool act();
    bool act_on(DrivenRun& run, const vm::Want& want);
    bool happen();
    [[nodiscard]] std::optional<DueTimer> next_timer() const;
    void rest();

    // driver_calls.cpp
    bool attempt(DrivenRun& run, const vm::Want& want);
    bool cancel(DrivenRun& run, const vm::Want& want);
    std::optional<Answer> say(DrivenRun& run, const vm::Want& want);
    std::optional<Answer> say_outside(const DrivenRun& run, const vm::Want& want);
    std::optional<Answer> say_of_lost(const DrivenRun& run, const vm::Want& probe);
    bool settle(DrivenRun& run, const vm::Want& want);
    std::optional<Value> value_of(const vm::Want& want, const Answer& answer);
    void answer(const DrivenRun& run, const vm::Want& want, const Answer& answer);
    vm::OutcomeFact outcome(const vm::Want& want, const Answer& answer);
    Value error_fields(const Answer& answer);
    [[nodiscard]] vm::OutcomeFact unclear(const vm::Want& want, std::string error,
                                          std::string message) const;
    void broken(std::string why);

    // driver_subs.cpp
    void begin_sub(const DrivenRun& parent, const vm::SubStart& start);
    DrivenRun* find_run(const Bytes16& id);
    bool sub_ended(DrivenRun& parent, const vm::Want& want);
    bool cancel_sub(DrivenRun& parent, const vm::Want& want);

    // driver_people.cpp
    bool decide(DrivenRun& run, const vm::Want& want);
    bool schedule(const DrivenRun& run, const vm::Want& want, ScriptedDecision& decision);
    void send_signals(const DrivenRun& run);
    bool give_lock(DrivenRun& run, const vm::Want& want);

    // driver_crash.cpp
    void crash_if_due(const DrivenRun& run, const vm::Fact& fact);
    bool is_scripted_crash(const DrivenRun& run, const vm::Fact& fact);
    void crash_after_join(const vm::Command& command);
    void crash();
    bool restore(DrivenRun& run);
    void take_up(DrivenRun& run);

    void feed(DrivenRun& run, const vm::Fact& fact);
    void take(DrivenRun& run, vm::Progress progress, std::uint64_t first_seq);
    void plan(const DrivenRun& run, std::int64_t time_ms, Class what, vm::Fact fact);
    [[nodiscard]] const Image& image() const { return *options_.image; }
    [[nodiscard]] const StepRow& step_of(const vm::Want& want) const {
        return image().steps[want.step];
    }
    [[nodiscard]] DrivenRun& root() { return *runs_.front(); }

    DriverOptions options_;
    Script& script_;
    std::vector<std::unique_ptr<DrivenRun>> runs_;
    std::int64_t now_ms_ = 0;
    std::map<Moment, Planned> agenda_;
    std::uint64_t planned_ = 0;
    std::size_t fed_ = 0;
    bool crash_is_due_ = false;  // a composite step has just ended
    Value given_;                // what the fact that is fed just now gives, if it gives something
    Trace trace_;
};

}  // namespace weft::test
