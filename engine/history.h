// A run's history for people: one entry a record, in words, with the step and the source line it
// belongs to. The log, the timeline, the cost table and the command line's progress are made from
// it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/replay.h"
#include "engine/run_reader.h"
#include "engine/secret_view.h"

namespace weft::engine {

struct HistoryEntry {
    std::uint64_t seq = 0;
    std::uint64_t leaf = 0;
    std::int64_t time_ms = 0;
    RecordKind kind = RecordKind::Begin;
    std::uint32_t branch = 0;
    std::string step;     // path of the step, gate, review or fork; empty for the rest
    std::string place;    // "document_qa.wf:52"
    std::string text;     // one line: "attempt 2 failed: Timeout, 90 s"
    std::string payload;  // canonical bytes without secrets; empty when there is none
    // Filled for the kinds that have them.
    std::uint64_t call = 0;
    std::uint16_t attempt = 0;
    std::uint8_t direction = 0;
    std::uint32_t generation = 0;
    std::uint8_t status = 0;  // outcome status, gate verdict, end status, decision
    std::int64_t cost_micros = 0;
    std::string worker;
    std::string error;
    std::uint64_t timer = 0;
    std::uint64_t task = 0;  // of a review and its decisions
    std::int64_t due_ms = 0;
};

// Turns records into entries; remembers the calls, so feed it a run's records in order.
class Historian {
  public:
    explicit Historian(const RunHeader& header)
        : header_(header), image_(header.first_image), secrets_(header.first_image) {}
    // What the records from now on belong to.
    void use(std::shared_ptr<const Image> image) {
        secrets_.use(image);
        image_ = std::move(image);
    }
    [[nodiscard]] const std::shared_ptr<const Image>& image() const { return image_; }
    HistoryEntry entry(const ReadRecord& record);

  private:
    struct Call {
        std::string step;
        std::string worker;
        std::uint32_t generation = 0;
        std::uint8_t direction = 0;
        std::int64_t started_ms = 0;
        bool is_done = false;
    };
    void fill_place(const ReadRecord& record, HistoryEntry& out) const;
    void fill_of_call(std::uint64_t call, HistoryEntry& out) const;
    void describe(const ReadRecord& record, HistoryEntry& out);
    void describe_call(const ReadRecord& record, HistoryEntry& out);
    void describe_outcome(const ReadRecord& record, HistoryEntry& out);
    void describe_gate(const ReadRecord& record, HistoryEntry& out) const;
    void describe_people(const ReadRecord& record, HistoryEntry& out) const;
    void describe_outside(const ReadRecord& record, HistoryEntry& out);
    void describe_event(const ReadRecord& record, HistoryEntry& out) const;
    void describe_sub(const ReadRecord& record, HistoryEntry& out);
    void describe_flow(const ReadRecord& record, HistoryEntry& out);

    // The run's workflow in the image of the moment.
    [[nodiscard]] const WorkflowRow& workflow() const;

    const RunHeader& header_;
    std::shared_ptr<const Image> image_;
    SecretView secrets_;
    std::map<std::uint64_t, Call> calls_;
    std::map<std::uint64_t, std::string> tasks_;  // review-open seq -> path
    std::map<std::uint64_t, std::string> timers_;
    std::string lock_step_;  // path of the lock asked for last
};

// Reads a run's history in pieces, each record once: the replay rests between two pieces and goes
// on with what was appended since, so following a run costs what is new in it.
class HistoryCursor {
  public:
    explicit HistoryCursor(RunHeader header);
    HistoryCursor(const HistoryCursor&) = delete;
    HistoryCursor& operator=(const HistoryCursor&) = delete;

    // Seq of the first record not read yet.
    [[nodiscard]] std::uint64_t next() const { return head_.next_seq; }
    [[nodiscard]] const RunHeader& header() const { return header_; }
    // The entries from `from` (not before `next()`) on, at most `limit`. Corrupt: the run diverges.
    // Of what was erased they tell what the records themselves say.
    Result<std::vector<HistoryEntry>> read(store::Store& store, std::uint64_t from,
                                           std::size_t limit);

  private:
    // The image that the records from this one on belong to; none: the run parts from its program.
    Result<std::shared_ptr<const Image>> image_for(ReadRecord& record);

    RunHeader header_;
    Historian historian_;
    std::unique_ptr<Replayer> replayer_;  // null: a payload was erased
    store::RunHead head_;
};

// The whole history.
Result<std::vector<HistoryEntry>> read_history(store::Store& store, const RunHeader& header);

}  // namespace weft::engine
