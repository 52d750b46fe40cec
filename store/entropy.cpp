#include "store/entropy.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "store/key.h"

namespace weft::store {

Key::~Key() {
    sodium_memzero(bytes_.data(), bytes_.size());
}

namespace {

class SystemEntropy final : public Entropy {
  public:
    SystemEntropy() { WEFT_CHECK(sodium_init() >= 0); }
    ~SystemEntropy() override { sodium_memzero(block_.data(), block_.size()); }
    SystemEntropy(const SystemEntropy&) = delete;
    SystemEntropy& operator=(const SystemEntropy&) = delete;

    void fill(std::uint8_t* out, std::size_t size) override {
        while (size > 0) {
            if (used_ == block_.size()) {
                randombytes_buf(block_.data(), block_.size());
                used_ = 0;
            }
            const std::size_t part = std::min(size, block_.size() - used_);
            std::memcpy(out, block_.data() + used_, part);
            // What was given out must not be found here later.
            sodium_memzero(block_.data() + used_, part);
            used_ += part;
            out += part;
            size -= part;
        }
    }

  private:
    std::array<std::uint8_t, 4096> block_{};
    std::size_t used_ = 4096;
};

class SeededEntropy final : public Entropy {
  public:
    explicit SeededEntropy(std::uint64_t seed) {
        WEFT_CHECK(sodium_init() >= 0);
        for (std::size_t i = 0; i < 8; ++i) {
            seed_[i] = static_cast<std::uint8_t>((seed >> (8 * i)) & 0xFF);
        }
    }
    void fill(std::uint8_t* out, std::size_t size) override {
        // Each draw has its own stream, so its bytes don't depend on how earlier ones were cut.
        for (std::size_t i = 0; i < 8; ++i) {
            seed_[8 + i] = static_cast<std::uint8_t>((draws_ >> (8 * i)) & 0xFF);
        }
        ++draws_;
        randombytes_buf_deterministic(out, size, seed_.data());
    }

  private:
    std::array<std::uint8_t, randombytes_SEEDBYTES> seed_{};
    std::uint64_t draws_ = 0;
};

}  // namespace

std::unique_ptr<Entropy> system_entropy() {
    return std::make_unique<SystemEntropy>();
}

std::unique_ptr<Entropy> seeded_entropy(std::uint64_t seed) {
    return std::make_unique<SeededEntropy>(seed);
}

}  // namespace weft::store
