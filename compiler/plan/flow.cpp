#include "compiler/plan/flow.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/ir/walk.h"
#include "compiler/plan/words.h"

namespace weft::plan {
namespace {

constexpr std::size_t kExpressionMax = 90;

std::string_view last_part(std::string_view path) {
    return path.substr(path.rfind('.') + 1);
}

class FlowMaker {
  public:
    explicit FlowMaker(const ir::Module& module) : module_(module) {}

    std::vector<Node> block(ir::BlockId id) const {
        std::vector<Node> out;
        if (!id.has_value()) return out;
        for (const auto stmt : module_.blocks[id].stmts) statement(module_.stmts[stmt], out);
        return out;
    }

    // As written, on one line.
    std::string source(ir::ExprId id) const {
        if (!id.has_value()) return "";
        const auto& expr = module_.exprs[id];
        if (expr.kind == ir::ExprKind::Literal && expr.value.tag() == Tag::Duration) {
            return duration(expr.value.as_int());
        }
        if (expr.kind == ir::ExprKind::Literal && expr.value.tag() == Tag::Text) {
            return shortened(expr.value.as_text(), kExpressionMax);
        }
        if (!expr.span.file.has_value()) return "";
        // Its span is the field's name alone.
        if (expr.kind == ir::ExprKind::Field && expr.a.has_value()) {
            const auto of = module_.sources.text(module_.exprs[expr.a].span);
            const auto field = module_.sources.text(expr.span);
            if (field.find('.') == std::string_view::npos && !of.empty()) {
                return shortened(phrase(fmt::format("{}.{}", of, field)), kExpressionMax);
            }
        }
        return shortened(phrase(module_.sources.text(expr.span)), kExpressionMax);
    }

  private:
    const std::string& name(ir::LocalId id) const { return module_.locals[id].name; }

    void statement(const ir::Stmt& stmt, std::vector<Node>& out) const {
        using K = ir::Stmt::Kind;
        switch (stmt.kind) {
            case K::Let:
                return;
            case K::Step:
                out.push_back(step(module_.steps[stmt.row]));
                return;
            case K::Each:
                out.push_back(each(module_.eaches[stmt.row]));
                return;
            case K::If:
                if (auto node = choice(module_.ifs[stmt.row])) out.push_back(std::move(*node));
                return;
            case K::Gate:
                out.push_back(gate(module_.gates[stmt.row]));
                return;
            case K::Return:
                out.push_back(end(Kind::Return, stmt.expr.has_value()
                                                    ? "End, with " + source(stmt.expr)
                                                    : std::string("End")));
                return;
            case K::Fail:
                out.push_back(end(Kind::Fail, "Ends as failed: " + failure(stmt.expr)));
                return;
            case K::Emit:
                out.push_back(end(Kind::Event, "Tells: " + words(stmt.name)));
                return;
            case K::Sleep:
                out.push_back(end(Kind::Pause, "Waits " + source(stmt.expr)));
                return;
            case K::SleepUntil:
                out.push_back(end(Kind::Pause, "Waits until " + source(stmt.expr)));
                return;
            case K::Parallel:
                out.push_back(parallel(module_.parallels[stmt.row]));
                return;
            case K::Repeat:
                out.push_back(repeat(module_.repeats[stmt.row]));
                return;
            case K::Next:
                out.push_back(end(Kind::Event, "Once more, with " + source(stmt.expr)));
                return;
            case K::Done:
                out.push_back(end(Kind::Event, stmt.expr.has_value()
                                                   ? "Done, with " + source(stmt.expr)
                                                   : std::string("Done")));
                return;
            case K::Wait:
                out.push_back(wait(module_.waits[stmt.row]));
                return;
            case K::Review:
                out.push_back(review(module_.reviews[stmt.row]));
                return;
            case K::Lock:
                out.push_back(lock(module_.locks[stmt.row]));
                return;
        }
    }

    static Node end(Kind kind, std::string text) {
        Node out;
        out.kind = kind;
        out.title = std::move(text);
        return out;
    }

    // The text of `fail "…"`, the name of `fail Name(…)`.
    std::string failure(ir::ExprId id) const {
        std::string_view text = module_.sources.text(module_.exprs[id].span);
        if (text.starts_with("fail ")) text.remove_prefix(5);
        auto out = phrase(text);
        if (out.starts_with('"') && out.ends_with('"') && out.size() > 1) {
            out = out.substr(1, out.size() - 2);
        }
        return shortened(out, kExpressionMax);
    }

