// The program's own fsync and fdatasync: the dynamic linker finds them before libc's, for SQLite
// too, so every sync of the process is counted.
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "bench/measure.h"

namespace {

std::atomic<std::uint64_t> syncs{0};

}  // namespace

extern "C" int fsync(int fd) {
    ++syncs;
    return static_cast<int>(::syscall(SYS_fsync, fd));
}

extern "C" int fdatasync(int fd) {
    ++syncs;
    return static_cast<int>(::syscall(SYS_fdatasync, fd));
}

namespace weft::bench {

std::uint64_t syncs_now() {
    return syncs;
}

}  // namespace weft::bench
