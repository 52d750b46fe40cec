// Makes a run's records: chain position, commitment, sealed payload. One writer a run (and one for
// the system chain, run id zero); what it appends is in order and in one batch with the fact it
// follows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "bytecode/record.h"
#include "store/box.h"
#include "store/store.h"
#include "vm/machine.h"

namespace weft::engine {

// Payload of a command longer than this is left out of its box: replay makes it again.
inline constexpr std::size_t kCommandBodyMax = 1024;
// Payload of a fact longer than this goes to a sealed file.
inline constexpr std::size_t kRowBodyMax = 64 * 1024;
inline constexpr std::uint16_t kStateVersion = 2;

struct RecordDraft {
    RecordKind kind = RecordKind::Resumed;
    bool fact = false;
    bool by_operator = false;
    bool copied = false;  // told before, to the program that the run had then
    std::uint32_t site = 0xFFFF'FFFF;
    std::uint32_t branch = 0;
    std::int64_t time_ms = 0;
    std::uint64_t fuel = 0;
    std::string body;
    std::optional<std::string> payload;
    Bytes16 check{};
};

class RecordWriter {
  public:
    // `head`: where the chain stands; `key`: the run's.
    RecordWriter(store::Store& store, const store::RunId& run, const store::Key& key,
                 const store::RunHead& head)
        : store_(store), run_(run), key_(key), head_(head) {}

    // Seals and appends; a long payload of a fact is written to its file first, synced.
    Result<void> append(RecordDraft draft, store::Batch& batch);
    [[nodiscard]] std::uint64_t next_seq() const { return head_.next_seq; }
    [[nodiscard]] const store::RunHead& head() const { return head_; }
    [[nodiscard]] const store::RunId& run() const { return run_; }
    [[nodiscard]] const store::Key& key() const { return key_; }

  private:
    Result<std::string> seal(RecordDraft& draft, const Bytes16& salt, store::Batch& batch);

    store::Store& store_;
    store::RunId run_;
    store::Key key_;
    store::RunHead head_;
};

// The record that a command of the machine must become at this place of the chain.
Record command_record(const vm::Command& command, const store::RunId& run, std::uint64_t seq,
                      std::int64_t time_ms, const Hash& prev, const Bytes16& salt);

}  // namespace weft::engine
