// Operators and built-in functions on values, as docs/language.md has them.
#include <algorithm>
#include <set>

#include "base/check.h"
#include "tests/reference/dates.h"
#include "tests/reference/evaluate.h"
#include "value/currency.h"
#include "value/iso8601.h"
#include "value/utf8.h"

namespace weft::reference {
namespace {

using ir::ExprKind;

constexpr std::int64_t kDayMs = 86'400'000;

[[noreturn]] void too_large() {
    throw std::string("the number is too large");
}

std::string currency(const Value& money) {
    const auto& code = money.as_money().currency;
    return {code.data(), code.size()};
}

Decimal exact(const Value& value) {
    return value.tag() == Tag::Int ? Decimal::from_int(value.as_int()) : value.as_decimal();
}

std::int64_t whole(ExprKind op, std::int64_t a, std::int64_t b) {
    __extension__ using Wide = __int128;
    Wide out = 0;
    switch (op) {
        case ExprKind::Add:
            out = Wide(a) + b;
            break;
        case ExprKind::Subtract:
            out = Wide(a) - b;
            break;
        case ExprKind::Multiply:
            out = Wide(a) * b;
            break;
        default:
            if (b == 0) throw std::string("division by zero");
            out = op == ExprKind::WholeDivide ? Wide(a) / b : Wide(a) % b;
            break;
    }
    if (out < INT64_MIN || out > INT64_MAX) too_large();
    return static_cast<std::int64_t>(out);
}

Decimal fractional(ExprKind op, const Decimal& a, const Decimal& b) {
    std::optional<Decimal> out;
    if ((op == ExprKind::Divide || op == ExprKind::Remainder) && b.is_zero()) {
        throw std::string("division by zero");
    }
    if (op == ExprKind::Add) out = Decimal::add(a, b);
    if (op == ExprKind::Subtract) out = Decimal::subtract(a, b);
    if (op == ExprKind::Multiply) out = Decimal::multiply(a, b);
    if (op == ExprKind::Divide) out = Decimal::divide(a, b);
    if (op == ExprKind::Remainder) out = Decimal::remainder(a, b);
    if (!out) too_large();
    return *out;
}

bool is_number(const Value& value) {
    return value.tag() == Tag::Int || value.tag() == Tag::Decimal;
}

Value money(ExprKind op, const Value& a, const Value& b) {
    if (a.tag() != Tag::Money) return money(op, b, a);  // a number times money
    const auto& amount = a.as_money().amount;
    if (is_number(b)) return Value::money(fractional(op, amount, exact(b)), currency(a));
    if (currency(a) != currency(b)) throw std::string("two currencies are mixed");
    const auto out = fractional(op, amount, b.as_money().amount);
    return op == ExprKind::Divide ? Value::decimal(out) : Value::money(out, currency(a));
}

// Durations, dates and times; the type checker lets no other pairs come here.
Value temporal(ExprKind op, const Value& a, const Value& b) {
    const Tag left = a.tag();
    const Tag right = b.tag();
    if (left == Tag::Duration && right == Tag::Duration) {
        if (op == ExprKind::Divide) {
            return Value::decimal(
                fractional(op, Decimal::from_int(a.as_int()), Decimal::from_int(b.as_int())));
        }
        const auto out = whole(op, a.as_int(), b.as_int());
        return op == ExprKind::WholeDivide ? Value::integer(out) : Value::duration(out);
    }
    if (left == Tag::Int || right == Tag::Int) {
        return Value::duration(whole(op, a.as_int(), b.as_int()));
    }
    if (left == Tag::Duration) return temporal(op, b, a);
    if (left == Tag::Time && right == Tag::Duration) {
        return Value::time(whole(op, a.as_int(), b.as_int()));
    }
    if (left == Tag::Date && right == Tag::Duration) {
        if (b.as_int() % kDayMs != 0) throw std::string("a date moves by whole days only");
        const auto days = whole(op, a.as_int(), b.as_int() / kDayMs);
        if (days < INT32_MIN || days > INT32_MAX) too_large();
        return Value::date(static_cast<std::int32_t>(days));
    }
    if (left == Tag::Date) return Value::duration((a.as_int() - b.as_int()) * kDayMs);
    return Value::duration(whole(op, a.as_int(), b.as_int()));
}

Value arithmetic(ExprKind op, const Value& a, const Value& b) {
    if (a.tag() == Tag::Int && b.tag() == Tag::Int && op != ExprKind::Divide) {
        return Value::integer(whole(op, a.as_int(), b.as_int()));
    }
    if (is_number(a) && is_number(b)) return Value::decimal(fractional(op, exact(a), exact(b)));
    if (a.tag() == Tag::Money || b.tag() == Tag::Money) return money(op, a, b);
    return temporal(op, a, b);
}

int ordered(const Value& a, const Value& b) {
    if (is_number(a) && is_number(b)) return Decimal::compare(exact(a), exact(b));
    if (a.tag() == Tag::Money && currency(a) != currency(b)) {
        throw std::string("two currencies are compared");
    }
    return compare(a, b);
}

bool contains(const Value& item, const Value& whole) {
    if (whole.tag() == Tag::List) {
        return std::ranges::find(whole.items(), item) != whole.items().end();
    }
    if (whole.tag() == Tag::Map) {
        return std::ranges::any_of(
            whole.entries(), [&](const MapEntry& entry) { return entry.first == item.as_text(); });
    }
    return whole.as_text().find(item.as_text()) != std::string::npos;
}

char changed(char c, bool upper) {
    if (upper && c >= 'a' && c <= 'z') return static_cast<char>(c - 32);
    if (!upper && c >= 'A' && c <= 'Z') return static_cast<char>(c + 32);
    return c;
}

std::string in_case(std::string text, bool upper) {
    for (auto& c : text) c = changed(c, upper);
    return text;
}

std::set<std::string> words(const std::string& text) {
    std::set<std::string> out;
    std::string word;
    for (const char c : in_case(text, false) + " ") {
        const bool is_inside = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80) != 0;
        if (is_inside) {
            word += c;
        } else if (!word.empty()) {
            out.insert(std::exchange(word, {}));
        }
    }
    return out;
}

std::string trimmed(const std::string& text) {
    const auto first = text.find_first_not_of(" \t\n\r\f\v");
    if (first == std::string::npos) return "";
    return text.substr(first, text.find_last_not_of(" \t\n\r\f\v") - first + 1);
}

std::vector<std::string> pieces(const std::string& text, const std::string& at) {
    std::vector<std::string> out;
    std::size_t begin = 0;
    while (!at.empty()) {
        const auto end = text.find(at, begin);
        if (end == std::string::npos) break;
        out.push_back(text.substr(begin, end - begin));
        begin = end + at.size();
    }
    out.push_back(text.substr(begin));
    return out;
}

std::string joined(const std::vector<std::string>& parts, const std::string& between) {
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i) out += (i > 0 ? between : "") + parts[i];
    return out;
}

