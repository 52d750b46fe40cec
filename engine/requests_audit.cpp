// Requests of auditors: replay of one run, verification of the whole store at three levels.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/hash.h"
#include "engine/approver_log.h"
#include "engine/derived_check.h"
#include "engine/finding_json.h"
#include "engine/protocol_check.h"
#include "engine/replay.h"
#include "engine/request_context.h"
#include "engine/rest_check.h"
#include "engine/row_check.h"
#include "engine/run_reader.h"
#include "engine/sites.h"
#include "engine/table_check.h"
#include "store/note.h"
#include "store/note_file.h"

namespace weft::engine {
namespace {

store::Finding run_finding(const store::RunId& run, std::string what) {
    store::Finding finding;
    finding.table = "run";
    finding.row = to_hex(view(run));
    finding.run = run;
    finding.what = std::move(what);
    return finding;
}

std::string origin_of(const store::Store& store) {
    const auto key = store::parse_verifier_key(store.verifier_key());
    return key ? key->origin : std::string();
}

// That something could not be read, since the disk or the memory failed, is no evidence of
// anything: the audit ends with that error. What else is wrong with a run is a finding.
bool has_failed(const Error& error) {
    return error.kind == ErrorKind::Environment;
}

// Checkpoints that were kept elsewhere: the log must still be what they say it was.
Result<std::size_t> check_witness(store::Store& store, const store::VerifierKey& key,
                                  std::string_view witness, std::vector<store::Finding>& findings) {
    std::size_t good = 0;
    for (const auto& note : store::split_notes(witness)) {
        store::Finding finding;
        finding.table = "witness";
        auto checkpoint = store::check_note(key.origin, key.public_key, note);
        if (!checkpoint) {
            finding.what = checkpoint.error().message;
            findings.push_back(std::move(finding));
            continue;
        }
        finding.row = std::to_string(checkpoint->size);
        auto root = checkpoint->size <= store.log_size() ? store.root(checkpoint->size)
                                                         : Result<Hash>(Hash{});
        if (!root && has_failed(root.error())) return std::unexpected(root.error());
        if (root && *root == checkpoint->root) {
            ++good;
            continue;
        }
        finding.what = checkpoint->size > store.log_size()
                           ? "the log is shorter than what was witnessed"
                           : "the log was changed: its tree is not the one that was witnessed";
        findings.push_back(std::move(finding));
    }
    return good;
}

// The replay of one run.
class ReplayJob final : public Job {
  public:
    // `to`: the last record that is replayed.
    ReplayJob(Core& core, RunHeader header, std::uint64_t to)
        : core_(core), header_(std::move(header)), replayer_(header_), to_(to) {}

    Result<std::optional<std::string>> advance() override {
        std::size_t read = 0;
        bool more = false;
        bool is_cut = false;
        WEFT_TRY_VOID(read_records(core_.store(), header_, replayer_.so_far().head,
                                   [&](ReadRecord& record) -> Result<bool> {
                                       is_cut = record.record.seq > to_;
                                       if (is_cut) return false;
                                       WEFT_TRY(same, replayer_.take(record));
                                       more = same && ++read == kRecordSlice;
                                       return same && !more;
                                   }));
        if (more) return std::nullopt;
        return json_line(answer(is_cut ? replayer_.stop() : replayer_.finish()));
    }

  private:
    [[nodiscard]] Json answer(const Replayed& replayed) const {
        Json out;
        out["run"] = to_hex(view(header_.row.id));
        out["records"] = replayed.records;
        out["identical"] = !replayed.divergence.has_value();
        if (replayed.divergence) {
            Json divergence;
            divergence["seq"] = replayed.divergence->seq;
            divergence["leaf"] = replayed.divergence->leaf;
            divergence["what"] = replayed.divergence->what;
            divergence["place"] = site_place(*replayed.image, replayed.divergence->site);
            out["divergence"] = std::move(divergence);
        }
        return out;
    }

