// Power failures at every call that a store makes to its file system.
//
//     weft_power_loss [--states N] [--works N] [--seed N] [--runs N] [--failing N] [--full]
//                     [--lying] [--sabotage cut|alter|row] [--keep FOLDER]
//
// Owners work with a store on a disk in memory (work.h); each prefix of their calls is followed by
// a power failure, in as many of the states that this allows (medium.h) as N gives, spread evenly;
// and each opening of such a state by another one, at a drawn call of the opening. The next owner
// must find the database byte for byte as it was when the last commit was confirmed, or the one
// under way if there was one; the tree and the checkpoints that go with it; each key and sealed
// file, those destroyed no more; no finding of the audit; and its next commit must be found by one
// more owner (judge.h). A disk whose like was opened before is counted, and not opened again.
//
// `--works`: so many works, each of another seed. `--runs`: the first owner begins as many runs at
// once, so that keys are made ahead while it works. `--failing`: the N-th sync fails, its owner
// stops, and what it was to make durable is seen by the next ones until the power goes, and then
// never again. `--full`: the disk has hardly any room for one of the owners. `--lying`: syncs do
// nothing: records may be lost, but never silently altered, and losses must be seen.
// `--sabotage`: disks are damaged behind the store's back, where that takes away what was
// confirmed, or (`row`) a row of the host program is taken away, altered or added; each of them
// must be told, or the means of this test are no good. `--keep`: the disks that turned out bad are
// laid down in that folder, each in one of its own.
#include <malloc.h>
#include <sqlite3.h>

#include <charconv>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <unordered_map>

#include "tests/faults/judge.h"

namespace weft::faults {
namespace {

struct Options {
    std::uint64_t states = 20'000;
    std::uint64_t works = 1;
    std::uint64_t runs = 0;
    std::uint64_t failing = 0;
    std::uint64_t seed = 1;
    bool is_full = false;
    bool lies = false;
    std::string sabotage;
    std::string keep;  // a folder

    std::uint64_t* number(std::string_view word) {
        if (word == "--states") return &states;
        if (word == "--works") return &works;
        if (word == "--runs") return &runs;
        if (word == "--failing") return &failing;
        if (word == "--seed") return &seed;
        return nullptr;
    }
};

struct Counts {
    std::uint64_t calls = 0;
    std::uint64_t records = 0;
    std::uint64_t states = 0;
    std::uint64_t in_recovery = 0;
    std::uint64_t disks = 0;
    std::uint64_t recovered = 0;
    std::uint64_t lost = 0;
    std::uint64_t harmed = 0;
    std::uint64_t bad = 0;
    std::uint64_t works_met = 0;  // in which the fault that was asked for came
};

constexpr std::uint64_t kHeadBytes = 32;
constexpr std::uint64_t kFrameHeadBytes = 24;
constexpr std::uint64_t kFrameBytes = kFrameHeadBytes + 4096;

// How many frames of a write-ahead log are of its generation; older ones may stand behind them.
std::uint64_t live_frames(const File& wal) {
    if (wal == nullptr) return 0;
    const auto text = wal->text();
    const std::string_view all = text;
    std::uint64_t frames = 0;
    for (auto at = kHeadBytes; at + kFrameBytes <= all.size(); at += kFrameBytes) {
        if (all.substr(at + 8, 8) != all.substr(16, 8)) break;
        ++frames;
    }
    return frames;
}

// Takes from a disk what was confirmed. False: this one can't be harmed so. `is_last`: nothing was
// done after what was told.
bool harm(Image& image, const std::string& how, const Work& work, const Told& told, bool is_last,
          Random& random, Arena& arena) {
    const auto* wal = image.find(std::string(kStorePath) + "-wal");
    const auto* database = image.find(kStorePath);
    if (database == nullptr) return false;
    const bool is_moved = image.files[database->inode]->sum() == work.levels[told.level].sum;
    const auto frames = wal == nullptr ? 0 : live_frames(image.files[wal->inode]);
    if (how == "cut" && is_last && !is_moved && frames > 0) {
        auto cut = std::make_shared<Contents>(*image.files[wal->inode]);
        cut->resize(kHeadBytes + (frames - 1) * kFrameBytes, arena);
        image.files[wal->inode] = std::move(cut);
        return true;
    }
    if (how == "alter" && is_moved && frames == 0) {
        auto altered = std::make_shared<Contents>(*image.files[database->inode]);
        const auto at = random.below(altered->sectors());
        Sector* made = arena.make();
        made->bytes = altered->sector(at)->bytes;
        made->bytes[random.below(kSectorBytes)] ^= static_cast<char>(1U << random.below(8));
        made->seal();
        altered->put(at, made);
        image.files[database->inode] = std::move(altered);
        return true;
    }
    return false;
}

// All states of one work.
class Campaign {
  public:
    Campaign(const Options& options, std::uint64_t seed, Arena& arena, Counts& counts)
        : options_(options),
          seed_(seed),
          arena_(arena),
          counts_(counts),
          random_(seed + 1),
          work_(work(plan_of(options, seed), arena)),
          finder_(work_, arena) {}

