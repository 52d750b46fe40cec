#include "engine/waits.h"

#include <algorithm>
#include <array>

#include "engine/key_ledger.h"
#include "engine/sites.h"
#include "store/key_file.h"
#include "vm/view.h"

namespace weft::engine {
namespace {

std::string_view purpose_name(vm::TimerRole role) {
    static constexpr std::array<std::string_view, 11> kNames = {
        "backoff",      "step-deadline", "settling",       "deadline", "review", "sleep",
        "run-deadline", "block-backoff", "block-deadline", "wait",     "lock"};
    return kNames.at(static_cast<std::size_t>(role));
}

std::string_view direction_name(Direction direction) {
    static constexpr std::array<std::string_view, 3> kNames = {"forward", "undo", "probe"};
    return kNames.at(static_cast<std::size_t>(direction));
}

Json signal_names(const WorkflowRow& workflow, const WaitRow& row) {
    Json out = Json::array();
    for (auto signal : row.signals) {
        if (signal < workflow.signals.size()) out.push_back(workflow.signals[signal].name);
    }
    return out;
}

// The runs that have some of the keys.
Json lock_holders(Core& core, const std::vector<std::string>& keys) {
    Json out = Json::array();
    for (const auto& key : keys) {
        auto holder = core.locks().holder(key);
        if (!holder || *holder == store::RunId{}) continue;
        std::string run = to_hex(view(*holder));
        if (std::find(out.begin(), out.end(), run) == out.end()) out.push_back(run);
    }
    return out;
}

// Empty for what has no value: a signal or worker that is declared without a type has one of which
// only none is, and whose name no program can write.
std::string type_text(const TypeTable& types, TypeId type) {
    if (!type.has_value()) return "";
    auto text = types.text(type);
    return text.starts_with('\'') ? "" : text;
}

// A machine's wants and view, put into words that programs go by.
class Waits {
  public:
    Waits(Core& core, const Looked& looked)
        : core_(core),
          looked_(looked),
          image_(*looked.image),
          view_(looked.machine()->state_view()) {}

    Json all() {
        if (vm::is_ended(looked_.machine()->status())) return std::move(out_);
        for (const auto& call : view_.calls) add_call(call);
        for (const auto& timer : view_.timers) add_timer(timer);
        for (const auto& want : looked_.machine()->wants()) add_want(want);
        if (view_.is_held) add_release(nullptr);
        for (const auto& branch : view_.branches) {
            const bool is_held = branch.rest == vm::Rest::Held || branch.rest == vm::Rest::Stuck;
            if (is_held) add_release(&branch);
        }
        return std::move(out_);
    }

  private:
    void put_place(Json& wait, std::uint32_t site) const {
        if (const auto path = site_path(image_, site); !path.empty()) wait["step"] = path;
        if (const auto place = site_place(image_, site); !place.empty()) wait["place"] = place;
    }

    // What there is to say of a call, whatever it waits for.
    void put_call(Json& wait, const vm::CallView& call) const {
        const auto& step = image_.steps[call.step];
        wait["step"] = step.path;
        wait["worker"] = image_.workers[call.worker].name;
        wait["direction"] = direction_name(call.direction);
        wait["attempt"] = call.attempt;
        wait["attempts"] = step.policy.retries + 1;
        if (call.is_in_doubt) wait["in_doubt"] = true;
        if (!call.error.empty()) wait["error"] = call.error;
        if (!call.message.empty()) wait["message"] = call.message;
        wait["call"] = call.seq;
        wait["branch"] = call.branch;
    }

    void add_call(const vm::CallView& call) {
        Json wait;
        if (call.phase == vm::Phase::Person) {
            wait["kind"] = "settle";
            wait["reason"] = call.message;
            put_call(wait, call);
            wait["key"] = to_hex(view(call.key));
            wait["type"] = type_text(image_.types, image_.steps[call.step].result_type);
        } else if (call.phase == vm::Phase::Started) {
            wait["kind"] = "attempt";
            put_call(wait, call);
            const auto timeout_ms = image_.steps[call.step].policy.timeout_ms;
            if (timeout_ms > 0) wait["timeout"] = timeout_ms;
            if (call.is_unwanted) wait["cancelled"] = true;
        } else if (call.phase == vm::Phase::Attempt && !view_.is_held) {
            const auto behind = core_.pacer().waits_for(looked_.row.id, call.seq);
            const auto other = holder_of_key(call.seq);
            wait["kind"] = other ? "key" : behind.value_or("start");
            put_call(wait, call);
            if (other) wait["run"] = to_hex(view(*other));
            if (behind) put_pace(wait, call);
        } else {
            return;
        }
        out_.push_back(std::move(wait));
    }