    Core& core_;
    RunHeader header_;
    Replayer replayer_;
    std::uint64_t to_;
};

// Levels two and three of one run: what its records say together, and whether the machine makes
// them again.
class RunCheck {
  public:
    RunCheck(RunHeader header, std::int64_t level, Core& core, const ApproverKeys& approvers,
             TableCheck& tables, RestCheck& rests, DerivedCheck& derived)
        : header_(std::move(header)),
          approvers_(approvers),
          tables_(tables),
          rests_(rests),
          derived_(derived),
          protocol_(header_.row.id),
          decisions_(origin_of(core.store()), header_.row.id,
                     [this, &core](std::uint64_t size) -> std::optional<Hash> {
                         auto root = core.store().root(size);
                         if (root) return *root;
                         if (has_failed(root.error())) failure_ = root.error();
                         return std::nullopt;
                     }) {
        if (level >= 3) replayer_.emplace(header_);
    }

    // True: there is more to read.
    Result<bool> advance(Core& core, std::vector<store::Finding>& findings) {
        std::size_t read = 0;
        auto done =
            read_records(core.store(), header_, head_, [&](ReadRecord& record) -> Result<bool> {
                protocol_.take(record.record, record.leaf);
                row_check_.take(record.record);
                derived_.take(header_, record);
                ended_ = record.record.kind == RecordKind::End;
                head_ = {record.record.seq + 1, leaf_hash(record.bytes), record.leaf};
                check_decision(record, findings);
                WEFT_TRY_VOID(check_others(core.store(), record, findings));
                if (failure_) return std::unexpected(*failure_);
                WEFT_TRY_VOID(execute(record, findings));
                return ++read < kRecordSlice;
            });
        if (done && read == kRecordSlice) return true;
        if (!done && has_failed(done.error())) return std::unexpected(done.error());
        for (auto& finding : protocol_.finish()) findings.push_back(std::move(finding));
        if (!done) {
            derived_.note_unreadable();
            findings.push_back(run_finding(header_.row.id, done.error().message));
            return false;
        }
        derived_.finish_run(header_, head_.next_seq);
        WEFT_TRY_VOID(compare_row(core, findings));
        if (!replayer_) return false;
        const auto replayed = replayer_->finish();
        report(replayed, findings);
        if (replayed.divergence) return false;
        tables_.finish_run(replayed);
        rests_.finish_run(replayed);
        return false;
    }

    // Whether the machine made all of its records again; it can't when they were erased.
    [[nodiscard]] bool is_executed() const { return replayer_.has_value(); }

  private:
    void check_decision(const ReadRecord& record, std::vector<store::Finding>& findings) {
        const bool here = record.payload_state == PayloadState::Here;
        auto decision = decisions_.take(record.record, record.leaf, head_.last_hash,
                                        here ? &record.payload : nullptr);
        if (!decision) return;
        auto problem = decision->problem;
        if (problem.empty() && !approvers_.in_use(decision->statement.key, record.leaf)) {
            problem = "the key of the decision was not in use";
        }
        if (problem.empty()) return;
        auto finding = run_finding(header_.row.id, std::move(problem));
        finding.seq = record.record.seq;
        finding.leaf = record.leaf;
        findings.push_back(std::move(finding));
    }

    // What a record says of a record of another run stands there.
    Result<void> check_others(store::Store& store, const ReadRecord& record,
                              std::vector<store::Finding>& findings) {
        const auto& at = record.record;
        const auto wrong = [&](std::string_view what) {
            auto finding = run_finding(header_.row.id, std::string(what));
            finding.seq = at.seq;
            finding.leaf = record.leaf;
            findings.push_back(std::move(finding));
        };
        if (at.kind == RecordKind::Begin) {
            const auto body = decode_body<BeginBody>(at.body);
            const bool has_origin =
                body && (body->origin == Origin::SubRun || body->origin == Origin::Fork);
            if (!has_origin) return {};
            const auto origin = store.read_run(body->origin_run, body->origin_seq, 1);
            if (!origin && has_failed(origin.error())) return std::unexpected(origin.error());
            const bool is_there = origin && !origin->empty() &&
                                  leaf_hash(origin->front().record) == body->origin_leaf;
            if (!is_there) wrong("the record of another run that it began with is not there");
        } else if (at.kind == RecordKind::SubStart) {
            if (const auto body = decode_body<SubStartBody>(at.body)) subs_[at.seq] = body->child;
        } else if (at.kind == RecordKind::SubEnded) {
            const auto body = decode_body<SubEndedBody>(at.body);
            const auto sub = body ? subs_.find(body->call) : subs_.end();
            if (sub == subs_.end()) return {};
            const auto head = store.head(sub->second);
            if (!head && has_failed(head.error())) return std::unexpected(head.error());
            if (!head || head->last_hash != body->child_leaf) {
                wrong("the run that it began ended otherwise than it was told");
            }
        }
        return {};
    }

