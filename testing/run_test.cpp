#include "testing/run_test.h"

#include <fmt/format.h>

#include "vm/error_value.h"

namespace weft::test {

bool TestRunner::drive(const ir::TestRun& row, const CrashPlan& plan, Pass& pass) {
    DriverOptions options;
    options.visits = visits_;
    if (plan.run == pass.outcomes.size()) options.crash_at = plan.at;
    const auto trace = stage_.drive(row, std::move(options), pass.outcomes.size());
    if (!trace) return false;
    pass.facts.push_back(trace->facts);
    pass.outcomes.push_back({trace->status, trace->result, trace->events, trace->rests});
    return !trace->broken;
}

void TestRunner::expect(const ir::Expectation& row, Result& result) {
    if (auto failure = judge(module_, image_, stage_.expressions(), row)) {
        result.failures.push_back(std::move(*failure));
    }
}

// False: the rest of the test would say nothing.
bool TestRunner::line(const ir::TestLine& line, const CrashPlan& plan, Pass& pass) {
    if (line.kind == ir::TestLine::Kind::Run) return drive(test_.runs[line.row], plan, pass);
    if (line.kind != ir::TestLine::Kind::Expect) return stage_.set(line);
    expect(test_.expectations[line.row], pass.result);
    return true;
}

TestRunner::Pass TestRunner::pass(const CrashPlan& plan) {
    Pass out;
    out.result.title = test_.title;
    out.result.span = test_.span;
    stage_.reset(out.result);
    for (const auto& one : test_.lines) {
        if (!line(one, plan, out)) break;
    }
    if (out.result.failures.empty()) stage_.unused();
    return out;
}

Result TestRunner::run() {
    return std::move(pass({}).result);
}

// An attempt that a crash swallowed counts as one, so an error may have taken more of them; and
// that nothing came of one is said by who settled it, where the mock would have said why.
Value TestRunner::without_attempts(const Value& result) {
    constexpr std::size_t kMessage = 1;
    constexpr std::size_t kAttempts = 3;
    if (!vm::is_error(result)) return result;
    auto parts = result.items();
    if (vm::says_nothing(vm::error_name(result))) parts[kMessage] = Value::text("");
    parts[kAttempts] = Value::integer(0);
    return Value::record(std::move(parts));
}

bool TestRunner::same(const Outcome& a, const Outcome& b) {
    return a.status == b.status && without_attempts(a.result) == without_attempts(b.result) &&
           a.events == b.events;
}

void TestRunner::compare(const Pass& whole, const Pass& crashed, const CrashPlan& plan,
                         Result& out) const {
    const Span span = test_.runs[plan.run].span;
    const auto at = fmt::format("after a crash behind fact {}{}", plan.at.front(),
                                plan.at.size() > 1 ? " and another in the recovery" : "");
    if (plan.run >= crashed.outcomes.size()) {
        out.failures.push_back({span, at + " the test breaks off", {}, {}, {}});
        return;
    }
    const Outcome& first = whole.outcomes[plan.run];
    const Outcome& second = crashed.outcomes[plan.run];
    if (same(first, second)) return;
    for (const auto& failure : crashed.result.failures) {
        if (failure.left.empty()) {
            out.failures.push_back({failure.span, at + ": " + failure.message, {}, {}, {}});
            return;
        }
    }
    out.failures.push_back(
        {span, at + " the run ends otherwise: " + differ(first, second), {}, {}, {}});
}

// "held", "failed with Transient: the mock fails".
std::string TestRunner::ended(const Outcome& one) const {
    constexpr std::size_t kMessage = 1;
    std::string out(ir::kStatusWords.at(static_cast<std::size_t>(one.status)));
    if (vm::is_error(one.result)) {
        out += fmt::format(" with {}: {}", vm::error_name(one.result),
                           one.result.items()[kMessage].as_text());
    }
    if (!one.rests.empty()) out += ", and rests: " + one.rests;
    return out;
}

// The first of status, result and events that is not the same.
std::string TestRunner::differ(const Outcome& whole, const Outcome& crashed) const {
    if (whole.status != crashed.status ||
        (vm::is_error(whole.result) &&
         without_attempts(whole.result) != without_attempts(crashed.result))) {
        return fmt::format("{}; without it: {}", ended(crashed), ended(whole));
    }
    if (whole.result != crashed.result) return "its output is not the same";
    const auto names = [](const Outcome& one) {
        std::vector<std::string> out;
        for (const auto& [name, value] : one.events) out.push_back(name);
        return fmt::format("{}", fmt::join(out, ", "));
    };
    return fmt::format("the events {}; without it: {}", names(crashed), names(whole));
}

Result TestRunner::run_with_crashes() {
    Pass whole = pass({});
    if (!whole.result.failures.empty()) return std::move(whole.result);
    Result out = whole.result;
    for (std::size_t run = 0; run < whole.facts.size(); ++run) {
        for (std::size_t fact = 1; fact <= whole.facts[run]; ++fact) {
            for (const bool twice : {false, true}) {
                CrashPlan plan{run, {fact}};
                if (twice) plan.at.push_back(fact + 1);
                const Pass crashed = pass(plan);
                out.facts += crashed.result.facts;
                compare(whole, crashed, plan, out);
                if (!out.failures.empty()) return out;
            }
        }
    }
    return out;
}

}  // namespace weft::test
