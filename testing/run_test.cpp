#include "testing/run_test.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "vm/error_value.h"

namespace weft::test {
namespace {

// 2026-01-01T00:00:00Z: tests begin then, whenever they are run.
constexpr std::int64_t kBeginMs = 1'767'225'600'000;

// Runs of one test are told apart, so that keys can hold over them.
vm::Begin make_begin(const Image& image, std::uint32_t workflow, std::vector<Value> input,
                     std::size_t number) {
    vm::Begin begin;
    begin.run = to_array<16>(view(sha256(fmt::format("run {} of a test", number))));
    begin.seed = sha256("the seed of a test");
    begin.workflow = workflow;
    begin.input = Value::record(std::move(input));
    std::vector<Value> tunes;
    for (const auto& tune : image.workflows[workflow].tunes) tunes.push_back(tune.default_value);
    begin.tunes = Value::record(std::move(tunes));
    begin.starter = "tester";
    begin.time_ms = kBeginMs;
    return begin;
}

}  // namespace

void TestRunner::fail(Span span, std::string message) {
    result_->failures.push_back({span, std::move(message), {}, {}, {}});
}

std::optional<Value> TestRunner::value(ir::ExprId id, Span span) {
    auto out = expressions_->evaluate(id);
    if (out) return std::move(*out);
    fail(span, out.error());
    return std::nullopt;
}

std::optional<std::string> TestRunner::text(ir::ExprId id, Span span) {
    if (!id.has_value()) return std::string();
    auto out = value(id, span);
    if (!out) return std::nullopt;
    return out->tag() == Tag::Text ? out->as_text() : std::string();
}

bool TestRunner::answer_value(const ir::MockAnswer& from, Answer& to) {
    if (!from.value.has_value()) return true;
    auto made = value(from.value, from.span);
    if (!made) return false;
    if (from.kind == ir::MockAnswer::Kind::Value) {
        to.value = std::move(*made);
    } else if (made->tag() == Tag::Text) {
        to.message = made->as_text();
    } else if (made->tag() == Tag::Record && made->items().size() >= 2) {
        to.error = made->items()[0].as_text();
        to.message = made->items()[1].as_text();
        if (made->items().size() == vm::kErrorFields) to.detail = made->items().back();
    }
    return true;
}

bool TestRunner::mock(const ir::Mock& row) {
    std::vector<Answer> answers;
    for (const auto& from : row.answers) {
        Answer to;
        to.kind = from.kind;
        to.error = from.error;
        to.times = from.times;
        to.for_ever = from.for_ever;
        to.delay_ms = from.delay_ms;
        to.span = from.span;
        if (!answer_value(from, to)) return false;
        answers.push_back(std::move(to));
    }
    script_.mocks.add(row.targets, std::move(answers));
    return true;
}

bool TestRunner::decide(const ir::Decide& row) {
    ScriptedDecision out;
    out.path = row.path;
    out.verdict = row.verdict;
    out.delay_ms = row.delay_ms;
    out.span = row.span;
    const auto actor = text(row.actor, row.span);
    const auto role = text(row.role, row.span);
    const auto reason = text(row.reason, row.span);
    if (!actor || !role || !reason) return false;
    out.actor = *actor;
    out.role = *role;
    out.reason = *reason;
    for (const auto& [name, id] : row.revisions) {
        auto made = value(id, row.span);
        if (!made) return false;
        out.revisions.emplace_back(name, std::move(*made));
    }
    if (row.form.has_value()) {
        out.form = value(row.form, row.span);
        if (!out.form) return false;
    }
    script_.decisions.push_back(std::move(out));
    return true;
}

bool TestRunner::send(const ir::Send& row) {
    auto made = value(row.value, row.span);
    if (!made) return false;
    script_.signals.push_back({row.to, std::move(*made), row.delay_ms, false});
    return true;
}

bool TestRunner::drive(const ir::TestRun& row, const CrashPlan& plan, Pass& pass) {
    std::vector<Value> input;
    const auto& workflow = image_.image->workflows[row.workflow];
    for (std::size_t i = 0; i < row.args.size(); ++i) {
        auto argument = value(row.args[i], row.span);
        if (!argument) return false;
        const auto& parameter = workflow.parameters[i];
        if (auto misfit = check_value(image_.image->types, parameter.type, *argument)) {
            fail(row.span,
                 fmt::format("`{}` does not fit its type: {}", parameter.name, misfit->message));
            return false;
        }
        input.push_back(std::move(*argument));
    }
    DriverOptions options;
    options.image = image_.image;
    options.begin = make_begin(*image_.image, row.workflow, std::move(input), pass.outcomes.size());
    options.visits = visits_;
    if (plan.run == pass.outcomes.size()) options.crash_at = plan.at;
    Driver driver(std::move(options), script_);
    Trace trace = driver.run();
    pass.facts.push_back(driver.facts());
    pass.outcomes.push_back({trace.status, trace.result, trace.events, trace.rests});
    result_->virtual_ms += trace.elapsed_ms;
    result_->facts += driver.facts();
    for (const auto& note : trace.notes) result_->notes.push_back(note);
    expressions_->observe(test_, trace);
    if (trace.broken) fail(row.span, *trace.broken);
    return !trace.broken;
}

std::string TestRunner::shown_value(ir::ExprId id) const {
    const auto made = expressions_->evaluate(id);
    if (!made) return made.error();
    return shown(image_.image->types, module_.exprs[id].type, *made);
}

void TestRunner::expect(const ir::Expectation& row) {
    const auto holds = expressions_->evaluate(row.condition);
    if (!holds) {
        fail(row.span, holds.error());
        return;
    }
    if (holds->tag() == Tag::True) return;
    Failure failure{row.span, "the expectation does not hold", {}, row.op, {}};
    if (row.left.has_value()) {
        failure.left = shown_value(row.left);
        failure.right = shown_value(row.right);
    }
    result_->failures.push_back(std::move(failure));
}

// False: the rest of the test would say nothing.
bool TestRunner::line(const ir::TestLine& line, const CrashPlan& plan, Pass& pass) {
    using Kind = ir::TestLine::Kind;
    switch (line.kind) {
        case Kind::Mock:
            return mock(test_.mocks[line.row]);
        case Kind::Decide:
            return decide(test_.decisions[line.row]);
        case Kind::Send:
            return send(test_.sends[line.row]);
        case Kind::Crash: {
            const auto& row = test_.crashes[line.row];
            script_.crashes.push_back({row.path, row.before, false});
            return true;
        }
        case Kind::Let: {
            auto made = value(line.value, test_.span);
            if (!made) return false;
            expressions_->set(line.local, std::move(*made));
            return true;
        }
        case Kind::Run:
            return drive(test_.runs[line.row], plan, pass);
        case Kind::Expect:
            expect(test_.expectations[line.row]);
            return true;
    }
    return true;
}

// What was scripted and never came to pass is worth a word, not a failure.
void TestRunner::unused() {
    for (const auto& decision : script_.decisions) {
        if (decision.is_used) continue;
        result_->notes.push_back(
            fmt::format("nobody asked \"{}\" to decide {}", decision.role, decision.path));
    }
    for (const auto& signal : script_.signals) {
        if (!signal.is_used) result_->notes.emplace_back("a signal was sent to no run");
    }
    for (const auto& crash : script_.crashes) {
        if (crash.is_done) continue;
        result_->notes.push_back(fmt::format("the crash {} {} never came",
                                             crash.before ? "before" : "after", crash.path));
    }
}

TestRunner::Pass TestRunner::pass(const CrashPlan& plan) {
    Pass out;
    out.result.title = test_.title;
    out.result.span = test_.span;
    result_ = &out.result;
    expressions_.emplace(image_);
    script_ = {};
    for (const auto& one : test_.lines) {
        if (!line(one, plan, out)) break;
    }
    if (out.result.failures.empty()) unused();
    result_ = nullptr;
    return out;
}

Result TestRunner::run() {
    return std::move(pass({}).result);
}

// An attempt that a crash swallowed counts as one, so an error may have taken more of them.
Value TestRunner::without_attempts(const Value& result) {
    constexpr std::size_t kAttempts = 3;
    if (!vm::is_error(result)) return result;
    auto parts = result.items();
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
    out.failures.push_back({span, at + " the run has another outcome", {}, {}, {}});
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
