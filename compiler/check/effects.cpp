#include "compiler/check/effects.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/calls.h"
#include "compiler/check/declare.h"
#include "compiler/check/names.h"

namespace weft::check {

namespace {

const WorkerRow& row_of(const Context& context, const ir::Step& step) {
    return context.module.workers[step.worker].row;
}

// A worker's parameter type is its clearance.
void check_flow(Body& body, const WorkerRow& row, const BoundCall& bound,
                const Signature& signature) {
    Context& context = body.context;
    for (std::size_t i = 0; i < bound.args.size(); ++i) {
        LabelSet extra = bound.excess[i];
        if (has_variable(context, signature.parameters[i].type)) {
            // What a type parameter stands for was not declared to be Pii or Secret inside either.
            LabelSet inside = all_labels(context.types(), bound.parameter_types[i]) &
                              static_cast<LabelSet>(kPii | kSecret);
            LabelSet declared = all_labels(context.types(), signature.parameters[i].type);
            extra |= static_cast<LabelSet>(inside & ~declared);
        }
        Span span = span_of(context, bound.args[i]);
        const auto& name = signature.parameters[i].name;
        if ((extra & (kPii | kSecret)) != 0) {
            auto& d = context.report(
                DiagnosticCode::PiiToSink, span,
                fmt::format("`{}` is not declared to take {} as `{}`", row.name,
                            label_text(extra & static_cast<LabelSet>(kPii | kSecret)), name));
            d.label = context.text(type_of(context, bound.args[i]));
        } else if ((extra & kUntrusted) != 0 &&
                   kind_of(context, signature.parameters[i].type) == TypeKind::Url) {
            auto& d = context.report(
                DiagnosticCode::DynamicTarget, span,
                fmt::format("an untrusted value says where `{}` goes, as `{}`", row.name, name));
            d.help = "take the address from the input or a constant, or let a gate name it first";
        } else if ((extra & kUntrusted) != 0 && row.irreversible) {
            auto& d = context.report(
                DiagnosticCode::SinkNotBehindGate, span,
                fmt::format("an untrusted value reaches the irreversible effect `{}` as `{}`",
                            row.name, name));
            d.help = "put a gate before it whose requirements or reviews name the value";
        }
    }
}

}  // namespace

DeclId find_worker(Body& body, ast::Expr expr) {
    auto call = expr.bare().as<ast::Call>();
    if (!call) return {};
    // No value can be called, so a call means what is declared, whatever is named so here.
    Dotted name = ast::dotted_name(call.callee().bare());
    if (name.empty()) return {};
    DeclId id = find_value(body.context, body.module, name);
    if (!id.has_value() || body.context.declarations[id].kind != DeclKind::Worker) return {};
    resolve(body.context, id);
    return id;
}

bool bind_effect(Body& body, ast::Call call, DeclId worker, ir::Step& step) {
    Context& context = body.context;
    Declaration decl = context.declarations[worker];
    step.worker = ir::WorkerId{decl.row};
    const ir::Worker& row = context.module.workers[step.worker];
    step.policy = row.policy;
    BoundCall bound = bind_call(body, call, decl.qualified, decl.signature, decl.module);
    step.result_type = bound.result;
    if (!bound.ok) return false;
    check_flow(body, context.module.workers[step.worker].row, bound, decl.signature);
    for (std::size_t i = 0; i < bound.args.size(); ++i) {
        TypeId type = bound.parameter_types[i];
        if (!type.has_value()) return false;  // its declaration has an error of its own
        // A prompt travels with its inputs, which only the argument's own type names.
        TypeId actual = without_labels(context.types(), type_of(context, bound.args[i]));
        if (kind_of(context, type) == TypeKind::Prompt &&
            context.types()[actual].kind == TypeKind::Prompt) {
            type = with_labels(context.types(), actual, outer_labels(context.types(), type));
        }
        step.argument_types.push_back(type);
    }
    step.args = std::move(bound.args);
    return true;
}

void check_control(Body& body, const ir::Step& step, LabelSet control) {
    Context& context = body.context;
    if ((control & kUntrusted) == 0 || !row_of(context, step).irreversible) return;
    auto& d = context.report(DiagnosticCode::ModelOutputToEffect, step.span,
                             fmt::format("untrusted output decides whether the irreversible effect "
                                         "`{}` happens",
                                         row_of(context, step).name));
    d.help = "let a gate that names the value stand before the decision";
}

// What is wrong with a worker's declaration is told at the first step that has it.
bool is_told(const Context& context, DiagnosticCode code, Span declared) {
    return std::ranges::any_of(context.diagnostics.items(), [&](const Diagnostic& d) {
        return d.code == code && !d.secondary.empty() && d.secondary.front().span == declared;
    });
}

void check_policy(Body& body, ir::Step& step) {
    Context& context = body.context;
    const WorkerRow& row = row_of(context, step);
    if (step.policy.timeout_ms == 0) step.policy.timeout_ms = body.workflow->timeout_ms;
    const Span declared = context.module.workers[step.worker].span;
    if (step.policy.timeout_ms == 0 &&
        !is_told(context, DiagnosticCode::MissingTimeout, declared)) {
        auto& d = context.report(DiagnosticCode::MissingTimeout, step.span,
                                 fmt::format("no timeout bounds an attempt of `{}`", row.name));
        d.secondary.push_back({declared, "declared without one"});
        d.help = "add `timeout 30s` to the step, the worker or the workflow";
    }
    // A retry of the declaration's is one mistake, whatever steps have it.
    const bool is_own = step.policy.retries != context.module.workers[step.worker].policy.retries;
    if (row.effect == EffectClass::Once && step.policy.retries > 0 &&
        (is_own || !is_told(context, DiagnosticCode::RetryWithoutKey, declared)) &&
        !context.module.workers[step.worker].probe.has_value()) {
        auto& d = context.report(
            DiagnosticCode::RetryWithoutKey, step.span,
            fmt::format("`{}` happens once and has no probe, but is retried", row.name));
        if (!is_own) d.secondary.push_back({declared, "declared so"});
        d.help =
            "declare the worker `idempotent for …` if the receiver drops duplicates, or give it "
            "a probe";
    }
    for (const auto& name : step.policy.retry_on) {
        bool is_known = is_builtin_error(name);
        for (const auto& fails : row.fails) is_known = is_known || fails == name;
        if (is_known) continue;
        context.report(DiagnosticCode::UnreachableHandler, step.span,
                       fmt::format("`{}` never fails with `{}`", row.name, name));
    }
}

}  // namespace weft::check
