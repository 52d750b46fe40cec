// Author-given keys and caches, between the machine's wants and the ledger: whether an attempt may
// leave, waits for another use of its key, or is answered by what was had before.
#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <set>

#include "engine/core.h"
#include "engine/effect_reader.h"
#include "engine/key_ledger.h"
#include "vm/pure_call.h"

namespace weft::engine {
namespace {

bool has_failed(const store::RunRow& row) {
    auto status = static_cast<vm::RunStatus>(row.status);
    return vm::is_ended(status) && status != vm::RunStatus::Completed;
}

// Also one of a turn that is not committed yet: the last row of a run there is what holds.
Result<std::optional<store::RunRow>> run_of_start_tag(store::Store& store, const store::Tag& tag,
                                                      const store::Batch& batch) {
    std::set<store::RunId> seen;
    for (const auto& row : std::views::reverse(batch.runs)) {
        if (seen.insert(row.id).second && row.start_tag == tag) return row;
    }
    WEFT_TRY(known, store.run_by_start_tag(tag));
    if (known && seen.contains(known->id)) known.reset();  // it has given it up
    return known;
}

vm::HitFact hit_of(const vm::Want& want, HitSource source, const store::RunId& run,
                   std::uint64_t seq) {
    vm::HitFact hit;
    hit.call = want.call;
    hit.source = static_cast<std::uint8_t>(source);
    hit.origin_run = run;
    hit.origin_seq = seq;
    return hit;
}

}  // namespace

std::vector<store::Tag> Core::key_tags(const LiveRun& run, const vm::Want& want) const {
    return store_->keys().tags("key", key_bytes(run.image(), want, *want.author_key));
}

Result<std::optional<Core::KeyAnswer>> Core::ask_key(LiveRun& run, const vm::Want& want) {
    WEFT_TRY(use, ledger_->find(key_tags(run, want)));
    if (!use) return std::nullopt;
    const auto& row = use->row;
    if (row.run == run.id() && row.seq == want.call) return std::nullopt;
    if (static_cast<KeyState>(row.state) == KeyState::Spent) return std::nullopt;
    KeyAnswer answer;
    // Its records are in the batch of this turn: the next one can read them.
    if (use->is_fresh) {
        answer.waits = true;
        touched_.insert(run.id());
        return answer;
    }
    WEFT_TRY(effect,
             read_effect(*store_, row.run, row.seq, canonical(Value::list(want.arguments))));
    answer.hit = hit_of(want, HitSource::Key, row.run, row.seq);
    const auto first = to_hex(view(row.run)).substr(0, 8);
    if (effect.is_erased) {
        answer.hit.refused = fmt::format("what its key gave first, in run {}, was erased", first);
        return answer;
    }
    if (!effect.same_arguments) {
        answer.hit.refused =
            fmt::format("its key was used with other arguments before, in run {}", first);
        return answer;
    }
    if (static_cast<KeyState>(row.state) == KeyState::Open) {
        WEFT_TRY(holder, store_->run(row.run));
        if (!holder || !vm::is_ended(static_cast<vm::RunStatus>(holder->status))) {
            answer.waits = true;
            key_waiters_[row.tag].insert(run.id());
            return answer;
        }
        answer.hit.refused =
            fmt::format("run {} used its key and ended before it was known what came of it", first);
        return answer;
    }
    const auto type = run.image().steps[want.step].result_type;
    if (!effect.value) {
        answer.hit.refused = fmt::format("what its key gave first, in run {}, was erased", first);
    } else if (check_value(run.image().types, type, *effect.value)) {
        answer.hit.refused = fmt::format("what its key gave first, in run {}, is no {}", first,
                                         run.image().types.text(type));
    } else {
        answer.hit.value = std::move(*effect.value);
    }
    return answer;
}

Result<std::optional<Core::KeyAnswer>> Core::ask_cache(LiveRun& run, const vm::Want& want) {
    for (const auto& tag :
         store_->keys().tags("cache", key_bytes(run.image(), want, *want.cache_key))) {
        WEFT_TRY(row, store_->cached(tag));
        if (!row || row->expires_ms <= time_->now()) continue;
        WEFT_TRY(effect, read_effect(*store_, row->run, row->seq, ""));
        const auto type = run.image().steps[want.step].result_type;
        if (!effect.value || check_value(run.image().types, type, *effect.value)) continue;
        KeyAnswer answer;
        answer.hit = hit_of(want, HitSource::Cache, row->run, row->seq);
        answer.hit.value = std::move(*effect.value);
        return answer;
    }
    return std::nullopt;
}

// Whether the attempt is to leave. If not, it waits, or a hit was fed in its place.
Result<bool> Core::pass_keys(LiveRun& run, const vm::Want& want, store::Batch& batch) {
    if (is_probe(want) || want.attempt > 1) return true;
    std::optional<KeyAnswer> answer;
    if (want.author_key) {
        WEFT_TRY(known, ask_key(run, want));
        answer = std::move(known);
    }
    if (!answer && want.cache_key) {
        WEFT_TRY(known, ask_cache(run, want));
        answer = std::move(known);
    }
    if (!answer) return true;
    if (answer->waits) return false;
    if (answer->hit.origin_run != run.id() && answer->hit.refused.empty()) {
        batch.changes.emplace_back(store::FlowRow{answer->hit.origin_run, run.id()});
    }
    WEFT_TRY_VOID(feed_run(run, answer->hit, {}, batch));
    touched_.insert(run.id());
    return false;
}

// The key that the worker is sent, or was sent when a probe asks; a first attempt opens the use.
Result<Bytes16> Core::take_key(LiveRun& run, const vm::Want& want, store::Batch& batch) {
    if (!want.author_key) return want.key;
    const auto tags = key_tags(run, want);
    WEFT_TRY(use, ledger_->find(tags));
    if (use && static_cast<KeyState>(use->row.state) != KeyState::Spent) {
        return worker_key(use->row);
    }
    if (is_probe(want)) return want.key;
    store::LedgerRow row;
    row.tag = use ? use->row.tag : tags.front();
    row.run = run.id();
    row.seq = want.call;
    row.generation = use ? use->row.generation + 1 : 0;
    row.state = static_cast<std::int32_t>(KeyState::Open);
    ledger_->put(row, batch);
    return worker_key(row);
}

// What became of calls with keys, as the machine said.
Result<void> Core::settle_keys(LiveRun& run, const std::vector<vm::KeyedCall>& calls,
                               store::Batch& batch) {
    const auto& steps = run.image().steps;
    const bool has_keys = !calls.empty() && std::ranges::any_of(steps, [](const StepRow& step) {
        return step.key_registers() > 0;
    });
    if (!has_keys) return {};
    for (const auto& call : calls) {
        using What = vm::KeyedCall::What;
        if (call.what == What::Done && call.cache_key) {
            vm::Want named;
            named.step = call.step;
            named.worker = run.image().steps[call.step].worker;
            const auto bytes = key_bytes(run.image(), named, *call.cache_key);
            batch.changes.emplace_back(
                store::CacheRow{store_->keys().tag("cache", bytes), run.id(), call.call,
                                run.last_time_ms() + run.image().steps[call.step].cache_ms});
        }
        const auto owner = call.run == store::RunId{} ? run.id() : call.run;
        WEFT_TRY(use, ledger_->find_call(owner, call.call));
        if (!use) continue;
        store::LedgerRow row = use->row;
        if (call.what == What::NotDone && row.generation == 0) {
            ledger_->drop(row.tag, batch);
        } else {
            // A use that failed leaves its generation to the next one.
            if (call.what == What::NotDone) --row.generation;
            row.state = static_cast<std::int32_t>(call.what == What::Done ? KeyState::Done
                                                                          : KeyState::Spent);
            ledger_->put(row, batch);
        }
        auto waiting = key_waiters_.extract(row.tag);
        if (waiting) touched_.insert(waiting.mapped().begin(), waiting.mapped().end());
    }
    return {};
}

Result<std::optional<store::RunId>> Core::run_of_key(const Image& image,
                                                     const WorkflowRow& workflow,
                                                     const Value& input, store::RunRow& row,
                                                     const store::Batch& batch, store::Batch& own) {
    if (workflow.key_function == WorkerRow::kNoRow) return std::nullopt;
    auto key = vm::call_pure(image, workflow.key_function, input.items());
    if (!key) {
        return fail(ErrorKind::Usage, fmt::format("the key of `{}` can't be computed: {}",
                                                  workflow.name, key.error()));
    }
    ByteWriter bytes;
    bytes.block(workflow.name);
    bytes.block(canonical(*key));
    row.start_tag = store_->keys().tag("start", bytes.bytes());
    for (const auto& tag : store_->keys().tags("start", bytes.bytes())) {
        WEFT_TRY(known, run_of_start_tag(*store_, tag, batch));
        if (!known) continue;
        if (!has_failed(*known)) return known->id;
        known->start_tag.reset();  // the new run takes it over
        own.runs.push_back(*known);
    }
    return std::nullopt;
}

Result<std::vector<std::string>> Core::subjects_of(const Image& image, const WorkflowRow& workflow,
                                                   const Value& input) {
    std::vector<std::string> out;
    if (workflow.subject_function == WorkerRow::kNoRow) return out;
    auto value = vm::call_pure(image, workflow.subject_function, input.items());
    if (!value) {
        return fail(ErrorKind::Usage, fmt::format("the subject of `{}` can't be computed: {}",
                                                  workflow.name, value.error()));
    }
    if (value->tag() == Tag::Text) out.push_back(value->as_text());
    if (value->tag() != Tag::List) return out;
    for (const auto& one : value->items()) {
        if (one.tag() == Tag::Text) out.push_back(one.as_text());
    }
    return out;
}

void Core::put_subjects(const store::RunId& run, const std::vector<std::string>& subjects,
                        store::Batch& batch) {
    for (const auto& subject : subjects) {
        batch.changes.emplace_back(store::SubjectRow{store_->keys().tag("subject", subject), run});
    }
}

}  // namespace weft::engine
