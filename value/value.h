// Runtime values: immutable, reference-counted, acyclic. A value knows its shape (tag, fields), not
// its static type: conversions to and from JSON, schema and guards take a TypeTable (value/type.h).
// Every heap value caches its tree size (canonical bytes, so sharing never counts) and its depth.
// Its digest d(v) is not kept here: the machine keys digests by run.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "value/decimal.h"

namespace weft {

// Numbers are the canonical tag bytes (docs/values.md): frozen, append-only.
enum class Tag : std::uint8_t {
    None = 0,
    False = 1,
    True = 2,
    Int = 3,      // i64
    Decimal = 4,  // decimal128, canonical representation (value/decimal.h)
    Money = 5,    // decimal128 and a three-letter currency
    Text = 6,     // UTF-8 as it came
    Bytes = 7,
    Duration = 8,  // milliseconds, i64
    Date = 9,      // days since 1970-01-01, i32
    Time = 10,     // Unix milliseconds, i64
    List = 11,
    Record = 12,  // fields in declared order; also File (id, name, media, size, sha256)
    Case = 13,    // enum case: number in declared order, fields in declared order
    Map = 14,     // by bytes of the key
};

class Value;
struct MoneyValue {
    Decimal amount;
    std::array<char, 3> currency{};
};
struct CaseValue {
    std::uint32_t number = 0;
    std::vector<Value> fields;
};
using MapEntry = std::pair<std::string, Value>;

class Value {
  public:
    Value() = default;  // None
    Value(const Value&) = default;
    Value& operator=(const Value&) = default;
    Value(Value&& other) noexcept  // leaves None behind
        : tag_(std::exchange(other.tag_, Tag::None)),
          small_(other.small_),
          heap_(std::move(other.heap_)) {}
    Value& operator=(Value&& other) noexcept {
        if (this != &other) {
            tag_ = std::exchange(other.tag_, Tag::None);
            small_ = other.small_;
            heap_ = std::move(other.heap_);
        }
        return *this;
    }
    ~Value() = default;
    static Value none() { return {}; }
    static Value boolean(bool v);
    static Value integer(std::int64_t v);
    static Value decimal(Decimal v);
    static Value money(Decimal amount, std::string_view currency);
    static Value text(
        std::string v);  // well-formed UTF-8 (value/utf8.h): whoever makes it sees to it
    static Value bytes(std::string v);
    static Value duration(std::int64_t ms);
    static Value date(std::int32_t days);
    static Value time(std::int64_t ms);
    static Value list(std::vector<Value> items);
    static Value record(std::vector<Value> fields);
    static Value enum_case(std::uint32_t number, std::vector<Value> fields = {});
    static Value map(std::vector<MapEntry> entries);  // sorted here; the last of equal keys stays

    [[nodiscard]] Tag tag() const { return tag_; }
    [[nodiscard]] bool is_none() const { return tag_ == Tag::None; }
    // Each accessor checks the tag (WEFT_CHECK): the verifier guarantees it for checked programs.
    [[nodiscard]] bool as_bool() const;
    [[nodiscard]] std::int64_t as_int() const;  // Int, Duration, Date and Time
    [[nodiscard]] const Decimal& as_decimal() const;
    [[nodiscard]] const MoneyValue& as_money() const;
    [[nodiscard]] const std::string& as_text() const;       // Text and Bytes
    [[nodiscard]] const std::vector<Value>& items() const;  // List, Record
    [[nodiscard]] const CaseValue& as_case() const;
    [[nodiscard]] const std::vector<MapEntry>& entries() const;

    // Bytes of the canonical form of the whole tree (stops at the largest number, since sharing can
    // make a tree larger than any); nesting depth (a scalar is 1). Check both before walking a
    // tree.
    [[nodiscard]] std::uint64_t tree_size() const;
    [[nodiscard]] std::uint32_t depth() const;

    // Equality of canonical bytes; the language's `==` (Decimal 1.0 == 1.00 holds because decimals
    // are kept in a canonical representation).
    friend bool operator==(const Value& a, const Value& b);

    struct Heap;  // value.cpp

  private:
    friend struct ValueAccess;
    Tag tag_ = Tag::None;
    std::int64_t small_ = 0;
    std::shared_ptr<const Heap> heap_;
};

// Total order within one type: numbers by size, text bytewise, lists and records element by
// element.
int compare(const Value& a, const Value& b);

// Canonical bytes, version 1 (docs/values.md). decode refuses anything that encode does not write:
// trailing bytes, unsorted maps, non-canonical decimals, bad UTF-8, sizes over the limits.
void encode_canonical(const Value& value, std::string& out);
std::string canonical(const Value& value);
bool decode_canonical(std::string_view bytes, Value& out);

// d(v): SipHash-2-4-128 under `key` of tag and length, then content or the children's d.
Bytes16 digest(const Value& value, const Bytes16& key);

// Limits of docs/limits.md; counted, so the same on every machine.
inline constexpr std::uint64_t kValueSizeMax = 16ULL << 20U;
inline constexpr std::uint32_t kValueDepthMax = 64;
inline constexpr std::uint64_t kListLengthMax = 1'000'000;

}  // namespace weft
