// Seeded random types and values for property tests: every kind of type, values that fit it.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "value/type.h"
#include "value/value.h"

namespace weft::test {

class Generator {
  public:
    explicit Generator(std::uint64_t seed) : random_(seed) {}

    std::uint64_t below(std::uint64_t n) { return random_() % n; }
    bool chance(std::uint64_t one_in) { return below(one_in) == 0; }
    std::string bytes(std::size_t length_max);
    std::string text(std::size_t length_max);
    Decimal decimal();
    // Any value at all, of at most `depth` levels.
    Value any_value(std::uint32_t depth);
    TypeId type(TypeTable& types, std::uint32_t depth);
    Value value(const TypeTable& types, TypeId type);
    Value json(std::uint32_t depth);

  private:
    std::int64_t integer();
    std::vector<FieldType> fields(TypeTable& types, std::uint32_t depth);
    std::vector<Value> field_values(const TypeTable& types, const std::vector<FieldType>& fields);
    std::string hex(std::size_t digits);

    std::mt19937_64 random_;
    int names_ = 0;
};

}  // namespace weft::test
