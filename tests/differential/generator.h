// Well-typed programs from a seed, over the whole language. A program may be aimed at one pair of
// constructs, the outer around the inner; which pairs there are, and which there can't be, is a
// table here.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace weft::differential {

// What holds other statements.
enum class Outer : std::uint8_t {
#define X(Name, text) Name,
#include "tests/differential/outers.def"
#undef X
    kCount_
};
// What stands inside: statements, and the clauses of steps.
enum class Inner : std::uint8_t {
#define X(Name, text) Name,
#include "tests/differential/inners.def"
#undef X
    kCount_
};
inline constexpr std::size_t kOuters = static_cast<std::size_t>(Outer::kCount_);
inline constexpr std::size_t kInners = static_cast<std::size_t>(Inner::kCount_);

std::string_view text_of(Outer outer);
std::string_view text_of(Inner inner);

using NestedPair = std::pair<Outer, Inner>;
// Why the inner never stands straight in the outer; empty when it can.
std::string_view impossible(Outer outer, Inner inner);

struct Program {
    std::string text;
    std::set<NestedPair> nested;  // those that it has
};

Program generate(std::uint64_t seed, std::optional<NestedPair> target);

}  // namespace weft::differential