Value texts(const std::vector<std::string>& parts) {
    std::vector<Value> out;
    for (const auto& part : parts) out.push_back(Value::text(part));
    return Value::list(out);
}

std::string sliced(const std::string& text, std::int64_t start, std::int64_t count) {
    std::string out;
    std::int64_t number = -1;
    for (const char c : text) {
        if ((c & 0xC0) != 0x80) ++number;
        if (number >= std::max<std::int64_t>(start, 0) && count > 0 &&
            number < std::max<std::int64_t>(start, 0) + count) {
            out += c;
        }
    }
    return out;
}

using Items = std::vector<Value>;

Value sum(const Items& items) {
    if (items.empty()) return Value::integer(0);
    Value total = items[0];
    for (std::size_t i = 1; i < items.size(); ++i) {
        total = arithmetic(ExprKind::Add, total, items[i]);
    }
    return total;
}

Value extreme(const Items& items, int sign) {
    Value best;
    for (const auto& item : items) {
        if (best.is_none() || ordered(item, best) * sign > 0) best = item;
    }
    return best;
}

std::size_t within(std::int64_t count, const Items& items) {
    return static_cast<std::size_t>(
        std::clamp<std::int64_t>(count, 0, static_cast<std::int64_t>(items.size())));
}

Value of_list(BuiltinFunction function, const Items& a) {
    const auto& items = a[0].items();
    const auto size = static_cast<std::int64_t>(items.size());
    Items out;
    switch (function) {
        case BuiltinFunction::Count:
            return Value::integer(size);
        case BuiltinFunction::IsEmpty:
            return Value::boolean(items.empty());
        case BuiltinFunction::First:
            return items.empty() ? Value() : items.front();
        case BuiltinFunction::Last:
            return items.empty() ? Value() : items.back();
        case BuiltinFunction::Take:
            out.assign(items.begin(),
                       items.begin() + static_cast<std::ptrdiff_t>(within(a[1].as_int(), items)));
            break;
        case BuiltinFunction::Drop:
            out.assign(items.begin() + static_cast<std::ptrdiff_t>(within(a[1].as_int(), items)),
                       items.end());
            break;
        case BuiltinFunction::Reverse:
            out.assign(items.rbegin(), items.rend());
            break;
        case BuiltinFunction::Distinct:
            for (const auto& item : items) {
                if (std::ranges::find(out, item) == out.end()) out.push_back(item);
            }
            break;
        case BuiltinFunction::Sum:
            return sum(items);
        case BuiltinFunction::Min:
            return extreme(items, -1);
        case BuiltinFunction::Max:
            return extreme(items, 1);
        case BuiltinFunction::Average:
            if (items.empty()) return {};
            return arithmetic(ExprKind::Divide, sum(items), Value::integer(size));
        case BuiltinFunction::Indexed:
            for (std::int64_t i = 0; i < size; ++i) {
                out.push_back(
                    Value::record({Value::integer(i), items[static_cast<std::size_t>(i)]}));
            }
            break;
        case BuiltinFunction::ListConcat:
            out = items;
            out.insert(out.end(), a[1].items().begin(), a[1].items().end());
            break;
        case BuiltinFunction::OutcomeValues:
        case BuiltinFunction::OutcomeErrors: {
            const std::uint32_t wanted = function == BuiltinFunction::OutcomeValues ? 0 : 1;
            for (const auto& item : items) {
                if (item.as_case().number == wanted) out.push_back(item.as_case().fields[0]);
            }
            break;
        }
        default:
            WEFT_CHECK(false);
    }
    return Value::list(out);
}

