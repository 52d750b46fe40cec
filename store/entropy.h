// The port for random bytes: nonces, salts, keys, ids, seeds. The machine never sees it; what it
// gives enters a run only as a fact.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"

namespace weft::store {

class Entropy {
  public:
    virtual ~Entropy() = default;
    virtual void fill(std::uint8_t* out, std::size_t size) = 0;

    template <std::size_t N>
    std::array<std::uint8_t, N> bytes() {
        std::array<std::uint8_t, N> out;
        fill(out.data(), N);
        return out;
    }
    std::string text(std::size_t size) {
        std::string out(size, '\0');
        fill(reinterpret_cast<std::uint8_t*>(out.data()), size);
        return out;
    }
};

// The system's generator, drawn in blocks of 4 KiB: a system call for each nonce would cost more
// than sealing the box. Not for use after a fork of the process.
std::unique_ptr<Entropy> system_entropy();
// The same bytes for the same seed, for tests only.
std::unique_ptr<Entropy> seeded_entropy(std::uint64_t seed);

}  // namespace weft::store
