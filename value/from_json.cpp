// JSON form 1, reading: the shape is built here, refinements are left to the guard (guard.cpp).
#include <algorithm>

#include "base/diagnostic.h"
#include "value/base64.h"
#include "value/currency.h"
#include "value/iso8601.h"
#include "value/json_text.h"
#include "value/path.h"
#include "value/shapes.h"
#include "value/type.h"

namespace weft {

namespace {

using Kind = JsonNode::Kind;

std::string_view kind_text(Kind kind) {
    switch (kind) {
        case Kind::Null:
            return "null";
        case Kind::False:
        case Kind::True:
            return "a boolean";
        case Kind::Number:
            return "a number";
        case Kind::Text:
            return "text";
        case Kind::Array:
            return "an array";
        case Kind::Object:
            return "an object";
    }
    return "nothing";
}

const JsonNode* member(const JsonNode& object, std::string_view name) {
    const auto found = std::find(object.names.begin(), object.names.end(), name);
    if (found == object.names.end()) return nullptr;
    return &object.items[static_cast<std::size_t>(found - object.names.begin())];
}

// A number of Json: Int while it is whole and fits, so that 1 and 1.0 are one value.
std::optional<Value> number_value(const std::string& text) {
    const auto number = Decimal::parse(text);
    if (!number) return std::nullopt;
    const auto whole = number->to_int();
    return whole ? Value::integer(*whole) : Value::decimal(*number);
}

class JsonReader {
  public:
    explicit JsonReader(const TypeTable& types) : types_(types) {}

    bool read(TypeId id, const JsonNode& node, Value& out) {
        const Type& type = types_[id];
        switch (type.kind) {
            case TypeKind::Bool:
                if (node.kind != Kind::True && node.kind != Kind::False) return wrong(id, node);
                out = Value::boolean(node.kind == Kind::True);
                return true;
            case TypeKind::Int:
                return integer(id, node, out);
            case TypeKind::Decimal:
                return decimal(id, node, out);
            case TypeKind::Money:
                return money(id, node, out);
            case TypeKind::Text:
            case TypeKind::Email:
            case TypeKind::Url:
                if (node.kind != Kind::Text) return wrong(id, node);
                out = Value::text(node.text);
                return true;
            case TypeKind::Bytes:
            case TypeKind::Duration:
            case TypeKind::Date:
            case TypeKind::Time:
                return spelled(id, node, out);
            case TypeKind::File:
                return file(id, node, out);
            case TypeKind::Json:
                return json(node, out);
            case TypeKind::List:
                return list(id, node, out);
            case TypeKind::Map:
                return map(id, node, out);
            case TypeKind::Optional:
                if (node.kind != Kind::Null) return read(type.element, node, out);
                out = Value::none();
                return true;
            case TypeKind::Record:
                return record(id, node, out);
            case TypeKind::Enum:
                return enum_case(id, node, out);
            case TypeKind::Refined:
            case TypeKind::Labelled:
                return read(type.element, node, out);
            case TypeKind::Prompt:
                return prompt(id, node, out);
        }
        return wrong(id, node);
    }

    Misfit take() { return std::move(misfit_); }

  private:
    bool misfit(std::string message) {
        misfit_ = Misfit{path_.text(), std::move(message), false};
        return false;
    }
    bool wrong(TypeId id, const JsonNode& node) {
        return misfit("expected " + types_.text(id) + ", found " +
                      std::string(kind_text(node.kind)));
    }
    bool long_list() {
        misfit_ = Misfit{path_.text(), "more than 1,000,000 elements", true};
        return false;
    }

    // As a number of any size, or as text where the form writes text.
    bool integer(TypeId id, const JsonNode& node, Value& out) {
        if (node.kind != Kind::Number && node.kind != Kind::Text) return wrong(id, node);
        const auto number = Decimal::parse(node.text);
        const auto whole = number ? number->to_int() : std::nullopt;
        if (node.kind == Kind::Text) {
            const bool large = whole && (*whole > kSafeIntMax || *whole < -kSafeIntMax);
            if (!large || std::to_string(*whole) != node.text) return wrong(id, node);
        }
        if (!whole) return misfit("not a whole number of 64 bits");
        out = Value::integer(*whole);
        return true;
    }

    bool decimal(TypeId id, const JsonNode& node, Value& out) {
        if (node.kind != Kind::Number) return wrong(id, node);
        const auto number = Decimal::parse(node.text);
        if (!number) return misfit("more digits than a Decimal holds");
        out = Value::decimal(*number);
        return true;
    }

