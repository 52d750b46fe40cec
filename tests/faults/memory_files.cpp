#include "tests/faults/memory_files.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace weft::faults {

namespace {

constexpr int kFirst = 1 << 20;  // of our descriptors: no other is so large
constexpr std::uint64_t kBlockBytes = 4096;

bool is_ours(const char* path) {
    return std::string_view(path).starts_with(kRoot);
}

std::string folder_of(const std::string& path) {
    return path.substr(0, path.rfind('/'));
}

int fail(int code) {
    errno = code;
    return -1;
}

}  // namespace

Image empty_disk() {
    Image out;
    out.names.push_back({kRoot, kFolder});
    return out;
}

MemoryFiles::MemoryFiles(Arena& arena, const Image& image, std::uint64_t seed)
    : arena_(arena), files_(image.files), random_(seed) {
    static std::uint64_t devices = 0xFA000000;  // two disks are never one to those who ask
    device_ = ++devices;
    for (const auto& name : image.names) names_.emplace(name.path, name.inode);
    own_.resize(files_.size());
}

Image MemoryFiles::image() const {
    Image out;
    for (const auto& [path, inode] : names_) out.names.push_back({path, inode});
    for (std::size_t i = 0; i < files_.size(); ++i) {
        // A copy: what is ours may still change.
        out.files.push_back(own_[i] ? std::make_shared<Contents>(*own_[i]) : files_[i]);
    }
    return out;
}

