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
#include "engine/image_cache.h"
#include "store/box.h"
#include "store/store.h"

namespace weft::engine {

// Records that a walk over a run reads at once.
inline constexpr std::uint32_t kRecordSlice = 1000;

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
    bool has_check = true;  // a bundle leaves the state check out
};

struct RunHeader;
using RecordTaker = std::function<Result<bool>(ReadRecord&)>;

// Where a run's records are read, and the images that it changes to: a store, or a bundle.
class RunSource {
  public:
    virtual ~RunSource() = default;
    virtual Result<std::shared_ptr<const Image>> image(const Hash& hash) const = 0;
    // As read_records does.
    virtual Result<void> records(const RunHeader& header, const store::RunHead& after,
                                 const RecordTaker& each) const = 0;
};

struct RunHeader {
    store::RunRow row;
    std::shared_ptr<const Image> image;        // that it goes on under
    std::shared_ptr<const Image> first_image;  // that it was begun under: mostly the same
    std::shared_ptr<const RunSource> origin;   // where it was read
    std::string source;                        // JSON object: path -> text
    std::uint32_t workflow = 0;     // row of Image::workflows; the first when the begin was erased
    std::optional<store::Key> key;  // none: erased

    [[nodiscard]] const WorkflowRow& workflow_row() const { return image->workflows[workflow]; }
    // Empty when the data is erased: which of several it was stood there.
    [[nodiscard]] std::string known_workflow() const {
        return key || image->workflows.size() == 1 ? workflow_row().name : std::string();
    }
};

// The image that the bytes are, verified; `name` is for messages.
Result<std::shared_ptr<const Image>> open_image(std::string_view code, const std::string& name);

// The image under which a run goes on from this record: of begin, adopted and migrated.
std::optional<Hash> image_from(const Record& record);

// A verified image of the store.
Result<std::shared_ptr<const Image>> load_image(store::Store& store, const Hash& hash);

// The run's row, its verified image and its key. With a cache an image is read once for many runs.
Result<RunHeader> read_run_header(store::Store& store, const store::RunId& run,
                                  ImageCache* images = nullptr);

// Every record after `after` (the default: from the first on), in order; stops early when `each`
// says false. Corrupt names the record that does not decode, does not continue the chain or does
// not open.
Result<void> read_records(store::Store& store, const RunHeader& header, const store::RunHead& after,
                          const RecordTaker& each);

}  // namespace weft::engine
