#include "store/file_io.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace weft::store {

void Fd::reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

std::unexpected<Error> fail_errno(std::string_view what, std::string_view path) {
    const int code = errno;
    const auto kind = code == ENOENT                    ? ErrorKind::NotFound
                      : code == EAGAIN || code == EBUSY ? ErrorKind::Unavailable
                                                        : ErrorKind::Environment;
    return fail(kind, "cannot " + std::string(what) + " " + std::string(path) + ": " +
                          std::generic_category().message(code));
}

Result<Fd> open_file(const std::string& path, int flags) {
    int fd = -1;
    do {
        fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) return fail_errno("open", path);
    return Fd(fd);
}

Result<std::string> read_at(const Fd& fd, std::uint64_t offset, std::size_t size,
                            const std::string& path) {
    std::string out(size, '\0');
    std::size_t got = 0;
    while (got < size) {
        const auto n =
            ::pread(fd.get(), out.data() + got, size - got, static_cast<off_t>(offset + got));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("read", path);
        if (n == 0) break;
        got += static_cast<std::size_t>(n);
    }
    out.resize(got);
    return out;
}

Result<void> write_at(const Fd& fd, std::uint64_t offset, std::string_view bytes,
                      const std::string& path) {
    while (!bytes.empty()) {
        const auto n = ::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("write", path);
        bytes.remove_prefix(static_cast<std::size_t>(n));
        offset += static_cast<std::uint64_t>(n);
    }
    return {};
}

Result<void> sync_data(const Fd& fd, const std::string& path) {
    if (::fdatasync(fd.get()) != 0) return fail_errno("sync", path);
    return {};
}

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> sync_folder_of(const std::string& path) {
    const std::string folder = folder_of(path);
    Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid()) return fail_errno("open", folder);
    if (::fsync(fd.get()) != 0) return fail_errno("sync", folder);
    return {};
}

std::optional<std::vector<std::string>> names_in(const std::string& folder) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return std::nullopt;
    DIR* listing = ::fdopendir(fd);
    if (listing == nullptr) {
        ::close(fd);
        return std::nullopt;
    }
    std::vector<std::string> names;
    while (const auto* entry = ::readdir(listing)) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
    ::closedir(listing);
    return names;
}

Result<std::uint64_t> file_size(const Fd& fd, const std::string& path) {
    struct stat info{};
    if (::fstat(fd.get(), &info) != 0) return fail_errno("look at", path);
    return static_cast<std::uint64_t>(info.st_size);
}

}  // namespace weft::store
