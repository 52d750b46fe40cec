// A run as the store has it: its row, program, image and records with opened payloads. Everything
// that looks at a run (replay, views, audit) reads it through here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "bytecode/image.h"
#include "bytecode/record.h"
#include "store/box.h"
#include "store/store.h"

namespace weft::engine {

enum class PayloadState : std::uint8_t {
    None,  // the record has none
    Here,
    LeftOut,  // a long command: replay makes it again
    Erased,   // its key or its row is gone
};

struct ReadRecord {
    std::uint64_t leaf = 0;
    std::string bytes;  // as stored
    Record record;      // decoded
    PayloadState payload_state = PayloadState::None;
    std::string payload;  // plaintext, when Here
    Bytes16 check{};      // state check and salt, when the payload was opened
    Bytes16 salt{};
};

struct RunHeader {
    store::RunRow row;
    std::shared_ptr<const Image> image;
    std::string source;             // JSON object: path -> text
    std::uint32_t workflow = 0;     // row of Image::workflows; the first when the begin was erased
    std::optional<store::Key> key;  // none: erased

    [[nodiscard]] const WorkflowRow& workflow_row() const { return image->workflows[workflow]; }
};

// The run's row, its verified image and its key.
Result<RunHeader> read_run_header(store::Store& store, const store::RunId& run);

// Every record after `after` (the default: from the first on), in order; stops early when `each`
// says false. Corrupt names the record that does not decode, does not continue the chain or does
// not open.
Result<void> read_records(store::Store& store, const RunHeader& header, const store::RunHead& after,
                          const std::function<Result<bool>(ReadRecord&)>& each);

}  // namespace weft::engine
