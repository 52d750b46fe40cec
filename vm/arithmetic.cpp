#include "vm/arithmetic.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace weft::vm {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

std::unexpected<std::string> overflow() {
    return std::unexpected(std::string("the number is too large"));
}
std::unexpected<std::string> by_zero() {
    return std::unexpected(std::string("division by zero"));
}
std::unexpected<std::string> unfit() {
    return std::unexpected(std::string("the operator is not defined for these values"));
}

std::string_view currency_of(const Value& money) {
    const auto& code = money.as_money().currency;
    return {code.data(), code.size()};
}

Checked<Value> of_decimal(const std::optional<Decimal>& result) {
    if (!result) return overflow();
    return Value::decimal(*result);
}

Checked<std::int64_t> whole(Opcode op, std::int64_t a, std::int64_t b) {
    constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
    std::int64_t out = 0;
    switch (op) {
        case Opcode::Add:
            if (__builtin_add_overflow(a, b, &out)) return overflow();
            return out;
        case Opcode::Subtract:
            if (__builtin_sub_overflow(a, b, &out)) return overflow();
            return out;
        case Opcode::Multiply:
            if (__builtin_mul_overflow(a, b, &out)) return overflow();
            return out;
        case Opcode::WholeDivide:
            if (b == 0) return by_zero();
            if (a == kMin && b == -1) return overflow();
            return a / b;
        case Opcode::Remainder:
            if (b == 0) return by_zero();
            return b == -1 ? 0 : a % b;
        default:
            return unfit();
    }
}

Checked<Value> decimals(Opcode op, const Decimal& a, const Decimal& b) {
    switch (op) {
        case Opcode::Add:
            return of_decimal(Decimal::add(a, b));
        case Opcode::Subtract:
            return of_decimal(Decimal::subtract(a, b));
        case Opcode::Multiply:
            return of_decimal(Decimal::multiply(a, b));
        case Opcode::Divide:
            if (b.is_zero()) return by_zero();
            return of_decimal(Decimal::divide(a, b));
        case Opcode::Remainder:
            if (b.is_zero()) return by_zero();
            return of_decimal(Decimal::remainder(a, b));
        default:
            return unfit();
    }
}

// Money with money of the same currency, or with a plain number.
Checked<Value> with_money(Opcode op, const Value& a, const Value& b) {
    const auto as_money = [](Checked<Value> amount, std::string_view currency) -> Checked<Value> {
        if (!amount) return amount;
        return Value::money(amount->as_decimal(), currency);
    };
    if (a.tag() == Tag::Money && b.tag() == Tag::Money) {
        if (currency_of(a) != currency_of(b))
            return std::unexpected(std::string("two currencies are mixed"));
        if (op == Opcode::Divide) return decimals(op, a.as_money().amount, b.as_money().amount);
        if (op != Opcode::Add && op != Opcode::Subtract) return unfit();
        return as_money(decimals(op, a.as_money().amount, b.as_money().amount), currency_of(a));
    }
    if (a.tag() == Tag::Money && (op == Opcode::Multiply || op == Opcode::Divide)) {
        const auto factor = number(b);
        if (!factor) return unfit();
        return as_money(decimals(op, a.as_money().amount, *factor), currency_of(a));
    }
    if (b.tag() == Tag::Money && op == Opcode::Multiply) return with_money(op, b, a);
    return unfit();
}

Checked<Value> of_duration(const Checked<std::int64_t>& ms) {
    if (!ms) return std::unexpected(ms.error());
    return Value::duration(*ms);
}

Checked<Value> date_plus(std::int64_t days, Opcode op, std::int64_t ms) {
    if (ms % kDayMs != 0) return std::unexpected(std::string("a date moves by whole days only"));
    const auto moved = whole(op, days, ms / kDayMs);
    if (!moved) return std::unexpected(moved.error());
    if (*moved < std::numeric_limits<std::int32_t>::min() ||
        *moved > std::numeric_limits<std::int32_t>::max()) {
        return overflow();
    }
    return Value::date(static_cast<std::int32_t>(*moved));
}

// Durations with each other and with numbers; moments with durations and with each other.
Checked<Value> with_time(Opcode op, const Value& a, const Value& b) {
    const bool adds = op == Opcode::Add || op == Opcode::Subtract;
    const Tag left = a.tag();
    const Tag right = b.tag();
    if (left == Tag::Duration && right == Tag::Duration) {
        if (op == Opcode::Multiply) return unfit();
        if (op == Opcode::Divide) {
            return decimals(op, Decimal::from_int(a.as_int()), Decimal::from_int(b.as_int()));
        }
        const auto result = whole(op, a.as_int(), b.as_int());
        if (result && op == Opcode::WholeDivide) return Value::integer(*result);
        return of_duration(result);
    }
    if (left == Tag::Duration && right == Tag::Int &&
        (op == Opcode::Multiply || op == Opcode::WholeDivide)) {
        return of_duration(whole(op, a.as_int(), b.as_int()));
    }
    if (left == Tag::Int && right == Tag::Duration && op == Opcode::Multiply) {
        return of_duration(whole(op, a.as_int(), b.as_int()));
    }
    if (right == Tag::Duration && adds) {
        if (left == Tag::Date) return date_plus(a.as_int(), op, b.as_int());
        if (left == Tag::Time) {
            const auto moved = whole(op, a.as_int(), b.as_int());
            if (!moved) return std::unexpected(moved.error());
            return Value::time(*moved);
        }
    }
    if (left == Tag::Duration && op == Opcode::Add) return with_time(op, b, a);
    if (left == right && op == Opcode::Subtract) {
        if (left == Tag::Time) return of_duration(whole(op, a.as_int(), b.as_int()));
        if (left == Tag::Date) return Value::duration((a.as_int() - b.as_int()) * kDayMs);
    }
    return unfit();
}

