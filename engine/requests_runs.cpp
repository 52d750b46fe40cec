// Requests that begin, drive and end runs.
#include <fmt/format.h>

#include <algorithm>

#include "engine/exact_numbers.h"
#include "engine/request_context.h"
#include "engine/requests.h"
#include "value/base64.h"

namespace weft::engine {
namespace {

constexpr std::int64_t kRunsMax = 100'000;  // in one answer, and looked at for one

}  // namespace

Result<Json> answer_upload(const RequestContext& request) {
    std::string id = request.text("id");
    if (id.empty()) return fail(ErrorKind::Usage, "an upload needs an id");
    auto bytes = from_base64(request.text("data"));
    if (!bytes) return fail(ErrorKind::Usage, fmt::format("upload {}: data is not base64", id));
    constexpr std::size_t kUploadsMax = 4ULL << 30U;
    auto& file = request.uploads[id];
    if (file.bytes.size() + bytes->size() > kUploadsMax) {
        return fail(ErrorKind::Usage, "a file may have 4 GiB at most");
    }
    file.bytes += *bytes;
    file.name = request.text("name", "file");
    return Json::object();
}

namespace {

// The runs that may have the status: rows are exact of those that have ended, and of the others
// their machines are.
Result<store::RunFilter> filter_of(const std::string& wanted) {
    store::RunFilter filter;
    filter.limit = kRunsMax;
    if (wanted.empty()) return filter;
    for (auto status = vm::RunStatus::Running; status <= vm::RunStatus::Killed;
         status = static_cast<vm::RunStatus>(static_cast<int>(status) + 1)) {
        if (status_name(status) != wanted) continue;
        filter.ended = vm::is_ended(status);
        if (*filter.ended) filter.statuses = {static_cast<std::int32_t>(status)};
        return filter;
    }
    return fail(ErrorKind::Usage, fmt::format("`{}` is no status of a run", wanted),
                "running, waiting, held, stuck, completed, failed, compensated, cancelled, killed");
}

}  // namespace

Result<Json> answer_runs(const RequestContext& request) {
    const std::string wanted = request.text("status");
    const std::string workflow = request.text("workflow");
    const auto limit = static_cast<std::size_t>(
        std::clamp<std::int64_t>(request.number("limit", 100), 1, kRunsMax));
    WEFT_TRY(filter, filter_of(wanted));
    if (wanted.empty() && workflow.empty()) filter.limit = static_cast<std::uint32_t>(limit);
    WEFT_TRY(rows, request.core.store().runs(filter));
    Json list = Json::array();
    for (const auto& row : rows) {
        if (list.size() == limit) break;
        LiveRun* live = request.core.live(row.id);
        auto status =
            live != nullptr ? live->machine().status() : static_cast<vm::RunStatus>(row.status);
        if (!wanted.empty() && status_name(status) != wanted) continue;
        WEFT_TRY(header, read_run_header(request.core.store(), row.id, &request.core.images()));
        const auto name = header.known_workflow();
        if (!workflow.empty() && name != workflow) continue;
        Json item;
        item["run"] = to_hex(view(row.id));
        if (!name.empty()) item["workflow"] = name;
        if (!header.key) item["erased"] = true;
        item["status"] = status_name(status);
        if (row.parent) item["parent"] = to_hex(view(*row.parent));
        item["begun"] = row.begun_ms;
        if (row.ended_ms) item["ended"] = *row.ended_ms;
        list.push_back(std::move(item));
    }
    Json out;
    out["runs"] = std::move(list);
    return out;
}

namespace {

Json failed_json(const store::RunId& run, const Error& error) {
    Json out;
    out["run"] = to_hex(view(run));
    out["kind"] = error_kind_name(error.kind);
    out["message"] = error.message;
    return out;
}

// What waits in the store is driven from now on, and read when its time has come.
Result<Json> resume_active(const RequestContext& request) {
    WEFT_TRY(taken, request.core.take_up_active());
    Json runs = Json::array();
    Json failed = Json::array();
    for (const auto& id : taken.runs) runs.push_back(to_hex(view(id)));
    for (const auto& [id, error] : taken.failed) failed.push_back(failed_json(id, error));
    if (failed.empty()) WEFT_TRY_VOID(request.core.sweep_notes());
    Json out;
    out["runs"] = std::move(runs);
    out["failed"] = std::move(failed);
    out["parked"] = taken.parked;
    return out;
}

}  // namespace

Result<Json> answer_resume(const RequestContext& request) {
    if (request.flag("active")) return resume_active(request);
    std::vector<store::RunId> ids;
    if (request.params.contains("run")) {
        WEFT_TRY(id, request.run());
        ids.push_back(id);
    } else {
        store::RunFilter filter;
        filter.ended = false;
        filter.limit = 1'000'000;
        WEFT_TRY(rows, request.core.store().runs(filter));
        for (auto row = rows.rbegin(); row != rows.rend(); ++row) ids.push_back(row->id);
    }
    Json taken = Json::array();
    Json failed = Json::array();
    for (const auto& id : ids) {
        auto up = request.core.take_up(id);
        if (!up) {
            failed.push_back(failed_json(id, up.error()));
            continue;
        }
        LiveRun* run = request.core.live(id);
        // An operator who resumes a held run by name lets it go on.
        bool named = request.params.contains("run");
        vm::ReleasedFact released{request.actor, request.text("reason")};
        if (named && run != nullptr && run->machine().accepts(released)) {
            WEFT_TRY_VOID(request.core.take(id, request.incoming(InboxKind::Release, released)));
        }
        taken.push_back(to_hex(view(id)));
    }
    if (failed.empty() && !request.params.contains("run")) {
        WEFT_TRY_VOID(request.core.sweep_notes());
    }
    Json out;
    out["runs"] = std::move(taken);
    out["failed"] = std::move(failed);
    return out;
}

Result<Json> answer_file(const RequestContext& request) {
    WEFT_TRY(id, request.run());
    WEFT_TRY(files, files_of_run(request.core.store(), id));
    auto bytes = files->read(request.text("id"));
    if (!bytes) return fail(ErrorKind::NotFound, bytes.error());
    constexpr std::size_t kPart = 512 * 1024;
    auto offset = static_cast<std::size_t>(std::max<std::int64_t>(0, request.number("offset", 0)));
    offset = std::min(offset, bytes->size());
    std::string part = bytes->substr(offset, kPart);
    Json out;
    out["last"] = offset + part.size() == bytes->size();
    out["data"] = to_base64(part);
    out["size"] = bytes->size();
    return out;
}

}  // namespace weft::engine
