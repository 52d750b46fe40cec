#include "engine/system_chain.h"

#include "store/box.h"
#include "store/key_file.h"

namespace weft::engine {
namespace {

std::string by_and_reason(const std::string& by, const std::string& reason) {
    return canonical(Value::record({Value::text(by), Value::text(reason)}));
}

Value list_of(const std::vector<store::RunId>& runs) {
    std::vector<Value> out;
    out.reserve(runs.size());
    for (const auto& run : runs) out.push_back(Value::bytes(std::string(view(run))));
    return Value::list(std::move(out));
}

}  // namespace

SystemChain::SystemChain(store::Store& store, const store::Key& key, const store::RunHead& head)
    : store_(store), writer_(store, kSystemRun, key, head) {}

Result<std::unique_ptr<SystemChain>> SystemChain::open(store::Store& store) {
    WEFT_TRY(key, store.keys().slot_key(store::kSystemSlot));
    WEFT_TRY(head, store.head(kSystemRun));
    auto chain = std::unique_ptr<SystemChain>(new SystemChain(store, key, head));
    WEFT_TRY(actors, store.actors());
    for (const auto& actor : actors) {
        WEFT_TRY(name, store::open_bytes(key, store::actor_context(actor.id), actor.box));
        chain->by_name_[name] = actor.id;
        chain->names_[actor.id] = name;
    }
    // The last leaf of the whole log is the latest that anything was recorded.
    if (store.log_size() > 0) {
        WEFT_TRY(last, store.read_log(store.log_size() - 1, 1));
        if (!last.empty()) {
            WEFT_TRY(record, decode_record(last.front().record));
            chain->last_time_ms_ = record.time_ms;
        }
    }
    return chain;
}

Result<void> SystemChain::append(RecordKind kind, std::string body,
                                 std::optional<std::string> payload, std::int64_t now_ms,
                                 store::Batch& batch) {
    RecordDraft draft;
    draft.kind = kind;
    draft.fact = true;
    last_time_ms_ = std::max(last_time_ms_, now_ms);
    draft.time_ms = last_time_ms_;
    draft.body = std::move(body);
    draft.payload = std::move(payload);
    return writer_.append(std::move(draft), batch);
}

Result<void> SystemChain::opened(std::int64_t now_ms, store::Batch& batch) {
    OpenedBody body;
    body.major = WEFT_VERSION_MAJOR;
    body.minor = WEFT_VERSION_MINOR;
    body.patch = WEFT_VERSION_PATCH;
    body.semantics = kSemantics;
    body.store = store_.id();
    return append(RecordKind::Opened, encode_body(body), {}, now_ms, batch);
}

Result<void> SystemChain::closed(std::int64_t now_ms, store::Batch& batch) {
    return append(RecordKind::Closed, encode_body(ClosedBody{}), {}, now_ms, batch);
}

Result<Bytes16> SystemChain::actor(const std::string& name, std::int64_t now_ms,
                                   store::Batch& batch) {
    auto found = by_name_.find(name);
    if (found != by_name_.end()) return found->second;
    ActorBody body;
    body.actor = store_.entropy().bytes<16>();
    WEFT_TRY_VOID(append(RecordKind::Actor, encode_body(body), {}, now_ms, batch));
    batch.changes.emplace_back(
        store::ActorRow{body.actor, store::seal_bytes(store_.entropy(), writer_.key(),
                                                      store::actor_context(body.actor), name)});
    by_name_[name] = body.actor;
    names_[body.actor] = name;
    return body.actor;
}

Result<void> SystemChain::breaker(const Pacer::Change& change, std::int64_t now_ms,
                                  store::Batch& batch) {
    BreakerBody body;
    body.worker = store_.keys().tag("breaker", change.worker);
    body.state = change.state;
    body.failures = change.failures;
    auto payload = canonical(Value::record({Value::text(change.worker)}));
    return append(RecordKind::Breaker, encode_body(body), std::move(payload), now_ms, batch);
}

Result<void> SystemChain::clock_step(const ClockStep& step, std::int64_t now_ms,
                                     store::Batch& batch) {
    ClockStepBody body;
    body.before_ms = step.before_ms;
    body.after_ms = step.after_ms;
    return append(RecordKind::ClockStep, encode_body(body), {}, now_ms, batch);
}

Result<void> SystemChain::approver(const std::string& name, const Hash& public_key,
                                   std::int64_t now_ms, store::Batch& batch) {
    KeyAddedBody body;
    body.purpose = KeyPurpose::Approver;
    body.key_id = store_.entropy().bytes<16>();
    body.public_key = public_key;
    auto payload = canonical(Value::record({Value::text(name)}));
    return append(RecordKind::KeyAdded, encode_body(body), std::move(payload), now_ms, batch);
}

Result<void> SystemChain::approver_revoked(const Bytes16& key_id, const std::string& by,
                                           const std::string& reason, std::int64_t now_ms,
                                           store::Batch& batch) {
    KeyRevokedBody body;
    body.purpose = KeyPurpose::Approver;
    body.key_id = key_id;
    WEFT_TRY(who, actor(by, now_ms, batch));
    body.actor = who;
    return append(RecordKind::KeyRevoked, encode_body(body), by_and_reason(by, reason), now_ms,
                  batch);
}

Result<void> SystemChain::attested(const AttestedBody& body, std::int64_t now_ms,
                                   store::Batch& batch) {
    return append(RecordKind::Attested, encode_body(body), {}, now_ms, batch);
}

Result<std::uint64_t> SystemChain::erase(const std::vector<store::RunId>& runs,
                                         const std::string& by, const std::string& reason,
                                         std::int64_t now_ms, store::Batch& batch) {
    EraseBody body;
    body.runs = static_cast<std::uint32_t>(runs.size());
    WEFT_TRY(who, actor(by, now_ms, batch));
    body.actor = who;
    auto payload = canonical(Value::record({list_of(runs), Value::text(by), Value::text(reason)}));
    const auto seq = writer_.next_seq();
    WEFT_TRY_VOID(append(RecordKind::Erase, encode_body(body), std::move(payload), now_ms, batch));
    return seq;
}

Result<std::uint64_t> SystemChain::retained(const std::vector<store::RunId>& runs,
                                            std::int64_t now_ms, store::Batch& batch) {
    RetainedBody body;
    body.runs = static_cast<std::uint32_t>(runs.size());
    const auto seq = writer_.next_seq();
    WEFT_TRY_VOID(append(RecordKind::Retained, encode_body(body),
                         canonical(Value::record({list_of(runs)})), now_ms, batch));
    return seq;
}

Result<void> SystemChain::erased(std::uint64_t order, std::size_t runs, const std::string& receipt,
                                 std::int64_t now_ms, store::Batch& batch) {
    ErasedBody body;
    body.erase = order;
    body.runs = static_cast<std::uint32_t>(runs);
    return append(RecordKind::Erased, encode_body(body),
                  canonical(Value::record({Value::text(receipt)})), now_ms, batch);
}

Result<void> SystemChain::exported(std::size_t runs, std::uint64_t tree_size, const std::string& by,
                                   std::int64_t now_ms, store::Batch& batch) {
    ExportedBody body;
    body.runs = static_cast<std::uint32_t>(runs);
    body.tree_size = tree_size;
    WEFT_TRY(who, actor(by, now_ms, batch));
    body.actor = who;
    return append(RecordKind::Exported, encode_body(body), {}, now_ms, batch);
}

Result<void> SystemChain::legal_hold(const store::RunId& run, HoldChange change,
                                     const std::string& by, const std::string& reason,
                                     std::int64_t now_ms, store::Batch& batch) {
    LegalHoldBody body;
    body.run = run;
    body.change = change;
    WEFT_TRY(who, actor(by, now_ms, batch));
    body.actor = who;
    return append(RecordKind::LegalHold, encode_body(body), by_and_reason(by, reason), now_ms,
                  batch);
}

Result<void> SystemChain::accepted(AcceptedWhat what, const std::string& by,
                                   const std::string& reason, std::int64_t now_ms,
                                   store::Batch& batch) {
    AcceptedBody body;
    body.what = what;
    WEFT_TRY(who, actor(by, now_ms, batch));
    body.actor = who;
    return append(RecordKind::Accepted, encode_body(body), by_and_reason(by, reason), now_ms,
                  batch);
}

Result<void> SystemChain::scheduled(const ScheduledBody& body, const std::string& schedule,
                                    const std::string& reason, std::int64_t now_ms,
                                    store::Batch& batch) {
    auto payload = canonical(Value::record({Value::text(schedule), Value::text(reason)}));
    return append(RecordKind::Scheduled, encode_body(body), std::move(payload), now_ms, batch);
}

std::string SystemChain::actor_name(const Bytes16& id) const {
    auto found = names_.find(id);
    return found == names_.end() ? to_hex(view(id)) : found->second;
}

}  // namespace weft::engine
