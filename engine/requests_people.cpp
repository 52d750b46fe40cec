// Requests of reviewers: open tasks, one task, a decision.
#include <fmt/format.h>

#include <algorithm>

#include "engine/exact_numbers.h"
#include "engine/replay.h"
#include "engine/request_context.h"
#include "engine/signed_decision.h"
#include "engine/snapshots.h"
#include "value/base64.h"
#include "value/json_text.h"
#include "vm/boundary.h"

namespace weft::engine {
namespace {

// Open review tasks of one machine.
void list_tasks(const Image& image, const WorkflowRow& workflow, const vm::Machine& machine,
                const store::RunId& run, Json& tasks) {
    for (const auto& want : machine.wants()) {
        if (want.kind != vm::WantKind::Decision) continue;
        const auto& review = image.reviews[want.review];
        Json task;
        task["task"] = task_text(run, want.task);
        task["run"] = to_hex(view(run));
        task["workflow"] = workflow.name;
        task["gate"] = review.path;
        task["title"] = review.title;
        task["roles"] = review.roles_of(want.line);
        task["due"] = want.due_ms;
        task["needed"] = review.approvals_needed;
        task["approved_by"] = want.approved_by;
        if (!want.except.empty()) task["except"] = want.except;
        tasks.push_back(std::move(task));
    }
}

struct OpenTask {
    LiveRun* run = nullptr;
    vm::Want want;
};

// The run is taken up to answer: a decision needs its machine anyway.
Result<OpenTask> find_task(const RequestContext& request) {
    std::string text = request.text("task");
    WEFT_TRY(task, parse_task(request.core, text));
    WEFT_TRY_VOID(request.core.take_up(task.run));
    LiveRun* run = request.core.live(task.run);
    if (run == nullptr)
        return fail(ErrorKind::Refused, fmt::format("the run of task {} has ended", text));
    for (auto& want : run->machine().wants()) {
        if (want.kind == vm::WantKind::Decision && want.task == task.seq) {
            return OpenTask{run, std::move(want)};
        }
    }
    return fail(ErrorKind::Refused, fmt::format("task {} is not open", text),
                "`weft review list` shows the open ones; it may have been decided or have expired");
}

}  // namespace

Result<Json> answer_reviews(const RequestContext& request) {
    store::RunFilter filter;
    filter.ended = false;
    filter.limit = 1'000'000;
    WEFT_TRY(rows, request.core.store().runs(filter));
    Json tasks = Json::array();
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
        if (LiveRun* run = request.core.live(row->id)) {
            list_tasks(run->image(), run->workflow(), run->machine(), row->id, tasks);
            continue;
        }
        if (request.core.parking().asks_nobody(row->id)) continue;
        WEFT_TRY(header, read_run_header(request.core.store(), row->id, &request.core.images()));
        // A snapshot will do: nothing is proved here.
        auto resumed = resume(request.core.store(), header);
        if (!resumed || !resumed->replayed.machine || resumed->replayed.divergence) continue;
        const auto before = tasks.size();
        list_tasks(*header.image, header.workflow_row(), *resumed->replayed.machine, row->id,
                   tasks);
        request.core.parking().note_asks(row->id, tasks.size() > before);
    }
    Json out;
    out["tasks"] = std::move(tasks);
    return out;
}

Result<Json> answer_review(const RequestContext& request) {
    WEFT_TRY(open, find_task(request));
    const auto& image = open.run->image();
    const auto& review = image.reviews[open.want.review];
    Json tasks = Json::array();
    list_tasks(image, open.run->workflow(), open.run->machine(), open.run->id(), tasks);
    Json out;
    for (auto& task : tasks) {
        if (task["task"] == task_text(open.run->id(), open.want.task)) out = std::move(task);
    }
    Json values = Json::array();
    for (std::size_t i = 0; i < open.want.shown.size(); ++i) {
        Json value;
        value["name"] = review.names[i];
        value["type"] = image.types.text(review.types[i]);
        value["value"] =
            Json::parse(hide_numbers(to_json(image.types, review.types[i], open.want.shown[i])),
                        nullptr, false);
        value["schema"] = Json::parse(json_schema(image.types, review.types[i]), nullptr, false);
        values.push_back(std::move(value));
    }
    out["values"] = std::move(values);
    if (review.form.has_value()) {
        Json form;
        form["type"] = image.types.text(review.form);
        form["schema"] = Json::parse(json_schema(image.types, review.form), nullptr, false);
        out["form"] = std::move(form);
    }
    return out;
}

