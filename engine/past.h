// What the log of a run says of its past, construct by construct, so that another program can take
// it over: which step gave what, which signal came, which time was up. A construct goes by its
// path, the branch in which it stands and how often it was met there before. It knows one program
// and no other.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/run_reader.h"
#include "vm/machine.h"

namespace weft::engine {

// Names for the constructs of one program, in the order in which a run meets them.
class ConstructNames {
  public:
    // A command's: "call flow.pay @/flow.items#1[2] #1"; empty for those that nothing answers.
    std::string take(const Image& image, RecordKind kind, std::uint32_t site, std::uint32_t branch,
                     const std::string& body);

  private:
    std::string numbered(std::string name, std::uint32_t branch);
    void fork(const std::string& path, std::uint32_t branch, const std::string& body);

    std::map<std::string, std::uint32_t> met_;
    std::map<std::uint32_t, std::string> branches_;
};

// One thing that the run was told and that stands.
struct PastEvent {
    enum class Kind : std::uint8_t {
        Done,      // a call gave a value
        Failed,    // a call was given up
        Signal,    // came
        Timer,     // was up
        Decision,  // of a task
        Lock,      // was given
    };
    Kind kind = Kind::Done;
    std::uint64_t seq = 0;  // of the record that told it
    std::string name;       // of the construct; Signal: the signal's
    std::string path;       // Done, Failed
    std::uint64_t call = 0;
    TypeId type;                     // Done, Signal: of `value`
    Value value;                     // Failed: the error
    std::string worker;              // Done, Failed
    bool changes = false;            // Done: it changed the world, and stands
    bool is_undo = false;            // Done, Failed
    std::uint64_t undone_at = 0;     // Done: the record that says that it was undone; 0: none does
    std::optional<vm::HitFact> hit;  // Done: by another's effect
    vm::DecisionFact decision;       // its values are still of the old types
    Bytes16 actor{};                 // Decision: who
    bool is_signed = false;          // Decision: by the key of who decided
    std::uint32_t review = 0;        // Decision: row in the image
    Value shown;                     // Decision: the values that were decided about
    vm::SignalFact signal;
    std::vector<std::string> keys;  // Lock
};

// A call that may have changed the world, and nobody knows.
struct UnsettledCall {
    std::uint64_t call = 0;
    std::string path;
};

struct Past {
    std::shared_ptr<const Image> image;  // that the run has now
    std::vector<PastEvent> events;       // as they were told
    std::vector<UnsettledCall> unsettled;
    std::uint64_t first_sub = 0;  // record that begins the first run of another workflow; 0: none

    [[nodiscard]] bool has_subs() const { return first_sub != 0; }
};

// Of the payload of a lock-ask.
std::vector<std::string> lock_keys(const std::string& payload);
// The values that are to be decided about, of the payload of a review-open.
Value shown_values(const std::string& payload);

// Read while the run is replayed: `note` is fed each record once the replay has taken it.
class PastReader {
  public:
    void note(const ReadRecord& record, const std::shared_ptr<const Image>& image);
    // After the last record, of the machine that the replay gave.
    Past finish(const vm::Machine& machine);

  private:
    struct Call {
        std::string name;
        std::string path;
        std::string worker;
        EffectClass effect = EffectClass::Read;
        Direction direction = Direction::Forward;
        TypeId type;
        std::uint64_t last = 0;  // record about it
        std::string error;       // of its last attempt
        std::string message;
        std::uint16_t attempts = 0;
        std::uint32_t site = kNoSite;
        std::uint32_t branch = 0;
        bool is_done = false;
        bool is_sent = false;      // an attempt left, and what came of it is not known
        bool is_in_doubt = false;  // … and may never be
    };
    struct Task {
        std::string name;
        std::uint32_t row = 0;
        Value shown;
    };
    void start_over();
    void note_command(const ReadRecord& record, const Image& image);
    void note_fact(const ReadRecord& record, const Image& image);
    void note_call(const ReadRecord& record, const Image& image, std::string name);
    void note_undone(std::uint64_t seq, const std::string& body);
    void note_review(const ReadRecord& record, const Image& image, std::string name);
    void on(const vm::StartFact& fact, const ReadRecord& record);
    void on(const vm::OutcomeFact& fact, const ReadRecord& record);
    void on(const vm::SettledFact& fact, const ReadRecord& record);
    void on(const vm::HitFact& fact, const ReadRecord& record);
    void on(const vm::TimerFiredFact& fact, const ReadRecord& record);
    void on(const vm::DecisionFact& fact, const ReadRecord& record);
    void on(const vm::LockGotFact& fact, const ReadRecord& record);
    void on_signal(const vm::SignalFact& fact, const ReadRecord& record, const Image& image);
    void done(std::uint64_t call, const Value& value, std::uint64_t seq);
    [[nodiscard]] std::uint64_t probed(const Call& probe) const;

    Past past_;
    ConstructNames names_;
    std::string workflow_;
    std::map<std::uint64_t, Call> calls_;
    std::map<std::uint64_t, Task> tasks_;
    std::map<std::uint64_t, std::string> timers_;
    std::map<std::uint64_t, std::uint64_t> call_timers_;  // of calls' deadlines
    std::map<std::uint64_t, PastEvent> locks_;
};

}  // namespace weft::engine
