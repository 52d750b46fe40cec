#include "tests/faults/judge.h"

#include <sqlite3.h>

#include <algorithm>

#include "store/sealed_file.h"
#include "tests/unit/store/support.h"

namespace weft::faults {

namespace {

using store::SlotState;

// Every so many openings are followed to the end, though their like was.
constexpr std::uint64_t kFollowEvery = 32;

// Of what the next commit builds on: what is left of a log without a whole commit is written over.
std::uint64_t base_of(Image image) {
    std::erase_if(image.names, [](const Image::Name& name) {
        return name.path.ends_with("-wal") || name.path.ends_with(".ack");
    });
    return image.sum();
}

std::string count_of(std::uint64_t records) {
    return std::to_string(records) + " records";
}

// The next confirmed state may be there as well: its commit may have been under way.
bool may_be(const Work& work, const Told& told, std::size_t level) {
    const auto* next = &told + 1;
    const auto* end = work.told.data() + work.told.size();
    return level == told.level || (next != end && level == next->level);
}

std::string wrong_slot(const Work& work, const Found& found, std::size_t at) {
    for (std::size_t i = 0; i < work.slots.size(); ++i) {
        const auto& slot = work.slots[i];
        const bool must_live = slot.begun_at <= at && at < slot.ending_at;
        const bool must_be_gone = slot.ended_at <= at;
        if (must_live && found.slots[i] != 1) {
            return "the key in slot " + std::to_string(slot.number) + " is not the run's";
        }
        if (must_be_gone && found.slots[i] != 2) {
            return "the destroyed key in slot " + std::to_string(slot.number) + " is back";
        }
    }
    return {};
}

std::string wrong_file(const Work& work, const Found& found, const Level& level, std::size_t at) {
    for (const auto& [path, sealed] : level.files) {
        if (work.slots[sealed.slot].ending_at <= at) continue;
        if (std::ranges::find(found.files, path) == found.files.end()) {
            return "the sealed file " + path + " is not there as it was written";
        }
    }
    for (const auto& path : found.files) {
        if (!level.files.contains(path)) return "the sealed file " + path + " belongs to nobody";
    }
    return {};
}

}  // namespace

const Told* last_told(const Work& work, std::size_t at) {
    const auto next = std::ranges::upper_bound(work.told, at, {}, &Told::at);
    return next == work.told.begin() ? nullptr : &*std::prev(next);
}

Verdict judge(const Work& work, const Found& found, std::size_t at, bool lies) {
    const auto* told = last_told(work, at);
    if (!found.refused.empty()) {
        // Nobody was told of a store yet: what is half made may be refused.
        if (told == nullptr) return {};
        if (lies) return {{}, true};
        return {"the store does not open: " + found.refused};
    }
    if (told == nullptr) return {found.wrong.empty() ? found.damage : found.wrong};
    // A disk that lies may lose all, even that there ever was a store, but not quietly alter it.
    if (lies) {
        const bool lost =
            !found.level || work.levels[*found.level].records < work.levels[told->level].records;
        if (!found.damage.empty() || !found.made) return {{}, true};
        return {found.wrong, lost};
    }
    if (!found.wrong.empty()) return {found.wrong};
    const auto& level = work.levels[told->level];
    if (!found.level || !may_be(work, *told, *found.level)) {
        return {"after " + count_of(level.records) + " were confirmed there are " +
                count_of(found.records) +
                (found.level ? ", of another state" : " in a database that never was")};
    }
    if (found.saved < told->saved) return {"the checkpoint in the key file is an older one"};
    if (auto wrong = wrong_slot(work, found, at); !wrong.empty()) return {wrong};
    auto wrong = wrong_file(work, found, work.levels[*found.level], at);
    if (!wrong.empty()) return {wrong};
    if (found.left_since <= at) return {found.left};
    return {found.damage};
}

Found Finder::look(const Image& image, Trace& trace) {
    Found found;
    const auto keys = image.file(std::string(kStorePath) + ".keys");
    found.made = keys != nullptr && image.file(kStorePath) != nullptr;
    MemoryFiles files(arena_, image, 1);
    auto* before = support::listen(&files);
    sqlite3_randomness(0, nullptr);
    const auto entropy = store::seeded_entropy(++looks_);
    auto options = store::create_options();
    options.ballast_bytes = 0;
    options.entropy = entropy.get();
    auto opened = store::open_sqlite_store(kStorePath, options);
    const auto calls = files.trace.operations.size();
    if (!opened) {
        found.refused = opened.error().message;
    } else {
        const auto after = files.image();
        compare(**opened, after, found);
        const auto sum = base_of(after);
        const auto known = followed_.find(sum);
        if (known == followed_.end() || looks_ % kFollowEvery == 0) {
            followed_[sum] = follow(std::move(*opened), after);
        }
        const auto& followed = followed_[sum];
        found.damage = followed.damage;
        found.left = followed.left;
        found.left_since = followed.left_since;
        opened->reset();
    }
    support::listen(before);
    trace = std::move(files.trace);
    trace.operations.resize(calls);
    return found;
}

std::optional<bool> Finder::sees_other_row(const Image& image, std::uint64_t drawn) {
    MemoryFiles files(arena_, image, 1);
    auto* before = support::listen(&files);
    std::optional<bool> seen;
    {
        const auto entropy = store::seeded_entropy(++looks_);
        auto options = store::create_options();
        options.ballast_bytes = 0;
        options.entropy = entropy.get();
        const auto opened = store::open_sqlite_store(kStorePath, options);
        const auto harmed = opened ? harm_row(**opened, drawn) : Result<bool>(false);
        if (harmed && *harmed) {
            const auto wrong = wrong_row(**opened, work_.hosted);
            seen = wrong && !wrong->empty();
        }
    }
    support::listen(before);
    return seen;
}

// What an opening brought up: the bytes of the database first of all.
void Finder::compare(store::Store& store, const Image& after, Found& found) {
    const auto database = after.file(kStorePath);
    const auto level = work_.by_sum.find(database->sum());
    if (level != work_.by_sum.end()) found.level = level->second;
    found.records = store.log_size();
    const auto last = store.last_checkpoint();
    if (last && *last) found.saved = (*last)->size;
    if (found.level) {
        const auto& expected = work_.levels[*found.level];
        const auto root = store.root(expected.records);
        if (found.records != expected.records || !root || *root != expected.root) {
            found.wrong = "the tree is not that of the records";
        }
    }
    if (!found.level) {
        const auto rows = store.read_log(0, 1'000'000);
        for (std::size_t i = 0; rows && i < rows->size(); ++i) {
            if (i < work_.records.size() && (*rows)[i].record == work_.records[i]) continue;
            found.wrong = "record " + std::to_string(i) + " is another than was written";
        }
    }
    found.slots = slots_of(store, after);
    for (const auto& name : after.names) {
        if (name.inode == kFolder || !name.path.starts_with(store.files_folder() + "/")) continue;
        if (found.level) {
            const auto& expected = work_.levels[*found.level].files;
            const auto written = expected.find(name.path);
            if (written != expected.end() &&
                written->second.sum != after.files[name.inode]->sum()) {
                continue;
            }
        }
        found.files.push_back(name.path);
    }
}

const std::vector<signed char>& Finder::slots_of(store::Store& store, const Image& after) {
    const auto file = after.file(std::string(kStorePath) + ".keys");
    auto [at, is_new] = slots_.try_emplace(file->sum());
    if (!is_new) return at->second;
    for (const auto& slot : work_.slots) {
        const auto state = store.keys().slot_state(slot.number);
        const auto key = store.keys().slot_key(slot.number);
        const bool is_as_it_was = key && key->bytes() == slot.key.bytes();
        const bool is_gone = state && *state == SlotState::Destroyed;
        at->second.push_back(static_cast<signed char>(is_as_it_was ? 1 : is_gone ? 2 : 0));
    }
    return at->second;
}

// The audit, a commit, and one more owner.
Finder::Followed Finder::follow(std::unique_ptr<store::Store> store, const Image& after) {
    Followed out;
    find_left(after, out);
    const auto named = [&](std::string what) {
        if (out.damage.empty()) out.damage = std::move(what);
    };
    if (auto wrong = wrong_row(*store, work_.hosted); !wrong || !wrong->empty()) {
        named(wrong ? *wrong : wrong.error().message);
    }
    if (auto done = finish_erasures(*store, work_.slots); !done) named(done.error().message);
    const auto report = store->verify({});
    if (!report) {
        named("the audit cannot read: " + report.error().message);
    } else if (!report->findings.empty()) {
        const auto& finding = report->findings.front();
        named("the audit finds in " + finding.table + " " + finding.row + ": " + finding.what);
    }
    // A run would get an empty one only hundreds of runs later.
    auto& keys = store->keys();
    for (std::uint64_t slot = 0; slot < keys.slot_count(); ++slot) {
        const auto state = keys.slot_state(slot);
        if (state && *state != SlotState::None) continue;
        named("key slot " + std::to_string(slot) + " of " + std::to_string(keys.slot_count()) +
              " is empty");
        break;
    }
    if (store->poisoned()) {
        named("it gives itself up");
        return out;
    }
    const auto records = store->log_size();
    auto id = store::run_id(250);
    id[1] = 0xFF;
    store::RunMaker maker(*store, id);
    store::Batch batch;
    maker.begin(batch);
    maker.add(batch, "goes on");
    if (auto done = store->commit(batch); !done) {
        named("it cannot go on: " + done.error().message);
        return out;
    }
    store.reset();
    const auto entropy = store::seeded_entropy(looks_);
    auto options = store::create_options();
    options.ballast_bytes = 0;
    options.entropy = entropy.get();
    auto next = store::open_sqlite_store(kStorePath, options);
    if (!next) {
        named("then it does not open: " + next.error().message);
    } else if ((*next)->log_size() != records + 1) {
        named("then its next commit is gone");
    }
    return out;
}

void Finder::find_left(const Image& after, Followed& out) const {
    std::string all;
    for (const auto& name : after.names) {
        if (name.inode != kFolder) all += after.files[name.inode]->text();
    }
    for (const auto& slot : work_.slots) {
        if (slot.gone_at == SIZE_MAX) continue;
        for (const auto& box : slot.boxes) {
            // The end of it is a page of its own, or lies in one with others.
            const auto part = std::string_view(box).substr(0, 64);
            if (all.find(part) == std::string::npos || slot.gone_at >= out.left_since) continue;
            out.left_since = slot.gone_at;
            out.left = "payload of the erased run in slot " + std::to_string(slot.number) +
                       " is still there";
        }
    }
}

}  // namespace weft::faults
