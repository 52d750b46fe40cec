#include "store/lock.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <thread>

namespace weft::store {

namespace {

constexpr std::size_t kTextBytesMax = 4096;

// Opens the lock file and takes the lock on what the path names now: a file that was replaced
// between the two would lock nothing.
Result<std::optional<Fd>> try_lock(const std::string& path, int operation) {
    while (true) {
        WEFT_TRY(fd, open_file(path, O_RDWR | O_CREAT));
        if (::flock(fd.get(), operation | LOCK_NB) != 0) {
            if (errno == EINTR) continue;
            if (errno == EWOULDBLOCK) return std::optional<Fd>();
            return fail_errno("lock", path);
        }
        struct stat held{};
        struct stat named{};
        if (::fstat(fd.get(), &held) != 0) return fail_errno("look at", path);
        if (::stat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
            held.st_dev == named.st_dev) {
            return std::optional<Fd>(std::move(fd));
        }
    }
}

std::int64_t to_number(std::string_view text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::string boot_id() {
    auto fd = open_file("/proc/sys/kernel/random/boot_id", O_RDONLY);
    if (!fd) return {};
    auto text = read_at(*fd, 0, 36, "boot_id");
    return text ? *text : std::string();
}

}  // namespace

std::string render_owner(const OwnerText& owner) {
    std::string out;
    const auto line = [&out](std::string_view name, std::string value) {
        // A value is one line whatever it is.
        for (char& c : value) {
            if (c == '\n') c = ' ';
        }
        out += std::string(name) + ": " + value + "\n";
    };
    line("pid", std::to_string(owner.pid));
    line("boot", owner.boot_id);
    line("started", std::to_string(owner.started_ms));
    line("socket", owner.socket);
    line("protocol", owner.protocol);
    line("engine", owner.engine);
    line("config", owner.config_digest);
    return out;
}

std::optional<OwnerText> parse_owner(const std::string& text) {
    OwnerText owner;
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        if (end == std::string_view::npos) return std::nullopt;  // being written
        const auto line = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        const auto colon = line.find(": ");
        if (colon == std::string_view::npos) continue;
        const auto name = line.substr(0, colon);
        const std::string value(line.substr(colon + 2));
        if (name == "pid") owner.pid = to_number(value);
        if (name == "boot") owner.boot_id = value;
        if (name == "started") owner.started_ms = to_number(value);
        if (name == "socket") owner.socket = value;
        if (name == "protocol") owner.protocol = value;
        if (name == "engine") owner.engine = value;
        if (name == "config") owner.config_digest = value;
    }
    if (owner.pid == 0) return std::nullopt;
    return owner;
}

OwnerText this_process() {
    OwnerText owner;
    owner.pid = ::getpid();
    owner.boot_id = boot_id();
    return owner;
}

bool owner_is_gone(const OwnerText& owner) {
    const std::string now = boot_id();
    if (!owner.boot_id.empty() && !now.empty() && owner.boot_id != now) return true;
    return ::kill(static_cast<pid_t>(owner.pid), 0) != 0 && errno == ESRCH;
}

Result<OwnerLock> OwnerLock::acquire(const std::string& store_path) {
    const std::string path = store_path + ".lock";
    WEFT_TRY(fd, try_lock(path, LOCK_EX));
    if (fd) {
        OwnerLock lock(path, std::move(*fd));
        // What a killed owner left behind must not be taken for us.
        WEFT_TRY_VOID(lock.clear_text());
        return lock;
    }
    WEFT_TRY(owner, read_owner(store_path));
    return fail(ErrorKind::Unavailable,
                "the store " + store_path + " is in use" +
                    (owner ? " by process " + std::to_string(owner->pid) : std::string()));
}

Result<void> OwnerLock::write_text(const OwnerText& owner) {
    const std::string text = render_owner(owner);
    if (::ftruncate(fd_.get(), 0) != 0) return fail_errno("empty", path_);
    return write_at(fd_, 0, text, path_);
}

Result<void> OwnerLock::clear_text() {
    if (::ftruncate(fd_.get(), 0) != 0) return fail_errno("empty", path_);
    return {};
}

void OwnerLock::release() {
    if (!fd_.valid()) return;
    (void)clear_text();
    fd_.reset();
}

Result<std::optional<OwnerText>> read_owner(const std::string& store_path) {
    const std::string path = store_path + ".lock";
    auto fd = open_file(path, O_RDONLY);
    if (!fd) {
        if (fd.error().kind == ErrorKind::NotFound) return std::optional<OwnerText>();
        return std::unexpected(std::move(fd).error());
    }
    WEFT_TRY(text, read_at(*fd, 0, kTextBytesMax, path));
    return parse_owner(text);
}

Result<bool> owner_lock_held(const std::string& store_path) {
    const std::string path = store_path + ".lock";
    auto fd = open_file(path, O_RDONLY);
    if (!fd && fd.error().kind == ErrorKind::NotFound) return false;
    if (!fd) return std::unexpected(std::move(fd).error());
    if (::flock(fd->get(), LOCK_SH | LOCK_NB) == 0) return false;
    if (errno == EWOULDBLOCK) return true;
    return fail_errno("lock", path);
}

Result<ChildrenLock> ChildrenLock::wait_alone(const std::string& store_path, std::int64_t wait_ms) {
    const std::string path = store_path + ".children";
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
    while (true) {
        WEFT_TRY(fd, try_lock(path, LOCK_EX));
        if (fd) return ChildrenLock(std::move(*fd));
        if (std::chrono::steady_clock::now() >= end) {
            return fail(ErrorKind::Unavailable,
                        "child workers of a former engine of " + store_path + " still run",
                        "wait for them or stop them; until then nothing in doubt is settled");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

Result<ChildrenLock> ChildrenLock::share(const std::string& store_path) {
    const std::string path = store_path + ".children";
    WEFT_TRY(fd, try_lock(path, LOCK_SH));
    if (!fd)
        return fail(ErrorKind::Unavailable, "the children lock of " + store_path + " is taken");
    return ChildrenLock(std::move(*fd));
}

void ChildrenLock::keep_in_child() const {
    ::fcntl(fd_.get(), F_SETFD, 0);
}

}  // namespace weft::store
