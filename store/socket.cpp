#include "store/socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace weft::store {

namespace {

constexpr std::size_t kPathBytesMax = 98;
// A name ends so until somebody listens there; both together fit into an address.
constexpr std::string_view kNew = ".new.sock";
constexpr std::size_t kReadBytes = 64UL << 10;
using Clock = std::chrono::steady_clock;

// A folder of ours that nobody else can write to.
Result<std::string> runtime_folder() {
    const char* given = std::getenv("XDG_RUNTIME_DIR");
    const std::string user = std::to_string(::geteuid());
    std::string folder =
        given != nullptr && *given == '/' ? std::string(given) + "/weft" : "/tmp/weft-" + user;
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
        return fail_errno("make the folder", folder);
    }
    struct stat info{};
    if (::lstat(folder.c_str(), &info) != 0) return fail_errno("look at", folder);
    if (!S_ISDIR(info.st_mode) || info.st_uid != ::geteuid() || (info.st_mode & 077) != 0) {
        return fail(ErrorKind::Refused, "the folder " + folder + " for sockets is not ours alone",
                    "set XDG_RUNTIME_DIR, or use a shorter path for the store");
    }
    return folder;
}

Result<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return fail(ErrorKind::Usage, "the path of the socket is too long: " + path);
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

const sockaddr* plain(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

// True: ready. False: the time is over.
Result<bool> wait_for(int fd, short events, Clock::time_point end) {
    while (true) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        pollfd item{fd, events, 0};
        const int rc =
            ::poll(&item, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
        if (rc > 0) return true;
        if (rc < 0 && errno != EINTR) return fail_errno("wait for", "the socket");
        if (Clock::now() >= end) return false;
    }
}

Clock::time_point end_after(std::int64_t timeout_ms) {
    return Clock::now() + std::chrono::milliseconds(timeout_ms);
}

std::unexpected<Error> no_answer() {
    return fail(ErrorKind::Unavailable, "the other end of the socket does not answer");
}

std::unexpected<Error> closed() {
    return fail(ErrorKind::Unavailable, "the other end closed the socket");
}

}  // namespace

Result<std::string> socket_path(const std::string& store_path) {
    std::string beside = store_path + ".sock";
    if (beside.size() <= kPathBytesMax) return beside;
    struct stat info{};
    if (::stat(store_path.c_str(), &info) != 0) return fail_errno("look at", store_path);
    WEFT_TRY(folder, runtime_folder());
    return folder + "/" + std::to_string(info.st_dev) + "-" + std::to_string(info.st_ino) + ".sock";
}

Result<Peer> Connection::peer() const {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(fd_.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
        return fail_errno("ask who is at", "the socket");
    }
    return Peer{credentials.pid, credentials.uid, credentials.gid};
}

Result<bool> Connection::fill() {
    std::array<char, kReadBytes> part;
    while (true) {
        const auto n = ::recv(fd_.get(), part.data(), part.size(), MSG_DONTWAIT);
        if (n > 0) {
            in_.append(part.data(), static_cast<std::size_t>(n));
            // One slice at a time: a peer that writes fast can't keep the loop here.
            return true;
        }
        if (n == 0) return false;
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
        if (errno == ECONNRESET) return false;
        return fail_errno("read from", "the socket");
    }
}

Result<std::optional<std::string>> Connection::take_line() {
    const auto end = in_.find('\n', scanned_);
    const std::size_t length = end == std::string::npos ? in_.size() : end;
    if (length > kLineBytesMax) return fail(ErrorKind::Refused, "a line is longer than 1 MiB");
    if (end == std::string::npos) {
        scanned_ = in_.size();
        return std::optional<std::string>();
    }
    std::string line = in_.substr(0, end);
    in_.erase(0, end + 1);
    scanned_ = 0;
    return std::optional(std::move(line));
}

std::string Connection::take_bytes(std::size_t size) {
    std::string out = in_.substr(0, size);
    in_.erase(0, out.size());
    scanned_ = 0;
    return out;
}

void Connection::queue_line(std::string_view json) {
    out_.append(json);
    out_.push_back('\n');
}

