#include "tests/simulation/disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <string_view>

#include "base/check.h"
#include "tests/support/file_calls.h"

namespace weft::simulation {
namespace {

using Kind = DiskFault::Kind;
using support::FileCalls;

constexpr std::size_t kSectorBytes = 512;

class Session final : public FileCalls {
  public:
    std::string folder;
    std::set<int> descriptors;
    DiskFault fault;
    std::uint64_t calls = 0;
    bool is_hit = false;
    bool is_dead = false;
    bool is_full = false;  // not even what the ballast gave is left
    bool has_room = true;  // for anything new
    bool has_failed = false;

    int open(const char* path, int flags, mode_t mode) override {
        const bool ours = is_below(path);
        const bool makes = ours && (flags & O_CREAT) != 0 && ::access(path, F_OK) != 0;
        const int fd =
            guarded(makes, Call::Name, [&] { return FileCalls::open(path, flags, mode); });
        if (ours && fd >= 0) descriptors.insert(fd);
        return fd;
    }
    int close(int fd) override {
        descriptors.erase(fd);
        return FileCalls::close(fd);
    }
    ssize_t pwrite(int fd, const void* from, std::size_t size, off_t at) override {
        return written(fd, size,
                       [&](std::size_t part) { return FileCalls::pwrite(fd, from, part, at); });
    }
    ssize_t write(int fd, const void* from, std::size_t size) override {
        return written(fd, size,
                       [&](std::size_t part) { return FileCalls::write(fd, from, part); });
    }
    int truncate(int fd, off_t size) override {
        return guarded(is_ours(fd), Call::Name, [&] { return FileCalls::truncate(fd, size); });
    }
    // Room is only counted, not taken: the folder is in memory.
    int allocate(int fd, off_t at, off_t size) override {
        const auto grow = [&] { return FileCalls::truncate(fd, at + size); };
        return guarded(is_ours(fd), Call::Grow, grow) == 0 ? 0 : errno;
    }
    int sync(int fd, bool only_data) override {
        return guarded(is_ours(fd), Call::Sync, [&] { return FileCalls::sync(fd, only_data); });
    }
    int statvfs(const char* path, struct statvfs* out) override {
        const int done = FileCalls::statvfs(path, out);
        if (!has_room) out->f_bavail = 0;
        return done;
    }
    // Names are taken away on a full disk too; the ballast gives the room that it had.
    int unlink(const char* path) override {
        const bool ours = is_below(path);
        if (ours && std::string_view(path).ends_with(".ballast")) is_full = false;
        return guarded(ours, Call::Sync, [&] { return FileCalls::unlink(path); });
    }
    int link(const char* from, const char* to) override {
        return guarded(is_below(from), Call::Name, [&] { return FileCalls::link(from, to); });
    }
    int rename(const char* from, const char* to) override {
        return guarded(is_below(from), Call::Name, [&] { return FileCalls::rename(from, to); });
    }
    int mkdir(const char* path, mode_t mode) override {
        return guarded(is_below(path), Call::Name, [&] { return FileCalls::mkdir(path, mode); });
    }

  private:
    enum class Call : std::uint8_t { Write, Grow, Sync, Name };

    [[nodiscard]] bool is_below(const char* path) const {
        return std::string_view(path).starts_with(folder);
    }
    [[nodiscard]] bool is_ours(int fd) const { return descriptors.contains(fd); }

    // 0: goes on. -1: half of it is done, and the machine dies. Else the error of the call.
    int meet(Call call) {
        if (is_dead) return EIO;
        ++calls;
        const bool is_due = fault.kind != Kind::None && calls >= fault.at;
        if (!is_due) return 0;
        switch (fault.kind) {
            case Kind::Crash:
            case Kind::Torn:
                is_hit = true;
                is_dead = true;
                return fault.kind == Kind::Torn && call == Call::Write ? -1 : EIO;
            case Kind::SyncFails:
                if (call != Call::Sync || has_failed) return 0;
                is_hit = has_failed = true;
                return EIO;
            case Kind::WriteFails:
                if (call == Call::Sync || has_failed) return 0;
                is_hit = has_failed = true;
                return EIO;
            case Kind::Full:
                if (call == Call::Sync) return 0;
                if (!has_failed) is_full = true;
                if (!has_failed) has_room = false;
                has_failed = true;
                if (!is_full) return 0;
                is_hit = true;
                return ENOSPC;
            case Kind::None:
                break;
        }
        return 0;
    }

    template <typename Done>
    int guarded(bool counts, Call call, Done done) {
        const int error = counts ? meet(call) : 0;
        if (error == 0) return done();
        errno = error > 0 ? error : EIO;
        return -1;
    }

    template <typename Done>
    ssize_t written(int fd, std::size_t size, Done done) {
        const int error = is_ours(fd) ? meet(Call::Write) : 0;
        if (error == 0) return done(size);
        // A sector is there or not.
        if (error < 0) static_cast<void>(done(size / 2 / kSectorBytes * kSectorBytes));
        errno = error > 0 ? error : EIO;
        return -1;
    }
};

Session* session = nullptr;

}  // namespace

Disk::Disk(std::string folder) {
    WEFT_CHECK(session == nullptr);
    session = new Session;
    session->folder = std::move(folder);
    support::listen(session);
}

Disk::~Disk() {
    support::listen(nullptr);
    delete session;
    session = nullptr;
}

void Disk::arm(DiskFault fault) {
    session->fault = fault;
    session->calls = 0;
    session->is_hit = session->is_dead = session->has_failed = false;
    make_room();
}

void Disk::make_room() {
    session->is_full = false;
    session->has_room = true;
}

bool Disk::has_room() const {
    return session->has_room;
}

std::uint64_t Disk::calls() const {
    return session->calls;
}

bool Disk::was_hit() const {
    return session->is_hit;
}

}  // namespace weft::simulation
