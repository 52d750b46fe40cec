// A run in memory: its machine, its chain, and what is under way for it. It turns facts into
// records and commands into records, all into the batch of the current turn; it sends nothing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/attempt.h"
#include "engine/facts.h"
#include "engine/pacer.h"
#include "engine/record_writer.h"
#include "engine/run_files.h"
#include "engine/run_reader.h"
#include "engine/snapshots.h"
#include "vm/machine.h"

namespace weft::engine {

// An attempt between its start record and its outcome.
struct InFlight {
    std::shared_ptr<Attempt> attempt;
    std::uint32_t step = 0;
    std::uint32_t worker = 0;
    std::uint8_t direction = 0;
    std::int64_t deadline_monotonic_ms = 0;  // 0: none
    bool timed_out = false;
    bool cancelled = false;
};

// What the outcome of an attempt says about its worker's health.
Health health_of(const InFlight& flight, const vm::OutcomeFact& fact);

// A sub-run that the run's last commands ask for, with the leaf of its sub-start record.
struct AskedSub {
    vm::SubStart start;
    Hash leaf{};
};

class LiveRun {
  public:
    // A new run: the begin record is appended and the machine started.
    static Result<std::unique_ptr<LiveRun>> begin(store::Store& store, store::RunRow row,
                                                  const store::Key& key,
                                                  const std::shared_ptr<const Image>& image,
                                                  const vm::Begin& begin, const std::string& body,
                                                  store::Batch& batch);
    // One taken up from the store, after its replay.
    LiveRun(store::Store& store, RunHeader header, vm::Machine machine, const store::RunHead& head,
            std::int64_t last_time_ms, const SnapshotPace& pace = {});

    [[nodiscard]] const store::RunId& id() const { return header_.row.id; }
    [[nodiscard]] const Image& image() const { return *header_.image; }
    [[nodiscard]] std::shared_ptr<const Image> shared_image() const { return header_.image; }
    [[nodiscard]] const WorkflowRow& workflow() const { return header_.workflow_row(); }
    [[nodiscard]] const vm::Machine& machine() const { return machine_; }
    [[nodiscard]] const store::RunRow& row() const { return header_.row; }
    [[nodiscard]] const store::Key& key() const { return writer_.key(); }
    [[nodiscard]] std::uint64_t next_seq() const { return writer_.next_seq(); }
    [[nodiscard]] std::int64_t last_time_ms() const { return last_time_ms_; }
    [[nodiscard]] bool ended() const { return vm::is_ended(machine_.status()); }

    Result<void> apply(const vm::Fact& fact, const FactContext& context, std::int64_t now_ms,
                       store::Batch& batch);
    // The same for a fact that was encoded before (one out of the inbox).
    Result<void> apply_encoded(const vm::Fact& fact, FactRecord encoded, std::int64_t now_ms,
                               store::Batch& batch);

    // The row as it was just stored; later ones go on from it.
    void set_legal_hold(bool held) { header_.row.hold = held ? 1 : 0; }
    // The program that the run goes on under from now on, kept in the store with its source.
    struct Change {
        std::shared_ptr<const Image> image;
        Hash image_hash{};
        std::string body;     // of the record
        std::string payload;  // who and why
    };
    // It takes the same decisions: `machine` has followed the log up to here.
    Result<void> adopt(const Change& change, vm::Machine machine, std::int64_t now_ms,
                       store::Batch& batch);
    // It begins again; what was done is fed to it then.
    Result<void> migrate(const Change& change, const vm::Begin& begin, std::int64_t now_ms,
                         store::Batch& batch);

    // Nothing is under way, nothing could leave, and nothing is in doubt: it waits for time, for
    // people or for the end of another run, and needs no memory for that.
    [[nodiscard]] bool is_at_rest() const;
    // The runs that it waits for.
    [[nodiscard]] std::vector<store::RunId> awaited() const;
    // The store's rows say that it waits there, and until when; or that it is driven again.
    void park(store::Batch& batch);
    void unpark(store::Batch& batch);

    // Between facts: writes the run's snapshot when it has worked enough since the last one.
    void snapshot_if_due(store::Batch& batch);
    // The same at once: the last one is of no use any more.
    void snapshot_now(store::Batch& batch);

    std::uint64_t arrival = 0;                    // in its engine: who came first is served first
    std::map<std::uint64_t, InFlight> in_flight;  // by seq of the call
    InFlight* flight(std::uint64_t call) {
        auto found = in_flight.find(call);
        return found == in_flight.end() ? nullptr : &found->second;
    }
    // The attempt's time begins; its end, 0 for one that may take as long as it likes.
    std::int64_t count_time(const Attempt& attempt, std::int64_t now_monotonic_ms) {
        InFlight* known = flight(attempt.call);
        const bool is_timed = known != nullptr && known->attempt.get() == &attempt;
        if (!is_timed || attempt.timeout_ms <= 0) return 0;
        return known->deadline_monotonic_ms = now_monotonic_ms + attempt.timeout_ms;
    }
    std::shared_ptr<RunFiles> files;
    std::optional<vm::RunStatus> told;  // the status that watchers know
    std::int64_t rested_ms = 0;         // since when nothing happened to it, monotonic
    // What became of calls with keys since the last time.
    std::vector<vm::KeyedCall> take_keyed() { return std::exchange(keyed_, {}); }
    // Calls that are over, since the last time.
    std::vector<vm::SettledCall> take_settled() { return std::exchange(settled_, {}); }
    std::vector<AskedSub> take_subs() { return std::exchange(subs_, {}); }
    [[nodiscard]] const Hash& last_leaf() const { return writer_.head().last_hash; }

  private:
    Result<void> append_fact(const vm::Fact& fact, FactRecord encoded, bool copied,
                             std::int64_t now_ms, store::Batch& batch);
    Result<void> append_commands(vm::Progress progress, store::Batch& batch);
    void note_status(store::Batch& batch);
    void put_row(store::Batch& batch);
    Result<void> append_change(RecordKind kind, const Change& change, std::int64_t now_ms,
                               store::Batch& batch);

    store::Store& store_;
    RunHeader header_;
    vm::Machine machine_;
    RecordWriter writer_;
    std::vector<vm::KeyedCall> keyed_;
    std::vector<vm::SettledCall> settled_;
    std::vector<AskedSub> subs_;
    SnapshotPace pace_;
    std::int64_t last_time_ms_ = 0;
    vm::RunStatus noted_ = vm::RunStatus::Running;
};

}  // namespace weft::engine
