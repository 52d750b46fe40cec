// Requests that say how a run stands, or stood, and why.
#include <fmt/format.h>

#include <array>

#include "bytecode/record.h"
#include "engine/exact_numbers.h"
#include "engine/request_context.h"
#include "engine/run_end.h"
#include "engine/waits.h"
#include "engine/why.h"
#include "vm/view.h"

namespace weft::engine {
namespace {

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
    if (looked.row.hold != 0) out["legal_hold"] = true;
    out["program"] = to_hex(view(looked.image->program));
    return out;
}

// What it was begun with.
Json input_json(const Looked& looked) {
    Json out = Json::object();
    const auto& input = looked.machine()->begin().input;
    const auto& parameters = looked.workflow->parameters;
    for (std::size_t i = 0; i < parameters.size() && i < input.items().size(); ++i) {
        out[parameters[i].name] =
            shown_json(looked.image->types, parameters[i].type, input.items()[i]);
    }
    return out;
}

// Where it comes from, when it was not begun by itself.
Result<Json> origin_json(Core& core, const store::RunId& id) {
    static constexpr std::array<std::string_view, 4> kKinds = {"new", "sub-run", "fork", "import"};
    Json out;
    WEFT_TRY(header, read_run_header(core.store(), id));
    WEFT_TRY_VOID(read_records(core.store(), header, {}, [&](ReadRecord& record) -> Result<bool> {
        const auto body = decode_body<BeginBody>(record.record.body);
        if (!body || body->origin == Origin::New) return false;
        out["kind"] = kKinds.at(static_cast<std::size_t>(body->origin));
        out["run"] = to_hex(view(body->origin_run));
        out["seq"] = body->origin_seq;
        return false;
    }));
    return out;
}

// It goes to its end already, and what of it is left.
void put_ending(const Looked& looked, Json& out) {
    const auto state = looked.machine()->state_view();
    if (vm::is_ended(looked.machine()->status())) return;
    if (!state.is_failing && !state.is_cancelled && !state.is_timed_out && !state.is_ending) return;
    Json ending;
    ending["how"] = state.is_cancelled ? "cancelled" : state.is_failing ? "fails" : "ends";
    if (state.is_failing && !looked.machine()->result().is_none()) {
        ending["error"] = error_json(*looked.image, looked.machine()->result());
    }
    ending["undo"] = undo_json(looked);
    out["ending"] = std::move(ending);
}

void put_past(const Looked& looked, Json& out) {
    out["at"] = *looked.at;
    out["at_time"] = looked.at_ms;
    out["values"] = values_json(looked);
    if (vm::is_ended(looked.machine()->status())) return;
    out["branches"] = branches_json(looked);
    out["undo"] = undo_json(looked);
}

// `is_whole`: with what does not change while the run goes on, too.
Result<Json> status_json(const RequestContext& request, const store::RunId& id,
                         const Looked& looked, bool is_whole) {
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
    if (is_whole) {
        WEFT_TRY(origin, origin_json(request.core, id));
        if (!origin.is_null()) out["origin"] = std::move(origin);
        out["input"] = input_json(looked);
        out["program"] = to_hex(view(looked.image->program));
    }
    put_end(*looked.image, *looked.workflow, machine, out);
    out["spent"] = money_text(machine.spent_micros());
    out["past_no_return"] = machine.past_no_return();
    if (looked.row.hold != 0) out["legal_hold"] = true;
    out["waits"] = waits_json(request.core, looked);
    put_ending(looked, out);
    if (auto unread = unread_json(looked); !unread.empty()) out["unread"] = std::move(unread);
    out["live"] = looked.run != nullptr || (!looked.row.ended_ms && request.core.drives(id));
    if (looked.values && request.flag("values")) put_past(looked, out);
    if (looked.replayed && looked.replayed->divergence) {
        out["divergence"] = looked.replayed->divergence->what;
    }
    return out;
}

}  // namespace

Result<Json> answer_status(const RequestContext& request) {
    WEFT_TRY(id, request.run());
    if (!request.params.contains("at") && !request.flag("values")) {
        WEFT_TRY(looked, look(request.core, id));
        return status_json(request, id, looked, request.flag("input"));
    }
    // What names hold is told of a run that was executed again.
    const auto at = request.number("at", INT64_MAX);
    if (at < 0) return fail(ErrorKind::Usage, "records count from 0");
    WEFT_TRY(looked, look_at(request.core, id, static_cast<std::uint64_t>(at)));
    return status_json(request, id, looked, true);
}

Result<Json> answer_why(const RequestContext& request) {
    WEFT_TRY(id, request.run());
    WEFT_TRY(looked, look(request.core, id));
    WEFT_TRY(out, status_json(request, id, looked, true));
    // A run that parts from its program has no story behind that.
    if (!out.contains("divergence")) WEFT_TRY_VOID(explain(request, id, out));
    return out;
}

}  // namespace weft::engine
