// What goes on without coming further: passes that change nothing, and timers that are over before
// they begin.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "compiler/check/constants.h"
#include "compiler/check/gates.h"
#include "compiler/check/relations.h"
#include "compiler/ir/walk.h"
#include "compiler/lint/lint.h"

namespace weft::lint {

namespace {

using check::Context;
using ir::ExprKind;
using Kind = ir::Stmt::Kind;

// 2026-01-01T00:00:00Z. No program is older than its language.
constexpr std::int64_t kFirstMomentMs = 1'767'225'600'000;

// --- loops

// What a pass of a repeat holds.
struct Pass {
    bool asks_the_world = false;  // so that another pass may find it otherwise
    std::vector<const ir::Stmt*> nexts;
    std::set<ir::LocalId> made;
};

Pass look_into(const Context& context, std::uint32_t row) {
    Pass out;
    const ir::Repeat& repeat = context.module.repeats[row];
    out.made.insert(repeat.item);
    auto visit = [&](const ir::Stmt& stmt) {
        switch (stmt.kind) {
            case Kind::Let:
                out.made.insert(stmt.local);
                break;
            case Kind::Next:
                if (stmt.row == row) out.nexts.push_back(&stmt);
                break;
            case Kind::If:
                out.made.insert(context.module.ifs[stmt.row].result);
                break;
            case Kind::Repeat:
                out.made.insert(context.module.repeats[stmt.row].result);
                break;
            case Kind::Return:
            case Kind::Fail:
            case Kind::Emit:
            case Kind::Done:
            case Kind::Sleep:
                break;
            default:
                out.asks_the_world = true;
        }
    };
    ir::for_each_statement(context.module, repeat.body, visit);
    return out;
}

void check_repeat(const Context& context, std::uint32_t row) {
    const ir::Repeat& repeat = context.module.repeats[row];
    if (repeat.times < 2) return;
    const Pass pass = look_into(context, row);
    if (pass.asks_the_world || pass.nexts.empty()) return;
    auto stays = [&](const ir::Stmt* next) {
        if (!next->expr.has_value()) return true;
        const ir::Expr& e = context.module.exprs[next->expr];
        if (e.kind == ExprKind::Local && e.local == repeat.item) return true;
        std::vector<ir::LocalId> read;
        check::locals_in(context, next->expr, read);
        return std::ranges::none_of(read,
                                    [&](ir::LocalId local) { return pass.made.contains(local); });
    };
    if (!std::ranges::all_of(pass.nexts, stays)) return;
    const auto& name = context.module.locals[repeat.item].name;
    auto& d = context.report(
        DiagnosticCode::LoopCannotProgress, pass.nexts.front()->span,
        fmt::format("every further pass has the same `{}`, and ends as the one before", name));
    d.secondary.push_back({context.module.locals[repeat.item].span, "what a pass works on"});
    d.help = fmt::format("give `next` a value that is made from `{}`", name);
}

// --- timers

// What `this_run.started_at` is moved by; none when the expression is something else.
std::optional<std::int64_t> after_start(const Context& context, ir::ExprId id) {
    const ir::Expr& e = context.module.exprs[id];
    if (e.kind == ExprKind::Field && context.module.exprs[e.a].kind == ExprKind::ThisRun &&
        check::kind_of(context, e.type) == TypeKind::Time) {
        return 0;
    }
    if (e.kind != ExprKind::Add && e.kind != ExprKind::Subtract) return std::nullopt;
    auto from = after_start(context, e.a);
    auto by = check::known_value(context, e.b);
    if (!from || !by || by->tag() != Tag::Duration) return std::nullopt;
    return e.kind == ExprKind::Add ? *from + by->as_int() : *from - by->as_int();
}

// Whether the moment, or the time from now, has passed whenever it is reached.
bool is_over(const Context& context, ir::ExprId id) {
    if (!id.has_value()) return false;
    if (auto known = check::known_value(context, id)) {
        if (known->tag() == Tag::Duration) return known->as_int() <= 0;
        if (known->tag() == Tag::Time) return known->as_int() < kFirstMomentMs;
        return false;
    }
    auto moved = after_start(context, id);
    return moved && *moved <= 0;
}

class Timers : public ir::PartVisitor {
  public:
    explicit Timers(const Context& context) : context_(context), module_(context.module) {}

    void stmt(ir::StmtId id) {
        const ir::Stmt& stmt = module_.stmts[id];
        switch (stmt.kind) {
            case Kind::Sleep:
            case Kind::SleepUntil:
                check(stmt.expr, "this sleep");
                break;
            case Kind::Wait:
                check(module_.waits[stmt.row].deadline, "this wait");
                break;
            case Kind::Lock:
                check(module_.locks[stmt.row].deadline, "the time for this lock");
                break;
            case Kind::Step:
                check(module_.steps[stmt.row].until, "the time for this step");
                break;
            case Kind::Review:
                terms(module_.reviews[stmt.row].terms);
                break;
            case Kind::Gate:
                for (const auto& rung : module_.gates[stmt.row].rungs) terms(rung.terms);
                break;
            default:
                break;
        }
        ir::visit_parts(module_, stmt, *this);
    }

    void block(ir::BlockId id, ir::BlockRole /*role*/ = ir::BlockRole::Body) {
        ir::ExprId before;  // the last known moment that was slept to
        for (auto line : module_.blocks[id].stmts) {
            const ir::Stmt& stmt = module_.stmts[line];
            if (stmt.kind == Kind::SleepUntil) in_order(stmt.expr, before);
            this->stmt(line);
        }
    }

  private:
    void check(ir::ExprId id, std::string_view what) const {
        if (!is_over(context_, id)) return;
        auto& d = context_.report(DiagnosticCode::TimerInPast, check::span_of(context_, id),
                                  fmt::format("{} is over before it begins", what));
        d.help = "name a moment that is still to come, such as `this_run.started_at + 1d`";
    }

    void terms(const ir::ReviewTerms& terms) const {
        for (const auto& line : terms.lines) check(line.deadline, "the time for this review");
    }

    void in_order(ir::ExprId now, ir::ExprId& before) const {
        auto moment = check::known_value(context_, now);
        if (!moment || moment->tag() != Tag::Time) return;
        auto last = before.has_value() ? check::known_value(context_, before) : std::nullopt;
        if (last && moment->as_int() <= last->as_int() && !is_over(context_, now)) {
            auto& d = context_.report(DiagnosticCode::TimerInPast, check::span_of(context_, now),
                                      "this moment has passed when the sleep before it ends");
            d.secondary.push_back({check::span_of(context_, before), "sleeps to here first"});
        }
        before = now;
    }

    const Context& context_;
    const ir::Module& module_;
};

}  // namespace

void check_progress(const Context& context, const ir::Workflow& workflow) {
    auto visit = [&](const ir::Stmt& stmt) {
        if (stmt.kind == Kind::Repeat) check_repeat(context, stmt.row);
    };
    ir::for_each_statement(context.module, workflow.body, visit);
    if (workflow.body.has_value()) Timers(context).block(workflow.body);
}

}  // namespace weft::lint
