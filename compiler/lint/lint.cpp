#include "compiler/lint/lint.h"

namespace weft::lint {

std::string source_of(const check::Context& context, ir::ExprId expr) {
    const Span span = context.module.exprs[expr].span;
    const auto text = context.module.sources[span.file].text();
    return std::string(text.substr(span.begin, span.end - span.begin));
}

void check_all(check::Context& context) {
    check_comments(context);
    // The IR of what was reported is not whole.
    if (context.diagnostics.has_errors()) return;
    for (const auto& workflow : context.module.workflows) {
        check_time_and_cost(context, workflow);
        check_fanout(context, workflow);
        check_compensations(context, workflow);
        check_attempts(context, workflow);
        check_gates(context, workflow);
        check_edits(context, workflow);
        check_people(context, workflow);
        check_progress(context, workflow);
    }
    check_types(context);
    check_unhandled(context);
    check_roles(context);
    check_settings(context);
    check_documented(context);
}

}  // namespace weft::lint
