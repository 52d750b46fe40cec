#include "engine/look.h"

namespace weft::engine {

Result<Looked> look_at(Core& core, const store::RunId& id, std::uint64_t seq) {
    Looked out;
    WEFT_TRY(header, read_run_header(core.store(), id));
    Replayer replayer(header);
    out.values.emplace(header.first_image);
    out.at = 0;
    WEFT_TRY_VOID(read_records(core.store(), header, {}, [&](ReadRecord& record) -> Result<bool> {
        if (record.record.seq > seq) return false;
        WEFT_TRY(same, replayer.take(record));
        if (!same) return false;
        out.values->note(record, replayer.so_far().image);
        out.at = record.record.seq;
        out.at_ms = record.record.time_ms;
        return true;
    }));
    out.row = header.row;
    out.row.ended_ms.reset();
    out.replayed = replayer.stop();
    if (!out.replayed->machine) return out;
    out.image = out.replayed->image;
    out.workflow = &out.image->workflows[out.replayed->machine->begin().workflow];
    if (vm::is_ended(out.replayed->machine->status())) out.row.ended_ms = header.row.ended_ms;
    return out;
}

Result<Looked> look(Core& core, const store::RunId& id) {
    Looked out;
    WEFT_TRY(header, read_run_header(core.store(), id));
    out.row = header.row;
    out.image = header.image;
    out.workflow = &out.image->workflows[header.workflow];
    out.run = core.live(id);
    if (out.run != nullptr) return out;
    out.is_erased = !header.key;
    if (out.is_erased) return out;
    WEFT_TRY(replayed, replay(core.store(), header));
    out.replayed = std::move(replayed);
    return out;
}

}  // namespace weft::engine
