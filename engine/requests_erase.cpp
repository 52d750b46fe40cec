// Requests that make data go, or keep it from going: erasure, legal holds, an accepted clock.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/request_context.h"
#include "engine/requests.h"
#include "engine/system_facts.h"
#include "store/key_file.h"

namespace weft::engine {
namespace {

Json hex_list(const std::vector<store::RunId>& runs) {
    Json out = Json::array();
    for (const auto& run : runs) out.push_back(to_hex(view(run)));
    return out;
}

std::string short_ids(const std::vector<store::RunId>& runs) {
    constexpr std::size_t kShown = 10;
    std::vector<std::string> out;
    for (const auto& run : runs) {
        if (out.size() < kShown) out.push_back(to_hex(view(run)).substr(0, 8));
    }
    return fmt::format("{}{}", fmt::join(out, ", "), runs.size() > kShown ? ", …" : "");
}

Result<std::string> needed_reason(const RequestContext& request, std::string_view what) {
    std::string reason = request.text("reason");
    if (reason.empty()) return fail(ErrorKind::Usage, fmt::format("{} needs a reason", what));
    return reason;
}

struct EraseWish {
    std::vector<store::RunId> seeds;
    std::vector<store::Tag> subjects;
    std::string by;
    std::string reason;
    bool when_ended = false;
    bool kill = false;
    bool dry_run = false;
};

// Attests run by run, then everything else at once.
class EraseJob final : public Job {
  public:
    EraseJob(Core& core, EraseWish wish) : core_(core), wish_(std::move(wish)) {}

    Result<std::optional<std::string>> advance() override {
        if (next_ < plan_.runs.size()) {
            const auto run = plan_.runs[next_++];
            if (attested_.insert(run).second) WEFT_TRY_VOID(core_.attest(run));
            return std::nullopt;
        }
        // Once at the beginning, and again when all of them are attested: others may have come.
        WEFT_TRY(plan, plan_erasure(core_.store(), wish_.seeds, wish_.subjects));
        const auto allowed = allow(plan);
        waits_ = allowed && !plan.live.empty() && wish_.when_ended;
        if (wish_.dry_run) return json_line(look(plan, allowed));
        // What is refused leaves everything as it is.
        WEFT_TRY_VOID(allowed);
        if (!plan.live.empty() && wish_.kill) {
            WEFT_TRY_VOID(kill(plan.live));
            return std::nullopt;
        }
        if (waits_) WEFT_TRY_VOID(wait_for_ends(plan));
        if (waits_ || plan.runs.empty()) return json_line(answer(plan, nullptr));
        const bool is_attested = std::all_of(plan.runs.begin(), plan.runs.end(),
                                             [&](const auto& r) { return attested_.contains(r); });
        plan_ = std::move(plan);
        next_ = 0;
        if (!is_attested) return std::nullopt;
        WEFT_TRY(done, core_.erase(plan_.runs, wish_.by, wish_.reason));
        return json_line(answer(plan_, &done));
    }

  private:
    Result<void> kill(const std::vector<store::RunId>& runs) {
        for (const auto& run : runs) {
            WEFT_TRY_VOID(core_.take_up(run));
            if (core_.live(run) == nullptr) continue;
            Incoming incoming;
            incoming.kind = InboxKind::Kill;
            incoming.facts.emplace_back(vm::KillFact{wish_.by, wish_.reason});
            incoming.actor = wish_.by;
            incoming.tag = core_.request_tag("");
            WEFT_TRY(taken, core_.take(run, incoming));
            static_cast<void>(taken);
        }
        return {};
    }

    static Result<void> refuse_held(const std::vector<store::RunId>& held) {
        if (held.empty()) return {};
        return fail(ErrorKind::Refused, fmt::format("under a legal hold: {}", short_ids(held)),
                    "`weft audit release RUN` lifts it");
    }

    // Refused when they can't be erased now, nor, as it was wished, after their end.
    [[nodiscard]] Result<void> allow(const ErasePlan& plan) const {
        WEFT_TRY_VOID(refuse_held(plan.held));
        // Then they have to end first.
        if (!plan.live.empty() && wish_.kill) return refuse_held(plan.held_live);
        if (wish_.when_ended) return {};
        for (const auto& run : plan.runs) {
            if (core_.live(run) == nullptr) continue;
            return fail(ErrorKind::Unavailable,
                        fmt::format("run {} has attempts under way", short_ids({run})),
                        "try again when they have ended");
        }
        if (plan.live.empty()) return {};
        return fail(ErrorKind::Refused, fmt::format("not ended yet: {}", short_ids(plan.live)),
                    "`--when-ended` erases them then, `--kill` ends them now");
    }

    // Those that have ended may be what a live one still needs: all go together.
    Result<void> wait_for_ends(const ErasePlan& plan) {
        auto waiting = plan.live;
        waiting.insert(waiting.end(), plan.runs.begin(), plan.runs.end());
        return core_.erase_when_ended(waiting, wish_.by, wish_.reason);
    }

