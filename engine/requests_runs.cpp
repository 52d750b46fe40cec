// Requests that begin, drive and end runs.
#include <fmt/format.h>

#include <algorithm>

#include "engine/error_fields.h"
#include "engine/exact_numbers.h"
#include "engine/public_values.h"
#include "engine/replay.h"
#include "engine/request_context.h"
#include "engine/requests.h"
#include "engine/run_end.h"
#include "engine/secret_view.h"
#include "engine/sites.h"
#include "value/base64.h"

namespace weft::engine {
namespace {

// A machine of the run, live or replayed just to look at it.
struct Looked {
    std::optional<Replayed> replayed;
    std::optional<PublicValues> values;  // of a replay
    const LiveRun* run = nullptr;
    std::shared_ptr<const Image> image;
    const WorkflowRow* workflow = nullptr;  // in the image
    store::RunRow row;
    bool is_erased = false;  // its data is; what its row and its records say has stayed

    // Null when not even the begin record could be read.
    [[nodiscard]] const vm::Machine* machine() const {
        if (run != nullptr) return &run->machine();
        return replayed && replayed->machine ? &*replayed->machine : nullptr;
    }
};

// The run as it was once the record was there, and what the machine made of it.
Result<Looked> look_at(Core& core, const store::RunId& id, std::uint64_t seq) {
    Looked out;
    WEFT_TRY(header, read_run_header(core.store(), id));
    Replayer replayer(header);
    out.values.emplace(header.first_image);
    WEFT_TRY_VOID(read_records(core.store(), header, {}, [&](ReadRecord& record) -> Result<bool> {
        if (record.record.seq > seq) return false;
        WEFT_TRY(same, replayer.take(record));
        if (same) out.values->note(record, replayer.so_far().image);
        return same;
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

Json signal_names(const WorkflowRow& workflow, const WaitRow& row) {
    Json out = Json::array();
    for (auto signal : row.signals) {
        if (signal < workflow.signals.size()) out.push_back(workflow.signals[signal].name);
    }
    return out;
}

// The runs that have some of the keys.
Json lock_holders(Core& core, const std::vector<std::string>& keys) {
    Json out = Json::array();
    for (const auto& key : keys) {
        auto holder = core.locks().holder(key);
        if (!holder || *holder == store::RunId{}) continue;
        std::string run = to_hex(view(*holder));
        if (std::find(out.begin(), out.end(), run) == out.end()) out.push_back(run);
    }
    return out;
}

// Signals that no wait has taken, oldest first.
Json unread_json(const Looked& looked) {
    Json out = Json::array();
    for (const auto& letter : looked.machine()->unread()) {
        const auto& signal = looked.workflow->signals[letter.signal];
        Json item;
        item["seq"] = letter.seq;
        item["signal"] = signal.name;
        item["value"] = shown_json(looked.image->types, signal.type, letter.value);
        out.push_back(std::move(item));
    }
    return out;
}

Json waits_json(Core& core, const Looked& looked) {
    Json waits = Json::array();
    for (const auto& want : looked.machine()->wants()) {
        Json wait;
        switch (want.kind) {
            case vm::WantKind::Decision: {
                const auto& review = looked.image->reviews[want.review];
                wait["kind"] = "review";
                wait["task"] = task_text(looked.row.id, want.task);
                wait["title"] = review.title;
                wait["roles"] = review.roles_of(want.line);
                wait["due"] = want.due_ms;
                wait["needed"] = review.approvals_needed;
                wait["approved_by"] = want.approved_by;
                break;
            }
            case vm::WantKind::Signal: {
                const auto& row = looked.image->waits[want.wait];
                wait["kind"] = "signal";
                wait["step"] = row.path;
                wait["signals"] = signal_names(*looked.workflow, row);
                wait["due"] = want.due_ms;
                break;
            }
            case vm::WantKind::Lock:
                wait["kind"] = "lock";
                wait["keys"] = want.keys;
                wait["due"] = want.due_ms;
                wait["holders"] = lock_holders(core, want.keys);
                break;
            case vm::WantKind::Timer:
                wait["kind"] = "timer";
                wait["due"] = want.due_ms;
                break;
            case vm::WantKind::Release:
                wait["kind"] = "release";
                wait["reason"] = want.reason;
                for (const auto& undo : looked.machine()->stuck_undos()) {
                    wait["stuck"].push_back(site_path(*looked.image, undo.site));
                }
                break;
            case vm::WantKind::Settle:
                wait["kind"] = "settle";
                wait["reason"] = want.reason;
                wait["step"] = looked.image->steps[want.step].path;
                break;
            case vm::WantKind::Sub:
            case vm::WantKind::CancelSub: {
                const auto& sub = looked.image->subs[want.step];
                wait["kind"] = "run";
                wait["run"] = to_hex(view(want.key));
                wait["workflow"] = looked.image->workflows[sub.workflow].name;
                wait["step"] = sub.path;
                break;
            }
            case vm::WantKind::Attempt: {
                auto behind = core.pacer().waits_for(looked.row.id, want.call);
                if (!behind) continue;
                wait["kind"] = *behind;
                wait["step"] = looked.image->steps[want.step].path;
                wait["worker"] = looked.image->workers[want.worker].name;
                break;
            }
            case vm::WantKind::Outcome:
            case vm::WantKind::Cancel:
                continue;
        }
        waits.push_back(std::move(wait));
    }
    return waits;
}

Json values_json(const Looked& looked) {
    Json out = Json::array();
    for (const auto& named : looked.machine()->named_values()) {
        Json item;
        item["branch"] = named.branch;
        item["in"] = named.function;
        item["name"] = named.name;
        item["value"] = untyped_json(looked.values->shown(named.value));
        out.push_back(std::move(item));
    }
    return out;
}

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

Result<Json> erased_status(Core& core, const Looked& looked) {
    WEFT_TRY(head, core.store().head(looked.row.id));
    Json out;
    out["run"] = to_hex(view(looked.row.id));
    // Which of several it was stood in the data.
    if (looked.image->workflows.size() == 1) out["workflow"] = looked.workflow->name;
    out["status"] = status_name(static_cast<vm::RunStatus>(looked.row.status));
    out["records"] = head.next_seq;
    out["begun"] = looked.row.begun_ms;
    if (looked.row.ended_ms) out["ended"] = *looked.row.ended_ms;
    out["waits"] = Json::array();
    out["live"] = false;
    out["erased"] = true;
    return out;
}

}  // namespace

Result<Json> answer_status(const RequestContext& request) {
    WEFT_TRY(id, request.run());
    // What names hold is told of a run that was executed again.
    const auto at = request.number("at", request.flag("values") ? INT64_MAX : -1);
    WEFT_TRY(looked, at < 0 ? look(request.core, id)
                            : look_at(request.core, id, static_cast<std::uint64_t>(at)));
    if (looked.is_erased) return erased_status(request.core, looked);
    if (looked.machine() == nullptr) {
        return fail(ErrorKind::Corrupt, "the run's begin record cannot be read");
    }
    const auto& machine = *looked.machine();
    Json out;
    out["run"] = to_hex(view(id));
    out["workflow"] = looked.workflow->name;
    out["status"] = status_name(machine.status());
    out["records"] = machine.next_seq();
    out["begun"] = looked.row.begun_ms;
    if (looked.row.ended_ms) out["ended"] = *looked.row.ended_ms;
    put_end(*looked.image, *looked.workflow, machine, out);
    out["spent"] = money_text(machine.spent_micros());
    out["past_no_return"] = machine.past_no_return();
    out["waits"] = waits_json(request.core, looked);
    if (auto unread = unread_json(looked); !unread.empty()) out["unread"] = std::move(unread);
    out["live"] = looked.run != nullptr || (!looked.row.ended_ms && request.core.drives(id));
    if (looked.values && request.flag("values")) out["values"] = values_json(looked);
    if (looked.replayed && looked.replayed->divergence) {
        out["divergence"] = looked.replayed->divergence->what;
    }
    return out;
}

Result<Json> answer_runs(const RequestContext& request) {
    store::RunFilter filter;
    filter.limit = static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(request.number("limit", 100), 1, 100'000));
    WEFT_TRY(rows, request.core.store().runs(filter));
    std::string wanted = request.text("status");
    Json list = Json::array();
    for (const auto& row : rows) {
        LiveRun* live = request.core.live(row.id);
        auto status =
            live != nullptr ? live->machine().status() : static_cast<vm::RunStatus>(row.status);
        if (!wanted.empty() && status_name(status) != wanted) continue;
        WEFT_TRY(header, read_run_header(request.core.store(), row.id, &request.core.images()));
        Json item;
        item["run"] = to_hex(view(row.id));
        item["workflow"] = header.workflow_row().name;
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
