// Requests of auditors: replay of one run, verification of the whole store at three levels.
#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "engine/protocol_check.h"
#include "engine/replay.h"
#include "engine/request_context.h"

namespace weft::engine {
namespace {

std::string site_place(const Image& image, std::uint32_t site) {
    if (site >= image.sites.size()) return "";
    const auto& row = image.sites[site];
    const auto& function = image.functions[row.function];
    if (row.pc >= function.places.size()) return "";
    const auto& place = function.places[row.pc];
    if (place.file >= image.files.size()) return "";
    return fmt::format("{}:{}", image.files[place.file], place.line);
}

Json finding_json(const store::Finding& finding) {
    Json out;
    out["table"] = finding.table;
    out["row"] = finding.row;
    if (finding.leaf) out["leaf"] = *finding.leaf;
    if (finding.run) out["run"] = to_hex(view(*finding.run));
    if (finding.seq) out["seq"] = *finding.seq;
    out["what"] = finding.what;
    return out;
}

store::Finding run_finding(const store::RunId& run, std::string what) {
    store::Finding finding;
    finding.table = "run";
    finding.row = to_hex(view(run));
    finding.run = run;
    finding.what = std::move(what);
    return finding;
}

constexpr std::size_t kSlice = 1000;  // records a job reads at once

// The replay of one run.
class ReplayJob final : public Job {
  public:
    ReplayJob(Core& core, RunHeader header)
        : core_(core), header_(std::move(header)), replayer_(header_) {}

    Result<std::optional<std::string>> advance() override {
        std::size_t read = 0;
        bool more = false;
        WEFT_TRY_VOID(read_records(core_.store(), header_, replayer_.so_far().head,
                                   [&](ReadRecord& record) -> Result<bool> {
                                       WEFT_TRY(same, replayer_.take(record));
                                       more = same && ++read == kSlice;
                                       return same && !more;
                                   }));
        if (more) return std::nullopt;
        return json_line(answer(replayer_.finish()));
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
            divergence["place"] = site_place(*header_.image, replayed.divergence->site);
            out["divergence"] = std::move(divergence);
        }
        return out;
    }

    Core& core_;
    RunHeader header_;
    Replayer replayer_;
};

// Levels two and three of one run: what its records say together, and whether the machine makes
// them again.
class RunCheck {
  public:
    RunCheck(RunHeader header, std::int64_t level)
        : header_(std::move(header)), protocol_(header_.row.id) {
        if (level >= 3) replayer_.emplace(header_);
    }

    // True: there is more to read.
    bool advance(Core& core, std::vector<store::Finding>& findings) {
        std::size_t read = 0;
        auto done =
            read_records(core.store(), header_, head_, [&](ReadRecord& record) -> Result<bool> {
                protocol_.take(record.record, record.leaf);
                ended_ = record.record.kind == RecordKind::End;
                head_ = {record.record.seq + 1, leaf_hash(record.bytes), record.leaf};
                execute(record, findings);
                return ++read < kSlice;
            });
        if (done && read == kSlice) return true;
        for (auto& finding : protocol_.finish()) findings.push_back(std::move(finding));
        if (!done) {
            findings.push_back(run_finding(header_.row.id, done.error().message));
            return false;
        }
        compare_row(core, findings);
        if (replayer_) report(replayer_->finish(), findings);
        return false;
    }

  private:
    void execute(ReadRecord& record, std::vector<store::Finding>& findings) {
        if (!replayer_) return;
        auto same = replayer_->take(record);
        if (same && *same) return;
        if (same) {
            report(replayer_->so_far(), findings);
        } else if (same.error().kind != ErrorKind::Refused) {
            // Refused is what was erased on purpose: no damage; level one checked its hashes.
            findings.push_back(run_finding(header_.row.id, same.error().message));
        }
        replayer_.reset();
    }