    static void policy(const Policy& row, std::vector<std::string>& notes) {
        if (row.within_ms > 0) notes.push_back("within " + duration(row.within_ms) + " in all");
        if (row.retries > 0) {
            notes.push_back(fmt::format("tried again up to {} time{}{}", row.retries,
                                        row.retries == 1 ? "" : "s",
                                        row.then_hold ? ", then waits for a person" : ""));
        }
    }

    Node step(const ir::Step& row) const {
        Node out;
        // The path of a renamed step has its former name.
        const auto written = row.name_span.file.has_value()
                                 ? std::string(module_.sources.text(row.name_span))
                                 : std::string();
        out.title = title(last_part(written.empty() ? row.path : written));
        if (row.worker.has_value()) {
            const auto& worker = module_.workers[row.worker].row;
            const auto full = worker.name;
            const auto dot = full.rfind('.');
            out.notes.push_back(dot == std::string::npos ? words(full)
                                                         : words(full.substr(0, dot)) + ": " +
                                                               words(full.substr(dot + 1)));
            out.is_irreversible = worker.irreversible;
        } else if (row.workflow != ir::kNoWorkflow) {
            out.notes.push_back(fmt::format("a process of its own: {}{}",
                                            words(module_.workflows[row.workflow].name),
                                            row.detached ? ", which goes on by itself" : ""));
        } else {
            out.kind = Kind::Group;
            out.body = block(row.body);
        }
        if (row.when.has_value()) out.notes.push_back("only if " + source(row.when));
        if (row.until.has_value()) out.notes.push_back("until " + source(row.until));
        policy(row.policy, out.notes);
        if (row.cache.has_value()) {
            out.notes.push_back("an answer of the last " + duration(row.cache_ms) + " will do");
        }
        out.undo = undo(row.undo, out.is_irreversible);
        for (const auto& handler : row.handlers) {
            std::vector<std::string> errors;
            for (const auto& error : handler.errors)
                errors.push_back("“" + type_words(last_part(error)) + "”");
            out.lanes.push_back(
                {errors.empty() ? "if it fails" : "if it fails as " + listed(errors, "or"),
                 block(handler.body)});
        }
        return out;
    }

    std::string undo(const ir::Undo& row, bool is_irreversible) const {
        if (row.kind == ir::Undo::Kind::None) return "stays when all is undone: " + row.reason;
        if (row.kind == ir::Undo::Kind::Missing) {
            return is_irreversible ? "can't be undone" : "";
        }
        std::vector<std::string> done;
        const auto note = [&](const ir::Stmt& stmt) {
            if (stmt.kind != ir::Stmt::Kind::Step) return;
            const auto& step = module_.steps[stmt.row];
            if (!step.worker.has_value()) return;
            const auto& full = module_.workers[step.worker].row.name;
            const auto dot = full.rfind('.');
            done.push_back(dot == std::string::npos
                               ? words(full)
                               : words(full.substr(0, dot)) + ": " + words(full.substr(dot + 1)));
        };
        ir::for_each_statement(module_, row.body, note);
        return done.empty() ? "" : "undone by " + listed(done);
    }

    Node each(const ir::Each& row) const {
        Node out;
        out.kind = Kind::Each;
        out.title = fmt::format("For each {} of {}", words(name(row.item)), source(row.list));
        if (row.limit > 1) out.notes.push_back(fmt::format("{} at once", row.limit));
        if (row.collects) {
            out.notes.push_back(
                fmt::format("up to {} may fail without stopping the others", row.errors_max));
        }
        out.undo = undo(row.undo, false);
        out.body = block(row.body);
        return out;
    }

    Node parallel(const ir::Parallel& row) const {
        Node out;
        out.kind = Kind::Parallel;
        out.title = "At the same time";
        if (row.join == JoinRule::Ok) {
            out.notes.push_back(
                row.needed == 1
                    ? std::string("the first that succeeds counts, the others stop")
                    : fmt::format("until {} have succeeded, the others stop", row.needed));
        }
        if (row.join == JoinRule::Settle) {
            out.notes.emplace_back("each to its end, whatever becomes of the others");
        }
        for (const auto& branch : row.branches) out.lanes.push_back({"", block(branch.body)});
        return out;
    }

