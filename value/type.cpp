#include "value/type.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "value/currency.h"
#include "value/utf8.h"

namespace weft {

namespace {

void write_bool(ByteWriter& out, bool v) {
    out.u8(v ? 1 : 0);
}

void write_bound(ByteWriter& out, const std::optional<Decimal>& bound, bool open) {
    write_bool(out, bound.has_value());
    write_bool(out, open);
    if (bound) out.raw(view(bound->to_bytes()));
}

void write_constraint(ByteWriter& out, const Constraint& constraint) {
    out.u8(static_cast<std::uint8_t>(constraint.kind));
    write_bound(out, constraint.min, constraint.min_open);
    write_bound(out, constraint.max, constraint.max_open);
    out.block(constraint.pattern);
    out.u32(constraint.function);
}

void write_fields(ByteWriter& out, const std::vector<FieldType>& fields) {
    out.u32(static_cast<std::uint32_t>(fields.size()));
    for (const auto& field : fields) {
        out.block(field.name);
        out.block(field.json_name);
        out.u32(field.type.index);
        write_bool(out, field.default_value.has_value());
        if (field.default_value) out.block(canonical(*field.default_value));
    }
}

std::string encode_type(const Type& type) {
    ByteWriter out;
    out.u8(static_cast<std::uint8_t>(type.kind));
    out.block(type.name);
    out.block(type.doc);
    out.block(type.currency);
    out.u32(type.element.index);
    write_fields(out, type.fields);
    write_bool(out, type.open);
    out.u32(static_cast<std::uint32_t>(type.cases.size()));
    for (const auto& enum_case : type.cases) {
        out.block(enum_case.name);
        write_fields(out, enum_case.fields);
    }
    out.u32(static_cast<std::uint32_t>(type.constraints.size()));
    for (const auto& constraint : type.constraints) write_constraint(out, constraint);
    out.u8(static_cast<std::uint8_t>(type.label));
    return out.take();
}

class TypeReader {
  public:
    explicit TypeReader(std::string_view bytes) : in_(bytes) {}

    [[nodiscard]] bool at_end() const { return in_.at_end(); }
    bool read(Type& out) {
        const auto kind = in_.u8();
        if (kind > static_cast<std::uint8_t>(TypeKind::Prompt)) return false;
        out.kind = static_cast<TypeKind>(kind);
        out.name = text();
        out.doc = text();
        out.currency = text();
        out.element = TypeId{in_.u32()};
        out.fields = fields();
        out.open = boolean();
        const auto cases = in_.u32();
        for (std::uint32_t i = 0; i < cases && in_.ok(); ++i) {
            CaseType enum_case;
            enum_case.name = text();
            enum_case.fields = fields();
            out.cases.push_back(std::move(enum_case));
        }
        const auto constraints = in_.u32();
        for (std::uint32_t i = 0; i < constraints && in_.ok(); ++i) {
            out.constraints.push_back(constraint());
        }
        const auto label = in_.u8();
        if (label > static_cast<std::uint8_t>(LabelKind::Untrusted)) return false;
        out.label = static_cast<LabelKind>(label);
        return in_.ok();
    }
    std::uint32_t u32() { return in_.u32(); }

  private:
    std::string text() {
        auto bytes = in_.block();
        if (!is_utf8(bytes)) in_.set_bad();
        return std::string(bytes);
    }
    bool boolean() {
        const auto v = in_.u8();
        if (v > 1) in_.set_bad();
        return v == 1;
    }
    std::vector<FieldType> fields() {
        std::vector<FieldType> out;
        const auto count = in_.u32();
        for (std::uint32_t i = 0; i < count && in_.ok(); ++i) {
            FieldType field;
            field.name = text();
            field.json_name = text();
            field.type = TypeId{in_.u32()};
            if (boolean()) {
                field.default_value.emplace();
                if (!decode_canonical(in_.block(), *field.default_value)) in_.set_bad();
            }
            out.push_back(std::move(field));
        }
        return out;
    }
    void bound(std::optional<Decimal>& value, bool& open) {
        const bool present = boolean();
        open = boolean();
        if (!present) return;
        value = Decimal::from_bytes(to_array<16>(in_.raw(16)));
        if (!value) in_.set_bad();
    }
    Constraint constraint() {
        Constraint out;
        const auto kind = in_.u8();
        if (kind > static_cast<std::uint8_t>(Constraint::Kind::Function)) in_.set_bad();
        out.kind = static_cast<Constraint::Kind>(kind);
        bound(out.min, out.min_open);
        bound(out.max, out.max_open);
        out.pattern = text();
        out.function = in_.u32();
        return out;
    }