    // Another run whose use of the call's author-given key is under way or in doubt.
    [[nodiscard]] std::optional<store::RunId> holder_of_key(std::uint64_t call) const {
        for (const auto& want : looked_.machine()->wants()) {
            if (want.kind != vm::WantKind::Attempt || want.call != call) continue;
            if (!want.author_key || want.attempt > 1) return std::nullopt;
            auto& store = core_.store();
            const auto bytes = key_bytes(image_, want, *want.author_key);
            const auto use = KeyLedger(store).find(store.keys().tags("key", bytes));
            if (!use || !*use || (*use)->row.run == looked_.row.id) return std::nullopt;
            const bool is_open = static_cast<KeyState>((*use)->row.state) == KeyState::Open;
            return is_open ? std::optional((*use)->row.run) : std::nullopt;
        }
        return std::nullopt;
    }

    // What the worker's program declares, and when time alone lets an attempt go.
    void put_pace(Json& wait, const vm::CallView& call) {
        const auto& pacing = image_.workers[call.worker].pacing;
        if (pacing.at_once > 0) wait["at_once"] = pacing.at_once;
        if (pacing.rate_count > 0) {
            wait["rate"] = pacing.rate_count;
            wait["period"] = pacing.rate_period_ms;
        }
        if (const auto free_ms = core_.pacer().free_ms(looked_.row.id, call.seq)) {
            wait["due"] =
                core_.now_ms() + std::max<std::int64_t>(0, *free_ms - core_.monotonic_ms());
        }
    }

    void add_timer(const vm::TimerView& timer) {
        Json wait;
        wait["kind"] = "timer";
        wait["due"] = timer.due_ms;
        wait["purpose"] = purpose_name(timer.role);
        const auto call = std::ranges::find(view_.calls, timer.call, &vm::CallView::seq);
        if (timer.call != 0 && call != view_.calls.end()) {
            put_call(wait, *call);
        } else {
            put_place(wait, timer.site);
            wait["branch"] = timer.branch;
        }
        if (timer.role == vm::TimerRole::Settle) put_settling(wait, *call);
        out_.push_back(std::move(wait));
    }

    // Who will be asked what became of it: its probe, or its receiver again.
    void put_settling(Json& wait, const vm::CallView& call) const {
        const auto& worker = image_.workers[call.worker];
        if (worker.probe < image_.workers.size()) wait["probe"] = image_.workers[worker.probe].name;
    }

    void add_want(const vm::Want& want) {
        Json wait;
        switch (want.kind) {
            case vm::WantKind::Decision:
                wait = review(want);
                break;
            case vm::WantKind::Signal: {
                const auto& row = image_.waits[want.wait];
                wait["kind"] = "signal";
                wait["step"] = row.path;
                wait["signals"] = signal_names(*looked_.workflow, row);
                wait["types"] = signal_types(row);
                wait["due"] = want.due_ms;
                break;
            }
            case vm::WantKind::Lock:
                wait["kind"] = "lock";
                wait["keys"] = want.keys;
                wait["due"] = want.due_ms;
                wait["holders"] = lock_holders(core_, want.keys);
                put_branch(wait, vm::Rest::Lock);
                break;
            case vm::WantKind::Sub:
            case vm::WantKind::CancelSub: {
                const auto& sub = image_.subs[want.step];
                wait["kind"] = "run";
                wait["run"] = to_hex(view(want.key));
                wait["workflow"] = image_.workflows[sub.workflow].name;
                wait["step"] = sub.path;
                wait["call"] = want.call;
                if (want.kind == vm::WantKind::CancelSub) wait["cancelled"] = true;
                break;
            }
            default:
                return;
        }
        if (wait.contains("step") && !wait.contains("branch")) put_branch(wait);
        out_.push_back(std::move(wait));
    }

    // The one that rests like that: a run asks for one lock at a time.
    void put_branch(Json& wait, vm::Rest rest) const {
        const auto branch = std::ranges::find(view_.branches, rest, &vm::BranchView::rest);
        if (branch == view_.branches.end()) return;
        put_place(wait, branch->site);
        wait["branch"] = branch->id;
    }

