// Holds the machine against the reference interpreter over generated programs:
//   weft_differential --seed 1 --count 100000
//   weft_differential --count 400 --pairs    then each pair of constructs that was not nested yet
//   weft_differential --count 400 --coverage the same, and how many programs nested each pair
//   weft_differential --show SEED            one program, with its history
//   weft_differential --count 400 --digest   a line each hundred programs, of all that they are and
//   did weft_differential --file FILE --seed 1   the same for a program of somebody's own
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string_view>

#include "base/hash.h"
#include "tests/differential/generator.h"
#include "tests/differential/trial.h"

namespace weft::differential {
namespace {

struct Options {
    std::uint64_t seed = 1;
    std::uint64_t count = 1000;
    bool aims_at_pairs = false;  // at those that no program before has nested
    bool covers = false;         // says how often each was
    bool shows = false;
    bool digests = false;  // for comparison with what another build says
    std::string file;
    std::uint64_t differences = 5;  // after so many it stops
};

Options read_options(int count, char** arguments) {
    Options out;
    for (int i = 1; i < count; ++i) {
        const std::string_view name = arguments[i];
        const auto number = [&] { return std::strtoull(arguments[++i], nullptr, 10); };
        if (name == "--seed") out.seed = number();
        if (name == "--count") out.count = number();
        if (name == "--differences") out.differences = number();
        if (name == "--digest") out.digests = true;
        if (name == "--pairs") out.aims_at_pairs = true;
        if (name == "--file") out.file = arguments[++i];
        if (name == "--coverage") out.aims_at_pairs = out.covers = true;
        if (name == "--show") {
            out.seed = number();
            out.count = 1;
            out.shows = true;
        }
    }
    return out;
}

std::vector<NestedPair> possible_pairs() {
    std::vector<NestedPair> out;
    for (std::size_t outer = 0; outer < kOuters; ++outer) {
        for (std::size_t inner = 0; inner < kInners; ++inner) {
            const NestedPair pair{static_cast<Outer>(outer), static_cast<Inner>(inner)};
            if (impossible(pair.first, pair.second).empty()) out.push_back(pair);
        }
    }
    return out;
}

struct Tally {
    std::uint64_t programs = 0;
    std::uint64_t runs = 0;
    std::uint64_t facts = 0;
    std::uint64_t records = 0;
    std::uint64_t differences = 0;
    std::uint64_t rightly_refused = 0;
    std::map<std::string, std::uint64_t> refused;
    std::map<std::size_t, std::uint64_t> ends;
    std::map<NestedPair, std::uint64_t> nested;
};

void note(Tally& tally, const Program& program, const Trial& trial) {
    ++tally.programs;
    if (trial.is_rightly_refused) {
        ++tally.rightly_refused;
        return;
    }
    if (!trial.refused.empty()) {
        ++tally.refused[trial.refused];
        return;
    }
    for (const auto& pair : program.nested) ++tally.nested[pair];
    for (const auto& played : trial.runs) {
        ++tally.runs;
        tally.facts += played.facts;
        tally.records += played.records;
        ++tally.ends[played.status ? static_cast<std::size_t>(*played.status) : 0];
    }
}

// How many programs nested each pair, an outer construct a line.
void report_pairs(const Tally& tally) {
    for (std::size_t outer = 0; outer < kOuters; ++outer) {
        std::string line;
        for (std::size_t inner = 0; inner < kInners; ++inner) {
            const NestedPair pair{static_cast<Outer>(outer), static_cast<Inner>(inner)};
            if (!impossible(pair.first, pair.second).empty()) continue;
            const auto found = tally.nested.find(pair);
            line += fmt::format("{}{} {}", line.empty() ? "" : ", ", text_of(pair.second),
                                found == tally.nested.end() ? 0 : found->second);
        }
        fmt::print("in {}: {}\n", text_of(static_cast<Outer>(outer)), line);
    }
    for (std::size_t outer = 0; outer < kOuters; ++outer) {
        for (std::size_t inner = 0; inner < kInners; ++inner) {
            const auto why = impossible(static_cast<Outer>(outer), static_cast<Inner>(inner));
            if (why.empty()) continue;
            fmt::print("never: {} in {}: {}\n", text_of(static_cast<Inner>(inner)),
                       text_of(static_cast<Outer>(outer)), why);
        }
    }
}

void report(const Tally& tally, double seconds, bool wants_all) {
    fmt::print("{} programs, {} runs, {} facts, {} records in {:.1f} s: {} differences\n",
               tally.programs, tally.runs, tally.facts, tally.records, seconds, tally.differences);
    static constexpr std::string_view kEnds[] = {
        "resting", "", "", "", "completed", "failed", "compensated", "cancelled", "killed"};
    for (const auto& [status, count] : tally.ends) {
        fmt::print("  {} {}\n", kEnds[status], count);
    }
    std::uint64_t refused = 0;
    for (const auto& [why, count] : tally.refused) refused += count;
    if (refused > 0) fmt::print("{} programs were refused:\n", refused);
    for (const auto& [why, count] : tally.refused) fmt::print("  {} {}\n", count, why);
    fmt::print(
        "{} programs were rightly refused: short of time, money or an answer to a rejection, or "
        "known to decide one way\n",
        tally.rightly_refused);
    const auto possible = possible_pairs();
    std::size_t met = 0;
    for (const auto& pair : possible) {
        if (tally.nested.contains(pair)) {
            ++met;
        } else if (wants_all) {
            fmt::print("  no program has: {} in {}\n", text_of(pair.second), text_of(pair.first));
        }
    }
    fmt::print("{} of {} pairs that can be nested were, {} can't be\n", met, possible.size(),
               kOuters * kInners - possible.size());
}

int play_file(const Options& options) {
    std::ifstream in(options.file);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    const auto trial = try_program(text, options.seed, true);
    fmt::print("{}", trial.history());
    return trial.refused.empty() && !trial.runs.empty() && trial.difference().empty() ? 0 : 1;
}

class Campaign {
  public:
    explicit Campaign(const Options& options) : options_(options), pairs_(possible_pairs()) {}

