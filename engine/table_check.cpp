#include "engine/table_check.h"

#include <algorithm>

#include "engine/key_ledger.h"
#include "store/key_file.h"

namespace weft::engine {
namespace {

store::Finding finding(const char* table, const store::Tag& tag, const store::RunId& run,
                       std::string what) {
    store::Finding out;
    out.table = table;
    out.row = to_hex(view(tag));
    out.run = run;
    out.what = std::move(what);
    return out;
}

bool has_keys(const Image& image) {
    return std::ranges::any_of(image.steps, [](const StepRow& step) { return step.has_key; });
}

}  // namespace

// What an attempt is about is known until it has left.
void TableCheck::before(const ReadRecord& record, const Replayed& so_far) {
    if (record.record.kind != RecordKind::Start || !so_far.machine || !has_keys(*so_far.image)) {
        return;
    }
    const auto body = decode_body<StartBody>(record.record.body);
    if (!body || body->attempt != 1) return;
    for (const auto& want : so_far.machine->wants()) {
        const bool is_it = want.kind == vm::WantKind::Attempt && want.call == body->call;
        if (!is_it || !want.author_key || is_probe(want)) continue;
        const auto bytes = key_bytes(*so_far.image, want, *want.author_key);
        events_.push_back({record.leaf, Event::What::Take, record.record.run, want.call, 0,
                           store_.keys().tags("key", bytes)});
    }
}

void TableCheck::after(const ReadRecord& record, Replayer& replayer) {
    const auto& run = record.record.run;
    if (record.record.kind == RecordKind::Hit) {
        const auto body = decode_body<HitBody>(record.record.body);
        if (body && body->source == HitSource::Migration && body->origin_seq != 0) {
            events_.push_back(
                {record.leaf, Event::What::Move, run, body->origin_seq, body->call, {}});
        }
    }
    take_lock(record);
    for (const auto& call : replayer.take_keyed()) {
        take_cached(record, *replayer.so_far().image, call);
        using Told = vm::KeyedCall::What;
        const auto what = call.what == Told::Done      ? Event::What::Done
                          : call.what == Told::NotDone ? Event::What::NotDone
                                                       : Event::What::Undone;
        const auto owner = call.run == store::RunId{} ? run : call.run;
        events_.push_back({record.leaf, what, owner, call.call, 0, {}});
    }
}

void TableCheck::take_cached(const ReadRecord& record, const Image& image,
                             const vm::KeyedCall& call) {
    if (call.what != vm::KeyedCall::What::Done || !call.cache_key) return;
    vm::Want named;
    named.step = call.step;
    named.worker = image.steps[call.step].worker;
    Cached made;
    made.leaf = record.leaf;
    made.at_ms = record.record.time_ms;
    made.tags = store_.keys().tags("cache", key_bytes(image, named, *call.cache_key));
    made.row.run = record.record.run;
    made.row.seq = call.call;
    made.row.expires_ms = made.at_ms + image.steps[call.step].cache_ms;
    cached_.push_back(std::move(made));
}

void TableCheck::take_lock(const ReadRecord& record) {
    if (record.record.kind == RecordKind::LockAsk) {
        // A run that was migrated asks again, and keeps its place.
        lock_times_.try_emplace(record.record.run, LockTime{record.record.time_ms, 0});
    } else if (record.record.kind == RecordKind::LockFreed) {
        lock_times_.erase(record.record.run);
    } else if (record.record.kind == RecordKind::LockGot) {
        lock_times_[record.record.run].got_ms = record.record.time_ms;
    }
}

void TableCheck::finish_run(const Replayed& replayed) {
    if (!replayed.machine) return;
    const auto& run = replayed.machine->begin().run;
    checked_.note(run, replayed.head.next_seq);
    const auto lock = replayed.machine->lock();
    if (!lock || vm::is_ended(replayed.machine->status())) return;
    for (const auto& key : lock->keys) {
        const auto tag = store_.keys().tag("lock", key);
        if (lock->is_held) {
            held_[tag] = run;
        } else {
            asked_.emplace(tag, run);
        }
    }
}

void TableCheck::Account::take(const Event& event) {
    auto& use = uses[event.tags.front()];
    const bool is_spent = static_cast<KeyState>(use.row.state) == KeyState::Spent;
    if (!use.tags.empty() && is_spent) ++use.row.generation;
    use.tags = event.tags;
    for (const auto& tag : event.tags) names[tag] = event.tags.front();
    use.row.run = event.run;
    use.row.seq = event.call;
    use.row.state = static_cast<std::int32_t>(KeyState::Open);
    calls[{event.run, event.call}] = event.tags.front();
}

void TableCheck::Account::play(const Event& event) {
    if (event.what == Event::What::Take) return take(event);
    const auto known = calls.find({event.run, event.call});
    if (known == calls.end()) return;
    const auto found = uses.find(known->second);
    const bool is_its = found != uses.end() && found->second.row.run == event.run &&
                        found->second.row.seq == event.call;
    if (!is_its) return;
    auto& row = found->second.row;
    switch (event.what) {
        case Event::What::Move:
            row.seq = event.to;
            calls[{event.run, event.to}] = known->second;
            break;
        case Event::What::NotDone:
            if (row.generation == 0) {
                uses.erase(found);
                break;
            }
            --row.generation;
            row.state = static_cast<std::int32_t>(KeyState::Spent);
            break;
        default:
            row.state = static_cast<std::int32_t>(
                event.what == Event::What::Done ? KeyState::Done : KeyState::Spent);
            break;
    }
}

Result<void> TableCheck::compare_ledger(std::vector<store::Finding>& findings) {
    std::ranges::stable_sort(events_, {}, &Event::leaf);
    Account account;
    for (const auto& event : events_) account.play(event);
    const auto& [uses, names, calls] = account;
    std::set<store::Tag> seen;
    std::optional<store::Tag> last;
    constexpr std::uint32_t kSlice = 1000;
    while (true) {
        WEFT_TRY(rows, store_.ledger_after(last, kSlice));
        for (const auto& row : rows) {
            last = row.tag;
            const auto name = names.find(row.tag);
            if (name != names.end()) seen.insert(name->second);
            WEFT_TRY(run, store_.run(row.run));
            WEFT_TRY(settled, checked_.is_settled(row.run));
            if (!settled && run) continue;
            const auto use = name == names.end() ? uses.end() : uses.find(name->second);
            if (use == uses.end()) {
                findings.push_back(
                    finding("ledger", row.tag, row.run, "no call of the run used such a key"));
                continue;
            }
            const auto& made = use->second.row;
            if (row.keep_until_ms) {
                findings.push_back(
                    finding("ledger", row.tag, row.run, "no key is kept until a time"));
            }
            const bool is_same = made.run == row.run && made.seq == row.seq &&
                                 made.state == row.state &&
                                 (has_gaps_ || made.generation == row.generation);
            if (is_same) continue;
            WEFT_TRY(other_settled, checked_.is_settled(made.run));
            if (!other_settled) continue;
            findings.push_back(finding("ledger", row.tag, row.run,
                                       "what it says of a key is not what the runs' records say"));
        }
        if (rows.size() < kSlice) break;
    }
    for (const auto& [tag, use] : uses) {
        if (seen.contains(tag)) continue;
        WEFT_TRY(settled, checked_.is_settled(use.row.run));
        if (!settled) continue;
        findings.push_back(finding("ledger", tag, use.row.run, "the row of a key is missing"));
    }
    return {};
}

Result<void> TableCheck::compare_locks(std::vector<store::Finding>& findings) {
    WEFT_TRY(locks, store_.all_locks());
    for (const auto& row : locks) {
        const auto held = held_.find(row.tag);
        if (held != held_.end() && held->second == row.run) {
            held_.erase(held);
            continue;
        }
        WEFT_TRY(settled, checked_.is_settled(row.run));
        if (settled) {
            findings.push_back(finding("lock", row.tag, row.run, "the run does not have the lock"));
        }
    }
    for (const auto& [tag, run] : held_) {
        WEFT_TRY(settled, checked_.is_settled(run));
        if (settled) findings.push_back(finding("lock", tag, run, "the run's lock is missing"));
    }
    WEFT_TRY(waits, store_.all_lock_waits());
    for (const auto& row : waits) {
        if (asked_.erase({row.tag, row.run}) > 0) continue;
        WEFT_TRY(settled, checked_.is_settled(row.run));
        if (settled) {
            findings.push_back(
                finding("lock_wait", row.tag, row.run, "the run does not ask for the lock"));
        }
    }
    for (const auto& [tag, run] : asked_) {
        WEFT_TRY(settled, checked_.is_settled(run));
        if (settled) {
            findings.push_back(finding("lock_wait", tag, run, "that the run asks is missing"));
        }
    }
    return {};
}

// A row is the newest of what its tag was given; of one millisecond, any.
Result<void> TableCheck::compare_cache(std::vector<store::Finding>& findings) {
    std::ranges::stable_sort(cached_, {}, &Cached::leaf);
    std::map<store::Tag, std::vector<const Cached*>> by_tag;
    for (const auto& made : cached_) {
        for (const auto& tag : made.tags) {
            auto& known = by_tag[tag];
            if (!known.empty() && known.back()->at_ms != made.at_ms) known.clear();
            known.push_back(&made);
        }
    }
    WEFT_TRY(rows, store_.all_cached());
    std::set<store::Tag> there;
    for (const auto& row : rows) {
        there.insert(row.tag);
        const auto known = by_tag.find(row.tag);
        const auto is_it = [&](const Cached* made) {
            return made->row.run == row.run && made->row.seq == row.seq &&
                   made->row.expires_ms == row.expires_ms;
        };
        if (known != by_tag.end() && std::ranges::any_of(known->second, is_it)) continue;
        WEFT_TRY(run, store_.run(row.run));
        WEFT_TRY(settled, checked_.is_settled(row.run));
        if (!settled && run) continue;
        findings.push_back(
            finding("cache", row.tag, row.run, "it is not what the cache was given last"));
    }
    // With a run that was erased goes what it gave, also in place of another's.
    if (has_gaps_) return {};
    for (const auto& made : cached_) {
        const bool is_there =
            std::ranges::any_of(made.tags, [&](const auto& tag) { return there.contains(tag); });
        WEFT_TRY(settled, checked_.is_settled(made.row.run));
        if (is_there || !settled) continue;
        findings.push_back(
            finding("cache", made.tags.front(), made.row.run, "what it was given is missing"));
    }
    return {};
}

// Since when each lock is held, and who asked for it first.
Result<void> TableCheck::compare_lock_times(std::vector<store::Finding>& findings) {
    WEFT_TRY(locks, store_.all_locks());
    for (const auto& row : locks) {
        const auto known = lock_times_.find(row.run);
        WEFT_TRY(settled, checked_.is_settled(row.run));
        if (!settled || known == lock_times_.end()) continue;
        // The row is made a moment before the record.
        const bool fits =
            row.since_ms <= known->second.got_ms && row.since_ms >= known->second.asked_ms;
        if (!fits) {
            findings.push_back(
                finding("lock", row.tag, row.run, "the run has the lock since another time"));
        }
    }
    WEFT_TRY(waits, store_.all_lock_waits());
    std::map<store::Tag, std::int64_t> latest;
    for (const auto& row : waits) {
        const auto known = lock_times_.find(row.run);
        WEFT_TRY(settled, checked_.is_settled(row.run));
        if (!settled || known == lock_times_.end()) continue;
        auto& last = latest.try_emplace(row.tag, INT64_MIN).first->second;
        if (known->second.asked_ms < last) {
            findings.push_back(
                finding("lock_wait", row.tag, row.run, "another asked for the lock before it"));
        }
        last = std::max(last, known->second.asked_ms);
    }
    return {};
}

Result<std::vector<store::Finding>> TableCheck::finish() {
    std::vector<store::Finding> findings;
    WEFT_TRY_VOID(compare_ledger(findings));
    WEFT_TRY_VOID(compare_lock_times(findings));
    WEFT_TRY_VOID(compare_locks(findings));
    WEFT_TRY_VOID(compare_cache(findings));
    return findings;
}

}  // namespace weft::engine
