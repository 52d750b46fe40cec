#include "stdlib/notify/durable.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace weft::stdlib::notify {

namespace {

std::unexpected<Error> system_failure(std::string_view what, std::string_view path) {
    const int number = errno;
    return fail(ErrorKind::Environment,
                std::string(what) + " " + std::string(path) + ": " + std::strerror(number));
}

std::string folder_of(const std::string& path) {
    const auto folder = std::filesystem::path(path).parent_path().string();
    return folder.empty() ? "." : folder;
}

}  // namespace

Result<void> sync_folder(const std::string& path) {
    const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return system_failure("can't open the folder", path);
    const bool synced = ::fsync(folder) == 0;
    const int number = errno;
    ::close(folder);
    errno = number;
    if (!synced) return system_failure("can't sync the folder", path);
    return {};
}

Result<void> make_durable_folder(const std::string& path) {
    if (path.empty()) return fail(ErrorKind::Usage, "there is no folder to write to");
    if (::mkdir(path.c_str(), 0700) == 0) return sync_folder(folder_of(path));
    if (errno == EEXIST) return {};
    if (errno != ENOENT) return system_failure("can't make the folder", path);
    WEFT_TRY_VOID(make_durable_folder(folder_of(path)));
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
        return system_failure("can't make the folder", path);
    }
    return sync_folder(folder_of(path));
}

Result<void> write_all(int descriptor, std::string_view bytes, std::string_view name) {
    while (!bytes.empty()) {
        const auto written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_failure("can't write", name);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> write_file_once(const std::string& path, std::string_view bytes) {
    if (file_exists(path)) return sync_folder(folder_of(path));
    const std::string temporary = path + ".part";
    const int file =
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) return system_failure("can't make the file", temporary);
    auto result = write_all(file, bytes, temporary);
    if (result && ::fsync(file) != 0) result = system_failure("can't sync", temporary);
    ::close(file);
    if (result && ::rename(temporary.c_str(), path.c_str()) != 0) {
        result = system_failure("can't rename to", path);
    }
    if (!result) {
        ::unlink(temporary.c_str());
        return result;
    }
    return sync_folder(folder_of(path));
}

bool file_exists(const std::string& path) {
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace weft::stdlib::notify
