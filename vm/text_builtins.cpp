// Built-ins on text, and how values stand in holes. Bytewise, with ASCII rules only: no locale, no
// table of some Unicode version.
#include <algorithm>
#include <optional>
#include <set>

#include "value/currency.h"
#include "value/iso8601.h"
#include "value/type.h"
#include "value/utf8.h"
#include "vm/builtins.h"

namespace weft::vm {
namespace {

std::unexpected<std::string> too_large() {
    return std::unexpected(std::string("the text is larger than 16 MiB"));
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

Value mapped(std::string text, char (*letter)(char)) {
    std::ranges::transform(text, text.begin(), letter);
    return Value::text(std::move(text));
}

Value trim(std::string_view text) {
    constexpr std::string_view kSpace = " \t\n\r\f\v";
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return Value::text("");
    return Value::text(std::string(text.substr(first, text.find_last_not_of(kSpace) - first + 1)));
}

Checked<Value> split(std::string_view text, std::string_view separator) {
    std::vector<Value> out;
    for (;;) {
        const auto at = separator.empty() ? std::string_view::npos : text.find(separator);
        out.push_back(Value::text(std::string(text.substr(0, at))));
        if (at == std::string_view::npos) return Value::list(std::move(out));
        if (out.size() == kListLengthMax)
            return std::unexpected(std::string("the list is too long"));
        text.remove_prefix(at + separator.size());
    }
}

Checked<Value> replace(std::string_view text, std::string_view old, std::string_view with) {
    std::string out;
    for (;;) {
        const auto at = old.empty() ? std::string_view::npos : text.find(old);
        out += text.substr(0, at);
        if (at == std::string_view::npos) break;
        out += with;
        if (out.size() > kValueSizeMax) return too_large();
        text.remove_prefix(at + old.size());
    }
    return Value::text(std::move(out));
}

// Runs of letters, digits and whatever isn't ASCII, in lower case.
std::set<std::string> words(std::string_view text) {
    std::set<std::string> out;
    std::string word;
    const auto close = [&] {
        if (!word.empty()) out.insert(std::move(word));
        word.clear();
    };
    for (char letter : text) {
        const char small = lower(letter);
        const bool in_word = (small >= 'a' && small <= 'z') || (small >= '0' && small <= '9') ||
                             static_cast<unsigned char>(small) >= 0x80;
        if (in_word) {
            word.push_back(small);
        } else {
            close();
        }
    }
    close();
    return out;
}

// Byte position of a code point, or the end.
std::size_t position(std::string_view text, std::int64_t index) {
    std::size_t at = 0;
    while (at < text.size() && index > 0) {
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
        --index;
    }
    return at;
}

Value slice(std::string_view text, std::int64_t start, std::int64_t count) {
    const auto rest = text.substr(position(text, start));
    return Value::text(std::string(rest.substr(0, position(rest, count))));
}

Checked<Value> join(const Value& list, const Value& separator) {
    const auto& items = list.items();
    return concatenate(items, separator.as_text());
}

bool tags_are(std::span<const Value> values, std::initializer_list<Tag> tags) {
    return std::ranges::equal(values, tags, {}, &Value::tag);
}

}  // namespace

Checked<Value> concatenate(std::span<const Value> texts, std::string_view separator) {
    std::uint64_t size = 0;
    for (const auto& text : texts) {
        if (text.tag() != Tag::Text)
            return std::unexpected(std::string("a part of a text is no text"));
        size += text.as_text().size() + separator.size();
    }
    if (size > kValueSizeMax) return too_large();
    std::string out;
    out.reserve(size);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (i > 0) out += separator;
        out += texts[i].as_text();
    }
    return Value::text(std::move(out));
}

std::optional<Checked<Value>> call_text_builtin(BuiltinFunction function,
                                                std::span<const Value> arguments) {
    const auto unfit = [] {
        return std::unexpected(std::string("the function is not defined for these values"));
    };
    const auto text = [&](std::size_t i) -> const std::string& { return arguments[i].as_text(); };
    switch (function) {
        case BuiltinFunction::Length:
        case BuiltinFunction::Lower:
        case BuiltinFunction::Upper:
        case BuiltinFunction::Trim:
            if (!tags_are(arguments, {Tag::Text})) return unfit();
            if (function == BuiltinFunction::Length) {
                return Value::integer(static_cast<std::int64_t>(count_code_points(text(0))));
            }
            if (function == BuiltinFunction::Trim) return trim(text(0));
            return mapped(text(0), function == BuiltinFunction::Lower ? lower : upper);
        case BuiltinFunction::Split:
        case BuiltinFunction::Mentions:
        case BuiltinFunction::StartsWith:
        case BuiltinFunction::EndsWith:
            if (!tags_are(arguments, {Tag::Text, Tag::Text})) return unfit();
            if (function == BuiltinFunction::Split) return split(text(0), text(1));
            if (function == BuiltinFunction::Mentions) {
                return Value::boolean(std::ranges::includes(words(text(0)), words(text(1))));
            }
            return Value::boolean(function == BuiltinFunction::StartsWith
                                      ? text(0).starts_with(text(1))
                                      : text(0).ends_with(text(1)));
        case BuiltinFunction::Join:
            if (!tags_are(arguments, {Tag::List, Tag::Text})) return unfit();
            return join(arguments[0], arguments[1]);
        case BuiltinFunction::Replace:
            if (!tags_are(arguments, {Tag::Text, Tag::Text, Tag::Text})) return unfit();
            return replace(text(0), text(1), text(2));
        case BuiltinFunction::Slice:
            if (!tags_are(arguments, {Tag::Text, Tag::Int, Tag::Int})) return unfit();
            return slice(text(0), arguments[1].as_int(), arguments[2].as_int());
        default:
            return std::nullopt;
    }
}

namespace {

std::string money_text(const MoneyValue& money) {
    return amount_text(money) + " " + std::string(money.currency.data(), money.currency.size());
}

// The text of a value that needs no type to be written.
std::optional<std::string> scalar_text(const Value& value) {
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
            return money_text(value.as_money());
        case Tag::Text:
            return value.as_text();
        case Tag::Duration:
            return duration_text(value.as_int());
        case Tag::Date:
            return date_text(static_cast<std::int32_t>(value.as_int()));
        case Tag::Time:
            return time_text(value.as_int());
        default:
            return std::nullopt;
    }
}

}  // namespace

Checked<Value> hole_text(const TypeTable& types, TypeId type, const Value& value) {
    if (value.tag() == Tag::Text) return value;
    if (value.tag() == Tag::Case) {
        const auto& found = types[types.base(type)];
        const auto number = value.as_case().number;
        if (found.kind != TypeKind::Enum || number >= found.cases.size()) {
            return std::unexpected(std::string("the value is not of its type"));
        }
        return Value::text(found.cases[number].name);
    }
    auto text = scalar_text(value);
    if (!text) return std::unexpected(std::string("a value of this type can't stand in a text"));
    return Value::text(*std::move(text));
}

}  // namespace weft::vm
