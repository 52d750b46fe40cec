#include "engine/key_ledger.h"

#include "base/hash.h"

namespace weft::engine {

Result<std::optional<KeyUse>> KeyLedger::find(const std::vector<store::Tag>& tags) {
    for (const auto& tag : tags) {
        auto fresh = fresh_.find(tag);
        if (fresh != fresh_.end()) {
            if (!fresh->second) continue;
            return KeyUse{*fresh->second, true};
        }
        WEFT_TRY(row, store_.ledger(tag));
        if (row) return KeyUse{*row, false};
    }
    return std::nullopt;
}

Result<std::optional<KeyUse>> KeyLedger::find_call(const store::RunId& run, std::uint64_t call) {
    for (const auto& [tag, row] : fresh_) {
        if (row && row->run == run && row->seq == call) return KeyUse{*row, true};
    }
    WEFT_TRY(rows, store_.ledger_of(run));
    for (const auto& row : rows) {
        if (row.seq == call && !fresh_.contains(row.tag)) return KeyUse{row, false};
    }
    return std::nullopt;
}

void KeyLedger::put(const store::LedgerRow& row, store::Batch& batch) {
    fresh_[row.tag] = row;
    batch.changes.emplace_back(row);
}

void KeyLedger::drop(const store::Tag& tag, store::Batch& batch) {
    fresh_[tag] = std::nullopt;
    batch.changes.emplace_back(store::DropLedger{tag});
}

bool is_probe(const vm::Want& want) {
    return want.direction == static_cast<std::uint8_t>(Direction::Probe);
}

std::string key_bytes(const Image& image, const vm::Want& want, const Value& value) {
    ByteWriter out;
    // A probe asks about the use of the worker that is in doubt.
    const auto& step = image.steps[want.step];
    const auto& worker = image.workers[is_probe(want) ? step.worker : want.worker];
    out.block(worker.was.empty() ? worker.name : worker.was);
    out.block(step.path);
    out.block(canonical(value));
    return out.take();
}

Bytes16 worker_key(const store::LedgerRow& use) {
    ByteWriter input;
    input.raw("weft-key-2");
    input.raw(view(use.tag));
    input.u32(use.generation);
    return to_array<16>(view(sha256(input.bytes())));
}

}  // namespace weft::engine