    void run(std::uint64_t states) {
        if (work_.has_failed || work_.was_full) ++counts_.works_met;
        if (!work_.problem.empty()) report("the work itself", work_.problem);
        const auto calls = work_.trace.operations.size();
        Medium disk(work_.start, options_.lies);
        std::uint64_t drawn = 0;
        for (std::size_t at = 0; at <= calls && counts_.bad < kMostBad; ++at) {
            const auto due = states * (at + 1) / (calls + 1);
            const auto place = arena_.place();
            while (drawn < due && counts_.bad < kMostBad) {
                drawn += options_.sabotage.empty() ? crash(disk, at) : crash_harmed(disk, at);
                arena_.forget_from(place);
            }
            if (at < calls) disk.apply(work_.trace, at, arena_);
        }
        counts_.calls += calls;
        counts_.records += work_.records.size();
        counts_.disks += seen_.size();
        counts_.recovered += finder_.recovered();
    }

    static constexpr std::uint64_t kMostBad = 10;

  private:
    // To make a store costs as much as all else: one of eight works begins with that.
    static Plan plan_of(const Options& options, std::uint64_t seed) {
        return {seed, options.runs, options.failing, options.is_full, seed % 8 != 1};
    }

    // One state, and if it is a new disk one more out of its recovery. How many they were.
    std::uint64_t crash(const Medium& disk, std::size_t at) {
        const auto policy = Policy::draw(random_);
        const auto image = disk.after_power_loss(policy, random_, arena_);
        ++counts_.states;
        const auto [known, is_new] = seen_.try_emplace(image.sum());
        if (is_new) known->second = finder_.look(image, opening_);
        tell(known->second, at, policy.text(), image);
        if (!is_new || opening_.operations.empty()) return 1;

        Medium again(image, options_.lies);
        const auto until = random_.below(opening_.operations.size() + 1);
        for (std::size_t i = 0; i < until; ++i) again.apply(opening_, i, arena_);
        const auto second = Policy::draw(random_);
        const auto other = again.after_power_loss(second, random_, arena_);
        ++counts_.states;
        ++counts_.in_recovery;
        Trace unused;
        const auto [at_it, is_other] = seen_.try_emplace(other.sum());
        if (is_other) at_it->second = finder_.look(other, unused);
        tell(at_it->second, at,
             policy.text() + "; then after call " + std::to_string(until) + " of the opening, " +
                 second.text(),
             other);
        return 2;
    }

    std::uint64_t crash_harmed(const Medium& disk, std::size_t at) {
        if (options_.sabotage == "row") return crash_with_other_row(disk, at);
        const auto* told = last_told(work_, at);
        auto image = disk.after_power_loss({}, random_, arena_);
        ++counts_.states;
        if (told == nullptr ||
            !harm(image, options_.sabotage, work_, *told, told->at == at, random_, arena_)) {
            return 1;
        }
        ++counts_.harmed;
        seen_.try_emplace(image.sum());
        const auto found = finder_.look(image, opening_);
        const auto verdict = judge(work_, found, at, false);
        if (verdict.problem.empty()) report("after call " + std::to_string(at), "harm unseen");
        ++counts_.lost;
        return 1;
    }

    std::uint64_t crash_with_other_row(const Medium& disk, std::size_t at) {
        const auto image = disk.after_power_loss({}, random_, arena_);
        ++counts_.states;
        const auto seen = finder_.sees_other_row(image, random_.next());
        if (!seen) return 1;
        ++counts_.harmed;
        seen_.try_emplace(image.sum());
        if (!*seen) report("after call " + std::to_string(at), "another row unseen");
        ++counts_.lost;
        return 1;
    }

