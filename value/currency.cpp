#include "value/currency.h"

#include <algorithm>
#include <array>

namespace weft {

namespace {

struct MinorUnit {
    std::string_view code;
    int digits;
};

constexpr std::array kOtherThanTwo = {
    MinorUnit{"BHD", 3}, MinorUnit{"BIF", 0}, MinorUnit{"CLF", 4}, MinorUnit{"CLP", 0},
    MinorUnit{"DJF", 0}, MinorUnit{"GNF", 0}, MinorUnit{"IQD", 3}, MinorUnit{"ISK", 0},
    MinorUnit{"JOD", 3}, MinorUnit{"JPY", 0}, MinorUnit{"KMF", 0}, MinorUnit{"KRW", 0},
    MinorUnit{"KWD", 3}, MinorUnit{"LYD", 3}, MinorUnit{"OMR", 3}, MinorUnit{"PYG", 0},
    MinorUnit{"RWF", 0}, MinorUnit{"TND", 3}, MinorUnit{"UGX", 0}, MinorUnit{"UYI", 0},
    MinorUnit{"UYW", 4}, MinorUnit{"VND", 0}, MinorUnit{"VUV", 0}, MinorUnit{"XAF", 0},
    MinorUnit{"XOF", 0}, MinorUnit{"XPF", 0},
};

}  // namespace

bool is_currency(std::string_view code) {
    return code.size() == 3 &&
           std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

int minor_units(std::string_view code) {
    const auto found = std::find_if(kOtherThanTwo.begin(), kOtherThanTwo.end(),
                                    [code](const MinorUnit& unit) { return unit.code == code; });
    return found == kOtherThanTwo.end() ? 2 : found->digits;
}

std::string amount_text(const MoneyValue& money) {
    auto out = money.amount.to_string();
    if (out.find('e') != std::string::npos) return out;
    const auto wanted =
        static_cast<std::size_t>(minor_units({money.currency.data(), money.currency.size()}));
    if (wanted == 0) return out;
    auto point = out.find('.');
    if (point == std::string::npos) {
        point = out.size();
        out += '.';
    }
    const std::size_t digits = out.size() - point - 1;
    if (digits < wanted) out.append(wanted - digits, '0');
    return out;
}

}  // namespace weft
