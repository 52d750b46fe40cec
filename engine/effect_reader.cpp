#include "engine/effect_reader.h"

#include "engine/facts.h"
#include "engine/run_reader.h"

namespace weft::engine {
namespace {

// The value that a record gives the call, if it does: its own outcome, a person's word, an earlier
// effect, or the answer of its probe.
class Looking {
  public:
    Looking(std::uint64_t call, const std::string& arguments)
        : call_(call), arguments_(arguments) {}

    bool take(const ReadRecord& record) {
        if (record.record.seq == call_) {
            site_ = record.record.site;
            branch_ = record.record.branch;
            // A long payload is left out of the box, its salt is not: the commitment still tells.
            const bool known = record.payload_state == PayloadState::Here ||
                               record.payload_state == PayloadState::LeftOut;
            found_.is_erased = record.payload_state == PayloadState::Erased;
            found_.same_arguments =
                known && commitment(record.salt, arguments_) == record.record.commitment;
            return true;
        }
        if (record.payload_state != PayloadState::Here) return true;
        if (record.record.kind == RecordKind::Call) note_probe(record);
        auto fact = is_fact(record.record.kind) ? decode_fact(record.record, record.payload)
                                                : Result<vm::Fact>(vm::ResumedFact{});
        if (!fact) return true;
        if (const auto* outcome = std::get_if<vm::OutcomeFact>(&*fact)) return of(*outcome);
        if (const auto* settled = std::get_if<vm::SettledFact>(&*fact)) {
            if (settled->call == call_ && settled->done) found_.value = settled->value;
        }
        if (const auto* hit = std::get_if<vm::HitFact>(&*fact)) {
            if (hit->call == call_ && hit->refused.empty()) found_.value = hit->value;
        }
        return !found_.value;
    }
    [[nodiscard]] EarlierEffect found() const { return found_; }

  private:
    bool of(const vm::OutcomeFact& outcome) {
        const bool is_own = outcome.call == call_;
        const bool is_probe = probe_ != 0 && outcome.call == probe_ && !outcome.value.is_none();
        if ((is_own || is_probe) && outcome.status == vm::OutcomeStatus::Ok) {
            found_.value = outcome.value;
        }
        return !found_.value;
    }
    void note_probe(const ReadRecord& record) {
        auto body = decode_body<CallBody>(record.record.body);
        // A probe follows the call's own records at its site; another call's stands at another
        // branch or site.
        if (body && body->direction == Direction::Probe && record.record.site == site_ &&
            record.record.branch == branch_) {
            probe_ = record.record.seq;
        }
    }

    std::uint64_t call_;
    const std::string& arguments_;
    std::uint64_t probe_ = 0;
    EarlierEffect found_;
    std::uint32_t site_ = kNoSite;
    std::uint32_t branch_ = 0;
};

}  // namespace

Result<EarlierEffect> read_effect(store::Store& store, const store::RunId& run, std::uint64_t call,
                                  const std::string& arguments) {
    RunHeader header;
    WEFT_TRY(row, store.run(run));
    if (!row) return EarlierEffect{};
    header.row = *row;
    auto key = store.run_key(run);
    if (!key) {
        if (key.error().kind == ErrorKind::Refused) return EarlierEffect{.is_erased = true};
        return std::unexpected(key.error());
    }
    header.key = *key;
    // A run's first record is its begin, so there is one before the call's.
    WEFT_TRY(before, store.read_run(run, call - 1, 1));
    if (before.empty()) return EarlierEffect{};
    store::RunHead head;
    head.next_seq = call;
    head.last_hash = leaf_hash(before.front().record);
    Looking looking(call, arguments);
    WEFT_TRY_VOID(read_records(store, header, head, [&](ReadRecord& record) -> Result<bool> {
        return looking.take(record);
    }));
    return looking.found();
}

}  // namespace weft::engine
