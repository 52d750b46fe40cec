// Reviews: what silence does, who may judge what is their own, and whether anybody has the role.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "compiler/check/gates.h"
#include "compiler/check/names.h"
#include "compiler/ir/takers.h"
#include "compiler/ir/walk.h"
#include "compiler/lint/lint.h"

namespace weft::lint {

namespace {

using check::Context;
using Kind = ir::Stmt::Kind;

// Whoever runs the workflow as a step takes the error there.
bool is_taken_outside(const ir::Module& module, const ir::Workflow& workflow,
                      std::string_view error) {
    return std::ranges::any_of(module.steps, [&](const ir::Step& step) {
        return step.workflow != ir::kNoWorkflow && !step.detached &&
               &module.workflows[step.workflow] == &workflow && ir::takes(step.handlers, error);
    });
}

// Reviews that stand alone and whose silence would leave the world half changed: something was done
// before that stays, for the run then fails, or is held, without anybody having been asked again.
class Silence : public ir::PartVisitor {
  public:
    explicit Silence(const Context& context) : context_(context), module_(context.module) {}

    void stmt(ir::StmtId id) {
        const ir::Stmt& stmt = module_.stmts[id];
        if (stmt.kind == Kind::Review) review(module_.reviews[stmt.row]);
        const bool around =
            std::exchange(taken_, taken_ || ir::is_taken_by(module_, stmt, "Expired"));
        const auto* before = lasting_;
        const auto* outer = std::exchange(before_branches_, before);
        ir::visit_parts(module_, stmt, *this);
        before_branches_ = outer;
        taken_ = around;
        if (stmt.kind != Kind::Step) return;
        const ir::Step& step = module_.steps[stmt.row];
        // Its own compensation takes the place of what is said inside.
        if (step.undo.kind == ir::Undo::Kind::Run) lasting_ = before;
        if (stays(step)) lasting_ = &step;
    }
    void block(ir::BlockId id, ir::BlockRole role = ir::BlockRole::Body) {
        if (role == ir::BlockRole::Undo) return;
        // One branch does not know what another one did; what stands behind them may.
        const auto* other = lasting_;
        const bool apart = role == ir::BlockRole::Branch || role == ir::BlockRole::Handler;
        if (apart) lasting_ = before_branches_;
        for (auto line : module_.blocks[id].stmts) stmt(line);
        const bool ends = apart && module_.blocks[id].leaves;
        if (ends || lasting_ == nullptr) lasting_ = other;
    }

  private:
    [[nodiscard]] bool stays(const ir::Step& step) const {
        if (!step.worker.has_value()) return false;
        const WorkerRow& row = module_.workers[step.worker].row;
        return row.irreversible ||
               (row.effect != EffectClass::Read && step.undo.kind == ir::Undo::Kind::None);
    }

    void review(const ir::Review& review) const {
        const auto& terms = review.terms;
        const bool asks_again = terms.lines.size() != 1 || terms.end != ReviewEnd::Expire;
        if (taken_ || asks_again || lasting_ == nullptr) return;
        const auto& role = terms.lines.front().roles.front();
        const auto& worker = module_.workers[lasting_->worker].row;
        auto& d = context_.report(
            DiagnosticCode::MissingEscalation, terms.lines.front().span,
            fmt::format("when \"{}\" says nothing to `{}`, the run {}, and what `{}` did stays",
                        role, review.path, worker.irreversible ? "is held" : "fails",
                        lasting_->path));
        d.secondary.push_back({lasting_->span, "done before, and not undone"});
        d.help =
            "add `overdue by \"…\" within 1d`, `overdue approve` or `overdue reject`, or take "
            "the error `Expired`";
    }

    const Context& context_;
    const ir::Module& module_;
    bool taken_ = false;
    const ir::Step* lasting_ = nullptr;  // that was done before on this way, and stays
    const ir::Step* before_branches_ = nullptr;
};

// One review, of a gate or alone.
struct Asked {
    const ir::ReviewTerms* terms = nullptr;
    std::string path;
    std::set<ir::LocalId> shown;
    ir::LocalId result;  // an Approval
};

class Reviews {
  public:
    Reviews(const Context& context, const ir::Workflow& workflow) : context_(context) {
        auto visit = [&](const ir::Stmt& stmt) { note(stmt); };
        ir::for_each_statement(context.module, workflow.body, visit);
    }

    void check() const {
        for (std::size_t i = 0; i < asked_.size(); ++i) {
            for (std::size_t k = 0; k < asked_.size(); ++k) {
                if (i != k && (is_let_in(asked_[i], asked_[k]) ||
                               (k < i && is_second_look(asked_[i], asked_[k])))) {
                    break;
                }
            }
        }
    }

  private:
    void note(const ir::Stmt& stmt) {
        const ir::Module& module = context_.module;
        if (stmt.kind == Kind::Let) made_from_[stmt.local] = stmt.expr;
        if (stmt.kind == Kind::Review) {
            const auto& review = module.reviews[stmt.row];
            Asked asked{&review.terms, review.path, {}, review.result};
            for (auto value : review.values) expand(value, asked.shown);
            asked_.push_back(std::move(asked));
        }
        if (stmt.kind != Kind::Gate) return;
        const auto& gate = module.gates[stmt.row];
        for (const auto& rung : gate.rungs) {
            if (rung.kind != ir::Rung::Kind::Review) continue;
            asked_.push_back(
                {&rung.terms, gate.path, {rung.values.begin(), rung.values.end()}, {}});
        }
    }