    Node repeat(const ir::Repeat& row) const {
        Node out;
        out.kind = Kind::Repeat;
        out.title = fmt::format("Up to {} time{}", row.times, row.times == 1 ? "" : "s");
        out.body = block(row.body);
        auto otherwise = block(row.else_block);
        if (!otherwise.empty()) {
            out.lanes.push_back({fmt::format("after {} times", row.times), std::move(otherwise)});
        }
        return out;
    }

    // A choice between ways without anything on them is none to people.
    std::optional<Node> choice(const ir::If& row) const {
        Node out;
        out.kind = Kind::Choice;
        out.title = source(row.condition) + "?";
        auto yes = block(row.then_block);
        auto no = block(row.else_block);
        if (yes.empty() && no.empty()) return std::nullopt;
        out.lanes.push_back({"yes", std::move(yes)});
        out.lanes.push_back({"no", std::move(no)});
        return out;
    }

    std::string deadline(ir::ExprId id) const {
        if (!id.has_value()) return "";
        const auto type = module_.exprs[id].type;
        const bool is_time =
            type.has_value() && module_.types[module_.types.base(type)].kind == TypeKind::Time;
        return (is_time ? "until " : "within ") + source(id);
    }

    // "asks editor, within 1 day"
    std::vector<std::string> people(const ir::ReviewTerms& terms) const {
        std::vector<std::string> out;
        for (std::size_t i = 0; i < terms.lines.size(); ++i) {
            out.push_back(fmt::format("{}{}, {}", i == 0 ? "decided by " : "then by ",
                                      listed(terms.lines[i].roles, "or"),
                                      deadline(terms.lines[i].deadline)));
        }
        if (terms.end == ReviewEnd::Approve) out.emplace_back("silence approves");
        if (terms.end == ReviewEnd::Reject) out.emplace_back("silence rejects");
        if (terms.approvals_needed > 1) {
            out.push_back(fmt::format("{} people must approve", terms.approvals_needed));
        }
        for (const auto person : terms.except) out.push_back("not by " + source(person));
        if (terms.form.has_value()) {
            out.push_back("fills in a form: " + module_.types.text(terms.form));
        }
        return out;
    }

    Node gate(const ir::Gate& row) const {
        Node out;
        out.kind = Kind::Decision;
        out.title = title(row.name) + "?";
        for (const auto& requirement : row.requirements) {
            out.notes.push_back(shortened(phrase(requirement.text), kExpressionMax));
        }
        for (const auto& rung : row.rungs) {
            if (rung.kind == ir::Rung::Kind::Block) {
                out.lanes.push_back(
                    {out.steps_of_ladder.empty() ? "if not" : "if still not", block(rung.body)});
            } else {
                out.steps_of_ladder.push_back(rung_text(rung));
            }
        }
        return out;
    }

    std::string rung_text(const ir::Rung& rung) const {
        switch (rung.kind) {
            case ir::Rung::Kind::Retry: {
                std::vector<std::string> with;
                for (const auto& [local, value] : rung.with) {
                    with.push_back(words(name(local)) + " " + source(value));
                }
                return fmt::format("do it again from “{}”{}, up to {} time{}", from_of(rung),
                                   with.empty() ? "" : " with " + listed(with), rung.times,
                                   rung.times == 1 ? "" : "s");
            }
            case ir::Rung::Kind::Review: {
                std::vector<std::string> shown;
                for (const auto value : rung.values) shown.push_back(words(name(value)));
                return fmt::format("people review {}: {}", listed(shown),
                                   fmt::join(people(rung.terms), "; "));
            }
            case ir::Rung::Kind::Fail:
                return "ends as failed: " + failure(rung.value);
            case ir::Rung::Kind::Return:
                return "ends, with " + source(rung.value);
            case ir::Rung::Kind::Accept:
                return "accepted all the same: " + source(rung.value);
            case ir::Rung::Kind::Block:
                break;  // a lane of its own
        }
        return "";
    }

    std::string from_of(const ir::Rung& rung) const {
        if (!rung.from.has_value()) return "the start";
        const auto& stmt = module_.stmts[rung.from];
        if (stmt.kind == ir::Stmt::Kind::Step)
            return words(last_part(module_.steps[stmt.row].path));
        if (stmt.kind == ir::Stmt::Kind::Each)
            return words(last_part(module_.eaches[stmt.row].path));
        return "that step";
    }

    Node review(const ir::Review& row) const {
        Node out;
        out.kind = Kind::Review;
        std::vector<std::string> shown;
        for (const auto& one : row.names) shown.push_back(words(one));
        out.title = "People review " + listed(shown);
        out.notes = people(row.terms);
        return out;
    }

