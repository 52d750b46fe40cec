// A 32-byte secret that is wiped when it goes. It can't be printed, compared or formatted.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace weft::store {

class Key {
  public:
    Key() = default;
    explicit Key(std::string_view bytes) {
        std::memcpy(bytes_.data(), bytes.data(), bytes.size() < 32 ? bytes.size() : 32);
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
