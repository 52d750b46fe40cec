#include "compiler/check/secrets.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/labels.h"
#include "compiler/check/relations.h"
#include "compiler/check/types.h"

namespace weft::check {
namespace {

bool holds_secret_text(const TypeTable& types, TypeId type, bool inside) {
    if (!type.has_value()) return false;
    const Type& row = types[type];
    inside = inside || (row.kind == TypeKind::Labelled && row.label == LabelKind::Secret);
    if (row.kind == TypeKind::Text) return inside;
    const auto in_fields = [&](const auto& fields) {
        return std::ranges::any_of(fields, [&](const auto& field) {
            return holds_secret_text(types, field.type, inside);
        });
    };
    const auto in_cases = [&] {
        return std::ranges::any_of(row.cases,
                                   [&](const auto& one) { return in_fields(one.fields); });
    };
    return in_fields(row.fields) || in_cases() || holds_secret_text(types, row.element, inside);
}

bool report_look(const Body& body, ir::ExprId id, std::string_view what) {
    Context& context = body.context;
    auto& d = context.report(DiagnosticCode::SecretInLog, span_of(context, id),
                             fmt::format("{} looks into a Secret, of which a run has no more than "
                                         "a handle",
                                         what));
    d.help = "a worker that is declared to take it can say what is needed";
    return true;
}

}  // namespace

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
    return report_look(body, id, what);
}

bool refuse_secret_parts(const Body& body, ir::ExprId id, std::string_view what) {
    if (body.test != nullptr || !id.has_value()) return false;
    const TypeId type = type_of(body.context, id);
    return holds_secret_text(body.context.types(), type, false) && report_look(body, id, what);
}

}  // namespace weft::check
