// A 32-byte secret that is wiped when it goes. It can't be printed, compared or formatted.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace weft::store {

class Key {
  public:
    Key() = default;
    explicit Key(std::string_view bytes) {
        bytes.copy(reinterpret_cast<char*>(bytes_.data()), bytes_.size());
    }
    Key(const Key&) = default;
    Key& operator=(const Key&) = default;
    ~Key();

    [[nodiscard]] const std::uint8_t* data() const { return bytes_.data(); }
    [[nodiscard]] std::string_view bytes() const {
        return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
    }

  private:
    std::array<std::uint8_t, 32> bytes_{};
};

}  // namespace weft::store
