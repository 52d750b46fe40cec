// The owner's Unix socket, and the line framing that both ends speak: one JSON object a line, at
// most 1 MiB, with raw bytes after a line that announces them. What the lines say is the engine's
// business; nothing here parses JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/file_io.h"

namespace weft::store {

constexpr std::size_t kLineBytesMax = 1UL << 20;

// `<store>.sock`, or in the runtime folder a name by device and inode of the store when that path
// is longer than 100 bytes (the system's limit is 107).
Result<std::string> socket_path(const std::string& store_path);

struct Peer {
    std::int64_t pid = 0;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};

// One end of a connection. Never blocks by itself: the loop polls fd() and calls fill() and
// flush(); the calls with a time-out are for clients, which have nothing else to do.
class Connection {
  public:
    explicit Connection(Fd fd) : fd_(std::move(fd)) {}

    [[nodiscard]] int fd() const { return fd_.get(); }
    [[nodiscard]] Result<Peer> peer() const;

    // Reads what is there. False: the other end closed.
    Result<bool> fill();
    // A whole line without its end, if one is there. Refused when one is over 1 MiB; the connection
    // is of no use then.
    Result<std::optional<std::string>> take_line();
    // At most `size` bytes that came; fewer when fewer are there.
    std::string take_bytes(std::size_t size);

    // Queues; flush() writes what fits. True: all is out.
    void queue_line(std::string_view json);
    void queue_bytes(std::string_view bytes) { out_.append(bytes); }
    Result<bool> flush();
    [[nodiscard]] bool wants_write() const { return !out_.empty(); }
    [[nodiscard]] std::size_t queued_bytes() const { return out_.size(); }

    // Unavailable when the time is over or the other end closed.
    Result<std::string> read_line(std::int64_t timeout_ms);
    Result<void> write_line(std::string_view json, std::int64_t timeout_ms);
    Result<std::string> read_bytes(std::size_t size, std::int64_t timeout_ms);
    Result<void> drain(std::int64_t timeout_ms);

  private:
    Fd fd_;
    std::string in_;
    std::size_t scanned_ = 0;  // no line end before this
    std::string out_;
};

class Listener {
  public:
    // Only the holder of the owner lock calls this: a socket that is there is a dead owner's and is
    // replaced. Mode 0600. Whoever finds the path can connect.
    static Result<Listener> bind(const std::string& path);
    Listener(Listener&&) noexcept = default;
    Listener& operator=(Listener&&) noexcept = default;
    ~Listener();

    [[nodiscard]] int fd() const { return fd_.get(); }
    [[nodiscard]] const std::string& path() const { return path_; }
    // None when nobody waits. The connection is non-blocking.
    Result<std::optional<Connection>> accept();

  private:
    Listener(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
    std::string path_;
    Fd fd_;
};

// Unavailable when nobody listens there (a stale socket, none, or one that takes no connection).
Result<Connection> connect_to(const std::string& path, std::int64_t timeout_ms);

}  // namespace weft::store
