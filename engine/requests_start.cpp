// Beginning runs, and waiting for their ends. Both take turns of the engine: starts that come
// together share a commit, and who waits is told by the turn that had the end.
#include <fmt/format.h>

#include <utility>

#include "engine/exact_numbers.h"
#include "engine/long_poll.h"
#include "engine/request_context.h"
#include "engine/run_reader.h"

namespace weft::engine {
namespace {

Json started_json(const Core::Started& started) {
    Json out;
    out["run"] = to_hex(view(started.run));
    if (started.existed) out["existed"] = true;
    if (started.is_repeat) out["repeat"] = true;
    return out;
}

// Moves the uploads that the input names; others may be for another start.
void take_uploads(const Json& input, const RequestContext& request, StartRequest& start) {
    if (input.is_object() && input.size() == 1 && input.contains("upload") &&
        input["upload"].is_string()) {
        std::string id = input["upload"];
        if (auto file = request.uploads.extract(id)) start.uploads.insert(std::move(file));
        return;
    }
    if (!input.is_structured()) return;
    for (const auto& child : input) take_uploads(child, request, start);
}

// It is durable after the turn that is under way, in one commit with all that came in it. Asked
// once more before that, nobody takes turns, and it has a commit of its own.
class StartJob : public Job {
  public:
    StartJob(Core& core, const Core::Started& started)
        : core_(core), started_(started), commits_(core.store().commits()) {}

    Result<std::optional<std::string>> advance() override {
        if (core_.store().commits() == commits_) WEFT_TRY_VOID(core_.commit_begun());
        return json_line(started_json(started_));
    }

  private:
    Core& core_;
    Core::Started started_;
    std::uint64_t commits_;
};

// Until the run has ended, or can go on only by somebody's doing.
class WaitJob : public Job {
  public:
    WaitJob(const RequestContext& request, const store::RunId& run, std::int64_t most_ms)
        : core_(request.core),
          uploads_(request.uploads),
          cursors_(request.cursors),
          actor_(request.actor),
          run_(run),
          wait_(core_, most_ms) {}

    Result<std::optional<std::string>> advance() override {
        if (!wait_.is_over()) {
            WEFT_TRY(waits, goes_on());
            if (waits) return std::nullopt;
        }
        const Json params = {{"run", to_hex(view(run_))}};
        const RequestContext request{core_, params, actor_, uploads_, cursors_};
        WEFT_TRY(status, answer_status(request));
        return json_line(status);
    }
    [[nodiscard]] std::chrono::milliseconds patience() const override { return wait_.left(); }

  private:
    Result<bool> goes_on() {
        const auto can = [](vm::RunStatus status) {
            return status == vm::RunStatus::Running || status == vm::RunStatus::Waiting;
        };
        if (const LiveRun* run = core_.live(run_)) return can(run->machine().status());
        // It waits in the store, or has ended.
        WEFT_TRY(row, core_.store().run(run_));
        return row && can(static_cast<vm::RunStatus>(row->status)) && core_.drives(run_);
    }

    Core& core_;
    Uploads& uploads_;
    HistoryCursors& cursors_;
    std::string actor_;
    store::RunId run_;
    LongPoll wait_;
};

Result<RunnableProgram> program_to_start(const RequestContext& request) {
    if (request.params.contains("image")) return program_of(request);
    return request.core.served(request.text("program"), request.text("workflow"));
}

}  // namespace

Result<std::unique_ptr<Job>> begin_start(const RequestContext& request) {
    std::optional<store::Tag> tag;
    if (const std::string id = request.text("request"); !id.empty()) {
        tag = request.core.request_tag(id);
        WEFT_TRY(before, request.core.taken_before(InboxKind::Start, *tag));
        if (before) {
            WEFT_TRY(header,
                     read_run_header(request.core.store(), before->run, &request.core.images()));
            const auto known = header.known_workflow();
            const auto asked = request.text("workflow");
            if (!known.empty() && !asked.empty() && known != asked) {
                return fail(ErrorKind::Refused,
                            fmt::format("the request's id was given before: it began run {} of {}",
                                        to_hex(view(before->run)), known),
                            "give each request an id of its own, and the same one only to send "
                            "it again");
            }
            WEFT_TRY_VOID(request.core.take_up(before->run));
            return std::make_unique<DoneJob>(json_line(started_json({before->run, true, true})));
        }
    }
    StartRequest start;
    WEFT_TRY(program, program_to_start(request));
    start.program = std::move(program);
    start.workflow = request.text("workflow");
    // Taken from the text as it came, so that no number passes through a double.
    auto input = request.params.find("input");
    start.input = input == request.params.end() ? "{}"
                  : input->is_string()          ? input->get<std::string>()
                                                : input->dump();
    take_uploads(Json::parse(hide_numbers(start.input), nullptr, false), request, start);
    start.actor = request.actor;
    start.tag = tag;
    WEFT_TRY(started, request.core.start_soon(std::move(start)));
    return std::make_unique<StartJob>(request.core, started);
}

Result<std::unique_ptr<Job>> begin_wait(const RequestContext& request) {
    WEFT_TRY(run, request.run());
    return std::make_unique<WaitJob>(request, run, request.number("most", 60'000));
}

}  // namespace weft::engine