    bool money(TypeId id, const JsonNode& node, Value& out) {
        if (node.kind != Kind::Object) return wrong(id, node);
        if (!only_members(node, {"amount", "currency"})) return false;
        const auto* amount = member(node, "amount");
        const auto* currency = member(node, "currency");
        if (amount == nullptr || currency == nullptr) {
            return misfit("Money is an object with amount and currency");
        }
        if (amount->kind != Kind::Text || currency->kind != Kind::Text) {
            return misfit("amount and currency of Money are text");
        }
        const auto number = Decimal::parse(amount->text);
        if (!number) return misfit("the amount isn't a decimal number");
        if (!is_currency(currency->text)) return misfit("the currency isn't a three-letter code");
        out = Value::money(*number, currency->text);
        return true;
    }

    // Types whose JSON is text in a spelling of their own.
    bool spelled(TypeId id, const JsonNode& node, Value& out) {
        if (node.kind != Kind::Text) return wrong(id, node);
        switch (types_[id].kind) {
            case TypeKind::Bytes: {
                auto bytes = from_base64(node.text);
                if (!bytes) return misfit("not base64 with padding");
                out = Value::bytes(std::move(*bytes));
                return true;
            }
            case TypeKind::Duration: {
                const auto ms = parse_duration(node.text);
                if (!ms) return misfit("not an ISO 8601 duration, such as PT5M");
                out = Value::duration(*ms);
                return true;
            }
            case TypeKind::Date: {
                const auto days = parse_date(node.text);
                if (!days) return misfit("not an ISO 8601 date, such as 2026-01-31");
                out = Value::date(*days);
                return true;
            }
            default: {
                const auto ms = parse_time(node.text);
                if (!ms) return misfit("not an ISO 8601 time, such as 2026-01-31T10:00:00Z");
                out = Value::time(*ms);
                return true;
            }
        }
    }

    bool file(TypeId id, const JsonNode& node, Value& out) {
        if (node.kind != Kind::Object) return wrong(id, node);
        if (!only_members(node, {kFileMembers.begin(), kFileMembers.end()})) return false;
        std::vector<Value> parts;
        for (const auto name : kFileMembers) {
            const auto part = path_.member(name);
            const auto* found = member(node, name);
            if (found == nullptr) return misfit("missing");
            Value value;
            if (!json(*found, value)) return false;
            parts.push_back(std::move(value));
        }
        out = Value::record(std::move(parts));
        return true;
    }

    bool json(const JsonNode& node, Value& out) {
        switch (node.kind) {
            case Kind::Null:
                out = Value::none();
                return true;
            case Kind::False:
                out = Value::boolean(false);
                return true;
            case Kind::True:
                out = Value::boolean(true);
                return true;
            case Kind::Text:
                out = Value::text(node.text);
                return true;
            case Kind::Number: {
                auto number = number_value(node.text);
                if (!number) return misfit("more digits than a Decimal holds");
                out = std::move(*number);
                return true;
            }
            case Kind::Array: {
                if (node.items.size() > kListLengthMax) return long_list();
                std::vector<Value> items(node.items.size());
                for (std::size_t i = 0; i < items.size(); ++i) {
                    const auto part = path_.index(i);
                    if (!json(node.items[i], items[i])) return false;
                }
                out = Value::list(std::move(items));
                return true;
            }
            case Kind::Object: {
                if (node.items.size() > kListLengthMax) return long_list();
                std::vector<MapEntry> entries(node.items.size());
                for (std::size_t i = 0; i < entries.size(); ++i) {
                    const auto part = path_.member(node.names[i]);
                    entries[i].first = node.names[i];
                    if (!json(node.items[i], entries[i].second)) return false;
                }
                out = Value::map(std::move(entries));
                return true;
            }
        }
        return misfit("not JSON");
    }

    bool list(TypeId id, const JsonNode& node, Value& out) {
        if (node.kind != Kind::Array) return wrong(id, node);
        if (node.items.size() > kListLengthMax) return long_list();
        std::vector<Value> items(node.items.size());
        for (std::size_t i = 0; i < items.size(); ++i) {
            const auto part = path_.index(i);
            if (!read(types_[id].element, node.items[i], items[i])) return false;
        }
        out = Value::list(std::move(items));
        return true;
    }

    bool map(TypeId id, const JsonNode& node, Value& out) {
        if (node.kind != Kind::Object) return wrong(id, node);
        if (node.items.size() > kListLengthMax) return long_list();
        std::vector<MapEntry> entries(node.items.size());
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const auto part = path_.key(node.names[i]);
            entries[i].first = node.names[i];
            if (!read(types_[id].element, node.items[i], entries[i].second)) return false;
        }
        out = Value::map(std::move(entries));
        return true;
    }

