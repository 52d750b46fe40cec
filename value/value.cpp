#include "value/value.h"

#include <algorithm>
#include <limits>
#include <map>

#include "base/check.h"

namespace weft {

// What a value of unbounded or wide content points to. Never changed once made.
struct Value::Heap {
    std::uint64_t tree_size = 0;
    std::uint32_t depth = 1;
};

namespace {

struct DecimalHeap : Value::Heap {
    Decimal value;
};
struct MoneyHeap : Value::Heap {
    MoneyValue value;
};
struct TextHeap : Value::Heap {
    std::string value;
};
struct ItemsHeap : Value::Heap {
    std::vector<Value> value;
};
struct CaseHeap : Value::Heap {
    CaseValue value;
};
struct MapHeap : Value::Heap {
    std::vector<MapEntry> value;
};

// Saturating: a tree with much sharing can be larger than any number.
std::uint64_t sum(std::uint64_t a, std::uint64_t b) {
    return a > std::numeric_limits<std::uint64_t>::max() - b
               ? std::numeric_limits<std::uint64_t>::max()
               : a + b;
}

void count_child(Value::Heap& heap, const Value& child) {
    heap.tree_size = sum(heap.tree_size, child.tree_size());
    heap.depth = std::max(heap.depth, child.depth() + 1);
}

constexpr std::uint64_t kTagSize = 1;
constexpr std::uint64_t kCountSize = 4;

std::uint64_t scalar_size(Tag tag) {
    switch (tag) {
        case Tag::None:
        case Tag::False:
        case Tag::True:
            return kTagSize;
        case Tag::Date:
            return kTagSize + 4;
        case Tag::Int:
        case Tag::Duration:
        case Tag::Time:
            return kTagSize + 8;
        case Tag::Decimal:
            return kTagSize + 16;
        case Tag::Money:
            return kTagSize + 16 + 3;
        case Tag::Text:
        case Tag::Bytes:
        case Tag::List:
        case Tag::Record:
        case Tag::Case:
        case Tag::Map:
            break;
    }
    WEFT_CHECK(false);
}

}  // namespace

struct ValueAccess {
    static Value small(Tag tag, std::int64_t v) {
        Value out;
        out.tag_ = tag;
        out.small_ = v;
        return out;
    }
    static Value heap(Tag tag, std::shared_ptr<const Value::Heap> heap) {
        Value out;
        out.tag_ = tag;
        out.heap_ = std::move(heap);
        return out;
    }
    template <typename H>
    static const auto& get(const Value& v) {
        return static_cast<const H&>(*v.heap_).value;
    }
    template <typename H, typename T>
    static std::shared_ptr<H> make(T content) {
        auto heap = std::make_shared<H>();
        heap->value = std::move(content);
        return heap;
    }
    static Value text(Tag tag, std::string v) {
        auto heap = make<TextHeap>(std::move(v));
        heap->tree_size = kTagSize + kCountSize + heap->value.size();
        return ValueAccess::heap(tag, std::move(heap));
    }
    static Value items(Tag tag, std::vector<Value> v) {
        auto heap = make<ItemsHeap>(std::move(v));
        heap->tree_size = kTagSize + kCountSize;
        for (const auto& item : heap->value) count_child(*heap, item);
        return ValueAccess::heap(tag, std::move(heap));
    }
};

Value Value::boolean(bool v) {
    return ValueAccess::small(v ? Tag::True : Tag::False, 0);
}
Value Value::integer(std::int64_t v) {
    return ValueAccess::small(Tag::Int, v);
}
Value Value::duration(std::int64_t ms) {
    return ValueAccess::small(Tag::Duration, ms);
}
Value Value::date(std::int32_t days) {
    return ValueAccess::small(Tag::Date, days);
}
Value Value::time(std::int64_t ms) {
    return ValueAccess::small(Tag::Time, ms);
}

Value Value::decimal(Decimal v) {
    auto heap = ValueAccess::make<DecimalHeap>(v);
    heap->tree_size = scalar_size(Tag::Decimal);
    return ValueAccess::heap(Tag::Decimal, std::move(heap));
}

Value Value::money(Decimal amount, std::string_view currency) {
    WEFT_CHECK(currency.size() == 3);
    MoneyValue money{amount, {currency[0], currency[1], currency[2]}};
    auto heap = ValueAccess::make<MoneyHeap>(money);
    heap->tree_size = scalar_size(Tag::Money);
    return ValueAccess::heap(Tag::Money, std::move(heap));
}

Value Value::text(std::string v) {
    return ValueAccess::text(Tag::Text, std::move(v));
}
Value Value::bytes(std::string v) {
    return ValueAccess::text(Tag::Bytes, std::move(v));
}
Value Value::list(std::vector<Value> v) {
    return ValueAccess::items(Tag::List, std::move(v));
}
Value Value::record(std::vector<Value> v) {
    return ValueAccess::items(Tag::Record, std::move(v));
}

Value Value::enum_case(std::uint32_t number, std::vector<Value> fields) {
    auto heap = ValueAccess::make<CaseHeap>(CaseValue{number, std::move(fields)});
    heap->tree_size = kTagSize + 4 + kCountSize;
    for (const auto& field : heap->value.fields) count_child(*heap, field);
    return ValueAccess::heap(Tag::Case, std::move(heap));
}

Value Value::map(std::vector<MapEntry> entries) {
    const auto out_of_order = [](const MapEntry& a, const MapEntry& b) {
        return !(a.first < b.first);
    };
    if (std::adjacent_find(entries.begin(), entries.end(), out_of_order) != entries.end()) {
        std::map<std::string, Value> sorted;
        for (auto& [key, value] : entries) sorted.insert_or_assign(key, std::move(value));
        entries.assign(std::make_move_iterator(sorted.begin()),
                       std::make_move_iterator(sorted.end()));
    }
    auto heap = ValueAccess::make<MapHeap>(std::move(entries));
    heap->tree_size = kTagSize + kCountSize;
    for (const auto& [key, value] : heap->value) {
        heap->tree_size = sum(heap->tree_size, kCountSize + key.size());
        count_child(*heap, value);
    }
    return ValueAccess::heap(Tag::Map, std::move(heap));
}

bool Value::as_bool() const {
    WEFT_CHECK(tag_ == Tag::True || tag_ == Tag::False);
    return tag_ == Tag::True;
}

std::int64_t Value::as_int() const {
    WEFT_CHECK(tag_ == Tag::Int || tag_ == Tag::Duration || tag_ == Tag::Date || tag_ == Tag::Time);
    return small_;
}

const Decimal& Value::as_decimal() const {
    WEFT_CHECK(tag_ == Tag::Decimal);
    return ValueAccess::get<DecimalHeap>(*this);
}

const MoneyValue& Value::as_money() const {
    WEFT_CHECK(tag_ == Tag::Money);
    return ValueAccess::get<MoneyHeap>(*this);
}

const std::string& Value::as_text() const {
    WEFT_CHECK(tag_ == Tag::Text || tag_ == Tag::Bytes);
    return ValueAccess::get<TextHeap>(*this);
}

const std::vector<Value>& Value::items() const {
    WEFT_CHECK(tag_ == Tag::List || tag_ == Tag::Record);
    return ValueAccess::get<ItemsHeap>(*this);
}

const CaseValue& Value::as_case() const {
    WEFT_CHECK(tag_ == Tag::Case);
    return ValueAccess::get<CaseHeap>(*this);
}

const std::vector<MapEntry>& Value::entries() const {
    WEFT_CHECK(tag_ == Tag::Map);
    return ValueAccess::get<MapHeap>(*this);
}

std::uint64_t Value::tree_size() const {
    return heap_ ? heap_->tree_size : scalar_size(tag_);
}

std::uint32_t Value::depth() const {
    return heap_ ? heap_->depth : 1;
}

bool operator==(const Value& a, const Value& b) {
    if (a.tag_ != b.tag_) return false;
    if (a.heap_ == b.heap_) return a.small_ == b.small_;
    if (a.tree_size() != b.tree_size()) return false;
    return compare(a, b) == 0;
}

namespace {

template <typename T>
int three_way(const T& a, const T& b) {
    return a < b ? -1 : b < a ? 1 : 0;
}

int compare_text(std::string_view a, std::string_view b) {
    return three_way(a.compare(b), 0);
}

int compare_items(const std::vector<Value>& a, const std::vector<Value>& b) {
    const std::size_t common = std::min(a.size(), b.size());
    for (std::size_t i = 0; i < common; ++i) {
        if (const int c = compare(a[i], b[i]); c != 0) return c;
    }
    return three_way(a.size(), b.size());
}

int compare_entries(const std::vector<MapEntry>& a, const std::vector<MapEntry>& b) {
    const std::size_t common = std::min(a.size(), b.size());
    for (std::size_t i = 0; i < common; ++i) {
        if (const int c = compare_text(a[i].first, b[i].first); c != 0) return c;
        if (const int c = compare(a[i].second, b[i].second); c != 0) return c;
    }
    return three_way(a.size(), b.size());
}

int compare_money(const MoneyValue& a, const MoneyValue& b) {
    const int c = three_way(a.currency, b.currency);
    return c != 0 ? c : Decimal::compare(a.amount, b.amount);
}

int compare_case(const CaseValue& a, const CaseValue& b) {
    const int c = three_way(a.number, b.number);
    return c != 0 ? c : compare_items(a.fields, b.fields);
}

}  // namespace

int compare(const Value& a, const Value& b) {
    if (a.tag() != b.tag()) return three_way(a.tag(), b.tag());
    switch (a.tag()) {
        case Tag::None:
        case Tag::False:
        case Tag::True:
            return 0;
        case Tag::Int:
        case Tag::Duration:
        case Tag::Date:
        case Tag::Time:
            return three_way(a.as_int(), b.as_int());
        case Tag::Decimal:
            return Decimal::compare(a.as_decimal(), b.as_decimal());
        case Tag::Money:
            return compare_money(a.as_money(), b.as_money());
        case Tag::Text:
        case Tag::Bytes:
            return compare_text(a.as_text(), b.as_text());
        case Tag::List:
        case Tag::Record:
            return compare_items(a.items(), b.items());
        case Tag::Case:
            return compare_case(a.as_case(), b.as_case());
        case Tag::Map:
            return compare_entries(a.entries(), b.entries());
    }
    WEFT_CHECK(false);
}

}  // namespace weft
