// parallel: steps side by side. A line that names another waits for it, wherever the two stand, so
// the lines are checked in the order in which they can run; what they give is in that of the
// source.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/choices.h"
#include "compiler/check/constants.h"
#include "compiler/check/flow.h"
#include "compiler/check/outcomes.h"
#include "compiler/check/statements.h"

namespace weft::check {

namespace {

struct Line {
    ast::Statement node;
    std::string name;                // empty: nothing can name it
    std::vector<std::size_t> needs;  // lines that it names
    bool is_let = false;
    bool is_done = false;             // checked
    std::vector<ir::StmtId> stmts{};  // of a let
    ir::BlockId block{};              // of a branch
    ir::LocalId value{};
};

// What can run beside other lines. The rest decides, waits for the whole run or ends it.
bool can_be_branch(NodeKind kind) {
    switch (kind) {
        case NodeKind::Step:
        case NodeKind::Each:
        case NodeKind::Parallel:
        case NodeKind::Repeat:
        case NodeKind::If:
        case NodeKind::IfLet:
        case NodeKind::Match:
        case NodeKind::Review:
        case NodeKind::Wait:
        case NodeKind::Run:
        case NodeKind::Sleep:
        case NodeKind::Emit:
            return true;
        default:
            return false;
    }
}

class ParallelBranches {
  public:
    ParallelBranches(Body& body, ast::Parallel node)
        : body_(body), context_(body.context), node_(node) {
        row_.path = body.path;
        row_.span = node.span();
        row_.join = node.first_ok() || node.count_ok() ? JoinRule::Ok
                    : node.settle()                    ? JoinRule::Settle
                                                       : JoinRule::All;
        row_.gives_one = node.first_ok();
    }

    StatementResult check() {
        std::size_t mark = body_.mark();
        read_lines();
        find_needs();
        bool in_parallel = std::exchange(body_.in_parallel, true);
        RepeatFrame* repeat = std::exchange(body_.repeat, nullptr);
        check_lines_in_order();
        ir::ExprId tail;
        if (tail_ && row_.join == JoinRule::All) tail = check_tail();
        body_.repeat = repeat;
        body_.in_parallel = in_parallel;
        make_rows();
        check_count();
        body_.leave(mark);
        return finish(tail);
    }

  private:
    void read_lines() {
        auto statements = node_.block().statements();
        for (std::size_t i = 0; i < statements.size(); ++i) {
            Line line{statements[i], {}, {}};
            if (auto let = statements[i].as<ast::Let>()) {
                line.name = let.name().text();
                line.is_let = true;
            } else if (auto step = statements[i].as<ast::Step>()) {
                line.name = name_of(step).text;
            } else if (statements[i].kind() == NodeKind::ExprStmt && i + 1 == statements.size() &&
                       row_.join != JoinRule::Ok) {
                tail_ = statements[i].as<ast::ExprStmt>();
                continue;
            } else if (!can_be_branch(statements[i].kind())) {
                refuse(statements[i]);
                continue;
            }
            lines_.push_back(std::move(line));
        }
    }

    void refuse(ast::Statement statement) {
        const std::string what = statement.kind() == NodeKind::ExprStmt
                                     ? "an expression"
                                     : fmt::format("`{}`", label(statement.kind()));
        auto& d = context_.report(DiagnosticCode::MisplacedStatement, statement.span(),
                                  what + " is nothing that runs beside other steps");
        d.help = "put it into a block of its own, `step name { … }`, or behind the parallel";
    }

    // Names in the text of a line that are names of other lines. What is called is no value.
    void find_needs() {
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            ast::View line = lines_[i].node;
            ast::View called;
            for (std::uint32_t at = 0; at < line.node().subtree; ++at) {
                ast::View part(line.tree(), NodeId{line.id().index + at});
                if (auto call = part.as<ast::Call>()) called = call.callee().bare();
                if (part.as<ast::NameRef>() && part != called) need(i, part.text());
            }
        }
    }

    void need(std::size_t line, std::string_view name) {
        auto& needs = lines_[line].needs;
        for (std::size_t other = 0; other < lines_.size(); ++other) {
            if (other == line || lines_[other].name != name) continue;
            if (std::ranges::find(needs, other) == needs.end()) needs.push_back(other);
        }
    }