Value rounded(const Value& value, int places) {
    const auto& amount = value.tag() == Tag::Money ? value.as_money().amount : exact(value);
    const auto out = Decimal::round(amount, places);
    if (!out) too_large();
    return value.tag() == Tag::Money ? Value::money(*out, currency(value)) : Value::decimal(*out);
}

}  // namespace

Value binary(ExprKind op, const Value& a, const Value& b) {
    switch (op) {
        case ExprKind::Equal:
            return Value::boolean(a == b);
        case ExprKind::NotEqual:
            return Value::boolean(!(a == b));
        case ExprKind::Less:
            return Value::boolean(ordered(a, b) < 0);
        case ExprKind::LessEqual:
            return Value::boolean(ordered(a, b) <= 0);
        case ExprKind::Greater:
            return Value::boolean(ordered(a, b) > 0);
        case ExprKind::GreaterEqual:
            return Value::boolean(ordered(a, b) >= 0);
        case ExprKind::In:
            return Value::boolean(contains(a, b));
        default:
            return arithmetic(op, a, b);
    }
}

Value negated(const Value& a) {
    if (a.tag() == Tag::Int) return arithmetic(ExprKind::Subtract, Value::integer(0), a);
    if (a.tag() == Tag::Duration) return arithmetic(ExprKind::Subtract, Value::duration(0), a);
    return arithmetic(ExprKind::Multiply, a, Value::integer(-1));
}

