#include "store/wal_scan.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>

#include "base/bytes.h"
#include "base/hash.h"

namespace weft::store {

namespace {

constexpr std::size_t kWalHeadBytes = 32;
constexpr std::size_t kNumberAt = 12;  // in it: how often a log was begun anew
constexpr std::size_t kSaltsAt = 16;
constexpr std::size_t kSaltsBytes = 8;
constexpr std::size_t kSumAt = 24;
constexpr std::size_t kFrameHeadBytes = 24;
constexpr std::size_t kFrameCommitAt = 4;  // in it: the pages of the database, where a commit ends
constexpr std::size_t kFrameSaltsAt = 8;
constexpr std::uint32_t kWalMagic = 0x377F0682;  // the last bit: checksums over big-endian words
constexpr std::size_t kAckBytes = 24;
constexpr std::size_t kGuardAt = 16;  // in it

std::uint32_t big32(std::string_view bytes, std::size_t at) {
    std::uint32_t v = 0;
    for (std::size_t i = 0; i < 4; ++i) v = (v << 8) | static_cast<unsigned char>(bytes[at + i]);
    return v;
}

// Of an acknowledgement: a power failure can tear it anywhere, between its salts too.
std::uint64_t guard_of(std::string_view acknowledgement) {
    const Hash sum = sha256(acknowledgement.substr(0, kGuardAt));
    return ByteReader(view(sum)).u64();
}

struct Checksum {
    std::uint32_t s0 = 0;
    std::uint32_t s1 = 0;
    bool operator==(const Checksum&) const = default;
};

// The running checksum of the WAL format; `bytes` is a multiple of 8 long.
Checksum extend(Checksum sum, std::string_view bytes, bool big_endian) {
    const bool swap = big_endian != (std::endian::native == std::endian::big);
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
        std::array<std::uint32_t, 2> words{};
        std::memcpy(words.data(), bytes.data() + at, 8);
        if (swap) {
            words[0] = __builtin_bswap32(words[0]);
            words[1] = __builtin_bswap32(words[1]);
        }
        sum.s0 += words[0] + sum.s1;
        sum.s1 += words[1] + sum.s0;
    }
    return sum;
}

struct WalHead {
    std::uint32_t page_bytes = 0;
    std::uint32_t salt1 = 0;
    std::uint32_t salt2 = 0;
    bool big_endian = false;
    Checksum sum;
};

std::optional<WalHead> parse_head(std::string_view bytes) {
    if (bytes.size() < kWalHeadBytes || (big32(bytes, 0) & ~1U) != kWalMagic) return std::nullopt;
    WalHead head;
    head.big_endian = (big32(bytes, 0) & 1U) != 0;
    head.page_bytes = big32(bytes, 8);
    head.salt1 = big32(bytes, 16);
    head.salt2 = big32(bytes, 20);
    head.sum = extend({}, bytes.substr(0, 24), head.big_endian);
    if (head.sum != Checksum{big32(bytes, 24), big32(bytes, 28)}) return std::nullopt;
    if (!std::has_single_bit(head.page_bytes) || head.page_bytes < 512) return std::nullopt;
    return head;
}

void put_big32(std::string& bytes, std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) {
        bytes[at + i] = static_cast<char>(static_cast<unsigned char>(value >> (24 - 8 * i)));
    }
}

// Takes back what `extend` did with one pair of words.
Checksum shrink(Checksum sum, std::uint32_t first, std::uint32_t second) {
    sum.s1 -= second + sum.s0;
    sum.s0 -= first + sum.s1;
    return sum;
}

// The header that the log's first frame continues. What stands in the file is right up to the
// number of the log at least; the salts stand in the frame, and the number follows from the frame's
// checksum, which runs on from the header's. Half of that is left to tell that this is no accident.
std::optional<std::string> head_before(std::string_view frame, std::string_view begin) {
    const bool big_endian = (big32(begin, 0) & 1U) != 0;
    const auto word = [&](std::string_view bytes, std::size_t at) {
        const auto big = big32(bytes, at);
        return big_endian ? big : __builtin_bswap32(big);
    };
    Checksum sum{big32(frame, 16), big32(frame, 20)};
    for (std::size_t at = frame.size(); at > kFrameHeadBytes; at -= 8) {
        sum = shrink(sum, word(frame, at - 8), word(frame, at - 4));
    }
    sum = shrink(sum, word(frame, 0), word(frame, 4));
    const Checksum whole = sum;
    sum = shrink(sum, word(frame, 8), word(frame, 12));
    const auto before = extend({}, begin.substr(0, 8), big_endian);
    const std::uint32_t number = sum.s1 - before.s1 - sum.s0;
    std::string head(begin.substr(0, kNumberAt));
    head.resize(kWalHeadBytes);
    put_big32(head, kNumberAt, big_endian ? number : __builtin_bswap32(number));
    head.replace(kSaltsAt, 8, frame.substr(8, 8));
    put_big32(head, kSumAt, whole.s0);
    put_big32(head, kSumAt + 4, whole.s1);
    if (!parse_head(head)) return std::nullopt;
    return head;
}

