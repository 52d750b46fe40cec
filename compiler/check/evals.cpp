#include "compiler/check/evals.h"

#include <fmt/format.h>

#include "compiler/check/constants.h"
#include "compiler/check/declare.h"
#include "compiler/check/expressions.h"
#include "compiler/check/relations.h"
#include "compiler/check/test_script.h"
#include "compiler/check/tests.h"
#include "compiler/check/types.h"
#include "grammar/literals.h"

namespace weft::check {

namespace {

class CheckEval {
  public:
    CheckEval(Context& context, ModuleId module)
        : context_(context),
          script_(context, module),
          judged_frame_{.test = script_.test()},
          judged_{.context = context, .module = module} {
        script_.frame().is_eval = true;
        judged_frame_.is_judged = true;
        judged_.test = &judged_frame_;
    }

    ir::Eval check(ast::Eval node) {
        eval_.name = node.name().text();
        eval_.span = node.name() ? node.name().span() : node.span();
        eval_.cases = plain_text(node.data_set()).value_or("");
        eval_.cases_span = node.data_set() ? node.data_set().span() : eval_.span;
        ir::Test& test = script_.test();
        test.title = eval_.name;
        test.span = eval_.span;
        const auto lines = node.body().children<ast::View>();
        declare_names(node, lines);
        for (const auto& line : lines) statement(line);
        is_complete(node);
        eval_.script = std::move(test);
        return std::move(eval_);
    }

  private:
    void declare_names(ast::Eval node, const std::vector<ast::View>& lines) {
        eval_.case_type = node.type() ? named_type(node.type()) : type_of_parameters(lines);
        const Span span = node.type() ? node.type().span() : eval_.cases_span;
        eval_.case_local = add("case", eval_.case_type, span, script_.body());
        eval_.count = add("cases", context_.common.integer, eval_.span, judged_);
        eval_.completed = add("completed", context_.common.integer, eval_.span, judged_);
    }

    ir::LocalId add(const std::string& name, TypeId type, Span span, Body& body) {
        const auto local = context_.add_local(name, type, span);
        context_.use_local(local);
        body.names.push_back({name, local});
        return local;
    }

    TypeId named_type(ast::TypeExpr written) {
        TypeId type = all_bare(context_, resolve_type(context_, judged_.module, written));
        if (!type.has_value() || kind_of(context_, type) == TypeKind::Record) return type;
        auto& d = context_.report(
            DiagnosticCode::TypeMismatch, written.span(),
            fmt::format("a case is a record, but this is a {}", context_.text(type)));
        d.help = "each line of the file is one JSON object: give its fields a record";
        return {};
    }

    // Without a type of its own a case has what the workflow takes.
    TypeId type_of_parameters(const std::vector<ast::View>& lines) {
        for (const auto& line : lines) {
            auto run = line.as<ast::Run>();
            auto call = run ? run.call().bare().as<ast::Call>() : ast::Call();
            if (!call) continue;
            const Dotted name = ast::dotted_name(call.callee().bare());
            const DeclId id = name.empty() ? DeclId{} : find_value(context_, judged_.module, name);
            if (!id.has_value() || context_.declarations[id].kind != DeclKind::Workflow) return {};
            resolve(context_, id);
            return record_of(context_.module.workflows[context_.declarations[id].row],
                             context_.declarations[id].signature);
        }
        return {};
    }

    TypeId record_of(const ir::Workflow& workflow, const Signature& signature) {
        Type type;
        type.kind = TypeKind::Record;
        type.name = workflow.name + ".case";
        for (std::size_t i = 0; i < signature.parameters.size(); ++i) {
            const auto& p = signature.parameters[i];
            FieldType field{p.name, p.name, all_bare(context_, p.type), {}};
            if (!field.type.has_value()) return {};
            if (i < workflow.parameters.size()) {
                field.default_value = workflow.parameters[i].default_value;
            }
            type.fields.push_back(std::move(field));
        }
        return context_.types().add(std::move(type));
    }

    void statement(ast::View line) {
        if (auto run = line.as<ast::Run>()) {
            if (has_run_) {
                context_.report(DiagnosticCode::IncompleteEval, run.span(),
                                fmt::format("the eval `{}` runs a second time: what its scores "
                                            "measure is one run",
                                            eval_.name));
                return;
            }
            has_run_ = true;
            script_.take(line.as<ast::Statement>());
        } else if (auto score = line.as<ast::Score>()) {
            this->score(score);
        } else if (auto required = line.as<ast::Require>()) {
            ir::Expectation row = TestScript::expectation(required.value(), judged_,
                                                          "what is required", required.span());
            if (type_of(context_, row.condition).has_value()) {
                eval_.requirements.push_back(std::move(row));
            }
        } else if (auto baseline = line.as<ast::Baseline>()) {
            this->baseline(baseline);
        } else if (auto costing = line.as<ast::Costing>()) {
            this->costing(costing);
        } else if (auto other = line.as<ast::Statement>(); other && !script_.take(other)) {
            auto& d = context_.report(
                DiagnosticCode::MisplacedStatement, line.span(),
                fmt::format("{} has no meaning in an eval", line_label(line.kind())));
            if (line.kind() == NodeKind::Expect)
                d.help = "a Bool is a score, too: `score NAME = …`";
        }
    }

