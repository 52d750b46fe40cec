#include "engine/public_values.h"

#include <fmt/format.h>

namespace weft::engine {
namespace {

bool is_single(const Value& value) {
    switch (value.tag()) {
        case Tag::List:
        case Tag::Record:
        case Tag::Case:
        case Tag::Map:
            return false;
        default:
            return true;
    }
}

bool says_nothing(const Value& value) {
    return value.is_none() || value.tag() == Tag::True || value.tag() == Tag::False;
}

bool has_secrets(const Image& image) {
    for (std::uint32_t i = 0; i < image.types.size(); ++i) {
        if (has_secret(image.types, TypeId{i})) return true;
    }
    return false;
}

}  // namespace

PublicValues::PublicValues(const std::shared_ptr<const Image>& image) : secrets_(image) {
    use(image);
}

void PublicValues::use(const std::shared_ptr<const Image>& image) {
    if (image == image_) return;
    image_ = image;
    secrets_.use(image);
    // Once there was a secret in the run, there is one.
    hides_ = hides_ || has_secrets(*image);
    for (const auto& constant : image->constants) add(constant);
}

void PublicValues::add(const Value& value) {
    if (is_single(value)) {
        known_.insert(canonical(value));
    } else if (value.tag() == Tag::Case) {
        for (const auto& field : value.as_case().fields) add(field);
    } else if (value.tag() == Tag::Map) {
        for (const auto& [key, item] : value.entries()) {
            known_.insert(canonical(Value::text(key)));
            add(item);
        }
    } else {
        for (const auto& item : value.items()) add(item);
    }
}

void PublicValues::note(const ReadRecord& record, const std::shared_ptr<const Image>& image) {
    use(image);
    Value whole;
    if (record.payload.empty() || !decode_canonical(record.payload, whole)) return;
    const auto hidden = secrets_.hide(record.record, record.payload);
    // The seed that a begin holds is nobody's to see.
    if (record.record.kind == RecordKind::Begin) {
        const auto& shown = hidden ? *hidden : whole;
        for (std::size_t i = 0; i < shown.items().size(); ++i) {
            if (i != 3) add(shown.items()[i]);
        }
        return;
    }
    add(hidden ? *hidden : whole);
}

Value PublicValues::shown(const Value& value) const {
    if (!hides_ || says_nothing(value)) return value;
    if (is_single(value)) {
        if (known_.contains(canonical(value))) return value;
        const bool has_length = value.tag() == Tag::Text || value.tag() == Tag::Bytes;
        return Value::text(has_length ? fmt::format("[{} bytes]", value.as_text().size())
                                      : std::string("[a number]"));
    }
    std::vector<Value> out;
    if (value.tag() == Tag::Case) {
        for (const auto& field : value.as_case().fields) out.push_back(shown(field));
        return Value::enum_case(value.as_case().number, std::move(out));
    }
    if (value.tag() == Tag::Map) {
        for (const auto& [key, item] : value.entries()) {
            out.push_back(Value::list({shown(Value::text(key)), shown(item)}));
        }
        return Value::list(std::move(out));
    }
    for (const auto& item : value.items()) out.push_back(shown(item));
    return value.tag() == Tag::List ? Value::list(std::move(out)) : Value::record(std::move(out));
}

}  // namespace weft::engine