// The header of the log when the one in the file is torn. SQLite begins a new log over the old one
// when all of that is in the database, and syncs the new header before a frame: a power failure can
// leave a mix of both headers, and behind it the old one's frames. The acknowledgement was cleared,
// and that synced, before; so where it names a log, this is no tear but damage.
std::optional<std::string> rebuild_head(const Fd& fd, std::string_view torn, std::uint64_t size,
                                        const std::string& path) {
    const std::uint32_t page_bytes = big32(torn, 8);
    if ((big32(torn, 0) & ~1U) != kWalMagic || !std::has_single_bit(page_bytes) ||
        page_bytes < 512 || page_bytes > 65536 ||
        size < kWalHeadBytes + kFrameHeadBytes + page_bytes) {
        return std::nullopt;
    }
    const auto frame = read_at(fd, kWalHeadBytes, kFrameHeadBytes + page_bytes, path);
    if (!frame) return std::nullopt;
    return head_before(*frame, torn);
}

std::string damage_text(std::uint64_t frame, const std::string& why) {
    return "frame " + std::to_string(frame) + " of the write-ahead log is damaged: " + why;
}

// What the frames are, before it is judged.
struct Walk {
    std::uint64_t stop = 0;            // the first frame that recovery doesn't take
    std::uint64_t commits_behind = 0;  // commit frames of this generation from there on
    std::uint64_t whole_commits = 0;   // of them, those that no tear can feign
};

// Disks write sectors whole, or up to some byte. Where one ends between what a frame's head says of
// a commit and its salts, the first may be an older log's and the second of this one.
bool is_torn_by_sectors(std::uint64_t frame_at) {
    constexpr std::uint64_t kSectorBytes = 512;
    return (frame_at + kFrameCommitAt) / kSectorBytes != (frame_at + kFrameSaltsAt) / kSectorBytes;
}

Checksum continued(Checksum sum, std::string_view frame, bool big_endian) {
    return extend(extend(sum, frame.substr(0, 8), big_endian), frame.substr(kFrameHeadBytes),
                  big_endian);
}

Result<Walk> walk_frames(const Fd& fd, const WalHead& head, WalScan& scan,
                         const std::string& path) {
    const std::size_t frame_bytes = kFrameHeadBytes + head.page_bytes;
    Walk walk;
    Checksum sum = head.sum;
    bool chained = true;
    for (std::uint64_t i = 0; i < scan.frames; ++i) {
        const std::uint64_t frame_at = kWalHeadBytes + i * frame_bytes;
        WEFT_TRY(frame, read_at(fd, frame_at, frame_bytes, path));
        const bool ours = big32(frame, 8) == head.salt1 && big32(frame, 12) == head.salt2;
        const bool commits = big32(frame, 4) != 0;
        const Checksum told{big32(frame, 16), big32(frame, 20)};
        // Behind the break only what may be a commit is held against the frame before it.
        const bool continues =
            (chained || (ours && commits)) && continued(sum, frame, head.big_endian) == told;
        chained = chained && ours && big32(frame, 0) != 0 && continues;
        sum = told;
        if (chained) {
            walk.stop = i + 1;
            if (commits) scan.recovered = i + 1;
        } else if (ours) {
            scan.torn = i + 1 - scan.recovered;
            if (!commits) continue;
            ++walk.commits_behind;
            if (continues || !is_torn_by_sectors(frame_at)) ++walk.whole_commits;
        }
    }
    scan.torn = std::max(scan.torn, walk.stop - scan.recovered);
    return walk;
}

}  // namespace

