// Requests of those who want proof: the signed tree, a bundle of a run, the proof of one record,
// and the account of the keys that receivers were sent.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "engine/bundle_export.h"
#include "engine/effect_reader.h"
#include "engine/key_ledger.h"
#include "engine/request_context.h"
#include "value/base64.h"

namespace weft::engine {
namespace {

class ExportJob final : public Job {
  public:
    ExportJob(Core& core, ExportOptions options, std::string actor)
        : core_(core), work_(core.store(), std::move(options)), actor_(std::move(actor)) {}

    Result<void> begin(const store::RunId& run) { return work_.begin(run); }

    Result<std::optional<std::string>> advance() override {
        WEFT_TRY(more, work_.advance());
        if (more) return std::nullopt;
        WEFT_TRY(bundle, work_.finish());
        WEFT_TRY_VOID(core_.log_export(work_.runs(), work_.tree_size(), actor_));
        Json out;
        out["runs"] = work_.runs();
        out["records"] = bundle.records.size();
        out["tree_size"] = work_.tree_size();
        out["key"] = bundle.verifier_key;
        out["checkpoint"] = bundle.checkpoint;
        out["bundle"] = to_base64(encode_bundle(bundle));
        return json_line(out);
    }

  private:
    Core& core_;
    BundleExport work_;
    std::string actor_;
};

std::string_view use_name(KeyState state) {
    switch (state) {
        case KeyState::Open:
            return "open";
        case KeyState::Done:
            return "done";
        case KeyState::Spent:
            return "undone";
    }
    return "";
}

// What the records of one run say of its calls.
struct KeyedCalls {
    struct Call {
        CallBody body;
        std::uint32_t attempts = 0;
        bool open = false;   // a start without outcome
        bool doubt = false;  // and nobody knows what came of it
        bool done = false;
        bool hit = false;     // suppressed: answered by an earlier use
        bool probed = false;  // it is in doubt no more: what its probe said is in a payload
    };
    std::map<std::uint64_t, Call> calls;
    std::map<std::uint64_t, std::uint64_t> probes;  // with what they ask about

    Call* find(std::uint64_t seq) {
        auto found = calls.find(seq);
        return found == calls.end() ? nullptr : &found->second;
    }
    void take(const Record& record);

  private:
    void begin(const Record& record, const CallBody& body);
    void end(const OutcomeBody& body);
    // By place: the last call that was made there, other than a probe.
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> last_;
};

void KeyedCalls::begin(const Record& record, const CallBody& body) {
    calls[record.seq].body = body;
    auto& last = last_[{record.site, record.branch}];
    if (body.direction == Direction::Probe) {
        probes[record.seq] = last;
    } else {
        last = record.seq;
    }
}

void KeyedCalls::end(const OutcomeBody& body) {
    Call* call = find(body.call);
    if (call == nullptr) return;
    call->open = false;
    call->doubt = body.status == OutcomeCode::Unknown;
    call->done = call->done || body.status == OutcomeCode::Ok;
    call->probed = false;
    const auto probe = probes.find(body.call);
    if (body.status != OutcomeCode::Ok || probe == probes.end()) return;
    if (Call* asked = find(probe->second)) {
        asked->probed = asked->doubt || asked->open;
        asked->doubt = asked->open = false;
    }
}

void KeyedCalls::take(const Record& record) {
    if (record.kind == RecordKind::Call) {
        if (auto body = decode_body<CallBody>(record.body)) begin(record, *body);
    } else if (record.kind == RecordKind::Start) {
        auto body = decode_body<StartBody>(record.body);
        if (Call* call = body ? find(body->call) : nullptr) {
            ++call->attempts;
            call->open = true;
            call->probed = false;
        }
    } else if (record.kind == RecordKind::Outcome) {
        if (auto body = decode_body<OutcomeBody>(record.body)) end(*body);
    } else if (record.kind == RecordKind::Settled) {
        auto body = decode_body<SettledBody>(record.body);
        Call* call = body ? find(body->call) : nullptr;
        if (call == nullptr) return;
        call->doubt = call->open = false;
        call->done = call->done || body->verdict == SettledVerdict::Done;
    } else if (record.kind == RecordKind::Hit) {
        auto body = decode_body<HitBody>(record.body);
        if (Call* call = body ? find(body->call) : nullptr) call->hit = true;
    }
}

Json call_json(const RunHeader& header, std::uint64_t seq, const KeyedCalls::Call& call,
               const store::LedgerRow* use) {
    static constexpr std::array<std::string_view, 4> kClasses = {"read", "idempotent", "once",
                                                                 "transaction"};
    static_assert(kClasses.size() == static_cast<std::size_t>(CallClass::kLast_) + 1);
    static constexpr std::array<std::string_view, 3> kDirections = {"forward", "undo", "probe"};
    Json out;
    out["run"] = to_hex(view(header.row.id));
    out["call"] = seq;
    const auto& workers = header.image->workers;
    out["worker"] = call.body.worker < workers.size() ? workers[call.body.worker].name : "";
    out["class"] = kClasses[static_cast<std::size_t>(call.body.effect)];
    out["direction"] = kDirections[static_cast<std::size_t>(call.body.direction)];
    out["key"] = to_hex(view(use == nullptr ? call.body.key : worker_key(*use)));
    out["attempts"] = call.attempts;
    out["state"] = call.hit             ? "suppressed"
                   : call.doubt         ? "in doubt"
                   : call.open          ? "open"
                   : call.done          ? "done"
                   : call.probed        ? "settled"
                   : call.attempts == 0 ? "not sent"
                                        : "not done";
    if (use != nullptr) {
        out["author_key"] = to_hex(view(use->tag));
        out["use"] = use_name(static_cast<KeyState>(use->state));
        out["generation"] = use->generation;
    }
    return out;
}

// The calls of all runs, or of one, slice by slice.
class KeysJob final : public Job {
  public:
    KeysJob(Core& core, std::vector<store::RunRow> rows, bool all)
        : core_(core), rows_(std::move(rows)), all_(all) {}

