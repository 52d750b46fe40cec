// How a machine at rest becomes bytes and comes back: a writer and a reader for the types that the
// state is made of, driven by their `fields`. The bytes are no format: another version of the state
// drops them and replays. Nothing here checks what a field means (snapshot.cpp does).
#pragma once

#include <algorithm>
#include <map>
#include <type_traits>

#include "value/payload.h"
#include "vm/branch.h"
#include "vm/identity.h"

namespace weft::vm {

// A value of so many bytes that stands in several places is written once and then referred to, and
// is shared again by what is read. What the run was begun with is known before.
constexpr std::uint64_t kSharedSizeMin = 64;
constexpr std::uint32_t kIsReference = 0xFFFF'FFFF;  // in place of a value's length

class StateWriter {
  public:
    explicit StateWriter(const std::vector<Value>& known) {
        for (const auto& value : known) note(value);
    }
    void operator()(const auto&... values) { (put(values), ...); }
    std::string take() { return out_.take(); }

  private:
    void put(bool v) { out_.u8(v ? 1 : 0); }
    void put(std::uint8_t v) { out_.u8(v); }
    void put(std::uint16_t v) { out_.u16(v); }
    void put(std::uint32_t v) { out_.u32(v); }
    void put(std::uint64_t v) { out_.u64(v); }
    void put(std::int64_t v) { out_.i64(v); }
    void put(const Bytes16& v) { out_.raw(view(v)); }
    void put(const std::string& v) { out_.block(v); }
    void put(const Value& v) {
        if (v.tree_size() >= kSharedSizeMin) {
            const auto known = known_.find(identity(v));
            if (known != known_.end()) {
                out_.u32(kIsReference);
                out_.u32(known->second);
                return;
            }
            note(v);
        }
        out_.block(canonical(v));
    }
    void note(const Value& v) {
        if (v.tree_size() < kSharedSizeMin) return;
        known_.try_emplace(identity(v), next_++);
    }
    template <typename T>
        requires std::is_enum_v<T>
    void put(T v) {
        put(static_cast<std::underlying_type_t<T>>(v));
    }
    template <typename T>
    void put(const std::optional<T>& v) {
        put(v.has_value());
        if (v) put(*v);
    }
    template <typename T>
    void put(const std::vector<T>& v) {
        put(static_cast<std::uint64_t>(v.size()));
        for (const auto& item : v) put(item);
    }
    template <typename T>
    void put(const std::set<T>& v) {
        put(static_cast<std::uint64_t>(v.size()));
        for (const auto& item : v) put(item);
    }
    template <typename K, typename T>
    void put(const std::map<K, T>& v) {
        put(static_cast<std::uint64_t>(v.size()));
        for (const auto& [key, item] : v) {
            put(key);
            put(item);
        }
    }
    // All registers, not the named ones alone: what else stands there counts in what a run holds,
    // and a branch that is held runs its instruction again.
    void put(const Frame& v) {
        put(v.number);
        put(v.pc);
        for (std::size_t i = 0; i < v.registers.size(); ++i) put(v.registers[i]);
        put(v.scopes);
        put(v.undoes);
        put(v.hook);
    }
    template <typename T>
        requires requires(const T& v, StateWriter& io) { T::fields(v, io); }
    void put(const T& v) {
        T::fields(v, *this);
    }

    ByteWriter out_;
    std::map<const void*, std::uint32_t> known_;
    std::uint32_t next_ = 0;
};

// Turns bad instead of reading past the end; what it read is of no use then.
class StateReader {
  public:
    StateReader(std::string_view bytes, const std::vector<Value>& known, const Image& image,
                Meter& meter)
        : in_(bytes), image_(image), meter_(meter) {
        for (const auto& value : known) note(value);
    }
    void operator()(auto&... values) { (get(values), ...); }
    [[nodiscard]] bool at_end() const { return in_.at_end(); }

  private:
    void get(bool& v) { v = in_.u8() != 0; }
    void get(std::uint8_t& v) { v = in_.u8(); }
    void get(std::uint16_t& v) { v = in_.u16(); }
    void get(std::uint32_t& v) { v = in_.u32(); }
    void get(std::uint64_t& v) { v = in_.u64(); }
    void get(std::int64_t& v) { v = in_.i64(); }
    void get(Bytes16& v) { v = to_array<16>(in_.raw(16)); }
    void get(std::string& v) { v = std::string(in_.block()); }
    void get(Value& v) {
        const auto length = in_.u32();
        if (length == kIsReference) {
            const auto place = in_.u32();
            if (place >= known_.size()) return in_.set_bad();
            v = known_[place];
        } else if (decode_payload(in_.raw(length), v)) {
            note(v);
        } else {
            in_.set_bad();
        }
    }
    void note(const Value& v) {
        if (v.tree_size() >= kSharedSizeMin) known_.push_back(v);
    }
    template <typename T>
        requires std::is_enum_v<T>
    void get(T& v) {
        std::underlying_type_t<T> number{};
        get(number);
        v = static_cast<T>(number);
    }
    template <typename T>
    void get(std::optional<T>& v) {
        bool is_there = false;
        get(is_there);
        v.reset();
        if (is_there) get(v.emplace());
    }
    // Every item takes a byte at least, so a count can't be larger than what is left.
    std::uint64_t count() {
        const auto count = in_.u64();
        if (count > in_.left()) in_.set_bad();
        return in_.ok() ? count : 0;
    }
    template <typename T>
    void get(std::vector<T>& v) {
        v.clear();
        auto left = count();
        v.reserve(std::min(left, in_.left() / sizeof(T) + 1));
        for (; left > 0 && in_.ok(); --left) get(v.emplace_back());
    }
    template <typename T>
    void get(std::set<T>& v) {
        v.clear();
        for (auto left = count(); left > 0 && in_.ok(); --left) {
            T item{};
            get(item);
            v.insert(v.end(), std::move(item));
        }
    }
    template <typename K, typename T>
    void get(std::map<K, T>& v) {
        v.clear();
        for (auto left = count(); left > 0 && in_.ok(); --left) {
            K key{};
            get(key);
            get(v.try_emplace(v.end(), std::move(key))->second);
        }
    }
    void get(std::vector<Frame>& v) {
        v.clear();
        for (auto left = count(); left > 0 && in_.ok(); --left) get_frame(v);
    }
    void get_frame(std::vector<Frame>& frames) {
        std::uint32_t number = 0;
        get(number);
        if (number >= image_.functions.size()) {
            in_.set_bad();
            return;
        }
        const auto& code = image_.functions[number];
        frames.push_back({.number = number,
                          .function = &code,
                          .registers = Registers(code.registers, code.named_slots, meter_),
                          .terms = std::vector<Term>(code.named_slots)});
        auto& frame = frames.back();
        get(frame.pc);
        for (std::size_t i = 0; i < frame.registers.size() && in_.ok(); ++i) {
            Value value;
            get(value);
            if (!value.is_none()) frame.registers.set(i, std::move(value));
        }
        get(frame.scopes);
        get(frame.undoes);
        get(frame.hook);
    }
    template <typename T>
        requires requires(T& v, StateReader& io) { T::fields(v, io); }
    void get(T& v) {
        T::fields(v, *this);
    }

    ByteReader in_;
    std::vector<Value> known_;
    const Image& image_;
    Meter& meter_;
};

}  // namespace weft::vm
