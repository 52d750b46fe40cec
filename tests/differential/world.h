// The world around a run: a virtual clock and workers, people, signals, operators and crashes that
// do what a seed says. What it does depends on what the run asked and on nothing else, so a
// program, an input and a seed are a run.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "compiler/ir/module.h"
#include "tests/differential/pair.h"

namespace weft::differential {

struct Played {
    std::optional<EndStatus> status;
    std::size_t facts = 0;
    std::size_t records = 0;
    std::string history;  // for people, when it was asked for or something differed
    std::string difference;
};

class World {
  public:
    World(const ir::Module& module, std::shared_ptr<const Image> image, std::uint64_t seed,
          bool keeps_history);
    // What the machine executes is noted there.
    void watch(vm::Visits* visits) { visits_ = visits; }
    // One run of the workflow, and those that it starts, to their end.
    Played play(std::string_view workflow);

  private:
    struct Running {
        std::size_t number = 0;
        reference::Beginning beginning;
        std::unique_ptr<Pair> pair;
        std::map<std::uint64_t, std::size_t> decisions;  // by task: made or planned
        std::set<std::uint64_t> open_decisions;
        std::set<std::uint64_t> told_to_stop;
        std::set<std::uint64_t> settling;
        std::set<std::uint64_t> locking;
        std::size_t releases = 0;
        bool is_release_planned = false;
    };
    struct Planned {
        std::size_t run = 0;
        reference::Fact fact;
    };
    struct Use {  // of an author's key
        Bytes16 run{};
        std::uint64_t call = 0;
        std::string arguments;
        std::optional<Value> value;
    };
    struct Cached {
        Bytes16 run{};
        std::uint64_t call = 0;
        Value value;
        std::int64_t expires_ms = 0;
    };

    void begin(reference::Beginning beginning);
    bool act();
    bool act_on(Running& run, const reference::Ask& ask);
    bool attempt(Running& run, const reference::Ask& ask);
    bool hit(Running& run, const reference::Ask& ask, bool& waits);
    void answer(const Running& run, const reference::Ask& ask);
    bool cancel(Running& run, const reference::Ask& ask);
    bool decide(Running& run, const reference::Ask& ask);
    bool sub_ended(Running& run, const reference::Ask& ask);
    bool cancel_sub(Running& run, const reference::Ask& ask);
    bool release(Running& run);
    bool happen();
    void crash();
    void plan(const Running& run, std::int64_t after_ms, reference::Fact fact);
    void plan_outside(const Running& run);
    void feed(Running& run, const reference::Fact& fact);
    void take(const Running& run, const reference::Out& out);
    void note_keys(const Running& run, const reference::Out& out, const Value& given);

    // Drawn from the seed and what it is about.
    std::uint64_t draw(std::string_view about, std::uint64_t below);
    std::uint64_t draw_for(const reference::Ask& ask, std::string_view what, std::uint64_t below);
    [[nodiscard]] bool is_read(const std::string& worker) const;
    [[nodiscard]] const ir::Worker& worker_of(const std::string& name) const;
    Value value_of(TypeId type, std::string_view about, int depth = 0);
    void write(const std::string& line);

    const ir::Module& module_;
    std::shared_ptr<const Image> image_;
    std::uint64_t seed_;
    bool keeps_history_;
    std::uint64_t trouble_;  // of a hundred attempts, so many go wrong
    std::int64_t now_ms_ = 0;
    std::vector<std::unique_ptr<Running>> runs_;
    std::multimap<std::int64_t, Planned> agenda_;
    std::map<std::string, Use> uses_;
    std::map<std::string, Cached> cache_;
    std::set<std::size_t> crashes_at_;
    std::uint64_t draws_ = 0;
    vm::Visits* visits_ = nullptr;
    Played played_;
};

}  // namespace weft::differential
