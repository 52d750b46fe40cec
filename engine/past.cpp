#include "engine/past.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/approval.h"
#include "engine/facts.h"
#include "engine/history_text.h"
#include "engine/sites.h"
#include "value/payload.h"
#include "vm/error_value.h"

namespace weft::engine {
namespace {

std::string_view stem(RecordKind kind) {
    switch (kind) {
        case RecordKind::Call:
            return "call";
        case RecordKind::TimerSet:
            return "timer";
        case RecordKind::ReviewOpen:
            return "review";
        case RecordKind::LockAsk:
            return "lock";
        default:
            return "";
    }
}

// How often a call is tried again is its own affair.
bool stands_alone(RecordKind kind, const std::string& body) {
    if (kind != RecordKind::TimerSet) return true;
    const auto timer = decode_body<TimerSetBody>(body);
    return timer && (timer->purpose != TimerPurpose::Backoff || timer->call == 0);
}

}  // namespace

std::vector<std::string> lock_keys(const std::string& payload) {
    std::vector<std::string> out;
    Value value;
    if (!decode_payload(payload, value)) return out;
    if (value.tag() != Tag::List && value.tag() != Tag::Record) return out;
    for (const auto& key : value.items()) {
        if (key.tag() == Tag::Text) out.push_back(key.as_text());
    }
    return out;
}

Value shown_values(const std::string& payload) {
    Value value;
    const bool whole =
        decode_canonical(payload, value) && value.tag() == Tag::Record && value.items().size() > 2;
    return whole ? value.items()[2] : Value();
}

std::string ConstructNames::numbered(std::string name, std::uint32_t branch) {
    name += fmt::format(" @{}", branches_[branch]);
    const auto number = ++met_[name];
    return fmt::format("{} #{}", name, number);
}

void ConstructNames::fork(const std::string& path, std::uint32_t branch, const std::string& body) {
    const auto fork = decode_body<ForkBody>(body);
    if (!fork) return;
    const auto around = branches_[branch];
    const auto number = ++met_[fmt::format("fork {} @{}", path, around)];
    for (std::uint32_t i = 0; i < fork->count; ++i) {
        branches_[fork->first_branch + i] = fmt::format("{}/{}#{}[{}]", around, path, number, i);
    }
}

std::string ConstructNames::take(const Image& image, RecordKind kind, std::uint32_t site,
                                 std::uint32_t branch, const std::string& body) {
    const auto path = site_path(image, site);
    if (kind == RecordKind::Fork) fork(path, branch, body);
    const auto what = stem(kind);
    if (what.empty() || site == kNoSite || !stands_alone(kind, body)) return "";
    const auto call = kind == RecordKind::Call ? decode_body<CallBody>(body) : std::nullopt;
    if (call && call->direction == Direction::Probe) return "";
    return numbered(fmt::format("{} {}", what, path), branch);
}

void PastReader::start_over() {
    past_ = {};
    names_ = {};
    calls_.clear();
    tasks_.clear();
    timers_.clear();
    call_timers_.clear();
    locks_.clear();
}

void PastReader::note(const ReadRecord& record, const std::shared_ptr<const Image>& image) {
    if (record.record.kind == RecordKind::Begin) {
        Value value;
        const bool named = decode_payload(record.payload, value) && !value.items().empty();
        if (named) workflow_ = value.items().front().as_text();
    }
    if (record.record.kind == RecordKind::Migrated) start_over();
    past_.image = image;
    if (is_fact(record.record.kind)) {
        note_fact(record, *image);
    } else {
        note_command(record, *image);
    }
}

void PastReader::note_command(const ReadRecord& record, const Image& image) {
    const auto& at = record.record;
    auto name = names_.take(image, at.kind, at.site, at.branch, at.body);
    switch (at.kind) {
        case RecordKind::Call:
            note_call(record, image, std::move(name));
            break;
        case RecordKind::TimerSet:
            if (const auto body = decode_body<TimerSetBody>(at.body)) {
                timers_[body->timer] = std::move(name);
                if (calls_.contains(body->call)) call_timers_[body->timer] = body->call;
            }
            break;
        case RecordKind::ReviewOpen:
            note_review(record, image, std::move(name));
            break;
        case RecordKind::LockAsk:
            if (const auto body = decode_body<LockAskBody>(at.body)) {
                auto& lock = locks_[body->lock];
                lock.kind = PastEvent::Kind::Lock;
                lock.name = std::move(name);
                lock.keys = lock_keys(record.payload);
            }
            break;
        case RecordKind::UndoEnd:
            note_undone(at.seq, at.body);
            break;
        case RecordKind::SubStart:
            if (past_.first_sub == 0) past_.first_sub = at.seq;
            break;
        default:
            break;
    }
}

void PastReader::note_call(const ReadRecord& record, const Image& image, std::string name) {
    const auto body = decode_body<CallBody>(record.record.body);
    if (!body) return;
    const auto& step = image.steps[image.sites[record.record.site].row];
    const auto& worker = image.workers[body->worker];
    Call call;
    call.name = std::move(name);
    call.path = step.path;
    call.worker = worker.was.empty() ? worker.name : worker.was;
    call.effect = worker.effect;
    call.direction = body->direction;
    call.type = step.result_type;
    call.last = record.record.seq;
    call.site = record.record.site;
    call.branch = record.record.branch;
    calls_[record.record.seq] = std::move(call);
}

void PastReader::note_review(const ReadRecord& record, const Image& image, std::string name) {
    const auto body = decode_body<ReviewOpenBody>(record.record.body);
    if (!body) return;
    auto& task = tasks_[body->task];
    if (body->task == record.record.seq) {
        task.name = std::move(name);
        task.row = image.sites[record.record.site].row;
    }
    task.shown = shown_values(record.payload);
}

// What was undone has nothing left that another program would have to undo.
void PastReader::note_undone(std::uint64_t seq, const std::string& body) {
    const auto undone = decode_body<UndoEndBody>(body);
    if (!undone || undone->status != UndoStatus::Done) return;
    for (auto& event : past_.events) {
        if (event.call != undone->call || event.kind != PastEvent::Kind::Done) continue;
        event.changes = false;
        event.undone_at = seq;
    }
}

void PastReader::note_fact(const ReadRecord& record, const Image& image) {
    const auto fact = decode_fact(record.record, record.payload);
    if (!fact) return;
    std::visit(
        [&](const auto& known) {
            using T = std::decay_t<decltype(known)>;
            if constexpr (std::is_same_v<T, vm::SignalFact>) {
                on_signal(known, record, image);
            } else if constexpr (requires { on(known, record); }) {
                on(known, record);
            }
        },
        *fact);
}

void PastReader::done(std::uint64_t seq, const Value& value, std::uint64_t told) {
    const auto found = calls_.find(seq);
    if (found == calls_.end() || found->second.is_done) return;
    auto& call = found->second;
    call.is_done = true;
    call.is_sent = false;
    PastEvent event;
    event.seq = told;
    event.name = call.name;
    event.path = call.path;
    event.call = seq;
    event.type = call.type;
    event.value = value;
    event.worker = call.worker;
    event.is_undo = call.direction == Direction::Undo;
    event.changes = call.effect != EffectClass::Read && !event.is_undo;
    past_.events.push_back(std::move(event));
}

// The call that a probe asks about: the last one at its place.
std::uint64_t PastReader::probed(const Call& probe) const {
    for (auto it = calls_.rbegin(); it != calls_.rend(); ++it) {
        const auto& call = it->second;
        if (call.direction != Direction::Probe && call.site == probe.site &&
            call.branch == probe.branch) {
            return it->first;
        }
    }
    return 0;
}

void PastReader::on(const vm::StartFact& fact, const ReadRecord&) {
    const auto found = calls_.find(fact.call);
    if (found != calls_.end()) found->second.is_sent = true;
}

void PastReader::on(const vm::OutcomeFact& fact, const ReadRecord& record) {
    const auto found = calls_.find(fact.call);
    if (found == calls_.end()) return;
    auto& call = found->second;
    if (fact.status == vm::OutcomeStatus::Ok) {
        const bool is_probe = call.direction == Direction::Probe;
        if (!is_probe) return done(fact.call, fact.value, record.record.seq);
        const auto asked = probed(call);
        if (!fact.value.is_none()) return done(asked, fact.value, record.record.seq);
        if (const auto of = calls_.find(asked); of != calls_.end()) of->second.is_sent = false;
        return;
    }
    if (fact.status == vm::OutcomeStatus::Failed || fact.status == vm::OutcomeStatus::Cancelled) {
        // One that was sent again and reached nobody says nothing of the first.
        const bool is_vague =
            call.is_in_doubt &&
            (fact.error == "Transient" || fact.error == "Timeout" || fact.error == "Unavailable");
        if (!is_vague) call.is_sent = call.is_in_doubt = false;
    }
    if (fact.status == vm::OutcomeStatus::Unknown) call.is_in_doubt = true;
    call.last = record.record.seq;
    call.error = fact.error;
    call.message = fact.message;
    call.attempts = fact.attempt;
}

void PastReader::on(const vm::SettledFact& fact, const ReadRecord& record) {
    if (fact.done) return done(fact.call, fact.value, record.record.seq);
    if (const auto of = calls_.find(fact.call); of != calls_.end()) of->second.is_sent = false;
}

void PastReader::on(const vm::HitFact& fact, const ReadRecord& record) {
    if (!fact.refused.empty()) {
        auto& call = calls_[fact.call];
        const bool failed = fact.source == static_cast<std::uint8_t>(HitSource::Migration) ||
                            fact.source == static_cast<std::uint8_t>(HitSource::Fork);
        call.last = record.record.seq;
        call.error = failed ? fact.refused : "Trap";
        call.message =
            failed && vm::is_error(fact.value) ? fact.value.items()[1].as_text() : fact.refused;
        return;
    }
    done(fact.call, fact.value, record.record.seq);
    auto& event = past_.events.back();
    if (fact.source == static_cast<std::uint8_t>(HitSource::Migration)) return;
    event.hit = fact;
    event.changes = false;  // it is somebody else's
}

void PastReader::on(const vm::TimerFiredFact& fact, const ReadRecord& record) {
    if (const auto of_call = call_timers_.find(fact.timer); of_call != call_timers_.end()) {
        calls_[of_call->second].last = record.record.seq;
        return;
    }
    const auto found = timers_.find(fact.timer);
    if (found == timers_.end() || found->second.empty()) return;
    PastEvent event;
    event.kind = PastEvent::Kind::Timer;
    event.seq = record.record.seq;
    event.name = found->second;
    past_.events.push_back(std::move(event));
}

void PastReader::on(const vm::DecisionFact& fact, const ReadRecord& record) {
    const auto found = tasks_.find(fact.task);
    if (found == tasks_.end()) return;
    PastEvent event;
    event.kind = PastEvent::Kind::Decision;
    event.seq = record.record.seq;
    event.name = found->second.name;
    event.review = found->second.row;
    event.shown = found->second.shown;
    event.decision = fact;
    event.is_signed = !signed_statement(payload_fields(record.payload)).empty();
    if (const auto body = decode_body<DecisionBody>(record.record.body)) event.actor = body->actor;
    past_.events.push_back(std::move(event));
}

void PastReader::on(const vm::LockGotFact& fact, const ReadRecord& record) {
    auto event = locks_[fact.lock];
    event.seq = record.record.seq;
    past_.events.push_back(std::move(event));
}

void PastReader::on_signal(const vm::SignalFact& fact, const ReadRecord& record,
                           const Image& image) {
    const auto workflow = std::ranges::find(image.workflows, workflow_, &WorkflowRow::name);
    if (workflow == image.workflows.end() || fact.signal >= workflow->signals.size()) return;
    const auto& row = workflow->signals[fact.signal];
    PastEvent event;
    event.kind = PastEvent::Kind::Signal;
    event.seq = record.record.seq;
    event.name = row.name;
    event.type = row.type;
    event.signal = fact;
    past_.events.push_back(std::move(event));
}

Past PastReader::finish(const vm::Machine& machine) {
    const auto open = machine.open_calls();
    for (const auto& [seq, call] : calls_) {
        if (call.is_sent && can_be_in_doubt(call.effect) && call.direction != Direction::Probe) {
            past_.unsettled.push_back({seq, call.path});
        }
        const bool given_up = !call.is_done && call.direction != Direction::Probe &&
                              std::ranges::find(open, seq) == open.end();
        if (!given_up) continue;
        PastEvent event;
        event.kind = PastEvent::Kind::Failed;
        event.seq = call.last;
        event.name = call.name;
        event.path = call.path;
        event.call = seq;
        event.worker = call.worker;
        event.is_undo = call.direction == Direction::Undo;
        const bool timed_out = call.error.empty();
        event.value = vm::make_error(
            {.name = timed_out ? "Timeout" : call.error,
             .message = timed_out ? "the step was not done within its time" : call.message,
             .step = call.path,
             .attempts = call.attempts});
        past_.events.push_back(std::move(event));
    }
    std::ranges::stable_sort(past_.events, {}, &PastEvent::seq);
    return std::move(past_);
}

}  // namespace weft::engine
