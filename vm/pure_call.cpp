#include "vm/pure_call.h"

#include "vm/evaluate.h"

namespace weft::vm {

std::expected<Value, std::string> call_pure(const Image& image, std::uint32_t function,
                                            std::vector<Value> arguments) {
    Meter meter;
    Evaluator evaluator(image, Value::none(), meter);
    auto value = evaluator.call(function, std::move(arguments));
    if (value) return std::move(*value);
    const auto& error = value.error();
    return std::unexpected(is_error(error) ? error.items()[1].as_text() : std::string("it traps"));
}

}  // namespace weft::vm
