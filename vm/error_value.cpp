#include "vm/error_value.h"

#include <algorithm>

namespace weft::vm {

Value make_error(ErrorParts parts) {
    return Value::record({Value::text(std::move(parts.name)), Value::text(std::move(parts.message)),
                          Value::text(std::move(parts.step)), Value::integer(parts.attempts),
                          std::move(parts.detail)});
}

bool is_error(const Value& value) {
    if (value.tag() != Tag::Record || value.items().size() != kErrorFields) return false;
    const auto& parts = value.items();
    return parts[0].tag() == Tag::Text && parts[1].tag() == Tag::Text;
}

bool is_retried(const Policy& policy, std::string_view name) {
    if (policy.retry_on.empty()) {
        return name == "Transient" || name == "Timeout" || name == "Unavailable" || name == "Guard";
    }
    return std::ranges::find(policy.retry_on, name) != policy.retry_on.end();
}

std::string_view error_name(const Value& value) {
    return is_error(value) ? std::string_view(value.items()[0].as_text()) : std::string_view();
}

}  // namespace weft::vm
