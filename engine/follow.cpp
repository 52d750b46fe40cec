#include "engine/follow.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/facts.h"
#include "engine/sites.h"

namespace weft::engine {
namespace {

// What a command is to people: "step order.charge", "the end".
std::string deed(const Image& image, RecordKind kind, std::uint32_t site) {
    const auto path = site_path(image, site);
    switch (kind) {
        case RecordKind::Call:
            return fmt::format("the step `{}`", path);
        case RecordKind::SubStart:
            return fmt::format("the run of another workflow at `{}`", path);
        case RecordKind::Gate:
            return fmt::format("a verdict of the gate `{}`", path);
        case RecordKind::ReviewOpen:
            return fmt::format("the review `{}`", path);
        case RecordKind::End:
            return "its end";
        case RecordKind::TimerSet:
            return path.empty() ? std::string("a timer") : fmt::format("a timer of `{}`", path);
        default:
            return path.empty() ? fmt::format("`{}`", kind_name(kind))
                                : fmt::format("`{}` of `{}`", kind_name(kind), path);
    }
}

std::string_view event_name(const Image& image, std::uint32_t site) {
    const bool is_event = site < image.sites.size() && image.sites[site].kind == SiteKind::Event;
    return is_event ? std::string_view(image.events[image.sites[site].row].name) : "";
}

bool same_site(const Image& old, std::uint32_t a, const Image& image, std::uint32_t b) {
    const bool any = a < old.sites.size();
    if (any != (b < image.sites.size())) return false;
    return !any ||
           (old.sites[a].kind == image.sites[b].kind && site_path(old, a) == site_path(image, b) &&
            event_name(old, a) == event_name(image, b));
}

// By which a worker is known for ever.
std::string_view known_name(const Image& image, std::uint32_t worker) {
    if (worker >= image.workers.size()) return "";
    const auto& row = image.workers[worker];
    return row.was.empty() ? row.name : row.was;
}

template <typename Body>
struct Both {
    std::optional<Body> old;
    std::optional<Body> made;
    explicit operator bool() const { return old && made; }
};
template <typename Body>
Both<Body> decode_both(const std::string& old, const std::string& made) {
    return {decode_body<Body>(old), decode_body<Body>(made)};
}

bool same_call(const Image& old, const CallBody& a, const Image& image, const CallBody& b) {
    return a.key == b.key && a.generation == b.generation && a.direction == b.direction &&
           known_name(old, a.worker) == known_name(image, b.worker);
}

}  // namespace

std::string_view class_name(Difference::Class cls) {
    static constexpr std::array<std::string_view, 6> kNames = {"input",    "flow",  "arguments",
                                                               "decision", "value", "result"};
    return kNames[static_cast<std::size_t>(cls)];
}

Follower::Follower(const RunHeader& header, const Segment& segment, BegunUnder begun,
                   std::shared_ptr<const Image> image)
    : header_(header),
      old_(segment.image),
      image_(std::move(image)),
      begun_(std::move(begun)),
      counters_(segment.counters),
      next_seq_(segment.before.next_seq) {}

void Follower::part(Difference::Class cls, const ReadRecord* record, std::string what,
                    std::uint32_t new_site) {
    Difference out;
    out.cls = cls;
    out.seq = record != nullptr ? record->record.seq : next_seq_;
    if (record != nullptr) {
        out.step = site_path(*old_, record->record.site);
        out.place = site_place(*old_, record->record.site);
    }
    if (out.step.empty()) out.step = site_path(*image_, new_site);
    out.new_place = site_place(*image_, new_site);
    out.what = std::move(what);
    difference_ = std::move(out);
}

Result<bool> Follower::take(const ReadRecord& record) {
    if (!expected_.empty()) {
        const auto command = std::move(expected_.front());
        expected_.pop_front();
        compare(record, command);
    } else {
        WEFT_TRY_VOID(feed(record));
    }
    next_seq_ = record.record.seq + 1;
    return !difference_.has_value();
}

void Follower::finish() {
    if (difference_ || expected_.empty()) return;
    const auto& made = expected_.front();
    part(Difference::Class::Flow, nullptr,
         fmt::format("the new program comes to {} where the run rests",
                     deed(*image_, static_cast<RecordKind>(made.kind), made.site)),
         made.site);
}

bool Follower::same_payload(const ReadRecord& record, const vm::Command& command) const {
    if (record.record.has_payload != command.has_payload) return false;
    if (!command.has_payload || record.payload_state == PayloadState::Erased) return true;
    return commitment(record.salt, command.payload) == record.record.commitment;
}

void Follower::compare(const ReadRecord& record, const vm::Command& command) {
    using Class = Difference::Class;
    const auto kind = static_cast<RecordKind>(command.kind);
    const bool same = kind == record.record.kind && command.branch == record.record.branch &&
                      same_site(*old_, record.record.site, *image_, command.site);
    if (!same) {
        const auto old_deed = is_fact(record.record.kind)
                                  ? std::string("the run rests")
                                  : fmt::format("the log has {}", deed(*old_, record.record.kind,
                                                                       record.record.site));
        return part(Class::Flow, &record,
                    fmt::format("the new program comes to {} where {}",
                                deed(*image_, kind, command.site), old_deed),
                    command.site);
    }
    note_types(record.record, command);
    if (auto what = differing_body(record, command); !what.empty()) {
        const auto cls = kind == RecordKind::Gate  ? Class::Decision
                         : kind == RecordKind::End ? Class::Result
                                                   : Class::Flow;
        return part(cls, &record, std::move(what), command.site);
    }
    // What a gate says beside its verdict is for people.
    const bool is_free = kind == RecordKind::Gate || kind == RecordKind::Hold;
    if (is_free || same_payload(record, command)) return;
    const auto cls = kind == RecordKind::End ? Class::Result : Class::Arguments;
    part(cls, &record,
         kind == RecordKind::End ? std::string("the new program ends with another value")
                                 : fmt::format("the new program comes to {} with other values",
                                               deed(*image_, kind, command.site)),
         command.site);
}

// How the codes of a command differ where they may not; empty when they are the same to the run.
std::string Follower::differing_body(const ReadRecord& record, const vm::Command& command) const {
    const auto& old = record.record.body;
    const auto& made = command.body;
    switch (record.record.kind) {
        case RecordKind::Call: {
            const auto both = decode_both<CallBody>(old, made);
            if (both && same_call(*old_, *both.old, *image_, *both.made)) return "";
            if (!both) return "the log's call is malformed";
            return fmt::format("the new program calls `{}` where the log calls `{}`",
                               known_name(*image_, both.made->worker),
                               known_name(*old_, both.old->worker));
        }
        case RecordKind::Gate: {
            const auto both = decode_both<GateBody>(old, made);
            const bool same = both && both.old->verdict == both.made->verdict &&
                              both.old->rung == both.made->rung &&
                              both.old->round == both.made->round;
            return same ? "" : "the gate decides otherwise";
        }
        case RecordKind::TimerSet: {
            const auto both = decode_both<TimerSetBody>(old, made);
            const bool same = both && both.old->timer == both.made->timer &&
                              both.old->purpose == both.made->purpose &&
                              both.old->call == both.made->call;
            return same ? "" : "the new program sets another timer";
        }
        case RecordKind::ReviewOpen: {
            const auto both = decode_both<ReviewOpenBody>(old, made);
            const bool same = both && both.old->task == both.made->task;
            return same ? "" : "the new program asks for another review";
        }
        case RecordKind::Fork: {
            const auto both = decode_both<ForkBody>(old, made);
            const bool same = both && both.old->first_branch == both.made->first_branch &&
                              both.old->count == both.made->count;
            return same ? "" : "the new program has another number of branches";
        }
        case RecordKind::SubStart: {
            const auto both = decode_both<SubStartBody>(old, made);
            const bool same = both && both.old->child == both.made->child &&
                              both.old->detached == both.made->detached &&
                              old_->workflows[both.old->workflow].name ==
                                  image_->workflows[both.made->workflow].name;
            return same ? "" : "the new program runs another workflow";
        }
        case RecordKind::SignalTaken: {
            const auto both = decode_both<SignalTakenBody>(old, made);
            return both && both.old->letter == both.made->letter
                       ? ""
                       : "the new program takes another signal";
        }
        case RecordKind::LockAsk: {
            const auto both = decode_both<LockAskBody>(old, made);
            return both && both.old->lock == both.made->lock ? ""
                                                             : "the new program asks another lock";
        }
        case RecordKind::End: {
            const auto both = decode_both<EndBody>(old, made);
            return both && both.old->status == both.made->status
                       ? ""
                       : "the run ends with another status";
        }
        default:
            return old == made
                       ? ""
                       : fmt::format("{} differs", deed(*image_, record.record.kind, command.site));
    }
}

void Follower::note_types(const Record& record, const vm::Command& command) {
    if (record.site >= old_->sites.size()) return;
    const auto old_row = old_->sites[record.site].row;
    const auto row = image_->sites[command.site].row;
    switch (record.kind) {
        case RecordKind::Call: {
            const auto body = decode_body<CallBody>(record.body);
            const bool is_probe = body && body->direction == Direction::Probe;
            calls_[record.seq] = {old_->steps[old_row].result_type, image_->steps[row].result_type,
                                  is_probe};
            break;
        }
        case RecordKind::SubStart:
            calls_[record.seq] = {old_->workflows[old_->subs[old_row].workflow].result_type,
                                  image_->workflows[image_->subs[row].workflow].result_type, false};
            break;
        case RecordKind::ReviewOpen:
            tasks_[record.seq] = {old_row, row};
            break;
        default:
            break;
    }
}

void Follower::expect(vm::Progress progress) {
    for (auto& command : progress.commands) expected_.push_back(std::move(command));
}

void Follower::begin(std::uint64_t seq, std::int64_t time_ms) {
    auto carried = carry_begin(*begun_.image, *image_, begun_.begin);
    if (!carried) {
        Difference out;
        out.cls = Difference::Class::Input;
        out.seq = seq;
        out.what = carried.error();
        difference_ = std::move(out);
        return;
    }
    machine_.emplace(image_, std::move(*carried));
    expect(seq == 0 ? machine_->start() : machine_->start_again(counters_, time_ms));
}

Result<void> Follower::feed(const ReadRecord& record) {
    if (record.payload_state == PayloadState::Erased) {
        return fail(ErrorKind::Refused,
                    fmt::format("record {} of run {} was erased", record.record.seq,
                                to_hex(view(header_.row.id)).substr(0, 8)));
    }
    if (!machine_) {
        begin(record.record.seq, record.record.time_ms);
        return {};
    }
    if (!is_fact(record.record.kind)) {
        part(Difference::Class::Flow, &record,
             fmt::format("the new program rests where the log has {}",
                         deed(*old_, record.record.kind, record.record.site)));
        return {};
    }
    vm::Fact fact = vm::ResumedFact{};
    if (record.record.kind == RecordKind::Adopted) {
        const auto body = decode_body<AdoptedBody>(record.record.body);
        if (!body) return fail(ErrorKind::Corrupt, "an adoption's body is malformed");
        WEFT_TRY(adopted, header_.origin->image(body->image));
        old_ = std::move(adopted);
    } else {
        WEFT_TRY(decoded, decode_fact(record.record, record.payload));
        fact = std::move(decoded);
        if (!carry(fact, record)) return {};
    }
    expect(machine_->apply(fact, record.record.time_ms));
    return {};
}

bool Follower::carry(vm::Fact& fact, const ReadRecord& record) {
    const auto types_of = [this](std::uint64_t call) {
        const auto found = calls_.find(call);
        return found == calls_.end() ? CallTypes{} : found->second;
    };
    if (auto* outcome = std::get_if<vm::OutcomeFact>(&fact)) {
        if (outcome->status != vm::OutcomeStatus::Ok) return true;
        return carry_into(outcome->value, types_of(outcome->call), record);
    }
    if (auto* settled = std::get_if<vm::SettledFact>(&fact)) {
        return !settled->done || carry_into(settled->value, types_of(settled->call), record);
    }
    if (auto* hit = std::get_if<vm::HitFact>(&fact)) {
        return !hit->refused.empty() || carry_into(hit->value, types_of(hit->call), record);
    }
    if (auto* decision = std::get_if<vm::DecisionFact>(&fact)) {
        return carry_decision(*decision, record);
    }
    if (auto* signal = std::get_if<vm::SignalFact>(&fact)) return carry_signal(*signal, record);
    if (auto* ended = std::get_if<vm::SubEndedFact>(&fact)) return carry_sub(*ended, record);
    return true;
}

bool Follower::carry_into(Value& value, const CallTypes& types, const ReadRecord& record) {
    if (types.is_optional && value.is_none()) return true;
    auto carried = carry_value(*old_, types.old_type, *image_, types.type, value);
    if (!carried) {
        part(Difference::Class::Value, &record,
             fmt::format("what it gave does not fit the new program: {}", carried.error()));
        return false;
    }
    value = std::move(*carried);
    return true;
}

bool Follower::carry_decision(vm::DecisionFact& fact, const ReadRecord& record) {
    const auto found = tasks_.find(fact.task);
    if (found == tasks_.end()) return true;
    const auto& old = old_->reviews[found->second.old_row];
    const auto& row = image_->reviews[found->second.row];
    const bool is_form = fact.decision == vm::Decision::Approve;
    for (std::size_t i = 0; i < fact.values.size(); ++i) {
        CallTypes types{old.form, row.form, false};
        if (!is_form) {
            if (i >= old.types.size() || i >= row.types.size()) {
                part(Difference::Class::Value, &record, "the review shows other values");
                return false;
            }
            types = {old.types[i], row.types[i], false};
        }
        if (!carry_into(fact.values[i], types, record)) return false;
    }
    return true;
}

bool Follower::carry_signal(vm::SignalFact& fact, const ReadRecord& record) {
    const auto& old = old_->workflows[begun_.begin.workflow].signals[fact.signal];
    const auto& signals = image_->workflows[machine_->begin().workflow].signals;
    const auto found = std::ranges::find_if(
        signals, [&](const SignalRow& row) { return row.name == old.name || row.was == old.name; });
    if (found == signals.end()) {
        part(Difference::Class::Value, &record,
             fmt::format("there is no signal `{}` any more", old.name));
        return false;
    }
    fact.signal = static_cast<std::uint32_t>(found - signals.begin());
    return carry_into(fact.value, {old.type, found->type, false}, record);
}

bool Follower::carry_sub(vm::SubEndedFact& fact, const ReadRecord& record) {
    // They name functions of the image that the sub-run had.
    if (!fact.undos.empty() && old_ != image_) {
        part(Difference::Class::Flow, &record,
             "the compensations of a sub-run that is done belong to the program that it ran");
        return false;
    }
    const auto found = calls_.find(fact.call);
    const bool has_value = fact.status == static_cast<std::uint8_t>(vm::RunStatus::Completed);
    return !has_value || found == calls_.end() || carry_into(fact.value, found->second, record);
}

Result<Followed> follow(const RunHeader& header, const Segment& segment, BegunUnder begun,
                        std::shared_ptr<const Image> image, std::uint64_t end_seq) {
    Follower follower(header, segment, std::move(begun), std::move(image));
    Followed out;
    WEFT_TRY_VOID(
        header.origin->records(header, segment.before, [&](ReadRecord& record) -> Result<bool> {
            if (record.record.seq >= end_seq) return false;
            return follower.take(record);
        }));
    follower.finish();
    out.difference = follower.difference();
    if (!out.difference) out.machine = follower.take_machine();
    return out;
}

}  // namespace weft::engine
