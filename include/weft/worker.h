// What a native worker is: a function from one attempt of an effect to its outcome. The standard
// library's workers and those of an embedding program are made of the same types. Values cross this
// border as JSON (JSON form 1 of docs/values.md); no third-party type appears here.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace weft {

// Artifacts: bytes too large for a value. A `File` value in JSON is
// {"id": 32 hex digits, "name": Text, "media": Text, "size": Int, "sha256": 64 hex digits}.
class FileAccess {
  public:
    virtual ~FileAccess() = default;
    // The whole content, or a message that says why it can't be had.
    virtual std::expected<std::string, std::string> read(std::string_view id) = 0;
    // Stores the bytes (sealed and durable before the effect's outcome is) and returns the JSON of
    // the new File value.
    virtual std::expected<std::string, std::string> write(std::string_view bytes,
                                                          std::string_view name,
                                                          std::string_view media) = 0;
};

// One attempt of one effect. Views are valid during the call.
struct WorkerCall {
    std::string_view worker;         // full name, "docs.parse"
    std::string_view arguments;      // JSON object, one member a parameter
    std::string_view result_schema;  // JSON Schema (2020-12) of the result type
    std::string_view key;            // idempotency key, 32 hex digits: the same for every attempt
    std::string_view run;            // run id, 32 hex digits
    int attempt = 1;                 // from 1
    std::int64_t time_ms = 0;        // the engine's time, Unix ms: use it instead of a clock
    std::chrono::milliseconds timeout{0};  // of this attempt; zero means none
    std::string_view settings;             // JSON object: the worker's section of weft.toml
    std::string_view directory;  // folder of weft.toml (or of the store): base of relative paths
    // Folder beside the store where a worker may keep durable notes about its effects by key (which
    // mail was handed over, say); made by the worker when needed, mode 0700.
    std::string_view state_directory;
    // A worker that starts a child process takes this file's lock shared (flock) and lets the child
    // inherit it: the next owner of the store waits for it before it settles any doubt.
    std::string_view children_lock;
    FileAccess* files = nullptr;
    const std::atomic<bool>* cancelled = nullptr;  // poll it in long work; then return early
};

// Money spent by this attempt, in millionths of the currency's unit.
struct Cost {
    std::int64_t micros = 0;
    std::string currency = "USD";
};

struct WorkerError {
    // A built-in error name (Transient, Timeout, Unavailable, Guard: retried by default; Rejected)
    // or one that the worker's declaration lists under `fails`.
    std::string name;
    std::string message;
    // True when it is certain that the effect did not happen. A failed attempt of an effect that
    // changes the world and says false here is in doubt.
    bool surely_not_done = true;
    std::optional<std::chrono::milliseconds> retry_after;
    Cost cost;
    // JSON object: the fields of a declared error, as its declaration has them. One that does not
    // fit is the error Guard.
    std::string fields = {};
};

struct WorkerValue {
    std::string json;
    Cost cost;
};

using WorkerOutcome = std::expected<WorkerValue, WorkerError>;
using WorkerFunction = std::function<WorkerOutcome(const WorkerCall&)>;

}  // namespace weft