Result<bool> Connection::flush() {
    std::size_t sent = 0;
    while (sent < out_.size()) {
        const auto n =
            ::send(fd_.get(), out_.data() + sent, out_.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n >= 0) {
            sent += static_cast<std::size_t>(n);
            continue;
        }
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) break;
        if (errno == EPIPE || errno == ECONNRESET) return closed();
        return fail_errno("write to", "the socket");
    }
    out_.erase(0, sent);
    return out_.empty();
}

Result<std::string> Connection::read_line(std::int64_t timeout_ms) {
    const auto end = end_after(timeout_ms);
    bool open = true;
    while (true) {
        WEFT_TRY(line, take_line());
        if (line) return std::move(*line);
        if (!open) return closed();
        WEFT_TRY(ready, wait_for(fd(), POLLIN, end));
        if (!ready) return no_answer();
        WEFT_TRY(more, fill());
        open = more;
    }
}

Result<void> Connection::write_line(std::string_view json, std::int64_t timeout_ms) {
    if (json.size() > kLineBytesMax) return fail(ErrorKind::Refused, "a line is longer than 1 MiB");
    queue_line(json);
    return drain(timeout_ms);
}

Result<std::string> Connection::read_bytes(std::size_t size, std::int64_t timeout_ms) {
    const auto end = end_after(timeout_ms);
    std::string out = take_bytes(size);
    while (out.size() < size) {
        WEFT_TRY(ready, wait_for(fd(), POLLIN, end));
        if (!ready) return no_answer();
        WEFT_TRY(open, fill());
        if (!open) return closed();
        out += take_bytes(size - out.size());
    }
    return out;
}

Result<void> Connection::drain(std::int64_t timeout_ms) {
    const auto end = end_after(timeout_ms);
    while (true) {
        WEFT_TRY(done, flush());
        if (done) return {};
        WEFT_TRY(ready, wait_for(fd(), POLLOUT, end));
        if (!ready) return no_answer();
    }
}

Listener::~Listener() {
    if (fd_.valid()) ::unlink(path_.c_str());
}

Result<Listener> Listener::bind(const std::string& path) {
    struct stat info{};
    if (::lstat(path.c_str(), &info) == 0 && !S_ISSOCK(info.st_mode)) {
        return fail(ErrorKind::Refused, path + " is not a socket and is in its place");
    }
    // Whoever sees the name is answered: it gets there, over a dead owner's, once this end listens.
    Listener listener(path + std::string(kNew), {});
    WEFT_TRY(address, address_of(listener.path_));
    ::unlink(listener.path_.c_str());
    listener.fd_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int fd = listener.fd();
    if (fd < 0) return fail_errno("make", "a socket");
    // The mode of the inode before bind makes the name: there is no moment in which others can
    // connect. A process-wide umask would touch other threads.
    if (::fchmod(fd, 0600) != 0) return fail_errno("set the mode of", path);
    if (::bind(fd, plain(address), sizeof address) != 0) return fail_errno("bind", path);
    if (::chmod(listener.path_.c_str(), 0600) != 0) return fail_errno("set the mode of", path);
    if (::listen(fd, 64) != 0) return fail_errno("listen at", path);
    if (::rename(listener.path_.c_str(), path.c_str()) != 0) return fail_errno("name", path);
    listener.path_ = path;
    return listener;
}

Result<std::optional<Connection>> Listener::accept() {
    while (true) {
        Fd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (fd.valid()) return std::optional<Connection>(std::in_place, std::move(fd));
        if (errno == EINTR || errno == ECONNABORTED) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return std::optional<Connection>();
        return fail_errno("accept at", path_);
    }
}

Result<Connection> connect_to(const std::string& path, std::int64_t timeout_ms) {
    WEFT_TRY(address, address_of(path));
    const auto end = end_after(timeout_ms);
    while (true) {
        Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (!fd.valid()) return fail_errno("make", "a socket");
        if (::connect(fd.get(), plain(address), sizeof address) == 0) {
            return Connection(std::move(fd));
        }
        if (errno == ECONNREFUSED || errno == ENOENT) {
            return fail(ErrorKind::Unavailable, "nobody listens at " + path);
        }
        // EAGAIN: its queue is full.
        if (errno != EAGAIN && errno != EINTR) return fail_errno("connect to", path);
        if (Clock::now() >= end) return no_answer();
        ::poll(nullptr, 0, 10);
    }
}

}  // namespace weft::store