    Result<std::optional<std::string>> advance() override {
        if (next_ == rows_.size()) return json_line(answer());
        WEFT_TRY_VOID(add(rows_[next_++].id));
        return std::nullopt;
    }

  private:
    Result<void> add(const store::RunId& run) {
        WEFT_TRY(header, read_run_header(core_.store(), run));
        // Bodies are enough: no payload is opened.
        header.key.reset();
        KeyedCalls calls;
        WEFT_TRY_VOID(
            read_records(core_.store(), header, {}, [&](ReadRecord& record) -> Result<bool> {
                calls.take(record.record);
                return true;
            }));
        WEFT_TRY(uses, core_.store().ledger_of(run));
        for (auto& [seq, call] : calls.calls) {
            WEFT_TRY_VOID(look_at_probe(run, seq, call));
            auto use = std::find_if(uses.begin(), uses.end(),
                                    [&](const auto& row) { return row.seq == seq; });
            const auto* row = use == uses.end() ? nullptr : &*use;
            suppressed_ += call.hit ? 1 : 0;
            doubts_ += call.doubt ? 1 : 0;
            // Reads have no effect that a key could keep single.
            const bool counts = call.body.effect != CallClass::Read || row != nullptr || call.hit;
            if (all_ || counts) keys_.push_back(call_json(header, seq, call, row));
        }
        return {};
    }

    // What its probe said; nobody knows that any more when it was erased.
    Result<void> look_at_probe(const store::RunId& run, std::uint64_t seq, KeyedCalls::Call& call) {
        if (!call.probed) return {};
        WEFT_TRY(effect, read_effect(core_.store(), run, seq, ""));
        call.done = effect.value.has_value();
        call.probed = effect.is_erased;
        return {};
    }

    [[nodiscard]] Json answer() const {
        Json out;
        out["keys"] = keys_;
        out["suppressed"] = suppressed_;
        out["doubts"] = doubts_;
        return out;
    }

    Core& core_;
    std::vector<store::RunRow> rows_;
    bool all_;
    std::size_t next_ = 0;
    Json keys_ = Json::array();
    std::uint64_t suppressed_ = 0;
    std::uint64_t doubts_ = 0;
};

}  // namespace

Result<Json> answer_checkpoint(const RequestContext& request) {
    WEFT_TRY(checkpoint, request.core.sign_now());
    Json out;
    out["size"] = checkpoint.size;
    out["root"] = to_hex(view(checkpoint.root));
    out["key"] = request.core.store().verifier_key();
    out["checkpoint"] = checkpoint.note;
    return out;
}

// One record's place in the signed tree, as c2sp.org/tlog-proof has it.
Result<Json> answer_proof(const RequestContext& request) {
    auto& store = request.core.store();
    WEFT_TRY(run, request.run());
    WEFT_TRY(head, store.head(run));
    if (head.next_seq == 0) return fail(ErrorKind::NotFound, "the run has no record");
    const auto last = static_cast<std::int64_t>(head.next_seq - 1);
    const std::int64_t seq = request.number("seq", last);
    if (seq < 0 || seq > last) {
        return fail(ErrorKind::Usage, fmt::format("the run's records go from 0 to {}", last));
    }
    WEFT_TRY(found, store.read_run(run, static_cast<std::uint64_t>(seq), 1));
    if (found.empty()) return fail(ErrorKind::Corrupt, "the record is not there");
    WEFT_TRY(checkpoint, request.core.sign_now());
    WEFT_TRY(hashes, store.inclusion_proof(found.front().leaf, checkpoint.size));
    std::string proof = fmt::format("c2sp.org/tlog-proof@v1\nindex {}\n", found.front().leaf);
    for (const auto& hash : hashes) proof += to_base64(view(hash)) + "\n";
    proof += "\n" + checkpoint.note;
    Json out;
    out["run"] = to_hex(view(run));
    out["seq"] = seq;
    out["leaf"] = found.front().leaf;
    out["record"] = to_base64(found.front().record);
    out["key"] = store.verifier_key();
    out["proof"] = std::move(proof);
    return out;
}

Result<std::unique_ptr<Job>> begin_export(const RequestContext& request) {
    WEFT_TRY(run, request.run());
    auto no_payloads = request.flag("no_payloads");
    auto job = std::make_unique<ExportJob>(
        request.core, ExportOptions{!no_payloads, request.text("witness")}, request.actor);
    WEFT_TRY_VOID(job->begin(run));
    return job;
}

Result<std::unique_ptr<Job>> begin_keys(const RequestContext& request) {
    std::vector<store::RunRow> rows;
    if (!request.text("run").empty()) {
        WEFT_TRY(run, request.run());
        WEFT_TRY(row, request.core.store().run(run));
        if (row) rows.push_back(*row);
    } else {
        store::RunFilter filter;
        filter.limit = 1'000'000'000;
        WEFT_TRY(all, request.core.store().runs(filter));
        rows = std::move(all);
    }
    return std::make_unique<KeysJob>(request.core, std::move(rows), request.flag("all"));
}

}  // namespace weft::engine
