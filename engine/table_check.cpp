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
        if (!is_it || !want.author_key) continue;
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
    for (const auto& call : replayer.take_keyed()) {
        using Told = vm::KeyedCall::What;
        const auto what = call.what == Told::Done      ? Event::What::Done
                          : call.what == Told::NotDone ? Event::What::NotDone
                                                       : Event::What::Undone;
        const auto owner = call.run == store::RunId{} ? run : call.run;
        events_.push_back({record.leaf, what, owner, call.call, 0, {}});
    }
}

void TableCheck::finish_run(const Replayed& replayed) {
    if (!replayed.machine) return;
    const auto& run = replayed.machine->begin().run;
    checked_[run] = replayed.head.next_seq;
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

// It was replayed, and nothing has come since.
Result<bool> TableCheck::is_settled(const store::RunId& run) {
    if (const auto known = settled_.find(run); known != settled_.end()) return known->second;
    const auto checked = checked_.find(run);
    bool settled = false;
    if (checked != checked_.end()) {
        WEFT_TRY(head, store_.head(run));
        settled = head.next_seq == checked->second;
    }
    settled_[run] = settled;
    return settled;
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
            WEFT_TRY(settled, is_settled(row.run));
            if (!settled) continue;
            const auto use = name == names.end() ? uses.end() : uses.find(name->second);
            if (use == uses.end()) {
                findings.push_back(
                    finding("ledger", row.tag, row.run, "no call of the run used such a key"));
                continue;
            }
            const auto& made = use->second.row;
            const bool is_same = made.run == row.run && made.seq == row.seq &&
                                 made.state == row.state &&
                                 (has_gaps_ || made.generation == row.generation);
            if (is_same) continue;
            WEFT_TRY(other_settled, is_settled(made.run));
            if (!other_settled) continue;
            findings.push_back(finding("ledger", row.tag, row.run,
                                       "what it says of a key is not what the runs' records say"));
        }
        if (rows.size() < kSlice) break;
    }
    for (const auto& [tag, use] : uses) {
        if (seen.contains(tag)) continue;
        WEFT_TRY(settled, is_settled(use.row.run));
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
        WEFT_TRY(settled, is_settled(row.run));
        if (settled) {
            findings.push_back(finding("lock", row.tag, row.run, "the run does not have the lock"));
        }
    }
    for (const auto& [tag, run] : held_) {
        WEFT_TRY(settled, is_settled(run));
        if (settled) findings.push_back(finding("lock", tag, run, "the run's lock is missing"));
    }
    WEFT_TRY(waits, store_.all_lock_waits());
    for (const auto& row : waits) {
        if (asked_.erase({row.tag, row.run}) > 0) continue;
        WEFT_TRY(settled, is_settled(row.run));
        if (settled) {
            findings.push_back(
                finding("lock_wait", row.tag, row.run, "the run does not ask for the lock"));
        }
    }
    for (const auto& [tag, run] : asked_) {
        WEFT_TRY(settled, is_settled(run));
        if (settled) {
            findings.push_back(finding("lock_wait", tag, run, "that the run asks is missing"));
        }
    }
    return {};
}

Result<std::vector<store::Finding>> TableCheck::finish() {
    std::vector<store::Finding> findings;
    WEFT_TRY_VOID(compare_ledger(findings));
    WEFT_TRY_VOID(compare_locks(findings));
    return findings;
}

}  // namespace weft::engine
