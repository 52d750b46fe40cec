// Canonical bytes, version 1, and the digest over them. docs/values.md has the layout in prose.
#include "base/check.h"
#include "base/hash.h"
#include "value/payload.h"
#include "value/utf8.h"
#include "value/value.h"

namespace weft {

namespace {

// Fields of fixed or counted size: everything of a value except its children.
void write_head(const Value& value, ByteWriter& out) {
    out.u8(static_cast<std::uint8_t>(value.tag()));
    switch (value.tag()) {
        case Tag::None:
        case Tag::False:
        case Tag::True:
            return;
        case Tag::Int:
        case Tag::Duration:
        case Tag::Time:
            return out.i64(value.as_int());
        case Tag::Date:
            return out.u32(static_cast<std::uint32_t>(value.as_int()));
        case Tag::Decimal:
            return out.raw(view(value.as_decimal().to_bytes()));
        case Tag::Money: {
            const auto& money = value.as_money();
            out.raw(view(money.amount.to_bytes()));
            return out.raw({money.currency.data(), money.currency.size()});
        }
        case Tag::Text:
        case Tag::Bytes:
            return out.block(value.as_text());
        case Tag::List:
        case Tag::Record:
            return out.u32(static_cast<std::uint32_t>(value.items().size()));
        case Tag::Case:
            out.u32(value.as_case().number);
            return out.u32(static_cast<std::uint32_t>(value.as_case().fields.size()));
        case Tag::Map:
            return out.u32(static_cast<std::uint32_t>(value.entries().size()));
    }
}

void write(const Value& value, ByteWriter& out) {
    write_head(value, out);
    switch (value.tag()) {
        case Tag::List:
        case Tag::Record:
            for (const auto& item : value.items()) write(item, out);
            return;
        case Tag::Case:
            for (const auto& field : value.as_case().fields) write(field, out);
            return;
        case Tag::Map:
            for (const auto& [key, item] : value.entries()) {
                out.block(key);
                write(item, out);
            }
            return;
        default:
            return;
    }
}

class CanonicalReader {
  public:
    CanonicalReader(std::string_view bytes, std::uint32_t depth_max)
        : in_(bytes), depth_max_(depth_max) {}

    bool read(Value& out) {
        out = value(1);
        return in_.at_end();
    }

  private:
    Value bad() {
        in_.set_bad();
        return {};
    }

    Value value(std::uint32_t depth) {
        if (depth > depth_max_) return bad();
        const auto tag = in_.u8();
        if (!in_.ok() || tag > static_cast<std::uint8_t>(Tag::Map)) return bad();
        switch (static_cast<Tag>(tag)) {
            case Tag::None:
                return Value::none();
            case Tag::False:
                return Value::boolean(false);
            case Tag::True:
                return Value::boolean(true);
            case Tag::Int:
                return Value::integer(in_.i64());
            case Tag::Decimal:
                return Value::decimal(decimal());
            case Tag::Money:
                return money();
            case Tag::Text: {
                auto text = in_.block();
                return is_utf8(text) ? Value::text(std::string(text)) : bad();
            }
            case Tag::Bytes:
                return Value::bytes(std::string(in_.block()));
            case Tag::Duration:
                return Value::duration(in_.i64());
            case Tag::Date:
                return Value::date(static_cast<std::int32_t>(in_.u32()));
            case Tag::Time:
                return Value::time(in_.i64());
            case Tag::List:
                return Value::list(values(in_.u32(), depth));
            case Tag::Record:
                return Value::record(values(in_.u32(), depth));
            case Tag::Case: {
                const auto number = in_.u32();
                return Value::enum_case(number, values(in_.u32(), depth));
            }
            case Tag::Map:
                return map(depth);
        }
        return bad();
    }

    Decimal decimal() {
        auto v = Decimal::from_bytes(to_array<16>(in_.raw(16)));
        if (!v) in_.set_bad();
        return v.value_or(Decimal());
    }

    Value money() {
        const auto amount = decimal();
        const auto currency = in_.raw(3);
        if (!in_.ok()) return bad();
        for (const char c : currency) {
            if (c < 'A' || c > 'Z') return bad();
        }
        return Value::money(amount, currency);
    }

