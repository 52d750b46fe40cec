// The calls of the C library by which this program, SQLite and all other libraries in it change and
// read files, in one place: a test that links file_calls.cpp defines them itself, and hands each to
// who listens at the moment. Nobody: the C library's own. It knows nothing of stores; the reading
// calls are here for disks that are no real ones.
//
// A sanitizer has definitions of its own, so such tests are not built with one.
#pragma once

#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace weft::support {

// Each does what the C library does: who listens overrides what it cares for, and calls the rest.
// Errors are told as there: -1 and errno, or the number of the error (allocate).
class FileCalls {
  public:
    FileCalls() = default;
    virtual ~FileCalls() = default;
    FileCalls(const FileCalls&) = delete;
    FileCalls& operator=(const FileCalls&) = delete;

    virtual int open(const char* path, int flags, mode_t mode);
    virtual int close(int fd);
    virtual ssize_t read(int fd, void* to, std::size_t size);
    virtual ssize_t pread(int fd, void* to, std::size_t size, off_t at);
    virtual ssize_t write(int fd, const void* from, std::size_t size);
    virtual ssize_t pwrite(int fd, const void* from, std::size_t size, off_t at);
    virtual int truncate(int fd, off_t size);
    virtual int allocate(int fd, off_t at, off_t size);
    virtual int sync(int fd, bool only_data);

    virtual int stat(const char* path, struct stat* out, bool follows);
    virtual int fstat(int fd, struct stat* out);
    virtual int access(const char* path, int mode);
    virtual int control(int fd, int command, void* argument);
    virtual int change_owner(int fd, uid_t user, gid_t group);
    virtual int statfs(const char* path, struct statfs* out);
    virtual int statvfs(const char* path, struct statvfs* out);
    // What an open folder holds. None: not a folder of this listener.
    virtual std::optional<std::vector<std::string>> names_in(int folder);

    virtual int unlink(const char* path);
    virtual int link(const char* from, const char* to);
    virtual int rename(const char* from, const char* to);
    virtual int mkdir(const char* path, mode_t mode);
};

// One at a time hears; who heard before is given back. Null: nobody.
FileCalls* listen(FileCalls* who);

}  // namespace weft::support
