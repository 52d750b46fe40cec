#include "compiler/compat/outline.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "compiler/ir/print.h"
#include "compiler/ir/walk.h"

namespace weft::compat {
namespace {

constexpr auto kUndoReason = "what a run did before is undone as the new program says";
constexpr auto kAdoptReason = "it counts from where a run comes to it next";

std::string policy_text(const Policy& p) {
    return fmt::format("{} {} {} {} {} {} {}", p.timeout_ms, p.within_ms, p.retries,
                       fmt::join(p.retry_on, ","), p.backoff_first_ms, p.backoff_cap_ms,
                       p.then_hold);
}

std::string limits_text(const std::vector<Constraint>& constraints) {
    std::string out;
    for (const auto& c : constraints) {
        out += fmt::format(" where {} {}..{} {}{}{}", static_cast<int>(c.kind),
                           c.min ? c.min->to_string() : "", c.max ? c.max->to_string() : "",
                           c.min_open, c.max_open, c.pattern);
    }
    return out;
}

class Outliner {
  public:
    Outliner(const ir::Module& module, const ir::Workflow& workflow, const Names& enums,
             const Names& recast)
        : module_(module), workflow_(workflow), enums_(enums), recast_(recast) {}

    std::vector<Construct> all() {
        const auto visit = [this](const ir::Stmt& stmt) { statement(stmt); };
        ir::for_each_statement(module_, workflow_.body, visit);
        hook("before step", workflow_.before_step);
        hook("after step", workflow_.after_step);
        hook("on retry", workflow_.on_retry);
        hook("on failure", workflow_.on_failure);
        hook("finally", workflow_.finally);
        return std::move(out_);
    }

  private:
    // With what the functions and prompts that it names are made of: a change there is one here.
    std::string expr(ir::ExprId id) const {
        if (!id.has_value()) return "";
        std::map<std::string, std::string> named;
        add_named(id, named);
        std::string out = ir::print_expr(module_, id);
        for (const auto& [name, text] : named) out += fmt::format(" where {} = {}", name, text);
        return out;
    }
    void add_named(ir::ExprId id, std::map<std::string, std::string>& out) const {
        const ir::Expr& e = module_.exprs[id];
        const auto add = [&](const std::string& name, const std::vector<ir::ExprId>& parts) {
            const auto [found, is_new] = out.try_emplace(name);
            for (const auto part : parts) {
                if (!is_new || !part.has_value()) continue;
                out[name] += ir::print_expr(module_, part);
                add_named(part, out);
            }
        };
        if (e.kind == ir::ExprKind::CallFn) {
            const auto& fn = module_.fns[ir::FnId{e.index}];
            if (!looks_at_recast(fn.body)) add(fn.name, {fn.body});
        }
        if (e.kind == ir::ExprKind::Prompt) {
            const auto& prompt = module_.prompts[ir::PromptId{e.index}];
            add(prompt.name, {prompt.system, prompt.user});
        }
        ir::for_each_operand(module_, e, [&](ir::ExprId part) { add_named(part, out); });
    }
    // What became of the cases of an enum is told of the enum: who matches on it changes with it.
    bool looks_at_recast(ir::ExprId id) const {
        const ir::Expr& e = module_.exprs[id];
        if (e.kind == ir::ExprKind::CaseIs) {
            const auto type = module_.types.base(module_.exprs[e.a].type);
            if (recast_.contains(module_.types[type].name)) return true;
        }
        bool found = false;
        ir::for_each_operand(module_, e,
                             [&](ir::ExprId part) { found = found || looks_at_recast(part); });
        return found;
    }
    std::string exprs(const std::vector<ir::ExprId>& ids) const {
        std::string out;
        for (const auto id : ids) out += expr(id) + ", ";
        return out;
    }

    // Those without a path go by their kind and number.
    Construct& add(const std::string& kind, const std::string& path, Span span) {
        std::string name = fmt::format("{} {}", kind, path);
        if (path.empty()) name = fmt::format("{} {}", kind, ++numbers_[kind]);
        out_.push_back(
            {.name = std::move(name), .span = span, .is_logged = true, .twin = {}, .parts = {}});
        return out_.back();
    }

    static void adopts(Construct& out, std::string what, std::string text,
                       std::string name = "policy-changed") {
        out.parts.push_back(
            {std::move(what), std::move(text), Class::Adopts, std::move(name), kAdoptReason});
    }
    static void migrates(Construct& out, std::string what, std::string text, std::string reason) {
        out.parts.push_back({std::move(what), std::move(text), Class::Migrates,
                             "breaking-in-flight", std::move(reason)});
    }

