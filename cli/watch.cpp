// Editors write a file in place, or a new one that takes its place: so folders are watched.
#include <fmt/format.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "cli/tests.h"

namespace weft::cli {
namespace {

constexpr std::uint32_t kChanges =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE;

class Watch {
  public:
    Watch() : fd_(::inotify_init1(IN_CLOEXEC)) {}
    ~Watch() {
        if (fd_ >= 0) ::close(fd_);
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    [[nodiscard]] bool add(const std::string& folder) const {
        return fd_ >= 0 && ::inotify_add_watch(fd_, folder.c_str(), kChanges) >= 0;
    }
    // Reads until something that ends in `.wf` is named.
    [[nodiscard]] bool wait() const {
        std::array<char, 16 * 1024> buffer{};
        while (true) {
            const ssize_t got = ::read(fd_, buffer.data(), buffer.size());
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) return false;
            std::size_t at = 0;
            while (at + sizeof(inotify_event) <= static_cast<std::size_t>(got)) {
                inotify_event event{};
                std::memcpy(&event, buffer.data() + at, sizeof event);
                const char* name = buffer.data() + at + sizeof event;
                const std::string_view text(name, event.len == 0 ? 0 : ::strnlen(name, event.len));
                if (text.ends_with(".wf")) return true;
                at += sizeof event + event.len;
            }
        }
    }

  private:
    int fd_;
};

}  // namespace

Result<void> wait_for_change(const std::vector<std::string>& files) {
    std::set<std::string> folders;
    for (const auto& file : files) {
        const auto folder = std::filesystem::path(file).parent_path().string();
        folders.insert(folder.empty() ? "." : folder);
    }
    const Watch watch;
    for (const auto& folder : folders) {
        if (watch.add(folder)) continue;
        return std::unexpected(
            Error{ErrorKind::Environment,
                  fmt::format("{} can't be watched: {}", folder, std::strerror(errno)), ""});
    }
    if (watch.wait()) return {};
    return std::unexpected(Error{ErrorKind::Environment,
                                 fmt::format("watching failed: {}", std::strerror(errno)), ""});
}

}  // namespace weft::cli
