#include "engine/facts.h"

#include <fmt/format.h>

#include <algorithm>

#include "value/payload.h"

namespace weft::engine {
namespace {

Value optional_int(const std::optional<std::int64_t>& v) {
    return v ? Value::integer(*v) : Value::none();
}

std::string people_payload(const std::string& by, const std::string& reason) {
    return canonical(Value::record({Value::text(by), Value::text(reason)}));
}

FactRecord encode(const vm::StartFact& fact, const FactContext& context) {
    StartBody body;
    body.call = fact.call;
    body.attempt = fact.attempt;
    body.wire_form = 1;
    body.binding = context.binding;
    return {RecordKind::Start, false, encode_body(body), {}};
}

FactRecord encode(const vm::OutcomeFact& fact, const FactContext& context) {
    OutcomeBody body;
    body.call = fact.call;
    body.attempt = fact.attempt;
    body.status = static_cast<OutcomeCode>(fact.status);
    BuiltinError builtin = builtin_error(fact.error);
    if (builtin != BuiltinError::None) {
        body.error_class = ErrorClass::Builtin;
        body.error = static_cast<std::uint32_t>(builtin);
    } else if (!fact.error.empty()) {
        body.error_class = ErrorClass::Declared;
        body.error = context.declared;
    }
    body.cost_micros = fact.cost_micros;
    body.currency = pack_currency(fact.currency);
    std::vector<Value> parts = {fact.value, Value::text(fact.error), Value::text(fact.message),
                                optional_int(fact.retry_after_ms), Value::text(fact.currency)};
    if (!fact.detail.is_none()) parts.push_back(fact.detail);
    return {RecordKind::Outcome, false, encode_body(body),
            canonical(Value::record(std::move(parts)))};
}

FactRecord encode(const vm::SettledFact& fact, const FactContext& context) {
    SettledBody body;
    body.call = fact.call;
    body.verdict = fact.done ? SettledVerdict::Done : SettledVerdict::NotDone;
    body.basis = SettledBasis::Person;
    body.actor = context.actor;
    return {RecordKind::Settled, true, encode_body(body), canonical(Value::record({fact.value}))};
}

FactRecord encode(const vm::TimerFiredFact& fact, const FactContext&) {
    TimerFiredBody body;
    body.timer = fact.timer;
    return {RecordKind::TimerFired, false, encode_body(body), {}};
}

FactRecord encode(const vm::DecisionFact& fact, const FactContext& context) {
    DecisionBody body;
    body.task = fact.task;
    body.decision = static_cast<DecisionCode>(fact.decision);
    body.actor = context.actor;
    std::vector<Value> parts = {Value::text(fact.by), Value::text(fact.reason),
                                Value::text(fact.role), Value::list(fact.values)};
    if (!context.signed_note.empty()) parts.push_back(Value::text(context.signed_note));
    auto payload = Value::record(std::move(parts));
    return {RecordKind::Decision, false, encode_body(body), canonical(payload)};
}

FactRecord encode(const vm::CancelFact& fact, const FactContext& context) {
    CancelBody body{context.actor};
    return {RecordKind::Cancel, true, encode_body(body), people_payload(fact.by, fact.reason)};
}

FactRecord encode(const vm::KillFact& fact, const FactContext& context) {
    KillBody body{context.actor};
    return {RecordKind::Kill, true, encode_body(body), people_payload(fact.by, fact.reason)};
}

FactRecord encode(const vm::HeldByOperatorFact& fact, const FactContext& context) {
    HeldByOperatorBody body{context.actor};
    return {RecordKind::HeldByOperator, true, encode_body(body),
            people_payload(fact.by, fact.reason)};
}

FactRecord encode(const vm::ReleasedFact& fact, const FactContext& context) {
    ReleasedBody body{context.actor};
    return {RecordKind::Released, true, encode_body(body), people_payload(fact.by, fact.reason)};
}

FactRecord encode(const vm::OperatorFact& fact, const FactContext& context) {
    OperatorBody body;
    body.action = static_cast<OperatorAction>(fact.action);
    body.actor = context.actor;
    return {RecordKind::Operator, true, encode_body(body), people_payload(fact.by, fact.reason)};
}

FactRecord encode(const vm::SignalFact& fact, const FactContext&) {
    SignalBody body;
    body.signal = fact.signal;
    body.tag = fact.tag;
    return {RecordKind::Signal, false, encode_body(body),
            canonical(Value::record({fact.value, Value::text(fact.by)}))};
}

FactRecord encode(const vm::LockGotFact& fact, const FactContext&) {
    LockGotBody body;
    body.lock = fact.lock;
    return {RecordKind::LockGot, false, encode_body(body), {}};
}

FactRecord encode(const vm::ResumedFact&, const FactContext&) {
    return {RecordKind::Resumed, false, encode_body(ResumedBody{}), {}};
}

FactRecord encode(const vm::HitFact& fact, const FactContext&) {
    HitBody body;
    body.call = fact.call;
    body.source = static_cast<HitSource>(fact.source);
    body.origin_run = fact.origin_run;
    body.origin_seq = fact.origin_seq;
    auto payload = Value::record({fact.value, Value::text(fact.refused)});
    return {RecordKind::Hit, false, encode_body(body), canonical(payload)};
}

Value undo_value(const vm::SubEndedFact::Undo& undo) {
    std::vector<Value> calls;
    for (const auto& call : undo.calls) {
        calls.push_back(Value::record({Value::bytes(std::string(view(call.run))),
                                       Value::integer(static_cast<std::int64_t>(call.call))}));
    }
    return Value::record({Value::integer(undo.function), Value::integer(undo.site),
                          Value::list(undo.captures), Value::list(std::move(calls))});
}

FactRecord encode(const vm::SubEndedFact& fact, const FactContext&) {
    SubEndedBody body;
    body.call = fact.call;
    body.status = static_cast<EndStatus>(fact.status);
    body.child_leaf = fact.leaf;
    std::vector<Value> undos;
    for (const auto& undo : fact.undos) undos.push_back(undo_value(undo));
    auto payload = Value::record({fact.value, Value::list(std::move(undos)),
                                  Value::boolean(fact.past_no_return),
                                  Value::integer(fact.cost_micros), Value::text(fact.currency)});
    return {RecordKind::SubEnded, false, encode_body(body), canonical(payload)};
}

// Fields of a payload that must be a record of `count` of them, or of one more: what was added to
// a kind later stands at the end.
Result<std::vector<Value>> fields(std::string_view payload, std::size_t count,
                                  bool or_one_more = false) {
    Value value;
    if (decode_payload(payload, value) && value.tag() == Tag::Record) {
        const auto size = value.items().size();
        if (size == count || (or_one_more && size == count + 1)) return value.items();
    }
    return fail(ErrorKind::Corrupt, "a payload does not have the shape of its kind");
}

bool texts(const std::vector<Value>& values, std::size_t from, std::size_t count) {
    return std::all_of(values.begin() + static_cast<std::ptrdiff_t>(from),
                       values.begin() + static_cast<std::ptrdiff_t>(from + count),
                       [](const Value& v) { return v.tag() == Tag::Text; });
}

std::unexpected<Error> bad_shape() {
    return fail(ErrorKind::Corrupt, "a payload does not have the shape of its kind");
}

Result<vm::Fact> decode_outcome(const Record& record, const std::string& payload) {
    auto body = decode_body<OutcomeBody>(record.body);
    if (!body) return bad_shape();
    // The fields of a declared error stand at the end where it has any.
    WEFT_TRY(values, fields(payload, 5, true));
    bool whole = texts(values, 1, 2) && values[4].tag() == Tag::Text &&
                 (values[3].is_none() || values[3].tag() == Tag::Int) &&
                 (values.size() == 5 || values[5].tag() == Tag::Record);
    if (!whole) return bad_shape();
    vm::OutcomeFact fact;
    fact.call = body->call;
    fact.attempt = body->attempt;
    fact.status = static_cast<vm::OutcomeStatus>(body->status);
    fact.value = values[0];
    fact.error = values[1].as_text();
    fact.message = values[2].as_text();
    if (!values[3].is_none()) fact.retry_after_ms = values[3].as_int();
    fact.cost_micros = body->cost_micros;
    fact.currency = values[4].as_text();
    if (values.size() > 5) fact.detail = values[5];
    return fact;
}

Result<vm::Fact> decode_decision(const Record& record, const std::string& payload) {
    auto body = decode_body<DecisionBody>(record.body);
    if (!body) return bad_shape();
    // A fifth field is the signature, which the machine does not see.
    WEFT_TRY(values, fields(payload, 4, true));
    if (!texts(values, 0, 3) || values[3].tag() != Tag::List) return bad_shape();
    vm::DecisionFact fact;
    fact.task = body->task;
    fact.decision = static_cast<vm::Decision>(body->decision);
    fact.by = values[0].as_text();
    fact.reason = values[1].as_text();
    fact.role = values[2].as_text();
    fact.values = values[3].items();
    return fact;
}

Result<vm::Fact> decode_hit(const Record& record, const std::string& payload) {
    auto body = decode_body<HitBody>(record.body);
    if (!body) return bad_shape();
    WEFT_TRY(values, fields(payload, 2));
    if (!texts(values, 1, 1)) return bad_shape();
    vm::HitFact fact;
    fact.call = body->call;
    fact.source = static_cast<std::uint8_t>(body->source);
    fact.origin_run = body->origin_run;
    fact.origin_seq = body->origin_seq;
    fact.value = values[0];
    fact.refused = values[1].as_text();
    return fact;
}

// A whole number that a 32-bit row may have.
bool is_row(const Value& value) {
    return value.tag() == Tag::Int && value.as_int() >= 0 && value.as_int() <= 0xFFFF'FFFF;
}

bool has_tags(const Value& value, std::initializer_list<Tag> tags) {
    if (value.tag() != Tag::Record || value.items().size() != tags.size()) return false;
    return std::equal(tags.begin(), tags.end(), value.items().begin(),
                      [](Tag tag, const Value& item) { return item.tag() == tag; });
}

bool read_undo(const Value& value, vm::SubEndedFact::Undo& out) {
    if (!has_tags(value, {Tag::Int, Tag::Int, Tag::List, Tag::List})) return false;
    const auto& parts = value.items();
    if (!is_row(parts[0]) || !is_row(parts[1])) return false;
    out.function = static_cast<std::uint32_t>(parts[0].as_int());
    out.site = static_cast<std::uint32_t>(parts[1].as_int());
    out.captures = parts[2].items();
    for (const auto& call : parts[3].items()) {
        if (!has_tags(call, {Tag::Bytes, Tag::Int})) return false;
        const auto& run = call.items()[0].as_text();
        if (run.size() != 16 || call.items()[1].as_int() < 0) return false;
        out.calls.push_back(
            {to_array<16>(run), static_cast<std::uint64_t>(call.items()[1].as_int())});
    }
    return true;
}

Result<vm::Fact> decode_sub_ended(const Record& record, const std::string& payload) {
    auto body = decode_body<SubEndedBody>(record.body);
    if (!body) return bad_shape();
    WEFT_TRY(values, fields(payload, 5));
    const bool flag = values[2].tag() == Tag::True || values[2].tag() == Tag::False;
    const bool whole = values[1].tag() == Tag::List && flag && values[3].tag() == Tag::Int &&
                       values[4].tag() == Tag::Text;
    if (!whole) return bad_shape();
    vm::SubEndedFact fact;
    fact.call = body->call;
    fact.status = static_cast<std::uint8_t>(body->status);
    fact.leaf = body->child_leaf;
    fact.value = values[0];
    for (const auto& undo : values[1].items()) {
        if (!read_undo(undo, fact.undos.emplace_back())) return bad_shape();
    }
    fact.past_no_return = values[2].tag() == Tag::True;
    fact.cost_micros = values[3].as_int();
    fact.currency = values[4].as_text();
    return fact;
}

struct People {
    std::string by;
    std::string reason;
};
Result<People> decode_people(const std::string& payload) {
    WEFT_TRY(values, fields(payload, 2));
    if (!texts(values, 0, 2)) return bad_shape();
    return People{values[0].as_text(), values[1].as_text()};
}

}  // namespace

FactRecord encode_fact(const vm::Fact& fact, const FactContext& context) {
    return std::visit([&](const auto& f) { return encode(f, context); }, fact);
}

Result<vm::Fact> decode_fact(const Record& record, const std::string& payload) {
    switch (record.kind) {
        case RecordKind::Start: {
            auto body = decode_body<StartBody>(record.body);
            if (!body) return bad_shape();
            return vm::StartFact{body->call, body->attempt};
        }
        case RecordKind::Outcome:
            return decode_outcome(record, payload);
        case RecordKind::Settled: {
            auto body = decode_body<SettledBody>(record.body);
            if (!body) return bad_shape();
            WEFT_TRY(values, fields(payload, 1));
            return vm::SettledFact{body->call, body->verdict == SettledVerdict::Done, values[0]};
        }
        case RecordKind::TimerFired: {
            auto body = decode_body<TimerFiredBody>(record.body);
            if (!body) return bad_shape();
            return vm::TimerFiredFact{body->timer};
        }
        case RecordKind::Decision:
            return decode_decision(record, payload);
        case RecordKind::Cancel: {
            WEFT_TRY(people, decode_people(payload));
            return vm::CancelFact{people.by, people.reason};
        }
        case RecordKind::Kill: {
            WEFT_TRY(people, decode_people(payload));
            return vm::KillFact{people.by, people.reason};
        }
        case RecordKind::HeldByOperator: {
            WEFT_TRY(people, decode_people(payload));
            return vm::HeldByOperatorFact{people.by, people.reason};
        }
        case RecordKind::Released: {
            WEFT_TRY(people, decode_people(payload));
            return vm::ReleasedFact{people.by, people.reason};
        }
        case RecordKind::Operator: {
            auto body = decode_body<OperatorBody>(record.body);
            if (!body) return bad_shape();
            WEFT_TRY(people, decode_people(payload));
            return vm::OperatorFact{static_cast<std::uint16_t>(body->action), people.by,
                                    people.reason};
        }
        case RecordKind::Hit:
            return decode_hit(record, payload);
        case RecordKind::SubEnded:
            return decode_sub_ended(record, payload);
        case RecordKind::Signal: {
            auto body = decode_body<SignalBody>(record.body);
            if (!body) return bad_shape();
            WEFT_TRY(values, fields(payload, 2));
            if (!texts(values, 1, 1)) return bad_shape();
            return vm::SignalFact{body->signal, body->tag, values[0], values[1].as_text()};
        }
        case RecordKind::LockGot: {
            auto body = decode_body<LockGotBody>(record.body);
            if (!body) return bad_shape();
            return vm::LockGotFact{body->lock};
        }
        case RecordKind::Resumed:
            return vm::ResumedFact{};
        default:
            return fail(ErrorKind::Corrupt,
                        fmt::format("`{}` is not a fact of this engine", kind_name(record.kind)));
    }
}

std::string encode_begin_payload(const vm::Begin& begin, const std::string& workflow) {
    std::vector<Value> parts = {Value::text(workflow), begin.input, begin.tunes,
                                Value::bytes(std::string(view(begin.seed))),
                                Value::text(begin.starter)};
    if (!begin.subjects.empty()) {
        std::vector<Value> subjects;
        for (const auto& subject : begin.subjects) subjects.push_back(Value::text(subject));
        parts.push_back(Value::list(std::move(subjects)));
    }
    return canonical(Value::record(std::move(parts)));
}

Result<vm::Begin> decode_begin(const Image& image, const Record& record, std::string_view payload) {
    // The subjects stand at the end where the workflow names any.
    WEFT_TRY(values, fields(payload, 5, true));
    bool whole = values[0].tag() == Tag::Text && values[1].tag() == Tag::Record &&
                 values[2].tag() == Tag::Record && values[3].tag() == Tag::Bytes &&
                 values[3].as_text().size() == 32 && values[4].tag() == Tag::Text;
    if (!whole) return bad_shape();
    vm::Begin begin;
    begin.run = record.run;
    auto found = std::find_if(image.workflows.begin(), image.workflows.end(),
                              [&](const auto& w) { return w.name == values[0].as_text(); });
    if (found == image.workflows.end()) {
        return fail(ErrorKind::Corrupt, "the begin record names a workflow that the image lacks");
    }
    bool fits = values[1].items().size() == found->parameters.size() &&
                values[2].items().size() == found->tunes.size();
    if (!fits) return bad_shape();
    begin.workflow = static_cast<std::uint32_t>(found - image.workflows.begin());
    begin.input = values[1];
    begin.tunes = values[2];
    begin.seed = to_array<32>(values[3].as_text());
    begin.starter = values[4].as_text();
    if (values.size() > 5) {
        const auto& subjects = values[5];
        if (subjects.tag() != Tag::List || !texts(subjects.items(), 0, subjects.items().size())) {
            return bad_shape();
        }
        for (const auto& subject : subjects.items()) begin.subjects.push_back(subject.as_text());
    }
    begin.time_ms = record.time_ms;
    return begin;
}

}  // namespace weft::engine
