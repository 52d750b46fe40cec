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

// Levels two and three of one run.
void verify_run(Core& core, const store::RunId& run, std::int64_t level,
                std::vector<store::Finding>& findings) {
    auto header = read_run_header(core.store(), run);
    if (!header) {
        findings.push_back(run_finding(run, header.error().message));
        return;
    }
    ProtocolCheck protocol(run);
    bool ended = false;
    auto read = read_records(core.store(), *header, 0, [&](ReadRecord& record) -> Result<bool> {
        protocol.take(record.record, record.leaf);
        ended = record.record.kind == RecordKind::End;
        return true;
    });
    for (auto& finding : protocol.finish()) findings.push_back(std::move(finding));
    if (!read) {
        findings.push_back(run_finding(run, read.error().message));
        return;
    }
    bool says_ended = vm::is_ended(static_cast<vm::RunStatus>(header->row.status));
    if (ended != says_ended && core.live(run) == nullptr) {
        findings.push_back(run_finding(run, ended
                                                ? "its row says that it goes on, its log has ended"
                                                : "its row says that it ended, its log goes on"));
    }
    if (level < 3) return;
    auto replayed = replay(core.store(), *header);
    if (!replayed) {
        // Erased on purpose is no damage; the hashes were checked at level one.
        if (replayed.error().kind == ErrorKind::Refused) return;
        findings.push_back(run_finding(run, replayed.error().message));
    } else if (replayed->divergence) {
        auto finding = run_finding(run, "replay diverges: " + replayed->divergence->what);
        finding.seq = replayed->divergence->seq;
        finding.leaf = replayed->divergence->leaf;
        findings.push_back(std::move(finding));
    }
}

}  // namespace

Result<Json> answer_replay(const RequestContext& request) {
    WEFT_TRY(id, request.run());
    WEFT_TRY(header, read_run_header(request.core.store(), id));
    WEFT_TRY(replayed, replay(request.core.store(), header));
    Json out;
    out["run"] = to_hex(view(id));
    out["records"] = replayed.records;
    out["identical"] = !replayed.divergence.has_value();
    if (replayed.divergence) {
        Json divergence;
        divergence["seq"] = replayed.divergence->seq;
        divergence["leaf"] = replayed.divergence->leaf;
        divergence["what"] = replayed.divergence->what;
        divergence["place"] = site_place(*header.image, replayed.divergence->site);
        out["divergence"] = std::move(divergence);
    }
    return out;
}

Result<Json> answer_verify(const RequestContext& request) {
    std::int64_t level = std::clamp<std::int64_t>(request.number("level", 3), 1, 3);
    Core& core = request.core;
    store::VerifyOptions options;
    options.program_hash = [](std::string_view ir) { return sha256(ir); };
    options.image_hash = [](std::uint32_t, std::string_view code) { return image_hash(code); };
    WEFT_TRY(report, core.store().verify(options));
    auto findings = std::move(report.findings);
    std::size_t runs = 0;
    if (level >= 2) {
        store::RunFilter filter;
        filter.limit = 1'000'000'000;
        WEFT_TRY(rows, core.store().runs(filter));
        runs = rows.size();
        for (const auto& row : rows) verify_run(core, row.id, level, findings);
    }
    Json list = Json::array();
    for (const auto& finding : findings) list.push_back(finding_json(finding));
    Json out;
    out["ok"] = findings.empty();
    out["level"] = level;
    out["records"] = report.records;
    out["payloads"] = report.payloads;
    out["erased"] = report.erased;
    out["checkpoints"] = report.checkpoints;
    out["root"] = to_hex(view(report.root));
    out["runs"] = runs;
    out["findings"] = std::move(list);
    return out;
}

}  // namespace weft::engine
