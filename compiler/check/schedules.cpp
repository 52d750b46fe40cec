// Schedules: which workflow runs when, with values that are known before any run.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/calls.h"
#include "compiler/check/constants.h"
#include "compiler/check/declare.h"
#include "compiler/check/names.h"

namespace weft::check {

namespace {

std::optional<std::string> constant_text(Body& body, ast::Expr expr, std::string_view what) {
    Context& context = body.context;
    ir::ExprId id = expect_expr(body, expr, context.common.text, what);
    if (!type_of(context, id).has_value()) return std::nullopt;
    auto value = known_value(context, id);
    if (value) return value->as_text();
    context.report(DiagnosticCode::NotConstant, expr.span(),
                   fmt::format("{} must be known before the run", what));
    return std::nullopt;
}

// "06:00" as minutes of the day.
std::optional<std::uint16_t> minute_of(std::string_view text) {
    auto digit = [&](std::size_t i) { return text[i] - '0'; };
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    for (std::size_t i : {0U, 1U, 3U, 4U}) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
    }
    int minute = (digit(0) * 10 + digit(1)) * 60 + digit(3) * 10 + digit(4);
    if (digit(0) * 10 + digit(1) > 23 || digit(3) > 5) return std::nullopt;
    return static_cast<std::uint16_t>(minute);
}

bool is_zone(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '/' || c == '_' || c == '-' || c == '+';
    });
}

void read_at(Body& body, ast::ScheduleAt at, ScheduleRow& row) {
    auto text = constant_text(body, at.value(), "the time of day");
    if (!text) return;
    auto minute = minute_of(*text);
    if (!minute) {
        auto& d = body.context.report(DiagnosticCode::BadLiteral, at.span(),
                                      fmt::format("`{}` is no time of day", *text));
        d.help = "write it as \"06:00\"";
        return;
    }
    row.at_minutes.push_back(*minute);
}

void read_clause(Body& body, ast::View clause, ScheduleRow& row) {
    if (auto at = clause.as<ast::ScheduleAt>()) {
        read_at(body, at, row);
    } else if (auto every = clause.as<ast::ScheduleEvery>()) {
        row.every_ms = constant_duration(body, every.value(), "the time between").value_or(0);
    } else if (auto zone = clause.as<ast::ScheduleIn>()) {
        auto text = constant_text(body, zone.value(), "the zone");
        if (text && !is_zone(*text)) {
            auto& d = body.context.report(DiagnosticCode::BadLiteral, zone.span(),
                                          fmt::format("`{}` is no time zone", *text));
            d.help = "write an IANA name, as \"Europe/Zurich\"";
        } else if (text) {
            row.zone = *text;
        }
    } else if (auto overlap = clause.as<ast::Overlap>()) {
        auto word = overlap.child<ast::Word>().text();
        row.overlap = word == "queue"   ? Overlap::Queue
                      : word == "allow" ? Overlap::Allow
                                        : Overlap::Skip;
    } else if (auto late = clause.as<ast::CatchUp>()) {
        row.catch_up_ms = constant_duration(body, late.value(), "the time to catch up").value_or(0);
    }
}

// The input, value by value; nothing when one is not known.
std::optional<Value> input_of(Body& body, const BoundCall& bound) {
    std::vector<Value> values;
    for (const auto& arg : bound.args) {
        auto value = known_value(body.context, arg);
        if (!value) {
            body.context.report(DiagnosticCode::NotConstant, span_of(body.context, arg),
                                "what a schedule hands over must be known before the run");
            return std::nullopt;
        }
        values.push_back(std::move(*value));
    }
    return Value::record(std::move(values));
}

// Whether it says when, and nothing that goes against it.
bool check_times(Context& context, const ScheduleRow& row, ast::Schedule node) {
    constexpr std::int64_t kSecondMs = 1000;
    std::string problem;
    std::string help = "write `at \"06:00\"`, or `every 1h`";
    if (row.every_ms > 0 && !row.at_minutes.empty()) {
        problem = "says both a time of day and a time between";
    } else if (row.every_ms == 0 && row.at_minutes.empty()) {
        problem = "does not say when it runs";
    } else if (row.every_ms > 0 && row.every_ms < kSecondMs) {
        problem = "runs more than once a second";
        help = "write at least `every 1s`";
    } else if (row.every_ms > 0 && !row.zone.empty()) {
        problem = "names a zone, but no time of day";
        help = "leave the zone out: `every` counts from the beginning of 1970 in UTC";
    }
    // What could not be read may have been a time.
    if (problem.empty() || context.has_syntax_error(node.span())) return problem.empty();
    auto& d = context.report(DiagnosticCode::ArgumentMismatch, node.name().span(),
                             fmt::format("the schedule `{}` {}", row.name, problem));
    d.help = help;
    return false;
}

void check_schedule(Context& context, ModuleId module, ast::Schedule node) {
    Body body{.context = context, .module = module};
    ScheduleRow row;
    row.name = node.name().text();
    auto call = node.call();
    Dotted name = call ? ast::dotted_name(call.callee().bare()) : Dotted{};
    DeclId id = name.empty() ? DeclId{} : find_value(context, module, name);
    if (!id.has_value() || context.declarations[id].kind != DeclKind::Workflow) {
        if (context.has_syntax_error(node.name().span())) return;
        if (!call && node.runs()) {
            auto& d = context.report(DiagnosticCode::TypeMismatch, node.runs().span(),
                                     "`runs` takes a workflow with its arguments");
            d.help = fmt::format("call it: `runs {}(…)`", node.runs().bare().text());
        } else if (!name.empty()) {
            report_unknown(context, DiagnosticCode::UnknownName, call.callee().span(), "workflow",
                           joined(name), legal_values(context, module, name));
        }
        return;
    }
    resolve(context, id);
    const Declaration decl = context.declarations[id];
    BoundCall bound = bind_call(body, call, decl.qualified, decl.signature, decl.module);
    for (const auto& clause : node.children<ast::View>()) read_clause(body, clause, row);
    if (!check_times(context, row, node)) return;
    if (!bound.ok) return;
    auto input = input_of(body, bound);
    if (!input) return;
    row.input = std::move(*input);
    row.workflow = decl.row;
    const auto& known = context.module.schedules;
    auto same = std::ranges::find(known, row.name, [](const auto& s) { return s.row.name; });
    if (same != known.end()) {
        auto& d = context.report(DiagnosticCode::DuplicateName, node.name().span(),
                                 fmt::format("the schedule `{}` is declared twice", row.name));
        d.secondary.push_back({same->span, "declared here first"});
        return;
    }
    context.module.schedules.push_back({std::move(row), node.name().span()});
}

}  // namespace

void check_schedules(Context& context) {
    for (std::uint32_t i = 0; i < context.modules.size(); ++i) {
        const auto schedules = context.modules[ModuleId{i}].schedules;
        for (const auto& schedule : schedules) check_schedule(context, ModuleId{i}, schedule);
    }
}

}  // namespace weft::check
