#include "compiler/lint/lint.h"

namespace weft::lint {

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
    }
    check_types(context);
}

}  // namespace weft::lint
