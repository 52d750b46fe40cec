// What files consist of on a disk that is memory: sectors, which are never changed once they are
// made, so that any number of disks share them. A copy of a file copies pointers alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace weft::faults {

constexpr std::size_t kSectorBytes = 512;

struct Sector {
    std::uint64_t sum = 0;  // of the bytes: equal ones are taken to be the same bytes
    std::array<char, kSectorBytes> bytes{};
    void seal();  // once the bytes are there
};

const Sector* zero_sector();

// Makes sectors, and forgets all from a place on at once.
class Arena {
  public:
    // Its bytes are whatever was there.
    Sector* make() {
        if (next_ == blocks_.size() * kBlock) blocks_.push_back(std::make_unique<Block>());
        Sector* made = &(*blocks_[next_ / kBlock])[next_ % kBlock];
        ++next_;
        return made;
    }
    [[nodiscard]] std::size_t place() const { return next_; }
    void forget_from(std::size_t place) { next_ = place; }

  private:
    static constexpr std::size_t kBlock = 256;
    using Block = std::array<Sector, kBlock>;
    std::vector<std::unique_ptr<Block>> blocks_;
    std::size_t next_ = 0;
};

// A file's bytes. Behind its size the last sector holds zeros.
class Contents {
  public:
    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] const Sector* sector(std::size_t index) const {
        return index < sectors_.size() ? sectors_[index] : zero_sector();
    }
    [[nodiscard]] std::size_t sectors() const { return sectors_.size(); }
    void put(std::size_t index, const Sector* made) {
        if (index < sectors_.size()) sectors_[index] = made;
        has_sum_ = false;
    }
    // New bytes are zeros.
    void resize(std::uint64_t size, Arena& arena);
    std::size_t read(char* to, std::size_t count, std::uint64_t at) const;
    [[nodiscard]] std::string text() const;
    // Of size and bytes.
    [[nodiscard]] std::uint64_t sum() const;

  private:
    std::uint64_t size_ = 0;
    std::vector<const Sector*> sectors_;
    mutable std::uint64_t sum_ = 0;
    mutable bool has_sum_ = false;
};

using File = std::shared_ptr<const Contents>;

std::uint64_t mix(std::uint64_t a, std::uint64_t b);

}  // namespace weft::faults
