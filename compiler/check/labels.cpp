#include "compiler/check/labels.h"

#include <array>

#include "compiler/check/outcomes.h"

namespace weft::check {

namespace {

constexpr std::array kKinds = {LabelKind::Pii, LabelKind::Secret, LabelKind::Untrusted};

}  // namespace

LabelSet outer_labels(const TypeTable& types, TypeId type) {
    LabelSet out = 0;
    while (type.has_value() && types[type].kind == TypeKind::Labelled) {
        out |= bit(types[type].label);
        type = types[type].element;
    }
    return out;
}

LabelSet all_labels(const TypeTable& types, TypeId type) {
    if (!type.has_value()) return 0;
    const Type& t = types[type];
    LabelSet out = t.kind == TypeKind::Labelled ? bit(t.label) : LabelSet{0};
    if (t.element.has_value()) out |= all_labels(types, t.element);
    if (t.kind == TypeKind::Record) {
        for (const auto& field : t.fields) out |= all_labels(types, field.type);
    }
    for (const auto& c : t.cases) {
        for (const auto& field : c.fields) out |= all_labels(types, field.type);
    }
    return out;
}

TypeId without_labels(const TypeTable& types, TypeId type) {
    while (type.has_value() && types[type].kind == TypeKind::Labelled) type = types[type].element;
    return type;
}

TypeId cleared_of(TypeTable& types, TypeId type, LabelSet labels) {
    if (!type.has_value()) return type;
    Type t = types[type];
    switch (t.kind) {
        case TypeKind::Labelled: {
            TypeId inner = cleared_of(types, t.element, labels);
            return (bit(t.label) & labels) != 0 ? inner : with_labels(types, inner, bit(t.label));
        }
        case TypeKind::List:
        case TypeKind::Map:
        case TypeKind::Optional:
        case TypeKind::Refined: {
            TypeId inner = cleared_of(types, t.element, labels);
            if (inner == t.element) return type;
            t.element = inner;
            return types.add(std::move(t));
        }
        case TypeKind::Enum: {
            TypeId value = outcome_value(types, type);
            TypeId inner = cleared_of(types, value, labels);
            return inner == value ? type : outcome_of(types, type, inner);
        }
        default:
            return type;
    }
}

TypeId with_labels(TypeTable& types, TypeId type, LabelSet labels) {
    if (!type.has_value()) return type;
    LabelSet all = outer_labels(types, type) | labels;
    TypeId out = without_labels(types, type);
    for (auto it = kKinds.rbegin(); it != kKinds.rend(); ++it) {
        if ((all & bit(*it)) == 0) continue;
        Type t;
        t.kind = TypeKind::Labelled;
        t.label = *it;
        t.element = out;
        out = types.add(std::move(t));
    }
    return out;
}

std::string label_text(LabelSet labels) {
    static constexpr std::array<std::string_view, 3> kNames = {"Pii", "Secret", "Untrusted"};
    std::string out;
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
        if ((labels & bit(kKinds[i])) == 0) continue;
        if (!out.empty()) out += " and ";
        out += kNames[i];
    }
    return out;
}

}  // namespace weft::check