    // The branch that rests at the site of this path.
    void put_branch(Json& wait) const {
        const auto step = wait.value("step", "");
        for (const auto& branch : view_.branches) {
            if (site_path(image_, branch.site) != step) continue;
            wait["place"] = site_place(image_, branch.site);
            wait["branch"] = branch.id;
            return;
        }
    }

    Json signal_types(const WaitRow& row) const {
        Json out = Json::array();
        for (auto signal : row.signals) {
            if (signal >= looked_.workflow->signals.size()) continue;
            const auto type = looked_.workflow->signals[signal].type;
            out.push_back(type_text(image_.types, type));
        }
        return out;
    }

    Json review(const vm::Want& want) const {
        static constexpr std::array<std::string_view, 3> kEnds = {"expire", "approve", "reject"};
        const auto& review = image_.reviews[want.review];
        Json wait;
        wait["kind"] = "review";
        wait["task"] = task_text(looked_.row.id, want.task);
        wait["title"] = review.title;
        wait["step"] = review.path;
        wait["roles"] = review.roles_of(want.line);
        wait["due"] = want.due_ms;
        wait["needed"] = review.approvals_needed;
        wait["approved_by"] = want.approved_by;
        if (!want.except.empty()) wait["except"] = want.except;
        // What silence leads to.
        if (want.line + 1 < review.lines.size()) {
            wait["then"] = "ask";
            wait["then_roles"] = review.roles_of(want.line + 1);
        } else if (!review.lines.empty()) {
            wait["then"] = kEnds.at(static_cast<std::size_t>(review.end));
        } else {
            wait["then"] = "next";
        }
        return wait;
    }

    // Of a branch, or of the run as a whole.
    void add_release(const vm::BranchView* branch) {
        Json wait;
        wait["kind"] = "release";
        if (branch == nullptr) {
            wait["reason"] = view_.why_held;
            wait["cause"] = looked_.machine()->is_held_by_operator() ? "operator" : "deadline";
            out_.push_back(std::move(wait));
            return;
        }
        wait["reason"] = branch->message;
        wait["cause"] = branch->rest == vm::Rest::Stuck ? "stuck" : "failure";
        put_place(wait, branch->site);
        if (!wait.contains("place") && !branch->frames.empty()) {
            const auto& frame = branch->frames.back();
            wait["place"] = code_place(image_, *frame.function, frame.pc);
        }
        wait["branch"] = branch->id;
        if (branch->rest == vm::Rest::Stuck) {
            for (const auto& undo : looked_.machine()->stuck_undos()) {
                wait["stuck"].push_back(site_path(image_, undo.site));
            }
        }
        out_.push_back(std::move(wait));
    }

    Core& core_;
    const Looked& looked_;
    const Image& image_;
    const vm::StateView view_;
    Json out_ = Json::array();
};

std::string_view rest_name(vm::Rest rest) {
    static constexpr std::array<std::string_view, 11> kNames = {
        "runs",   "call", "run",  "branches", "review", "sleep",
        "signal", "lock", "held", "stuck",    "held"};
    return kNames.at(static_cast<std::size_t>(rest));
}

}  // namespace

Json waits_json(Core& core, const Looked& looked) {
    return Waits(core, looked).all();
}

Json branches_json(const Looked& looked) {
    Json out = Json::array();
    for (const auto& branch : looked.machine()->state_view().branches) {
        Json item;
        item["branch"] = branch.id;
        if (branch.id != vm::kRoot) item["parent"] = branch.parent;
        item["rest"] = rest_name(branch.rest);
        if (branch.is_stopping) item["stopping"] = true;
        if (branch.is_undoing) item["undoing"] = true;
        const auto path = site_path(*looked.image, branch.site);
        if (!path.empty()) item["step"] = path;
        for (auto frame = branch.frames.rbegin(); frame != branch.frames.rend(); ++frame) {
            Json at;
            at["in"] = frame->function->name;
            at["place"] = code_place(*looked.image, *frame->function, frame->pc);
            item["frames"].push_back(std::move(at));
        }
        out.push_back(std::move(item));
    }
    return out;
}

Json undo_json(const Looked& looked) {
    Json out = Json::array();
    for (const auto& entry : looked.machine()->state_view().undo) {
        Json item;
        item["step"] = site_path(*looked.image, entry.site);
        item["place"] = site_place(*looked.image, entry.site);
        if (entry.call != 0) item["call"] = entry.call;
        item["branch"] = entry.branch;
        out.push_back(std::move(item));
    }
    return out;
}

}  // namespace weft::engine
