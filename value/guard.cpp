// The guard of a boundary: whether a value has the shape of a type and keeps its refinements.
#include <optional>

#include "value/currency.h"
#include "value/path.h"
#include "value/pattern.h"
#include "value/shapes.h"
#include "value/type.h"
#include "value/utf8.h"

namespace weft {

namespace {

// The number that a range is about: whole milliseconds of a Duration, days of a Date and so on.
std::optional<Decimal> number_of(const Value& value) {
    switch (value.tag()) {
        case Tag::Int:
        case Tag::Duration:
        case Tag::Date:
        case Tag::Time:
            return Decimal::from_int(value.as_int());
        case Tag::Decimal:
            return value.as_decimal();
        case Tag::Money:
            return value.as_money().amount;
        default:
            return std::nullopt;
    }
}

std::optional<Decimal> length_of(const Value& value) {
    std::size_t length = 0;
    switch (value.tag()) {
        case Tag::Text:
            length = count_code_points(value.as_text());
            break;
        case Tag::Bytes:
            length = value.as_text().size();
            break;
        case Tag::List:
            length = value.items().size();
            break;
        case Tag::Map:
            length = value.entries().size();
            break;
        default:
            return std::nullopt;
    }
    return Decimal::from_int(static_cast<std::int64_t>(length));
}

std::string bounds_text(const Constraint& constraint) {
    const auto side = [](const Decimal& bound, bool open, const char* closed_text,
                         const char* open_text) {
        return std::string(open ? open_text : closed_text) + bound.to_string();
    };
    std::string out;
    if (constraint.min) out = side(*constraint.min, constraint.min_open, "at least ", "more than ");
    if (constraint.min && constraint.max) out += " and ";
    if (constraint.max) out += side(*constraint.max, constraint.max_open, "at most ", "less than ");
    return out;
}

bool within(const Constraint& constraint, const Decimal& number) {
    if (constraint.min) {
        const int c = Decimal::compare(number, *constraint.min);
        if (c < 0 || (c == 0 && constraint.min_open)) return false;
    }
    if (constraint.max) {
        const int c = Decimal::compare(number, *constraint.max);
        if (c > 0 || (c == 0 && constraint.max_open)) return false;
    }
    return true;
}

class Guard {
  public:
    Guard(const TypeTable& types, std::vector<PredicateCall>* calls)
        : types_(types), calls_(calls) {}

    bool check(TypeId id, const Value& value) {
        const Type& type = types_[id];
        switch (type.kind) {
            case TypeKind::Bool:
                return value.tag() == Tag::True || value.tag() == Tag::False || wrong(id);
            case TypeKind::Int:
                return expect(id, value, Tag::Int);
            case TypeKind::Decimal:
                return expect(id, value, Tag::Decimal);
            case TypeKind::Money:
                return money(id, value);
            case TypeKind::Text:
                return expect(id, value, Tag::Text);
            case TypeKind::Bytes:
                return expect(id, value, Tag::Bytes);
            case TypeKind::Duration:
                return expect(id, value, Tag::Duration);
            case TypeKind::Date:
                return expect(id, value, Tag::Date);
            case TypeKind::Time:
                return expect(id, value, Tag::Time);
            case TypeKind::File:
                return file(id, value);
            case TypeKind::Json:
                return json(value);
            case TypeKind::Email:
                return expect(id, value, Tag::Text) &&
                       (is_email(value.as_text()) || misfit("not an email address"));
            case TypeKind::Url:
                return expect(id, value, Tag::Text) &&
                       (is_url(value.as_text()) || misfit("not a URL with a scheme and a host"));
            case TypeKind::List:
                return list(id, value);
            case TypeKind::Map:
                return map(id, value);
            case TypeKind::Optional:
                return value.is_none() || check(type.element, value);
            case TypeKind::Record:
                return expect(id, value, Tag::Record) && fields(id, type.fields, value.items());
            case TypeKind::Enum:
                return enum_case(id, value);
            case TypeKind::Refined:
                return refined(type, value);
            case TypeKind::Labelled:
                return check(type.element, value);
            case TypeKind::Prompt:
                return prompt(id, value);
        }
        return wrong(id);
    }

    std::optional<Misfit> take() { return std::move(misfit_); }

  private:
    bool misfit(std::string message) {
        misfit_ = Misfit{path_.text(), std::move(message), false};
        return false;
    }
    bool wrong(TypeId id) { return misfit("not a value of type " + types_.text(id)); }
    bool expect(TypeId id, const Value& value, Tag tag) { return value.tag() == tag || wrong(id); }

    bool money(TypeId id, const Value& value) {
        if (!expect(id, value, Tag::Money)) return false;
        const auto& wanted = types_[id].currency;
        const auto& currency = value.as_money().currency;
        const std::string_view code(currency.data(), currency.size());
        if (wanted.empty() || wanted == code) return true;
        return misfit("expected " + wanted + ", found " + std::string(code));
    }

