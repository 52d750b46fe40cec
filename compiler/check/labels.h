// Labels on types: Pii, Secret, Untrusted. A value's labels are a set, written outermost first in
// that order, so that equal sets are equal types. Lists and records keep their parts' labels.
#pragma once

#include <cstdint>
#include <string>

#include "value/type.h"

namespace weft::check {

// Bits, one a LabelKind.
using LabelSet = std::uint8_t;

constexpr LabelSet bit(LabelKind kind) {
    return static_cast<LabelSet>(1U << static_cast<unsigned>(kind));
}
inline constexpr LabelSet kPii = bit(LabelKind::Pii);
inline constexpr LabelSet kSecret = bit(LabelKind::Secret);
inline constexpr LabelSet kUntrusted = bit(LabelKind::Untrusted);

// The labels around a type, not those of its parts.
LabelSet outer_labels(const TypeTable& types, TypeId type);
// Those of its parts too: elements, fields, cases.
LabelSet all_labels(const TypeTable& types, TypeId type);
TypeId without_labels(const TypeTable& types, TypeId type);
// Takes `labels` away around the type and around the parts of lists, maps, optionals and outcomes.
TypeId cleared_of(TypeTable& types, TypeId type, LabelSet labels);
TypeId with_labels(TypeTable& types, TypeId type, LabelSet labels);
std::string label_text(LabelSet labels);  // "Pii and Untrusted"

}  // namespace weft::check
