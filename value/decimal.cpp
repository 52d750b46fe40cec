#include "value/decimal.h"

#include <algorithm>
#include <limits>

// These three say how libbidgcc000.a was built: arguments by value, rounding mode and exception
// flags as parameters. Another variant of the library would take them silently for something else.
#define DECIMAL_CALL_BY_REFERENCE 0
#define DECIMAL_GLOBAL_ROUNDING 0
#define DECIMAL_GLOBAL_EXCEPTION_FLAGS 0
#include <bid_conf.h>
#include <bid_functions.h>

#include "value/ascii.h"

namespace weft {

namespace {

__extension__ typedef unsigned __int128 Uint128;

constexpr int kDigitsMax = 34;
constexpr int kExponentMin = -6176;
constexpr int kExponentMax = 6111;
constexpr int kExponentBias = 6176;
constexpr int kPlainDigitsMax = 40;
constexpr unsigned kHalfEven = 0;

constexpr Uint128 power_of_ten(int n) {
    Uint128 v = 1;
    for (int i = 0; i < n; ++i) v *= 10;
    return v;
}
constexpr Uint128 kCoefficientMax = power_of_ten(kDigitsMax) - 1;

// sign · coefficient · 10^exponent
struct Parts {
    bool negative = false;
    int exponent = 0;
    Uint128 coefficient = 0;
};

BID_UINT128 to_bid(const Bytes16& bits) {
    BID_UINT128 out{};
    for (std::size_t i = 0; i < 16; ++i) {
        out.w[i / 8] |= static_cast<BID_UINT64>(bits[i]) << (8 * (i % 8));
    }
    return out;
}

Bytes16 from_words(std::uint64_t low, std::uint64_t high) {
    Bytes16 out{};
    for (std::size_t i = 0; i < 8; ++i) {
        out[i] = static_cast<std::uint8_t>(low >> (8 * i));
        out[i + 8] = static_cast<std::uint8_t>(high >> (8 * i));
    }
    return out;
}

// Nothing for infinities, NaN and coefficients above 34 digits.
std::optional<Parts> unpack(const BID_UINT128& v) {
    constexpr std::uint64_t kSpecial = 0x6000'0000'0000'0000ULL;
    if ((v.w[1] & kSpecial) == kSpecial) return std::nullopt;
    Parts parts;
    parts.negative = (v.w[1] >> 63U) != 0;
    parts.exponent = static_cast<int>((v.w[1] >> 49U) & 0x3FFFU) - kExponentBias;
    parts.coefficient = (static_cast<Uint128>(v.w[1] & 0x1'FFFF'FFFF'FFFFULL) << 64U) | v.w[0];
    if (parts.coefficient > kCoefficientMax) return std::nullopt;
    return parts;
}

// The one representation of a number: no zeros at the end of a fraction, whole numbers with
// exponent 0 while they have at most 34 digits, and above that with all 34. Nothing when out of
// range.
std::optional<Bytes16> pack(Parts parts) {
    if (parts.coefficient == 0) parts = {};
    while (parts.exponent < 0 && parts.coefficient % 10 == 0 && parts.coefficient != 0) {
        parts.coefficient /= 10;
        ++parts.exponent;
    }
    while (parts.exponent > 0 && parts.coefficient <= kCoefficientMax / 10) {
        parts.coefficient *= 10;
        --parts.exponent;
    }
    if (parts.exponent < kExponentMin || parts.exponent > kExponentMax) return std::nullopt;
    const auto low = static_cast<std::uint64_t>(parts.coefficient);
    auto high = static_cast<std::uint64_t>(parts.coefficient >> 64U);
    high |= static_cast<std::uint64_t>(parts.exponent + kExponentBias) << 49U;
    if (parts.negative) high |= 1ULL << 63U;
    return from_words(low, high);
}

std::optional<Bytes16> canonical_bits(const BID_UINT128& v) {
    auto parts = unpack(v);
    if (!parts) return std::nullopt;
    return pack(*parts);
}

Parts parts_of(const Bytes16& bits) {
    return *unpack(to_bid(bits));
}

std::string digits_of(Uint128 v) {
    std::string out;
    do {
        out.push_back(static_cast<char>('0' + static_cast<int>(v % 10)));
        v /= 10;
    } while (v != 0);
    std::reverse(out.begin(), out.end());
    return out;
}

// Takes the digits at the front of `text`.
std::string_view take_digits(std::string_view& text) {
    std::size_t n = 0;
    while (n < text.size() && is_digit(text[n])) ++n;
    auto out = text.substr(0, n);
    text.remove_prefix(n);
    return out;
}

// "e+12"; nothing when malformed. Capped far outside the range, so that it can't overflow.
std::optional<std::int64_t> take_exponent(std::string_view& text) {
    if (text.empty() || (text[0] != 'e' && text[0] != 'E')) return 0;
    text.remove_prefix(1);
    bool negative = false;
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
        negative = text[0] == '-';
        text.remove_prefix(1);
    }
    const auto digits = take_digits(text);
    if (digits.empty()) return std::nullopt;
    std::int64_t v = 0;
    for (const char c : digits) v = std::min<std::int64_t>(v * 10 + (c - '0'), 1'000'000'000'000);
    return negative ? -v : v;
}

}  // namespace

// Exponent 0, coefficient 0. Constant-initialised, so decimals may be made at any time.
constinit const Bytes16 Decimal::kZero = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x30};

Decimal Decimal::from_int(std::int64_t v) {
    Parts parts;
    parts.negative = v < 0;
    const auto bits = static_cast<std::uint64_t>(v);
    parts.coefficient = v < 0 ? 0 - bits : bits;
    Decimal out;
    out.bits_ = *pack(parts);
    return out;
}

std::optional<Decimal> Decimal::parse(std::string_view text) {
    Parts parts;
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
        parts.negative = text[0] == '-';
        text.remove_prefix(1);
    }
    std::string digits(take_digits(text));
    if (digits.empty()) return std::nullopt;
    std::int64_t exponent = 0;
    if (!text.empty() && text[0] == '.') {
        text.remove_prefix(1);
        const auto fraction = take_digits(text);
        if (fraction.empty()) return std::nullopt;
        digits += fraction;
        exponent = -static_cast<std::int64_t>(fraction.size());
    }
    const auto given = take_exponent(text);
    if (!given || !text.empty()) return std::nullopt;
    exponent += *given;

