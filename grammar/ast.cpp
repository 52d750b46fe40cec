#include "grammar/ast.h"

#include <algorithm>

namespace weft::ast {

View Step::body() const {
    for (View part : children()) {
        NodeKind k = part.kind();
        if (is_expr(k) || category(k) == NodeCategory::Control || k == NodeKind::Block) return part;
    }
    return {};
}

View Arm::body() const {
    for (View part : children()) {
        NodeKind k = part.kind();
        if (is_expr(k) || Statement::is(k) || k == NodeKind::Block) return part;
    }
    return {};
}

std::string Regex::pattern() const {
    auto written = text();
    if (written.size() < 2) return {};
    written = written.substr(1, written.size() - 2);
    std::string out;
    for (std::size_t i = 0; i < written.size(); ++i) {
        if (written[i] == '\\' && i + 1 < written.size()) {
            if (written[i + 1] != '/') out += '\\';
            ++i;
        }
        out += written[i];
    }
    return out;
}

std::vector<std::string_view> dotted_name(Expr expr) {
    std::vector<std::string_view> out;
    while (auto access = expr.as<FieldAccess>()) {
        out.push_back(access.field().text());
        expr = access.base();
    }
    if (!expr.as<NameRef>()) return {};
    out.push_back(expr.text());
    std::ranges::reverse(out);
    return out;
}

}  // namespace weft::ast
