#include "compiler/lint/quantity.h"

#include <algorithm>
#include <limits>

namespace weft::lint {
namespace {

constexpr std::int64_t kLimit = std::numeric_limits<std::int64_t>::max();

std::int64_t sum(std::int64_t a, std::int64_t b) {
    return a > kLimit - b ? kLimit : a + b;
}

std::int64_t product(std::int64_t a, std::int64_t b) {
    return b != 0 && a > kLimit / b ? kLimit : a * b;
}

}  // namespace

Quantity::Quantity(std::int64_t number) {
    if (number > 0) terms_[{}] = number;
}

Quantity& Quantity::operator+=(const Quantity& other) {
    for (const auto& [symbols, factor] : other.terms_) {
        auto& mine = terms_[symbols];
        mine = sum(mine, factor);
    }
    return *this;
}

Quantity Quantity::times(std::int64_t factor) const {
    Quantity out;
    if (factor <= 0) return out;
    for (const auto& [symbols, mine] : terms_) out.terms_[symbols] = product(mine, factor);
    return out;
}

Quantity Quantity::times(const std::string& symbol) const {
    Quantity out;
    for (const auto& [symbols, mine] : terms_) {
        Symbols more = symbols;
        more.insert(std::upper_bound(more.begin(), more.end(), symbol), symbol);
        out.terms_[std::move(more)] = mine;
    }
    return out;
}

Quantity Quantity::max(const Quantity& other) const {
    Quantity out = *this;
    for (const auto& [symbols, factor] : other.terms_) {
        auto& mine = out.terms_[symbols];
        mine = std::max(mine, factor);
    }
    return out;
}

Quantity Quantity::min(const Quantity& other) const {
    Quantity out;
    for (const auto& [symbols, mine] : terms_) {
        auto found = other.terms_.find(symbols);
        if (found != other.terms_.end()) out.terms_[symbols] = std::min(mine, found->second);
    }
    return out;
}

std::optional<std::int64_t> Quantity::number() const {
    if (terms_.empty()) return 0;
    if (terms_.size() > 1 || !terms_.begin()->first.empty()) return std::nullopt;
    return terms_.begin()->second;
}

}  // namespace weft::lint
