#include "tests/differential/machine_run.h"

#include "base/check.h"

namespace weft::differential {
namespace {

using reference::Ask;
using reference::Made;

bool same(const vm::Command& a, const vm::Command& b) {
    return a.kind == b.kind && a.site == b.site && a.branch == b.branch && a.fuel == b.fuel &&
           a.body == b.body && a.has_payload == b.has_payload && a.payload == b.payload &&
           a.check == b.check;
}

Ask::Kind kind_of(vm::WantKind kind) {
    switch (kind) {
        case vm::WantKind::Attempt:
            return Ask::Kind::Attempt;
        case vm::WantKind::Outcome:
            return Ask::Kind::Outcome;
        case vm::WantKind::Cancel:
            return Ask::Kind::Cancel;
        case vm::WantKind::Timer:
            return Ask::Kind::Timer;
        case vm::WantKind::Decision:
            return Ask::Kind::Decision;
        case vm::WantKind::Settle:
            return Ask::Kind::Settle;
        case vm::WantKind::Sub:
            return Ask::Kind::Sub;
        case vm::WantKind::CancelSub:
            return Ask::Kind::CancelSub;
        case vm::WantKind::Lock:
            return Ask::Kind::Lock;
        case vm::WantKind::Release:
        case vm::WantKind::Signal:
            break;
    }
    return Ask::Kind::Release;
}

}  // namespace

MachineRun::MachineRun(std::shared_ptr<const Image> image, const reference::Beginning& beginning)
    : image_(std::move(image)) {
    begin_.run = beginning.run;
    begin_.seed = beginning.seed;
    begin_.workflow = beginning.workflow;
    begin_.input = Value::record(beginning.input);
    begin_.tunes = Value::record(beginning.tunes);
    begin_.starter = beginning.starter;
    begin_.time_ms = beginning.time_ms;
    machine_ = std::make_unique<vm::Machine>(image_, begin_);
}

void MachineRun::watch(vm::Visits* visits) {
    visits_ = visits;
    machine_->watch(visits);
}

reference::Out MachineRun::start() {
    return out_of(machine_->start(), 1);
}

bool MachineRun::accepts(const reference::Fact& fact) const {
    return machine_->accepts(fact_of(fact));
}

reference::Out MachineRun::apply(const reference::Fact& fact, std::int64_t time_ms) {
    facts_.emplace_back(fact_of(fact), time_ms);
    const auto seq = machine_->next_seq();
    return out_of(machine_->apply(facts_.back().first, time_ms), seq + 1);
}

std::optional<EndStatus> MachineRun::ended() const {
    if (!vm::is_ended(machine_->status())) return std::nullopt;
    return static_cast<EndStatus>(machine_->status());
}

vm::Fact MachineRun::fact_of(const reference::Fact& fact) const {
    switch (fact.kind) {
        case RecordKind::Start:
            return vm::StartFact{fact.number, fact.attempt};
        case RecordKind::Outcome: {
            vm::OutcomeFact out;
            out.call = fact.number;
            out.attempt = fact.attempt;
            out.status = static_cast<vm::OutcomeStatus>(fact.answer);
            out.value = fact.value;
            out.error = fact.error;
            out.message = fact.message;
            out.detail = fact.detail;
            out.retry_after_ms = fact.asked_delay_ms;
            out.cost_micros = fact.cost_micros;
            out.currency = fact.currency;
            return out;
        }
        case RecordKind::Settled:
            return vm::SettledFact{fact.number, fact.is_done, fact.value};
        case RecordKind::TimerFired:
            return vm::TimerFiredFact{fact.number};
        case RecordKind::Decision:
            return vm::DecisionFact{fact.number, static_cast<vm::Decision>(fact.decision),
                                    fact.by,     fact.reason,
                                    fact.values, fact.role};
        case RecordKind::Signal:
            return vm::SignalFact{static_cast<std::uint32_t>(fact.number), fact.tag, fact.value,
                                  fact.by};
        case RecordKind::LockGot:
            return vm::LockGotFact{fact.number};
        case RecordKind::Hit:
            return vm::HitFact{fact.number,     static_cast<std::uint8_t>(fact.source),
                               fact.origin_run, fact.origin_seq,
                               fact.value,      fact.refused};
        case RecordKind::SubEnded: {
            const auto& child = dynamic_cast<const MachineRun&>(*fact.child);
            vm::SubEndedFact out;
            out.call = fact.number;
            out.status = static_cast<std::uint8_t>(child.machine_->status());
            out.value = child.result();
            if (child.machine_->status() == vm::RunStatus::Completed) {
                out.undos = child.machine_->undos();
            }
            out.past_no_return = child.past_no_return();
            out.cost_micros = fact.cost_micros;
            out.currency = fact.currency;
            return out;
        }
        case RecordKind::Cancel:
            return vm::CancelFact{fact.by, fact.reason};
        case RecordKind::Kill:
            return vm::KillFact{fact.by, fact.reason};
        case RecordKind::HeldByOperator:
            return vm::HeldByOperatorFact{fact.by, fact.reason};
        case RecordKind::Released:
            return vm::ReleasedFact{fact.by, fact.reason};
        default:
            return vm::ResumedFact{};
    }
}

reference::Out MachineRun::out_of(vm::Progress progress, std::uint64_t first_seq) {
    reference::Out out;
    for (auto& command : progress.commands) {
        out.records.push_back(made_of(command, first_seq++));
        commands_.push_back(std::move(command));
    }
    for (auto& call : progress.keyed) {
        reference::KeyNote note;
        note.run = call.run;
        note.call = call.call;
        note.what = static_cast<reference::KeyNote::What>(call.what);
        if (note.what != reference::KeyNote::What::Undone) {
            const auto& step = image_->steps[call.step];
            note.path = step.path;
            note.worker = image_->workers[step.worker].name;
            note.cache_ms = step.cache_ms;
        }
        note.cache_key = std::move(call.cache_key);
        out.keys.push_back(std::move(note));
    }
    for (auto& sub : progress.subs) {
        out.subs.push_back({sub.run, sub.workflow, sub.detached, std::move(sub.arguments)});
    }
    return out;
}

Made MachineRun::made_of(const vm::Command& command, std::uint64_t seq) const {
    Made made;
    made.seq = seq;
    made.kind = static_cast<RecordKind>(command.kind);
    made.branch = command.branch;
    made.body = command.body;
    made.payload = command.payload;
    if (made.kind != RecordKind::Hold) made.place = place_of(command.site);
    if (made.kind == RecordKind::Call) {
        auto body = *decode_body<CallBody>(command.body);
        made.worker = image_->workers[std::exchange(body.worker, 0)].name;
        made.body = encode_body(body);
    }
    return made;
}

std::string MachineRun::place_of(std::uint32_t number) const {
    if (number == kNoSite) return "";
    const auto& site = image_->sites[number];
    switch (site.kind) {
        case SiteKind::Step:
            return "step " + image_->steps[site.row].path;
        case SiteKind::Fork:
            return "fork " + image_->forks[site.row].path;
        case SiteKind::Gate:
            return "gate " + image_->gates[site.row].path;
        case SiteKind::Review:
            return "review " + image_->reviews[site.row].path;
        case SiteKind::Event:
            return "event " + image_->events[site.row].name;
        case SiteKind::End:
            return "end " + image_->workflows[site.row].name;
        case SiteKind::Undo:
            return "undo";
        case SiteKind::Sleep:
            return "sleep";
        case SiteKind::Sub:
            return "run " + image_->subs[site.row].path;
        case SiteKind::Block:
            return "block " + image_->blocks[site.row].path;
        case SiteKind::Wait:
            return "wait " + image_->waits[site.row].path;
        case SiteKind::Lock:
            return "lock " + image_->locks[site.row].path;
    }
    return "?";
}

std::vector<std::uint64_t> MachineRun::stuck() const {
    std::vector<std::uint64_t> out;
    for (const auto& undo : machine_->stuck_undos()) out.push_back(undo.call);
    return out;
}

std::vector<Ask> MachineRun::asks() const {
    std::vector<Ask> out;
    bool releases = false;
    for (const auto& want : machine_->wants()) {
        if (want.kind == vm::WantKind::Signal) continue;  // anybody may send anything
        // However much is held, one release is asked for.
        if (want.kind == vm::WantKind::Release && std::exchange(releases, true)) continue;
        out.push_back(ask_of(want));
    }
    return out;
}

Ask MachineRun::ask_of(const vm::Want& want) const {
    Ask ask;
    ask.kind = kind_of(want.kind);
    switch (ask.kind) {
        case Ask::Kind::Attempt:
        case Ask::Kind::Outcome:
        case Ask::Kind::Cancel:
        case Ask::Kind::Settle: {
            const auto& step = image_->steps[want.step];
            ask.number = want.call;
            ask.attempt = want.attempt;
            ask.direction = static_cast<Direction>(want.direction);
            ask.path = step.path;
            ask.worker = image_->workers[want.worker].name;
            ask.result_type = step.result_type;
            ask.timeout_ms = step.policy.timeout_ms;
            ask.cache_ms = step.cache_ms;
            ask.arguments = want.arguments;
            ask.author_key = want.author_key;
            ask.cache_key = want.cache_key;
            break;
        }
        case Ask::Kind::Timer:
            ask.number = want.timer;
            ask.due_ms = want.due_ms;
            ask.until = want.until;
            break;
        case Ask::Kind::Decision: {
            const auto& review = image_->reviews[want.review];
            ask.number = want.task;
            ask.title = review.title;
            ask.line = want.line;
            ask.roles = review.roles_of(want.line);
            ask.types = review.types;
            ask.form = review.form;
            ask.shown = want.shown;
            ask.due_ms = want.due_ms;
            ask.except = want.except;
            ask.approved_by = want.approved_by;
            break;
        }
        case Ask::Kind::Lock:
            ask.number = want.lock;
            ask.keys = want.keys;
            ask.due_ms = want.due_ms;
            break;
        case Ask::Kind::Sub:
        case Ask::Kind::CancelSub:
            ask.number = want.call;
            ask.run = want.key;
            break;
        case Ask::Kind::Release:
            break;
    }
    return ask;
}

std::string MachineRun::replay() {
    auto again = std::make_unique<vm::Machine>(image_, begin_);
    std::vector<vm::Command> made;
    const auto keep = [&made](vm::Progress progress) {
        for (auto& command : progress.commands) made.push_back(std::move(command));
    };
    keep(again->start());
    for (const auto& [fact, time_ms] : facts_) keep(again->apply(fact, time_ms));
    for (std::size_t i = 0; i < std::max(made.size(), commands_.size()); ++i) {
        if (i >= made.size() || i >= commands_.size() || !same(made[i], commands_[i])) {
            return "the replay differs at command " + std::to_string(i + 1);
        }
    }
    if (again->check() != machine_->check()) return "the replay gives another state check";
    if (again->wants() != machine_->wants()) return "the replay has other wants";
    machine_ = std::move(again);
    machine_->watch(visits_);
    return {};
}

std::string MachineRun::restore() {
    if (ended()) return {};
    auto again = vm::Machine::restore(image_, begin_, machine_->snapshot());
    if (!again) return "its snapshot can't be restored";
    if (again->check() != machine_->check()) return "its snapshot gives another state check";
    if (again->wants() != machine_->wants()) return "its snapshot has other wants";
    *machine_ = std::move(*again);
    machine_->watch(visits_);
    return {};
}

}  // namespace weft::differential
