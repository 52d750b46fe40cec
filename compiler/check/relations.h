// How types relate: which value may stand where which type is wanted, what two types have in
// common, and the finding of type parameters. The error type is the TypeId without a value; it fits
// everywhere, so that one mistake gives one message.
#pragma once

#include <map>
#include <vector>

#include "compiler/check/context.h"
#include "compiler/check/labels.h"

namespace weft::check {

using Bindings = std::map<TypeId, TypeId>;  // type parameter -> what it stands for

// A `from` may be used as a `to`. `granted` are labels that need not be in `to`.
bool fits(const Context& context, TypeId from, TypeId to, LabelSet granted = 0);
// The smallest type that both fit; none when there is none.
TypeId join(Context& context, TypeId a, TypeId b);
// Finds the type parameters in `pattern` from `actual`. False when the shapes differ.
bool unify(Context& context, TypeId pattern, TypeId actual, Bindings& bindings);
TypeId substitute(Context& context, TypeId pattern, const Bindings& bindings);
bool has_variable(const Context& context, TypeId pattern);

TypeId make_list(Context& context, TypeId element);
TypeId make_map(Context& context, TypeId element);
TypeId make_optional(Context& context, TypeId element);                    // T? of T? is T?
TypeId make_variable(Context& context, std::string_view name, char kind);  // kind: T, K or N
TypeId make_indexed(Context& context, TypeId element);
TypeId make_money(Context& context, std::string_view currency);

// Through labels and refinements to what decides the operations.
TypeId base_of(const Context& context, TypeId type);
TypeKind kind_of(const Context& context, TypeId type);
// All constraints of a refined type and of the types it refines.
std::vector<Constraint> constraints_of(const Context& context, TypeId type);
bool is_bottom(const Context& context, TypeId type);
bool is_ordered(TypeKind kind);
bool is_number(TypeKind kind);

}  // namespace weft::check
