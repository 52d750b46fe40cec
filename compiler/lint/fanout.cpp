// How much runs side by side: over all levels, and against what a worker takes.
#include <fmt/format.h>

#include <tuple>

#include "compiler/check/constants.h"
#include "compiler/ir/walk.h"
#include "compiler/lint/lint.h"

namespace weft::lint {

namespace {

using check::Context;
using Kind = ir::Stmt::Kind;

// More branches than people read, and than a run should hold at a time.
constexpr std::int64_t kItemsMax = 10'000;

class Fanout : public ir::PartVisitor {
  public:
    explicit Fanout(const Context& context) : context_(context), module_(context.module) {}

    void stmt(ir::StmtId id) {
        const ir::Stmt& stmt = module_.stmts[id];
        if (stmt.kind == Kind::Each) return each(module_.eaches[stmt.row], stmt);
        if (stmt.kind == Kind::Step) worker(module_.steps[stmt.row]);
        ir::visit_parts(module_, stmt, *this);
    }
    void block(ir::BlockId id, ir::BlockRole /*role*/ = ir::BlockRole::Body) {
        for (auto line : module_.blocks[id].stmts) stmt(line);
    }

  private:
    void each(const ir::Each& row, const ir::Stmt& stmt) {
        auto length = check::length_of(context_, row.list).max;
        auto count = length ? length->to_int() : std::nullopt;
        // What nothing bounds is reported as that.
        std::int64_t items = items_;
        if (count && *count > 0) items = *count > kItemsMax ? *count : items_ * *count;
        if (depth_ > 0 && items > kItemsMax && items_ <= kItemsMax) {
            auto& d = context_.report(
                DiagnosticCode::NestedFanout, check::span_of(context_, row.list),
                fmt::format("`{}` may run {} times over all levels", row.path, items));
            d.secondary.push_back({outer_, "around this"});
            d.help = "bound the lists more tightly, or run the inner part as a workflow";
        }
        auto around = std::tuple(items_, at_once_, outer_, each_);
        items_ = items;
        at_once_ *= row.limit;
        outer_ = check::span_of(context_, row.list);
        each_ = &row;
        ++depth_;
        ir::visit_parts(module_, stmt, *this);
        --depth_;
        std::tie(items_, at_once_, outer_, each_) = around;
    }

    void worker(const ir::Step& step) const {
        if (!step.worker.has_value() || each_ == nullptr) return;
        const ir::Worker& worker = module_.workers[step.worker];
        std::uint32_t limit = worker.row.pacing.at_once;
        if (limit == 0 || at_once_ <= limit) return;
        auto& d = context_.report(DiagnosticCode::ConcurrencyOverLimit, each_->span,
                                  fmt::format("`{}` runs up to {} at once, and `{}` takes {}",
                                              step.path, at_once_, worker.row.name, limit));
        d.secondary.push_back({step.span, "called here"});
        d.notes.emplace_back("the others wait, and that counts to every `within` around them");
    }

    const Context& context_;
    const ir::Module& module_;
    std::int64_t items_ = 1;
    std::int64_t at_once_ = 1;
    std::uint32_t depth_ = 0;
    Span outer_;
    const ir::Each* each_ = nullptr;
};

}  // namespace

void check_fanout(const Context& context, const ir::Workflow& workflow) {
    if (workflow.body.has_value()) Fanout(context).block(workflow.body);
}

}  // namespace weft::lint
