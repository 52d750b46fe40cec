#include "engine/approver_log.h"

namespace weft::engine {

Result<ApproverKeys> read_approver_keys(store::Store& store) {
    constexpr std::uint32_t kSlice = 1000;
    ApproverKeys out;
    for (std::uint64_t seq = 0;;) {
        WEFT_TRY(slice, store.read_run(store::RunId{}, seq, kSlice));
        for (const auto& stored : slice) {
            WEFT_TRY(record, decode_record(stored.record));
            out.take(record, stored.leaf);
        }
        seq += slice.size();
        if (slice.size() < kSlice) return out;
    }
}

}  // namespace weft::engine
