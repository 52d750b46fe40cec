// A command's way to the store: as its owner, or as a client of whoever owns it. Commands ask the
// same requests either way (docs/protocol.md).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cli/output.h"
#include "weft/engine.h"

namespace weft::cli {

struct StoreOptions {
    std::string store;
    std::string config;
    std::string actor;       // who acts, when it isn't the user of this process
    std::string request_id;  // of a request that changes a run; empty: made up
};

enum class Use {
    Look,   // one request or two, then gone; an absent store is an error
    Drive,  // works on runs and serves others meanwhile
};

class Session {
  public:
    // Tries to own the store, then to reach its owner, for at most ten seconds.
    static Result<Session> open(const StoreOptions& options, Use use, bool create = false);
    Session(Session&&) noexcept = default;
    Session& operator=(Session&&) noexcept = default;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();

    Result<Json> request(std::string_view method, Json params = Json::object());
    // One that changes a run: it carries an id, so that it is safe to send again when the owner
    // went away before it answered, which this does once.
    Result<Json> change(std::string_view method, Json params);
    // The same, where `prepare` must come before it on every connection.
    Result<Json> change(std::string_view method, Json params,
                        const std::function<Result<void>()>& prepare);
    // Of the owner: a program's schedules, and whether something is under way.
    Result<void> serve(const Program& program, const std::string& name);
    [[nodiscard]] bool busy() const;
    // The owner works for about that long; a client waits.
    Result<void> step(std::chrono::milliseconds time);
    // After the owner went away: own the store now, or reach the new owner.
    Result<void> reopen();
    [[nodiscard]] bool owner() const { return engine_ != nullptr; }
    // " --store … --config …" as far as they were given, for commands that are told to people.
    [[nodiscard]] std::string flags() const;
    Result<void> close();

  private:
    Session(StoreOptions options, Use use, bool create)
        : options_(std::move(options)), use_(use), create_(create) {}
    Result<bool> try_open();

    StoreOptions options_;
    Use use_;
    bool create_;
    std::unique_ptr<Engine> engine_;
    std::unique_ptr<Client> client_;
};

// Opens, asks one request and closes: what most commands are.
Result<Json> ask(const StoreOptions& options, std::string_view method, Json params);

// What came of a request that changes a run, its session closed again.
struct Change {
    Json answer;
    bool owner = false;  // no engine runs now: what follows waits for one
    std::string flags;   // Session::flags
};
// Opens, changes and closes.
Result<Change> change(const StoreOptions& options, std::string_view method, Json params);
// The same end for a session in which more was asked.
Result<Change> close_with(Session& session, Result<Json> answer);

}  // namespace weft::cli
