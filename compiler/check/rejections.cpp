#include "compiler/check/rejections.h"

#include "compiler/check/types.h"
#include "compiler/ir/walk.h"

namespace weft::check {

namespace {

using Kind = ir::Stmt::Kind;

bool only_reviews_reject(const ir::Module& module, const ir::Step& step) {
    if (step.worker.has_value() || step.workflow != ir::kNoWorkflow) return false;
    bool has_review = false;
    bool has_other = false;
    auto visit = [&](const ir::Stmt& stmt) {
        has_review = has_review || stmt.kind == Kind::Review;
        if (stmt.kind != Kind::Step) return;
        const ir::Step& inner = module.steps[stmt.row];
        has_other = has_other || inner.worker.has_value() || inner.workflow != ir::kNoWorkflow;
    };
    ir::for_each_statement(module, step.body, visit);
    return has_review && !has_other;
}

}  // namespace

TypeId rejection_type(Context& context, const ir::Step& step) {
    if (!only_reviews_reject(context.module, step)) return {};
    Type detail;
    detail.kind = TypeKind::Record;
    detail.name = "Rejected";
    detail.fields = {{"by", "by", context.common.text, {}},
                     {"reason", "reason", context.common.text, {}}};
    Type whole;
    whole.kind = TypeKind::Record;
    whole.name = "error Rejected";
    whole.fields = context.types()[context.common.error].fields;
    whole.fields.back().type = context.types().add(std::move(detail));
    return context.types().add(std::move(whole));
}

}  // namespace weft::check