    void check_lines_in_order() {
        for (bool again = true; again;) {
            again = false;
            for (auto& line : lines_) {
                if (line.is_done || !can_be_checked(line)) continue;
                check_line(line);
                line.is_done = again = true;
                break;
            }
        }
        auto stuck = std::ranges::find(lines_, false, &Line::is_done);
        if (stuck != lines_.end()) report_cycle(*stuck);
        for (auto& line : lines_) {
            if (!line.is_done && !line.name.empty()) {
                line.value = body_.declare(line.name, {}, line.node.span());
                context_.use_local(line.value);
            }
        }
    }

    [[nodiscard]] bool can_be_checked(const Line& line) const {
        return std::ranges::all_of(line.needs, [&](std::size_t i) { return lines_[i].is_done; });
    }

    void report_cycle(const Line& first) {
        // Each step that can't run names another one: following them ends in a circle.
        std::vector<const Line*> path{&first};
        std::size_t start = 0;
        for (;;) {
            const auto& needs = path.back()->needs;
            auto next =
                std::ranges::find_if(needs, [&](std::size_t i) { return !lines_[i].is_done; });
            const Line* line = &lines_[*next];
            auto seen = std::ranges::find(path, line);
            if (seen != path.end()) {
                start = static_cast<std::size_t>(seen - path.begin());
                break;
            }
            path.push_back(line);
        }
        std::vector<std::string> names;
        for (std::size_t i = start; i < path.size(); ++i) names.push_back(path[i]->name);
        context_.report(DiagnosticCode::DependencyCycle, path[start]->node.span(),
                        fmt::format("`{}` wait for each other", fmt::join(names, "`, `")));
    }

    void check_line(Line& line) {
        OpenBlock open;
        if (!line.is_let) add_lets(line, open.stmts);
        OpenBlock* around = std::exchange(body_.block, &open);
        auto cleared = body_.cleared;
        StatementResult inner = check_statement(body_, line.node, true);
        body_.cleared = std::move(cleared);
        body_.block = around;
        if (line.is_let) {
            line.stmts = std::move(open.stmts);
            return;
        }
        ir::Block block;
        block.leaves = inner.leaves;
        if (!inner.leaves) block.value = inner.value;
        block.type = block.value.has_value() ? type_of(context_, block.value)
                     : inner.leaves          ? context_.common.bottom
                                             : context_.common.none;
        block.stmts = std::move(open.stmts);
        line.block = context_.module.blocks.add(std::move(block));
        if (line.name.empty()) return;
        if (const LocalName* name = body_.find(line.name)) line.value = name->local;
    }

    // The lets that a line reads stand in its own branch: they are pure.
    void add_lets(const Line& line, std::vector<ir::StmtId>& stmts) {
        for (std::size_t i : line.needs) {
            if (lines_[i].is_let) add_let(lines_[i], stmts);
        }
    }

    void add_let(const Line& let, std::vector<ir::StmtId>& stmts) {
        add_lets(let, stmts);
        for (auto stmt : let.stmts) {
            if (std::ranges::find(stmts, stmt) == stmts.end()) stmts.push_back(stmt);
        }
    }

    ir::ExprId check_tail() {
        for (const auto& line : lines_) {
            if (line.is_let && line.is_done) add_let(line, tail_lets_);
        }
        return check_expr(body_, tail_.value());
    }

    void make_rows() {
        for (auto& line : lines_) {
            if (line.is_let || !line.block.has_value()) continue;
            ir::ParallelBranch branch;
            branch.path = line.name.empty()
                              ? fmt::format("{}.{}", row_.path, label(line.node.kind()))
                              : fmt::format("{}.{}", row_.path, line.name);
            branch.body = line.block;
            branch.value = line.value;
            branches_.push_back(&line);
            row_.branches.push_back(std::move(branch));
        }
    }