    int run() {
        const auto begin = std::chrono::steady_clock::now();
        for (std::uint64_t i = 0; i < options_.count && !is_over(); ++i) {
            look_at(options_.seed + i, std::nullopt);
            const bool is_last = i + 1 == options_.count;
            if (options_.digests && (is_last || i % 100 == 99)) tell_digest(options_.seed + i);
        }
        if (options_.digests) return tally_.differences > 0 ? 1 : 0;
        if (options_.aims_at_pairs) {
            for (std::size_t i = 0; i < pairs_.size() && !is_over(); ++i) aim_at(pairs_[i], i);
        }
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
        if (options_.covers) report_pairs(tally_);
        report(tally_, seconds.count(), options_.aims_at_pairs);
        const bool misses =
            options_.aims_at_pairs && std::ranges::any_of(pairs_, [this](const NestedPair& pair) {
                return !tally_.nested.contains(pair);
            });
        return tally_.differences > 0 || !tally_.refused.empty() || misses ? 1 : 0;
    }

  private:
    [[nodiscard]] bool is_over() const { return tally_.differences >= options_.differences; }

    // Until it is met: some programs are too short of time to run.
    void aim_at(const NestedPair& pair, std::size_t number) {
        for (std::uint64_t i = 0; i < 10 && !tally_.nested.contains(pair); ++i) {
            look_at(options_.seed + number + 10'000 * i, pair);
        }
    }

    void look_at(std::uint64_t seed, std::optional<NestedPair> target) {
        const auto program = generate(seed, target);
        const bool keeps_history = options_.shows || options_.digests;
        const auto trial = try_program(program.text, seed, keeps_history);
        note(tally_, program, trial);
        if (options_.digests) {
            seen_ += program.text + trial.refused + trial.diagnostics + trial.history();
            return;
        }
        if (options_.shows) fmt::print("{}{}\n", program.text, trial.history());
        if (!trial.refused.empty()) {
            fmt::print(
                "seed {}{} is refused: {}\n{}", seed,
                target ? fmt::format(" ({} in {})", text_of(target->second), text_of(target->first))
                       : "",
                trial.refused, trial.diagnostics);
        }
        if (trial.difference().empty()) return;
        ++tally_.differences;
        const auto small = shrink(program.text, seed);
        fmt::print("--- seed {}{}\n{}\n{}\n{}\n", seed,
                   target ? fmt::format(" aimed at {} in {}", text_of(target->second),
                                        text_of(target->first))
                          : "",
                   small.text, small.history, small.difference);
        std::fflush(stdout);
    }

    void tell_digest(std::uint64_t last) {
        fmt::print("{} up to seed {}\n", to_hex(view(sha256(seen_))), last);
        seen_.clear();
    }

    const Options options_;
    const std::vector<NestedPair> pairs_;
    Tally tally_;
    std::string seen_;  // since the last digest
};

}  // namespace
}  // namespace weft::differential

int main(int count, char** arguments) {
    const auto options = weft::differential::read_options(count, arguments);
    if (!options.file.empty()) return weft::differential::play_file(options);
    return weft::differential::Campaign(options).run();
}
