// What a run in a test surely reaches: the first steps of the workflow, as long as nothing stands
// before them that could fail, leave or take another way. An effect among them that no mock stands
// for would reach the world; those further on are found when the test is run.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/constants.h"
#include "compiler/check/tests.h"

namespace weft::check {

namespace {

using Kind = ir::Stmt::Kind;

class Reach {
  public:
    Reach(Context& context, const ir::Test& test, const ir::TestRun& run)
        : context_(context), test_(test), run_(run) {}

    // Whether the end of the block is surely reached.
    bool block(ir::BlockId id) {
        if (!id.has_value()) return false;
        for (auto stmt : context_.module.blocks[id].stmts) {
            if (!statement(context_.module.stmts[stmt])) return false;
        }
        return true;
    }

  private:
    bool statement(const ir::Stmt& stmt) {
        switch (stmt.kind) {
            case Kind::Let:
            case Kind::Emit:
            case Kind::Sleep:
                return true;
            case Kind::Step:
                return step(context_.module.steps[stmt.row]);
            case Kind::Each: {
                const auto& each = context_.module.eaches[stmt.row];
                const auto mocks = all_for(each.path, "");
                if (!mocks.empty()) return std::ranges::all_of(mocks, only_returns);
                const auto least = length_of(context_, each.list).min;
                return least && Decimal::compare(*least, Decimal()) > 0 && block(each.body);
            }
            default:
                return false;
        }
    }

    bool step(const ir::Step& step) {
        const auto* worker =
            step.worker.has_value() ? &context_.module.workers[step.worker].row : nullptr;
        const auto mocks = all_for(step.path, worker == nullptr ? "" : worker->name);
        if (!mocks.empty()) return std::ranges::all_of(mocks, only_returns);
        if (step.when.has_value()) return false;
        if (worker == nullptr) return step.body.has_value() && block(step.body);
        auto& d = context_.report(
            DiagnosticCode::TestHitsRealWorker, run_.span,
            fmt::format("the test reaches the worker `{}`, which nothing mocks", worker->name));
        d.secondary.push_back({step.span, "called here"});
        d.help = fmt::format("add `mock {} returns any`, or what it should give", worker->name);
        return false;
    }

    // Those of a step and those of its worker: which one says something, and when, is not judged.
    [[nodiscard]] std::vector<const ir::Mock*> all_for(const std::string& path,
                                                       const std::string& worker) const {
        std::vector<const ir::Mock*> out;
        for (const auto& mock : test_.mocks) {
            const bool stands_for = std::ranges::any_of(mock.targets, [&](const auto& target) {
                return target.kind == ir::MockTarget::Kind::Step
                           ? target.name == path
                           : std::ranges::find(target.workers, worker) != target.workers.end();
            });
            if (stands_for) out.push_back(&mock);
        }
        return out;
    }

    static bool only_returns(const ir::Mock* mock) {
        return std::ranges::all_of(mock->answers, [](const ir::MockAnswer& answer) {
            using Answer = ir::MockAnswer::Kind;
            return answer.kind == Answer::Value || answer.kind == Answer::Any;
        });
    }

    Context& context_;
    const ir::Test& test_;
    const ir::TestRun& run_;
};

}  // namespace

void check_reach(Context& context, const ir::Test& test, const ir::TestRun& run) {
    // What a mock with a mistake stands for is not known.
    const bool is_known =
        std::ranges::none_of(test.mocks, [](const ir::Mock& mock) { return mock.is_broken; });
    if (is_known) Reach(context, test, run).block(context.module.workflows[run.workflow].body);
}

}  // namespace weft::check
