// Power failures at every call that a store makes to its file system.
//
//     weft_power_loss [--states N] [--seed N] [--lying]
//
// A store is worked with; then each prefix of what it asked of the file system is followed by a
// power failure, in as many of the states that this allows as N gives, spread evenly. The next
// owner must find every record that a commit was confirmed for, none altered, none that nobody
// wrote, no finding of the audit, and must be able to go on. On a disk that lies about its syncs
// records may be lost, but never silently altered: the store is a sound prefix, or refuses to open.
// Beside the first bad state stand its seed and number.
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "store/sealed_file.h"
#include "tests/faults/recorder.h"
#include "tests/unit/store/support.h"

namespace weft::faults {
namespace {

namespace fs = std::filesystem;
using store::Batch;
using store::RunMaker;

struct Options {
    std::uint64_t states = 2000;
    std::uint64_t seed = 1;
    bool lying = false;
};

struct Work {
    Trace trace;
    std::vector<std::string> records;  // by leaf
};

store::OpenOptions options_of(store::Entropy& entropy) {
    auto options = store::create_options();
    options.ballast_bytes = 4096;
    options.entropy = &entropy;
    return options;
}

[[noreturn]] void end_with(const std::string& what) {
    std::fprintf(stderr, "weft_power_loss: %s\n", what.c_str());
    std::exit(1);
}

template <typename T>
T need(Result<T> result, const char* what) {
    if (!result) end_with(std::string(what) + ": " + result.error().message);
    return std::move(*result);
}
void need(Result<void> result, const char* what) {
    if (!result) end_with(std::string(what) + ": " + result.error().message);
}

// One owner after another; each makes runs, commits batches of all sizes, signs, moves the WAL into
// the database, and is killed or closes.
Work work(const std::string& folder, std::uint64_t seed) {
    constexpr int kOwners = 4;
    constexpr int kCommits = 25;
    Random random(seed);
    const auto entropy = store::seeded_entropy(seed);
    Work out;
    Recorder recorder(folder);
    std::uint8_t runs = 0;
    std::int64_t now_ms = 0;
    for (int owner = 0; owner < kOwners; ++owner) {
        auto store =
            need(store::open_sqlite_store(folder + "/s.weft", options_of(*entropy)), "open");
        recorder.mark(store->log_size());
        std::vector<RunMaker> makers;
        for (int i = 0; i < kCommits; ++i) {
            Batch batch;
            if (makers.empty() || random.below(5) == 0) {
                makers.emplace_back(*store, store::run_id(++runs)).begin(batch);
            }
            const auto appends = 1 + random.below(6);
            for (std::size_t k = 0; k < appends; ++k) {
                auto& maker = makers[makers.size() == 1 ? 0 : random.below(makers.size())];
                maker.add(batch, std::string(random.below(3) * random.below(3000), 'p'));
            }
            need(store->commit(batch), "commit");
            recorder.mark(store->log_size());
            now_ms += static_cast<std::int64_t>(random.below(600));
            need(store->maintain(now_ms, random.below(6) == 0), "maintain");
        }
        if (random.below(2) == 0) need(store->close(), "close");
    }
    out.trace = recorder.take();
    auto store = need(store::open_sqlite_store(folder + "/s.weft", options_of(*entropy)), "open");
    for (auto& row : need(store->read_log(0, 1'000'000), "read")) {
        out.records.push_back(std::move(row.record));
    }
    return out;
}

void lay_out(const std::string& folder, const Disk& disk,
             const std::map<std::string, std::string>& files) {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    fs::create_directories(folder);
    for (const auto& path : disk.folders()) fs::create_directories(folder + path);
    for (const auto& [path, content] : files) {
        std::ofstream out(folder + path, std::ios::binary);
        out << content;
        out.close();
        fs::permissions(folder + path, fs::perms::owner_read | fs::perms::owner_write);
    }
}

struct Found {
    std::string problem;  // empty when nothing is wrong
    // A confirmed record is not there, or the damage is named: only a disk that lies may do that.
    bool lost = false;
};

// What is wrong with the log of a store that says it is sound; empty when nothing is.
std::string altered(store::Store& store, const Work& work) {
    if (store.log_size() > work.records.size()) return "there are more records than were written";
    auto rows = store.read_log(0, 1'000'000);
    if (!rows) return "the log cannot be read: " + rows.error().message;
    for (std::size_t i = 0; i < rows->size(); ++i) {
        if ((*rows)[i].record != work.records[i]) {
            return "record " + std::to_string(i) + " is another than was written";
        }
    }
    return {};
}

// What the owner of the store says is wrong with it; empty when nothing is.
std::string named_damage(store::Store& store) {
    const auto report = store.verify({});
    if (!report) return "the audit cannot read: " + report.error().message;
    if (!report->findings.empty()) {
        const auto& finding = report->findings.front();
        return "the audit finds in " + finding.table + " " + finding.row + ": " + finding.what;
    }
    RunMaker maker(store, store::run_id(250));
    Batch batch;
    maker.begin(batch);
    maker.add(batch, "goes on");
    if (auto done = store.commit(batch); !done) return "it cannot go on: " + done.error().message;
    return {};
}

// What the next owner finds.
Found judge(const std::string& folder, const Work& work, std::uint64_t confirmed, bool made,
            bool lying, store::Entropy& entropy) {
    auto opened = store::open_sqlite_store(folder + "/s.weft", options_of(entropy));
    if (!opened) {
        // Nobody was told of a store yet: what is half made may be refused.
        if (!made) return {};
        if (lying) return {{}, true};
        return {"the store does not open: " + opened.error().message};
    }
    const auto size = (*opened)->log_size();
    if (size < confirmed && !lying) {
        return {"of " + std::to_string(confirmed) + " confirmed records " + std::to_string(size) +
                " are left"};
    }
    auto wrong = altered(**opened, work);
    auto damage = named_damage(**opened);
    if (lying && !damage.empty()) return {{}, true};
    return {wrong.empty() ? damage : wrong, size < confirmed};
}

int run(const Options& options) {
    const auto started = std::chrono::steady_clock::now();
    store::TempFolder folder;
    fs::create_directories(folder / "work");
    const Work done = work(folder / "work", options.seed);
    if (done.trace.size() < 100) end_with("the store's calls were not seen");
    Random random(options.seed + 1);
    const auto entropy = store::seeded_entropy(options.seed + 2);
    Disk disk;
    std::uint64_t confirmed = 0;
    std::uint64_t states = 0;
    std::uint64_t bad = 0;
    std::uint64_t lost = 0;
    bool made = false;
    for (std::size_t at = 0; at <= done.trace.size(); ++at) {
        const auto due = options.states * (at + 1) / (done.trace.size() + 1);
        for (; states < due; ++states) {
            Policy policy;
            static constexpr int kKeep[] = {0, 100, 50, 90, 10};
            policy.keep_percent = kKeep[random.below(5)];
            policy.torn = random.below(2) == 0;
            policy.lying = options.lying;
            const auto path = folder / "found";
            lay_out(path, disk, disk.after_power_loss(policy, random));
            const auto found = judge(path, done, confirmed, made, options.lying, *entropy);
            if (found.lost) ++lost;
            if (found.problem.empty()) continue;
            ++bad;
            std::printf("state %llu of seed %llu, after call %zu, %d %% kept%s: %s\n",
                        static_cast<unsigned long long>(states),
                        static_cast<unsigned long long>(options.seed), at, policy.keep_percent,
                        policy.torn ? ", torn" : "", found.problem.c_str());
            if (bad >= 10) return 1;
        }
        if (at == done.trace.size()) break;
        const auto& operation = done.trace[at];
        disk.apply(operation);
        if (operation.kind == Operation::Kind::Mark) {
            confirmed = operation.offset;
            made = true;
        }
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    std::printf(
        "weft_power_loss: %zu calls, %zu records, %llu states of seed %llu%s, %llu lost "
        "something, %llu bad, %.1f s\n",
        done.trace.size(), done.records.size(), static_cast<unsigned long long>(states),
        static_cast<unsigned long long>(options.seed), options.lying ? " on a disk that lies" : "",
        static_cast<unsigned long long>(lost), static_cast<unsigned long long>(bad), took.count());
    // The means must be able to see a loss: a disk that lies loses what was confirmed.
    if (options.lying && lost == 0) end_with("a disk that lies has lost nothing");
    return bad == 0 ? 0 : 1;
}

}  // namespace
}  // namespace weft::faults

int main(int argc, char** argv) {
    weft::faults::Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--lying") {
            options.lying = true;
        } else if (i + 1 < argc) {
            const std::string_view text = argv[++i];
            auto& number = word == "--states" ? options.states : options.seed;
            std::from_chars(text.data(), text.data() + text.size(), number);
        }
    }
    return weft::faults::run(options);
}