    // What the order would be answered.
    [[nodiscard]] Json look(const ErasePlan& plan, const Result<void>& allowed) const {
        Json out = answer(plan, nullptr);
        if (allowed) return out;
        const auto& error = allowed.error();
        out["refused"]["kind"] = error_kind_name(error.kind);
        out["refused"]["message"] = error.message;
        out["refused"]["hint"] = error.hint;
        return out;
    }

    [[nodiscard]] Json answer(const ErasePlan& plan, const Erased* done) const {
        Json out;
        out["erased"] = done != nullptr;
        out["waits"] = waits_;
        out["runs"] = hex_list(done != nullptr ? done->runs : plan.runs);
        out["live"] = hex_list(plan.live);
        out["held"] = hex_list(plan.held);
        out["apart"] = hex_list(plan.apart);
        if (done != nullptr) {
            out["order"] = done->order;
            out["receipt"] = done->receipt;
        }
        return out;
    }

    Core& core_;
    EraseWish wish_;
    ErasePlan plan_;
    std::size_t next_ = 0;
    std::set<store::RunId> attested_;
    bool waits_ = false;
};

// Ended runs whose end lies in the window, both ends included.
Result<std::vector<store::RunId>> runs_of_window(const RequestContext& request) {
    const std::int64_t after = request.number("after", INT64_MIN);
    const std::int64_t before = request.number("before", INT64_MAX);
    store::RunFilter filter;
    filter.ended = true;
    filter.limit = 1'000'000'000;
    WEFT_TRY(rows, request.core.store().runs(filter));
    std::vector<store::RunId> out;
    for (const auto& row : rows) {
        if (*row.ended_ms >= after && *row.ended_ms <= before) out.push_back(row.id);
    }
    return out;
}

Result<EraseWish> read_wish(const RequestContext& request) {
    EraseWish wish;
    wish.by = request.actor;
    wish.when_ended = request.flag("when_ended");
    wish.kill = request.flag("kill");
    wish.dry_run = request.flag("dry_run");
    const std::string subject = request.text("subject");
    const bool by_run = !request.text("run").empty();
    const bool by_window = request.params.contains("after") || request.params.contains("before");
    if ((subject.empty() ? 0 : 1) + (by_run ? 1 : 0) + (by_window ? 1 : 0) != 1) {
        return fail(ErrorKind::Usage, "say what to erase: a run, a subject or a time, one of them");
    }
    if (!wish.dry_run) {
        WEFT_TRY(reason, needed_reason(request, "an erasure"));
        wish.reason = std::move(reason);
    }
    auto& store = request.core.store();
    if (by_run) {
        WEFT_TRY(run, request.run());
        wish.seeds.push_back(run);
    } else if (by_window) {
        WEFT_TRY(runs, runs_of_window(request));
        wish.seeds = std::move(runs);
    } else {
        wish.subjects = store.keys().tags("subject", subject);
        std::set<store::RunId> runs;
        for (const auto& tag : wish.subjects) {
            WEFT_TRY(found, store.runs_of_subject(tag));
            runs.insert(found.begin(), found.end());
        }
        wish.seeds.assign(runs.begin(), runs.end());
    }
    return wish;
}

Result<bool> is_erased(store::Store& store, const store::RunId& run) {
    WEFT_TRY(row, store.run(run));
    if (!row) return fail(ErrorKind::NotFound, "there is no such run");
    WEFT_TRY(state, store.keys().slot_state(row->slot));
    return state == store::SlotState::Destroyed;
}

}  // namespace

Result<std::unique_ptr<Job>> begin_erase(const RequestContext& request) {
    WEFT_TRY(wish, read_wish(request));
    return std::make_unique<EraseJob>(request.core, std::move(wish));
}

Result<Json> answer_legal_hold(const RequestContext& request) {
    WEFT_TRY(reason, needed_reason(request, "a legal hold"));
    WEFT_TRY(run, request.run());
    const auto change = request.flag("lift") ? HoldChange::Lifted : HoldChange::Placed;
    WEFT_TRY(erased, is_erased(request.core.store(), run));
    if (erased && change == HoldChange::Placed) {
        return fail(ErrorKind::Refused, fmt::format("run {} was erased", short_ids({run})),
                    "what is left of it stays without a hold");
    }
    WEFT_TRY_VOID(request.core.change_hold(run, change, request.actor, reason));
    Json out;
    out["run"] = to_hex(view(run));
    out["held"] = change == HoldChange::Placed;
    return out;
}

Result<Json> answer_receipt(const RequestContext& request) {
    WEFT_TRY(run, request.run());
    WEFT_TRY(receipt, receipt_of(request.core.store(), run));
    if (!receipt) {
        return fail(ErrorKind::Refused, fmt::format("run {} was not erased", short_ids({run})),
                    "only what was erased has a receipt");
    }
    Json out;
    out["run"] = to_hex(view(run));
    out["order"] = receipt->order;
    out["receipt"] = receipt->note;
    return out;
}

}  // namespace weft::engine
