// Plays a case of a scenario in a whole engine with a store on the disk. Workers sleep until the
// virtual time that their script says; it passes only when all attempts that are under way sleep,
// and one of them wakes at a time, so a play always takes the same course.
#pragma once

#include <condition_variable>
#include <list>
#include <mutex>
#include <set>

#include "tests/scenarios/scenario.h"
#include "tests/unit/api/world.h"

namespace weft::scenarios {

struct Played {
    std::string status;
    std::string error;  // name of the one with which it ended
    Json output;
    double elapsed_s = 0;
    std::vector<std::string> effects;
    std::vector<std::string> refused;    // what was sent and not taken: "R:cy", "cancel", "go"
    std::vector<std::string> unread;     // signals that nobody took
    std::map<std::string, int> calls;    // attempts that reached the worker
    std::map<std::string, int> keys;     // different ones among them
    std::map<std::string, int> at_once;  // most of them at one time
};

class Stage {
  public:
    Stage(const std::string& program, const Case& scene);
    Played play();

  private:
    struct Sleeper {
        std::int64_t due_ms = 0;
        std::string worker;
        std::string arguments;
        const std::atomic<bool>* told_to_stop = nullptr;
        bool is_awake = false;
    };

    WorkerOutcome work(const WorkerCall& call);
    Behaviour next_behaviour(const std::string& worker, const Json& argument);
    bool sleep_until(std::int64_t due_ms, const WorkerCall& call);
    void set_waiter();
    void wait(std::int64_t wait_ms);
    bool rest_until_all_sleep();
    bool wake_one(std::int64_t until_ms);
    void happen();
    void happen(const Json& event);
    void ask(const std::string& what, const std::string& method, Json parameters);
    void decide(const Json& event);
    bool crash_if_due();
    bool is_over();
    void gather(Played& out);

    const Case& scene_;
    testing::World world_;
    std::string run_;
    std::int64_t begun_ms_ = 0;
    std::size_t next_event_ = 0;
    bool has_crashed_ = false;
    bool is_due_to_crash_ = false;
    bool is_lost_ = false;     // an attempt neither sleeps nor ends
    bool would_wait_ = false;  // only the clock could bring anything more
    std::vector<std::string> refused_;

    std::mutex mutex_;  // of what follows: the workers' threads come here
    std::condition_variable wake_;
    std::list<Sleeper> sleepers_;
    bool is_closing_ = false;
    std::map<std::string, std::size_t> said_;
    std::map<std::string, int> calls_;
    std::map<std::string, std::set<std::string>> keys_;
    std::map<std::string, int> now_;
    std::map<std::string, int> at_once_;
};

}  // namespace weft::scenarios
