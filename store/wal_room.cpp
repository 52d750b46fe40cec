#include "store/wal_room.h"

#include <fcntl.h>

#include <algorithm>
#include <array>

namespace weft::store {

namespace {

constexpr std::uint64_t kHeadBytes = 32;
constexpr std::uint64_t kFrameBytes = 24 + 4096;
// As much again as there is, so that a short log stays short.
constexpr std::uint64_t kLeast = 64UL << 10;
constexpr std::uint64_t kMost = 1UL << 20;

constexpr std::array<char, kLeast> kZeros{};

}  // namespace

void WalRoom::make(std::uint64_t frames) {
    const std::uint64_t used = kHeadBytes + frames * kFrameBytes;
    const std::uint64_t room = std::clamp(used, kLeast, kMost);
    if (end_ >= used + room / 2) return;
    if (!fd_.valid()) {
        auto fd = open_file(path_, O_RDWR);
        if (!fd) return;
        fd_ = std::move(*fd);
    }
    const auto size = file_size(fd_, path_);
    if (!size) return;
    end_ = *size;
    if (end_ >= used + room / 2) return;
    while (end_ < used + room) {
        const std::string_view part(kZeros.data(), std::min(kLeast, used + room - end_));
        if (!write_at(fd_, end_, part, path_)) return;
        end_ += part.size();
    }
}

}  // namespace weft::store