    Node wait(const ir::Wait& row) const {
        Node out;
        out.kind = Kind::Wait;
        std::vector<std::string> signals;
        for (const auto& arm : row.arms) signals.push_back("“" + words(signal(arm)) + "”");
        out.title = "Waits for " + listed(signals, "or");
        out.notes.push_back(deadline(row.deadline));
        for (const auto& arm : row.arms) {
            auto nodes = block(arm.body);
            if (!nodes.empty()) {
                out.lanes.push_back({"when “" + words(signal(arm)) + "” comes", std::move(nodes)});
            }
        }
        auto otherwise = block(row.else_block);
        if (!otherwise.empty()) out.lanes.push_back({"when the time is up", std::move(otherwise)});
        return out;
    }
    std::string signal(const ir::WaitArm& arm) const {
        return workflow_ == nullptr ? "" : workflow_->signals[arm.signal].name;
    }

    Node lock(const ir::Lock& row) const {
        Node out;
        out.kind = Kind::Lock;
        std::vector<std::string> keys;
        for (const auto key : row.keys) keys.push_back(source(key));
        out.title = "Alone on " + listed(keys);
        out.notes.push_back("waits for its turn " + deadline(row.deadline));
        auto otherwise = block(row.else_block);
        if (!otherwise.empty()) out.lanes.push_back({"when the time is up", std::move(otherwise)});
        return out;
    }

    const ir::Module& module_;

  public:
    const ir::Workflow* workflow_ = nullptr;
};

bool any_undo(const std::vector<Node>& nodes) {
    return std::ranges::any_of(nodes, [](const Node& node) {
        const bool lane =
            std::ranges::any_of(node.lanes, [](const Lane& one) { return any_undo(one.nodes); });
        return node.undo.starts_with("undone") || lane || any_undo(node.body);
    });
}

// It, or a step in it, can't be undone.
bool may_be_irreversible(const Node& node) {
    return node.is_irreversible || std::ranges::any_of(node.body, may_be_irreversible) ||
           std::ranges::any_of(node.lanes, [](const Lane& lane) {
               return std::ranges::any_of(lane.nodes, may_be_irreversible);
           });
}

Node group(std::string title, std::vector<Node> body) {
    Node out;
    out.kind = Kind::Group;
    out.title = std::move(title);
    out.body = std::move(body);
    return out;
}

}  // namespace

Flow flow_of(const ir::Module& module, const ir::Workflow& workflow) {
    FlowMaker maker(module);
    maker.workflow_ = &workflow;
    Flow out;
    out.name = title(workflow.name);
    out.doc = workflow.doc;
    std::vector<std::string> given;
    for (const auto& parameter : workflow.parameters) {
        given.push_back(words(module.locals[parameter.local].name));
    }
    if (!given.empty()) out.facts.push_back("needs " + listed(given));
    if (workflow.within_ms > 0) out.facts.push_back("over within " + duration(workflow.within_ms));
    if (workflow.has_budget) {
        auto amount = fmt::format("{}.{:06}", workflow.budget_micros / 1'000'000,
                                  workflow.budget_micros % 1'000'000);
        while (amount.ends_with('0') && amount[amount.size() - 3] != '.') amount.pop_back();
        out.facts.push_back(fmt::format("may spend {} {}", amount, workflow.budget_currency));
    }
    if (workflow.retain_ms > 0) out.facts.push_back("kept for " + duration(workflow.retain_ms));
    out.nodes = maker.block(workflow.body);
    if (any_undo(out.nodes)) {
        out.on_failure.emplace_back(
            "When something fails, what was done is undone, the last first.");
    }
    if (const auto first = std::ranges::find_if(out.nodes, may_be_irreversible);
        first != out.nodes.end()) {
        // A step in a branch is not on every path: then none is the one.
        const auto from = first->is_irreversible
                              ? fmt::format("From “{}” on", first->title)
                              : std::string("Once something is done that can't be undone,");
        out.on_failure.push_back(
            fmt::format("{} nothing is undone: what fails then waits for a person.", from));
    }
    if (workflow.on_failure.body.has_value()) {
        out.afterwards.push_back(group("After a failure", maker.block(workflow.on_failure.body)));
    }
    if (workflow.finally.body.has_value()) {
        out.afterwards.push_back(
            group("At the end, in any case", maker.block(workflow.finally.body)));
    }
    return out;
}

}  // namespace weft::plan