    bool file(TypeId id, const Value& value) {
        if (!expect(id, value, Tag::Record)) return false;
        const auto& parts = value.items();
        if (parts.size() != kFileMembers.size()) return wrong(id);
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const Tag tag = kFileMembers[i] == "size" ? Tag::Int : Tag::Text;
            if (parts[i].tag() != tag) return wrong(id);
        }
        if (!is_hex(parts[0].as_text(), 32)) return misfit("the id of a File is 32 hex digits");
        if (parts[3].as_int() < 0) return misfit("the size of a File is negative");
        return is_hex(parts[4].as_text(), 64) || misfit("the sha256 of a File is 64 hex digits");
    }

    bool json(const Value& value) {
        switch (value.tag()) {
            case Tag::None:
            case Tag::False:
            case Tag::True:
            case Tag::Int:
            case Tag::Decimal:
            case Tag::Text:
                return true;
            case Tag::List:
                for (std::size_t i = 0; i < value.items().size(); ++i) {
                    const auto part = path_.index(i);
                    if (!json(value.items()[i])) return false;
                }
                return true;
            case Tag::Map:
                for (const auto& [key, item] : value.entries()) {
                    const auto part = path_.member(key);
                    if (!json(item)) return false;
                }
                return true;
            default:
                return misfit("not a value of type Json");
        }
    }

    bool list(TypeId id, const Value& value) {
        if (!expect(id, value, Tag::List)) return false;
        if (value.items().size() > kListLengthMax) {
            misfit_ = Misfit{path_.text(), "more than 1,000,000 elements", true};
            return false;
        }
        for (std::size_t i = 0; i < value.items().size(); ++i) {
            const auto part = path_.index(i);
            if (!check(types_[id].element, value.items()[i])) return false;
        }
        return true;
    }

    bool map(TypeId id, const Value& value) {
        if (!expect(id, value, Tag::Map)) return false;
        for (const auto& [key, item] : value.entries()) {
            const auto part = path_.key(key);
            if (!check(types_[id].element, item)) return false;
        }
        return true;
    }

    bool fields(TypeId id, const std::vector<FieldType>& fields, const std::vector<Value>& values) {
        if (fields.size() != values.size()) return wrong(id);
        for (std::size_t i = 0; i < fields.size(); ++i) {
            const auto part = path_.member(fields[i].json_name);
            if (!check(fields[i].type, values[i])) return false;
        }
        return true;
    }

    bool enum_case(TypeId id, const Value& value) {
        if (!expect(id, value, Tag::Case)) return false;
        const auto& found = value.as_case();
        if (found.number >= types_[id].cases.size()) return wrong(id);
        return fields(id, types_[id].cases[found.number].fields, found.fields);
    }

    bool prompt(TypeId id, const Value& value) {
        if (!expect(id, value, Tag::Record)) return false;
        const auto& parts = value.items();
        if (parts.size() != kPromptMembers.size()) return wrong(id);
        for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
            if (parts[i].tag() != Tag::Text) return wrong(id);
        }
        const auto part = path_.member(kPromptMembers.back());
        return json(parts.back());
    }

    bool refined(const Type& type, const Value& value) {
        if (!check(type.element, value)) return false;
        for (const auto& constraint : type.constraints) {
            if (!keeps(constraint, value)) return false;
        }
        return true;
    }

    bool keeps(const Constraint& constraint, const Value& value) {
        switch (constraint.kind) {
            case Constraint::Kind::Length: {
                const auto length = length_of(value);
                if (!length) return misfit("a value without length");
                return within(constraint, *length) ||
                       misfit("its length is " + length->to_string() + ", not " +
                              bounds_text(constraint));
            }
            case Constraint::Kind::Range: {
                const auto number = number_of(value);
                if (!number) return misfit("a value that isn't a number");
                return within(constraint, *number) || misfit("not " + bounds_text(constraint));
            }
            case Constraint::Kind::Matches:
                if (value.tag() != Tag::Text) return misfit("a value that isn't text");
                return pattern_matches(constraint.pattern, value.as_text()) ||
                       misfit("does not match /" + constraint.pattern + "/");
            case Constraint::Kind::Function:
                if (calls_ != nullptr) {
                    calls_->push_back({constraint.function, value, path_.text()});
                }
                return true;
        }
        return misfit("an unknown constraint");
    }

    const TypeTable& types_;
    std::vector<PredicateCall>* calls_;
    Path path_;
    std::optional<Misfit> misfit_;
};

}  // namespace

std::optional<Misfit> check_value(const TypeTable& types, TypeId type, const Value& value,
                                  std::vector<PredicateCall>* calls) {
    if (value.tree_size() > kValueSizeMax) return Misfit{{}, "larger than 16 MiB", true};
    if (value.depth() > kValueDepthMax) return Misfit{{}, "nested deeper than 64", true};
    Guard guard(types, calls);
    guard.check(type, value);
    return guard.take();
}

}  // namespace weft
