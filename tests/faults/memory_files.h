// A file system that is memory, below the folder kRoot: who listens to this program's calls with it
// gives SQLite and all others files that are fast, that can be copied whole in no time, and that
// remember what was asked of them. One thread, no permissions, no locks: one process has it alone.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/faults/medium.h"
#include "tests/support/file_calls.h"

namespace weft::faults {

constexpr const char* kRoot = "/weft-disk";

Image empty_disk();

class MemoryFiles final : public support::FileCalls {
  public:
    // Nothing is written to the image's own files. The seed is that of /dev/urandom.
    MemoryFiles(Arena& arena, const Image& image, std::uint64_t seed);

    [[nodiscard]] Image image() const;  // as programs see it
    Trace trace;                        // of the calls that changed something

    // The n-th sync of a file from now on fails, and the system believes its pages written.
    void fail_sync(std::uint64_t nth) { fails_at_ = nth; }
    [[nodiscard]] bool has_failed() const { return has_failed_; }
    // More than so many bytes there is no room for. 0: no limit.
    void limit(std::uint64_t bytes) { limit_ = bytes; }
    [[nodiscard]] bool was_full() const { return was_full_; }
    [[nodiscard]] std::uint64_t used() const;

    int open(const char* path, int flags, mode_t mode) override;
    int close(int fd) override;
    ssize_t read(int fd, void* to, std::size_t size) override;
    ssize_t pread(int fd, void* to, std::size_t size, off_t at) override;
    ssize_t write(int fd, const void* from, std::size_t size) override;
    ssize_t pwrite(int fd, const void* from, std::size_t size, off_t at) override;
    int truncate(int fd, off_t size) override;
    int allocate(int fd, off_t at, off_t size) override;
    int sync(int fd, bool only_data) override;
    int stat(const char* path, struct stat* out, bool follows) override;
    int fstat(int fd, struct stat* out) override;
    int access(const char* path, int mode) override;
    int control(int fd, int command, void* argument) override;
    int change_owner(int fd, uid_t user, gid_t group) override;
    int statfs(const char* path, struct statfs* out) override;
    int statvfs(const char* path, struct statvfs* out) override;
    std::optional<std::vector<std::string>> names_in(int folder) override;
    int unlink(const char* path) override;
    int link(const char* from, const char* to) override;
    int rename(const char* from, const char* to) override;
    int mkdir(const char* path, mode_t mode) override;

  private:
    struct Opened {
        std::uint32_t inode = 0;
        std::string folder;  // when it is one
        std::uint64_t position = 0;
        bool is_random = false;
        bool is_open = true;
    };

    Opened* opened(int fd);
    int give(Opened one);
    [[nodiscard]] const std::uint32_t* find(const std::string& path) const;
    Contents& changed(std::uint32_t inode);
    Operation& add(Operation::Kind kind, std::uint32_t inode);
    bool makes_room(std::uint64_t more);
    void fill(std::uint32_t inode, struct stat* out) const;
    int set_size(std::uint32_t inode, std::uint64_t size);

    Arena& arena_;
    std::map<std::string, std::uint32_t> names_;
    std::vector<std::shared_ptr<Contents>> own_;  // by inode; null: as in files_
    std::vector<File> files_;
    std::vector<Opened> opened_;
    Random random_;
    std::uint64_t device_ = 0;
    std::uint64_t limit_ = 0;
    std::uint64_t fails_at_ = 0;
    bool has_failed_ = false;
    bool was_full_ = false;
};

}  // namespace weft::faults
