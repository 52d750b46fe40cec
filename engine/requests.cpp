#include "engine/requests.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/one_line.h"
#include "engine/request_context.h"
#include "engine/secret_handles.h"

namespace weft::engine {
namespace {

constexpr std::array<std::pair<ErrorKind, std::string_view>, 7> kErrorKinds = {{
    {ErrorKind::Usage, "usage"},
    {ErrorKind::NotFound, "not-found"},
    {ErrorKind::Unavailable, "unavailable"},
    {ErrorKind::Environment, "environment"},
    {ErrorKind::Corrupt, "corrupt"},
    {ErrorKind::Unsupported, "unsupported"},
    {ErrorKind::Refused, "refused"},
}};

Result<Json> answer_hello(const RequestContext& request) {
    auto& store = request.core.store();
    Json out;
    out["engine"] = "weft " WEFT_VERSION;
    out["protocol"] = 1;
    out["store"] = to_hex(view(store.id()));
    out["path"] = store.path();
    out["config"] = request.core.config().digest();
    out["brief"] = request.core.brief();
    WEFT_TRY(is_doubted, request.core.is_clock_doubted());
    out["clock_doubted"] = is_doubted;
    return out;
}

using Handler = Result<Json> (*)(const RequestContext&);
constexpr std::array<std::pair<std::string_view, Handler>, 29> kHandlers = {{
    {"hello", answer_hello},
    {"upload", answer_upload},
    {"status", answer_status},
    {"why", answer_why},
    {"runs", answer_runs},
    {"resume", answer_resume},
    {"cancel", answer_cancel},
    {"kill", answer_kill},
    {"hold", answer_hold},
    {"release", answer_release},
    {"settle", answer_settle},
    {"signal", answer_signal},
    {"file", answer_file},
    {"reviews", answer_reviews},
    {"review", answer_review},
    {"decide", answer_decide},
    {"revoke-key", answer_revoke_key},
    {"log", answer_log},
    {"timeline", answer_timeline},
    {"cost", answer_cost},
    {"accept_clock", answer_accept_clock},
    {"schedules", answer_schedules},
    {"proof", answer_proof},
    {"checkpoint", answer_checkpoint},
    {"legal-hold", answer_legal_hold},
    {"receipt", answer_receipt},
    {"migrate", answer_migrate},
    {"follow", answer_follow},
    {"fork", answer_fork},
}};

using JobMaker = Result<std::unique_ptr<Job>> (*)(const RequestContext&);
constexpr std::array<std::pair<std::string_view, JobMaker>, 9> kJobs = {{
    {"start", begin_start},
    {"wait", begin_wait},
    {"changes", begin_changes},
    {"replay", begin_replay},
    {"trace", begin_trace},
    {"verify", begin_verify},
    {"export", begin_export},
    {"keys", begin_keys},
    {"erase", begin_erase},
}};

}  // namespace

std::string_view error_kind_name(ErrorKind kind) {
    for (const auto& [value, name] : kErrorKinds) {
        if (value == kind) return name;
    }
    return "environment";
}

ErrorKind error_kind_from(std::string_view name) {
    for (const auto& [value, text] : kErrorKinds) {
        if (text == name) return value;
    }
    return ErrorKind::Environment;
}

Result<Begun> Requests::begin(std::string_view method, std::string_view params,
                              const std::string& actor, Uploads& uploads) {
    if (const auto& failure = core_.failure()) return std::unexpected(*failure);
    Json parsed = Json::parse(params.empty() ? "{}" : params, nullptr, false);
    if (!parsed.is_object()) return fail(ErrorKind::Usage, "the parameters are not a JSON object");
    // They are escaped by who may not want them seen.
    const bool may_have = params.find("\\u") != std::string_view::npos;
    if (has_handle(params) || (may_have && has_handle(json_line(parsed)))) {
        return fail(ErrorKind::Usage, "the request has a character that no text has");
    }
    auto as = parsed.find("as");
    std::string who = as != parsed.end() && as->is_string() ? as->get<std::string>() : actor;
    if (!is_one_line(who)) {
        return fail(ErrorKind::Usage, "a name is one line, and has no control characters");
    }
    RequestContext request{core_, parsed, std::move(who), uploads, cursors_};
    for (const auto& [name, handler] : kHandlers) {
        if (name != method) continue;
        WEFT_TRY(result, handler(request));
        return Begun(json_line(result));
    }
    for (const auto& [name, maker] : kJobs) {
        if (name != method) continue;
        WEFT_TRY(job, maker(request));
        return Begun(std::move(job));
    }
    return fail(ErrorKind::Usage, fmt::format("there is no request `{}`", method));
}

Result<std::optional<std::string>> Requests::advance(Job& job) {
    if (const auto& failure = core_.failure()) return std::unexpected(*failure);
    return job.advance();
}

Result<std::string> Requests::answer(std::string_view method, std::string_view params,
                                     const std::string& actor, Uploads& uploads) {
    WEFT_TRY(begun, begin(method, params, actor, uploads));
    if (auto* text = std::get_if<std::string>(&begun)) return std::move(*text);
    auto& job = std::get<std::unique_ptr<Job>>(begun);
    while (true) {
        WEFT_TRY(text, advance(*job));
        if (text) return std::move(*text);
    }
}

}  // namespace weft::engine
