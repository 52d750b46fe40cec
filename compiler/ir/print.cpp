// The typed IR for people: workflows as trees of statements, expressions in infix form. Types stand
// where the source left them out.
#include <fmt/format.h>

#include "bytecode/image.h"
#include "compiler/ir/module.h"
#include "compiler/ir/print.h"

namespace weft::ir {

namespace {

std::string duration(std::int64_t ms) {
    struct Unit {
        std::int64_t ms;
        std::string_view name;
    };
    for (Unit unit :
         {Unit{86'400'000, "d"}, Unit{3'600'000, "h"}, Unit{60'000, "m"}, Unit{1000, "s"}}) {
        if (ms != 0 && ms % unit.ms == 0) return fmt::format("{}{}", ms / unit.ms, unit.name);
    }
    return fmt::format("{}ms", ms);
}

class Printer {
  public:
    explicit Printer(const Module& module) : module_(module) {}

    std::string all() {
        for (const auto& fn : module_.fns) {
            line(0, "fn {}({}) -> {} =", fn.name, parameters(fn.parameters), type(fn.result));
            line(1, "{}", print_expr(module_, fn.body));
        }
        for (const auto& prompt : module_.prompts) {
            line(0, "prompt {}({}) -> {}", prompt.name, parameters(prompt.parameters),
                 type(prompt.type));
            line(1, "system {}", print_expr(module_, prompt.system));
            line(1, "user {}", print_expr(module_, prompt.user));
        }
        for (const auto& worker : module_.workers) worker_row(worker);
        for (const auto& workflow : module_.workflows) workflow_row(workflow);
        for (const auto& schedule : module_.schedules) {
            line(0, "schedule {} runs {}, {}", schedule.row.name,
                 module_.workflows[schedule.row.workflow].name, schedule_text(schedule.row));
        }
        for (const auto& row : module_.migrates) {
            line(0, "migrate {} from {}", module_.workflows[row.workflow].name, row.from);
            for (const auto& mapping : row.mappings) {
                line(1, "[{}] = {}", mapping.path, expr(mapping.value));
            }
        }
        return std::move(out_);
    }

  private:
    template <typename... Args>
    void line(int depth, fmt::format_string<Args...> format, Args&&... args) {
        out_.append(static_cast<std::size_t>(depth) * 2, ' ');
        out_ += fmt::format(format, std::forward<Args>(args)...);
        out_ += '\n';
    }

    std::string type(TypeId id) { return id.has_value() ? module_.types.text(id) : "?"; }
    std::string expr(ExprId id) { return print_expr(module_, id); }
    const std::string& name(LocalId id) { return module_.locals[id].name; }

    std::string parameters(const std::vector<LocalId>& locals) {
        std::string out;
        for (auto local : locals) {
            if (!out.empty()) out += ", ";
            out += fmt::format("{}: {}", name(local), type(module_.locals[local].type));
        }
        return out;
    }

    static std::string effect_class(const WorkerRow& row) {
        switch (row.effect) {
            case EffectClass::Read:
                return "read";
            case EffectClass::Idempotent:
                return "idempotent for " + duration(row.window_ms);
            case EffectClass::Once:
                return "once";
            case EffectClass::Transaction:
                return "transaction";
        }
        return {};
    }

    void worker_row(const Worker& worker) {
        const WorkerRow& row = worker.row;
        std::string signature;
        for (std::size_t i = 0; i < row.parameters.size(); ++i) {
            if (i > 0) signature += ", ";
            signature += fmt::format("{}: {}", row.parameters[i], type(worker.parameter_types[i]));
        }
        line(0, "worker {}({}): {}{}{}{}", row.name, signature, effect_class(row),
             row.irreversible ? ", irreversible" : "", row.untrusted ? ", untrusted" : "",
             row.reserve_micros > 0
                 ? fmt::format(", costs {} millionths {}", row.reserve_micros, row.reserve_currency)
                 : "");
        pacing(row.pacing);
    }

    void pacing(const Pacing& p) {
        if (p.breaker_failures > 0) {
            line(1, "breaker opens after {} failures in {}, for {}", p.breaker_failures,
                 duration(p.breaker_window_ms), duration(p.breaker_open_ms));
        }
        if (p.at_once > 0) line(1, "limit {} at once", p.at_once);
        if (p.rate_count > 0) line(1, "limit {} per {}", p.rate_count, duration(p.rate_period_ms));
    }

    void workflow_row(const Workflow& w) {
        std::vector<LocalId> locals;
        for (const auto& p : w.parameters) locals.push_back(p.local);
        line(0, "workflow {}({}) -> {}", w.name, parameters(locals), type(w.result));
        if (w.within_ms > 0) line(1, "within {}", duration(w.within_ms));
        if (w.has_budget) {
            line(1, "costing at most {} millionths {}", w.budget_micros, w.budget_currency);
        }
        if (w.retain_ms > 0) line(1, "retain {}", duration(w.retain_ms));
        if (w.key.has_value()) line(1, "key {}", expr(w.key));
        if (w.until.has_value()) line(1, "until {}", expr(w.until));
        if (w.subject.has_value()) line(1, "subject {}", expr(w.subject));
        if (w.strict_order) line(1, "compensate in strict order");
        for (const auto& signal : w.signals) {
            line(1, "signal {}: {}{}", signal.name, type(signal.type),
                 signal.was.empty() ? "" : " was " + signal.was);
        }
        for (const auto& tune : w.tunes) {
            line(1, "tune {}: {}", name(tune.local), type(module_.locals[tune.local].type));
        }
        hook("before step", w.before_step);
        hook("after step", w.after_step);
        hook("on retry", w.on_retry);
        block(1, w.body);
        hook("on failure", w.on_failure);
        hook("finally", w.finally);
    }

    void hook(std::string_view what, const Hook& row) {
        if (!row.body.has_value()) return;
        line(1, "{} ({})", what, parameters(row.own));
        block(2, row.body);
    }

    void block(int depth, BlockId id) {
        if (!id.has_value()) return;
        const Block& row = module_.blocks[id];
        for (auto stmt : row.stmts) statement(depth, module_.stmts[stmt]);
        if (row.value.has_value()) line(depth, "= {}", expr(row.value));
    }

    void statement(int depth, const Stmt& stmt) {
        switch (stmt.kind) {
            case Stmt::Kind::Let:
                line(depth, "let {}: {} = {}", name(stmt.local),
                     type(module_.locals[stmt.local].type), expr(stmt.expr));
                break;
            case Stmt::Kind::Step:
                step(depth, module_.steps[stmt.row]);
                break;
            case Stmt::Kind::Each: {
                const Each& row = module_.eaches[stmt.row];
                line(depth, "each {} [{}]: {} = {} in {}, {} at once{}", name(row.result), row.path,
                     type(module_.locals[row.result].type), name(row.item), expr(row.list),
                     row.limit,
                     row.collects ? fmt::format(", collecting errors up to {}", row.errors_max)
                                  : "");
                block(depth + 1, row.body);
                break;
            }
            case Stmt::Kind::If: {
                const If& row = module_.ifs[stmt.row];
                line(depth, "if {}", expr(row.condition));
                block(depth + 1, row.then_block);
                if (row.else_block.has_value()) {
                    line(depth, "else");
                    block(depth + 1, row.else_block);
                }
                break;
            }
            case Stmt::Kind::Gate:
                gate(depth, module_.gates[stmt.row]);
                break;
            case Stmt::Kind::Return:
                line(depth, "return {}", expr(stmt.expr));
                break;
            case Stmt::Kind::Fail:
                line(depth, "fail {}", expr(stmt.expr));
                break;
            case Stmt::Kind::Emit:
                line(depth, "emit {}({})", stmt.name, expr(stmt.expr));
                break;
            case Stmt::Kind::Sleep:
                line(depth, "sleep {}", expr(stmt.expr));
                break;
            case Stmt::Kind::Parallel:
                parallel(depth, module_.parallels[stmt.row]);
                break;
            case Stmt::Kind::Repeat:
                repeat(depth, module_.repeats[stmt.row]);
                break;
            case Stmt::Kind::Next:
            case Stmt::Kind::Done:
                line(depth, "{}{}{}", stmt.kind == Stmt::Kind::Next ? "next" : "done",
                     stmt.expr.has_value() ? " " : "",
                     stmt.expr.has_value() ? expr(stmt.expr) : "");
                break;
            case Stmt::Kind::SleepUntil:
                line(depth, "sleep until {}", expr(stmt.expr));
                break;
            case Stmt::Kind::Wait:
                wait(depth, module_.waits[stmt.row]);
                break;
            case Stmt::Kind::Review:
                review(depth, module_.reviews[stmt.row]);
                break;
            case Stmt::Kind::Lock: {
                const Lock& row = module_.locks[stmt.row];
                line(depth, "lock [{}] {} {}", row.path, expressions(row.keys),
                     deadline(row.deadline));
                if (row.else_block.has_value()) line(depth, "else");
                block(depth + 1, row.else_block);
                break;
            }
        }
    }

    void parallel(int depth, const Parallel& row) {
        std::string join;
        if (row.join == JoinRule::Ok) join = fmt::format(" {} ok", row.needed);
        if (row.join == JoinRule::Settle) join = " settle";
        std::string result;
        if (row.result.has_value()) {
            result = fmt::format(": {}", type(module_.locals[row.result].type));
        }
        line(depth, "parallel{} [{}]{}", join, row.path, result);
        for (const auto& branch : row.branches) {
            std::string gives;
            if (branch.result.has_value()) {
                gives = fmt::format(" {}: {}", name(branch.result),
                                    type(module_.locals[branch.result].type));
            }
            line(depth + 1, "branch{}", gives);
            block(depth + 2, branch.body);
        }
    }

    void repeat(int depth, const Repeat& row) {
        line(depth, "repeat [{}]: {} = {}: {} = {}, up to {} times", row.path,
             type(module_.locals[row.result].type), name(row.item),
             type(module_.locals[row.item].type), expr(row.initial), row.times);
        block(depth + 1, row.body);
        line(depth, "else");
        block(depth + 1, row.else_block);
    }

    std::string expressions(const std::vector<ExprId>& list) {
        std::string out;
        for (auto id : list) out += (out.empty() ? "" : ", ") + expr(id);
        return out;
    }

    std::string deadline(ExprId id) {
        const TypeId type_of = module_.exprs[id].type;
        bool is_time = type_of.has_value() &&
                       module_.types[module_.types.base(type_of)].kind == TypeKind::Time;
        return (is_time ? "until " : "within ") + expr(id);
    }

    void wait(int depth, const Wait& row) {
        line(depth, "wait [{}] {}{}", row.path, deadline(row.deadline),
             row.result.has_value() ? fmt::format(": {}", type(module_.locals[row.result].type))
                                    : "");
        for (const auto& arm : row.arms) {
            line(depth + 1, "on signal {} ({}: {})", arm.signal, name(arm.value),
                 type(module_.locals[arm.value].type));
            block(depth + 2, arm.body);
        }
        if (row.else_block.has_value()) line(depth, "else");
        block(depth + 1, row.else_block);
    }

    void review(int depth, const Review& row) {
        line(depth, "review {} [{}]: {} = {}{}", name(row.result), row.path,
             type(module_.locals[row.result].type), expressions(row.values), terms(row.terms));
    }

    std::string terms(const ReviewTerms& row) {
        std::string out;
        for (const auto& one : row.lines) {
            out += fmt::format("{} by {} {}", &one == row.lines.data() ? "" : ", overdue",
                               fmt::join(one.roles, ", "), deadline(one.deadline));
        }
        if (row.end == ReviewEnd::Approve) out += ", overdue approve";
        if (row.end == ReviewEnd::Reject) out += ", overdue reject";
        out += fmt::format(", {} needed", row.approvals_needed);
        if (!row.except.empty()) out += ", except " + expressions(row.except);
        if (row.form.has_value()) out += ", asking " + type(row.form);
        return out;
    }

    void policy(int depth, const Policy& p) {
        if (p.timeout_ms > 0) line(depth, "timeout {}", duration(p.timeout_ms));
        if (p.within_ms > 0) line(depth, "within {}", duration(p.within_ms));
        if (p.retries == 0) return;
        line(depth, "retry {} times{}{}, backoff {} to {}{}", p.retries,
             p.retry_on.empty() ? "" : " on ", fmt::join(p.retry_on, ", "),
             duration(p.backoff_first_ms), duration(p.backoff_cap_ms),
             p.then_hold ? " then hold" : "");
    }

    void step(int depth, const Step& row) {
        std::string call;
        if (row.worker.has_value() || row.workflow != kNoWorkflow) {
            if (row.worker.has_value()) {
                call = module_.workers[row.worker].row.name;
            } else {
                call = row.detached ? "run detached " : "run ";
                call += module_.workflows[row.workflow].name;
            }
            call += '(';
            for (std::size_t i = 0; i < row.args.size(); ++i) {
                if (i > 0) call += ", ";
                call += expr(row.args[i]);
            }
            call += ")";
        } else {
            call = "block";
        }
        line(depth, "step {} [{}]: {} = {}", name(row.result), row.path,
             type(module_.locals[row.result].type), call);
        if (row.when.has_value()) line(depth + 1, "when {}", expr(row.when));
        if (row.key.has_value()) line(depth + 1, "key {}", expr(row.key));
        if (row.cache.has_value()) {
            line(depth + 1, "cache {} by {}", duration(row.cache_ms), expr(row.cache));
        }
        if (row.until.has_value()) line(depth + 1, "until {}", expr(row.until));
        policy(depth + 1, row.policy);
        if (row.body.has_value()) {
            line(depth + 1, "do");
            block(depth + 2, row.body);
        }
        for (const auto& handler : row.handlers) {
            line(depth + 1, "on {}",
                 handler.errors.empty() ? "Error"
                                        : fmt::format("{}", fmt::join(handler.errors, ", ")));
            block(depth + 2, handler.body);
        }
        undo(depth + 1, row.undo);
    }

    void undo(int depth, const Undo& row) {
        if (row.kind == Undo::Kind::None) line(depth, "compensate none \"{}\"", row.reason);
        if (row.kind != Undo::Kind::Run) return;
        line(depth, "compensate{}", row.even_in_doubt ? " even in doubt" : "");
        block(depth + 1, row.body);
    }

    void gate(int depth, const Gate& row) {
        line(depth, "gate {} [{}]", row.name, row.path);
        for (const auto& requirement : row.requirements) {
            for (auto stmt : requirement.steps) statement(depth + 2, module_.stmts[stmt]);
            line(depth + 1, "require {}", expr(requirement.condition));
        }
        for (const auto& r : row.rungs) rung(depth + 1, r);
    }

    void rung(int depth, const Rung& r) {
        switch (r.kind) {
            case Rung::Kind::Retry: {
                std::string with;
                for (const auto& [local, value] : r.with) {
                    with += fmt::format(" with {} = {}", name(local), expr(value));
                }
                line(depth, "otherwise retry{}, up to {} times", with, r.times);
                break;
            }
            case Rung::Kind::Review: {
                std::vector<std::string> names;
                for (auto value : r.values) names.push_back(name(value));
                line(depth, "otherwise review {}{}", fmt::join(names, ", "), terms(r.terms));
                break;
            }
            case Rung::Kind::Fail:
                line(depth, "otherwise fail {}", expr(r.value));
                break;
            case Rung::Kind::Return:
                line(depth, "otherwise return {}", expr(r.value));
                break;
            case Rung::Kind::Accept:
                line(depth, "otherwise accept {}", expr(r.value));
                break;
            case Rung::Kind::Block:
                line(depth, "otherwise");
                block(depth + 1, r.body);
                break;
        }
    }

    const Module& module_;
    std::string out_;
};

}  // namespace

std::string print(const Module& module) {
    return Printer(module).all();
}

}  // namespace weft::ir
