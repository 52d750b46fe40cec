#include "testing/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "vm/evaluate.h"

namespace weft::test {
namespace {

using Kind = ir::Observation::Kind;

// Calls of the step and of what stands in it; probes and what undoes it are none of its own.
bool belongs(const TracedCall& call, const std::string& step) {
    if (call.is_probe) return false;
    if (call.path == step) return true;
    return call.path.starts_with(step + ".") &&
           call.path.find(".undo", step.size()) == std::string::npos;
}

// Of the step itself; of a composite one, of all that stands in it.
std::int64_t attempts(const Trace& trace, const std::string& step) {
    std::int64_t own = 0;
    std::int64_t inside = 0;
    for (const auto& [place, call] : trace.calls) {
        if (belongs(call, step)) (call.path == step ? own : inside) += call.attempts;
    }
    return own > 0 ? own : inside;
}

std::int64_t generations(const Trace& trace, const std::string& step) {
    std::set<std::uint32_t> found;
    for (const auto& [place, call] : trace.calls) {
        if (belongs(call, step)) found.insert(call.generation);
    }
    return static_cast<std::int64_t>(found.size());
}

std::int64_t calls(const Trace& trace, const std::vector<std::string>& workers) {
    std::int64_t out = 0;
    for (const auto& [place, call] : trace.calls) {
        if (std::ranges::find(workers, call.worker) != workers.end()) out += call.attempts;
    }
    return out;
}

Value call_names(const Trace& trace) {
    std::vector<Value> out;
    for (const auto& worker : trace.attempted) out.push_back(Value::text(worker));
    return Value::list(std::move(out));
}

Value event_names(const Trace& trace) {
    std::vector<Value> out;
    for (const auto& [name, value] : trace.events) out.push_back(Value::text(name));
    return Value::list(std::move(out));
}

Value event_values(const Trace& trace, const std::string& wanted) {
    std::vector<Value> out;
    for (const auto& [name, value] : trace.events) {
        if (name == wanted) out.push_back(value);
    }
    return Value::list(std::move(out));
}

std::string ended_how(const Trace& trace) {
    constexpr std::size_t kMessage = 1;
    const bool has_error = vm::is_error(trace.result);
    if (!vm::is_ended(trace.status)) {
        return trace.rests.empty() ? "it has not ended" : "it rests: " + trace.rests;
    }
    if (!has_error) return "it has ended without one";
    return fmt::format("it ended with {}: {}", vm::error_name(trace.result),
                       trace.result.items()[kMessage].as_text());
}

}  // namespace

void Expressions::observe(const ir::Test& test, const Trace& trace) {
    missing_.clear();
    const bool is_completed = trace.status == vm::RunStatus::Completed;
    const bool is_stuck = trace.status == vm::RunStatus::Stuck;
    const bool has_error = is_stuck || (vm::is_ended(trace.status) && !is_completed);
    for (const auto& o : test.observations) {
        switch (o.kind) {
            case Kind::Status:
                set(o.local, Value::enum_case(static_cast<std::uint32_t>(trace.status)));
                break;
            case Kind::Output:
                set(o.local, trace.result);
                if (!is_completed) missing_[o.local] = "the run has no output, " + ended_how(trace);
                break;
            case Kind::Error:
                set(o.local, vm::widened(*image_.image, trace.result));
                if (!has_error) missing_[o.local] = "the run has no error, " + ended_how(trace);
                break;
            case Kind::Elapsed:
                set(o.local, Value::duration(trace.elapsed_ms));
                break;
            case Kind::Attempts:
                set(o.local, Value::integer(attempts(trace, o.name)));
                break;
            case Kind::Generations:
                set(o.local, Value::integer(generations(trace, o.name)));
                break;
            case Kind::Calls:
                set(o.local, Value::integer(calls(trace, o.workers)));
                break;
            case Kind::EventNames:
                set(o.local, event_names(trace));
                break;
            case Kind::CallNames:
                set(o.local, call_names(trace));
                break;
            case Kind::EventValues:
                set(o.local, event_values(trace, o.name));
                break;
        }
    }
}

std::expected<Value, std::string> Expressions::evaluate(ir::ExprId id) const {
    const auto found = image_.functions.find(id);
    if (found == image_.functions.end()) return Value::none();
    std::vector<Value> arguments;
    for (const auto input : found->second.inputs) {
        if (const auto missing = missing_.find(input); missing != missing_.end()) {
            return std::unexpected(missing->second);
        }
        const auto value = values_.find(input);
        if (value == values_.end()) {
            return std::unexpected("it reads a value that could not be had");
        }
        arguments.push_back(value->second);
    }
    vm::Meter meter;
    vm::Evaluator evaluator(*image_.image, Value::none(), meter);
    auto result = evaluator.call(found->second.function, std::move(arguments));
    if (result) return std::move(*result);
    constexpr std::size_t kMessage = 1;
    const Value& error = result.error();
    return std::unexpected(vm::is_error(error) ? error.items()[kMessage].as_text() : "it trapped");
}

std::string side_shown(const ir::Module& module, const TestImage& image,
                       const Expressions& expressions, ir::ExprId id) {
    const auto made = expressions.evaluate(id);
    if (!made) return made.error();
    return shown(image.image->types, module.exprs[id].type, *made);
}

std::optional<Failure> judge(const ir::Module& module, const TestImage& image,
                             const Expressions& expressions, const ir::Expectation& row) {
    const auto holds = expressions.evaluate(row.condition);
    if (!holds) return Failure{row.span, holds.error(), {}, {}, {}};
    if (holds->tag() == Tag::True) return std::nullopt;
    Failure failure{row.span, "the expectation does not hold", {}, row.op, {}};
    if (row.left.has_value()) {
        failure.left = side_shown(module, image, expressions, row.left);
        failure.right = side_shown(module, image, expressions, row.right);
    }
    return failure;
}

}  // namespace weft::test
