#include "engine/erasure.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "engine/replay.h"
#include "engine/system_facts.h"
#include "store/key_file.h"
#include "store/note.h"

namespace weft::engine {
namespace {

constexpr std::size_t kRunsPerOrder = 1000;
// The order under way, for whoever opens the store after a crash: seq 8, then run ids.
constexpr const char* kOpenOrder = "erasing";

std::string open_order(std::uint64_t seq, const std::vector<store::RunId>& runs) {
    ByteWriter out;
    out.u64(seq);
    for (const auto& run : runs) out.raw(view(run));
    return out.take();
}

bool shares_one(const std::vector<store::Tag>& a, const std::vector<store::Tag>& b) {
    return std::any_of(a.begin(), a.end(), [&](const auto& tag) {
        return std::find(b.begin(), b.end(), tag) != b.end();
    });
}

}  // namespace

Result<ErasePlan> plan_erasure(store::Store& store, const std::vector<store::RunId>& seeds,
                               std::vector<store::Tag> subjects) {
    for (const auto& seed : seeds) {
        WEFT_TRY(tags, store.subjects_of_run(seed));
        subjects.insert(subjects.end(), tags.begin(), tags.end());
    }
    ErasePlan plan;
    std::set<store::RunId> seen(seeds.begin(), seeds.end());
    std::deque<store::RunId> queue(seen.begin(), seen.end());
    while (!queue.empty()) {
        const auto run = queue.front();
        queue.pop_front();
        WEFT_TRY(row, store.run(run));
        if (!row) return fail(ErrorKind::NotFound, "there is no run " + to_hex(view(run)));
        WEFT_TRY(state, store.keys().slot_state(row->slot));
        if (!row->ended_ms) {
            plan.live.push_back(run);
            if (row->hold != 0) plan.held_live.push_back(run);
        } else if (state != store::SlotState::Destroyed) {
            (row->hold != 0 ? plan.held : plan.runs).push_back(run);
        }
        WEFT_TRY(flows, store.flows(run));
        for (const auto& flow : flows) {
            if (flow.from != run || !seen.insert(flow.to).second) continue;
            WEFT_TRY(tags, store.subjects_of_run(flow.to));
            const bool is_others = !tags.empty() && !shares_one(tags, subjects);
            if (is_others) {
                plan.apart.push_back(flow.to);
            } else {
                queue.push_back(flow.to);
            }
        }
    }
    return plan;
}

Result<void> Erasure::attest(const store::RunId& run, std::int64_t now_ms, store::Batch& batch) {
    AttestedBody body;
    body.run = run;
    body.result = AttestedResult::Diverged;
    WEFT_TRY(header, read_run_header(store_, run));
    auto replayed = replay(store_, header);
    if (replayed) {
        body.records = replayed->records;
        body.end_leaf = replayed->head.last_hash;
        if (!replayed->divergence) body.result = AttestedResult::Same;
    } else if (replayed.error().kind == ErrorKind::Environment) {
        return std::unexpected(replayed.error());
    }
    return system_.attested(body, now_ms, batch);
}

Result<Erased> Erasure::erase(const std::vector<store::RunId>& runs, const std::string& by,
                              const std::string& reason, std::int64_t now_ms, store::Batch batch) {
    // A list of run ids must fit its record's row.
    Erased out;
    for (std::size_t first = 0; first < runs.size(); first += kRunsPerOrder) {
        const auto begin = runs.begin() + static_cast<std::ptrdiff_t>(first);
        const auto size = std::min(kRunsPerOrder, runs.size() - first);
        const std::vector<store::RunId> part(begin, begin + static_cast<std::ptrdiff_t>(size));
        WEFT_TRY(seq, system_.erase(part, by, reason, now_ms, batch));
        WEFT_TRY(done, order(seq, part, now_ms, std::exchange(batch, {})));
        out.order = done.order;
        out.runs.insert(out.runs.end(), part.begin(), part.end());
        out.receipt += done.receipt;
    }
    return out;
}

Result<Erased> Erasure::retain(const std::vector<store::RunId>& runs, std::int64_t now_ms) {
    store::Batch batch;
    WEFT_TRY(seq, system_.retained(runs, now_ms, batch));
    return order(seq, runs, now_ms, std::move(batch));
}

Result<Erased> Erasure::order(std::uint64_t seq, const std::vector<store::RunId>& runs,
                              std::int64_t now_ms, store::Batch batch) {
    batch.changes.emplace_back(store::MetaRow{kOpenOrder, open_order(seq, runs)});
    WEFT_TRY(committed, store_.commit(batch));
    static_cast<void>(committed);
    return carry_out(seq, runs, now_ms);
}

Result<std::optional<Erased>> Erasure::redo(std::int64_t now_ms) {
    WEFT_TRY(open, store_.meta(kOpenOrder));
    if (!open || open->empty()) return std::optional<Erased>();
    ByteReader in(*open);
    const std::uint64_t seq = in.u64();
    std::vector<store::RunId> runs;
    while (in.ok() && in.left() > 0) {
        const auto id = in.raw(16);
        if (id.size() == 16) runs.push_back(to_array<16>(id));
    }
    // What the row says is destroyed for good: it must be what was ordered.
    auto ordered = in.ok() ? ordered_runs(store_, seq)
                           : fail(ErrorKind::Corrupt, "the order of an erasure is damaged");
    if (!ordered && ordered.error().kind == ErrorKind::Environment) {
        return std::unexpected(ordered.error());
    }
    if (!ordered || *ordered != runs) {
        return fail(ErrorKind::Corrupt,
                    "the order of an erasure under way is not one that the log has",
                    "nothing was erased; restore the store from a backup");
    }
    WEFT_TRY(done, carry_out(seq, runs, now_ms));
    return std::optional(std::move(done));
}

Result<Erased> Erasure::carry_out(std::uint64_t seq, const std::vector<store::RunId>& runs,
                                  std::int64_t now_ms) {
    WEFT_TRY_VOID(store_.destroy_keys(runs));
    WEFT_TRY_VOID(store_.delete_payloads(runs));
    WEFT_TRY(checkpoint, store_.sign_checkpoint());
    Erased out{seq, runs, receipt(seq, runs, checkpoint)};
    store::Batch batch;
    for (const auto& run : runs) {
        WEFT_TRY(row, store_.run(run));
        if (!row) continue;
        row->retain_until_ms.reset();
        batch.runs.push_back(*row);
    }
    WEFT_TRY_VOID(system_.erased(seq, runs.size(), out.receipt, now_ms, batch));
    batch.changes.emplace_back(store::MetaRow{kOpenOrder, ""});
    WEFT_TRY(committed, store_.commit(batch));
    static_cast<void>(committed);
    return out;
}

std::string Erasure::receipt(std::uint64_t seq, const std::vector<store::RunId>& runs,
                             const store::Checkpoint& checkpoint) {
    const auto key = store::parse_verifier_key(store_.verifier_key());
    const std::string name = key->origin + "/erasure";
    std::string text =
        fmt::format("{}\norder {}\ntree {} {}\nruns {}\n", name, seq, checkpoint.size,
                    store::to_base64(view(checkpoint.root)), runs.size());
    for (const auto& run : runs) text += to_hex(view(run)) + "\n";
    auto& keys = store_.keys();
    return store::sign_note(name, keys.public_key(), text,
                            [&](std::string_view signed_text) { return keys.sign(signed_text); });
}

}  // namespace weft::engine
