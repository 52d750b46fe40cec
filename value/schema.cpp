// JSON Schema (draft 2020-12) of JSON form 1. The strict variant is the part that model providers
// agree on; what it can't say the guard still checks when the reply comes.
#include <algorithm>
#include <map>
#include <set>

#include "value/json_text.h"
#include "value/shapes.h"
#include "value/type.h"

namespace weft {

namespace {

// Everything that a chain of refinements says, in the terms of JSON Schema.
struct Bounds {
    std::optional<Constraint> length;
    std::optional<Constraint> range;
    std::vector<std::string> patterns;
};

// The tighter of two limits on one side; `sign` is 1 for lower limits, -1 for upper ones.
void tighten(std::optional<Decimal>& limit, bool& open, const std::optional<Decimal>& other,
             bool other_open, int sign) {
    if (!other) return;
    const int c = limit ? sign * Decimal::compare(*other, *limit) : 1;
    if (c > 0) open = other_open;
    if (c == 0) open = open || other_open;
    if (c > 0) limit = other;
}

void merge(std::optional<Constraint>& into, const Constraint& constraint) {
    if (!into) {
        into = constraint;
        return;
    }
    tighten(into->min, into->min_open, constraint.min, constraint.min_open, 1);
    tighten(into->max, into->max_open, constraint.max, constraint.max_open, -1);
}

class SchemaWriter {
  public:
    SchemaWriter(const TypeTable& types, bool strict) : types_(types), strict_(strict) {}

    std::string document(TypeId root) {
        std::string out = "{";
        if (!strict_) out += R"("$schema":"https://json-schema.org/draft/2020-12/schema")";
        const auto inside = members(root);
        if (out.back() != '{' && !inside.empty()) out += ',';
        out += inside;
        // Definitions may need more of them; each is written once, in the order of first use.
        std::string defs;
        for (std::size_t i = 0; i < order_.size(); ++i) {
            const TypeId id = order_[i];
            if (i != 0) defs += ',';
            defs += string(names_.at(id)) + ":{" + members(id) + "}";
        }
        if (!defs.empty()) {
            if (out.back() != '{') out += ',';
            out += "\"$defs\":{" + defs + "}";
        }
        return out + "}";
    }

  private:
    static std::string string(std::string_view text) {
        std::string out;
        write_json_string(text, out);
        return out;
    }

    // A named type is written once and referred to.
    std::string schema(TypeId id) {
        while (types_[id].kind == TypeKind::Labelled) id = types_[id].element;
        const Type& type = types_[id];
        if (type.name.empty()) return "{" + members(id) + "}";
        if (!names_.contains(id)) {
            names_.emplace(id, definition_name(type.name));
            order_.push_back(id);
        }
        return "{\"$ref\":" + string("#/$defs/" + names_.at(id)) + "}";
    }

