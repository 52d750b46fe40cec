// Plays a case of a scenario in a whole engine on one thread: its clock, workers, disk and random
// bytes are the player's, so a play of one seed always takes the same course. Engines die and new
// ones take over as the disk has it; what comes from outside is sent until it was answered.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core.h"
#include "engine/requests.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/outside.h"

namespace weft::simulation {

class Clock final : public engine::Clock {
  public:
    std::int64_t wall_ms() override { return now_ms_ + wall_off_ms_; }
    std::int64_t monotonic_ms() override { return now_ms_; }
    void pass(std::int64_t ms) { now_ms_ += ms; }
    // The wall clock is set.
    void jump(std::int64_t ms) { wall_off_ms_ += ms; }
    [[nodiscard]] std::int64_t now() const { return now_ms_; }

  private:
    std::int64_t now_ms_ = 1'700'000'000'000;
    std::int64_t wall_off_ms_ = 0;
};

// What happens to the machine. The n-th engine meets the n-th disk fault; none after the last.
struct Trouble {
    std::vector<DiskFault> disk;
    Weather weather;
    std::optional<std::vector<std::string>> effects;  // of the undisturbed play, if it is known
    int clock_jumps = 0;                              // percent of the waits
    int holds = 0;                                    // percent of the waits in which one is held
    int repeats = 0;                                  // percent of the events that are sent again
    std::int64_t until_ms = INT64_MAX;                // of the play: then all faults stop
    bool wants_bundle = false;                        // of the run, at its end

    [[nodiscard]] bool is_weather() const { return until_ms != INT64_MAX; }
};

struct Ending {
    std::string status;
    std::string error;
    Json output;
    std::vector<std::string> log_effects;  // in the order of the log
    std::vector<std::string> effects;      // at the receivers
    std::vector<std::string> wrong;        // what may never be; empty in a sound play
    std::vector<std::uint64_t> calls;      // of the disk, by engine
    std::int64_t took_ms = 0;              // of virtual time
    std::string log_hash;                  // of all records
    std::string bundle;                    // of the run and those below it, when it was wanted
};

class Player {
  public:
    Player(std::string folder, const engine::RunnableProgram& program, const scenarios::Case& scene,
           std::uint64_t seed);
    Ending play(const Trouble& trouble);

  private:
    bool open_engine();
    bool begin_run();
    bool turn();
    void wait(std::int64_t wait_ms);
    void let_pass(std::int64_t ms);
    bool happen();
    [[nodiscard]] bool is_short_of_room();
    void make_room();
    Result<std::string> send(const Json& event, const std::string& id);
    Result<std::string> decide(const Json& event, const std::string& id);
    Result<std::string> ask(const std::string& method, Json parameters, const std::string& id);
    // What people do. False: they were refused, and ask again.
    bool settle_doubts();
    bool believe_clock();
    bool help();
    bool hold_for_a_while();
    [[nodiscard]] bool is_over();
    [[nodiscard]] std::string status_word();
    [[nodiscard]] std::string stuck_below();
    void verify();
    void gather(Ending& out);
    void died();

    std::string folder_;
    const engine::RunnableProgram& program_;
    const scenarios::Case& scene_;
    Random random_;
    Clock clock_;
    std::unique_ptr<store::Entropy> entropy_;
    Disk disk_;
    Outside outside_;
    Trouble trouble_;
    std::unique_ptr<engine::Core> core_;
    std::unique_ptr<engine::Requests> requests_;
    engine::Uploads uploads_;
    std::string run_;
    std::int64_t begun_ms_ = 0;
    std::size_t engines_ = 0;
    std::size_t next_event_ = 0;
    bool would_wait_ = false;
    std::int64_t release_at_ms_ = 0;  // of the run that an operator holds
    Ending ending_;
};

}  // namespace weft::simulation