namespace {

// The edited values of a revision, in the order shown; a value not named stays as it was.
Result<std::vector<Value>> read_revision(const RequestContext& request, const OpenTask& open) {
    const auto& image = open.run->image();
    const auto& review = image.reviews[open.want.review];
    auto edited = request.params.find("values");
    if (edited == request.params.end() || !edited->is_object() || edited->empty()) {
        return fail(ErrorKind::Usage, "a revision needs the edited values",
                    "give at least one of them by name");
    }
    std::vector<Value> values = open.want.shown;
    for (const auto& [name, json] : edited->items()) {
        auto found = std::find(review.names.begin(), review.names.end(), name);
        if (found == review.names.end()) {
            return fail(ErrorKind::Usage, fmt::format("the task does not show `{}`", name));
        }
        auto at = static_cast<std::size_t>(found - review.names.begin());
        // A text holds the value's JSON as it was written, so that no number passes through a
        // double.
        auto value = vm::read_value(image, review.types[at],
                                    json.is_string() ? json.get<std::string>() : json.dump());
        if (!value) {
            return fail(ErrorKind::Usage,
                        fmt::format("`{}{}`: {}", name, value.error().path, value.error().message));
        }
        values[at] = std::move(*value);
    }
    return values;
}

Result<std::string> role_of(const RequestContext& request, const OpenTask& open) {
    const auto& roles = open.run->image().reviews[open.want.review].roles_of(open.want.line);
    std::string role = request.text("role");
    if (role.empty() && roles.size() == 1) role = roles.front();
    if (std::find(roles.begin(), roles.end(), role) != roles.end()) return role;
    return fail(
        ErrorKind::Refused,
        fmt::format("the task is for \"{}\", not for \"{}\"", fmt::join(roles, "\", \""), role),
        "only the roles of the current line may decide");
}

Result<void> may_decide(const RequestContext& request, const OpenTask& open) {
    const auto is_in = [&](const std::vector<std::string>& list) {
        return std::find(list.begin(), list.end(), request.actor) != list.end();
    };
    if (is_in(open.want.except)) {
        return fail(ErrorKind::Refused, fmt::format("{} may not decide this task", request.actor),
                    "the review is for others");
    }
    if (request.text("decision") == "approve" && is_in(open.want.approved_by)) {
        return fail(ErrorKind::Refused, fmt::format("{} has approved already", request.actor),
                    "somebody else must approve, too");
    }
    return {};
}

// What an approval gives where the task asks for it: a value of the form's type.
Result<std::vector<Value>> read_form(const RequestContext& request, const OpenTask& open,
                                     store::Batch& deposits) {
    const auto& image = open.run->image();
    const auto& review = image.reviews[open.want.review];
    auto form = request.params.find("form");
    bool given = form != request.params.end() && !form->is_null();
    if (!review.form.has_value()) {
        if (given) return fail(ErrorKind::Usage, "the task does not ask for a form");
        return std::vector<Value>();
    }
    if (!given) {
        return fail(ErrorKind::Usage,
                    fmt::format("the task asks for a {}", image.types.text(review.form)),
                    "give it with `--form FILE.json`; `weft review show` has its schema");
    }
    auto& secrets = request.core.secrets();
    WEFT_TRY(written,
             secrets.with_named(image.types, review.form,
                                form->is_string() ? form->get<std::string>() : form->dump()));
    auto value = from_json(image.types, review.form, written);
    if (value) {
        WEFT_TRY(kept, secrets.deposit(open.run->row(), open.run->key(), image.types, review.form,
                                       *value, deposits));
        return std::vector<Value>{std::move(kept)};
    }
    return fail(ErrorKind::Usage,
                fmt::format("the form{}{}: {}", value.error().path.empty() ? "" : ", at ",
                            value.error().path, value.error().message));
}

Json decided(const Taken& taken) {
    Json out;
    out["seq"] = taken.seq ? Json(*taken.seq) : Json();
    out["repeat"] = taken.is_repeat;
    return out;
}

}  // namespace

namespace {

Result<vm::DecisionFact> read_decision(const RequestContext& request, const OpenTask& open,
                                       store::Batch& deposits) {
    WEFT_TRY(role, role_of(request, open));
    WEFT_TRY_VOID(may_decide(request, open));
    vm::DecisionFact decision;
    decision.task = open.want.task;
    decision.by = request.actor;
    decision.reason = request.text("reason");
    decision.role = role;
    std::string word = request.text("decision");
    if (word == "approve") {
        decision.decision = vm::Decision::Approve;
        WEFT_TRY(form, read_form(request, open, deposits));
        decision.values = std::move(form);
    } else if (word == "reject") {
        decision.decision = vm::Decision::Reject;
    } else if (word == "revise") {
        decision.decision = vm::Decision::Revise;
        WEFT_TRY(values, read_revision(request, open));
        decision.values = std::move(values);
    } else {
        return fail(ErrorKind::Usage, fmt::format("`{}` is not a decision", word),
                    "approve, reject or revise");
    }
    return decision;
}

}  // namespace

Result<Json> answer_decide(const RequestContext& request) {
    WEFT_TRY(before, request.taken_before(InboxKind::Decision));
    if (before) return decided(*before);
    WEFT_TRY(open, find_task(request));
    store::Batch deposits;
    WEFT_TRY(decision, read_decision(request, open, deposits));
    if (std::string text = request.text("prepare"); !text.empty()) {
        auto key = from_base64(text);
        if (!key || key->size() != 32) return fail(ErrorKind::Usage, "`prepare` is no public key");
        WEFT_TRY(statement,
                 prepare_statement(request.core, open.run->id(), decision, to_array<32>(*key)));
        Json out;
        out["statement"] = std::move(statement);
        return out;
    }
    const std::string note = request.text("signed");
    WEFT_TRY_VOID(accept_signature(request.core, open.run->id(), decision, note));
    Incoming incoming = request.incoming(InboxKind::Decision, std::move(decision));
    incoming.context.signed_note = note;
    incoming.changes = std::move(deposits.changes);
    WEFT_TRY(taken, request.core.take(open.run->id(), incoming));
    return decided(taken);
}

Result<Json> answer_revoke_key(const RequestContext& request) {
    const auto reason = request.text("reason");
    if (reason.empty()) return fail(ErrorKind::Usage, "a revocation needs a reason");
    WEFT_TRY(revoked, request.core.revoke_approver_key(request.text("key"), request.actor, reason));
    Json out;
    out["key"] = to_base64(view(revoked.key));
    out["repeat"] = revoked.was_before;
    return out;
}

}  // namespace weft::engine
