#include "tests/faults/recorder.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <string_view>

#include "base/check.h"

namespace weft::faults {
namespace {

struct Session {
    std::string folder;
    Trace trace;
    std::map<std::string, std::uint32_t> names;
    std::map<int, std::uint32_t> open;        // files
    std::map<int, std::string> open_folders;  // for syncs of names
    std::map<int, std::uint64_t> positions;   // of plain writes
    std::uint32_t last = 0;
    std::uint64_t fails_at = 0;  // of syncs of files; 0: none
    bool has_failed = false;

    Operation& add(Operation::Kind kind) {
        trace.emplace_back().kind = kind;
        return trace.back();
    }
    [[nodiscard]] std::optional<std::string> below(const char* path) const {
        const std::string_view text(path);
        if (!text.starts_with(folder)) return std::nullopt;
        return std::string(text.substr(folder.size()));
    }
    void opened(const char* path, int flags, int fd) {
        const auto name = below(path);
        if (!name || fd < 0) return;
        if ((flags & O_DIRECTORY) != 0 || name->empty()) {
            open_folders[fd] = *name;
            return;
        }
        auto [found, is_new] = names.emplace(*name, 0);
        if (is_new) {
            found->second = ++last;
            auto& operation = add(Operation::Kind::Link);
            operation.inode = last;
            operation.path = *name;
        }
        if ((flags & O_TRUNC) != 0) truncated(found->second, 0);
        open[fd] = found->second;
        positions[fd] = 0;
    }
    void truncated(std::uint32_t inode, std::uint64_t size) {
        auto& operation = add(Operation::Kind::Truncate);
        operation.inode = inode;
        operation.offset = size;
    }
    void wrote(int fd, const void* bytes, ssize_t size, std::uint64_t offset) {
        const auto found = open.find(fd);
        if (found == open.end() || size <= 0) return;
        auto& operation = add(Operation::Kind::Write);
        operation.inode = found->second;
        operation.offset = offset;
        operation.bytes.assign(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
    // Whether this sync is the one that fails.
    bool fails(int fd) {
        const auto file = open.find(fd);
        if (fails_at == 0 || file == open.end() || --fails_at > 0) return false;
        has_failed = true;
        add(Operation::Kind::SyncFailed).inode = file->second;
        return true;
    }
    void synced(int fd) {
        if (const auto file = open.find(fd); file != open.end()) {
            add(Operation::Kind::Sync).inode = file->second;
        } else if (const auto at = open_folders.find(fd); at != open_folders.end()) {
            add(Operation::Kind::SyncNames).path = at->second;
        }
    }
    void closed(int fd) {
        open.erase(fd);
        open_folders.erase(fd);
    }
};

Session* session = nullptr;

// The C library's own, behind this program's of the same name.
template <typename F>
F* real(const char* name) {
    return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

int opened(const char* path, int flags, mode_t mode) {
    static auto* call = real<int(const char*, int, ...)>("open");
    const int fd = call(path, flags, mode);
    if (session != nullptr) session->opened(path, flags, fd);
    return fd;
}

ssize_t written(int fd, const void* bytes, std::size_t size, off_t offset) {
    static auto* call = real<ssize_t(int, const void*, std::size_t, off_t)>("pwrite");
    const auto done = call(fd, bytes, size, offset);
    if (session != nullptr) session->wrote(fd, bytes, done, static_cast<std::uint64_t>(offset));
    return done;
}

int synced(int fd, const char* name) {
    auto* call = real<int(int)>(name);
    if (session != nullptr && session->fails(fd)) {
        errno = EIO;
        return -1;
    }
    const int done = call(fd);
    if (session != nullptr && done == 0) session->synced(fd);
    return done;
}

int truncated(int fd, off_t size) {
    static auto* call = real<int(int, off_t)>("ftruncate");
    const int done = call(fd, size);
    if (session != nullptr && done == 0) {
        const auto found = session->open.find(fd);
        if (found != session->open.end()) {
            session->truncated(found->second, static_cast<std::uint64_t>(size));
        }
    }
    return done;
}

}  // namespace

Recorder::Recorder(std::string folder) {
    WEFT_CHECK(session == nullptr);
    session = new Session;
    session->folder = std::move(folder);
}

Recorder::~Recorder() {
    delete session;
    session = nullptr;
}

void Recorder::mark(std::uint64_t what) {
    session->add(Operation::Kind::Mark).offset = what;
}

void Recorder::fail_sync(std::uint64_t nth) {
    session->fails_at = nth;
    session->has_failed = false;
}

bool Recorder::has_failed() const {
    return session->has_failed;
}

Trace Recorder::take() {
    return std::move(session->trace);
}

}  // namespace weft::faults

using weft::faults::Operation;
using weft::faults::session;

extern "C" {

int open(const char* path, int flags, ...) {
    std::va_list rest;
    va_start(rest, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return weft::faults::opened(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
    std::va_list rest;
    va_start(rest, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return weft::faults::opened(path, flags, mode);
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
    return weft::faults::written(fd, bytes, size, offset);
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
    return weft::faults::written(fd, bytes, size, offset);
}

ssize_t write(int fd, const void* bytes, size_t size) {
    static auto* call = weft::faults::real<ssize_t(int, const void*, size_t)>("write");
    const auto done = call(fd, bytes, size);
    if (session != nullptr && session->open.contains(fd) && done > 0) {
        auto& position = session->positions[fd];
        session->wrote(fd, bytes, done, position);
        position += static_cast<std::uint64_t>(done);
    }
    return done;
}

int ftruncate(int fd, off_t size) noexcept {
    return weft::faults::truncated(fd, size);
}

int ftruncate64(int fd, off64_t size) noexcept {
    return weft::faults::truncated(fd, size);
}

int posix_fallocate(int fd, off_t offset, off_t size) {
    const int done = weft::faults::truncated(fd, offset + size);
    return done;
}

int fsync(int fd) {
    return weft::faults::synced(fd, "fsync");
}

int fdatasync(int fd) {
    return weft::faults::synced(fd, "fdatasync");
}

int unlink(const char* path) noexcept {
    static auto* call = weft::faults::real<int(const char*)>("unlink");
    const int done = call(path);
    if (session == nullptr || done != 0) return done;
    if (const auto name = session->below(path)) {
        session->names.erase(*name);
        session->add(Operation::Kind::Unlink).path = *name;
    }
    return done;
}

int link(const char* from, const char* to) noexcept {
    static auto* call = weft::faults::real<int(const char*, const char*)>("link");
    const int done = call(from, to);
    if (session == nullptr || done != 0) return done;
    const auto old_name = session->below(from);
    const auto new_name = session->below(to);
    if (old_name && new_name) {
        const auto inode = session->names[*old_name];
        session->names[*new_name] = inode;
        auto& operation = session->add(Operation::Kind::Link);
        operation.inode = inode;
        operation.path = *new_name;
    }
    return done;
}

int rename(const char* from, const char* to) noexcept {
    static auto* call = weft::faults::real<int(const char*, const char*)>("rename");
    const int done = call(from, to);
    if (session == nullptr || done != 0) return done;
    const auto old_name = session->below(from);
    const auto new_name = session->below(to);
    if (old_name && new_name) {
        const auto inode = session->names[*old_name];
        session->names.erase(*old_name);
        session->names[*new_name] = inode;
        auto& operation = session->add(Operation::Kind::Rename);
        operation.inode = inode;
        operation.path = *old_name;
        operation.other = *new_name;
    }
    return done;
}

int mkdir(const char* path, mode_t mode) noexcept {
    static auto* call = weft::faults::real<int(const char*, mode_t)>("mkdir");
    const int done = call(path, mode);
    if (session == nullptr || done != 0) return done;
    if (const auto name = session->below(path)) session->add(Operation::Kind::Folder).path = *name;
    return done;
}

int close(int fd) {
    static auto* call = weft::faults::real<int(int)>("close");
    if (session != nullptr) session->closed(fd);
    return call(fd);
}

}  // extern "C"
