#include "tests/faults/work.h"

#include <sqlite3.h>

#include <algorithm>
#include <deque>
#include <memory>

#include "store/sealed_file.h"
#include "tests/unit/store/support.h"

namespace weft::faults {

const char* const kStorePath = "/weft-disk/s.weft";

namespace {

using store::Batch;
using store::RunId;
using store::RunMaker;
using store::Tag;

constexpr std::uint64_t kBallastBytes = 16384;

}  // namespace

Result<void> finish_erasures(store::Store& store, const std::vector<Slot>& slots) {
    std::vector<RunId> runs;
    for (const auto& slot : slots) {
        WEFT_TRY(state, store.keys().slot_state(slot.number));
        WEFT_TRY(row, store.run(slot.run));
        if (row && state == store::SlotState::Destroyed) runs.push_back(slot.run);
    }
    if (runs.empty()) return {};
    // Both steps, as the engine does: of a slot that was torn only the first byte may be there.
    WEFT_TRY_VOID(store.destroy_keys(runs));
    return store.delete_payloads(runs);
}

namespace {

class Owners {
  public:
    Owners(const Plan& plan, Arena& arena)
        : arena_(arena),
          random_(plan.seed),
          entropy_(store::seeded_entropy(plan.seed)),
          files_(arena, empty_disk(), plan.seed) {}

