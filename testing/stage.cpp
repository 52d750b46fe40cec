#include "testing/stage.h"

#include <fmt/format.h>

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

void Stage::reset(Result& result) {
    result_ = &result;
    expressions_.emplace(image_);
    script_ = {};
}

void Stage::fail(Span span, std::string message) {
    result_->failures.push_back({span, std::move(message), {}, {}, {}});
}

std::optional<Value> Stage::value(ir::ExprId id, Span span) {
    auto out = expressions_->evaluate(id);
    if (out) return std::move(*out);
    fail(span, out.error());
    return std::nullopt;
}

std::optional<std::string> Stage::text(ir::ExprId id, Span span) {
    if (!id.has_value()) return std::string();
    auto out = value(id, span);
    if (!out) return std::nullopt;
    return out->tag() == Tag::Text ? out->as_text() : std::string();
}

bool Stage::answer_value(const ir::MockAnswer& from, Answer& to) {
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

bool Stage::mock(const ir::Mock& row) {
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

bool Stage::decide(const ir::Decide& row) {
    ScriptedDecision out;
    out.paths = row.paths;
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

bool Stage::send(const ir::Send& row) {
    auto made = value(row.value, row.span);
    if (!made) return false;
    script_.signals.push_back({row.to, std::move(*made), row.delay_ms, false});
    return true;
}

std::optional<Trace> Stage::drive(const ir::TestRun& row, DriverOptions options,
                                  std::size_t number) {
    std::vector<Value> input;
    const auto& workflow = image_.image->workflows[row.workflow];
    for (std::size_t i = 0; i < row.args.size(); ++i) {
        auto argument = value(row.args[i], row.span);
        if (!argument) return std::nullopt;
        const auto& parameter = workflow.parameters[i];
        if (auto misfit = check_value(image_.image->types, parameter.type, *argument)) {
            fail(row.span,
                 fmt::format("`{}` does not fit its type: {}", parameter.name, misfit->message));
            return std::nullopt;
        }
        input.push_back(std::move(*argument));
    }
    options.image = image_.image;
    options.begin = make_begin(*image_.image, row.workflow, std::move(input), number);
    Driver driver(std::move(options), script_);
    Trace trace = driver.run();
    trace.facts = driver.facts();
    result_->virtual_ms += trace.elapsed_ms;
    result_->facts += trace.facts;
    for (const auto& note : trace.notes) result_->notes.push_back(note);
    expressions_->observe(test_, trace);
    if (trace.broken) fail(row.span, *trace.broken);
    return trace;
}

bool Stage::set(const ir::TestLine& line) {
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
        default:
            return true;
    }
}

// What was scripted and never came to pass is worth a word, not a failure.
void Stage::unused() {
    for (const auto& decision : script_.decisions) {
        if (decision.is_used) continue;
        result_->notes.push_back(
            fmt::format("nobody asked \"{}\" to decide {}", decision.role, decision.paths.front()));
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

}  // namespace weft::test
