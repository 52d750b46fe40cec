#include "bytecode/record_codes.h"

#include <array>

namespace weft {

namespace {

constexpr std::array<std::string_view, 12> kErrorNames = {
    "",        "Transient", "Timeout",       "Unavailable", "Guard",  "Rejected",
    "Expired", "Budget",    "TooManyErrors", "Trap",        "Failed", "TooLarge"};
static_assert(kErrorNames.size() == static_cast<std::size_t>(BuiltinError::kLast_) + 1);

constexpr unsigned kLetters = 26;

}  // namespace

CurrencyCode pack_currency(std::string_view letters) {
    if (letters.size() != 3) return CurrencyCode::None;
    unsigned number = 0;
    for (const char c : letters) {
        if (c < 'A' || c > 'Z') return CurrencyCode::None;
        number = number * kLetters + static_cast<unsigned>(c - 'A');
    }
    return static_cast<CurrencyCode>(number + 1);
}

std::string unpack_currency(CurrencyCode code) {
    if (code == CurrencyCode::None || code > CurrencyCode::kLast_) return {};
    unsigned number = static_cast<unsigned>(code) - 1;
    std::string out(3, 'A');
    for (std::size_t i = 3; i-- > 0; number /= kLetters) {
        out[i] = static_cast<char>('A' + number % kLetters);
    }
    return out;
}

BuiltinError builtin_error(std::string_view name) {
    for (std::size_t i = 1; i < kErrorNames.size(); ++i) {
        if (kErrorNames[i] == name) return static_cast<BuiltinError>(i);
    }
    return BuiltinError::None;
}

std::string_view builtin_error_name(BuiltinError error) {
    const auto i = static_cast<std::size_t>(error);
    return i < kErrorNames.size() ? kErrorNames[i] : "";
}

}  // namespace weft
