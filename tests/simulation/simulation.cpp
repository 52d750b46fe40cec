// The whole engine on one thread, against everything that may go wrong around it.
//
//     weft_simulation crashes [--every N] [--seed N] [--only TEXT] [--meet TEXT]...
//     weft_simulation weather [--plays N] [--play N] [--seed N] [--only TEXT]
//     weft_simulation logs [--seed N] [--only TEXT]
//     weft_simulation freeze --into FOLDER [--seed N] [--only TEXT]
//
// `crashes`: each case of tests/scenarios and examples is played undisturbed; then again with the
// machine dying at each call that changes its disk (before it, or in the middle of a write), a sync
// or a write that fails, or a disk that is full from there on; and for each of these once more with
// another fault at a drawn call of the recovery. Nothing may be done twice beyond its class, the
// store must verify at level 3, and the run must end. Of the examples and of those scenarios that
// say so
// (`sweep`) the end must be that of the undisturbed play: status, error, result, and the effects
// that receivers saw.
//
// `weather`: programs, faults and times are drawn: answers late, lost or uncertain, receivers that
// refuse, events sent twice, clocks set, runs held for a while, engines that die. Nothing may be
// done twice beyond its class and the store must verify at each end (safety). After two virtual
// hours all faults stop, and the run must come to an end (liveness).
//
// `logs`: a line for each case with the hash of the log that its undisturbed play leaves, and of
// one with crashes; tests/campaigns/determinism.py compares them between machines of all kinds.
//
// `freeze`: bundles to keep for ever (freeze.h), of these cases and of the goldens that run.
//
// Each play is named by what was drawn, and is the same every time. What a campaign is there to
// meet is counted; in one of 5,000 plays or more a count of zero fails it. `--meet` names what a
// short one must meet as well.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/simulation/freeze.h"
#include "tests/simulation/player.h"
#include "tests/simulation/programs.h"
#include "tests/simulation/sometimes.h"

namespace weft::simulation {
namespace {

struct Options {
    std::string mode = "crashes";
    std::uint64_t every = 1;
    std::uint64_t plays = 1000;
    std::uint64_t play = UINT64_MAX;  // only this one
    std::uint64_t seed = 1;
    std::string only;
    std::string into;  // a folder
    std::vector<std::string_view> meet;
    int most = 20;
};

std::string folder() {
    return (std::filesystem::temp_directory_path() /
            ("weft-simulation-" + std::to_string(::getpid())))
        .string();
}

Ending play(const Play& one, std::uint64_t seed, const Trouble& trouble) {
    return Player(folder(), one.program, one.scene, seed).play(trouble);
}

void add(std::string& out, const std::string& what, const std::string& calm,
         const std::string& got) {
    if (calm != got) out += "  " + what + ": " + got + " instead of " + calm + "\n";
}

std::string joined(const std::vector<std::string>& all) {
    std::string out;
    for (const auto& one : all) out += (out.empty() ? "" : ", ") + one;
    return "[" + out + "]";
}

// What of the end of a disturbed play is not as it was undisturbed.
std::string difference(const Ending& calm, const Ending& got, bool is_exact) {
    std::string out;
    for (const auto& one : got.wrong) out += "  " + one + "\n";
    if (!is_exact) {
        const bool goes_on = got.status == "running" || got.status == "waiting";
        if (goes_on) add(out, "status", calm.status, got.status);
        return out;
    }
    add(out, "status", calm.status, got.status);
    add(out, "error", calm.error, got.error);
    add(out, "output", calm.output.dump(), got.output.dump());
    add(out, "effects", joined(calm.effects), joined(got.effects));
    return out;
}

const char* name_of(DiskFault::Kind kind) {
    static constexpr const char* kNames[] = {"none",       "crash",       "torn",
                                             "sync fails", "write fails", "full"};
    return kNames[static_cast<int>(kind)];
}

std::string text_of(const Trouble& trouble) {
    std::string out;
    for (const auto& fault : trouble.disk) {
        out += (out.empty() ? "" : ", then ") + std::string(name_of(fault.kind)) + " at call " +
               std::to_string(fault.at);
    }
    return out;
}

class Campaign {
  public:
    explicit Campaign(const Options& options) : options_(options), random_(options.seed) {}

