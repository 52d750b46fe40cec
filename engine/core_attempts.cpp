// Between the machine's wants and native workers: arguments to JSON, results back through the
// guard, failures to outcomes.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bytecode/record_codes.h"
#include "engine/core.h"
#include "value/utf8.h"
#include "vm/boundary.h"
#include "vm/error_value.h"

namespace weft::engine {
namespace {

std::string arguments_json(const Image& image, const vm::Want& want, const Bytes16& key) {
    const auto& worker = image.workers[want.worker];
    constexpr std::uint8_t kProbe = 2;
    std::string out = "{";
    for (std::size_t i = 0; i < want.arguments.size() && i < worker.parameters.size(); ++i) {
        if (i > 0) out += ",";
        out += nlohmann::json(worker.parameters[i]).dump() + ":";
        if (want.direction == kProbe) {
            // A probe is asked about the key that the worker was sent.
            const auto& asked = want.arguments[i].as_text();
            out += nlohmann::json(want.author_key ? to_hex(view(key)) : asked).dump();
        } else {
            out +=
                to_json(image.types, image.steps[want.step].argument_types[i], want.arguments[i]);
        }
    }
    return out + "}";
}

// Nothing is earned, and a currency has three letters or there is none.
void take_cost(const Cost& cost, vm::OutcomeFact& fact) {
    fact.cost_micros = std::max<std::int64_t>(0, cost.micros);
    fact.currency = unpack_currency(pack_currency(cost.currency));
}

// A probe answers with the step's result or with null: surely not done.
std::expected<Value, Misfit> read_result(const Image& image, const InFlight& flight,
                                         const std::string& json) {
    constexpr std::uint8_t kProbe = 2;
    if (flight.direction == kProbe && json == "null") return Value::none();
    return vm::read_value(image, image.steps[flight.step].result_type, json);
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
void read_fields(const Image& image, const WorkerError& error, vm::OutcomeFact& fact) {
    const auto* row = vm::declared_error(image, fact.error);
    if (row == nullptr) return;
    auto fields = vm::read_value(image, row->fields, error.fields.empty() ? "{}" : error.fields);
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

std::shared_ptr<Attempt> Core::make_attempt(LiveRun& run, const vm::Want& want, const Bytes16& key,
                                            std::int64_t now_ms) {
    const auto& image = run.image();
    const auto& step = image.steps[want.step];
    const auto& worker = image.workers[want.worker];
    auto attempt = std::make_shared<Attempt>();
    attempt->run = run.id();
    attempt->call = want.call;
    attempt->number = want.attempt;
    attempt->worker = worker.name;
    attempt->arguments = arguments_json(image, want, key);
    attempt->result_schema = json_schema(image.types, step.result_type);
    attempt->key = to_hex(view(key));
    attempt->time_ms = now_ms;
    attempt->timeout_ms = step.policy.timeout_ms;
    attempt->settings = config_.settings(worker.name);
    attempt->directory = config_.directory;
    attempt->state_directory = store_->path() + ".state";
    attempt->children_lock = store_->path() + ".children";
    attempt->files = run.files;
    attempt->is_paced = worker.pacing.is_declared();
    const bool is_transaction = worker.effect == EffectClass::Transaction;
    const auto function = workers_.find(worker.name);
    const auto transaction = transactions_.find(worker.name);
    if (is_transaction && transaction != transactions_.end()) {
        attempt->transaction = transaction->second;
    } else if (!is_transaction && function != workers_.end()) {
        attempt->function = function->second;
    } else {
        attempt->function = [name = worker.name](const WorkerCall&) -> WorkerOutcome {
            return std::unexpected(
                WorkerError{"Rejected",
                            fmt::format("no implementation is bound to worker {}", name),
                            true,
                            {},
                            {}});
        };
    }
    return attempt;
}

vm::OutcomeFact Core::outcome_of(LiveRun& run, const InFlight& flight,
                                 const Completion& completion) {
    const auto& image = run.image();
    const auto& worker = image.workers[flight.worker];
    vm::OutcomeFact fact;
    fact.call = completion.attempt->call;
    fact.attempt = completion.attempt->number;
    if (completion.outcome) {
        take_cost(completion.outcome->cost, fact);
        auto value = read_result(image, flight, completion.outcome->json);
        if (value) {
            fact.value = std::move(*value);
            return fact;
        }
        fact.status = vm::OutcomeStatus::Failed;
        // What is too large comes so large again.
        fact.error = value.error().too_large ? "TooLarge" : "Guard";
        fact.message = fmt::format("the result of {} does not fit its type{}: {}", worker.name,
                                   value.error().path.empty() ? "" : " at " + value.error().path,
                                   value.error().message);
        // The world changed although the answer can't be used: that is doubt, not a failure.
        if (can_be_in_doubt(worker.effect)) fact.status = vm::OutcomeStatus::Unknown;
        return fact;
    }
    const WorkerError& error = completion.outcome.error();
    take_cost(error.cost, fact);
    fact.error = is_known_error(worker, error.name) ? error.name : "Unavailable";
    fact.message = readable(error.message);
    if (flight.timed_out) fact.error = "Timeout";
    read_fields(image, error, fact);
    if (error.retry_after) fact.retry_after_ms = error.retry_after->count();
    bool sure = error.surely_not_done || !can_be_in_doubt(worker.effect);
    fact.status = !sure              ? vm::OutcomeStatus::Unknown
                  : flight.cancelled ? vm::OutcomeStatus::Cancelled
                                     : vm::OutcomeStatus::Failed;
    return fact;
}

}  // namespace weft::engine
