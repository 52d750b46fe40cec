#include "cli/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "cli/exit_codes.h"
#include "weft/tools.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

// Also where nothing is behind them yet.
std::string behind_links(const std::string& path) {
    constexpr int kLinksMax = 40;
    fs::path at(path);
    for (int i = 0; i < kLinksMax; ++i) {
        std::error_code code;
        const auto next = fs::read_symlink(at, code);
        if (code) break;
        at = next.is_absolute() ? next : at.parent_path() / next;
    }
    return at.string();
}

bool is_same(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// What is written elsewhere must not be cut off, or replaced, by what is written here.
int own_stream(const struct stat& there) {
    for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
        struct stat own{};
        if (::fstat(stream, &own) == 0 && is_same(own, there)) return stream;
    }
    return -1;
}

int write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return 0;
}

}  // namespace

Result<void> refuse_store_file(const std::string& path) {
    for (const auto& name : {behind_links(path), path}) {
        const auto store = store_of_file(name);
        if (store.empty()) continue;
        return std::unexpected(Error{ErrorKind::Usage,
                                     fmt::format("{} is part of the store {}", path, store),
                                     "name another file"});
    }
    return {};
}

Result<OutputFile> OutputFile::open(const std::string& path, Readers readers) {
    OutputFile out(path == "-" ? "/dev/stdout" : path);
    out.target_ = behind_links(out.path_);
    auto allowed = refuse_store_file(out.path_);
    if (!allowed) return std::unexpected(allowed.error());
    struct stat there{};
    struct stat target{};
    const bool is_there = ::stat(out.path_.c_str(), &there) == 0;
    if (is_there && S_ISDIR(there.st_mode)) {
        return std::unexpected(
            Error{ErrorKind::Usage, fmt::format("{} is a folder, not a file", path), ""});
    }
    // Some links of /proc lead where no path does.
    const bool is_straight =
        is_there && (!S_ISREG(there.st_mode) || own_stream(there) >= 0 ||
                     ::stat(out.target_.c_str(), &target) != 0 || !is_same(there, target));
    constexpr mode_t kPermissions = 07777;
    out.mode_ = readers == Readers::Owner ? 0600 : 0666;
    if (is_there && readers == Readers::Usual) out.permissions_ = there.st_mode & kPermissions;
    auto opened = is_straight ? out.open_straight(there) : out.open_beside();
    if (!opened) return std::unexpected(opened.error());
    // Until there is something to write nothing stays: a command may be stopped any time.
    if (!is_straight) out.discard();
    return out;
}

Result<void> OutputFile::open_straight(const struct stat& there) {
    const int stream = own_stream(there);
    const int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY | O_TRUNC;
    fd_ = stream >= 0 ? ::fcntl(stream, F_DUPFD_CLOEXEC, 0) : ::open(path_.c_str(), flags);
    if (fd_ < 0) return failed(errno);
    return {};
}

Result<void> OutputFile::open_beside() {
    part_ = fmt::format("{}.{}.part", target_, ::getpid());
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    fd_ = ::open(part_.c_str(), flags, mode_);
    // Of somebody who had this number, and died.
    if (fd_ < 0 && errno == EEXIST && ::unlink(part_.c_str()) == 0) {
        fd_ = ::open(part_.c_str(), flags, mode_);
    }
    if (fd_ < 0) {
        const int error = errno;
        part_.clear();
        return failed(error);
    }
    if (permissions_ && ::fchmod(fd_, *permissions_) != 0) return failed(errno);
    return {};
}

void OutputFile::discard() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    if (!part_.empty()) ::unlink(std::exchange(part_, {}).c_str());
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      target_(std::move(other.target_)),
      part_(std::exchange(other.part_, {})),
      fd_(std::exchange(other.fd_, -1)),
      mode_(other.mode_),
      permissions_(other.permissions_) {}

OutputFile::~OutputFile() {
    discard();
}

std::unexpected<Error> OutputFile::failed(int error) const {
    return std::unexpected(
        Error{ErrorKind::Environment,
              fmt::format("{} cannot be written: {}", path_, std::strerror(error)), ""});
}

Result<void> OutputFile::finish(std::string_view bytes) {
    if (fd_ < 0) {
        auto opened = open_beside();
        if (!opened) return opened;
    }
    // It may be the same stream.
    std::fflush(stdout);
    if (const int error = write_all(fd_, bytes); error != 0) return failed(error);
    if (::close(std::exchange(fd_, -1)) != 0) return failed(errno);
    if (part_.empty()) return {};
    if (::rename(part_.c_str(), target_.c_str()) != 0) return failed(errno);
    part_.clear();
    return {};
}

Result<void> write_file(const std::string& path, std::string_view bytes, Readers readers) {
    auto file = OutputFile::open(path, readers);
    if (!file) return std::unexpected(file.error());
    return file->finish(bytes);
}

bool is_standard_output(const std::string& path) {
    struct stat named{};
    struct stat own{};
    return path == "-" || (::stat(path.c_str(), &named) == 0 && ::fstat(STDOUT_FILENO, &own) == 0 &&
                           is_same(named, own));
}

int show_text(const std::string& path, std::string_view text) {
    if (path.empty() || is_standard_output(path)) {
        print(text);
        return kSuccess;
    }
    auto written = write_file(path, text);
    if (!written) return report(written.error());
    print(fmt::format("wrote {}\n", path));
    return kSuccess;
}

}  // namespace weft::cli