    Result<void> execute(ReadRecord& record, std::vector<store::Finding>& findings) {
        if (!replayer_) return {};
        tables_.before(record, replayer_->so_far());
        auto same = replayer_->take(record);
        if (same && *same) {
            tables_.after(record, *replayer_);
            return {};
        }
        if (!same && has_failed(same.error())) return std::unexpected(same.error());
        tables_.note_unreadable();
        if (same) {
            report(replayer_->so_far(), findings);
        } else if (same.error().kind != ErrorKind::Refused) {
            // Refused is what was erased on purpose: no damage; level one checked its hashes.
            findings.push_back(run_finding(header_.row.id, same.error().message));
        }
        replayer_.reset();
        return {};
    }

    // The row as it is now: the run may have ended since the check began.
    Result<void> compare_row(Core& core, std::vector<store::Finding>& findings) const {
        if (core.live(header_.row.id) != nullptr) return {};
        WEFT_TRY(row, core.store().run(header_.row.id));
        if (!row) return {};
        bool says_ended = vm::is_ended(static_cast<vm::RunStatus>(row->status));
        if (ended_ != says_ended) {
            findings.push_back(run_finding(
                header_.row.id, ended_ ? "its row says that it goes on, its log has ended"
                                       : "its row says that it ended, its log goes on"));
            return {};
        }
        for (auto& what : row_check_.compare(*row)) {
            findings.push_back(run_finding(header_.row.id, std::move(what)));
        }
        return {};
    }

    void report(const Replayed& replayed, std::vector<store::Finding>& findings) const {
        if (!replayed.divergence) return;
        auto finding = run_finding(header_.row.id, "replay diverges: " + replayed.divergence->what);
        finding.seq = replayed.divergence->seq;
        finding.leaf = replayed.divergence->leaf;
        findings.push_back(std::move(finding));
    }

    RunHeader header_;
    const ApproverKeys& approvers_;
    TableCheck& tables_;
    RestCheck& rests_;
    DerivedCheck& derived_;
    ProtocolCheck protocol_;
    RowCheck row_check_;
    DecisionCheck decisions_;
    std::optional<Replayer> replayer_;
    std::map<std::uint64_t, store::RunId> subs_;  // by the record that began them
    store::RunHead head_;
    std::optional<Error> failure_;
    bool ended_ = false;
};

// Level one over the whole store, then run by run.
class VerifyJob final : public Job {
  public:
    VerifyJob(Core& core, std::int64_t level, std::string witness)
        : core_(core),
          level_(level),
          witness_(std::move(witness)),
          tables_(core.store()),
          rests_(core.store()),
          derived_(core.store(), level >= 3) {
        store::VerifyOptions options;
        options.program_hash = [](std::string_view ir) { return sha256(ir); };
        options.image_hash = [](std::uint32_t, std::string_view code) { return image_hash(code); };
        // Nobody waits for an engine that does nothing else.
        options.whole_structure = core.brief();
        verification_ = core.store().begin_verify(std::move(options));
    }

    Result<std::optional<std::string>> advance() override {
        if (verification_) {
            WEFT_TRY(more, verification_->advance());
            if (!more) WEFT_TRY_VOID(begin_runs());
        } else if (check_) {
            WEFT_TRY(more, check_->advance(core_, report_.findings));
            if (more) return std::nullopt;
            if (check_->is_executed()) ++executed_;
            check_.reset();
        } else if (next_ < rows_.size()) {
            WEFT_TRY_VOID(begin_run(rows_[next_++].id));
        } else {
            WEFT_TRY_VOID(compare_tables());
            return json_line(answer());
        }
        return std::nullopt;
    }

