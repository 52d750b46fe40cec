// Requests that bring another program: whether runs take the same decisions under it, moving them
// to it, and forks.
#include <fmt/format.h>

#include "base/hash.h"
#include "engine/replay.h"
#include "engine/request_context.h"
#include "value/base64.h"

namespace weft::engine {
namespace {

std::string_view way_name(ProgramChange::Way way) {
    switch (way) {
        case ProgramChange::Way::None:
            return "none";
        case ProgramChange::Way::Same:
            return "same";
        case ProgramChange::Way::Adopt:
            return "adopt";
        case ProgramChange::Way::Migrate:
            return "migrate";
    }
    return "none";
}

Json difference_json(const Difference& difference) {
    Json out;
    out["class"] = class_name(difference.cls);
    out["seq"] = difference.seq;
    if (!difference.step.empty()) out["step"] = difference.step;
    if (!difference.place.empty()) out["place"] = difference.place;
    if (!difference.new_place.empty()) out["new_place"] = difference.new_place;
    out["what"] = difference.what;
    return out;
}

Result<ChangeBy> by_of(const RequestContext& request) {
    const auto by = request.text("by", "either");
    if (by == "either") return ChangeBy::Either;
    if (by == "adopt") return ChangeBy::AdoptOnly;
    if (by == "migrate") return ChangeBy::MigrateOnly;
    return fail(ErrorKind::Usage, fmt::format("`{}` is no way to another program", by),
                "either, adopt or migrate");
}

}  // namespace

Result<RunnableProgram> program_of(const RequestContext& request) {
    auto encoded = from_base64(request.text("image"));
    if (!encoded) return fail(ErrorKind::Usage, "image is not base64");
    auto ir = from_base64(request.text("ir"));
    if (!ir) return fail(ErrorKind::Usage, "ir is not base64");
    WEFT_TRY(image, decode_image(*encoded));
    WEFT_TRY_VOID(verify_image(image));
    // Else the store would keep a program whose hash names another one.
    if (sha256(*ir) != image.program) {
        return fail(ErrorKind::Usage, "the ir is not that of the image's program");
    }
    RunnableProgram out;
    out.image = std::make_shared<const Image>(std::move(image));
    out.encoded = std::move(*encoded);
    out.ir = std::move(*ir);
    out.source = request.text("source");
    return out;
}

Result<Json> answer_migrate(const RequestContext& request) {
    WEFT_TRY(id, request.run());
    WEFT_TRY(program, program_of(request));
    WEFT_TRY(by, by_of(request));
    const bool only_looks = request.flag("look");
    const auto reason = request.text("reason");
    if (!only_looks && reason.empty()) {
        return fail(ErrorKind::Usage, "another program needs a reason");
    }
    ProgramChange change;
    if (only_looks) {
        WEFT_TRY(looked, request.core.look_at_change(id, program, by));
        change = std::move(looked);
    } else {
        WEFT_TRY_VOID(request.core.take_up(id));
        WEFT_TRY(changed, request.core.change_program(id, program, by, request.actor, reason));
        change = std::move(changed);
    }
    Json out;
    out["run"] = to_hex(view(id));
    out["way"] = way_name(change.way);
    if (change.seq > 0) out["seq"] = change.seq;
    if (change.difference) out["difference"] = difference_json(*change.difference);
    if (!change.reasons.empty()) out["reasons"] = change.reasons;
    if (change.way == ProgramChange::Way::Migrate) {
        out["taken"] = change.taken;
        out["dropped"] = change.dropped;
    }
    return out;
}

Result<Json> answer_fork(const RequestContext& request) {
    ForkRequest fork;
    WEFT_TRY(id, request.run());
    fork.origin = id;
    fork.from = request.text("from");
    fork.actor = request.actor;
    fork.reason = request.text("reason");
    fork.only_looks = request.flag("look");
    if (fork.from.empty()) return fail(ErrorKind::Usage, "a fork needs a step to begin at");
    if (!fork.only_looks && fork.reason.empty()) {
        return fail(ErrorKind::Usage, "a fork needs a reason");
    }
    if (const auto name = request.text("request"); !name.empty()) {
        fork.tag = request.core.request_tag(name);
    }
    if (request.params.contains("image")) {
        WEFT_TRY(program, program_of(request));
        fork.program = std::move(program);
    }
    WEFT_TRY(forked, request.core.fork(fork));
    Json out;
    out["origin"] = to_hex(view(id));
    if (!fork.only_looks) out["run"] = to_hex(view(forked.run));
    if (forked.is_repeat) {
        out["repeat"] = true;
        return out;
    }
    out["at"] = forked.at;
    out["taken"] = forked.taken;
    out["dropped"] = forked.dropped;
    return out;
}

// What would have gone differently: nothing is written, also for a run that has ended.
Result<Json> answer_follow(const RequestContext& request) {
    WEFT_TRY(id, request.run());
    WEFT_TRY(program, program_of(request));
    WEFT_TRY(header, read_run_header(request.core.store(), id));
    WEFT_TRY(replayed, replay(request.core.store(), header));
    if (replayed.divergence || !replayed.machine) {
        return fail(ErrorKind::Corrupt, "the run diverges from its own program",
                    "`weft replay` shows where");
    }
    Json out;
    out["run"] = to_hex(view(id));
    out["workflow"] = header.workflow_row().name;
    out["records"] = replayed.records;
    WEFT_TRY(followed,
             follow(header, *replayed.segment, {replayed.image, replayed.machine->begin()},
                    program.image, UINT64_MAX));
    out["same"] = !followed.difference.has_value();
    if (followed.difference) out["difference"] = difference_json(*followed.difference);
    return out;
}

}  // namespace weft::engine
