// Canonical bytes of values: what decodes encodes to the same bytes and equals itself.
#include "value/value.h"

#include "tests/fuzz/target.h"
#include "value/decimal.h"

namespace weft::fuzz {

std::vector<std::string> seeds() {
    const auto money = Value::money(*Decimal::parse("12.50"), "EUR");
    std::vector<std::string> out;
    for (const auto& value :
         {Value(), Value::boolean(true), Value::integer(-5), Value::text("größer"),
          Value::decimal(*Decimal::parse("-0.05")), money, Value::list({Value::integer(1), money}),
          Value::map({{"a", Value::integer(2)}, {"b", Value()}}),
          Value::record({Value::text("x"), Value::enum_case(3, {Value::integer(1)})})}) {
        out.push_back(canonical(value));
    }
    return out;
}

std::vector<std::string> dictionary() {
    std::vector<std::string> out;
    for (char tag = 0; tag < 16; ++tag) out.emplace_back(1, tag);
    return out;
}

}  // namespace weft::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weft;
    const auto bytes = fuzz::text_of(data, size);
    Value value;
    if (!decode_canonical(bytes, value)) return 0;
    WEFT_CHECK(canonical(value) == bytes);
    WEFT_CHECK(compare(value, value) == 0);
    digest(value, Bytes16{});
    return 0;
}