    void statement(const ir::Stmt& stmt) {
        using Kind = ir::Stmt::Kind;
        switch (stmt.kind) {
            case Kind::Let:
                pure("let", module_.locals[stmt.local].name, stmt, "its value");
                break;
            case Kind::Step:
                step(module_.steps[stmt.row]);
                break;
            case Kind::Each:
                each(module_.eaches[stmt.row]);
                break;
            case Kind::If:
                pure_if(stmt);
                break;
            case Kind::Gate:
                gate(module_.gates[stmt.row]);
                break;
            case Kind::Parallel:
                parallel(module_.parallels[stmt.row]);
                break;
            case Kind::Repeat:
                repeat(module_.repeats[stmt.row]);
                break;
            case Kind::Wait:
                wait(module_.waits[stmt.row]);
                break;
            case Kind::Review:
                review(module_.reviews[stmt.row]);
                break;
            case Kind::Lock:
                lock(module_.locks[stmt.row]);
                break;
            case Kind::Emit: {
                auto& out = add("event", stmt.name, stmt.span);
                migrates(out, "its value", expr(stmt.expr),
                         "a run that has come by here told another value");
                break;
            }
            case Kind::Sleep:
            case Kind::SleepUntil:
                adopts(add("sleep", "", stmt.span), "its time", expr(stmt.expr), "flow-changed");
                break;
            case Kind::Return:
                pure("return", "", stmt, "its value");
                break;
            case Kind::Fail:
                pure("fail", "", stmt, "its error");
                break;
            case Kind::Next:
            case Kind::Done:
                pure(stmt.kind == Kind::Next ? "next" : "done", "", stmt, "its value");
                break;
        }
    }

    // A run leaves no record of them: whether it took another way, its later records say.
    void pure(const std::string& kind, const std::string& name, const ir::Stmt& stmt,
              std::string what) {
        auto& out = add(kind, name.empty() ? "" : name, stmt.span);
        out.is_logged = false;
        adopts(out, std::move(what), expr(stmt.expr), "flow-changed");
    }
    void pure_if(const ir::Stmt& stmt) {
        const auto& row = module_.ifs[stmt.row];
        auto& out = add("if", "", row.span);
        out.is_logged = false;
        adopts(out, "its condition", expr(row.condition), "flow-changed");
    }

    void step(const ir::Step& row) {
        auto& out = add(row.workflow != ir::kNoWorkflow ? "run" : "step", row.path, row.name_span);
        if (!out.span.file.has_value()) out.span = row.span;
        out.is_logged = !row.body.has_value();
        std::string worker;
        if (row.worker.has_value()) {
            const auto& called = module_.workers[row.worker].row;
            worker = called.was.empty() ? called.name : called.was;
        } else if (row.workflow != ir::kNoWorkflow) {
            worker = module_.workflows[row.workflow].name + (row.detached ? " detached" : "");
        }
        const auto arguments = exprs(row.args);
        if (out.is_logged) out.twin = worker + "(" + arguments + ")";
        migrates(out, row.worker.has_value() ? "its worker" : "what it runs", worker,
                 "a run that has called it called another one");
        migrates(out, "its arguments", arguments,
                 "a run that has called it handed over other values");
        migrates(out, "the type of its result",
                 row.worker.has_value() ? shape(module_.types, row.result_type, enums_) : "",
                 "what it gave in a run in flight may be no value of the new type");
        adopts(out, "its condition", expr(row.when), "flow-changed");
        adopts(out, "its times and retries", policy_text(row.policy) + expr(row.until));
        adopts(out, "its key", expr(row.key));
        adopts(out, "its cache", expr(row.cache) + std::to_string(row.cache_ms));
        std::string handlers;
        for (const auto& handler : row.handlers) {
            handlers += fmt::format("{}; ", fmt::join(handler.errors, ","));
        }
        adopts(out, "the errors that it takes", handlers, "flow-changed");
        undo(out, row.undo);
        // What undoes is not done yet, in a run that goes on.
        out.is_undo = row.path.ends_with(".undo") || row.path.find(".undo.") != std::string::npos;
        if (!out.is_undo) return;
        for (auto& part : out.parts) {
            part.cls = Class::Adopts;
            part.name = "compensation-changed-in-flight";
            part.reason = kUndoReason;
        }
    }

    void undo(Construct& out, const ir::Undo& row) {
        std::string text = fmt::format("{} {}", static_cast<int>(row.kind), row.even_in_doubt);
        out.parts.push_back({"how it is undone", std::move(text), Class::Adopts,
                             "compensation-changed-in-flight", kUndoReason});
    }

    void each(const ir::Each& row) {
        auto& out = add("each", row.path, row.span);
        migrates(out, "its list", expr(row.list),
                 "a run that has come by here may have other branches");
        adopts(out, "how many run at once", std::to_string(row.limit));
        adopts(out, "how many errors it collects",
               row.collects ? std::to_string(row.errors_max) : "none", "flow-changed");
        undo(out, row.undo);
    }

    void parallel(const ir::Parallel& row) {
        auto& out = add("parallel", row.path, row.span);
        std::string branches;
        for (const auto& branch : row.branches) branches += branch.path + ", ";
        migrates(out, "its branches", branches, "a run that has come by here has other branches");
        adopts(out, "what it waits for",
               fmt::format("{} {}", static_cast<int>(row.join), row.needed), "flow-changed");
    }

    void repeat(const ir::Repeat& row) {
        auto& out = add("repeat", row.path, row.span);
        out.is_logged = false;
        adopts(out, "where it begins", expr(row.initial), "flow-changed");
        adopts(out, "how often it passes", std::to_string(row.times), "flow-changed");
    }

