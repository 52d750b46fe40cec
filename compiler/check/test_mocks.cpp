// Mocks: which steps and workers they stand for, and whether what they say fits.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/constants.h"
#include "compiler/check/declare.h"
#include "compiler/check/origins.h"
#include "compiler/check/statements.h"
#include "compiler/check/tests.h"

namespace weft::check {

namespace {

constexpr std::int64_t kTimesMax = 1'000'000;

class CheckMock {
  public:
    explicit CheckMock(Body& body) : body_(body), context_(body.context) {}

    ir::Mock check(ast::Mock node) {
        ir::Mock out;
        out.span = node.span();
        for (const auto& target : node.targets()) add_target(target, out);
        for (const auto& action : node.actions()) out.answers.push_back(answer(action));
        if (!out.answers.empty() && !says_times_) out.answers.back().for_ever = true;
        return out;
    }

  private:
    void add_target(ast::MockTarget node, ir::Mock& out) {
        Dotted name = dotted_of(node.path());
        if (name.empty()) return;
        ir::MockTarget target;
        if (node.is_step()) {
            auto path = find_step_path(body_, name, node.path().span());
            if (!path) {
                out.is_broken = true;
                return;
            }
            target.kind = ir::MockTarget::Kind::Step;
            target.name = std::move(*path);
            add_types_of_step(target.name);
            out.targets.push_back(std::move(target));
            return;
        }
        auto workers = find_workers(body_, name);
        if (workers.names.empty()) {
            out.is_broken = true;
            if (is_broken_import(context_, body_.module, name[0])) return;
            auto legal = legal_values(context_, body_.module, name);
            std::erase_if(legal, [&](const std::string& word) { return !is_worker(word); });
            for (const auto& [word, import] : context_.modules[body_.module].imports) {
                legal.push_back(word);
            }
            report_unknown(context_, DiagnosticCode::UnknownName, node.path().span(), "worker",
                           joined(name), legal);
            return;
        }
        target.kind = workers.is_one ? ir::MockTarget::Kind::Worker : ir::MockTarget::Kind::Prefix;
        target.name = joined(name);
        target.workers = std::move(workers.names);
        worker_ = workers.is_one ? target.workers.front() : std::string();
        add_types_of_workers(target.workers);
        out.targets.push_back(std::move(target));
    }

    // A name of the module, or of one that it imports.
    [[nodiscard]] bool is_worker(const std::string& word) const {
        const auto& values = context_.modules[body_.module].values;
        auto found = values.find(word);
        return found == values.end() ||
               context_.declarations[found->second].kind == DeclKind::Worker;
    }

    void add_types_of_step(const std::string& path) {
        for (const auto& step : context_.module.steps) {
            if (step.path == path) add_type(step.result_type);
        }
        add_types_of(context_.module.eaches, path);
        add_types_of(context_.module.repeats, path);
        add_types_of(context_.module.parallels, path);
        add_types_of(context_.module.reviews, path);
        add_types_of(context_.module.waits, path);
    }

    template <typename Row>
    void add_types_of(const std::vector<Row>& rows, const std::string& path) {
        for (const auto& row : rows) {
            if (row.path != path || !row.result.has_value()) continue;
            add_type(context_.module.locals[row.result].type);
        }
    }

    void add_types_of_workers(const std::vector<std::string>& names) {
        for (const auto& step : context_.module.steps) {
            if (!step.worker.has_value()) continue;
            const auto& row = context_.module.workers[step.worker].row;
            if (std::ranges::find(names, row.name) != names.end()) add_type(step.result_type);
        }
        if (!types_.empty()) return;
        // No step calls them: what they declare, where no type parameter is in it.
        for (const auto& decl : context_.declarations) {
            if (decl.kind != DeclKind::Worker || !decl.signature.variables.empty()) continue;
            if (std::ranges::find(names, decl.qualified) == names.end()) continue;
            add_type(decl.signature.result);
        }
    }

    void add_type(TypeId type) {
        if (!type.has_value()) return;
        type = all_bare(context_, type);
        if (std::ranges::find(types_, type) == types_.end()) types_.push_back(type);
    }

