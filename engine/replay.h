// Replay: the machine fed with the stored facts must make the stored commands again, byte for byte
// (times and salts are fed). It is how a run is taken up after a crash, how it is audited, and how
// the views get the payloads that the store leaves out.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/follow.h"
#include "engine/run_reader.h"
#include "vm/machine.h"

namespace weft::engine {

struct Divergence {
    std::uint64_t seq = 0;
    std::uint64_t leaf = 0;
    std::uint32_t site = 0xFFFF'FFFF;
    std::string what;  // "the machine made `call` where the log has `timer-set`"
};

struct Replayed {
    std::optional<vm::Machine> machine;  // none when not even the begin record could be read
    store::RunHead head;
    std::uint64_t records = 0;
    std::int64_t last_time_ms = 0;
    std::optional<Divergence> divergence;
    std::shared_ptr<const Image> image;  // the machine's
    // From where it was begun last; none after a start from a snapshot.
    std::optional<Segment> segment;
};

// `on_record` sees every record with its payload (also those left out of the store) and the machine
// as it is after the record; it may be empty.
using RecordObserver = std::function<void(const ReadRecord&, const vm::Machine&)>;

// A replay that is fed record by record and may rest in between. `header` must outlive it.
class Replayer {
  public:
    // `from`: a machine at rest, its place in the chain and its time; else from the begin.
    explicit Replayer(const RunHeader& header, RecordObserver on_record = {}, Replayed from = {})
        : header_(header), on_record_(std::move(on_record)), out_(std::move(from)) {}

    // From now on tells each instruction that is executed again; outlives the replay.
    void trace(vm::Tracer* tracer) { tracer_ = tracer; }
    // What became of calls with keys, since the last time.
    std::vector<vm::KeyedCall> take_keyed() { return std::exchange(keyed_, {}); }
    // False: the record differs from what the machine makes; `so_far` says how.
    Result<bool> take(ReadRecord& record);
    [[nodiscard]] const Replayed& so_far() const { return out_; }
    // After the last record: commands that the machine makes and the log lacks are a divergence.
    Replayed finish();
    // In the middle: the machine as it rests after the last fact that it was fed.
    Replayed stop() { return std::move(out_); }

  private:
    void diverge(const ReadRecord& record, std::string what);
    void compare(ReadRecord& record);
    Result<void> feed_begin(const ReadRecord& record);
    Result<void> change_program(const ReadRecord& record);
    Result<void> adopt(const ReadRecord& record, const std::shared_ptr<const Image>& image);
    Result<void> migrate(const ReadRecord& record, const std::shared_ptr<const Image>& image);
    void expect(vm::Progress progress);
    Result<void> feed(const ReadRecord& record);

    const RunHeader& header_;
    RecordObserver on_record_;
    Replayed out_;
    std::deque<vm::Command> expected_;
    std::vector<vm::KeyedCall> keyed_;
    vm::Tracer* tracer_ = nullptr;
};

Result<Replayed> replay(store::Store& store, const RunHeader& header,
                        const RecordObserver& on_record = {});
// Goes on from a machine at rest; `records` counts what was replayed.
Result<Replayed> replay_on(store::Store& store, const RunHeader& header, Replayed from);

}  // namespace weft::engine