    // Only characters that need no escape in a reference; made unique by a number.
    std::string definition_name(std::string name) {
        for (char& c : name) {
            const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                               (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
            if (!plain) c = '_';
        }
        std::string unique = name;
        for (int i = 2; !taken_.insert(unique).second; ++i) unique = name + "_" + std::to_string(i);
        return unique;
    }

    // The inside of a type's schema, without its braces.
    std::string members(TypeId id) {
        while (types_[id].kind == TypeKind::Labelled) id = types_[id].element;
        const Type& type = types_[id];
        std::string out = body(id);
        if (!type.doc.empty()) {
            if (!out.empty()) out += ',';
            out += "\"description\":" + string(type.doc);
        }
        return out;
    }

    std::string body(TypeId id) {
        const Type& type = types_[id];
        switch (type.kind) {
            case TypeKind::Bool:
                return R"("type":"boolean")";
            case TypeKind::Int:
                return integer({});
            case TypeKind::Decimal:
                return R"("type":"number")";
            case TypeKind::Money:
                return money(type);
            case TypeKind::Text:
                return R"("type":"string")";
            case TypeKind::Bytes:
                return text(R"("contentEncoding":"base64")");
            case TypeKind::Duration:
                return text(R"("format":"duration")");
            case TypeKind::Date:
                return text(R"("format":"date")");
            case TypeKind::Time:
                return text(R"("format":"date-time")");
            case TypeKind::Email:
                return text(R"("format":"email")");
            case TypeKind::Url:
                return text(R"("format":"uri")");
            case TypeKind::File:
                return file();
            case TypeKind::Json:
                return {};
            case TypeKind::List:
                return R"("type":"array","items":)" + schema(type.element);
            case TypeKind::Map:
                return R"("type":"object","additionalProperties":)" + schema(type.element);
            case TypeKind::Optional:
                return "\"anyOf\":[" + schema(type.element) + R"(,{"type":"null"}])";
            case TypeKind::Record:
                return object(type.fields, type.open, {});
            case TypeKind::Enum:
                return cases(type);
            case TypeKind::Refined:
                return refined(id);
            case TypeKind::Labelled:
                return body(type.element);
            case TypeKind::Prompt:
                return prompt();
        }
        return {};
    }

    [[nodiscard]] std::string text(std::string_view extra) const {
        std::string out = R"("type":"string")";
        if (!strict_) out += "," + std::string(extra);
        return out;
    }

    // The form writes a whole number beyond 2^53-1 as text; a range can make that impossible.
    [[nodiscard]] std::string integer(const std::optional<Constraint>& range) const {
        const auto inside = [](const std::optional<Decimal>& bound) {
            const auto limit = Decimal::from_int(kSafeIntMax);
            const auto lowest = Decimal::from_int(-kSafeIntMax);
            return bound && Decimal::compare(*bound, lowest) >= 0 &&
                   Decimal::compare(*bound, limit) <= 0;
        };
        const bool safe = range && inside(range->min) && inside(range->max);
        if (strict_ || safe) return R"("type":"integer")";
        return R"("type":["integer","string"],"pattern":"^-?[0-9]{16,19}$")";
    }

    // The members of an object with a fixed list of required ones.
    static std::string fixed_object(std::string_view properties, std::string_view required) {
        return R"("type":"object","properties":{)" + std::string(properties) + R"(},"required":[)" +
               std::string(required) + R"(],"additionalProperties":false)";
    }

    [[nodiscard]] std::string money(const Type& type) const {
        std::string currency = R"("type":"string")";
        if (!type.currency.empty()) currency += ",\"enum\":[" + string(type.currency) + "]";
        if (type.currency.empty() && !strict_) currency += R"(,"pattern":"^[A-Z]{3}$")";
        const auto amount = text(R"("pattern":"^[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?$")");
        return fixed_object("\"amount\":{" + amount + "},\"currency\":{" + currency + "}",
                            R"("amount","currency")");
    }

    [[nodiscard]] std::string file() const {
        const auto id = text(R"("pattern":"^[0-9a-f]{32}$")");
        const auto sha = text(R"("pattern":"^[0-9a-f]{64}$")");
        const std::string size = strict_ ? "" : R"(,"minimum":0)";
        return fixed_object("\"id\":{" + id + R"(},"name":{"type":"string"},)" +
                                R"("media":{"type":"string"},"size":{"type":"integer")" + size +
                                "},\"sha256\":{" + sha + "}",
                            R"("id","name","media","size","sha256")");
    }

    static std::string prompt() {
        return fixed_object(
            R"("name":{"type":"string"},"template":{"type":"string"},"system":{"type":"string"},)"
            R"("user":{"type":"string"},"schema":{"type":"object"},"inputs":{"type":"object"})",
            R"("name","template","system","user","schema","inputs")");
    }

    // `first` is a member that stands before the fields: a case's name.
    std::string object(const std::vector<FieldType>& fields, bool open, const std::string& first) {
        std::string properties = first.empty() ? "" : "\"case\":{" + first + "}";
        std::string required = first.empty() ? "" : "\"case\"";
        for (const auto& field : fields) {
            if (!properties.empty()) properties += ',';
            properties += string(field.json_name) + ":" + property(field);
            const bool optional = types_[types_.base(field.type)].kind == TypeKind::Optional;
            if (!strict_ && (optional || field.default_value)) continue;
            if (!required.empty()) required += ',';
            required += string(field.json_name);
        }
        std::string out = R"("type":"object","properties":{)" + properties + "}";
        if (!required.empty()) out += ",\"required\":[" + required + "]";
        if (strict_ || !open) out += R"(,"additionalProperties":false)";
        return out;
    }

    std::string property(const FieldType& field) {
        auto out = schema(field.type);
        if (strict_ || !field.default_value) return out;
        out.pop_back();
        if (out.back() != '{') out += ',';
        return out + "\"default\":" + to_json(types_, field.type, *field.default_value) + "}";
    }

    std::string cases(const Type& type) {
        std::string plain;
        std::string with_fields;
        for (const auto& one : type.cases) {
            auto& list = one.fields.empty() ? plain : with_fields;
            if (!list.empty()) list += ',';
            if (one.fields.empty()) {
                list += string(one.name);
            } else {
                const auto name = R"("type":"string","enum":[)" + string(one.name) + "]";
                list += "{" + object(one.fields, false, name) + "}";
            }
        }
        if (!plain.empty()) plain = R"("type":"string","enum":[)" + plain + "]";
        if (with_fields.empty()) return plain;
        if (!plain.empty()) with_fields.insert(0, "{" + plain + "},");
        return "\"anyOf\":[" + with_fields + "]";
    }

    std::string refined(TypeId id) {
        Bounds bounds;
        while (types_[id].kind == TypeKind::Refined || types_[id].kind == TypeKind::Labelled) {
            for (const auto& constraint : types_[id].constraints) collect(constraint, bounds);
            id = types_[id].element;
        }
        const auto kind = types_[id].kind;
        std::string out = kind == TypeKind::Int ? integer(bounds.range) : body(id);
        if (strict_) return out;
        if (bounds.length) out += length(kind, *bounds.length);
        if (bounds.range && (kind == TypeKind::Int || kind == TypeKind::Decimal)) {
            out += limit("minimum", "exclusiveMinimum", bounds.range->min, bounds.range->min_open);
            out += limit("maximum", "exclusiveMaximum", bounds.range->max, bounds.range->max_open);
        }
        if (!bounds.patterns.empty()) {
            std::string all;
            for (const auto& pattern : bounds.patterns) {
                if (!all.empty()) all += ',';
                all += "{\"pattern\":" + string("^(?:" + pattern + ")$") + "}";
            }
            out += ",\"allOf\":[" + all + "]";
        }
        return out;
    }

    static void collect(const Constraint& constraint, Bounds& bounds) {
        switch (constraint.kind) {
            case Constraint::Kind::Length:
                merge(bounds.length, constraint);
                return;
            case Constraint::Kind::Range:
                merge(bounds.range, constraint);
                return;
            case Constraint::Kind::Matches:
                bounds.patterns.push_back(constraint.pattern);
                return;
            case Constraint::Kind::Function:
                return;
        }
    }

    // Lengths of Bytes count bytes, which JSON Schema can't say of base64.
    static std::string length(TypeKind kind, const Constraint& constraint) {
        std::string noun;
        if (kind == TypeKind::Text) noun = "Length";
        if (kind == TypeKind::List) noun = "Items";
        if (kind == TypeKind::Map) noun = "Properties";
        if (noun.empty()) return {};
        const auto whole = [](const std::optional<Decimal>& v, std::int64_t step) {
            const auto number = v ? v->to_int() : std::nullopt;
            return number ? std::to_string(std::max<std::int64_t>(0, *number + step)) : "";
        };
        std::string out;
        const auto min = whole(constraint.min, constraint.min_open ? 1 : 0);
        const auto max = whole(constraint.max, constraint.max_open ? -1 : 0);
        if (!min.empty() && min != "0") out += ",\"min" + noun + "\":" + min;
        if (!max.empty()) out += ",\"max" + noun + "\":" + max;
        return out;
    }

    // A limit as the keyword `closed`, or as the exclusive one where the end doesn't belong to it.
    static std::string limit(std::string_view closed, std::string_view exclusive,
                             const std::optional<Decimal>& bound, bool open) {
        if (!bound) return {};
        return ",\"" + std::string(open ? exclusive : closed) + "\":" + bound->to_string();
    }

    const TypeTable& types_;
    bool strict_;
    std::map<TypeId, std::string> names_;
    std::set<std::string> taken_;
    std::vector<TypeId> order_;
};

}  // namespace

std::string json_schema(const TypeTable& types, TypeId type, bool strict) {
    return SchemaWriter(types, strict).document(type);
}

}  // namespace weft