    // Every element takes at least one byte, so a count beyond what is left is a lie: it is refused
    // before memory is set aside for it.
    bool plausible(std::uint32_t count) {
        return in_.ok() && count <= kListLengthMax && count <= in_.left();
    }

    std::vector<Value> values(std::uint32_t count, std::uint32_t depth) {
        std::vector<Value> out;
        if (!plausible(count)) {
            in_.set_bad();
            return out;
        }
        out.reserve(count);
        for (std::uint32_t i = 0; i < count && in_.ok(); ++i) out.push_back(value(depth + 1));
        return out;
    }

    Value map(std::uint32_t depth) {
        const auto count = in_.u32();
        if (!plausible(count)) return bad();
        std::vector<MapEntry> entries;
        entries.reserve(count);
        for (std::uint32_t i = 0; i < count && in_.ok(); ++i) {
            std::string key(in_.block());
            if (!is_utf8(key)) return bad();
            if (!entries.empty() && !(entries.back().first < key)) return bad();
            auto item = value(depth + 1);
            entries.emplace_back(std::move(key), std::move(item));
        }
        return Value::map(std::move(entries));
    }

    ByteReader in_;
    std::uint32_t depth_max_;
};

bool decode(std::string_view bytes, std::uint32_t depth_max, Value& out) {
    Value value;
    if (!CanonicalReader(bytes, depth_max).read(value)) return false;
    out = std::move(value);
    return true;
}

constexpr std::size_t kDigestHead = 1 + sizeof(std::uint64_t);

// tag ‖ number of content bytes or children, the part of a digest's input that all values share.
void digest_head(ByteWriter& out, Tag tag, std::uint64_t length) {
    out.u8(static_cast<std::uint8_t>(tag));
    out.u64(length);
}

void digest_children(ByteWriter& out, const std::vector<Value>& children, const Bytes16& key) {
    for (const auto& child : children) out.raw(view(digest(child, key)));
}

}  // namespace

void encode_canonical(const Value& value, std::string& out) {
    out += canonical(value);
}

std::string canonical(const Value& value) {
    ByteWriter out;
    write(value, out);
    return out.take();
}

bool decode_canonical(std::string_view bytes, Value& out) {
    return bytes.size() <= kValueSizeMax && decode(bytes, kValueDepthMax, out);
}

bool decode_payload(std::string_view bytes, Value& out) {
    return decode(bytes, kValueDepthMax + kPayloadLevels, out);
}

namespace {

// Of a value without children. Most are short, and take no memory from the heap.
Bytes16 digest_content(Tag tag, std::string_view content, const Bytes16& key) {
    std::array<char, 128> room;
    if (content.size() > room.size() - kDigestHead) {
        ByteWriter out(kDigestHead + content.size());
        digest_head(out, tag, content.size());
        out.raw(content);
        return siphash128(key, out.bytes());
    }
    room[0] = static_cast<char>(tag);
    for (std::size_t i = 1; i < kDigestHead; ++i) {
        room[i] = static_cast<char>((content.size() >> (8 * (i - 1))) & 0xFFU);
    }
    content.copy(room.data() + kDigestHead, content.size());
    return siphash128(key, {room.data(), kDigestHead + content.size()});
}

}  // namespace

Bytes16 digest(const Value& value, const Bytes16& key) {
    const bool is_row = value.tag() == Tag::List || value.tag() == Tag::Record;
    ByteWriter out(kDigestHead + (is_row ? value.items().size() * sizeof(Bytes16) : 0));
    switch (value.tag()) {
        case Tag::List:
        case Tag::Record:
            digest_head(out, value.tag(), value.items().size());
            digest_children(out, value.items(), key);
            break;
        case Tag::Case:
            digest_head(out, value.tag(), value.as_case().fields.size());
            out.u32(value.as_case().number);
            digest_children(out, value.as_case().fields, key);
            break;
        case Tag::Map:
            digest_head(out, value.tag(), value.entries().size());
            for (const auto& [name, item] : value.entries()) {
                out.block(name);
                out.raw(view(digest(item, key)));
            }
            break;
        case Tag::Text:
        case Tag::Bytes:
            return digest_content(value.tag(), value.as_text(), key);
        default:
            return digest_content(value.tag(), std::string_view(canonical(value)).substr(1), key);
    }
    return siphash128(key, out.bytes());
}

}  // namespace weft
