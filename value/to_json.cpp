// JSON form 1, writing: docs/values.md.
#include "base/check.h"
#include "value/base64.h"
#include "value/currency.h"
#include "value/iso8601.h"
#include "value/json_text.h"
#include "value/shapes.h"
#include "value/type.h"

namespace weft {

namespace {

class JsonWriter {
  public:
    explicit JsonWriter(const TypeTable& types) : types_(types) {}

    void write(TypeId id, const Value& value) {
        const Type& type = types_[id];
        switch (type.kind) {
            case TypeKind::Bool:
                out_ += value.as_bool() ? "true" : "false";
                return;
            case TypeKind::Int:
                return integer(value.as_int());
            case TypeKind::Decimal:
                out_ += value.as_decimal().to_string();
                return;
            case TypeKind::Money:
                return money(value.as_money());
            case TypeKind::Text:
            case TypeKind::Email:
            case TypeKind::Url:
                return text(value.as_text());
            case TypeKind::Bytes:
                return text(to_base64(value.as_text()));
            case TypeKind::Duration:
                return text(duration_text(value.as_int()));
            case TypeKind::Date:
                return text(date_text(static_cast<std::int32_t>(value.as_int())));
            case TypeKind::Time:
                return text(time_text(value.as_int()));
            case TypeKind::File:
                return file(value.items());
            case TypeKind::Json:
                return json(value);
            case TypeKind::List:
                return list(type.element, value.items());
            case TypeKind::Map:
                return map(type.element, value.entries());
            case TypeKind::Optional:
                if (value.is_none()) {
                    out_ += "null";
                } else {
                    write(type.element, value);
                }
                return;
            case TypeKind::Record:
                out_ += '{';
                fields(type.fields, value.items());
                out_ += '}';
                return;
            case TypeKind::Enum:
                return enum_case(type, value.as_case());
            case TypeKind::Refined:
            case TypeKind::Labelled:
                return write(type.element, value);
            case TypeKind::Prompt:
                return prompt(value.items());
        }
    }

    void json(const Value& value) {
        switch (value.tag()) {
            case Tag::None:
                out_ += "null";
                return;
            case Tag::False:
                out_ += "false";
                return;
            case Tag::True:
                out_ += "true";
                return;
            case Tag::Int:
                out_ += std::to_string(value.as_int());
                return;
            case Tag::Decimal:
                out_ += value.as_decimal().to_string();
                return;
            case Tag::Text:
                return text(value.as_text());
            case Tag::List:
                out_ += '[';
                for (const auto& item : value.items()) {
                    comma();
                    json(item);
                }
                out_ += ']';
                return;
            case Tag::Map:
                out_ += '{';
                for (const auto& [key, item] : value.entries()) {
                    name(key);
                    json(item);
                }
                out_ += '}';
                return;
            default:
                WEFT_CHECK(false);
        }
    }

    std::string take() { return std::move(out_); }

  private:
    // Before an element or member: a comma, unless it is the first.
    void comma() {
        if (out_.back() != '[' && out_.back() != '{') out_ += ',';
    }
    void name(std::string_view text) {
        comma();
        write_json_string(text, out_);
        out_ += ':';
    }
    void text(std::string_view v) { write_json_string(v, out_); }

    void integer(std::int64_t v) {
        if (v >= -kSafeIntMax && v <= kSafeIntMax) {
            out_ += std::to_string(v);
        } else {
            text(std::to_string(v));
        }
    }

    void money(const MoneyValue& v) {
        out_ += '{';
        name("amount");
        text(amount_text(v));
        name("currency");
        text({v.currency.data(), v.currency.size()});
        out_ += '}';
    }

    void file(const std::vector<Value>& parts) {
        WEFT_CHECK(parts.size() == kFileMembers.size());
        out_ += '{';
        for (std::size_t i = 0; i < parts.size(); ++i) {
            name(kFileMembers[i]);
            json(parts[i]);
        }
        out_ += '}';
    }

    // The schema is JSON already, kept as text for the order of its members.
    void prompt(const std::vector<Value>& parts) {
        WEFT_CHECK(parts.size() == kPromptMembers.size());
        out_ += '{';
        for (std::size_t i = 0; i < parts.size(); ++i) {
            name(kPromptMembers[i]);
            const auto schema = kPromptMembers[i] == "schema" ? parse_json(parts[i].as_text())
                                                              : std::unexpected(std::string());
            if (schema) {
                write_json(*schema, out_);
            } else {
                json(parts[i]);
            }
        }
        out_ += '}';
    }

    void list(TypeId element, const std::vector<Value>& items) {
        out_ += '[';
        for (const auto& item : items) {
            comma();
            write(element, item);
        }
        out_ += ']';
    }

    void map(TypeId element, const std::vector<MapEntry>& entries) {
        out_ += '{';
        for (const auto& [key, item] : entries) {
            name(key);
            write(element, item);
        }
        out_ += '}';
    }

    // A none that a reader would fill in by itself is left out.
    bool left_out(const FieldType& field, const Value& value) const {
        if (!value.is_none()) return false;
        if (types_[types_.base(field.type)].kind != TypeKind::Optional) return false;
        return !field.default_value || field.default_value->is_none();
    }

    void fields(const std::vector<FieldType>& fields, const std::vector<Value>& values) {
        WEFT_CHECK(fields.size() == values.size());
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (left_out(fields[i], values[i])) continue;
            name(fields[i].json_name);
            write(fields[i].type, values[i]);
        }
    }

    void enum_case(const Type& type, const CaseValue& value) {
        WEFT_CHECK(value.number < type.cases.size());
        const auto& found = type.cases[value.number];
        if (found.fields.empty()) return text(found.name);
        out_ += '{';
        name("case");
        text(found.name);
        fields(found.fields, value.fields);
        out_ += '}';
    }

    const TypeTable& types_;
    std::string out_;
};

}  // namespace

std::string to_json(const TypeTable& types, TypeId type, const Value& value) {
    JsonWriter writer(types);
    writer.write(type, value);
    return writer.take();
}

}  // namespace weft
