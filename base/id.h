// Typed indexes into vectors: the only kind of reference between nodes of a tree, an IR or an
// image. Ids compare and index; they have no arithmetic.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"

namespace weft {

template <typename Tag>
struct Id {
    static constexpr std::uint32_t kNone = 0xFFFF'FFFF;
    std::uint32_t index = kNone;

    [[nodiscard]] bool has_value() const { return index != kNone; }
    auto operator<=>(const Id&) const = default;
};

// A vector that is indexed by its own kind of id.
template <typename IdType, typename T>
class IdVector {
  public:
    IdType add(T value) {
        items_.push_back(std::move(value));
        return IdType{static_cast<std::uint32_t>(items_.size() - 1)};
    }
    T& operator[](IdType id) {
        WEFT_CHECK(id.index < items_.size());
        return items_[id.index];
    }
    const T& operator[](IdType id) const {
        WEFT_CHECK(id.index < items_.size());
        return items_[id.index];
    }
    [[nodiscard]] std::size_t size() const { return items_.size(); }
    [[nodiscard]] bool empty() const { return items_.empty(); }
    auto begin() const { return items_.begin(); }
    auto end() const { return items_.end(); }
    auto begin() { return items_.begin(); }
    auto end() { return items_.end(); }

  private:
    std::vector<T> items_;
};

}  // namespace weft