Result<WalScan> scan_wal(const std::string& wal_path, const std::optional<Acknowledged>& known) {
    WalScan scan;
    const bool known_frames = known && known->frames > 0;
    auto fd = open_file(wal_path, O_RDONLY);
    std::uint64_t size = 0;
    if (fd) {
        WEFT_TRY(bytes, file_size(*fd, wal_path));
        size = bytes;
    } else if (fd.error().kind != ErrorKind::NotFound) {
        return std::unexpected(std::move(fd).error());
    }
    if (size < kWalHeadBytes) {
        if (known_frames) scan.damage = "the write-ahead log with confirmed commits is gone";
        return scan;
    }
    WEFT_TRY(head_bytes, read_at(*fd, 0, kWalHeadBytes, wal_path));
    auto head = parse_head(head_bytes);
    if (!head && known && !known_frames) {
        scan.head = rebuild_head(*fd, head_bytes, size, wal_path);
        if (scan.head) head = parse_head(*scan.head);
    }
    if (!head) {
        if (size > kWalHeadBytes + kFrameHeadBytes) {
            scan.damage = "the header of the write-ahead log is damaged";
        }
        return scan;
    }
    scan.frames = (size - kWalHeadBytes) / (kFrameHeadBytes + head->page_bytes);
    WEFT_TRY(walk, walk_frames(*fd, *head, scan, wal_path));

    if (scan.head && scan.recovered == 0) {
        scan.damage = "the header of the write-ahead log is damaged";
        return scan;
    }
    const bool same = known_frames && known->salt1 == head->salt1 && known->salt2 == head->salt2;
    if (known_frames && !same) {
        // What was confirmed is forgotten, and that synced, before a log begins anew.
        scan.damage = "the write-ahead log is another one than that of the confirmed commits";
    } else if (same && scan.recovered < known->frames) {
        scan.damage = damage_text(
            walk.stop, "commits up to frame " + std::to_string(known->frames) + " were confirmed");
    } else if (walk.whole_commits > 1) {
        // A commit is synced before the next one begins, so only the last can be torn.
        scan.damage =
            damage_text(walk.stop, std::to_string(walk.whole_commits) + " commits stand behind it");
    } else if (walk.commits_behind > 0 && !known) {
        scan.damage = damage_text(walk.stop, "a commit stands behind it");
    }
    return scan;
}

Result<void> settle_wal(const std::string& wal_path, const WalScan& scan) {
    constexpr std::size_t kPartBytes = 1UL << 20;
    WEFT_TRY(fd, open_file(wal_path, O_RDWR));
    if (scan.head) WEFT_TRY_VOID(write_at(fd, 0, *scan.head, wal_path));
    for (std::uint64_t at = 0;; at += kPartBytes) {
        WEFT_TRY(part, read_at(fd, at, kPartBytes, wal_path));
        if (part.empty()) return sync_data(fd, wal_path);
        WEFT_TRY_VOID(write_at(fd, at, part, wal_path));
    }
}

Result<AckFile> AckFile::open(const std::string& store_path) {
    AckFile ack;
    ack.path_ = store_path + ".ack";
    ack.wal_path_ = store_path + "-wal";
    WEFT_TRY(fd, open_file(ack.path_, O_RDWR | O_CREAT));
    ack.fd_ = std::move(fd);
    WEFT_TRY(bytes, read_at(ack.fd_, 0, kAckBytes, ack.path_));
    ByteReader in(bytes);
    Acknowledged found;
    found.salt1 = in.u32();
    found.salt2 = in.u32();
    found.frames = in.u64();
    const std::uint64_t guard = in.u64();
    if (in.ok() && guard == guard_of(bytes)) {
        ack.found_ = found;
    } else if (!bytes.empty()) {
        // Torn: only a power failure does that, and after one the file says nothing.
        ack.found_ = Acknowledged{};
    }
    return ack;
}

Result<void> AckFile::confirm(std::uint64_t frames) {
    if (!wal_.valid()) {
        WEFT_TRY(fd, open_file(wal_path_, O_RDONLY));
        wal_ = std::move(fd);
    }
    if (salts_.size() < kSaltsBytes) {
        WEFT_TRY(salts, read_at(wal_, kSaltsAt, kSaltsBytes, wal_path_));
        salts_ = std::move(salts);
    }
    ByteWriter out;
    out.u32(salts_.size() == kSaltsBytes ? big32(salts_, 0) : 0);
    out.u32(salts_.size() == kSaltsBytes ? big32(salts_, 4) : 0);
    out.u64(frames);
    out.u64(guard_of(out.bytes()));
    return write_at(fd_, 0, out.bytes(), path_);
}

Result<void> AckFile::clear() {
    salts_.clear();
    ByteWriter out;
    out.zeros(kGuardAt);
    out.u64(guard_of(out.bytes()));
    WEFT_TRY_VOID(write_at(fd_, 0, out.bytes(), path_));
    return sync_data(fd_, path_);
}

}  // namespace weft::store
