// Power failures at every call that a store makes to its file system.
//
//     weft_power_loss [--states N] [--seed N] [--runs N] [--failing N] [--lying]
//
// A store is worked with; then each prefix of what it asked of the file system is followed by a
// power failure, in as many of the states that this allows as N gives, spread evenly. The next
// owner must find every record that a commit was confirmed for, none altered, none that nobody
// wrote, no finding of the audit, and must be able to go on. On a disk that lies about its syncs
// records may be lost, but never silently altered: the store is a sound prefix, or refuses to open.
// `--failing N`: the N-th sync fails, its owner stops, and what it was to make durable is seen by
// the next ones until the power goes, and then never again. `--runs N`: the first owner begins as
// many runs at once, so that keys are made ahead while it works. Beside the first bad state stand
// its seed and number.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/hash.h"
#include "store/sealed_file.h"
#include "tests/faults/recorder.h"
#include "tests/unit/store/support.h"
#include "weft/transaction.h"

namespace weft::faults {
namespace {

namespace fs = std::filesystem;
using store::Batch;
using store::RunMaker;

struct Options {
    std::uint64_t states = 2000;
    std::uint64_t seed = 1;
    std::uint64_t runs = 0;
    std::uint64_t failing = 0;
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

// What one owner does: makes runs, commits batches of all sizes, signs, moves the WAL into the
// database, and is killed or closes. False: a sync failed, and it had to stop.
class Owner {
  public:
    Owner(const std::string& path, Recorder& recorder, Random& random, store::Entropy& entropy)
        : recorder_(recorder), random_(random) {
        auto opened = store::open_sqlite_store(path, options_of(entropy));
        if (!opened && !recorder.has_failed()) end_with("open: " + opened.error().message);
        if (opened) store_ = std::move(*opened);
        if (store_) recorder.mark(store_->log_size());
    }
    bool begin_runs(std::uint64_t count, std::uint16_t& runs) {
        constexpr std::uint64_t kABatch = 150;
        for (std::uint64_t i = 0; store_ && i < count; i += kABatch) {
            Batch batch;
            for (std::uint64_t k = i; k < std::min(count, i + kABatch); ++k) begin(batch, runs);
            if (!commit(batch) || !maintain(false)) return false;
        }
        return store_ != nullptr;
    }
    bool work(std::uint16_t& runs) {
        constexpr int kCommits = 25;
        for (int i = 0; store_ && i < kCommits; ++i) {
            Batch batch;
            if (makers_.empty() || random_.below(5) == 0) begin(batch, runs);
            const auto appends = 1 + random_.below(6);
            for (std::size_t k = 0; k < appends; ++k) {
                auto& maker = makers_[makers_.size() == 1 ? 0 : random_.below(makers_.size())];
                maker.add(batch, std::string(random_.below(3) * random_.below(3000), 'p'));
            }
            if (!commit(batch) || !maintain(random_.below(6) == 0)) return false;
        }
        return store_ && (random_.below(2) != 0 || is_done(store_->close(), "close"));
    }

  private:
    void begin(Batch& batch, std::uint16_t& runs) {
        auto id = store::run_id(static_cast<std::uint8_t>(++runs));
        id[1] = static_cast<std::uint8_t>(runs >> 8U);
        makers_.emplace_back(*store_, id).begin(batch);
        makers_.back().add(batch, "begun");
    }
    // The host program's table says how long the log is: it is never another than that of its
    // commit.
    bool commit(const Batch& batch) {
        const auto size = static_cast<std::int64_t>(store_->log_size() + batch.appends.size());
        const auto note = [&](Transaction& transaction) {
            return transaction.run("CREATE TABLE IF NOT EXISTS app_size(size INTEGER)") &&
                   transaction.run("DELETE FROM app_size") &&
                   transaction.run("INSERT INTO app_size VALUES(?)", {size});
        };
        const auto noted = store_->share(note, {});
        auto done = noted ? store_->commit(batch) : std::unexpected(noted.error());
        if (done) recorder_.mark(store_->log_size());
        return is_done(done ? Result<void>() : std::unexpected(done.error()), "commit");
    }
    bool maintain(bool is_idle) {
        now_ms_ += static_cast<std::int64_t>(random_.below(600));
        if (!is_done(store_->maintain(now_ms_, false), "maintain")) return false;
        if (!is_idle) return true;
        now_ms_ += 1000;  // a rest, after which the log moves into the database
        return is_done(store_->maintain(now_ms_, true), "maintain");
    }
    bool is_done(const Result<void>& done, const char* what) {
        if (!done && !recorder_.has_failed()) {
            end_with(std::string(what) + ": " + done.error().message);
        }
        return done.has_value();
    }