    void tell(const Found& found, std::size_t at, const std::string& how, const Image& image) {
        const auto verdict = judge(work_, found, at, options_.lies);
        if (verdict.lost) ++counts_.lost;
        if (!verdict.problem.empty()) {
            report("after call " + std::to_string(at) + ", " + how, verdict.problem);
            if (!options_.keep.empty()) keep(image);
        }
    }

    void keep(const Image& image) const {
        namespace fs = std::filesystem;
        const auto folder = fs::path(options_.keep) / std::to_string(counts_.bad);
        fs::create_directories(folder);
        for (const auto& name : image.names) {
            if (name.inode == kFolder || image.files[name.inode] == nullptr) continue;
            std::ofstream out(folder / fs::path(name.path).filename(), std::ios::binary);
            out << image.files[name.inode]->text();
        }
    }

    void report(const std::string& where, const std::string& what) {
        ++counts_.bad;
        std::printf("seed %llu, %s: %s\n", static_cast<unsigned long long>(seed_), where.c_str(),
                    what.c_str());
    }

    const Options& options_;
    std::uint64_t seed_;
    Arena& arena_;
    Counts& counts_;
    Random random_;
    Work work_;
    Finder finder_;
    Trace opening_;
    std::unordered_map<std::uint64_t, Found> seen_;
};

void print(const Options& options, const Counts& counts, double seconds) {
    const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
    std::printf(
        "weft_power_loss: %llu works from seed %llu%s%s%s%s, %llu calls, %llu records; %llu states "
        "(%llu in a recovery), %llu different disks, %llu after recovery; ",
        number(options.works), number(options.seed), options.failing > 0 ? ", a sync fails" : "",
        options.is_full ? ", the disk is full" : "", options.lies ? ", the disk lies" : "",
        options.sabotage.empty() ? "" : ", with sabotage", number(counts.calls),
        number(counts.records), number(counts.states), number(counts.in_recovery),
        number(counts.disks), number(counts.recovered));
    if (!options.sabotage.empty()) std::printf("%llu harmed, ", number(counts.harmed));
    std::printf("%llu lost something, %llu bad, %.1f s, %.0f states/s\n", number(counts.lost),
                number(counts.bad), seconds, static_cast<double>(counts.states) / seconds);
}

// One thread opens databases all day: without locks, and with memory that is kept.
void settle_memory() {
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    ::mallopt(M_TRIM_THRESHOLD, 1 << 28);
    ::mallopt(M_MMAP_THRESHOLD, 1 << 28);
    ::mallopt(M_TOP_PAD, 1 << 24);
}

int refuse(std::string_view word) {
    std::fprintf(stderr, "weft_power_loss: what is %.*s?\n", static_cast<int>(word.size()),
                 word.data());
    return 2;
}

int run(const Options& options) {
    settle_memory();
    const auto started = std::clock();
    Counts counts;
    Arena arena;
    for (std::uint64_t i = 0; i < options.works && counts.bad < Campaign::kMostBad; ++i) {
        arena.forget_from(0);
        const auto share =
            options.states * (i + 1) / options.works - options.states * i / options.works;
        Campaign(options, options.seed + i, arena, counts).run(share);
    }
    // Of the processor: others may use it too.
    print(options, counts, static_cast<double>(std::clock() - started) / CLOCKS_PER_SEC);
    // The means must be able to see what they look for.
    const bool must_lose = options.lies || !options.sabotage.empty();
    if (must_lose && counts.lost == 0) {
        std::puts("weft_power_loss: nothing was lost, though it had to be");
        return 1;
    }
    if ((options.failing > 0 || options.is_full) && counts.works_met == 0) {
        std::puts("weft_power_loss: the fault never came");
        return 1;
    }
    return counts.bad == 0 ? 0 : 1;
}

}  // namespace
}  // namespace weft::faults

int main(int argc, char** argv) {
    weft::faults::Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--lying") {
            options.lies = true;
        } else if (word == "--full") {
            options.is_full = true;
        } else if (i + 1 < argc && word == "--sabotage") {
            options.sabotage = argv[++i];
        } else if (i + 1 < argc && word == "--keep") {
            options.keep = argv[++i];
        } else if (auto* number = options.number(word); number != nullptr && i + 1 < argc) {
            const std::string_view text = argv[++i];
            const auto read = std::from_chars(text.data(), text.data() + text.size(), *number);
            if (read.ptr != text.data() + text.size()) return weft::faults::refuse(text);
        } else {
            return weft::faults::refuse(word);
        }
    }
    return weft::faults::run(options);
}
