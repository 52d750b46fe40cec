#include "tests/support/file_calls.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <map>
#include <utility>

namespace weft::support {
namespace {

FileCalls* listener = nullptr;

FileCalls& calls() {
    // Never destroyed: files are still closed when statics are gone.
    static auto* own = new FileCalls;
    return listener == nullptr ? *own : *listener;
}

// The C library's own, behind this program's of the same name.
template <typename F>
F* real(const char* name) {
    return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

// Folders that are listed from names at hand.
struct Listing {
    int fd = -1;
    std::vector<std::string> names;
    std::size_t next = 0;
    dirent entry{};
};
std::map<const void*, Listing>& listings() {
    static auto* all = new std::map<const void*, Listing>;
    return *all;
}

}  // namespace

FileCalls* listen(FileCalls* who) {
    return std::exchange(listener, who);
}

int FileCalls::open(const char* path, int flags, mode_t mode) {
    static auto* call = real<int(const char*, int, ...)>("open");
    return call(path, flags, mode);
}
int FileCalls::close(int fd) {
    static auto* call = real<int(int)>("close");
    return call(fd);
}
ssize_t FileCalls::read(int fd, void* to, std::size_t size) {
    static auto* call = real<ssize_t(int, void*, std::size_t)>("read");
    return call(fd, to, size);
}
ssize_t FileCalls::pread(int fd, void* to, std::size_t size, off_t at) {
    static auto* call = real<ssize_t(int, void*, std::size_t, off_t)>("pread");
    return call(fd, to, size, at);
}
ssize_t FileCalls::write(int fd, const void* from, std::size_t size) {
    static auto* call = real<ssize_t(int, const void*, std::size_t)>("write");
    return call(fd, from, size);
}
ssize_t FileCalls::pwrite(int fd, const void* from, std::size_t size, off_t at) {
    static auto* call = real<ssize_t(int, const void*, std::size_t, off_t)>("pwrite");
    return call(fd, from, size, at);
}
int FileCalls::truncate(int fd, off_t size) {
    static auto* call = real<int(int, off_t)>("ftruncate");
    return call(fd, size);
}
int FileCalls::allocate(int fd, off_t at, off_t size) {
    static auto* call = real<int(int, off_t, off_t)>("posix_fallocate");
    return call(fd, at, size);
}
int FileCalls::sync(int fd, bool only_data) {
    static auto* whole = real<int(int)>("fsync");
    static auto* data = real<int(int)>("fdatasync");
    return only_data ? data(fd) : whole(fd);
}
int FileCalls::stat(const char* path, struct stat* out, bool follows) {
    static auto* through = real<int(const char*, struct stat*)>("stat");
    static auto* itself = real<int(const char*, struct stat*)>("lstat");
    return follows ? through(path, out) : itself(path, out);
}
int FileCalls::fstat(int fd, struct stat* out) {
    static auto* call = real<int(int, struct stat*)>("fstat");
    return call(fd, out);
}
int FileCalls::access(const char* path, int mode) {
    static auto* call = real<int(const char*, int)>("access");
    return call(path, mode);
}
int FileCalls::control(int fd, int command, void* argument) {
    static auto* call = real<int(int, int, ...)>("fcntl");
    return call(fd, command, argument);
}
int FileCalls::change_owner(int fd, uid_t user, gid_t group) {
    static auto* call = real<int(int, uid_t, gid_t)>("fchown");
    return call(fd, user, group);
}
int FileCalls::statfs(const char* path, struct statfs* out) {
    static auto* call = real<int(const char*, struct statfs*)>("statfs");
    return call(path, out);
}
int FileCalls::statvfs(const char* path, struct statvfs* out) {
    static auto* call = real<int(const char*, struct statvfs*)>("statvfs");
    return call(path, out);
}
std::optional<std::vector<std::string>> FileCalls::names_in(int /*folder*/) {
    return std::nullopt;
}
int FileCalls::unlink(const char* path) {
    static auto* call = real<int(const char*)>("unlink");
    return call(path);
}
int FileCalls::link(const char* from, const char* to) {
    static auto* call = real<int(const char*, const char*)>("link");
    return call(from, to);
}
int FileCalls::rename(const char* from, const char* to) {
    static auto* call = real<int(const char*, const char*)>("rename");
    return call(from, to);
}
int FileCalls::mkdir(const char* path, mode_t mode) {
    static auto* call = real<int(const char*, mode_t)>("mkdir");
    return call(path, mode);
}

}  // namespace weft::support

using weft::support::calls;
using weft::support::listings;
using weft::support::real;

extern "C" {

int open(const char* path, int flags, ...) {
    std::va_list rest;
    va_start(rest, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return calls().open(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
    std::va_list rest;
    va_start(rest, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return calls().open(path, flags, mode);
}
int close(int fd) {
    return calls().close(fd);
}
ssize_t read(int fd, void* to, size_t size) {
    return calls().read(fd, to, size);
}
ssize_t pread(int fd, void* to, size_t size, off_t at) {
    return calls().pread(fd, to, size, at);
}
ssize_t pread64(int fd, void* to, size_t size, off64_t at) {
    return calls().pread(fd, to, size, at);
}
ssize_t write(int fd, const void* from, size_t size) {
    return calls().write(fd, from, size);
}
ssize_t pwrite(int fd, const void* from, size_t size, off_t at) {
    return calls().pwrite(fd, from, size, at);
}
ssize_t pwrite64(int fd, const void* from, size_t size, off64_t at) {
    return calls().pwrite(fd, from, size, at);
}
int ftruncate(int fd, off_t size) noexcept {
    return calls().truncate(fd, size);
}
int ftruncate64(int fd, off64_t size) noexcept {
    return calls().truncate(fd, size);
}
int posix_fallocate(int fd, off_t at, off_t size) {
    return calls().allocate(fd, at, size);
}
int fsync(int fd) {
    return calls().sync(fd, false);
}
int fdatasync(int fd) {
    return calls().sync(fd, true);
}

int stat(const char* path, struct stat* out) noexcept {
    return calls().stat(path, out, true);
}
int stat64(const char* path, struct stat64* out) noexcept {
    return calls().stat(path, reinterpret_cast<struct stat*>(out), true);
}
int lstat(const char* path, struct stat* out) noexcept {
    return calls().stat(path, out, false);
}
int lstat64(const char* path, struct stat64* out) noexcept {
    return calls().stat(path, reinterpret_cast<struct stat*>(out), false);
}
int fstat(int fd, struct stat* out) noexcept {
    return calls().fstat(fd, out);
}
int fstat64(int fd, struct stat64* out) noexcept {
    return calls().fstat(fd, reinterpret_cast<struct stat*>(out));
}
int access(const char* path, int mode) noexcept {
    return calls().access(path, mode);
}
// The third is an int, a pointer or nothing; a register holds each of them.
int fcntl(int fd, int command, ...) {
    std::va_list rest;
    va_start(rest, command);
    void* argument = va_arg(rest, void*);
    va_end(rest);
    return calls().control(fd, command, argument);
}
int fcntl64(int fd, int command, ...) {
    std::va_list rest;
    va_start(rest, command);
    void* argument = va_arg(rest, void*);
    va_end(rest);
    return calls().control(fd, command, argument);
}
int fchown(int fd, uid_t user, gid_t group) noexcept {
    return calls().change_owner(fd, user, group);
}
int statfs(const char* path, struct statfs* out) noexcept {
    return calls().statfs(path, out);
}
int statvfs(const char* path, struct statvfs* out) noexcept {
    return calls().statvfs(path, out);
}

int unlink(const char* path) noexcept {
    return calls().unlink(path);
}
int link(const char* from, const char* to) noexcept {
    return calls().link(from, to);
}
int rename(const char* from, const char* to) noexcept {
    return calls().rename(from, to);
}
int mkdir(const char* path, mode_t mode) noexcept {
    return calls().mkdir(path, mode);
}

DIR* fdopendir(int fd) {
    static auto* call = real<DIR*(int)>("fdopendir");
    auto names = calls().names_in(fd);
    if (!names) return call(fd);
    auto* key = new char;  // an address that nobody else has
    listings()[key] = {fd, std::move(*names), 0, {}};
    return reinterpret_cast<DIR*>(key);
}
struct dirent* readdir(DIR* folder) {
    static auto* call = real<dirent*(DIR*)>("readdir");
    const auto found = listings().find(folder);
    if (found == listings().end()) return call(folder);
    auto& listing = found->second;
    if (listing.next == listing.names.size()) return nullptr;
    std::snprintf(listing.entry.d_name, sizeof listing.entry.d_name, "%s",
                  listing.names[listing.next++].c_str());
    return &listing.entry;
}
struct dirent64* readdir64(DIR* folder) {
    return reinterpret_cast<dirent64*>(::readdir(folder));
}
int closedir(DIR* folder) {
    static auto* call = real<int(DIR*)>("closedir");
    const auto found = listings().find(folder);
    if (found == listings().end()) return call(folder);
    const int fd = found->second.fd;
    listings().erase(found);
    delete reinterpret_cast<char*>(folder);
    return ::close(fd);
}

}  // extern "C"
