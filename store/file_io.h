// File descriptors that close themselves, whole reads and writes at an offset, and errno as an
// Error. Nothing here knows what is in a file. Never used on the database file itself: closing a
// descriptor of it elsewhere in the process would drop SQLite's locks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace weft::store {

class Fd {
  public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }

    void reset();
    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool valid() const { return fd_ >= 0; }

  private:
    int fd_ = -1;
};

// "cannot <what> <path>: <reason>", kind by the errno at hand.
std::unexpected<Error> fail_errno(std::string_view what, std::string_view path);

// Always O_CLOEXEC and O_NOFOLLOW on top of `flags`; new files get mode 0600.
Result<Fd> open_file(const std::string& path, int flags);
Result<std::string> read_at(const Fd& fd, std::uint64_t offset, std::size_t size,
                            const std::string& path);  // shorter at the end of the file
Result<void> write_at(const Fd& fd, std::uint64_t offset, std::string_view bytes,
                      const std::string& path);
Result<void> sync_data(const Fd& fd, const std::string& path);
// Makes a rename or a new name in the folder of `path` durable.
Result<void> sync_folder_of(const std::string& path);
std::string folder_of(const std::string& path);
// What a folder holds, in any order. None: it is no folder, or isn't there; a link to one is none.
std::optional<std::vector<std::string>> names_in(const std::string& folder);
Result<std::uint64_t> file_size(const Fd& fd, const std::string& path);

}  // namespace weft::store