    // A misfit for the first member that `known` doesn't name.
    bool only_members(const JsonNode& node, const std::vector<std::string_view>& known) {
        for (const auto& name : node.names) {
            if (std::find(known.begin(), known.end(), name) != known.end()) continue;
            constexpr std::size_t kQuotedMax = 64;
            if (name.size() > kQuotedMax) return misfit("an unknown member with a long name");
            const auto near = nearest(name, {known.begin(), known.end()});
            return misfit("unknown member `" + name + "`" +
                          (near ? "; did you mean `" + *near + "`?" : ""));
        }
        return true;
    }

    bool fields(const std::vector<FieldType>& fields, const JsonNode& node,
                std::vector<Value>& out) {
        out.resize(fields.size());
        for (std::size_t i = 0; i < fields.size(); ++i) {
            const auto part = path_.member(fields[i].json_name);
            const auto* found = member(node, fields[i].json_name);
            if (found != nullptr) {
                if (!read(fields[i].type, *found, out[i])) return false;
            } else if (fields[i].default_value) {
                out[i] = *fields[i].default_value;
            } else if (types_[types_.base(fields[i].type)].kind != TypeKind::Optional) {
                return misfit("missing");
            }
        }
        return true;
    }

    bool record(TypeId id, const JsonNode& node, Value& out) {
        const Type& type = types_[id];
        if (node.kind != Kind::Object) return wrong(id, node);
        std::vector<std::string_view> known;
        for (const auto& field : type.fields) known.push_back(field.json_name);
        if (!type.open && !only_members(node, known)) return false;
        std::vector<Value> values;
        if (!fields(type.fields, node, values)) return false;
        out = Value::record(std::move(values));
        return true;
    }

    bool enum_case(TypeId id, const JsonNode& node, Value& out) {
        const auto* name = node.kind == Kind::Object ? member(node, "case") : &node;
        if (name == nullptr || name->kind != Kind::Text) return wrong(id, node);
        const auto& cases = types_[id].cases;
        const auto found = std::find_if(cases.begin(), cases.end(), [&](const CaseType& one) {
            return one.name == name->text;
        });
        if (found == cases.end()) return unknown_case(id, name->text);
        const bool bare = node.kind == Kind::Text;
        if (bare != found->fields.empty()) {
            return misfit("case " + found->name + (bare ? " has fields" : " has no fields"));
        }
        const auto number = static_cast<std::uint32_t>(found - cases.begin());
        std::vector<Value> values;
        if (!bare) {
            std::vector<std::string_view> known = {"case"};
            for (const auto& field : found->fields) known.push_back(field.json_name);
            if (!only_members(node, known) || !fields(found->fields, node, values)) return false;
        }
        out = Value::enum_case(number, std::move(values));
        return true;
    }

    bool unknown_case(TypeId id, const std::string& name) {
        std::vector<std::string> names;
        for (const auto& one : types_[id].cases) names.push_back(one.name);
        const auto near = nearest(name, names);
        return misfit("not a case of " + types_.text(id) +
                      (near ? "; did you mean `" + *near + "`?" : ""));
    }

    bool prompt(TypeId id, const JsonNode& node, Value& out) {
        if (node.kind != Kind::Object) return wrong(id, node);
        if (!only_members(node, {kPromptMembers.begin(), kPromptMembers.end()})) return false;
        std::vector<Value> parts;
        for (const auto name : kPromptMembers) {
            const auto part = path_.member(name);
            const auto* found = member(node, name);
            if (found == nullptr) return misfit("missing");
            Value value;
            if (name == "schema") {
                std::string schema;
                write_json(*found, schema);
                value = Value::text(std::move(schema));
            } else if (!json(*found, value)) {
                return false;
            }
            parts.push_back(std::move(value));
        }
        out = Value::record(std::move(parts));
        return true;
    }

    const TypeTable& types_;
    Path path_;
    Misfit misfit_;
};

}  // namespace

std::expected<Value, Misfit> from_json(const TypeTable& types, TypeId type, std::string_view json,
                                       std::vector<PredicateCall>* calls) {
    auto node = parse_json(json);
    if (!node) return std::unexpected(Misfit{{}, std::move(node).error(), false});
    JsonReader reader(types);
    Value value;
    if (!reader.read(type, *node, value)) return std::unexpected(reader.take());
    if (auto misfit = check_value(types, type, value, calls)) {
        return std::unexpected(std::move(*misfit));
    }
    return value;
}

}  // namespace weft