    Recorder& recorder_;
    Random& random_;
    std::unique_ptr<store::Store> store_;
    std::vector<RunMaker> makers_;
    std::int64_t now_ms_ = 0;
};

// One owner after another.
Work work(const std::string& folder, const Options& options) {
    constexpr int kOwners = 4;
    Random random(options.seed);
    const auto entropy = store::seeded_entropy(options.seed);
    const auto path = folder + "/s.weft";
    Work out;
    Recorder recorder(folder);
    recorder.fail_sync(options.failing);
    std::uint16_t runs = 0;
    for (int number = 0; number < kOwners; ++number) {
        Owner owner(path, recorder, random, *entropy);
        if (number == 0 && !owner.begin_runs(options.runs, runs)) continue;
        owner.work(runs);
    }
    if (options.failing > 0 && !recorder.has_failed()) end_with("there were fewer syncs");
    out.trace = recorder.take();
    auto store = need(store::open_sqlite_store(path, options_of(*entropy)), "open");
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

// What the next owner finds on a disk: the same for every disk of the same bytes.
struct Found {
    std::string refused;  // why it does not open; empty when it does
    std::uint64_t size = 0;
    std::string altered;  // what is not as it was written, though nobody says so
    std::string damage;   // what the audit names, or why it can't go on
};

struct Verdict {
    std::string problem;  // empty when nothing is wrong
    // A confirmed record is not there, or the damage is named: only a disk that lies may do that.
    bool lost = false;
};

// Whether the host program's table and the log are of one commit; empty when they are.
std::string apart(store::Store& store) {
    std::string out;
    const auto look = [&](Transaction& transaction) {
        const auto rows = transaction.run("SELECT size FROM app_size");
        const auto said = rows && !rows->empty() ? std::get<std::int64_t>(rows->front()[0]) : 0;
        if (static_cast<std::uint64_t>(said) == store.log_size()) return false;
        out = "of the host program's " + std::to_string(said) + " records the log has " +
              std::to_string(store.log_size());
        return false;
    };
    if (auto looked = store.share(look, {}); !looked) return looked.error().message;
    store.drop_shared();
    return out;
}

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
    return apart(store);
}

// What the owner of the store says is wrong with it; empty when nothing is.
std::string named_damage(store::Store& store) {
    const auto report = store.verify({});
    if (!report) return "the audit cannot read: " + report.error().message;
    if (!report->findings.empty()) {
        const auto& finding = report->findings.front();
        return "the audit finds in " + finding.table + " " + finding.row + ": " + finding.what;
    }
    // A run would get an empty one only hundreds of runs later.
    auto& keys = store.keys();
    for (std::uint64_t slot = 0; slot < keys.slot_count(); ++slot) {
        const auto state = keys.slot_state(slot);
        if (state && *state != store::SlotState::None) continue;
        return "key slot " + std::to_string(slot) + " of " + std::to_string(keys.slot_count()) +
               " is empty";
    }
    auto id = store::run_id(250);
    id[1] = 0xFF;
    RunMaker maker(store, id);
    Batch batch;
    maker.begin(batch);
    maker.add(batch, "goes on");
    if (auto done = store.commit(batch); !done) return "it cannot go on: " + done.error().message;
    return {};
}

Found look(const std::string& folder, const Work& work, store::Entropy& entropy) {
    auto opened = store::open_sqlite_store(folder + "/s.weft", options_of(entropy));
    if (!opened) return {opened.error().message, 0, {}, {}};
    const auto size = (*opened)->log_size();
    auto wrong = altered(**opened, work);
    return {{}, size, std::move(wrong), named_damage(**opened)};
}

Verdict judge(const Found& found, std::uint64_t confirmed, bool made, bool lying) {
    if (!found.refused.empty()) {
        // Nobody was told of a store yet: what is half made may be refused.
        if (!made) return {};
        if (lying) return {{}, true};
        return {"the store does not open: " + found.refused};
    }
    if (found.size < confirmed && !lying) {
        return {"of " + std::to_string(confirmed) + " confirmed records " +
                std::to_string(found.size) + " are left"};
    }
    if (lying && !found.damage.empty()) return {{}, true};
    return {found.altered.empty() ? found.damage : found.altered, found.size < confirmed};
}

// Of names and contents.
Hash name_of(const std::map<std::string, std::string>& files) {
    ByteWriter all;
    for (const auto& [path, content] : files) {
        all.block(path);
        all.raw(view(sha256(content)));
    }
    return sha256(all.take());
}

int run(const Options& options) {
    const auto started = std::chrono::steady_clock::now();
    store::TempFolder folder;
    fs::create_directories(folder / "work");
    const Work done = work(folder / "work", options);
    if (done.trace.size() < 100) end_with("the store's calls were not seen");
    Random random(options.seed + 1);
    const auto entropy = store::seeded_entropy(options.seed + 2);
    Disk disk;
    std::map<Hash, Found> seen;  // neighbouring prefixes leave many disks that are the same
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
            const auto files = disk.after_power_loss(policy, random);
            const auto [known, is_new] = seen.try_emplace(name_of(files));
            if (is_new) {
                const auto path = folder / "found";
                lay_out(path, disk, files);
                known->second = look(path, done, *entropy);
            }
            const auto found = judge(known->second, confirmed, made, options.lying);
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
        "weft_power_loss: %zu calls, %zu records, %llu states (%zu different disks) of seed "
        "%llu%s, "
        "%llu lost something, %llu bad, %.1f s\n",
        done.trace.size(), done.records.size(), static_cast<unsigned long long>(states),
        seen.size(), static_cast<unsigned long long>(options.seed),
        options.lying ? " on a disk that lies" : "", static_cast<unsigned long long>(lost),
        static_cast<unsigned long long>(bad), took.count());
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
            auto& number = word == "--states"    ? options.states
                           : word == "--runs"    ? options.runs
                           : word == "--failing" ? options.failing
                                                 : options.seed;
            std::from_chars(text.data(), text.data() + text.size(), number);
        }
    }
    return weft::faults::run(options);
}
