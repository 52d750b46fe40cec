// What the handlers of requests share: typed access to parameters and naming of runs and tasks.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"
#include "engine/core.h"
#include "engine/history_cursors.h"
#include "engine/job.h"
#include "engine/status.h"
#include "engine/uploads.h"

namespace weft::engine {

using Json = nlohmann::ordered_json;

struct RequestContext {
    Core& core;
    const Json& params;
    std::string actor;
    Uploads& uploads;
    HistoryCursors& cursors;

    [[nodiscard]] std::string text(const char* name, const std::string& otherwise = "") const;
    [[nodiscard]] std::int64_t number(const char* name, std::int64_t otherwise) const;
    [[nodiscard]] bool flag(const char* name) const;
    // The run that `params.run` names, by its id or a prefix only it has.
    [[nodiscard]] Result<store::RunId> run() const;
    // A fact of this request, under its id (`params.request`).
    [[nodiscard]] Incoming incoming(InboxKind kind, vm::Fact fact) const;
    // What became of this very request, if it was taken before.
    [[nodiscard]] Result<std::optional<Taken>> taken_before(InboxKind kind) const;
};

// Refused when what was taken under the request's id is something else than what it asks for.
Result<void> check_same(const RequestContext& request, InboxKind kind, const Taken& taken);

struct TaskId {
    store::RunId run{};
    std::uint64_t seq = 0;
};
Result<TaskId> parse_task(Core& core, const std::string& text);
std::string task_text(const store::RunId& run, std::uint64_t seq);
Result<store::RunId> find_run(Core& core, const std::string& prefix);

// The program that `params` hold: image, ir and source.
Result<RunnableProgram> program_of(const RequestContext& request);

// An answer's text; bytes that are no UTF-8 are replaced.
std::string json_line(const Json& json);

// A value as JSON without its type: records are arrays of their fields.
Json untyped_json(const Value& value);

struct HistoryEntry;
// One entry of an answer to `log`.
Json entry_json(const HistoryEntry& entry, bool payloads);

// "0.25" for 250,000 millionths.
std::string money_text(std::int64_t micros);

// Handlers, by file: starts and ends (requests_start.cpp), runs (requests_runs.cpp), how they stand
// (requests_status.cpp), operators (requests_operators.cpp), people (requests_people.cpp), senders
// (requests_signals.cpp), looking (requests_views.cpp), auditing (requests_audit.cpp), schedules
// and what changed (requests_schedules.cpp), proving (requests_evidence.cpp), erasing
// (requests_erase.cpp), another program (requests_programs.cpp).
Result<Json> answer_upload(const RequestContext& request);
Result<Json> answer_status(const RequestContext& request);
Result<Json> answer_why(const RequestContext& request);
Result<Json> answer_runs(const RequestContext& request);
Result<Json> answer_resume(const RequestContext& request);
Result<Json> answer_cancel(const RequestContext& request);
Result<Json> answer_kill(const RequestContext& request);
Result<Json> answer_hold(const RequestContext& request);
Result<Json> answer_release(const RequestContext& request);
Result<Json> answer_settle(const RequestContext& request);
Result<Json> answer_accept_clock(const RequestContext& request);
Result<Json> answer_signal(const RequestContext& request);
Result<Json> answer_file(const RequestContext& request);
Result<Json> answer_reviews(const RequestContext& request);
Result<Json> answer_review(const RequestContext& request);
Result<Json> answer_decide(const RequestContext& request);
Result<Json> answer_revoke_key(const RequestContext& request);
Result<Json> answer_log(const RequestContext& request);
Result<Json> answer_timeline(const RequestContext& request);
Result<Json> answer_cost(const RequestContext& request);
Result<Json> answer_schedules(const RequestContext& request);
Result<Json> answer_checkpoint(const RequestContext& request);
Result<Json> answer_proof(const RequestContext& request);
Result<Json> answer_legal_hold(const RequestContext& request);
Result<Json> answer_receipt(const RequestContext& request);
Result<std::unique_ptr<Job>> begin_export(const RequestContext& request);
Result<std::unique_ptr<Job>> begin_keys(const RequestContext& request);
Result<std::unique_ptr<Job>> begin_erase(const RequestContext& request);
Result<Json> answer_migrate(const RequestContext& request);
Result<Json> answer_follow(const RequestContext& request);
Result<Json> answer_fork(const RequestContext& request);
Result<std::unique_ptr<Job>> begin_start(const RequestContext& request);
Result<std::unique_ptr<Job>> begin_wait(const RequestContext& request);
Result<std::unique_ptr<Job>> begin_changes(const RequestContext& request);
Result<std::unique_ptr<Job>> begin_replay(const RequestContext& request);
Result<std::unique_ptr<Job>> begin_trace(const RequestContext& request);
Result<std::unique_ptr<Job>> begin_verify(const RequestContext& request);

}  // namespace weft::engine