    digits.erase(0, digits.find_first_not_of('0'));
    if (digits.empty()) return Decimal();
    const auto last = digits.find_last_not_of('0');
    exponent += static_cast<std::int64_t>(digits.size() - 1 - last);
    digits.erase(last + 1);
    if (digits.size() > kDigitsMax) return std::nullopt;
    if (exponent < kExponentMin || exponent > kExponentMax + kDigitsMax) return std::nullopt;
    for (const char c : digits)
        parts.coefficient = parts.coefficient * 10 + static_cast<unsigned>(c - '0');
    parts.exponent = static_cast<int>(exponent);
    auto bits = pack(parts);
    if (!bits) return std::nullopt;
    Decimal out;
    out.bits_ = *bits;
    return out;
}

std::string Decimal::to_string() const {
    const Parts parts = parts_of(bits_);
    std::string digits = digits_of(parts.coefficient);
    const int count = static_cast<int>(digits.size());
    std::string out = parts.negative ? "-" : "";
    const int point = count + parts.exponent;  // digits before the point, if positive
    const int plain_digits = parts.exponent >= 0 ? point : std::max(count, 1 - parts.exponent);
    if (plain_digits <= kPlainDigitsMax) {
        if (parts.exponent >= 0) {
            return out + digits + std::string(static_cast<std::size_t>(parts.exponent), '0');
        }
        if (point <= 0) {
            return out + "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
        }
        digits.insert(static_cast<std::size_t>(point), 1, '.');
        return out + digits;
    }
    digits.erase(digits.find_last_not_of('0') + 1);
    out += digits[0];
    if (digits.size() > 1) out += "." + digits.substr(1);
    return out + "e" + std::to_string(point - 1);
}

std::optional<std::int64_t> Decimal::to_int() const {
    const Parts parts = parts_of(bits_);
    if (parts.exponent != 0) return std::nullopt;
    constexpr Uint128 kMax = static_cast<Uint128>(std::numeric_limits<std::int64_t>::max());
    if (parts.coefficient > kMax + (parts.negative ? 1U : 0U)) return std::nullopt;
    const auto magnitude = static_cast<std::uint64_t>(parts.coefficient);
    return static_cast<std::int64_t>(parts.negative ? 0 - magnitude : magnitude);
}

double Decimal::to_double() const {
    unsigned flags = 0;
    return bid128_to_binary64(to_bid(bits_), kHalfEven, &flags);
}

std::optional<Decimal> Decimal::from_bytes(const Bytes16& bits) {
    auto canonical = canonical_bits(to_bid(bits));
    if (!canonical || *canonical != bits) return std::nullopt;
    Decimal out;
    out.bits_ = bits;
    return out;
}

int Decimal::compare(const Decimal& a, const Decimal& b) {
    if (a == b) return 0;
    unsigned flags = 0;
    return bid128_quiet_less(to_bid(a.bits_), to_bid(b.bits_), &flags) != 0 ? -1 : 1;
}

namespace {

using Operation = BID_UINT128 (*)(BID_UINT128, BID_UINT128, unsigned, unsigned*);

std::optional<Bytes16> apply(Operation operation, const Bytes16& a, const Bytes16& b) {
    unsigned flags = 0;
    return canonical_bits(operation(to_bid(a), to_bid(b), kHalfEven, &flags));
}

std::optional<Decimal> wrap(const std::optional<Bytes16>& bits) {
    if (!bits) return std::nullopt;
    return Decimal::from_bytes(*bits);
}

}  // namespace

std::optional<Decimal> Decimal::add(const Decimal& a, const Decimal& b) {
    return wrap(apply(&bid128_add, a.bits_, b.bits_));
}

std::optional<Decimal> Decimal::subtract(const Decimal& a, const Decimal& b) {
    return wrap(apply(&bid128_sub, a.bits_, b.bits_));
}

std::optional<Decimal> Decimal::multiply(const Decimal& a, const Decimal& b) {
    return wrap(apply(&bid128_mul, a.bits_, b.bits_));
}

std::optional<Decimal> Decimal::divide(const Decimal& a, const Decimal& b) {
    return wrap(apply(&bid128_div, a.bits_, b.bits_));
}

std::optional<Decimal> Decimal::remainder(const Decimal& a, const Decimal& b) {
    unsigned flags = 0;
    return wrap(canonical_bits(bid128_fmod(to_bid(a.bits_), to_bid(b.bits_), &flags)));
}

std::optional<Decimal> Decimal::round(const Decimal& a, int places) {
    if (places < -kExponentMax) return std::nullopt;
    if (parts_of(a.bits_).exponent >= -static_cast<std::int64_t>(places)) return a;
    unsigned flags = 0;
    const auto high = static_cast<std::uint64_t>(kExponentBias - places) << 49U;
    const auto quantum = to_bid(from_words(1, high));
    return wrap(canonical_bits(bid128_quantize(to_bid(a.bits_), quantum, kHalfEven, &flags)));
}

bool Decimal::is_zero() const {
    return bits_ == kZero;
}

bool Decimal::is_negative() const {
    return (bits_[15] & 0x80U) != 0;
}

}  // namespace weft