Value index_of(const Value& whole, const Value& at) {
    if (whole.tag() == Tag::List) {
        const auto i = at.as_int();
        const bool is_there = i >= 0 && i < static_cast<std::int64_t>(whole.items().size());
        return is_there ? whole.items()[static_cast<std::size_t>(i)] : Value();
    }
    for (const auto& [key, value] : whole.entries()) {
        if (key == at.as_text()) return value;
    }
    return {};
}

Value builtin(BuiltinFunction function, const std::vector<Value>& a) {
    if (auto done = date_builtin(function, a)) return *done;
    const auto text = [&](std::size_t i) -> const std::string& { return a[i].as_text(); };
    std::vector<Value> out;
    switch (function) {
        case BuiltinFunction::Length:
            return Value::integer(static_cast<std::int64_t>(count_code_points(text(0))));
        case BuiltinFunction::Lower:
            return Value::text(in_case(text(0), false));
        case BuiltinFunction::Upper:
            return Value::text(in_case(text(0), true));
        case BuiltinFunction::Trim:
            return Value::text(trimmed(text(0)));
        case BuiltinFunction::Join: {
            std::vector<std::string> parts;
            for (const auto& part : a[0].items()) parts.push_back(part.as_text());
            return Value::text(joined(parts, text(1)));
        }
        case BuiltinFunction::Split:
            return texts(pieces(text(0), text(1)));
        case BuiltinFunction::Replace:
            return Value::text(joined(pieces(text(0), text(1)), text(2)));
        case BuiltinFunction::Slice:
            return Value::text(sliced(text(0), a[1].as_int(), a[2].as_int()));
        case BuiltinFunction::StartsWith:
            return Value::boolean(text(0).starts_with(text(1)));
        case BuiltinFunction::EndsWith:
            return Value::boolean(text(0).ends_with(text(1)));
        case BuiltinFunction::Mentions:
            return Value::boolean(std::ranges::includes(words(text(0)), words(text(1))));
        case BuiltinFunction::Keys:
            for (const auto& entry : a[0].entries()) out.push_back(Value::text(entry.first));
            return Value::list(out);
        case BuiltinFunction::Values:
            for (const auto& entry : a[0].entries()) out.push_back(entry.second);
            return Value::list(out);
        case BuiltinFunction::Round:
            if (a[1].as_int() < 0 || a[1].as_int() > 34) {
                throw std::string("a number is rounded to 0 to 34 places");
            }
            return rounded(a[0], static_cast<int>(a[1].as_int()));
        case BuiltinFunction::RoundMoney:
            return rounded(a[0], minor_units(currency(a[0])));
        case BuiltinFunction::Abs: {
            const Value zero = a[0].tag() == Tag::Money ? Value::money(Decimal(), currency(a[0]))
                               : a[0].tag() == Tag::Duration ? Value::duration(0)
                                                             : Value::integer(0);
            return ordered(a[0], zero) < 0 ? negated(a[0]) : a[0];
        }
        default:
            return of_list(function, a);
    }
}

std::string in_text(const TypeTable& types, TypeId type, const Value& value) {
    switch (value.tag()) {
        case Tag::False:
            return "false";
        case Tag::True:
            return "true";
        case Tag::Int:
            return std::to_string(value.as_int());
        case Tag::Decimal:
            return value.as_decimal().to_string();
        case Tag::Money:
            return amount_text(value.as_money()) + " " + currency(value);
        case Tag::Text:
            return value.as_text();
        case Tag::Duration:
            return duration_text(value.as_int());
        case Tag::Date:
            return date_text(static_cast<std::int32_t>(value.as_int()));
        case Tag::Time:
            return time_text(value.as_int());
        default:
            return types[types.base(type)].cases.at(value.as_case().number).name;
    }
}

}  // namespace weft::reference