  private:
    Result<void> begin_runs() {
        report_ = verification_->take_report();
        verification_.reset();
        const auto key = store::parse_verifier_key(core_.store().verifier_key());
        // The beginning of a note whose writer died says nothing.
        witness_.resize(store::whole_notes(witness_, key->origin + "\n"));
        WEFT_TRY(witnessed, check_witness(core_.store(), *key, witness_, report_.findings));
        witnessed_ = witnessed;
        if (level_ < 2) return {};
        auto approvers = read_approver_keys(core_.store());
        if (approvers) {
            approvers_ = std::move(*approvers);
        } else {
            report_.findings.push_back(run_finding(store::RunId{}, approvers.error().message));
        }
        store::RunFilter filter;
        filter.limit = 1'000'000'000;
        WEFT_TRY(rows, core_.store().runs(filter));
        rows_ = std::move(rows);
        return find_programs();
    }

    // The image of a run is read with it; its program is what an export and a view need.
    Result<void> find_programs() {
        std::set<Hash> seen;
        for (const auto& row : rows_) {
            if (!seen.insert(row.image).second) continue;
            WEFT_TRY(image, core_.store().image(row.image));
            if (!image) continue;
            WEFT_TRY(program, core_.store().program(image->program));
            if (program) continue;
            store::Finding finding;
            finding.table = "program";
            finding.row = to_hex(view(image->program));
            finding.what = "it is missing, and a run belongs to it";
            report_.findings.push_back(std::move(finding));
        }
        return {};
    }

    Result<void> begin_run(const store::RunId& run) {
        auto header = read_run_header(core_.store(), run);
        if (!header && has_failed(header.error())) return std::unexpected(header.error());
        if (header) {
            check_ = std::make_unique<RunCheck>(std::move(*header), level_, core_, approvers_,
                                                tables_, rests_, derived_);
        } else {
            tables_.note_unreadable();
            derived_.note_unreadable();
            report_.findings.push_back(run_finding(run, header.error().message));
        }
        return {};
    }

    Result<void> compare_tables() {
        if (level_ < 2) return {};
        const auto add = [this](std::vector<store::Finding> found) {
            for (auto& finding : found) report_.findings.push_back(std::move(finding));
        };
        WEFT_TRY(derived, derived_.finish());
        add(std::move(derived));
        if (level_ < 3) return {};
        WEFT_TRY(found, tables_.finish());
        add(std::move(found));
        WEFT_TRY(rests, rests_.finish());
        add(std::move(rests));
        return {};
    }

    [[nodiscard]] Json answer() const {
        Json list = Json::array();
        for (const auto& finding : report_.findings) list.push_back(finding_json(finding));
        Json out;
        out["ok"] = report_.findings.empty();
        out["level"] = level_;
        out["records"] = report_.records;
        out["payloads"] = report_.payloads;
        out["erased"] = report_.erased;
        out["checkpoints"] = report_.checkpoints;
        out["root"] = to_hex(view(report_.root));
        out["witnessed"] = witnessed_;
        out["witness_bytes"] = witness_.size();
        out["runs"] = rows_.size();
        out["executed"] = executed_;
        out["findings"] = std::move(list);
        return out;
    }

    Core& core_;
    std::int64_t level_;
    std::string witness_;
    std::size_t witnessed_ = 0;
    std::unique_ptr<store::Verification> verification_;
    store::VerifyReport report_;
    std::vector<store::RunRow> rows_;
    std::size_t next_ = 0;
    std::size_t executed_ = 0;
    ApproverKeys approvers_;
    TableCheck tables_;
    RestCheck rests_;
    DerivedCheck derived_;
    std::unique_ptr<RunCheck> check_;  // in place: its replayer refers to its header
};

}  // namespace

Result<std::unique_ptr<Job>> begin_replay(const RequestContext& request) {
    WEFT_TRY(id, request.run());
    WEFT_TRY(header, read_run_header(request.core.store(), id));
    const auto to = request.number("to", INT64_MAX);
    if (to < 0) return fail(ErrorKind::Usage, "a record's number is not negative");
    return std::make_unique<ReplayJob>(request.core, std::move(header),
                                       static_cast<std::uint64_t>(to));
}

Result<std::unique_ptr<Job>> begin_verify(const RequestContext& request) {
    std::int64_t level = std::clamp<std::int64_t>(request.number("level", 3), 1, 3);
    return std::make_unique<VerifyJob>(request.core, level, request.text("witness"));
}

}  // namespace weft::engine