    Work work(const Plan& plan) {
        auto* before = support::listen(&files_);
        sqlite3_randomness(0, nullptr);
        out_.start = plan.is_made ? made() : empty_disk();
        files_.fail_sync(plan.failing);
        const auto owners = 2 + random_.below(3);
        for (std::size_t number = 0; number < owners && out_.problem.empty(); ++number) {
            const bool is_squeezed = plan.is_full && number == owners / 2;
            if (is_squeezed) files_.limit(files_.used() + random_.below(120'000));
            if (open() && (number > 0 || begin_runs(plan.runs))) own();
            store_.reset();
            files_.limit(0);
        }
        store_.reset();
        support::listen(before);
        out_.has_failed = files_.has_failed();
        out_.was_full = files_.was_full();
        out_.trace = std::move(files_.trace);
        return std::move(out_);
    }

  private:
    // One run that may go on.
    struct Live {
        Live(store::Store& store, const RunId& id, std::size_t its_slot)
            : maker(store, id), slot(its_slot) {}
        RunMaker maker;
        std::size_t slot;  // in Work::slots
    };

    struct Waiting {
        std::uint64_t id = 0;
        std::size_t slot = 0;
    };

    [[nodiscard]] std::size_t here() const { return files_.trace.operations.size(); }

    Image made() {
        if (open()) is_done(store_->close(), "close");
        store_.reset();
        files_.trace.clear();
        out_.told.clear();
        told();
        return files_.image();
    }

    // Whether it went well. When nothing failed it must.
    bool is_done(const Result<void>& done, const char* what) {
        if (!done && !files_.has_failed() && !files_.was_full()) {
            out_.problem = std::string(what) + ": " + done.error().message;
        }
        return done.has_value();
    }

    bool open() {
        store::OpenOptions options = store::create_options();
        options.ballast_bytes = kBallastBytes;
        options.entropy = entropy_.get();
        auto opened = store::open_sqlite_store(kStorePath, options);
        if (!is_done(opened ? Result<void>() : std::unexpected(opened.error()), "open")) {
            return false;
        }
        store_ = std::move(*opened);
        count_alone();
        told();
        keep_what_nobody_was_told_of();
        std::vector<std::unique_ptr<Live>> again;
        for (const auto& live : live_) {
            again.push_back(std::make_unique<Live>(*store_, live->maker.id(), live->slot));
        }
        live_ = std::move(again);
        go_on();
        return true;
    }

    bool begin_runs(std::uint64_t count) {
        constexpr std::uint64_t kABatch = 150;
        for (std::uint64_t i = 0; i < count; i += kABatch) {
            Batch batch;
            for (std::uint64_t k = i; k < std::min(count, i + kABatch); ++k) begin(batch);
            if (!commit(batch) || !maintain(0)) return false;
        }
        return true;
    }

    // What one of them does until it is killed, or closes.
    void own() {
        const auto rounds = 4 + random_.below(10);
        for (std::size_t i = 0; i < rounds; ++i) {
            const auto what = random_.below(16);
            if (what == 0 && live_.size() > 3) {
                if (!erase()) return;
            } else if (what == 1 && !live_.empty()) {
                if (!commit_file()) return;
            } else if (what == 2) {
                if (!transact()) return;
            } else if (!commit(draw())) {
                if (store_->poisoned() || !out_.problem.empty()) return;
            }
            if (!maintain(random_.below(3) == 0 ? 2 : random_.below(2))) return;
        }
        if (random_.below(2) == 0 && is_done(store_->close(), "close")) told();
    }

    void begin(Batch& batch) {
        RunId id = store::run_id(static_cast<std::uint8_t>(++runs_));
        id[1] = static_cast<std::uint8_t>(runs_ >> 8U);
        live_.push_back(std::make_unique<Live>(*store_, id, out_.slots.size()));
        auto& maker = live_.back()->maker;
        maker.begin(batch);
        maker.add(batch, "begun");
        auto& slot = out_.slots.emplace_back();
        slot.run = id;
        slot.number = batch.runs.back().slot;
        slot.key = maker.key();
    }

    Tag tag() { return entropy_->bytes<16>(); }

    Batch draw() {
        Batch batch;
        if (live_.empty() || random_.below(5) == 0) begin(batch);
        for (auto left = 1 + random_.below(4); left > 0; --left) {
            auto& live = live_[random_.below(live_.size())];
            const auto is_long = random_.below(2);
            live->maker.add(batch, std::string(is_long * random_.below(1500), 'p'));
        }
        const auto& live = *live_[random_.below(live_.size())];
        const auto& id = live.maker.id();
        if (random_.below(3) == 0) {
            const auto its_tag = tag();
            auto box = sealed(live, store::inbox_context(its_tag), 1 + random_.below(200));
            batch.inbox.push_back({id, 1, its_tag, std::move(box), {}});
        }
        if (!waiting_.empty() && random_.below(3) == 0) {
            const auto& taken = waiting_.front();
            for (const auto& one : live_) {
                if (one->slot == taken.slot) {
                    batch.inbox_taken.push_back({taken.id, one->maker.seq() - 1});
                }
            }
        }
        if (random_.below(4) == 0) batch.wakes.push_back({id, 1000 + std::int64_t(runs_)});
        if (random_.below(2) == 0) change(batch, live);
        return batch;
    }

    std::string sealed(const Live& live, const std::string& context, std::size_t size) {
        const auto& key = out_.slots[live.slot].key;
        return store::seal_bytes(*entropy_, key, context, entropy_->text(size));
    }

    void change(Batch& batch, const Live& live) {
        const auto& id = live.maker.id();
        auto& changes = batch.changes;
        switch (random_.below(9)) {
            case 0:
                changes.emplace_back(store::LedgerRow{tag(), id, 1, 1, 2, std::nullopt});
                break;
            case 1:
                changes.emplace_back(store::CacheRow{tag(), id, 2, 99});
                break;
            case 2:
                changes.emplace_back(store::LockRow{Tag{1}, id, 5});
                break;
            case 3:
                changes.emplace_back(store::DropLock{Tag{1}});
                break;
            case 4:
                changes.emplace_back(store::SubjectRow{tag(), id});
                break;
            case 5:
                changes.emplace_back(store::SecretRow{
                    id, "mail", sealed(live, store::secret_context(id, "mail"), 50)});
                break;
            case 6: {
                const auto seq = live.maker.seq() - 1;
                const auto context = store::snapshot_context(id, seq, live.maker.prev());
                changes.emplace_back(store::SnapshotRow{id, seq, sealed(live, context, 900)});
                break;
            }
            case 7:
                changes.emplace_back(store::ReadyRow{0, "hand", id, 3});
                break;
            default:
                changes.emplace_back(store::MetaRow{"clock", entropy_->text(8)});
                break;
        }
    }

    // Some of the records that host programs make come with a row of theirs.
    bool share(const Batch& batch) {
        if (batch.appends.empty() || random_.below(3) > 0) return true;
        const auto& record = batch.appends.front().record;
        const auto shared = share_row(*store_, record, random_.below(3) == 0);
        if (!shared) return is_done(std::unexpected(shared.error()), "share");
        if (*shared) out_.hosted.insert(record);
        return *shared || is_done(fail(ErrorKind::Environment, "it is undone"), "share");
    }

    bool commit(const Batch& batch) {
        const bool is_shared = share(batch);
        if (!is_shared) store_->drop_shared();
        auto done = store_->commit(batch);
        if (!done) {
            // It may be there all the same, and the same record may be made again without a row.
            if (!batch.appends.empty()) out_.hosted.erase(batch.appends.front().record);
            // Those that the batch began are none; the others have not gone on.
            forget_unbegun();
            if (!store_->poisoned()) go_on();
            return is_done(std::unexpected(done.error()), "commit");
        }
        for (std::size_t i = 0; i < batch.appends.size(); ++i) {
            const auto leaf = done->leaves[i];
            if (out_.records.size() <= leaf) out_.records.resize(leaf + 1);
            out_.records[leaf] = batch.appends[i].record;
            keep_box(batch.appends[i]);
        }
        for (std::size_t i = 0; i < batch.inbox.size(); ++i) {
            for (const auto& live : live_) {
                if (live->maker.id() != batch.inbox[i].run) continue;
                waiting_.push_back({done->inbox[i].id, live->slot});
            }
        }
        if (!batch.inbox_taken.empty()) waiting_.pop_front();
        for (auto& slot : out_.slots) slot.begun_at = std::min(slot.begun_at, here());
        told();
        return true;
    }

    void keep_box(const store::Append& append) {
        constexpr std::size_t kSome = 3;
        const auto run = append.record.substr(16, 16);
        for (const auto& live : live_) {
            auto& boxes = out_.slots[live->slot].boxes;
            if (append.box && view(live->maker.id()) == run && boxes.size() < kSome) {
                boxes.push_back(*append.box);
            }
        }
    }

    void forget_unbegun() {
        std::erase_if(
            live_, [&](const auto& live) { return out_.slots[live->slot].begun_at == SIZE_MAX; });
        while (!out_.slots.empty() && out_.slots.back().begun_at == SIZE_MAX) {
            out_.slots.pop_back();
        }
    }

    // Where the store says that each run stands.
    void go_on() {
        for (auto& live : live_) {
            const auto head = store_->head(live->maker.id());
            if (head) live->maker.go_on_from(*head, out_.slots[live->slot].key);
        }
    }

    // A commit that failed, and is there.
    void keep_what_nobody_was_told_of() {
        const auto rows = store_->read_log(out_.records.size(), 1'000'000);
        for (std::size_t i = 0; rows && i < rows->size(); ++i) {
            out_.records.push_back((*rows)[i].record);
        }
    }

    bool commit_file() {
        const auto& live = *live_[random_.below(live_.size())];
        const auto& key = out_.slots[live.slot].key;
        auto row = store::write_sealed_file(store_->files_folder(), key, live.maker.id(), *entropy_,
                                            std::string(random_.below(2000), 'f'));
        if (!row) return is_done(std::unexpected(row.error()), "file");
        auto batch = draw();
        batch.changes.emplace_back(*row);
        return commit(batch);
    }

    // Of the host program's alone, twice in three times.
    bool transact() {
        const bool fails = random_.below(3) == 0;
        const auto done = put_alone(*store_, fails);
        if (fails && !done && done.error().kind == ErrorKind::Usage) return true;
        if (!is_done(done, "transact")) return false;
        ++alone_;
        told();
        return true;
    }

    // What the one before was told must be there, and what it was not told may be.
    void count_alone() {
        const auto found = rows_alone(*store_);
        if (!found) {
            is_done(std::unexpected(found.error()), "rows");
            return;
        }
        const bool is_sure = !files_.has_failed() && !files_.was_full();
        if (is_sure && *found != alone_) out_.problem = "rows of the host alone are gone";
        alone_ = *found;
    }

    bool erase() {
        const auto at = random_.below(live_.size());
        const auto id = live_[at]->maker.id();
        auto& slot = out_.slots[live_[at]->slot];
        live_.erase(live_.begin() + static_cast<std::ptrdiff_t>(at));
        slot.ending_at = here();
        if (!is_done(store_->destroy_keys({id}), "destroy_keys")) return false;
        slot.ended_at = here();
        told();
        if (!is_done(store_->delete_payloads({id}), "delete_payloads")) return false;
        slot.gone_at = here();
        waiting_.clear();
        told();
        return true;
    }

    // 2: it has had a rest, after which the log moves into the database.
    bool maintain(std::size_t idle) {
        now_ms_ += static_cast<std::int64_t>(random_.below(700));
        bool done = is_done(store_->maintain(now_ms_, idle > 0), "maintain");
        if (done && idle > 1) {
            now_ms_ += 1000;
            done = is_done(store_->maintain(now_ms_, true), "maintain");
        }
        if (done) told();
        return done;
    }

    // Somebody else looks at a copy of the disk, as it is after a kill.
    void told() {
        const auto at = here();
        MemoryFiles copy(arena_, files_.image(), 1);
        auto* mine = support::listen(&copy);
        Told now{at, 0, 0};
        {
            auto entropy = store::seeded_entropy(1);
            store::OpenOptions options = store::create_options();
            options.ballast_bytes = 0;
            options.entropy = entropy.get();
            auto opened = store::open_sqlite_store(kStorePath, options);
            if (!opened) {
                out_.problem = "after a kill: " + opened.error().message;
            } else {
                now.level = level_of(**opened, copy);
                if (const auto note = (*opened)->keys().last_checkpoint(); !note.empty()) {
                    const auto last = (*opened)->last_checkpoint();
                    // What only the system's memory holds after a sync that failed binds nobody.
                    if (last && *last && !files_.has_failed()) now.saved = (*last)->size;
                }
            }
        }
        support::listen(mine);
        out_.told.push_back(now);
    }

    std::size_t level_of(store::Store& found, const MemoryFiles& copy) {
        Level level;
        const auto image = copy.image();
        level.sum = image.file(kStorePath)->sum();
        const auto [at, is_new] = out_.by_sum.try_emplace(level.sum, out_.levels.size());
        if (!is_new) return at->second;
        level.records = found.log_size();
        const auto root = found.root(level.records);
        if (root) level.root = *root;
        const auto rows = found.read_log(0, 1'000'000);
        for (std::size_t i = 0; rows && i < rows->size() && i < out_.records.size(); ++i) {
            if ((*rows)[i].record != out_.records[i]) out_.problem = "a record is another";
        }
        if (!rows || rows->size() < out_.records.size()) out_.problem = "records are gone";
        for (std::size_t slot = 0; slot < out_.slots.size(); ++slot) {
            const auto files = found.files(out_.slots[slot].run);
            for (std::size_t i = 0; files && i < files->size(); ++i) {
                const auto path = store::sealed_file_path(found.files_folder(), (*files)[i].id);
                const auto file = image.file(path);
                level.files[path] = {file ? file->sum() : 0, slot};
            }
        }
        const auto alone = rows_alone(found);
        if (!alone || *alone != alone_) out_.problem = "a row of the host alone is not there";
        const auto wrong = wrong_row(found, out_.hosted);
        if (!wrong || !wrong->empty()) out_.problem = wrong ? *wrong : wrong.error().message;
        const auto finished = finish_erasures(found, out_.slots);
        if (!finished) out_.problem = finished.error().message;
        const auto report = found.verify({});
        if (!report || !report->findings.empty()) out_.problem = "the audit finds something";
        out_.levels.push_back(std::move(level));
        return out_.levels.size() - 1;
    }

    Arena& arena_;
    Random random_;
    std::unique_ptr<store::Entropy> entropy_;
    MemoryFiles files_;
    Work out_;
    std::unique_ptr<store::Store> store_;
    std::vector<std::unique_ptr<Live>> live_;
    std::deque<Waiting> waiting_;  // in the inbox
    std::uint16_t runs_ = 0;
    std::int64_t now_ms_ = 0;
    std::uint64_t alone_ = 0;  // rows that were told, without a record
};

}  // namespace

Work work(const Plan& plan, Arena& arena) {
    return Owners(plan, arena).work(plan);
}

}  // namespace weft::faults