    void crashes(const std::vector<Play>& plays) {
        for (const auto& one : plays) {
            if (bad_ >= options_.most) return;
            const auto calm = play(one, options_.seed, {});
            ++plays_;
            if (!calm.wrong.empty() || calm.status.empty()) {
                report(one, "undisturbed", "  " + joined(calm.wrong) + calm.status + "\n");
                continue;
            }
            crash_everywhere(one, calm);
        }
    }

    void weather(const std::vector<Play>& plays) {
        for (std::uint64_t i = 0; i < options_.plays && bad_ < options_.most; ++i) {
            const auto& one = plays[random_.below(plays.size())];
            if (options_.play != UINT64_MAX && options_.play != i) continue;
            const auto seed = options_.seed * 1'000'003 + i;
            const auto trouble = draw(seed);
            const auto got = play(one, seed, trouble);
            ++plays_;
            std::string wrong;
            for (const auto& what : got.wrong) wrong += "  " + what + "\n";
            const bool may_wait = one.scene.expect.value("status", "") == "waiting";
            if (!may_wait && (got.status == "running" || got.status == "waiting")) {
                wrong += "  it did not end: " + got.status + "\n";
            }
            if (!wrong.empty()) report(one, "play " + std::to_string(i), wrong);
        }
    }

    void logs(const std::vector<Play>& plays) {
        for (const auto& one : plays) {
            Trouble trouble;
            const auto calm = play(one, options_.seed, trouble);
            using Kind = DiskFault::Kind;
            trouble.disk = {{Kind::Torn, calm.calls.back() / 2}, {Kind::Crash, 9}};
            const auto crashed = play(one, options_.seed, trouble);
            std::printf("%s %s %s\n", calm.log_hash.c_str(), crashed.log_hash.c_str(),
                        one.name.c_str());
            plays_ += 2;
        }
    }

    [[nodiscard]] std::uint64_t plays() const { return plays_; }
    [[nodiscard]] int bad() const { return bad_; }

  private:
    void crash_everywhere(const Play& one, const Ending& calm) {
        using Kind = DiskFault::Kind;
        static constexpr Kind kKinds[] = {Kind::Crash, Kind::Torn, Kind::SyncFails,
                                          Kind::WriteFails, Kind::Full};
        const auto calls = calm.calls.back();
        for (std::uint64_t at = 1; at <= calls; ++at) {
            for (const auto kind : kKinds) {
                if (bad_ >= options_.most) return;
                if (due_++ % options_.every != 0) continue;
                Trouble trouble;
                trouble.disk = {{kind, at}};
                trouble.effects = calm.effects;
                const auto got = check(one, calm, trouble);
                // The recovery's own calls are those of the second engine, if there was one.
                if (got.calls.size() < 2) continue;
                trouble.disk.push_back({kKinds[random_.below(2)], 1 + random_.below(got.calls[1])});
                check(one, calm, trouble);
            }
        }
    }

    Ending check(const Play& one, const Ending& calm, const Trouble& trouble) {
        auto got = play(one, options_.seed, trouble);
        ++plays_;
        const auto wrong = difference(calm, got, one.is_exact);
        if (!wrong.empty()) report(one, text_of(trouble), wrong);
        return got;
    }

    static Trouble draw(std::uint64_t seed) {
        Random random(seed);
        const auto some = [&](std::size_t most) {
            return random.below(2) == 0 ? 0 : static_cast<int>(random.below(most));
        };
        Trouble out;
        out.weather = {some(30), some(15), some(30), some(20)};
        out.clock_jumps = some(10);
        out.repeats = some(60);
        out.holds = some(30);
        out.until_ms = 2 * 3'600'000;
        static constexpr DiskFault::Kind kKinds[] = {
            DiskFault::Kind::Crash, DiskFault::Kind::Torn, DiskFault::Kind::SyncFails,
            DiskFault::Kind::WriteFails, DiskFault::Kind::Full};
        for (auto left = random.below(5); left > 0; --left) {
            out.disk.push_back({kKinds[random.below(5)], 1 + random.below(150)});
        }
        return out;
    }

