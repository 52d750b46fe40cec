#include "engine/facts.h"

#include <fmt/format.h>

#include <algorithm>

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
    auto payload = Value::record({fact.value, Value::text(fact.error), Value::text(fact.message),
                                  optional_int(fact.retry_after_ms), Value::text(fact.currency)});
    return {RecordKind::Outcome, false, encode_body(body), canonical(payload)};
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
    auto payload = Value::record({Value::text(fact.by), Value::text(fact.reason),
                                  Value::text(context.role), Value::list(fact.values)});
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

FactRecord encode(const vm::ReleasedFact& fact, const FactContext& context) {
    ReleasedBody body{context.actor};
    return {RecordKind::Released, true, encode_body(body), people_payload(fact.by, "")};
}

FactRecord encode(const vm::ResumedFact&, const FactContext&) {
    return {RecordKind::Resumed, false, encode_body(ResumedBody{}), {}};
}

// Fields of a payload that must be a record of `count` of them.
Result<std::vector<Value>> fields(const std::string& payload, std::size_t count) {
    Value value;
    if (!decode_canonical(payload, value) || value.tag() != Tag::Record ||
        value.items().size() != count) {
        return fail(ErrorKind::Corrupt, "a payload does not have the shape of its kind");
    }
    return value.items();
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
    WEFT_TRY(values, fields(payload, 5));
    bool whole = texts(values, 1, 2) && values[4].tag() == Tag::Text &&
                 (values[3].is_none() || values[3].tag() == Tag::Int);
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
    return fact;
}

Result<vm::Fact> decode_decision(const Record& record, const std::string& payload) {
    auto body = decode_body<DecisionBody>(record.body);
    if (!body) return bad_shape();
    WEFT_TRY(values, fields(payload, 4));
    if (!texts(values, 0, 3) || values[3].tag() != Tag::List) return bad_shape();
    vm::DecisionFact fact;
    fact.task = body->task;
    fact.decision = static_cast<vm::Decision>(body->decision);
    fact.by = values[0].as_text();
    fact.reason = values[1].as_text();
    fact.values = values[3].items();
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
        case RecordKind::Released: {
            WEFT_TRY(people, decode_people(payload));
            return vm::ReleasedFact{people.by};
        }
        case RecordKind::Resumed:
            return vm::ResumedFact{};
        default:
            return fail(ErrorKind::Corrupt,
                        fmt::format("`{}` is not a fact of this engine", kind_name(record.kind)));
    }
}

std::string encode_begin_payload(const vm::Begin& begin, const std::string& workflow) {
    return canonical(
        Value::record({Value::text(workflow), begin.input, begin.tunes,
                       Value::bytes(std::string(view(begin.seed))), Value::text(begin.starter)}));
}

Result<vm::Begin> decode_begin(const Image& image, const Record& record,
                               const std::string& payload) {
    WEFT_TRY(values, fields(payload, 5));
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
    begin.time_ms = record.time_ms;
    return begin;
}

}  // namespace weft::engine
