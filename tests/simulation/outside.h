// The world around a simulated engine: what workers do when they are called, and what became of it.
// It keeps the truth that the log is held against: which effects there were, by key. A receiver
// that is idempotent knows a key again and answers as it did; one that is not does the thing again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bytecode/image.h"
#include "engine/attempt.h"
#include "tests/fuzz/mutate.h"
#include "tests/scenarios/scenario.h"

namespace weft::simulation {

using fuzz::Random;
using scenarios::Behaviour;
using scenarios::Json;

// What may go wrong between the engine and a receiver; in percent of the attempts.
struct Weather {
    int late = 0;       // the answer comes long after
    int lost = 0;       // the effect is done, and nobody hears of it
    int refused = 0;    // "try again later", surely without effect
    int uncertain = 0;  // an error that does not say whether it was done; half of them were
};

class Outside {
  public:
    Outside(const Image& image, const scenarios::Case& scene, std::uint64_t seed)
        : image_(image), scene_(scene), random_(seed) {}

    void set_weather(const Weather& weather) { weather_ = weather; }
    // What may be done behind the back of an engine that dies; else anything that was under way. So
    // what would have been stopped in an undisturbed play is not done in a disturbed one.
    void allow_at_death(std::vector<std::string> effects) { allowed_ = std::move(effects); }

    // For an engine that is opened; the one before is gone.
    std::unique_ptr<engine::AttemptRunner> runner();
    // The engine is gone, and its children with it: what was under way was done or not, and what
    // was answered and is not in the log is answered again. `knows` says whether the log has an
    // outcome of an attempt.
    using Knows = std::function<bool(const engine::Attempt&)>;
    void engine_died();
    void engine_came(const Knows& knows);

    // When the next attempt is done, of those by `until_ms`; it is then by `finish_next`.
    [[nodiscard]] std::int64_t next_ms(std::int64_t now_ms) const;
    void finish_next(std::int64_t now_ms);
    // The turn has returned: what was answered stands in the log.
    void turn_is_durable() { answered_.clear(); }

    // What a person finds out about a call in doubt that nothing of the script settles: the value
    // when it was done.
    [[nodiscard]] bool is_crash_doubt(const Bytes16& run, std::uint64_t call,
                                      std::uint16_t attempt) const;
    [[nodiscard]] const std::string* truth(const Bytes16& run, std::uint64_t call) const;
    // A person has said that it was not done: what is sent now may be the first for its receiver.
    void found_not_done(const Bytes16& run, std::uint64_t call);

    // Effects that were done, "worker arguments", not those that only read; of one key once, unless
    // it was done again.
    [[nodiscard]] std::vector<std::string> effects() const;
    // What may never be: an effect done twice under one key.
    [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
    [[nodiscard]] std::size_t in_flight() const { return pending_.size() + done_.size(); }

  private:
    friend class Runner;
    struct Pending {
        std::shared_ptr<engine::Attempt> attempt;
        Behaviour does;
        std::int64_t due_ms = 0;
        bool is_lost = false;  // is done, and never heard of
        bool is_uncertain = false;
    };
    struct Answered {
        std::shared_ptr<engine::Attempt> attempt;
        std::string list;
        bool was_effect = false;
        bool is_scripted_doubt = false;
    };

    void submit(std::shared_ptr<engine::Attempt> attempt);
    void note_sending(const engine::Attempt& attempt);
    void draw_weather(Pending& one);
    [[nodiscard]] Behaviour behaviour(const std::string& worker, const Json& argument);
    [[nodiscard]] std::size_t find_next(std::int64_t now_ms) const;
    WorkerOutcome answer(Pending& one, bool is_stopped, Answered& note);
    std::string apply(const engine::Attempt& attempt, const Behaviour& does);
    [[nodiscard]] const WorkerRow& row(const std::string& worker) const;
    [[nodiscard]] std::optional<std::string> probed(const engine::Attempt& attempt) const;
    void unsay(const std::string& list);
    [[nodiscard]] bool can_be_done(const Pending& one) const;

    const Image& image_;
    const scenarios::Case& scene_;
    Random random_;
    Weather weather_;
    std::vector<Pending> pending_;
    std::vector<engine::Completion> done_;
    std::vector<Answered> answered_;  // since the last turn that returned
    std::map<std::string, std::size_t> said_;
    std::map<std::string, std::int64_t> first_ms_;  // by key: when it was sent
    std::map<std::string, std::string> results_;    // by key: of effects that were done
    std::map<std::string, std::int64_t> due_of_;    // by key: of what was under way at a crash
    std::set<std::string> doubted_;                 // keys under way at a crash
    std::set<std::string> may_be_done_;             // keys: nobody has said that it surely was not
    std::map<std::pair<Bytes16, std::uint64_t>, std::string> keys_;    // of calls
    std::map<std::pair<Bytes16, std::uint64_t>, std::uint16_t> sent_;  // the last attempt of each
    std::vector<std::string> effects_;
    std::optional<std::vector<std::string>> allowed_;
    std::vector<std::string> violations_;
};

}  // namespace weft::simulation