std::uint64_t MemoryFiles::used() const {
    std::uint64_t all = 0;
    for (const auto& [path, inode] : names_) {
        if (inode == kFolder) continue;
        const auto size = own_[inode] ? own_[inode]->size() : files_[inode]->size();
        all += (size + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
    }
    return all;
}

bool MemoryFiles::makes_room(std::uint64_t more) {
    const bool has_room = limit_ == 0 || used() + more <= limit_;
    if (!has_room) was_full_ = true;
    return has_room;
}

MemoryFiles::Opened* MemoryFiles::opened(int fd) {
    const auto at = static_cast<std::size_t>(fd - kFirst);
    return fd < kFirst || at >= opened_.size() || !opened_[at].is_open ? nullptr : &opened_[at];
}

int MemoryFiles::give(Opened one) {
    opened_.push_back(std::move(one));
    return kFirst + static_cast<int>(opened_.size()) - 1;
}

const std::uint32_t* MemoryFiles::find(const std::string& path) const {
    const auto found = names_.find(path);
    return found == names_.end() ? nullptr : &found->second;
}

Contents& MemoryFiles::changed(std::uint32_t inode) {
    if (!own_[inode]) own_[inode] = std::make_shared<Contents>(*files_[inode]);
    return *own_[inode];
}

Operation& MemoryFiles::add(Operation::Kind kind, std::uint32_t inode) {
    auto& made = trace.operations.emplace_back();
    made.kind = kind;
    made.inode = inode;
    return made;
}

int MemoryFiles::open(const char* path, int flags, mode_t mode) {
    if (std::string_view(path) == "/dev/urandom") return give({0, {}, 0, true, true});
    if (!is_ours(path)) return FileCalls::open(path, flags, mode);
    const auto* found = find(path);
    if (found == nullptr) {
        if ((flags & O_CREAT) == 0 || find(folder_of(path)) == nullptr) return fail(ENOENT);
        const auto inode = static_cast<std::uint32_t>(files_.size());
        files_.push_back(nullptr);
        own_.push_back(std::make_shared<Contents>());
        names_.emplace(path, inode);
        add(Operation::Kind::Link, inode).path = path;
        return give({inode, {}, 0, false, true});
    }
    if ((flags & O_EXCL) != 0) return fail(EEXIST);
    if (*found == kFolder) {
        if ((flags & O_ACCMODE) != O_RDONLY) return fail(EISDIR);
        return give({kFolder, path, 0, false, true});
    }
    if ((flags & O_DIRECTORY) != 0) return fail(ENOTDIR);
    const auto inode = *found;
    if ((flags & O_TRUNC) != 0) set_size(inode, 0);
    return give({inode, {}, 0, false, true});
}

int MemoryFiles::close(int fd) {
    auto* one = opened(fd);
    if (one == nullptr) return FileCalls::close(fd);
    one->is_open = false;
    while (!opened_.empty() && !opened_.back().is_open) opened_.pop_back();
    return 0;
}

ssize_t MemoryFiles::read(int fd, void* to, std::size_t size) {
    auto* one = opened(fd);
    if (one == nullptr) return FileCalls::read(fd, to, size);
    if (one->is_random) {
        for (std::size_t i = 0; i < size; ++i) {
            static_cast<char*>(to)[i] = static_cast<char>(random_.next());
        }
        return static_cast<ssize_t>(size);
    }
    const auto got = pread(fd, to, size, static_cast<off_t>(one->position));
    if (got > 0) one->position += static_cast<std::uint64_t>(got);
    return got;
}

ssize_t MemoryFiles::pread(int fd, void* to, std::size_t size, off_t at) {
    const auto* one = opened(fd);
    if (one == nullptr) return FileCalls::pread(fd, to, size, at);
    const auto& contents = own_[one->inode] ? *own_[one->inode] : *files_[one->inode];
    return static_cast<ssize_t>(
        contents.read(static_cast<char*>(to), size, static_cast<std::uint64_t>(at)));
}

ssize_t MemoryFiles::write(int fd, const void* from, std::size_t size) {
    auto* one = opened(fd);
    if (one == nullptr) return FileCalls::write(fd, from, size);
    const auto put = pwrite(fd, from, size, static_cast<off_t>(one->position));
    if (put > 0) one->position += static_cast<std::uint64_t>(put);
    return put;
}

// On a full disk as much as there is room for, or nothing.
ssize_t MemoryFiles::pwrite(int fd, const void* from, std::size_t size, off_t to) {
    const auto* one = opened(fd);
    if (one == nullptr) return FileCalls::pwrite(fd, from, size, to);
    auto& contents = changed(one->inode);
    const auto at = static_cast<std::uint64_t>(to);
    if (at + size > contents.size() && !makes_room(at + size - contents.size())) {
        if (at >= contents.size()) return fail(ENOSPC);
        size = contents.size() - at;
    }
    auto& operation = add(Operation::Kind::Write, one->inode);
    if (at + size > contents.size()) contents.resize(at + size, arena_);
    // Also when it did not grow: a sync makes readable what was written, whatever became of an
    // earlier one.
    operation.sizes = true;
    operation.size = contents.size();
    operation.first = static_cast<std::uint32_t>(at / kSectorBytes);
    operation.made = trace.sectors.size();
    for (std::size_t done = 0; done < size;) {
        const std::size_t index = (at + done) / kSectorBytes;
        const std::size_t offset = (at + done) % kSectorBytes;
        const std::size_t part = std::min(size - done, kSectorBytes - offset);
        Sector* made = arena_.make();
        if (part < kSectorBytes) made->bytes = contents.sector(index)->bytes;
        std::memcpy(made->bytes.data() + offset, static_cast<const char*>(from) + done, part);
        made->seal();
        contents.put(index, made);
        trace.sectors.push_back(made);
        done += part;
        ++operation.count;
    }
    return static_cast<ssize_t>(size);
}

int MemoryFiles::set_size(std::uint32_t inode, std::uint64_t size) {
    auto& contents = changed(inode);
    if (size > contents.size() && !makes_room(size - contents.size())) return fail(ENOSPC);
    contents.resize(size, arena_);
    auto& operation = add(Operation::Kind::Size, inode);
    operation.sizes = true;
    operation.size = size;
    return 0;
}

int MemoryFiles::truncate(int fd, off_t size) {
    const auto* one = opened(fd);
    if (one == nullptr) return FileCalls::truncate(fd, size);
    return set_size(one->inode, static_cast<std::uint64_t>(size));
}

int MemoryFiles::allocate(int fd, off_t at, off_t size) {
    const auto* one = opened(fd);
    if (one == nullptr) return FileCalls::allocate(fd, at, size);
    const auto end = static_cast<std::uint64_t>(at + size);
    if (end <= changed(one->inode).size()) return 0;
    return set_size(one->inode, end) == 0 ? 0 : ENOSPC;
}

int MemoryFiles::sync(int fd, bool only_data) {
    const auto* one = opened(fd);
    if (one == nullptr) return FileCalls::sync(fd, only_data);
    if (one->inode == kFolder) {
        add(Operation::Kind::SyncNames, kFolder).path = one->folder;
        return 0;
    }
    if (fails_at_ > 0 && --fails_at_ == 0) {
        has_failed_ = true;
        add(Operation::Kind::SyncFailed, one->inode);
        return fail(EIO);
    }
    add(Operation::Kind::Sync, one->inode);
    return 0;
}

void MemoryFiles::fill(std::uint32_t inode, struct stat* out) const {
    *out = {};
    out->st_dev = device_;
    out->st_ino = inode + 2ULL;
    out->st_nlink = 1;
    out->st_uid = ::geteuid();
    out->st_mode = inode == kFolder ? S_IFDIR | 0700 : S_IFREG | 0600;
    if (inode == kFolder) return;
    const auto size = own_[inode] ? own_[inode]->size() : files_[inode]->size();
    out->st_size = static_cast<off_t>(size);
}

int MemoryFiles::stat(const char* path, struct stat* out, bool follows) {
    if (!is_ours(path)) return FileCalls::stat(path, out, follows);
    const auto* found = find(path);
    if (found == nullptr) return fail(ENOENT);
    fill(*found, out);
    return 0;
}

int MemoryFiles::fstat(int fd, struct stat* out) {
    const auto* one = opened(fd);
    if (one == nullptr) return FileCalls::fstat(fd, out);
    fill(one->inode, out);
    return 0;
}

int MemoryFiles::access(const char* path, int mode) {
    if (!is_ours(path)) return FileCalls::access(path, mode);
    return find(path) == nullptr ? fail(ENOENT) : 0;
}

int MemoryFiles::control(int fd, int command, void* argument) {
    if (opened(fd) == nullptr) return FileCalls::control(fd, command, argument);
    if (command == F_GETLK) static_cast<struct flock*>(argument)->l_type = F_UNLCK;
    return 0;
}

int MemoryFiles::change_owner(int fd, uid_t user, gid_t group) {
    return opened(fd) == nullptr ? FileCalls::change_owner(fd, user, group) : 0;
}

int MemoryFiles::statfs(const char* path, struct statfs* out) {
    if (!is_ours(path)) return FileCalls::statfs(path, out);
    *out = {};
    out->f_type = TMPFS_MAGIC;
    return 0;
}

int MemoryFiles::statvfs(const char* path, struct statvfs* out) {
    if (!is_ours(path)) return FileCalls::statvfs(path, out);
    *out = {};
    out->f_frsize = kBlockBytes;
    const auto all = limit_ == 0 ? 1ULL << 40U : limit_;
    out->f_bavail = (all - std::min<std::uint64_t>(all, used())) / kBlockBytes;
    return 0;
}

std::optional<std::vector<std::string>> MemoryFiles::names_in(int folder) {
    const auto* one = opened(folder);
    if (one == nullptr) return FileCalls::names_in(folder);
    std::vector<std::string> out;
    for (const auto& [path, inode] : names_) {
        if (folder_of(path) == one->folder) out.push_back(path.substr(one->folder.size() + 1));
    }
    return out;
}

int MemoryFiles::unlink(const char* path) {
    if (!is_ours(path)) return FileCalls::unlink(path);
    const auto* found = find(path);
    if (found == nullptr) return fail(ENOENT);
    if (*found == kFolder) return fail(EISDIR);
    add(Operation::Kind::Unlink, *found).path = path;
    names_.erase(path);
    return 0;
}

int MemoryFiles::link(const char* from, const char* to) {
    if (!is_ours(from)) return FileCalls::link(from, to);
    const auto* found = find(from);
    if (found == nullptr) return fail(ENOENT);
    if (find(to) != nullptr) return fail(EEXIST);
    const auto inode = *found;
    names_.emplace(to, inode);
    add(Operation::Kind::Link, inode).path = to;
    return 0;
}

int MemoryFiles::rename(const char* from, const char* to) {
    if (!is_ours(from)) return FileCalls::rename(from, to);
    const auto* found = find(from);
    if (found == nullptr) return fail(ENOENT);
    const auto inode = *found;
    names_.erase(from);
    names_[to] = inode;
    auto& operation = add(Operation::Kind::Rename, inode);
    operation.path = from;
    operation.other = to;
    return 0;
}

int MemoryFiles::mkdir(const char* path, mode_t mode) {
    if (!is_ours(path)) return FileCalls::mkdir(path, mode);
    if (find(path) != nullptr) return fail(EEXIST);
    if (find(folder_of(path)) == nullptr) return fail(ENOENT);
    names_.emplace(path, kFolder);
    add(Operation::Kind::Link, kFolder).path = path;
    return 0;
}

}  // namespace weft::faults