    void report(const Play& one, const std::string& how, const std::string& wrong) {
        ++bad_;
        std::printf("%s, %s, seed %llu:\n%s", one.name.c_str(), how.c_str(),
                    static_cast<unsigned long long>(options_.seed), wrong.c_str());
        std::fflush(stdout);
    }

    const Options& options_;
    Random random_;
    std::uint64_t due_ = 0;
    std::uint64_t plays_ = 0;
    int bad_ = 0;
};

// What every campaign of that kind must have met.
bool all_met(const std::string& mode) {
    std::vector<std::string_view> due = {"an engine dies",
                                         "an engine dies while it recovers",
                                         "a run is taken up",
                                         "a start is sent again",
                                         "an effect is under way at a crash",
                                         "it was done although the engine died",
                                         "an answer was heard and not kept",
                                         "a receiver knows a key again",
                                         "a key is sent again",
                                         "an event is sent to an engine that dies of it",
                                         "a request is refused on a full disk",
                                         "a person settles a doubt",
                                         "a probe is asked after a crash"};
    if (mode == "weather") {
        for (const auto* one :
             {"an answer comes late", "an answer is lost", "a receiver refuses for now",
              "the wall clock is set", "an error does not say whether it was done",
              "an event is sent twice"}) {
            due.emplace_back(one);
        }
    }
    bool is_met = true;
    for (const auto& [what, count] : sometimes()) {
        std::printf("  sometimes %.*s: %llu\n", static_cast<int>(what.size()), what.data(),
                    static_cast<unsigned long long>(count));
    }
    for (const auto what : due) {
        if (sometimes()[what] > 0) continue;
        std::printf("  never: %.*s\n", static_cast<int>(what.size()), what.data());
        is_met = false;
    }
    return is_met;
}

int run(const Options& options) {
    const auto began = std::chrono::steady_clock::now();
    auto plays = read_plays(options.only);
    if (options.mode == "freeze") {
        for (auto& golden : read_goldens(options.only)) plays.push_back(std::move(golden));
        return freeze(plays, options.into, options.seed);
    }
    Campaign campaign(options);
    if (options.mode == "logs") {
        campaign.logs(plays);
        std::filesystem::remove_all(folder());
        return 0;
    }
    if (options.mode == "weather") {
        campaign.weather(plays);
    } else {
        campaign.crashes(plays);
    }
    std::filesystem::remove_all(folder());
    const bool is_met = all_met(options.mode);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::printf("weft_simulation %s: %zu cases, %llu plays of seed %llu, %d bad, %.1f s\n",
                options.mode.c_str(), plays.size(),
                static_cast<unsigned long long>(campaign.plays()),
                static_cast<unsigned long long>(options.seed), campaign.bad(), took.count());
    const bool is_part = !options.only.empty() || campaign.plays() < 5000;
    const auto is_missed = [](std::string_view what) { return sometimes()[what] == 0; };
    if (std::ranges::any_of(options.meet, is_missed)) return 1;
    return campaign.bad() == 0 && (is_met || is_part) ? 0 : 1;
}

int usage() {
    std::fputs(
        "weft_simulation crashes|weather [--every N] [--plays N] [--play N] [--seed N] "
        "[--only TEXT] [--meet TEXT]...\n",
        stderr);
    return 2;
}

}  // namespace
}  // namespace weft::simulation

int main(int argc, char** argv) {
    weft::simulation::Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (!word.starts_with("--")) {
            options.mode = word;
            continue;
        }
        if (i + 1 >= argc) return weft::simulation::usage();
        const std::string_view text = argv[++i];
        if (word == "--only") options.only = text;
        if (word == "--into") options.into = text;
        if (word == "--meet") options.meet.push_back(text);
        if (word == "--only" || word == "--meet" || word == "--into") continue;
        auto* number = word == "--every"   ? &options.every
                       : word == "--plays" ? &options.plays
                       : word == "--play"  ? &options.play
                       : word == "--seed"  ? &options.seed
                                           : nullptr;
        if (number == nullptr) return weft::simulation::usage();
        std::from_chars(text.data(), text.data() + text.size(), *number);
    }
    return weft::simulation::run(options);
}
