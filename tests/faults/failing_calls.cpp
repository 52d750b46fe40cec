// A library that is loaded before all others (LD_PRELOAD) and fails one call of a program, or all
// from one on: allocations, calls on files below one folder, and what an engine asks of the system
// when it opens. tests/campaigns/failures.py drives it. It knows nothing of Weft.
//
//     WEFT_FAIL=KIND,N,HOW[,ever]   the N-th call of KIND; N = 0 only counts
//     WEFT_FAIL_IN=weft             the program in which; others are left alone
//     WEFT_FAIL_BELOW=FOLDER        files that count, besides those named by a relative path
//     WEFT_FAIL_LOG=FILE            what was hit, and at the end how many calls there were
//
// Kinds: `new` (allocations of C++), `memory` (those of C libraries), `file`, `system`. How: the
// name of an error; `short` (half is written or read); `kill`. No exceptions, no allocation of its
// own: it runs inside of malloc.
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
}

namespace {

enum Kind { New, Memory, File, System, kKinds };
constexpr std::array<const char*, kKinds> kNames = {"new", "memory", "file", "system"};

struct NamedError {
    const char* name;
    int code;
};
constexpr std::array kErrors = {NamedError{"EIO", EIO},       NamedError{"ENOSPC", ENOSPC},
                                NamedError{"EINTR", EINTR},   NamedError{"EMFILE", EMFILE},
                                NamedError{"EACCES", EACCES}, NamedError{"EAGAIN", EAGAIN},
                                NamedError{"ENOMEM", ENOMEM}, NamedError{"EDQUOT", EDQUOT}};

constexpr int kHalf = -1;  // instead of an error
constexpr int kKill = -2;
constexpr int kFiles = 4096;

std::atomic<bool> is_armed = false;
pid_t armed_pid = 0;
std::array<std::atomic<long>, kKinds> numbers{};
int fails_kind = kKinds;
long fails_at = 0;
bool fails_ever = false;
int how = EIO;
std::array<char, 1024> below{};
std::array<char, 1024> log_path{};
std::array<std::atomic<bool>, kFiles> is_ours{};
// Where operator new calls malloc from.
const char* cxx_begin = nullptr;
const char* cxx_end = nullptr;

// Straight to the kernel: the calls of this library must not count.
void note(const char* text, const char* detail = "") {
    if (log_path[0] == 0) return;
    std::array<char, 600> line{};
    const int size = std::snprintf(line.data(), line.size(), "%s%s\n", text, detail);
    const long fd = ::syscall(SYS_openat, AT_FDCWD, log_path.data(),
                              O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return;
    ::syscall(SYS_write, fd, line.data(), size);
    ::syscall(SYS_close, fd);
}

// 0: goes on; else the error to give, or kHalf.
int fault(Kind kind, const char* call, bool may_interrupt = false, bool may_half = false) {
    if (!is_armed) return 0;
    const long number = ++numbers[kind];
    if (kind != fails_kind || fails_at == 0) return 0;
    if (fails_ever ? number < fails_at : number != fails_at) return 0;
    if (how == EINTR && !may_interrupt) return 0;
    if (how == kHalf && !may_half) return 0;
    if (number == fails_at || (number < fails_at + 3)) note("hit ", call);
    if (how == kKill) ::raise(SIGKILL);
    return how;
}

template <typename F>
F* real(const char* name) {
    return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

bool counts_path(const char* path) {
    if (path == nullptr || !is_armed) return false;
    return path[0] != '/' || (below[0] != 0 && std::strstr(path, below.data()) == path);
}
bool counts_fd(int fd) {
    return fd >= 0 && fd < kFiles && is_ours[static_cast<std::size_t>(fd)];
}
int opened(int fd) {
    if (fd >= 0 && fd < kFiles) is_ours[static_cast<std::size_t>(fd)] = true;
    return fd;
}

bool fails_memory(const void* caller) {
    if (!is_armed) return false;
    const auto* from = static_cast<const char*>(caller);
    const bool is_new = from >= cxx_begin && from < cxx_end;
    return fault(is_new ? New : Memory, is_new ? "new" : "malloc") != 0;
}

int find_cxx(dl_phdr_info* info, std::size_t, void*) {
    if (std::strstr(info->dlpi_name, "libstdc++") == nullptr) return 0;
    for (int i = 0; i < info->dlpi_phnum; ++i) {
        const auto& part = info->dlpi_phdr[i];
        if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0) continue;
        cxx_begin = reinterpret_cast<const char*>(info->dlpi_addr + part.p_vaddr);
        cxx_end = cxx_begin + part.p_memsz;
    }
    return 1;
}

void read_how(const char* text) {
    if (std::strncmp(text, "short", 5) == 0) how = kHalf;
    if (std::strncmp(text, "kill", 4) == 0) how = kKill;
    for (const auto& error : kErrors) {
        if (std::strncmp(text, error.name, std::strlen(error.name)) == 0) how = error.code;
    }
    fails_ever = std::strstr(text, ",ever") != nullptr;
}

[[gnu::constructor]] void arm() {
    const char* program = std::getenv("WEFT_FAIL_IN");
    const char* what = std::getenv("WEFT_FAIL");
    if (what == nullptr || std::strcmp(program_invocation_short_name, program ? program : "weft")) {
        return;
    }
    for (int kind = 0; kind < kKinds; ++kind) {
        const std::size_t size = std::strlen(kNames[static_cast<std::size_t>(kind)]);
        if (std::strncmp(what, kNames[static_cast<std::size_t>(kind)], size) != 0) continue;
        if (what[size] != ',') continue;
        char* rest = nullptr;
        fails_kind = kind;
        fails_at = std::strtol(what + size + 1, &rest, 10);
        if (*rest == ',') read_how(rest + 1);
    }
    if (const char* path = std::getenv("WEFT_FAIL_LOG")) {
        std::snprintf(log_path.data(), log_path.size(), "%s", path);
    }
    if (const char* folder = std::getenv("WEFT_FAIL_BELOW")) {
        std::snprintf(below.data(), below.size(), "%s", folder);
    }
    ::dl_iterate_phdr(find_cxx, nullptr);
    armed_pid = ::getpid();
    is_armed = true;
}

[[gnu::destructor]] void tell() {
    // A child that it forked is another.
    if (!is_armed || ::getpid() != armed_pid) return;
    is_armed = false;
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
        std::array<char, 80> line{};
        std::snprintf(line.data(), line.size(), "count %s %ld", kNames[kind], numbers[kind].load());
        note(line.data());
    }
}

// What a call that gives -1 and sets errno does.
template <typename Call>
auto guarded(Kind kind, const char* name, bool is_counted, bool may_interrupt, Call call)
    -> decltype(call()) {
    const int error = is_counted ? fault(kind, name, may_interrupt) : 0;
    if (error > 0) {
        errno = error;
        return -1;
    }
    return call();
}

// Of reads and writes: `call` is told how much.
template <typename Call>
ssize_t moved(const char* name, int fd, std::size_t size, Call call) {
    const int error = counts_fd(fd) ? fault(File, name, true, size > 1) : 0;
    if (error > 0) {
        errno = error;
        return -1;
    }
    return call(error == kHalf ? size / 2 : size);
}

}  // namespace

