#include "compiler/check/secrets.h"

#include <fmt/format.h>

#include "compiler/check/labels.h"
#include "compiler/check/relations.h"
#include "compiler/check/types.h"

namespace weft::check {

bool refuse_secret_text(const Body& body, ir::ExprId id, std::string_view what) {
    Context& context = body.context;
    if (body.test != nullptr || !id.has_value()) return false;
    const TypeId type = type_of(context, id);
    if (!type.has_value() || (outer_labels(context.types(), type) & kSecret) == 0) return false;
    TypeId base = base_of(context, type);
    if (context.types()[base].kind == TypeKind::Optional) {
        base = base_of(context, context.types()[base].element);
    }
    if (context.types()[base].kind != TypeKind::Text) return false;
    auto& d = context.report(DiagnosticCode::SecretInLog, span_of(context, id),
                             fmt::format("{} looks into a Secret, of which a run has no more than "
                                         "a handle",
                                         what));
    d.help = "a worker that is declared to take it can say what is needed";
    return true;
}

}  // namespace weft::check
