#include "vm/worker_border.h"

#include <fmt/format.h>

#include <algorithm>

#include "bytecode/record_codes.h"
#include "value/json_text.h"
#include "value/utf8.h"
#include "vm/boundary.h"
#include "vm/error_value.h"

namespace weft::vm {
namespace {

constexpr std::uint8_t kProbeDirection = 2;

// Nothing is earned, and a currency has three letters or there is none.
void take_cost(const Cost& cost, OutcomeFact& fact) {
    fact.cost_micros = std::max<std::int64_t>(0, cost.micros);
    fact.currency = unpack_currency(pack_currency(cost.currency));
}

// A probe answers with the step's result or with null: surely not done.
std::expected<Value, Misfit> read_result(const Image& image, const SentAttempt& sent,
                                         const std::string& json) {
    if (sent.direction == kProbeDirection && json == "null") return Value::none();
    return read_value(image, image.steps[sent.step].result_type, json);
}

bool is_known_error(const WorkerRow& worker, const std::string& name) {
    static const std::vector<std::string> kBuiltIn = {"Transient", "Timeout",  "Unavailable",
                                                      "Guard",     "Rejected", "TooLarge"};
    auto has = [&](const std::vector<std::string>& names) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    return has(kBuiltIn) || has(worker.fails);
}

// What a worker says of its failure is told to people. It becomes a text of the log: well-formed,
// and no longer than anybody reads.
std::string readable(std::string_view said) {
    constexpr std::size_t kMessageBytesMax = 16 * 1024;
    std::string out;
    for (std::size_t at = 0; at < said.size() && out.size() < kMessageBytesMax;) {
        std::size_t size = 1;
        while (size < 4 && at + size < said.size() && !is_utf8(said.substr(at, size))) ++size;
        const bool is_whole = is_utf8(said.substr(at, size));
        out += is_whole ? said.substr(at, size) : std::string_view("\xEF\xBF\xBD");
        at += is_whole ? size : 1;
    }
    if (out.size() >= kMessageBytesMax) out += "…";
    return out;
}

// The fields of a declared error, as a value. What does not fit the declaration is a Guard, like a
// result that does not; whether the effect happened is as the worker said.
void read_fields(const Image& image, const WorkerError& error, OutcomeFact& fact) {
    const auto* row = declared_error(image, fact.error);
    if (row == nullptr) return;
    auto fields = read_value(image, row->fields, error.fields.empty() ? "{}" : error.fields);
    if (fields) {
        fact.detail = std::move(*fields);
        return;
    }
    fact.message = fmt::format(
        "the fields of the error {} do not fit its declaration{}: {}", fact.error,
        fields.error().path.empty() ? "" : " at " + fields.error().path, fields.error().message);
    fact.error = "Guard";
}

}  // namespace

std::string worker_arguments(const Image& image, const Want& want, const Bytes16& key) {
    const auto& worker = image.workers[want.worker];
    std::string out = "{";
    for (std::size_t i = 0; i < want.arguments.size() && i < worker.parameters.size(); ++i) {
        if (i > 0) out += ",";
        write_json_string(worker.parameters[i], out);
        out += ":";
        if (want.direction == kProbeDirection) {
            const auto& asked = want.arguments[i].as_text();
            write_json_string(want.author_key ? to_hex(view(key)) : asked, out);
        } else {
            out +=
                to_json(image.types, image.steps[want.step].argument_types[i], want.arguments[i]);
        }
    }
    return out + "}";
}

OutcomeFact outcome_of(const Image& image, const SentAttempt& sent, const WorkerOutcome& outcome) {
    const auto& worker = image.workers[sent.worker];
    OutcomeFact fact;
    fact.call = sent.call;
    fact.attempt = sent.attempt;
    if (outcome) {
        take_cost(outcome->cost, fact);
        auto value = read_result(image, sent, outcome->json);
        if (value) {
            fact.value = std::move(*value);
            return fact;
        }
        fact.status = OutcomeStatus::Failed;
        // What is too large comes so large again.
        fact.error = value.error().too_large ? "TooLarge" : "Guard";
        fact.message = fmt::format("the result of {} does not fit its type{}: {}", worker.name,
                                   value.error().path.empty() ? "" : " at " + value.error().path,
                                   value.error().message);
        // The world changed although the answer can't be used: that is doubt, not a failure.
        if (can_be_in_doubt(worker.effect)) fact.status = OutcomeStatus::Unknown;
        return fact;
    }
    const WorkerError& error = outcome.error();
    take_cost(error.cost, fact);
    fact.error = is_known_error(worker, error.name) ? error.name : "Unavailable";
    fact.message = readable(error.message);
    if (sent.timed_out) fact.error = "Timeout";
    read_fields(image, error, fact);
    if (error.retry_after) fact.retry_after_ms = error.retry_after->count();
    bool sure = error.surely_not_done || !can_be_in_doubt(worker.effect);
    fact.status = !sure            ? OutcomeStatus::Unknown
                  : sent.cancelled ? OutcomeStatus::Cancelled
                                   : OutcomeStatus::Failed;
    return fact;
}

OutcomeFact unheard(const Want& want, std::string why) {
    OutcomeFact fact;
    fact.call = want.call;
    fact.attempt = want.attempt;
    fact.status = OutcomeStatus::Unknown;
    fact.error = "Unavailable";
    fact.message = std::move(why);
    return fact;
}

}  // namespace weft::vm
