// Counts, times and amounts that may depend on the length of a list that nothing bounds: sums of
// terms, each a number and the symbols that it is multiplied with. Numbers stop at a limit instead
// of overflowing. It knows nothing of programs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weft::lint {

class Quantity {
  public:
    Quantity() = default;
    explicit Quantity(std::int64_t number);

    Quantity& operator+=(const Quantity& other);
    [[nodiscard]] Quantity times(std::int64_t factor) const;
    [[nodiscard]] Quantity times(const std::string& symbol) const;
    // Term by term: no less (no more) than either.
    [[nodiscard]] Quantity max(const Quantity& other) const;
    [[nodiscard]] Quantity min(const Quantity& other) const;

    // When no symbol is in it.
    [[nodiscard]] std::optional<std::int64_t> number() const;
    [[nodiscard]] bool is_zero() const { return terms_.empty(); }
    using Symbols = std::vector<std::string>;  // sorted
    [[nodiscard]] const std::map<Symbols, std::int64_t>& terms() const { return terms_; }

  private:
    std::map<Symbols, std::int64_t> terms_;  // none is zero
};

}  // namespace weft::lint