    void expand(ir::ExprId expr, std::set<ir::LocalId>& out) const {
        std::vector<ir::LocalId> direct;
        check::locals_in(context_, expr, direct);
        for (auto local : direct) {
            if (!out.insert(local).second) continue;
            auto made = made_from_.find(local);
            if (made != made_from_.end()) expand(made->second, out);
        }
    }

    [[nodiscard]] static bool share(const Asked& a, const Asked& b) {
        return std::ranges::any_of(a.shown,
                                   [&](ir::LocalId local) { return b.shown.contains(local); });
    }

    [[nodiscard]] bool excludes(const ir::ReviewTerms& terms, std::string_view person) const {
        return std::ranges::any_of(
            terms.except, [&](ir::ExprId other) { return source_of(context_, other) == person; });
    }

    // One review of a value shuts somebody out, and the other one lets them decide.
    bool is_let_in(const Asked& one, const Asked& other) const {
        if (!share(one, other)) return false;
        for (auto person : other.terms->except) {
            const std::string name = source_of(context_, person);
            if (excludes(*one.terms, name)) continue;
            auto& d = context_.report(
                DiagnosticCode::SelfApproval, one.terms->span,
                fmt::format("`{}` may not decide in one review of `{}`, and may in this one", name,
                            context_.module.locals[*shared(one, other)].name));
            d.secondary.push_back({check::span_of(context_, person), "shut out here"});
            d.help = fmt::format("add `except {}`", name);
            return true;
        }
        return false;
    }

    // What one review approved is shown to the same role again, and the same person may look. A
    // form asks for something new, and judges nothing.
    bool is_second_look(const Asked& second, const Asked& first) const {
        if (!first.result.has_value() || !second.result.has_value()) return false;
        if (second.terms->form.has_value()) return false;
        if (!share(second, first) && !second.shown.contains(first.result)) return false;
        const auto& role = second.terms->lines.front();
        if (role.roles != first.terms->lines.front().roles) return false;
        const bool kept_apart = std::ranges::any_of(second.terms->except, [&](ir::ExprId person) {
            std::set<ir::LocalId> read;
            expand(person, read);
            return read.contains(first.result);
        });
        if (kept_apart) return false;
        const auto& name = context_.module.locals[first.result].name;
        auto& d = context_.report(
            DiagnosticCode::SelfApproval, second.terms->span,
            fmt::format("who decided `{}` may decide `{}` as well", first.path, second.path));
        d.secondary.push_back({first.terms->span, "decided here first"});
        d.help = fmt::format("add `except {}.by`", name);
        return true;
    }

    [[nodiscard]] static const ir::LocalId* shared(const Asked& a, const Asked& b) {
        for (const auto& local : a.shown) {
            if (b.shown.contains(local)) return &local;
        }
        return nullptr;
    }

    const Context& context_;
    std::vector<Asked> asked_;
    std::map<ir::LocalId, ir::ExprId> made_from_;
};

// Whether one was meant for the other; those that a digit tells apart are two.
bool is_meant(std::string_view a, std::string_view b) {
    constexpr std::size_t kShort = 5;
    auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return std::min(a.size(), b.size()) >= kShort && !std::ranges::any_of(a, is_digit) &&
           !std::ranges::any_of(b, is_digit) && is_slip(a, b);
}

}  // namespace

void check_people(const Context& context, const ir::Workflow& workflow) {
    if (!workflow.body.has_value()) return;
    if (!is_taken_outside(context.module, workflow, "Expired")) {
        Silence(context).block(workflow.body);
    }
    Reviews(context, workflow).check();
}

void check_roles(const Context& context) {
    std::vector<const ir::ReviewLine*> lines;
    auto add = [&](const ir::ReviewTerms& terms) {
        for (const auto& line : terms.lines) lines.push_back(&line);
    };
    for (const auto& review : context.module.reviews) add(review.terms);
    for (const auto& gate : context.module.gates) {
        for (const auto& rung : gate.rungs) {
            if (rung.kind == ir::Rung::Kind::Review) add(rung.terms);
        }
    }
    std::map<std::string, std::size_t> counts;
    for (const auto* line : lines) ++counts[line->roles.front()];
    for (const auto* line : lines) {
        const auto& role = line->roles.front();
        if (context.settings && context.settings->roles) {
            const auto& roles = *context.settings->roles;
            if (std::ranges::find(roles, role) != roles.end()) continue;
            auto& d = check::report_unknown(context, DiagnosticCode::UnknownRole, line->span,
                                            "role", role, roles);
            d.notes.push_back(fmt::format("{} says which there are", context.settings->path));
            continue;
        }
        // Without such a list, a role that is asked once and is another one but for a letter.
        if (counts[role] != 1) continue;
        auto other = std::ranges::find_if(
            counts, [&](const auto& one) { return one.second > 1 && is_meant(one.first, role); });
        if (other == counts.end()) continue;
        auto& d =
            context.report(DiagnosticCode::UnknownRole, line->span,
                           fmt::format("the role \"{}\" is asked here alone, and \"{}\" elsewhere",
                                       role, other->first));
        d.help = fmt::format("did you mean \"{}\"?", other->first);
    }
}

}  // namespace weft::lint