    void score(ast::Score node) {
        has_score_ = true;
        ir::EvalScore row;
        row.span = node.span();
        row.name = node.name().text();
        row.value = check_expr(script_.body(), node.value());
        if (row.name.empty()) {
            context_
                .report(DiagnosticCode::IncompleteEval, node.span(),
                        "a score has a name, by which its baseline knows it")
                .help = "write `score NAME = …`";
            return;
        }
        if (judged_.find(row.name) != nullptr) {
            context_.report(
                DiagnosticCode::DuplicateName, node.name().span(),
                fmt::format("`{}` is already what `require` reads under that name", row.name));
            return;
        }
        row.local = script_.body().declare(row.name, context_.common.decimal, node.name().span());
        context_.use_local(row.local);
        row.average = add(row.name, context_.common.decimal, node.name().span(), judged_);
        const TypeId type = type_of(context_, row.value);
        if (!type.has_value()) return;
        const TypeKind kind = kind_of(context_, type);
        if (kind == TypeKind::Bool || kind == TypeKind::Int || kind == TypeKind::Decimal) {
            script_.add(ir::TestLine::Kind::Score, eval_.scores, std::move(row));
            return;
        }
        auto& d = context_.report(
            kind == TypeKind::Optional ? DiagnosticCode::PossibleNone
                                       : DiagnosticCode::TypeMismatch,
            node.value().span(),
            fmt::format("a score is a Bool or a number, but this is a {}", context_.text(type)));
        if (kind == TypeKind::Optional) d.help = "say with `??` what none is worth";
    }

    void baseline(ast::Baseline node) {
        if (eval_.baseline) {
            context_.report(DiagnosticCode::DuplicateName, node.span(),
                            fmt::format("the eval `{}` has two baselines", eval_.name));
            return;
        }
        ir::EvalBaseline row;
        row.span = node.span();
        auto file = node.file().bare().as<ast::Text>();
        const auto name = file ? plain_text(file) : std::nullopt;
        if (!name && node.file()) {
            context_.report(DiagnosticCode::NotConstant, node.file().span(),
                            "a baseline is named by a text without holes");
        }
        row.file = name.value_or("");
        if (auto tolerance = node.tolerance()) {
            const auto id =
                expect_expr(judged_, tolerance, context_.common.decimal, "what a score may lose");
            const auto value = known_value(context_, id);
            const auto number = value ? number_in(*value) : std::nullopt;
            if (number && Decimal::compare(*number, Decimal()) >= 0) {
                row.tolerance = *number;
            } else if (type_of(context_, id).has_value()) {
                context_.report(DiagnosticCode::NotConstant, tolerance.span(),
                                "what a score may lose is a number that is known, 0 or more");
            }
        }
        eval_.baseline = std::move(row);
    }

    void costing(ast::Costing node) {
        if (eval_.has_budget) {
            context_.report(DiagnosticCode::DuplicateName, node.span(),
                            fmt::format("the eval `{}` has two budgets", eval_.name));
            return;
        }
        eval_.has_budget = true;
        eval_.budget_span = node.span();
        if (auto money = constant_money(judged_, node.value(), "the budget")) {
            eval_.budget_micros = money->micros;
            eval_.budget_currency = money->currency;
        }
    }

    void is_complete(ast::Eval node) {
        if (context_.has_syntax_error(node.span())) return;
        const std::string_view missing = !has_run_     ? "runs no workflow"
                                         : !has_score_ ? "has no score"
                                                       : "";
        if (missing.empty()) return;
        auto& d = context_.report(DiagnosticCode::IncompleteEval, eval_.span,
                                  fmt::format("the eval `{}` {}", eval_.name, missing));
        d.help = has_run_ ? "say what a run is worth: `score NAME = …`, a Bool or a number"
                          : "add `run WORKFLOW(…)`, with `case.FIELD` for what a case gives";
    }

    Context& context_;
    TestScript script_;
    ir::Eval eval_;
    TestFrame judged_frame_;
    Body judged_;
    bool has_run_ = false;
    bool has_score_ = false;
};

}  // namespace

std::vector<ir::Eval> check_evals(Context& context) {
    std::vector<ir::Eval> out;
    std::map<std::string, Span> names;
    for (std::uint32_t i = 0; i < context.modules.size(); ++i) {
        const ModuleId module{i};
        const auto evals = context.modules[module].evals;
        for (const auto& node : evals) {
            ir::Eval checked = CheckEval(context, module).check(node);
            // Those of imported modules are checked, but belong to their own file.
            if (i != 0) continue;
            const auto [first, is_new] = names.try_emplace(checked.name, checked.span);
            if (!is_new && !checked.name.empty()) {
                auto& d = context.report(DiagnosticCode::DuplicateName, checked.span,
                                         fmt::format("`{}` is evaluated twice", checked.name));
                d.secondary.push_back({first->second, "declared here first"});
            }
            out.push_back(std::move(checked));
        }
    }
    return out;
}

}  // namespace weft::check
