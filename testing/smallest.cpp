#include "testing/smallest.h"

#include <algorithm>
#include <string>
#include <vector>

namespace weft::test {
namespace {

// What the refinements around a type ask of its base.
struct Bounds {
    std::size_t length = 0;
    std::vector<Decimal> numbers = {Decimal()};  // candidates, the best first
    std::optional<Decimal> min;                  // the narrowest of all
    std::optional<Decimal> max;
    std::vector<std::string> patterns;
};

constexpr std::size_t kLengthMax = 1'000'000;

void add_range(const Constraint& c, Bounds& bounds) {
    const Decimal one = Decimal::from_int(1);
    auto add = [&](std::optional<Decimal> d) {
        if (d) bounds.numbers.push_back(*d);
    };
    if (c.min) {
        add(*c.min);
        add(Decimal::add(*c.min, one));
        if (!bounds.min || Decimal::compare(*bounds.min, *c.min) < 0) bounds.min = c.min;
    }
    if (c.max) {
        add(*c.max);
        add(Decimal::subtract(*c.max, one));
        if (!bounds.max || Decimal::compare(*c.max, *bounds.max) < 0) bounds.max = c.max;
    }
}

// Where both ends are open and near, only what is between them fits.
void add_middle(Bounds& bounds) {
    const auto half = Decimal::parse("0.5");
    if (!bounds.min || !bounds.max || !half) return;
    const auto sum = Decimal::add(*bounds.min, *bounds.max);
    const auto middle = sum ? Decimal::multiply(*sum, *half) : std::nullopt;
    if (middle) bounds.numbers.push_back(*middle);
}

Bounds bounds_of(const TypeTable& types, TypeId type) {
    Bounds out;
    for (; types[type].kind == TypeKind::Refined || types[type].kind == TypeKind::Labelled;
         type = types[type].element) {
        for (const auto& c : types[type].constraints) {
            if (c.kind == Constraint::Kind::Range) add_range(c, out);
            if (c.kind == Constraint::Kind::Matches) out.patterns.push_back(c.pattern);
            if (c.kind != Constraint::Kind::Length || !c.min) continue;
            const auto length = c.min->to_int();
            if (length && *length > 0) {
                const std::size_t least = static_cast<std::size_t>(*length) + (c.min_open ? 1 : 0);
                out.length = std::max(out.length, std::min(least, kLengthMax));
            }
        }
    }
    add_middle(out);
    return out;
}

std::vector<Value> texts(const Bounds& bounds) {
    std::vector<Value> out;
    for (const auto& pattern : bounds.patterns) out.push_back(Value::text(propose_match(pattern)));
    for (char c : {'x', 'X', '0', '1'}) {
        for (std::size_t more = 0; more < (bounds.patterns.empty() ? 1U : 20U); ++more) {
            out.push_back(Value::text(std::string(bounds.length + more, c)));
        }
    }
    return out;
}

template <typename Make>
std::vector<Value> numbers(const Bounds& bounds, Make make) {
    std::vector<Value> out;
    for (const auto& number : bounds.numbers) {
        if (auto value = make(number)) out.push_back(std::move(*value));
    }
    return out;
}

std::optional<std::int64_t> whole(const Decimal& number) {
    return number.to_int();
}

Value made_up_file() {
    return Value::record({Value::text(std::string(32, '0')), Value::text("file"),
                          Value::text("application/octet-stream"), Value::integer(0),
                          Value::text(std::string(64, '0'))});
}

std::optional<std::vector<Value>> fields(const TypeTable& types,
                                         const std::vector<FieldType>& rows) {
    std::vector<Value> out;
    for (const auto& field : rows) {
        auto value = smallest_value(types, field.type);
        if (!value) return std::nullopt;
        out.push_back(std::move(*value));
    }
    return out;
}

std::vector<Value> of_case(const TypeTable& types, const Type& type) {
    std::vector<Value> out;
    for (std::uint32_t i = 0; i < type.cases.size(); ++i) {
        if (auto parts = fields(types, type.cases[i].fields)) {
            out.push_back(Value::enum_case(i, std::move(*parts)));
        }
    }
    return out;
}

std::vector<Value> repeated(const TypeTable& types, const Type& type, std::size_t length) {
    if (length == 0) {
        return {type.kind == TypeKind::List ? Value::list({}) : Value::map({})};
    }
    auto element = smallest_value(types, type.element);
    if (!element) return {};
    if (type.kind == TypeKind::List) {
        return {Value::list(std::vector<Value>(length, *element))};
    }
    std::vector<MapEntry> entries;
    for (std::size_t i = 0; i < length; ++i) entries.emplace_back(std::to_string(i), *element);
    return {Value::map(std::move(entries))};
}

std::vector<Value> candidates(const TypeTable& types, const Type& type, const Bounds& bounds) {
    using Maybe = std::optional<Value>;
    auto of_whole = [](auto make) {
        return [make](const Decimal& d) {
            const auto number = whole(d);
            return number ? Maybe(make(*number)) : Maybe();
        };
    };
    switch (type.kind) {
        case TypeKind::Bool:
            return {Value::boolean(false), Value::boolean(true)};
        case TypeKind::Int:
            return numbers(bounds, of_whole([](std::int64_t v) { return Value::integer(v); }));
        case TypeKind::Decimal:
            return numbers(bounds, [](const Decimal& d) { return Maybe(Value::decimal(d)); });
        case TypeKind::Money: {
            const std::string currency = type.currency.empty() ? "EUR" : type.currency;
            return numbers(bounds,
                           [&](const Decimal& d) { return Maybe(Value::money(d, currency)); });
        }
        case TypeKind::Duration:
            return numbers(bounds, of_whole([](std::int64_t v) { return Value::duration(v); }));
        case TypeKind::Date:
            return numbers(bounds, of_whole([](std::int64_t v) {
                               return Value::date(static_cast<std::int32_t>(v));
                           }));
        case TypeKind::Time:
            return numbers(bounds, of_whole([](std::int64_t v) { return Value::time(v); }));
        case TypeKind::Text:
            return texts(bounds);
        case TypeKind::Bytes:
            return {Value::bytes(std::string(bounds.length, '\0'))};
        case TypeKind::Email:
            return {Value::text("someone@example.org")};
        case TypeKind::Url:
            return {Value::text("https://example.org/")};
        case TypeKind::File:
            return {made_up_file()};
        case TypeKind::Json:
        case TypeKind::Optional:
            return {Value::none()};
        case TypeKind::List:
        case TypeKind::Map:
            return repeated(types, type, bounds.length);
        case TypeKind::Record:
            if (auto parts = fields(types, type.fields)) return {Value::record(std::move(*parts))};
            return {};
        case TypeKind::Enum:
            return of_case(types, type);
        default:
            return {};
    }
}

}  // namespace

std::optional<Value> smallest_value(const TypeTable& types, TypeId type) {
    const Bounds bounds = bounds_of(types, type);
    for (auto& value : candidates(types, types[types.base(type)], bounds)) {
        std::vector<PredicateCall> calls;
        if (!check_value(types, type, value, &calls)) return std::move(value);
    }
    return std::nullopt;
}

}  // namespace weft::test
