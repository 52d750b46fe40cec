// What has become of each message that leaves the machine, by effect key: one small file a key,
// durable before anything depends on it, that outlives the engine and the sender. It knows nothing
// of mail or HTTP, and holds no text of a message and no address.
//
// The file is a log of JSON lines, appended with fsync; a torn last line counts as not written:
//   {"event":"intent", …}                   from here on the receiver may have the message
//   {"event":"failed"}                      the receiver surely does not have it
//   {"event":"receipt","receipt":{…}}       the receiver has it
// Its flock is the right to send. The engine takes it before it starts a sender, which inherits the
// descriptor and so keeps the lock when the engine is killed: while a sender lives, nobody else can
// send under the key, nor say what has become of it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weft::stdlib::notify {

enum class Stage {
    Untouched,  // surely not sent
    Intended,   // perhaps sent: whoever was sending has not said how it ended
    Accepted,
};

struct JournalState {
    Stage stage = Stage::Untouched;
    nlohmann::json intent;   // the last one
    nlohmann::json receipt;  // set when accepted
};

class Journal {
  public:
    // Opens, and makes when `create` is set, the journal of `key` under `state_directory`. Without
    // `create` a missing one is NotFound.
    static Result<Journal> open(std::string_view state_directory, std::string_view key,
                                bool create);
    // In the sender: the descriptor that it was started with, the lock held.
    static Journal adopt(int descriptor) { return Journal(descriptor); }

    Journal(Journal&& other) noexcept;
    Journal& operator=(Journal&& other) noexcept;
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;
    ~Journal();

    // False when another process has it.
    [[nodiscard]] Result<bool> try_lock() const;
    // Its file has gone since it was opened: what is noted here, nobody would find.
    [[nodiscard]] bool is_gone() const;
    [[nodiscard]] Result<JournalState> read() const;
    // Durable when it returns.
    Result<void> write_intent(nlohmann::json details);
    Result<void> write_failed();
    Result<void> write_receipt(const nlohmann::json& receipt);
    [[nodiscard]] int descriptor() const { return descriptor_; }

  private:
    explicit Journal(int descriptor) : descriptor_(descriptor) {}
    Result<void> append(const nlohmann::json& line);
    int descriptor_ = -1;
};

// A journal goes when its effect is settled and the store's record of that is durable: never while
// a sender has it, and what it says is of no use to anybody then. These are the engine's calls
// (WorkerNotes in weft/notes.h). A sweep, which finds what a kill has left, also leaves a journal
// whose message was perhaps sent: its run was ended before anybody knew.
void forget_journal(std::string_view state_directory, std::string_view key);
void sweep_journals(std::string_view state_directory, const std::vector<std::string>& open_keys);

}  // namespace weft::stdlib::notify
