#include "engine/breakers.h"

#include <map>

#include "engine/run_reader.h"
#include "engine/system_chain.h"
#include "store/key_file.h"

namespace weft::engine {
namespace {

constexpr std::uint64_t kLookedAt = 1000;  // records

void note(const ReadRecord& record, std::map<std::string, KnownBreaker>& known) {
    if (record.record.kind != RecordKind::Breaker) return;
    if (record.payload_state != PayloadState::Here) return;
    const auto body = decode_body<BreakerBody>(record.record.body);
    Value payload;
    const bool is_whole = body && decode_canonical(record.payload, payload) &&
                          payload.tag() == Tag::Record && payload.items().size() == 1 &&
                          payload.items().front().tag() == Tag::Text;
    if (!is_whole) return;
    const auto& worker = payload.items().front().as_text();
    known[worker] = {worker, body->state, record.record.time_ms};
}

}  // namespace

Result<std::vector<KnownBreaker>> last_breakers(store::Store& store) {
    WEFT_TRY(head, store.head(kSystemRun));
    RunHeader header;
    header.row.id = kSystemRun;
    WEFT_TRY(key, store.keys().slot_key(store::kSystemSlot));
    header.key = key;
    store::RunHead before;
    if (head.next_seq > kLookedAt) {
        before.next_seq = head.next_seq - kLookedAt;
        WEFT_TRY(last, store.read_run(kSystemRun, before.next_seq - 1, 1));
        if (!last.empty()) before.last_hash = leaf_hash(last.front().record);
    }
    std::map<std::string, KnownBreaker> known;
    WEFT_TRY_VOID(read_records(store, header, before, [&](ReadRecord& record) -> Result<bool> {
        note(record, known);
        return true;
    }));
    std::vector<KnownBreaker> out;
    for (auto& [worker, breaker] : known) {
        if (breaker.state != BreakerState::Closed) out.push_back(std::move(breaker));
    }
    return out;
}

}  // namespace weft::engine
