#include "stdlib/docs/parse.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace weft::stdlib {
namespace {

// A document's text is at most 8 MiB, and JSON may double it; blocks add some 200 bytes each.
constexpr std::size_t kReplyBytesMax = std::size_t{48} << 20U;
// What a helper writes apart from its reply: the words of pages, shared between its processes.
constexpr std::uint64_t kFileBytesMax = std::uint64_t{1} << 30U;
// A parser has nothing to put in order when it is told to stop.
constexpr std::chrono::milliseconds kGrace{500};

// The document in memory that the child inherits: its bytes are never in the file system.
class MemoryFile {
  public:
    explicit MemoryFile(std::string_view bytes)
        : fd_(::memfd_create("weft-document", MFD_CLOEXEC)) {
        while (fd_ >= 0 && !bytes.empty()) {
            const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) {
                ::close(std::exchange(fd_, -1));
                return;
            }
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    ~MemoryFile() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int get() const { return fd_; }

  private:
    int fd_;
};

std::unexpected<WorkerError> refused(std::string error, std::string_view name, std::string what) {
    return worker_error(std::move(error),
                        "the file `" + std::string(name) + "` " + std::move(what));
}

// A child that did not answer. A crash or a bound passed would come again with the same bytes, so
// it is the document's fault; only what the machine did may be tried again.
std::unexpected<WorkerError> explain_end(const ProcessResult& result, std::string_view name) {
    switch (result.end) {
        case ProcessEnd::TimedOut:
            return refused("Timeout", name, "was not read within the time allowed");
        case ProcessEnd::Cancelled:
            return refused("Transient", name, "was not read: the attempt was cancelled");
        case ProcessEnd::OutputTooLarge:
            return refused("UnsupportedFormat", name, "holds more text than can be read");
        case ProcessEnd::Signalled:
            if (result.code == SIGXCPU) {
                return refused("Broken", name, "takes more computing time than is allowed");
            }
            // Someone else's signal; the kernel's, when the machine is out of memory.
            if (result.code == SIGKILL || result.code == SIGTERM || result.code == SIGINT) {
                return refused("Transient", name, "was not read: " + describe(result));
            }
            return refused("Broken", name, "made its parser crash: " + describe(result));
        case ProcessEnd::Exited:
            break;
    }
    return worker_error("Unavailable", "weft-helper can't be used: " + describe(result) + " " +
                                           result.errors.substr(0, 300));
}

}  // namespace

std::expected<Json, WorkerError> parse_document(const WorkerCall& call, std::string_view bytes,
                                                std::string_view name, std::string_view media,
                                                ParseLimits limits) {
    const auto helper = find_helper();
    if (!helper) return worker_error("Unavailable", helper.error().message);
    const MemoryFile document(bytes);
    if (document.get() < 0) {
        return worker_error(
            "Unavailable",
            std::string("a document can't be handed to weft-helper: ") + std::strerror(errno));
    }
    const std::string input = dump_json({{"fd", document.get()}, {"name", name}, {"media", media}});
    ProcessRequest request;
    request.argv = {*helper, "docs"};
    request.input = input;
    // Nothing of ours but what a C library needs: secrets are often in the environment.
    request.environment = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"};
    request.inherited = {document.get()};
    request.output_max = kReplyBytesMax;
    request.limits = {limits.memory_bytes, limits.cpu_seconds, kFileBytesMax};
    request.timeout = call.timeout;
    request.grace = kGrace;
    request.cancelled = call.cancelled;
    request.children_lock = call.children_lock;
    const auto result = run_process(request);
    if (!result) return worker_error("Unavailable", result.error().message);
    if (result->end != ProcessEnd::Exited || result->code != 0) return explain_end(*result, name);

    Json reply = Json::parse(result->output, nullptr, false);
    if (const auto& error = member(reply, "error"); error.is_object()) {
        constexpr std::array<std::string_view, 5> kErrors = {"Encrypted", "Empty", "Scanned",
                                                             "Broken", "UnsupportedFormat"};
        const std::string kind = text_or(error, "name");
        const bool known = std::ranges::find(kErrors, kind) != kErrors.end();
        return refused(known ? kind : "Broken", name, text_or(error, "message"));
    }
    if (!member(reply, "document").is_object()) {
        return refused("Broken", name, "made its parser fail");
    }
    return std::move(reply["document"]);
}

}  // namespace weft::stdlib
