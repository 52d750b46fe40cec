// Running: one engine owns one store. The thread that calls `turn`, `wait` or `request` is the
// engine's core thread; workers run on a pool of its own. The command line is made of these calls.
// Once it could not write what its runs have done, every call that writes or asks fails: another
// engine goes on from the store.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weft/error.h"
#include "weft/program.h"
#include "weft/transaction.h"
#include "weft/worker.h"

namespace weft {

struct EngineOptions {
    std::string store;     // path of the store; empty: what weft.toml says, else "weft.store"
    std::string config;    // path of weft.toml; an absent file means the defaults
    bool create = true;    // make the store when there is none
    bool brief = false;    // a short command: clients of others wait instead of using this engine
    bool serve = true;     // other processes reach this engine through the store's socket
    unsigned threads = 8;  // native workers at once
};

enum class RunState {
    Running,
    Waiting,
    Held,
    Stuck,
    Completed,
    Failed,
    Compensated,
    Cancelled,
    Killed
};

struct RunReport {
    std::string run;  // 32 hex digits
    RunState state = RunState::Running;
    std::string result;  // JSON: the result, or the error (name, message, step, attempts, fields)
    std::int64_t spent_micros = 0;
    std::string currency;
};

class Engine {
  public:
    // Unavailable when another process owns the store (connect to it with `Client`).
    static Result<std::unique_ptr<Engine>> open(const EngineOptions& options);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Before the first run that needs it. A name that the standard library has is replaced.
    void add_worker(std::string name, WorkerFunction function);

    // The same for a worker that is declared `effect transaction`.
    void add_transaction(std::string name, TransactionFunction function);
    // A transaction of the host program's own: to make its tables, and to read them. An error that
    // `work` gives undoes it.
    Result<void> transact(const std::function<Result<void>(Transaction&)>& work);

    // `input` is a JSON object, one member a parameter; a File is {"path": "…"} here. Gives the
    // run's id once the begin record is durable.
    Result<std::string> start(const Program& program, std::string_view workflow,
                              std::string_view input);
    // The same for one of many: all that are begun between two turns share one commit, and are
    // durable when the next `turn` returns. `ended` is called, on this thread, by the turn after
    // which the end is durable too; it is not kept over a restart, the run is.
    Result<std::string> start_soon(const Program& program, std::string_view workflow,
                                   std::string_view input,
                                   std::function<void(const RunReport&)> ended = {});
    // From now on the program's schedules begin runs, each time of theirs once, also over restarts.
    // `name` names the program among those that are served, so that it is known again. NotFound: a
    // time zone that this machine does not know.
    Result<void> serve(const Program& program, std::string_view name);
    // Something is under way, or could leave now; else it waits for time, people or requests.
    [[nodiscard]] bool busy() const;
    // Goes on until the run ends or can only go on by a person's doing (held, stuck).
    Result<RunReport> wait(std::string_view run);
    // One turn of the loop: facts, commands, one commit, effects. Waits at most so long for work.
    Result<void> turn(std::chrono::milliseconds wait_at_most);

    // Any request of the store's protocol (docs/protocol.md), answered in this process.
    Result<std::string> request(std::string_view method, std::string_view parameters);

    // Ends attempts in flight (30 s, then cancels), signs a checkpoint, closes the store.
    Result<void> close();

    struct Impl;  // api/engine.cpp

  private:
    explicit Engine(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// The owner of a store, seen from another process.
class Client {
  public:
    // NotFound when nobody owns the store; Unavailable when the owner does not answer.
    static Result<std::unique_ptr<Client>> connect(const EngineOptions& options);
    virtual ~Client() = default;
    virtual Result<std::string> request(std::string_view method, std::string_view parameters) = 0;
};

}  // namespace weft
