// The built-in pure functions, their signatures read from the text in bytecode/builtins.def.
#include <fmt/format.h>

#include <map>

#include "bytecode/image.h"
#include "compiler/check/calls.h"
#include "compiler/check/outcomes.h"
#include "compiler/check/secrets.h"
#include "compiler/check/types.h"

namespace weft::check {

namespace {

struct BuiltinRow {
    std::uint32_t number;
    std::string_view name;
    std::string_view signature;
};

constexpr BuiltinRow kBuiltins[] = {
#define X(number, Name, name, signature, summary) {number, name, signature},
#include "bytecode/builtins.def"
#undef X
};

// Reads "(List<T>, Int) -> T?".
class SignatureText {
  public:
    SignatureText(Context& context, std::string_view text) : context_(context), text_(text) {}

    Signature read() {
        Signature out;
        take("(");
        while (!take(")")) {
            std::string name = fmt::format("argument {}", out.parameters.size() + 1);
            out.parameters.push_back({std::move(name), type(), {}, {}});
            take(",");
        }
        take("->");
        out.result = type();
        return out;
    }

  private:
    bool take(std::string_view word) {
        while (text_.starts_with(' ')) text_.remove_prefix(1);
        if (!text_.starts_with(word)) return false;
        text_.remove_prefix(word.size());
        return true;
    }

    TypeId type() {
        while (text_.starts_with(' ')) text_.remove_prefix(1);
        std::size_t length = 0;
        while (length < text_.size() && std::isalpha(static_cast<unsigned char>(text_[length]))) {
            ++length;
        }
        std::string_view word = text_.substr(0, length);
        text_.remove_prefix(length);
        TypeId out = named(word);
        if (take("?")) out = make_optional(context_, out);
        return out;
    }

    TypeId named(std::string_view word) {
        if (word == "T" || word == "U" || word == "K" || word == "N") {
            return make_variable(context_, word, word == "U" ? 'T' : word[0]);
        }
        if (take("<")) {
            TypeId inner = type();
            if (word == "Map") {
                take(",");
                inner = type();
            }
            take(">");
            if (word == "List") return make_list(context_, inner);
            if (word == "Map") return make_map(context_, inner);
            if (word == "Outcome") return make_outcome(context_, inner);
            WEFT_CHECK(word == "Indexed");
            return make_indexed(context_, inner);
        }
        TypeId out = simple_type(context_.common, word);
        WEFT_CHECK(out.has_value());
        return out;
    }

    Context& context_;
    std::string_view text_;
};

const BuiltinRow* find_builtin(std::string_view name, std::size_t arguments) {
    // `round(m)` of money goes to the currency's minor unit, `round(x, n)` to n places.
    if (name == "round" && arguments == 1) name = "round_money";
    for (const auto& row : kBuiltins) {
        if (row.name == name) return &row;
    }
    return nullptr;
}

}  // namespace

bool is_function(std::string_view name) {
    return find_builtin(name, 0) != nullptr;
}

std::optional<ir::ExprId> check_builtin(Body& body, ast::Call call, std::string_view name) {
    Context& context = body.context;
    const BuiltinRow* row = find_builtin(name, call.arguments().size());
    if (row == nullptr) return std::nullopt;
    // `values` of a map, and of a list of outcomes.
    ir::ExprId first;
    if (name == "values" && call.arguments().size() == 1) {
        first = check_expr(body, call.arguments()[0].value());
        TypeId type = type_of(context, first);
        bool is_list = type.has_value() && kind_of(context, type) == TypeKind::List;
        if (is_list) row = find_builtin("outcome_values", 1);
    }
    Signature signature = SignatureText(context, row->signature).read();
    std::vector<ParameterName> names;
    for (const auto& p : signature.parameters) names.push_back({p.name, false});
    auto matched = match_arguments(body, call.arguments(), call.span(), name, names);
    ir::Expr e;
    e.kind = ir::ExprKind::Builtin;
    e.index = row->number;
    e.span = call.span();
    Bindings bindings;
    bool ok = matched.ok;
    for (std::size_t i = 0; i < names.size() && matched.ok; ++i) {
        TypeId pattern = signature.parameters[i].type;
        ir::ExprId id = first.has_value() ? first
                                          : check_expr(body, matched.exprs[i],
                                                       substitute(context, pattern, bindings));
        if (!has_variable(context, pattern)) id = adapt_literal(body, id, pattern);
        TypeId actual = type_of(context, id);
        if (actual.has_value() && !unify(context, pattern, actual, bindings)) {
            context.report(DiagnosticCode::TypeMismatch, span_of(context, id),
                           fmt::format("`{}` takes a {}, but this is a {}", name,
                                       context.text(pattern), context.text(actual)));
            ok = false;
        }
        ok = ok && actual.has_value();
        const bool compares = name == "distinct" || name == "min" || name == "max";
        const auto what = fmt::format("`{}`", name);
        compares ? refuse_secret_parts(body, id, what) : refuse_secret_text(body, id, what);
        e.args.push_back(id);
    }
    LabelSet labels = 0;
    for (std::size_t i = 0; i < e.args.size() && ok; ++i) {
        TypeId pattern = signature.parameters[i].type;
        // A type parameter that got only empty lists stands for their element.
        TypeId type = substitute(context, pattern, bindings);
        e.args[i] = coerce(body, e.args[i], type, fmt::format("`{}`", name), &labels);
        ok = type_of(context, e.args[i]).has_value();
        if (ok) labels |= outer_labels(context.types(), type_of(context, e.args[i]));
    }
    if (!ok) return add_mistake(context, call.span());
    TypeId result = substitute(context, signature.result, bindings);
    if (!result.has_value()) return add_mistake(context, call.span());
    // Rounded money stays in its currency.
    if (row->name == "round_money") result = base_of(context, type_of(context, e.args.front()));
    e.type = with_labels(context.types(), result, labels);
    return add_expr(context, std::move(e));
}

}  // namespace weft::check