    ir::MockAnswer answer(ast::MockAction node) {
        ir::MockAnswer out;
        out.span = node.span();
        says_times_ = false;
        ast::Expr after;
        if (auto returns = node.as<ast::MockReturns>()) {
            after = returns.after();
            value(returns.value(), out);
            times(returns.times(), out);
        } else if (auto fails = node.as<ast::MockFails>()) {
            after = fails.after();
            error(fails.error(), out);
            times(fails.times(), out);
        } else if (auto slow = node.as<ast::MockTimesOut>()) {
            out.kind = ir::MockAnswer::Kind::TimesOut;
            times(slow.times(), out);
        }
        if (after) {
            out.delay_ms = constant_duration(body_, after, "the time of the answer").value_or(0);
        }
        return out;
    }

    void times(ast::Expr node, ir::MockAnswer& out) {
        if (!node) return;
        says_times_ = true;
        out.times = static_cast<std::uint32_t>(
            constant_int(body_, node, "how often", 1, kTimesMax).value_or(1));
    }

    // A worker with type parameters may give several types; each of them is checked again when the
    // value is given.
    void value(ast::Expr node, ir::MockAnswer& out) {
        if (!node) return nothing(out);
        if (node && node.bare().kind() == NodeKind::NameRef && node.bare().text() == "any") {
            out.kind = ir::MockAnswer::Kind::Any;
            return;
        }
        if (types_.size() == 1) {
            const Wanting wanting(body_, {worker_.empty() ? "" : "worker", worker_});
            out.value = expect_expr(body_, node, types_.front(), "the mock's answer");
            return;
        }
        out.value = check_expr(body_, node, types_.empty() ? TypeId{} : types_.front());
        TypeId type = type_of(context_, out.value);
        if (!type.has_value() || types_.empty()) return;
        bool may_fit = std::ranges::any_of(
            types_, [&](TypeId wanted) { return fits(context_, type, base_of(context_, wanted)); });
        if (may_fit) return;
        context_.report(
            DiagnosticCode::TypeMismatch, node.span(),
            fmt::format("the mock gives a {}, which no step takes from it", context_.text(type)));
    }

    // `returns` alone
    void nothing(ir::MockAnswer& out) {
        out.kind = ir::MockAnswer::Kind::Any;
        const auto gives =
            std::ranges::find_if(types_, [&](TypeId type) { return type != context_.common.none; });
        if (gives == types_.end()) return;
        auto& d = context_.report(
            DiagnosticCode::TypeMismatch, out.span,
            fmt::format("`returns` gives nothing, and a {} is wanted", context_.text(*gives)));
        d.help = "say the value behind it, or `returns any`";
    }

    // `fails`, `fails Transient`, `fails Declined(reason: "no")`, `fails "text"`
    void error(ast::Expr node, ir::MockAnswer& out) {
        out.kind = ir::MockAnswer::Kind::Fails;
        out.error = "Transient";
        if (!node) return;
        auto call = node.bare().as<ast::Call>();
        Dotted name = ast::dotted_name(call ? call.callee().bare() : node.bare());
        if (name.size() == 1 && is_builtin_error(name[0])) {
            out.error = name[0];
            if (call) message(call, out);
            return;
        }
        if (!call && !name.empty() && find_error(context_, body_.module, name).has_value()) {
            out.error = name.back();
            return;
        }
        bool is_upper =
            !name.empty() && !name.back().empty() && name.back()[0] >= 'A' && name.back()[0] <= 'Z';
        if (!call && is_upper) {
            auto legal = builtin_errors();
            for (const auto& [word, id] : context_.modules[body_.module].errors) {
                legal.push_back(word);
            }
            report_unknown(context_, DiagnosticCode::UnknownName, node.span(), "error",
                           joined(name), legal);
            return;
        }
        out.value = check_fail(body_, node, node.span());
    }

    // `Transient("the line is down")`
    void message(ast::Call call, ir::MockAnswer& out) {
        auto arguments = call.arguments();
        if (arguments.empty()) return;
        if (arguments.size() > 1) {
            context_.report(DiagnosticCode::ArgumentMismatch, call.span(),
                            fmt::format("`{}` takes a message and nothing else", out.error));
            return;
        }
        out.value = expect_expr(body_, arguments[0].value(), context_.common.text, "the message");
    }

    Body& body_;
    Context& context_;
    std::vector<TypeId> types_;  // that are taken from the targets
    std::string worker_;         // that is mocked, of one alone
    bool says_times_ = false;
};

}  // namespace

ir::Mock check_mock(Body& body, ast::Mock node) {
    return CheckMock(body).check(node);
}

}  // namespace weft::check
