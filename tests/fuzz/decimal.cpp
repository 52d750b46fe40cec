// Numbers as text and as bytes, and arithmetic on two of them.
#include "value/decimal.h"

#include "tests/fuzz/target.h"

namespace weft::fuzz {

std::vector<std::string> seeds() {
    return {"0 1",
            "-0.05 12.50",
            "1e6144 1e-6176",
            "9999999999999999999999999999999999 0.5",
            "1.5e-50 -9223372036854775808",
            "100 3",
            std::string(32, '\0'),
            std::string(32, '\x30')};
}

std::vector<std::string> dictionary() {
    return {"e", "E", "-", "+", ".", " ", "e-6176", "e6111", "0000000000000000000000000000000000"};
}

namespace {

void check_number(const Decimal& number) {
    const auto again = Decimal::parse(number.to_string());
    WEFT_CHECK(again.has_value() && *again == number);
    const auto from_bytes = Decimal::from_bytes(number.to_bytes());
    WEFT_CHECK(from_bytes.has_value() && *from_bytes == number);
    WEFT_CHECK(Decimal::compare(number, number) == 0);
    if (const auto whole = number.to_int()) WEFT_CHECK(Decimal::from_int(*whole) == number);
    (void)number.to_double();
}

void check_pair(const Decimal& a, const Decimal& b) {
    WEFT_CHECK(Decimal::compare(a, b) == -Decimal::compare(b, a));
    WEFT_CHECK((Decimal::compare(a, b) == 0) == (a == b));
    WEFT_CHECK(Decimal::add(a, b) == Decimal::add(b, a));
    WEFT_CHECK(Decimal::multiply(a, b) == Decimal::multiply(b, a));
    for (const auto& result : {Decimal::add(a, b), Decimal::subtract(a, b), Decimal::multiply(a, b),
                               Decimal::divide(a, b), Decimal::remainder(a, b)}) {
        if (result) check_number(*result);
    }
    WEFT_CHECK(!b.is_zero() || !Decimal::divide(a, b));
    for (const int places : {-3, 0, 2, 30}) {
        const auto rounded = Decimal::round(a, places);
        if (rounded) WEFT_CHECK(Decimal::round(*rounded, places) == rounded);
    }
}

}  // namespace

}  // namespace weft::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weft;
    const auto text = fuzz::text_of(data, size);
    const auto space = text.find(' ');
    auto a = Decimal::parse(text.substr(0, space));
    auto b =
        space == std::string_view::npos ? std::nullopt : Decimal::parse(text.substr(space + 1));
    if (size == 32) {
        a = Decimal::from_bytes(to_array<16>(text.substr(0, 16)));
        b = Decimal::from_bytes(to_array<16>(text.substr(16)));
    }
    if (a) fuzz::check_number(*a);
    if (a && b) fuzz::check_pair(*a, *b);
    return 0;
}
