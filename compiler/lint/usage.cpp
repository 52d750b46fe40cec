// What is used, added up and compared part by part.
#include "compiler/lint/bounds.h"

namespace weft::lint {

Usage& Usage::operator+=(const Usage& other) {
    attempts += other.attempts;
    effects += other.effects;
    time_ms += other.time_ms;
    for (const auto& [currency, amount] : other.micros) micros[currency] += amount;
    return *this;
}

Usage Usage::times(std::int64_t factor) const {
    Usage out{attempts.times(factor), effects.times(factor), time_ms.times(factor), {}};
    for (const auto& [currency, amount] : micros) out.micros[currency] = amount.times(factor);
    return out;
}

Usage Usage::times(const std::string& symbol) const {
    Usage out{attempts.times(symbol), effects.times(symbol), time_ms.times(symbol), {}};
    for (const auto& [currency, amount] : micros) out.micros[currency] = amount.times(symbol);
    return out;
}

Usage Usage::max(const Usage& other) const {
    Usage out{attempts.max(other.attempts), effects.max(other.effects), time_ms.max(other.time_ms),
              micros};
    for (const auto& [currency, amount] : other.micros) {
        out.micros[currency] = out.micros[currency].max(amount);
    }
    return out;
}

Usage Usage::min(const Usage& other) const {
    Usage out{
        attempts.min(other.attempts), effects.min(other.effects), time_ms.min(other.time_ms), {}};
    for (const auto& [currency, amount] : micros) {
        auto found = other.micros.find(currency);
        if (found != other.micros.end()) out.micros[currency] = amount.min(found->second);
    }
    return out;
}

}  // namespace weft::lint
