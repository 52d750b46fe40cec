// Static types as they travel in an image: a table of small nodes, referred to by TypeId. The
// compiler makes it, boundaries use it: guards, JSON form, JSON Schema. Types are not recursive.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "value/value.h"

namespace weft {

using TypeId = Id<struct TypeTag>;

enum class TypeKind : std::uint8_t {
    Bool = 0,
    Int = 1,
    Decimal = 2,
    Money = 3,
    Text = 4,
    Bytes = 5,
    Duration = 6,
    Date = 7,
    Time = 8,
    File = 9,
    Json = 10,
    Email = 11,
    Url = 12,
    List = 13,
    Map = 14,
    Optional = 15,
    Record = 16,
    Enum = 17,
    Refined = 18,
    Labelled = 19,
    Prompt = 20,
};

enum class LabelKind : std::uint8_t { Pii = 0, Secret = 1, Untrusted = 2 };

// One conjunct of a refinement, about the value itself (`it`).
struct Constraint {
    enum class Kind : std::uint8_t {
        Length = 0,    // code points of Text, elements of List/Map, bytes of Bytes: min..max
        Range = 1,     // Int, Decimal, Money amount, Duration: min..max, ends included unless open
        Matches = 2,   // RE2, anchored at both ends, on Text
        Function = 3,  // any other predicate: a pure function of the image, called by the machine
    };
    Kind kind = Kind::Length;
    std::optional<Decimal> min;  // absent: unbounded
    std::optional<Decimal> max;
    bool min_open = false;
    bool max_open = false;
    std::string pattern;
    std::uint32_t function = 0;

    bool operator==(const Constraint&) const = default;
};

struct FieldType {
    std::string name;       // as written in the program
    std::string json_name;  // as in JSON; equal to name unless `as "…"`
    TypeId type;
    std::optional<Value> default_value;

    bool operator==(const FieldType&) const = default;
};

struct CaseType {
    std::string name;
    std::vector<FieldType> fields;

    bool operator==(const CaseType&) const = default;
};

struct Type {
    TypeKind kind = TypeKind::Bool;
    std::string name;      // Record, Enum, named Refined: qualified ("rag.Citation")
    std::string doc;       // first paragraph of its doc comment: schema description
    std::string currency;  // Money: "" for any
    TypeId element;        // List, Map, Optional, Refined (base), Labelled, Prompt (result)
    std::vector<FieldType> fields;        // Record
    bool open = false;                    // open record: unknown fields are dropped
    std::vector<CaseType> cases;          // Enum
    std::vector<Constraint> constraints;  // Refined
    LabelKind label = LabelKind::Pii;     // Labelled

    bool operator==(const Type&) const = default;
};

// Hash-consed: equal structure, equal id. (Types of equal structure and different name differ.)
class TypeTable {
  public:
    TypeId add(Type type);
    [[nodiscard]] const Type& operator[](TypeId id) const { return types_[id]; }
    [[nodiscard]] std::size_t size() const { return types_.size(); }
    // "List<rag.Passage>", "Text?", "Pii<Email>"
    [[nodiscard]] std::string text(TypeId id) const;
    // Through Refined and Labelled to what the value is made of.
    [[nodiscard]] TypeId base(TypeId id) const;

    // How deeply types nest below it (a scalar is 1).
    [[nodiscard]] std::uint32_t depth(TypeId id) const;

    void encode(std::string& out) const;
    // Refuses what encode doesn't write: references forward or to nothing, parts that the kind
    // doesn't have, types twice, nesting over kTypeDepthMax.
    static bool decode(std::string_view bytes, TypeTable& out);

  private:
    IdVector<TypeId, Type> types_;
    std::vector<std::uint32_t> depths_;
    std::map<std::string, TypeId, std::less<>> by_bytes_;
};

// Types are walked by recursion; the compiler refuses programs whose types nest deeper.
inline constexpr std::uint32_t kTypeDepthMax = 1000;

// Why a value does not fit a type. `path` is like `.answers[3].citations` (members by their JSON
// name, map entries as `["key"]`). The message never quotes the value: it may be labelled.
struct Misfit {
    std::string path;
    std::string message;
    bool too_large = false;  // over kValueSizeMax, kValueDepthMax or kListLengthMax
};

// Checks shape and every constraint except Kind::Function (those are reported to `calls` as
// (function, value, path) for the machine to evaluate). Nothing when all fits.
struct PredicateCall {
    std::uint32_t function;
    Value value;
    std::string path;
};
std::optional<Misfit> check_value(const TypeTable& types, TypeId type, const Value& value,
                                  std::vector<PredicateCall>* calls = nullptr);

// JSON form 1 (docs/values.md): compact, members in declared order, Map by bytes of the key; Int as
// a number when |v| <= 2^53-1, else as text; Decimal as a number in plain notation; Money as
// {"amount": "12.50", "currency": "EUR"}; Bytes as base64; Duration, Date, Time as ISO 8601 text;
// enum case as its name or {"case": name, …fields}; File as the object of include/weft/worker.h;
// none as null; a none field of type T? is left out unless its default is something else.
// A Json value is made of None, Bool, Int, Decimal, Text, List and Map; whole numbers that fit are
// Int. A File value is the record (id, name, media, size, sha256). A Prompt value is the record
// (name, template hash, system, user, schema, inputs): five Texts, of which the schema holds JSON,
// and the inputs as Json; in JSON {"name","template","system","user","schema","inputs"}.
// The value must fit the type (check_value): anything else is a bug of the caller.
std::string to_json(const TypeTable& types, TypeId type, const Value& value);
// Parses and fits in one go: numbers as decimals without a detour over binary floating point;
// unknown members are a misfit with the nearest name unless the record is open; missing optional or
// defaulted fields are filled.
std::expected<Value, Misfit> from_json(const TypeTable& types, TypeId type, std::string_view json,
                                       std::vector<PredicateCall>* calls = nullptr);

// JSON Schema, draft 2020-12, with $defs for named types; `strict` gives the common subset of
// model providers (every property required, additionalProperties false, no ranges).
std::string json_schema(const TypeTable& types, TypeId type, bool strict = false);

}  // namespace weft
