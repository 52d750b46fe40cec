#include "compiler/check/test_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/hash.h"
#include "compiler/check/declare.h"
#include "compiler/check/expressions.h"
#include "compiler/check/relations.h"
#include "grammar/literals.h"

namespace weft::check {

namespace {

using Observed = ir::Observation::Kind;

TypeId status_type(Context& context) {
    Type t;
    t.kind = TypeKind::Enum;
    t.name = "Status";
    for (auto word : ir::kStatusWords) t.cases.push_back({std::string(word), {}});
    return context.types().add(std::move(t));
}

ir::ExprId differs_by_case(Body& body, Span span) {
    Context& context = body.context;
    auto& d = context.report(DiagnosticCode::MisplacedStatement, span,
                             fmt::format("`{}` differs from case to case, and `require` is about "
                                         "all of them",
                                         context.module.sources.text(span)));
    d.help = "make a score of it, `score NAME = …`, and require something of its average";
    return add_mistake(context, span);
}

ir::ExprId observe(Body& body, ir::Observation observation, TypeId type, Span span) {
    Context& context = body.context;
    TestFrame& frame = *body.test;
    if (frame.is_judged) return differs_by_case(body, span);
    if (!frame.has_run) {
        auto& d = context.report(
            DiagnosticCode::MisplacedStatement, span,
            fmt::format("`{}` is read before the {} has run anything",
                        context.module.sources.text(span), frame.is_eval ? "eval" : "test"));
        d.help = "let a `run` stand before it";
        frame.has_run = true;  // one that is missing is missed once
        return add_mistake(context, span);
    }
    std::string key =
        fmt::format("{} {} {}", static_cast<int>(observation.kind), type.index, observation.name);
    auto [found, is_new] = frame.observed.try_emplace(key);
    if (is_new) {
        found->second =
            context.add_local(std::string(context.module.sources.text(span)), type, span);
        context.use_local(found->second);
        if (observation.kind == Observed::Output) {
            context.origins.emplace(found->second.index, "result " + frame.workflow);
        }
        observation.local = found->second;
        frame.test.observations.push_back(std::move(observation));
    }
    return add_local_ref(body, found->second, span);
}

// `steps.brief.attempts`
ir::ExprId observe_step(Body& body, Dotted name, Span span) {
    Context& context = body.context;
    static const std::vector<std::string> kFields = {"attempts", "generations"};
    std::string_view field = name.back();
    bool known = std::find(kFields.begin(), kFields.end(), field) != kFields.end();
    if (name.size() < 3 || !known) {
        report_unknown(context, DiagnosticCode::UnknownName, span, "count of a step", joined(name),
                       {"steps.NAME.attempts", "steps.NAME.generations"});
        return add_mistake(context, span);
    }
    name.pop_back();
    name.erase(name.begin());
    auto path = find_step_path(body, name, span, true);
    if (!path) return add_mistake(context, span);
    Observed kind = field == "attempts" ? Observed::Attempts : Observed::Generations;
    return observe(body, {kind, {}, *path, {}}, context.common.integer, span);
}

ir::ExprId observe_events(Body& body, const Dotted& name, Span span) {
    Context& context = body.context;
    if (name.size() == 1) {
        return observe(body, {Observed::EventNames, {}, {}, {}},
                       make_list(context, context.common.text), span);
    }
    TypeId type;
    bool is_known = false;  // also by an `emit` whose value is a mistake
    std::vector<std::string> legal;
    for (const auto& stmt : context.module.stmts) {
        if (stmt.kind != ir::Stmt::Kind::Emit) continue;
        if (stmt.name != name[1]) {
            legal.push_back(stmt.name);
            continue;
        }
        is_known = true;
        if (!stmt.expr.has_value()) continue;
        TypeId one = type_of(context, stmt.expr);
        type = type.has_value() ? join(context, type, one) : one;
    }
    if (!type.has_value()) {
        if (!is_known) {
            report_unknown(context, DiagnosticCode::UnknownName, span, "event", name[1], legal);
        }
        return add_mistake(context, span);
    }
    return observe(body, {Observed::EventValues, {}, std::string(name[1]), {}},
                   make_list(context, type), span);
}

std::string_view media_of(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kMedia = {{
        {".pdf", "application/pdf"},
        {".txt", "text/plain"},
        {".md", "text/markdown"},
        {".html", "text/html"},
        {".json", "application/json"},
        {".csv", "text/csv"},
        {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    }};
    for (const auto& [end, media] : kMedia) {
        if (name.ends_with(end)) return media;
    }
    return "application/octet-stream";
}

// A file that is only a name: what reads it is mocked.
ir::ExprId made_up_file(Body& body, ast::Call call) {
    Context& context = body.context;
    auto arguments = call.arguments();
    auto text = arguments.size() == 1 ? arguments[0].value().bare().as<ast::Text>() : ast::Text();
    auto name = text ? plain_text(text) : std::nullopt;
    if (!name) {
        context.report(DiagnosticCode::ArgumentMismatch, call.span(),
                       "`file` takes the name of a file, as in `file(\"a.pdf\")`");
        return add_mistake(context, call.span());
    }
    std::string digest = to_hex(view(sha256(*name)));
    Value value = Value::record({Value::text(digest.substr(0, 32)), Value::text(*name),
                                 Value::text(std::string(media_of(*name))), Value::integer(0),
                                 Value::text(digest)});
    return add_literal(context, std::move(value), context.common.file, call.span());
}

ir::ExprId count_calls(Body& body, ast::Call call) {
    Context& context = body.context;
    auto arguments = call.arguments();
    Dotted name = arguments.size() == 1 ? ast::dotted_name(arguments[0].value().bare()) : Dotted{};
    if (name.empty()) {
        context.report(DiagnosticCode::ArgumentMismatch, call.span(),
                       "`calls` takes a worker, as in `calls(notify.email)`");
        return add_mistake(context, call.span());
    }
    auto workers = find_workers(body, name);
    if (workers.names.empty()) {
        report_unknown(context, DiagnosticCode::UnknownName, arguments[0].value().span(), "worker",
                       joined(name), legal_values(context, body.module, name));
        return add_mistake(context, call.span());
    }
    return observe(body, {Observed::Calls, {}, joined(name), std::move(workers.names)},
                   context.common.integer, call.span());
}

std::vector<std::string> step_paths(const ir::Module& module) {
    std::vector<std::string> out;
    for (const auto& step : module.steps) out.push_back(step.path);
    for (const auto& each : module.eaches) out.push_back(each.path);
    for (const auto& repeat : module.repeats) out.push_back(repeat.path);
    for (const auto& review : module.reviews) out.push_back(review.path);
    for (const auto& wait : module.waits) out.push_back(wait.path);
    for (const auto& parallel : module.parallels) {
        out.push_back(parallel.path);
        for (const auto& branch : parallel.branches) out.push_back(branch.path);
    }
    return out;
}

// Also the names of what holds steps and is none itself: `step x = if …`.
void add_holders(std::vector<std::string>& paths) {
    std::set<std::string> known(paths.begin(), paths.end());
    const auto steps = paths;
    for (const auto& path : steps) {
        for (auto dot = path.rfind('.'); dot != std::string::npos && dot > 0;
             dot = path.rfind('.', dot - 1)) {
            auto holder = path.substr(0, dot);
            const bool is_step = holder.find('.') != std::string::npos;
            if (is_step && known.insert(holder).second) paths.push_back(std::move(holder));
        }
    }
}

}  // namespace

std::optional<std::string> find_step_path(Body& body, const Dotted& name, Span span,
                                          bool with_holders) {
    Context& context = body.context;
    std::string tail = "." + joined(name);
    std::string own = body.test->workflow + ".";
    std::optional<std::string> best;
    std::vector<std::string> legal;
    auto paths = step_paths(context.module);
    if (with_holders) add_holders(paths);
    for (auto& path : paths) {
        if (!path.ends_with(tail)) {
            legal.push_back(path.substr(path.find('.') + 1));
            continue;
        }
        // Of the workflow that was run rather than of another; the outermost one rather than a
        // deeper one.
        auto rank = [&](const std::string& p) {
            return std::pair(!p.starts_with(own), std::ranges::count(p, '.'));
        };
        if (!best || rank(path) < rank(*best)) best = std::move(path);
    }
    if (!best) {
        report_unknown(context, DiagnosticCode::UnknownName, span, "step", joined(name), legal);
    }
    return best;
}

NamedWorkers find_workers(Body& body, const Dotted& name) {
    Context& context = body.context;
    DeclId id = find_value(context, body.module, name);
    // A workflow or a function may have the name that the workers' names begin with.
    if (id.has_value() && context.declarations[id].kind == DeclKind::Worker) {
        resolve(context, id);
        return {{context.module.workers[ir::WorkerId{context.declarations[id].row}].row.name},
                true};
    }
    NamedWorkers out;
    ModuleId home = body.module;
    std::string beginning = joined(name) + ".";
    if (is_import(context, body.module, name[0])) {
        auto& import = context.modules[body.module].imports.find(name[0])->second;
        import.used = true;
        home = import.module;
        beginning = name.size() == 1 ? "" : joined({name.begin() + 1, name.end()}) + ".";
    }
    if (!home.has_value()) return {};
    for (const auto& [word, decl] : context.modules[home].values) {
        auto& declaration = context.declarations[decl];
        if (declaration.kind != DeclKind::Worker || !word.starts_with(beginning)) continue;
        declaration.used = true;
        out.names.push_back(declaration.qualified);
    }
    return out;
}

std::optional<ir::ExprId> check_test_name(Body& body, const Dotted& name, Span span) {
    Context& context = body.context;
    if (body.test->is_judged && name[0] == "case") return differs_by_case(body, span);
    if (name[0] == "steps" && name.size() > 1) return observe_step(body, name, span);
    if (name[0] == "events" && name.size() <= 2) return observe_events(body, name, span);
    if (name.size() != 1) return std::nullopt;
    if (name[0] == "calls") {
        return observe(body, {Observed::CallNames, {}, {}, {}},
                       make_list(body.context, body.context.common.text), span);
    }
    if (name[0] == "status") {
        return observe(body, {Observed::Status, {}, {}, {}}, status_type(context), span);
    }
    if (name[0] == "output") {
        return observe(body, {Observed::Output, {}, {}, {}}, body.test->result, span);
    }
    if (name[0] == "error") {
        return observe(body, {Observed::Error, {}, {}, {}}, context.common.error, span);
    }
    if (name[0] == "elapsed") {
        return observe(body, {Observed::Elapsed, {}, {}, {}}, context.common.duration, span);
    }
    for (std::uint32_t i = 0; i < ir::kStatusWords.size(); ++i) {
        if (name[0] != ir::kStatusWords[i]) continue;
        ir::Expr e;
        e.kind = ir::ExprKind::Case;
        e.type = status_type(context);
        e.span = span;
        e.index = i;
        return add_expr(context, std::move(e));
    }
    return std::nullopt;
}

std::optional<ir::ExprId> check_test_call(Body& body, ast::Call call, const Dotted& name) {
    if (name.size() != 1) return std::nullopt;
    if (name[0] == "file") return made_up_file(body, call);
    if (name[0] == "calls") return count_calls(body, call);
    return std::nullopt;
}

}  // namespace weft::check
