#include "tests/faults/sectors.h"

#include <algorithm>

namespace weft::faults {

// The halves of the product of two words (as in wyhash, by Wang Yi).
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a ^ 0x9E3779B97F4A7C15ULL) * (b ^ 0xD6E8FEB86659FD93ULL);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

void Sector::seal() {
    std::array<std::uint64_t, 4> lanes = {1, 2, 3, 4};
    for (std::size_t at = 0; at < kSectorBytes; at += 64) {
        std::array<std::uint64_t, 8> words{};
        std::memcpy(words.data(), bytes.data() + at, sizeof words);
        for (std::size_t i = 0; i < lanes.size(); ++i) {
            lanes[i] = mix(lanes[i] ^ words[2 * i], words[2 * i + 1] + at);
        }
    }
    sum = mix(mix(lanes[0], lanes[1]), mix(lanes[2], lanes[3]));
}

const Sector* zero_sector() {
    static const Sector zeros = [] {
        Sector made;
        made.seal();
        return made;
    }();
    return &zeros;
}

void Contents::resize(std::uint64_t size, Arena& arena) {
    has_sum_ = false;
    sectors_.resize((size + kSectorBytes - 1) / kSectorBytes, zero_sector());
    const std::size_t left = size % kSectorBytes;
    if (size < size_ && left > 0 && sectors_.back() != zero_sector()) {
        Sector* cut = arena.make();
        cut->bytes.fill('\0');
        std::memcpy(cut->bytes.data(), sectors_.back()->bytes.data(), left);
        cut->seal();
        sectors_.back() = cut;
    }
    size_ = size;
}

std::size_t Contents::read(char* to, std::size_t count, std::uint64_t at) const {
    if (at >= size_) return 0;
    count = std::min<std::size_t>(count, size_ - at);
    for (std::size_t done = 0; done < count;) {
        const std::size_t offset = (at + done) % kSectorBytes;
        const std::size_t part = std::min(count - done, kSectorBytes - offset);
        const auto* from = sectors_[(at + done) / kSectorBytes]->bytes.data() + offset;
        std::memcpy(to + done, from, part);
        done += part;
    }
    return count;
}

std::string Contents::text() const {
    std::string out(size_, '\0');
    read(out.data(), out.size(), 0);
    return out;
}

std::uint64_t Contents::sum() const {
    if (has_sum_) return sum_;
    std::uint64_t all = mix(size_, 7);
    for (std::size_t i = 0; i < sectors_.size(); ++i) all += mix(sectors_[i]->sum, i);
    has_sum_ = true;
    return sum_ = all;
}

}  // namespace weft::faults