    void check_count() {
        auto count = row_.branches.size();
        if (row_.join == JoinRule::Ok) {
            std::int64_t needed = 1;
            if (node_.count_ok()) {
                needed = constant_int(body_, node_.count_ok(), "the number of branches", 1, 10'000)
                             .value_or(1);
            }
            row_.needed = static_cast<std::uint32_t>(needed);
            if (row_.needed > count) {
                Span span = node_.count_ok() ? node_.count_ok().span() : node_.span();
                context_.report(DiagnosticCode::JoinCannotBeMet, span,
                                fmt::format("{} branches must be done, and there {}", row_.needed,
                                            count == 1 ? "is one" : fmt::format("are {}", count)));
                row_.needed = static_cast<std::uint32_t>(count);
            }
            if (row_.needed < count) check_race();
        }
        bool is_whole = !context_.diagnostics.has_errors();
        if (is_whole && count <= 1 && row_.join != JoinRule::Settle) {
            context_.report(DiagnosticCode::SingleBranchParallel, node_.span(),
                            fmt::format("this parallel has {} to run side by side",
                                        count == 0 ? "nothing" : "one step and nothing else"));
        }
    }

    void check_race() {
        for (const auto& branch : row_.branches) {
            auto found = find_irreversible(context_, branch.body);
            if (!found) continue;
            const ir::Step& step = context_.module.steps[*found];
            auto& d = context_.report(
                DiagnosticCode::IrreversibleInRace, step.span,
                fmt::format("`{}` can't be undone, and its branch can lose", step.path));
            d.secondary.push_back({row_.span, "in this race"});
        }
    }

    // The statement, and the names that the block around can read from here on.
    StatementResult finish(ir::ExprId tail) {
        StatementResult out;
        auto& stmts = body_.block->stmts;
        for (const auto& line : lines_) {
            if (!line.is_done && !line.name.empty() && line.value.has_value())
                body_.names.push_back({line.name, line.value});
        }
        if (row_.branches.empty()) {
            stmts.insert(stmts.end(), tail_lets_.begin(), tail_lets_.end());
            out.value = tail;
            return out;
        }
        if (row_.join == JoinRule::Ok) {
            join_values();
        } else {
            for (std::size_t i = 0; i < branches_.size(); ++i) name_result(i);
        }
        ir::ParallelBranch last = row_.branches.back();
        ir::LocalId result = row_.result;
        context_.module.parallels.push_back(std::move(row_));
        add_stmt(body_, ir::Stmt::Kind::Parallel, context_.module.parallels.size() - 1,
                 node_.span());
        stmts.insert(stmts.end(), tail_lets_.begin(), tail_lets_.end());
        if (result.has_value()) {
            out.value = add_local_ref(body_, result, node_.span());
        } else if (tail.has_value()) {
            out.value = tail;
        } else if (tail_) {
            out.value = check_expr(body_, tail_.value());
        } else {
            out.value = add_local_ref(body_, last.result, node_.span());
        }
        return out;
    }

    void name_result(std::size_t i) {
        auto& branch = row_.branches[i];
        const Line& line = *branches_[i];
        TypeId type = context_.module.blocks[branch.body].type;
        bool settles = row_.join == JoinRule::Settle;
        bool is_last = i + 1 == branches_.size();
        branch.result = branch.value;
        if (settles && (is_last || !line.name.empty())) {
            branch.result = context_.add_local(line.name.empty() ? "outcome" : line.name,
                                               make_outcome(context_, type), line.node.span());
            if (branch.value.has_value()) context_.use_local(branch.value);
        } else if (!branch.value.has_value() && !line.name.empty()) {
            // What gives nothing, or was not read, has a name all the same.
            const bool unread = context_.has_syntax_error(line.node.span());
            branch.result =
                context_.add_local(line.name, unread ? TypeId{} : type, line.node.span());
            context_.use_local(branch.result);
        } else if (!branch.value.has_value() && is_last) {
            branch.result = context_.add_local("last", type, line.node.span());
        }
        if (!line.name.empty()) body_.names.push_back({line.name, branch.result});
    }

    void join_values() {
        std::vector<ir::ExprId> values;
        std::vector<ir::BlockId> blocks;
        for (const auto& branch : row_.branches) {
            if (branch.value.has_value()) context_.use_local(branch.value);
            const ir::Block& block = context_.module.blocks[branch.body];
            if (block.leaves) continue;
            blocks.push_back(branch.body);
            values.push_back(block.value.has_value()
                                 ? block.value
                                 : add_literal(context_, {}, context_.common.none, node_.span()));
        }
        TypeId type = join_branches(body_, values, node_.span());
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            context_.module.blocks[blocks[i]].value = values[i];
        }
        row_.result = context_.add_local(
            "parallel", row_.gives_one ? type : make_list(context_, type), node_.span());
        context_.use_local(row_.result);
    }

    Body& body_;
    Context& context_;
    ast::Parallel node_;
    ir::Parallel row_;
    std::vector<Line> lines_;
    std::vector<const Line*> branches_;  // of the rows
    ast::ExprStmt tail_;
    std::vector<ir::StmtId> tail_lets_;
};

}  // namespace

StatementResult check_parallel(Body& body, ast::Parallel node) {
    return ParallelBranches(body, node).check();
}

}  // namespace weft::check