    ByteReader in_;
};

bool has_element(TypeKind kind) {
    switch (kind) {
        case TypeKind::List:
        case TypeKind::Map:
        case TypeKind::Optional:
        case TypeKind::Refined:
        case TypeKind::Labelled:
        case TypeKind::Prompt:
            return true;
        default:
            return false;
    }
}

// Whether every part that the type has belongs to its kind, and every type that it names is one of
// the `count` before it.
bool well_formed(const Type& type, std::size_t count) {
    if (has_element(type.kind) ? type.element.index >= count : type.element.has_value())
        return false;
    // A prompt's fields are its inputs.
    const bool has_fields = type.kind == TypeKind::Record || type.kind == TypeKind::Prompt;
    if (!has_fields && !type.fields.empty()) return false;
    if (type.kind != TypeKind::Record && type.open) return false;
    if (type.kind != TypeKind::Enum && !type.cases.empty()) return false;
    if (type.kind != TypeKind::Refined && !type.constraints.empty()) return false;
    if (type.kind != TypeKind::Labelled && type.label != LabelKind::Pii) return false;
    const bool money = type.kind == TypeKind::Money;
    if (!type.currency.empty() && !(money && is_currency(type.currency))) return false;
    const auto known = [count](const FieldType& field) { return field.type.index < count; };
    if (!std::all_of(type.fields.begin(), type.fields.end(), known)) return false;
    return std::all_of(type.cases.begin(), type.cases.end(), [&known](const CaseType& enum_case) {
        return std::all_of(enum_case.fields.begin(), enum_case.fields.end(), known);
    });
}

std::string_view scalar_name(TypeKind kind) {
    switch (kind) {
        case TypeKind::Bool:
            return "Bool";
        case TypeKind::Int:
            return "Int";
        case TypeKind::Decimal:
            return "Decimal";
        case TypeKind::Money:
            return "Money";
        case TypeKind::Text:
            return "Text";
        case TypeKind::Bytes:
            return "Bytes";
        case TypeKind::Duration:
            return "Duration";
        case TypeKind::Date:
            return "Date";
        case TypeKind::Time:
            return "Time";
        case TypeKind::File:
            return "File";
        case TypeKind::Json:
            return "Json";
        case TypeKind::Email:
            return "Email";
        case TypeKind::Url:
            return "Url";
        case TypeKind::List:
            return "List";
        case TypeKind::Map:
            return "Map";
        case TypeKind::Optional:
            return "Optional";
        case TypeKind::Record:
            return "record";
        case TypeKind::Enum:
            return "enum";
        case TypeKind::Refined:
            return "Refined";
        case TypeKind::Labelled:
            return "Labelled";
        case TypeKind::Prompt:
            return "Prompt";
    }
    WEFT_CHECK(false);
}

std::string_view label_name(LabelKind label) {
    switch (label) {
        case LabelKind::Pii:
            return "Pii";
        case LabelKind::Secret:
            return "Secret";
        case LabelKind::Untrusted:
            return "Untrusted";
    }
    WEFT_CHECK(false);
}

std::string applied(std::string_view name, const std::string& argument) {
    return std::string(name) + "<" + argument + ">";
}

}  // namespace

TypeId TypeTable::add(Type type) {
    WEFT_CHECK(well_formed(type, types_.size()));
    auto bytes = encode_type(type);
    if (const auto found = by_bytes_.find(bytes); found != by_bytes_.end()) return found->second;
    std::uint32_t below = 0;
    const auto count = [&](TypeId id) { below = std::max(below, depth(id)); };
    if (type.element.has_value()) count(type.element);
    for (const auto& field : type.fields) count(field.type);
    for (const auto& enum_case : type.cases) {
        for (const auto& field : enum_case.fields) count(field.type);
    }
    const auto id = types_.add(std::move(type));
    depths_.push_back(below + 1);
    by_bytes_.emplace(std::move(bytes), id);
    return id;
}

std::string TypeTable::text(TypeId id) const {
    const Type& type = types_[id];
    switch (type.kind) {
        case TypeKind::Money:
            return type.currency.empty() ? "Money" : applied("Money", type.currency);
        case TypeKind::List:
            return applied("List", text(type.element));
        case TypeKind::Map:
            return applied("Map", "Text, " + text(type.element));
        case TypeKind::Optional:
            return text(type.element) + "?";
        case TypeKind::Refined:
            return type.name.empty() ? text(type.element) : type.name;
        case TypeKind::Labelled:
            return applied(label_name(type.label), text(type.element));
        case TypeKind::Prompt:
            return applied("Prompt", text(type.element));
        default:
            return std::string(type.name.empty() ? scalar_name(type.kind) : type.name);
    }
}

TypeId TypeTable::base(TypeId id) const {
    while (types_[id].kind == TypeKind::Refined || types_[id].kind == TypeKind::Labelled) {
        id = types_[id].element;
    }
    return id;
}

std::uint32_t TypeTable::depth(TypeId id) const {
    WEFT_CHECK(id.index < depths_.size());
    return depths_[id.index];
}

void TypeTable::encode(std::string& out) const {
    ByteWriter bytes;
    bytes.u32(static_cast<std::uint32_t>(types_.size()));
    for (const auto& type : types_) bytes.raw(encode_type(type));
    out += bytes.bytes();
}

bool TypeTable::decode(std::string_view bytes, TypeTable& out) {
    TypeReader in(bytes);
    TypeTable table;
    const auto count = in.u32();
    for (std::uint32_t i = 0; i < count; ++i) {
        Type type;
        if (!in.read(type) || !well_formed(type, i)) return false;
        const auto id = table.add(std::move(type));
        if (id.index != i || table.depth(id) > kTypeDepthMax) return false;
    }
    if (!in.at_end()) return false;
    out = std::move(table);
    return true;
}

}  // namespace weft
