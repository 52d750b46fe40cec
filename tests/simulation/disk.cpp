#include "tests/simulation/disk.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <set>
#include <string_view>

#include "base/check.h"

namespace weft::simulation {
namespace {

using Kind = DiskFault::Kind;

constexpr std::size_t kSectorBytes = 512;

struct Session {
    std::string folder;
    std::set<int> open;
    DiskFault fault;
    std::uint64_t calls = 0;
    bool is_hit = false;
    bool is_dead = false;
    bool is_full = false;  // not even what the ballast gave is left
    bool has_room = true;  // for anything new
    bool has_failed = false;
};

Session* session = nullptr;

enum class Call : std::uint8_t { Write, Grow, Sync, Name };

bool is_below(const char* path) {
    return session != nullptr && std::string_view(path).starts_with(session->folder);
}
bool is_ours(int fd) {
    return session != nullptr && session->open.contains(fd);
}

// 0: goes on. -1: half of it is done, and the machine dies. Else the error of the call.
int meet(Call call) {
    if (session->is_dead) return EIO;
    ++session->calls;
    const auto& fault = session->fault;
    const bool is_due = fault.kind != Kind::None && session->calls >= fault.at;
    if (!is_due) return 0;
    switch (fault.kind) {
        case Kind::Crash:
        case Kind::Torn:
            session->is_hit = true;
            session->is_dead = true;
            return fault.kind == Kind::Torn && call == Call::Write ? -1 : EIO;
        case Kind::SyncFails:
            if (call != Call::Sync || session->has_failed) return 0;
            session->is_hit = session->has_failed = true;
            return EIO;
        case Kind::WriteFails:
            if (call == Call::Sync || session->has_failed) return 0;
            session->is_hit = session->has_failed = true;
            return EIO;
        case Kind::Full:
            if (call == Call::Sync) return 0;
            if (!session->has_failed) session->is_full = true;
            if (!session->has_failed) session->has_room = false;
            session->has_failed = true;
            if (!session->is_full) return 0;
            session->is_hit = true;
            return ENOSPC;
        case Kind::None:
            break;
    }
    return 0;
}

// The C library's own, behind this program's of the same name.
template <typename F>
F* real(const char* name) {
    return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

template <typename Done>
int guarded(bool counts, Call call, Done done) {
    const int error = counts ? meet(call) : 0;
    if (error == 0) return done();
    errno = error > 0 ? error : EIO;
    return -1;
}

int open_counted(const char* path, int flags, mode_t mode) {
    static auto* call = real<int(const char*, int, ...)>("open");
    const bool ours = is_below(path);
    const bool makes = ours && (flags & O_CREAT) != 0 && ::access(path, F_OK) != 0;
    const int fd = guarded(makes, Call::Name, [&] { return call(path, flags, mode); });
    if (ours && fd >= 0) session->open.insert(fd);
    return fd;
}

ssize_t write_counted(int fd, const void* from, std::size_t size, off_t at) {
    static auto* call = real<ssize_t(int, const void*, std::size_t, off_t)>("pwrite");
    const int error = is_ours(fd) ? meet(Call::Write) : 0;
    // A sector is there or not.
    if (error < 0) call(fd, from, size / 2 / kSectorBytes * kSectorBytes, at);
    if (error != 0) {
        errno = error > 0 ? error : EIO;
        return -1;
    }
    return call(fd, from, size, at);
}

int truncate_counted(int fd, off_t size, Call kind) {
    static auto* call = real<int(int, off_t)>("ftruncate");
    return guarded(is_ours(fd), kind, [&] { return call(fd, size); });
}

}  // namespace

Disk::Disk(std::string folder) {
    WEFT_CHECK(session == nullptr);
    session = new Session;
    session->folder = std::move(folder);
}

Disk::~Disk() {
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

using weft::simulation::Call;
using weft::simulation::is_below;
using weft::simulation::is_ours;
using weft::simulation::real;
using weft::simulation::session;

extern "C" {

int open(const char* path, int flags, ...) {
    std::va_list rest;
    va_start(rest, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return weft::simulation::open_counted(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
    std::va_list rest;
    va_start(rest, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return weft::simulation::open_counted(path, flags, mode);
}

int close(int fd) {
    static auto* call = real<int(int)>("close");
    if (session != nullptr) session->open.erase(fd);
    return call(fd);
}

ssize_t pwrite(int fd, const void* from, size_t size, off_t at) {
    return weft::simulation::write_counted(fd, from, size, at);
}

ssize_t pwrite64(int fd, const void* from, size_t size, off64_t at) {
    return weft::simulation::write_counted(fd, from, size, at);
}

ssize_t write(int fd, const void* from, size_t size) {
    static auto* call = real<ssize_t(int, const void*, size_t)>("write");
    const int error = is_ours(fd) ? weft::simulation::meet(Call::Write) : 0;
    if (error < 0) {
        static_cast<void>(call(
            fd, from, size / 2 / weft::simulation::kSectorBytes * weft::simulation::kSectorBytes));
    }
    if (error != 0) {
        errno = error > 0 ? error : EIO;
        return -1;
    }
    return call(fd, from, size);
}

int ftruncate(int fd, off_t size) noexcept {
    return weft::simulation::truncate_counted(fd, size, Call::Name);
}

int ftruncate64(int fd, off64_t size) noexcept {
    return weft::simulation::truncate_counted(fd, size, Call::Name);
}

// Room is only counted, not taken: the folder is in memory.
int posix_fallocate(int fd, off_t at, off_t size) {
    return weft::simulation::truncate_counted(fd, at + size, Call::Grow) == 0 ? 0 : errno;
}

int fsync(int fd) {
    static auto* call = real<int(int)>("fsync");
    return weft::simulation::guarded(is_ours(fd), Call::Sync, [&] { return call(fd); });
}

int fdatasync(int fd) {
    static auto* call = real<int(int)>("fdatasync");
    return weft::simulation::guarded(is_ours(fd), Call::Sync, [&] { return call(fd); });
}

int statvfs(const char* path, struct statvfs* out) noexcept {
    static auto* call = real<int(const char*, struct statvfs*)>("statvfs");
    const int done = call(path, out);
    if (session != nullptr && !session->has_room) out->f_bavail = 0;
    return done;
}

// Names are taken away on a full disk too; the ballast gives the room that it had.
int unlink(const char* path) noexcept {
    static auto* call = real<int(const char*)>("unlink");
    const bool ours = is_below(path);
    if (ours && std::string_view(path).ends_with(".ballast")) session->is_full = false;
    return weft::simulation::guarded(ours, Call::Sync, [&] { return call(path); });
}

int link(const char* from, const char* to) noexcept {
    static auto* call = real<int(const char*, const char*)>("link");
    return weft::simulation::guarded(is_below(from), Call::Name, [&] { return call(from, to); });
}

int rename(const char* from, const char* to) noexcept {
    static auto* call = real<int(const char*, const char*)>("rename");
    return weft::simulation::guarded(is_below(from), Call::Name, [&] { return call(from, to); });
}

int mkdir(const char* path, mode_t mode) noexcept {
    static auto* call = real<int(const char*, mode_t)>("mkdir");
    return weft::simulation::guarded(is_below(path), Call::Name, [&] { return call(path, mode); });
}

}  // extern "C"