#define WEFT_CALLER __builtin_return_address(0)

extern "C" {

// A program that ends so runs no destructors.
void _exit(int code) {
    tell();
    while (true) ::syscall(SYS_exit_group, code);
}

void* malloc(size_t size) {
    if (fails_memory(WEFT_CALLER)) {
        errno = ENOMEM;
        return nullptr;
    }
    return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
    if (fails_memory(WEFT_CALLER)) {
        errno = ENOMEM;
        return nullptr;
    }
    return __libc_calloc(count, size);
}
void* realloc(void* old, size_t size) {
    if (fails_memory(WEFT_CALLER)) {
        errno = ENOMEM;
        return nullptr;
    }
    return __libc_realloc(old, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
    if (fails_memory(WEFT_CALLER)) {
        errno = ENOMEM;
        return nullptr;
    }
    return __libc_memalign(alignment, size);
}
int posix_memalign(void** out, size_t alignment, size_t size) {
    if (fails_memory(WEFT_CALLER)) return ENOMEM;
    *out = __libc_memalign(alignment, size);
    return *out == nullptr ? ENOMEM : 0;
}

int open(const char* path, int flags, ...) {
    std::va_list rest;
    va_start(rest, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    static auto* call = real<int(const char*, int, ...)>("open");
    const bool counted = counts_path(path);
    const int fd = guarded(File, "open", counted, true, [&] { return call(path, flags, mode); });
    return counted ? opened(fd) : fd;
}
int open64(const char* path, int flags, ...) {
    std::va_list rest;
    va_start(rest, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open(path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) {
    std::va_list rest;
    va_start(rest, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    static auto* call = real<int(int, const char*, int, ...)>("openat");
    const bool counted = counts_path(path);
    const int fd =
        guarded(File, "openat", counted, true, [&] { return call(folder, path, flags, mode); });
    return counted ? opened(fd) : fd;
}
FILE* fopen(const char* path, const char* mode) {
    static auto* call = real<FILE*(const char*, const char*)>("fopen");
    const bool counted = counts_path(path);
    if (counted) {
        if (const int error = fault(File, "fopen"); error > 0) {
            errno = error;
            return nullptr;
        }
    }
    FILE* file = call(path, mode);
    if (counted && file != nullptr) opened(fileno(file));
    return file;
}
FILE* fopen64(const char* path, const char* mode) {
    return fopen(path, mode);
}
int close(int fd) {
    static auto* call = real<int(int)>("close");
    if (fd >= 0 && fd < kFiles) is_ours[static_cast<std::size_t>(fd)] = false;
    return call(fd);
}
ssize_t read(int fd, void* to, size_t size) {
    static auto* call = real<ssize_t(int, void*, size_t)>("read");
    return moved("read", fd, size, [&](size_t part) { return call(fd, to, part); });
}
ssize_t pread(int fd, void* to, size_t size, off_t at) {
    static auto* call = real<ssize_t(int, void*, size_t, off_t)>("pread");
    return moved("pread", fd, size, [&](size_t part) { return call(fd, to, part, at); });
}
ssize_t pread64(int fd, void* to, size_t size, off64_t at) {
    return pread(fd, to, size, at);
}
ssize_t write(int fd, const void* from, size_t size) {
    static auto* call = real<ssize_t(int, const void*, size_t)>("write");
    return moved("write", fd, size, [&](size_t part) { return call(fd, from, part); });
}
ssize_t pwrite(int fd, const void* from, size_t size, off_t at) {
    static auto* call = real<ssize_t(int, const void*, size_t, off_t)>("pwrite");
    return moved("pwrite", fd, size, [&](size_t part) { return call(fd, from, part, at); });
}
ssize_t pwrite64(int fd, const void* from, size_t size, off64_t at) {
    return pwrite(fd, from, size, at);
}
ssize_t writev(int fd, const iovec* parts, int count) {
    static auto* call = real<ssize_t(int, const iovec*, int)>("writev");
    return moved("writev", fd, 1, [&](size_t) { return call(fd, parts, count); });
}
int fsync(int fd) {
    static auto* call = real<int(int)>("fsync");
    return guarded(File, "fsync", counts_fd(fd), true, [&] { return call(fd); });
}
int fdatasync(int fd) {
    static auto* call = real<int(int)>("fdatasync");
    return guarded(File, "fdatasync", counts_fd(fd), true, [&] { return call(fd); });
}
int ftruncate(int fd, off_t size) noexcept {
    static auto* call = real<int(int, off_t)>("ftruncate");
    return guarded(File, "ftruncate", counts_fd(fd), true, [&] { return call(fd, size); });
}
int ftruncate64(int fd, off64_t size) noexcept {
    return ftruncate(fd, size);
}
int posix_fallocate(int fd, off_t at, off_t size) {
    static auto* call = real<int(int, off_t, off_t)>("posix_fallocate");
    const int error = counts_fd(fd) ? fault(File, "posix_fallocate", true) : 0;
    return error > 0 ? error : call(fd, at, size);
}
int posix_fallocate64(int fd, off64_t at, off64_t size) {
    return posix_fallocate(fd, at, size);
}
int fallocate(int fd, int mode, off_t at, off_t size) {
    static auto* call = real<int(int, int, off_t, off_t)>("fallocate");
    return guarded(File, "fallocate", counts_fd(fd), true,
                   [&] { return call(fd, mode, at, size); });
}
int flock(int fd, int what) noexcept {
    static auto* call = real<int(int, int)>("flock");
    return guarded(File, "flock", counts_fd(fd), true, [&] { return call(fd, what); });
}
int rename(const char* from, const char* to) noexcept {
    static auto* call = real<int(const char*, const char*)>("rename");
    return guarded(File, "rename", counts_path(from), false, [&] { return call(from, to); });
}
int link(const char* from, const char* to) noexcept {
    static auto* call = real<int(const char*, const char*)>("link");
    return guarded(File, "link", counts_path(from), false, [&] { return call(from, to); });
}
int unlink(const char* path) noexcept {
    static auto* call = real<int(const char*)>("unlink");
    return guarded(File, "unlink", counts_path(path), false, [&] { return call(path); });
}
int mkdir(const char* path, mode_t mode) noexcept {
    static auto* call = real<int(const char*, mode_t)>("mkdir");
    return guarded(File, "mkdir", counts_path(path), false, [&] { return call(path, mode); });
}

// What an engine asks of the system when it opens, and to start children.
int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                   void* argument) noexcept {
    static auto* call =
        real<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>("pthread_create");
    const int error = fault(System, "pthread_create");
    return error > 0 ? error : call(thread, attributes, start, argument);
}
int eventfd(unsigned count, int flags) noexcept {
    static auto* call = real<int(unsigned, int)>("eventfd");
    return guarded(System, "eventfd", true, false, [&] { return call(count, flags); });
}
int socket(int domain, int type, int protocol) noexcept {
    static auto* call = real<int(int, int, int)>("socket");
    return guarded(System, "socket", true, false, [&] { return call(domain, type, protocol); });
}
int bind(int fd, const sockaddr* address, socklen_t size) noexcept {
    static auto* call = real<int(int, const sockaddr*, socklen_t)>("bind");
    return guarded(System, "bind", true, false, [&] { return call(fd, address, size); });
}
int listen(int fd, int backlog) noexcept {
    static auto* call = real<int(int, int)>("listen");
    return guarded(System, "listen", true, false, [&] { return call(fd, backlog); });
}
int pipe2(int* fds, int flags) noexcept {
    static auto* call = real<int(int*, int)>("pipe2");
    return guarded(System, "pipe2", true, false, [&] { return call(fds, flags); });
}
int socketpair(int domain, int type, int protocol, int* fds) noexcept {
    static auto* call = real<int(int, int, int, int*)>("socketpair");
    return guarded(System, "socketpair", true, false,
                   [&] { return call(domain, type, protocol, fds); });
}
pid_t fork() noexcept {
    static auto* call = real<pid_t()>("fork");
    return guarded(System, "fork", true, false, [&] { return call(); });
}
pid_t vfork() noexcept {
    return fork();
}
int posix_spawn(pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
                const posix_spawnattr_t* attributes, char* const* words, char* const* names) {
    static auto* call =
        real<int(pid_t*, const char*, const posix_spawn_file_actions_t*, const posix_spawnattr_t*,
                 char* const*, char* const*)>("posix_spawn");
    const int error = fault(System, "posix_spawn");
    return error > 0 ? error : call(pid, path, actions, attributes, words, names);
}

}  // extern "C"