    // The row as it is now: the run may have ended since the check began.
    void compare_row(Core& core, std::vector<store::Finding>& findings) const {
        if (core.live(header_.row.id) != nullptr) return;
        auto row = core.store().run(header_.row.id);
        if (!row || !*row) return;
        bool says_ended = vm::is_ended(static_cast<vm::RunStatus>((*row)->status));
        if (ended_ == says_ended) return;
        findings.push_back(
            run_finding(header_.row.id, ended_ ? "its row says that it goes on, its log has ended"
                                               : "its row says that it ended, its log goes on"));
    }

    void report(const Replayed& replayed, std::vector<store::Finding>& findings) const {
        if (!replayed.divergence) return;
        auto finding = run_finding(header_.row.id, "replay diverges: " + replayed.divergence->what);
        finding.seq = replayed.divergence->seq;
        finding.leaf = replayed.divergence->leaf;
        findings.push_back(std::move(finding));
    }

    RunHeader header_;
    ProtocolCheck protocol_;
    std::optional<Replayer> replayer_;
    store::RunHead head_;
    bool ended_ = false;
};

// Level one at once, then run by run.
class VerifyJob final : public Job {
  public:
    VerifyJob(Core& core, std::int64_t level, std::function<void()> busy)
        : core_(core), level_(level), busy_(std::move(busy)) {}

    Result<std::optional<std::string>> advance() override {
        if (!report_) {
            WEFT_TRY_VOID(begin());
        } else if (check_) {
            if (!check_->advance(core_, report_->findings)) check_.reset();
        } else if (next_ < rows_.size()) {
            begin_run(rows_[next_++].id);
        } else {
            return json_line(answer());
        }
        return std::nullopt;
    }

  private:
    Result<void> begin() {
        store::VerifyOptions options;
        options.program_hash = [](std::string_view ir) { return sha256(ir); };
        options.image_hash = [](std::uint32_t, std::string_view code) { return image_hash(code); };
        options.busy = busy_;
        WEFT_TRY(report, core_.store().verify(options));
        report_ = std::move(report);
        if (level_ < 2) return {};
        store::RunFilter filter;
        filter.limit = 1'000'000'000;
        WEFT_TRY(rows, core_.store().runs(filter));
        rows_ = std::move(rows);
        return {};
    }

    void begin_run(const store::RunId& run) {
        auto header = read_run_header(core_.store(), run);
        if (header) {
            check_ = std::make_unique<RunCheck>(std::move(*header), level_);
        } else {
            report_->findings.push_back(run_finding(run, header.error().message));
        }
    }

    [[nodiscard]] Json answer() const {
        Json list = Json::array();
        for (const auto& finding : report_->findings) list.push_back(finding_json(finding));
        Json out;
        out["ok"] = report_->findings.empty();
        out["level"] = level_;
        out["records"] = report_->records;
        out["payloads"] = report_->payloads;
        out["erased"] = report_->erased;
        out["checkpoints"] = report_->checkpoints;
        out["root"] = to_hex(view(report_->root));
        out["runs"] = rows_.size();
        out["findings"] = std::move(list);
        return out;
    }

    Core& core_;
    std::int64_t level_;
    std::function<void()> busy_;
    std::optional<store::VerifyReport> report_;
    std::vector<store::RunRow> rows_;
    std::size_t next_ = 0;
    std::unique_ptr<RunCheck> check_;  // in place: its replayer refers to its header
};

}  // namespace

Result<std::unique_ptr<Job>> begin_replay(const RequestContext& request) {
    WEFT_TRY(id, request.run());
    WEFT_TRY(header, read_run_header(request.core.store(), id));
    return std::make_unique<ReplayJob>(request.core, std::move(header));
}

Result<std::unique_ptr<Job>> begin_verify(const RequestContext& request) {
    std::int64_t level = std::clamp<std::int64_t>(request.number("level", 3), 1, 3);
    return std::make_unique<VerifyJob>(request.core, level, request.busy);
}

}  // namespace weft::engine
