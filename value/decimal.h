// decimal128 (IEEE 754-2008) by Intel's library, round half even, 34 digits. A Decimal is always
// kept canonical: finite, no negative zero, trailing zeros of the fraction removed (1.00 is 1; 100
// keeps its integer form, exponent 0), so equal numbers have equal bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace weft {

class Decimal {
  public:
    Decimal() = default;  // zero
    static Decimal from_int(std::int64_t v);
    // Digits, optional sign, point, exponent; underscores are not taken here. Nothing when it is
    // not a number, or can't be held exactly (more than 34 significant digits, exponent out of
    // range).
    static std::optional<Decimal> parse(std::string_view text);

    // The value in plain notation ("0.8", "1200", "-0.05") while that takes at most 40 digits, else
    // with an exponent ("1.5e-50"). parse() gives the same number back.
    [[nodiscard]] std::string to_string() const;
    // The whole number, if it is one that fits.
    [[nodiscard]] std::optional<std::int64_t> to_int() const;
    // Nearest double, for drawing and foreign interfaces only; never used by the machine.
    [[nodiscard]] double to_double() const;

    // 16 bytes little-endian BID encoding, as in canonical values. from_bytes refuses
    // non-canonical.
    [[nodiscard]] Bytes16 to_bytes() const { return bits_; }
    static std::optional<Decimal> from_bytes(const Bytes16& bits);

    friend bool operator==(const Decimal& a, const Decimal& b) { return a.bits_ == b.bits_; }
    static int compare(const Decimal& a, const Decimal& b);

    // Nothing on overflow, or on division by zero.
    static std::optional<Decimal> add(const Decimal& a, const Decimal& b);
    static std::optional<Decimal> subtract(const Decimal& a, const Decimal& b);
    static std::optional<Decimal> multiply(const Decimal& a, const Decimal& b);
    static std::optional<Decimal> divide(const Decimal& a, const Decimal& b);
    // What is left of a after whole multiples of b; has the sign of a (as Int's `%`).
    static std::optional<Decimal> remainder(const Decimal& a, const Decimal& b);
    // To `places` digits after the point (before it, when negative), half even.
    static std::optional<Decimal> round(const Decimal& a, int places);
    [[nodiscard]] bool is_zero() const;
    [[nodiscard]] bool is_negative() const;

  private:
    Bytes16 bits_ = kZero;
    static const Bytes16 kZero;
};

}  // namespace weft
