#include "tests/simulation/freeze.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>

#include "bytecode/opcode_info.h"
#include "engine/bundle_check.h"
#include "tests/simulation/player.h"
#include "tests/support/frozen_log.h"

namespace weft::simulation {
namespace {

constexpr std::uint64_t kWeathers = 6;

struct Candidate {
    std::string name;
    std::string bundle;
    std::set<std::string> holds;
};

// "doubt 02 probe says no, weather 3" as the name of a file.
std::string file_name(const std::string& title, std::uint64_t weather) {
    std::string out;
    for (const char letter : title) {
        const char c = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (is_plain) out += c;
        if (!is_plain && !out.ends_with('_')) out += '_';
    }
    return out.substr(0, 40) + (weather > 0 ? "_" + std::to_string(weather) : "");
}

Trouble trouble_of(std::uint64_t weather) {
    Trouble out;
    out.wants_bundle = true;
    if (weather == 0) return out;
    const auto some = static_cast<int>(weather) * 5;
    out.weather = {some, some / 2, some, some / 2};
    out.until_ms = 2 * 3'600'000;
    using Kind = DiskFault::Kind;
    if (weather % 2 == 0) out.disk = {{Kind::Crash, 10 + 7 * weather}};
    return out;
}

std::vector<Candidate> candidates(const std::vector<Play>& plays, const std::string& scratch,
                                  std::uint64_t seed) {
    std::vector<Candidate> out;
    for (const auto& one : plays) {
        for (std::uint64_t weather = 0; weather <= kWeathers; ++weather) {
            auto ending = Player(scratch, one.program, one.scene, seed * 100 + weather)
                              .play(trouble_of(weather));
            if (!ending.wrong.empty() || ending.bundle.empty()) continue;
            auto holds = frozen::holdings(ending.bundle);
            if (holds.empty()) continue;
            out.push_back(
                {file_name(one.name, weather), std::move(ending.bundle), std::move(holds)});
        }
    }
    return out;
}

std::size_t new_in(const Candidate& one, const std::set<std::string>& held) {
    return static_cast<std::size_t>(std::ranges::count_if(
        one.holds, [&](const std::string& what) { return !held.contains(what); }));
}

}  // namespace

int freeze(const std::vector<Play>& plays, const std::string& folder, std::uint64_t seed) {
    const auto scratch = folder + "/scratch";
    auto all = candidates(plays, scratch, seed);
    std::filesystem::remove_all(scratch);
    std::set<std::string> held;
    while (true) {
        // The most that is new; of those with as much, the smallest.
        const auto best = std::ranges::max_element(all, {}, [&](const Candidate& one) {
            return std::pair(new_in(one, held), SIZE_MAX - one.bundle.size());
        });
        if (best == all.end() || new_in(*best, held) == 0) break;
        std::printf("%s: %zu bytes, %zu new\n", best->name.c_str(), best->bundle.size(),
                    new_in(*best, held));
        std::ofstream(folder + "/" + best->name + ".bundle", std::ios::binary) << best->bundle;
        held.insert(best->holds.begin(), best->holds.end());
    }
    return held.empty() ? 1 : 0;
}

}  // namespace weft::simulation