    void gate(const ir::Gate& row) {
        auto& out = add("gate", row.path, row.span);
        std::string requirements;
        for (const auto& requirement : row.requirements) {
            requirements += requirement.text + " " + expr(requirement.condition) + "; ";
        }
        std::string rungs;
        for (const auto& rung : row.rungs) rungs += rung.text + "; ";
        for (auto [what, text] :
             {std::pair("what it requires", &requirements), std::pair("its ladder", &rungs)}) {
            out.parts.push_back({what, *text, Class::Adopts, "gate-changed",
                                 "a run that it would have decided otherwise does not go on"});
        }
    }

    std::string terms_text(const ir::ReviewTerms& row) const {
        std::string out;
        for (const auto& line : row.lines) {
            out += fmt::format("{} {}; ", fmt::join(line.roles, ","), expr(line.deadline));
        }
        return out + fmt::format("{} {} {}", static_cast<int>(row.end), row.approvals_needed,
                                 exprs(row.except));
    }

    void review(const ir::Review& row) {
        auto& out = add("review", row.path, row.span);
        migrates(out, "what it shows", exprs(row.values), "people have decided on something else");
        migrates(out, "the form that it asks for",
                 row.terms.form.has_value() ? shape(module_.types, row.terms.form, enums_) : "",
                 "what people have filled in may not fit");
        adopts(out, "who decides, and until when", terms_text(row.terms), "review-changed");
    }

    void wait(const ir::Wait& row) {
        auto& out = add("wait", row.path, row.span);
        std::string signals;
        for (const auto& arm : row.arms) {
            const auto& signal = workflow_.signals[arm.signal];
            signals += (signal.was.empty() ? signal.name : signal.was) + ", ";
        }
        adopts(out, "the signals that it waits for", signals, "flow-changed");
        adopts(out, "its time", expr(row.deadline));
    }

    void lock(const ir::Lock& row) {
        auto& out = add("lock", row.path, row.span);
        migrates(out, "its keys", exprs(row.keys), "a run that has come by here holds others");
        adopts(out, "its time", expr(row.deadline));
    }

    void hook(const std::string& name, const ir::Hook& row) {
        if (!row.body.has_value()) return;
        auto& out = add("hook", name,
                        module_.blocks[row.body].stmts.empty()
                            ? Span{}
                            : module_.stmts[module_.blocks[row.body].stmts[0]].span);
        out.is_logged = false;
        const auto visit = [this](const ir::Stmt& stmt) { statement(stmt); };
        ir::for_each_statement(module_, row.body, visit);
    }

    const ir::Module& module_;
    const ir::Workflow& workflow_;
    const Names& enums_;
    const Names& recast_;
    std::map<std::string, int> numbers_;
    std::vector<Construct> out_;
};

}  // namespace

std::string shape(const TypeTable& types, TypeId id, const Names& enums) {
    if (!id.has_value()) return "nothing";
    const auto& type = types[id];
    if (type.kind == TypeKind::Enum && enums.contains(type.name)) return "enum " + type.name;
    std::string out =
        fmt::format("{}{}{}", static_cast<int>(type.kind), type.currency, type.open ? " open" : "");
    if (type.kind == TypeKind::Labelled) out += std::to_string(static_cast<int>(type.label));
    const auto fields = [&](const std::vector<FieldType>& list) {
        std::string text = "(";
        for (const auto& field : list) {
            text += field.json_name + ":" + shape(types, field.type, enums) + ",";
        }
        return text + ")";
    };
    if (type.element.has_value()) out += "<" + shape(types, type.element, enums) + ">";
    out += fields(type.fields) + limits_text(type.constraints);
    for (const auto& one : type.cases) out += "|" + one.name + fields(one.fields);
    return out;
}

std::string difference(const TypeTable& before, TypeId old, const TypeTable& after, TypeId now,
                       const Names& enums) {
    const auto& a = before[old];
    const auto& b = after[now];
    if (before.text(old) != after.text(now)) {
        return fmt::format("it is a {} and was a {}", after.text(now), before.text(old));
    }
    for (const auto& field : a.fields) {
        const auto found = std::ranges::find(b.fields, field.json_name, &FieldType::json_name);
        if (found == b.fields.end()) {
            return fmt::format("its field `{}` is not there any more", field.name);
        }
        if (shape(before, field.type, enums) == shape(after, found->type, enums)) continue;
        return before.text(field.type) == after.text(found->type)
                   ? fmt::format("its field `{}` takes other values", field.name)
                   : fmt::format("its field `{}` is a {} and was a {}", field.name,
                                 after.text(found->type), before.text(field.type));
    }
    for (const auto& field : b.fields) {
        if (std::ranges::find(a.fields, field.json_name, &FieldType::json_name) == a.fields.end()) {
            return fmt::format("its field `{}` is new", field.name);
        }
    }
    return "it takes other values";
}

std::vector<Construct> outline(const ir::Module& module, const ir::Workflow& workflow,
                               const Names& enums, const Names& recast) {
    return Outliner(module, workflow, enums, recast).all();
}

}  // namespace weft::compat
