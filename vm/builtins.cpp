// Built-ins on lists, maps and numbers.
#include "vm/builtins.h"

#include <algorithm>
#include <map>
#include <optional>

#include "value/currency.h"
#include "vm/arithmetic.h"

namespace weft::vm {
namespace {

std::unexpected<std::string> undefined() {
    return std::unexpected(std::string("the function is not defined for these values"));
}

using Items = std::vector<Value>;

Checked<Value> first_of(const Items& items) {
    return items.empty() ? Value() : items.front();
}
Checked<Value> last_of(const Items& items) {
    return items.empty() ? Value() : items.back();
}

std::size_t clamp(std::int64_t wanted, std::size_t size) {
    if (wanted <= 0) return 0;
    return std::min(static_cast<std::size_t>(wanted), size);
}

Checked<Value> take(const Items& items, std::int64_t count) {
    const auto end = items.begin() + static_cast<std::ptrdiff_t>(clamp(count, items.size()));
    return Value::list(Items(items.begin(), end));
}

Checked<Value> drop(const Items& items, std::int64_t count) {
    const auto begin = items.begin() + static_cast<std::ptrdiff_t>(clamp(count, items.size()));
    return Value::list(Items(begin, items.end()));
}

// By canonical order, not by hash: the same everywhere, and no list is a bad case.
Checked<Value> distinct(const Items& items) {
    const auto less = [](const Value& a, const Value& b) { return compare(a, b) < 0; };
    std::map<Value, bool, decltype(less)> seen(less);
    Items out;
    for (const auto& item : items) {
        if (seen.emplace(item, true).second) out.push_back(item);
    }
    return Value::list(std::move(out));
}

Checked<Value> sum(const Items& items) {
    if (items.empty()) return Value::integer(0);
    Checked<Value> total = items.front();
    if (!number(*total) && total->tag() != Tag::Money && total->tag() != Tag::Duration) {
        return undefined();
    }
    for (std::size_t i = 1; total && i < items.size(); ++i) {
        total = arithmetic(Opcode::Add, *total, items[i]);
    }
    return total;
}

// `sign` 1 gives the largest, -1 the smallest; of equal ones the first.
Checked<Value> extreme(const Items& items, int sign) {
    if (items.empty()) return Value();
    const Value* best = items.data();
    for (const auto& item : items) {
        const auto found = order(item, *best);
        if (!found) return std::unexpected(found.error());
        if (*found * sign > 0) best = &item;
    }
    return *best;
}

Checked<Value> average(const Items& items) {
    if (items.empty()) return Value();
    const auto total = sum(items);
    if (!total) return total;
    return arithmetic(Opcode::Divide, *total,
                      Value::integer(static_cast<std::int64_t>(items.size())));
}

Checked<Value> indexed(const Items& items) {
    Items out;
    out.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
        out.push_back(Value::record({Value::integer(static_cast<std::int64_t>(i)), items[i]}));
    }
    return Value::list(std::move(out));
}

Checked<Value> list_concat(const Items& a, const Items& b) {
    if (a.size() + b.size() > kListLengthMax)
        return std::unexpected(std::string("the list is too long"));
    Items out = a;
    out.insert(out.end(), b.begin(), b.end());
    return Value::list(std::move(out));
}

Checked<Value> round_to(const Value& value, const Value& places) {
    const auto exact = number(value);
    if (!exact || places.tag() != Tag::Int) return undefined();
    if (places.as_int() < 0 || places.as_int() > 34) {
        return std::unexpected(std::string("a number is rounded to 0 to 34 places"));
    }
    const auto rounded = Decimal::round(*exact, static_cast<int>(places.as_int()));
    if (!rounded) return std::unexpected(std::string("the number is too large"));
    return Value::decimal(*rounded);
}

Checked<Value> round_money(const Value& value) {
    if (value.tag() != Tag::Money) return undefined();
    const auto& money = value.as_money();
    const std::string_view currency(money.currency.data(), money.currency.size());
    const auto rounded = Decimal::round(money.amount, minor_units(currency));
    if (!rounded) return std::unexpected(std::string("the number is too large"));
    return Value::money(*rounded, currency);
}

// Of outcomes with this case, what it holds.
Checked<Value> held_by(std::uint32_t number, const Items& outcomes) {
    Items out;
    for (const auto& outcome : outcomes) {
        if (outcome.tag() != Tag::Case || outcome.as_case().fields.size() != 1) {
            return undefined();
        }
        const auto& parts = outcome.as_case();
        if (parts.number == number) out.push_back(parts.fields.front());
    }
    return Value::list(std::move(out));
}

Checked<Value> of_map(BuiltinFunction function, const Value& map) {
    if (map.tag() != Tag::Map) return undefined();
    Items out;
    for (const auto& [key, value] : map.entries()) {
        out.push_back(function == BuiltinFunction::Keys ? Value::text(key) : value);
    }
    return Value::list(std::move(out));
}

Checked<Value> of_list(BuiltinFunction function, std::span<const Value> arguments) {
    if (arguments[0].tag() != Tag::List) return undefined();
    const auto& items = arguments[0].items();
    switch (function) {
        case BuiltinFunction::Count:
            return Value::integer(static_cast<std::int64_t>(items.size()));
        case BuiltinFunction::First:
            return first_of(items);
        case BuiltinFunction::Last:
            return last_of(items);
        case BuiltinFunction::Take:
        case BuiltinFunction::Drop:
            if (arguments[1].tag() != Tag::Int) return undefined();
            return function == BuiltinFunction::Take ? take(items, arguments[1].as_int())
                                                     : drop(items, arguments[1].as_int());
        case BuiltinFunction::Reverse:
            return Value::list(Items(items.rbegin(), items.rend()));
        case BuiltinFunction::Distinct:
            return distinct(items);
        case BuiltinFunction::Sum:
            return sum(items);
        case BuiltinFunction::Min:
            return extreme(items, -1);
        case BuiltinFunction::Max:
            return extreme(items, 1);
        case BuiltinFunction::Average:
            return average(items);
        case BuiltinFunction::Indexed:
            return indexed(items);
        case BuiltinFunction::IsEmpty:
            return Value::boolean(items.empty());
        case BuiltinFunction::OutcomeValues:
            return held_by(0, items);
        case BuiltinFunction::OutcomeErrors:
            return held_by(1, items);
        case BuiltinFunction::ListConcat:
            if (arguments[1].tag() != Tag::List) return undefined();
            return list_concat(items, arguments[1].items());
        default:
            return undefined();
    }
}

}  // namespace

Checked<Value> call_builtin(BuiltinFunction function, std::span<const Value> arguments) {
    if (auto done = call_text_builtin(function, arguments)) return *std::move(done);
    if (auto done = call_date_builtin(function, arguments)) return *std::move(done);
    switch (function) {
        case BuiltinFunction::Keys:
        case BuiltinFunction::Values:
            return of_map(function, arguments[0]);
        case BuiltinFunction::Round:
            return round_to(arguments[0], arguments[1]);
        case BuiltinFunction::RoundMoney:
            return round_money(arguments[0]);
        case BuiltinFunction::Abs:
            return absolute(arguments[0]);
        default:
            return of_list(function, arguments);
    }
}

}  // namespace weft::vm
