// Worker declarations, and the policies that they and the steps share.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/constants.h"
#include "compiler/check/declare.h"
#include "compiler/check/names.h"
#include "compiler/check/relations.h"
#include "compiler/check/types.h"
#include "compiler/format/shape.h"

namespace weft::check {

namespace {

constexpr std::int64_t kRetriesMax = 1000;

void read_effect(Body& body, ast::Effect effect, WorkerRow& row) {
    std::string_view name = effect.effect_class().text();
    if (name == "idempotent") {
        row.effect = EffectClass::Idempotent;
        row.window_ms = constant_duration(body, effect.window(), "the window").value_or(0);
    } else if (name == "once") {
        row.effect = EffectClass::Once;
    } else if (name == "transaction") {
        row.effect = EffectClass::Transaction;
    } else {
        row.effect = EffectClass::Read;
    }
    row.irreversible = effect.is_irreversible();
    row.untrusted = effect.is_untrusted();
}

ir::WorkerId read_probe(Body& body, ast::Probe probe, const Declaration& decl, WorkerRow& row) {
    Context& context = body.context;
    if (probe.settles_in()) {
        row.settle_ms =
            constant_duration(body, probe.settles_in(), "the settling time").value_or(0);
    }
    Dotted name = dotted_of(probe.worker());
    DeclId id = find_value(context, decl.module, name);
    if (!id.has_value() || context.declarations[id].kind != DeclKind::Worker) {
        report_unknown(context, DiagnosticCode::UnknownName, probe.span(), "worker", joined(name),
                       legal_values(context, decl.module, name));
        return {};
    }
    const bool is_cycle = context.declarations[id].state == Declaration::State::InProgress;
    resolve(context, id);
    if (is_cycle) return {};  // reported; it has no row yet
    const auto& other = context.declarations[id];
    const auto& signature = other.signature;
    ir::WorkerId worker{other.row};
    bool takes_key = signature.parameters.size() == 1 && signature.parameters[0].name == "key" &&
                     signature.parameters[0].type == context.common.text;
    bool is_read = context.module.workers[worker].row.effect == EffectClass::Read;
    TypeId given = base_of(context, signature.result);
    bool gives_optional = given.has_value() && context.types()[given].kind == TypeKind::Optional;
    if (!takes_key || !is_read || !gives_optional) {
        auto& d = context.report(DiagnosticCode::TypeMismatch, probe.span(),
                                 fmt::format("`{}` can't be a probe", other.qualified));
        d.help = fmt::format("a probe is a read worker (key: Text) -> {}?",
                             context.text(decl.signature.result));
    }
    return worker;
}

void read_limit(Body& body, ast::Limit limit, ir::Worker& worker) {
    if (limit.at_once()) {
        worker.row.pacing.at_once = static_cast<std::uint32_t>(
            constant_int(body, limit.at_once().value(), "the limit", 1, 1'000'000).value_or(0));
    }
    if (limit.rate()) {
        worker.row.pacing.rate_count = static_cast<std::uint32_t>(
            constant_int(body, limit.rate().count(), "the rate", 1, 1'000'000).value_or(0));
        worker.row.pacing.rate_period_ms =
            constant_duration(body, limit.rate().period(), "the period of the rate").value_or(0);
    }
}

void read_clause(Body& body, ast::Clause clause, const Declaration& decl, ir::Worker& worker) {
    Context& context = body.context;
    if (auto effect = clause.as<ast::Effect>()) {
        read_effect(body, effect, worker.row);
    } else if (auto probe = clause.as<ast::Probe>()) {
        worker.probe = read_probe(body, probe, decl, worker.row);
    } else if (auto fails = clause.as<ast::Fails>()) {
        for (const auto& path : fails.errors()) {
            auto name = error_name(context, decl.module, path);
            if (!name) continue;
            if (std::ranges::find(worker.row.fails, *name) != worker.row.fails.end()) {
                context.report(DiagnosticCode::DuplicateName, path.span(),
                               fmt::format("`{}` fails with `{}` already", decl.qualified, *name));
                continue;
            }
            worker.row.fails.push_back(*name);
        }
    } else if (auto costs = clause.as<ast::Costs>()) {
        if (auto money = constant_money(body, costs.value(), "the cost")) {
            worker.row.reserve_micros = money->micros;
            worker.row.reserve_currency = money->currency;
        }
    } else if (auto limit = clause.as<ast::Limit>()) {
        read_limit(body, limit, worker);
    } else if (auto breaker = clause.as<ast::Breaker>()) {
        worker.row.pacing.breaker_failures = static_cast<std::uint32_t>(
            constant_int(body, breaker.failures(), "the failures", 1, 1'000'000).value_or(0));
        worker.row.pacing.breaker_window_ms =
            constant_duration(body, breaker.window(), "the window").value_or(0);
        worker.row.pacing.breaker_open_ms =
            constant_duration(body, breaker.open_for(), "the time open").value_or(0);
    }
}

// Step clauses that a worker may have as defaults; read_policy takes them.
bool is_policy(NodeKind kind) {
    return kind == NodeKind::Timeout || kind == NodeKind::Within || kind == NodeKind::Retry;
}

void read_retry(Body& body, ast::Retry retry, Policy& policy) {
    auto times = constant_int(body, retry.times(), "the number of retries", 0, kRetriesMax);
    policy.retries = static_cast<std::uint16_t>(times.value_or(0));
    policy.retry_on.clear();
    for (const auto& path : retry.on().errors()) {
        auto name = error_name(body.context, body.module, path);
        if (name && *name != "Error") policy.retry_on.push_back(*name);
    }
    policy.then_hold = retry.then_hold();
    policy.backoff_first_ms = Policy{}.backoff_first_ms;
    policy.backoff_cap_ms = Policy{}.backoff_cap_ms;
    auto backoff = retry.backoff();
    if (!backoff) return;
    auto first = constant_duration(body, backoff.from(), "the backoff");
    auto cap = backoff.to() ? constant_duration(body, backoff.to(), "the backoff's cap") : first;
    if (!first || !cap) return;
    policy.backoff_first_ms = *first;
    policy.backoff_cap_ms = *cap;
    if (*first > *cap) {
        auto& d = body.context.report(
            DiagnosticCode::BackoffInverted, backoff.span(),
            fmt::format("the backoff starts at {} and is capped at {}, which is less",
                        backoff.from().text(), backoff.to().text()));
        d.fix = Fix{"swap them",
                    {{backoff.from().span(), std::string(backoff.to().text())},
                     {backoff.to().span(), std::string(backoff.from().text())}},
                    Applicability::MaybeWrong};
    }
}

}  // namespace

std::vector<ast::Clause> in_order(std::vector<ast::Clause> clauses, NodeKind owner) {
    const auto order = format_detail::clause_order(owner);
    std::ranges::stable_sort(clauses, {}, [&](const ast::Clause& clause) {
        return std::ranges::find(order, clause.kind()) - order.begin();
    });
    return clauses;
}

void read_policy(Body& body, const std::vector<ast::Clause>& clauses, Policy& policy) {
    ast::Clause within;
    ast::Clause timeout;
    for (const auto& clause : in_order(clauses, NodeKind::Step)) {
        if (auto t = clause.as<ast::Timeout>()) {
            timeout = clause;
            policy.timeout_ms = constant_duration(body, t.value(), "the timeout").value_or(1);
        } else if (auto w = clause.as<ast::Within>()) {
            within = clause;
            policy.within_ms = constant_duration(body, w.value(), "the time within").value_or(0);
        } else if (auto r = clause.as<ast::Retry>()) {
            read_retry(body, r, policy);
        }
    }
    if (within && policy.timeout_ms > policy.within_ms && policy.within_ms > 0) {
        body.context.report(DiagnosticCode::AttemptExceedsStep, (timeout ? timeout : within).span(),
                            "one attempt may take longer than all of them together");
    }
}

void resolve_worker(Context& context, DeclId id) {
    Declaration decl = context.declarations[id];
    auto node = decl.node.as<ast::Worker>();
    Body body{.context = context, .module = decl.module};
    TypeVariables variables;
    Signature signature;
    for (const auto& parameter : node.type_params()) {
        std::string name(parameter.name().text());
        variables.emplace_back(name, make_variable(context, name, 'T'));
        signature.variables.push_back(variables.back().second);
    }
    signature.parameters = resolve_parameters(context, decl.module, node.params(), &variables);
    signature.result = node.type() ? resolve_type(context, decl.module, node.type(), &variables)
                                   : context.common.none;
    context.declarations[id].signature = signature;
    decl.signature = signature;
    ir::Worker worker;
    worker.row.name = decl.qualified;
    if (auto was = node.was()) worker.row.was = was.old_name().text();
    worker.span = decl.name_span;
    for (const auto& p : signature.parameters) {
        worker.row.parameters.push_back(p.name);
        worker.parameter_types.push_back(p.type);
    }
    bool has_effect = false;
    for (const auto& clause : in_order(node.clauses(), NodeKind::Worker)) {
        has_effect = has_effect || clause.kind() == NodeKind::Effect;
        if (!is_policy(clause.kind())) read_clause(body, clause, decl, worker);
    }
    if (!has_effect && !context.has_syntax_error(node.span())) {
        auto& d = context.report(
            DiagnosticCode::ArgumentMismatch, decl.name_span,
            fmt::format("the worker `{}` does not say what its effect is", decl.qualified));
        d.help = "add `effect read`, `effect idempotent for 24h` or `effect once`";
    }
    read_policy(body, node.clauses(), worker.policy);
    if (worker.row.untrusted) {
        signature.result = with_labels(context.types(), signature.result, kUntrusted);
    }
    context.declarations[id].signature = std::move(signature);
    context.declarations[id].row = context.module.workers.add(std::move(worker)).index;
}

}  // namespace weft::check