bool is_time(Tag tag) {
    return tag == Tag::Duration || tag == Tag::Date || tag == Tag::Time;
}

}  // namespace

std::optional<Decimal> number(const Value& value) {
    if (value.tag() == Tag::Int) return Decimal::from_int(value.as_int());
    if (value.tag() == Tag::Decimal) return value.as_decimal();
    return std::nullopt;
}

Checked<Value> arithmetic(Opcode op, const Value& a, const Value& b) {
    if (a.tag() == Tag::Int && b.tag() == Tag::Int && op != Opcode::Divide) {
        const auto result = whole(op, a.as_int(), b.as_int());
        if (!result) return std::unexpected(result.error());
        return Value::integer(*result);
    }
    const auto left = number(a);
    const auto right = number(b);
    if (left && right) return decimals(op, *left, *right);
    if (a.tag() == Tag::Money || b.tag() == Tag::Money) return with_money(op, a, b);
    // A duration times a duration and the like end up in no case of with_time.
    if ((is_time(a.tag()) || a.tag() == Tag::Int) && (is_time(b.tag()) || b.tag() == Tag::Int)) {
        return with_time(op, a, b);
    }
    return unfit();
}

Checked<Value> negate(const Value& a) {
    switch (a.tag()) {
        case Tag::Int:
            return arithmetic(Opcode::Subtract, Value::integer(0), a);
        case Tag::Duration:
            return arithmetic(Opcode::Subtract, Value::duration(0), a);
        case Tag::Decimal:
        case Tag::Money:
            return arithmetic(Opcode::Multiply, a, Value::decimal(Decimal::from_int(-1)));
        default:
            return unfit();
    }
}

Checked<Value> absolute(const Value& a) {
    bool negative = false;
    if (a.tag() == Tag::Int || a.tag() == Tag::Duration) negative = a.as_int() < 0;
    if (a.tag() == Tag::Decimal) negative = a.as_decimal().is_negative();
    if (a.tag() == Tag::Money) negative = a.as_money().amount.is_negative();
    if (negative) return negate(a);
    if (number(a) || a.tag() == Tag::Money || a.tag() == Tag::Duration) return a;
    return unfit();
}

Checked<int> order(const Value& a, const Value& b) {
    const auto left = number(a);
    const auto right = number(b);
    if (left && right && a.tag() != b.tag()) return Decimal::compare(*left, *right);
    const auto is_bool = [](Tag tag) { return tag == Tag::False || tag == Tag::True; };
    if (is_bool(a.tag()) && is_bool(b.tag())) {
        return static_cast<int>(a.as_bool()) - static_cast<int>(b.as_bool());
    }
    if (a.tag() != b.tag()) return unfit();
    switch (a.tag()) {
        case Tag::Money:
            if (currency_of(a) != currency_of(b)) {
                return std::unexpected(std::string("two currencies are compared"));
            }
            return compare(a, b);
        case Tag::Int:
        case Tag::Decimal:
        case Tag::Text:
        case Tag::Duration:
        case Tag::Date:
        case Tag::Time:
        case Tag::Case:
            return compare(a, b);
        default:
            return unfit();
    }
}

Checked<Value> comparison(Opcode op, const Value& a, const Value& b) {
    if (op == Opcode::Equal) return Value::boolean(a == b);
    if (op == Opcode::NotEqual) return Value::boolean(!(a == b));
    const auto found = order(a, b);
    if (!found) return std::unexpected(found.error());
    switch (op) {
        case Opcode::Less:
            return Value::boolean(*found < 0);
        case Opcode::LessEqual:
            return Value::boolean(*found <= 0);
        case Opcode::Greater:
            return Value::boolean(*found > 0);
        case Opcode::GreaterEqual:
            return Value::boolean(*found >= 0);
        default:
            return unfit();
    }
}

Checked<Value> contains(const Value& item, const Value& whole) {
    if (whole.tag() == Tag::List) {
        return Value::boolean(std::ranges::find(whole.items(), item) != whole.items().end());
    }
    if (item.tag() != Tag::Text) return unfit();
    if (whole.tag() == Tag::Map) {
        const auto& entries = whole.entries();
        const auto found = std::ranges::lower_bound(entries, item.as_text(), {}, &MapEntry::first);
        return Value::boolean(found != entries.end() && found->first == item.as_text());
    }
    if (whole.tag() == Tag::Text) {
        return Value::boolean(whole.as_text().find(item.as_text()) != std::string::npos);
    }
    return unfit();
}

}  // namespace weft::vm
