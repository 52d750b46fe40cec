#include "engine/request_context.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

#include "engine/exact_numbers.h"

namespace weft::engine {

std::string RequestContext::text(const char* name, const std::string& otherwise) const {
    auto found = params.find(name);
    return found != params.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

std::int64_t RequestContext::number(const char* name, std::int64_t otherwise) const {
    auto found = params.find(name);
    bool whole = found != params.end() && found->is_number_integer();
    return whole ? found->get<std::int64_t>() : otherwise;
}

bool RequestContext::flag(const char* name) const {
    auto found = params.find(name);
    return found != params.end() && found->is_boolean() && found->get<bool>();
}

Result<store::RunId> RequestContext::run() const {
    return find_run(core, text("run"));
}

Incoming RequestContext::incoming(InboxKind kind, vm::Fact fact) const {
    Incoming out;
    out.kind = kind;
    out.facts.push_back(std::move(fact));
    out.actor = actor;
    out.tag = core.request_tag(text("request"));
    return out;
}

Result<std::optional<Taken>> RequestContext::taken_before(InboxKind kind) const {
    constexpr std::size_t kRequestIdMax = 200;
    std::string id = text("request");
    if (id.size() > kRequestIdMax) {
        return fail(ErrorKind::Usage, "the id of a request has at most 200 bytes");
    }
    if (id.empty()) return std::optional<Taken>();
    WEFT_TRY(taken, core.taken_before(kind, core.request_tag(id)));
    if (taken) WEFT_TRY_VOID(check_same(*this, kind, *taken));
    return taken;
}

Result<store::RunId> find_run(Core& core, const std::string& prefix) {
    store::RunFilter filter;
    filter.id_prefix = prefix;
    filter.limit = 2;
    std::string hex;
    if (prefix.empty() || prefix.size() > 32 ||
        prefix.find_first_not_of("0123456789abcdef") != std::string::npos) {
        return fail(ErrorKind::Usage, fmt::format("`{}` is not a run's id", prefix),
                    "`weft runs` lists them; the first digits are enough");
    }
    WEFT_TRY(rows, core.store().runs(filter));
    if (rows.empty()) {
        return fail(ErrorKind::NotFound,
                    fmt::format("there is no run {} in {}", prefix, core.store().path()),
                    "`weft runs` lists them");
    }
    if (rows.size() > 1) {
        return fail(ErrorKind::Usage, fmt::format("more than one run begins with {}", prefix),
                    "give more digits");
    }
    return rows.front().id;
}

std::string task_text(const store::RunId& run, std::uint64_t seq) {
    return fmt::format("{}:{}", to_hex(view(run)).substr(0, 8), seq);
}

Result<TaskId> parse_task(Core& core, const std::string& text) {
    auto colon = text.find(':');
    TaskId task;
    bool ok = colon != std::string::npos;
    if (ok) {
        const char* begin = text.data() + colon + 1;
        const char* end = text.data() + text.size();
        auto [stop, code] = std::from_chars(begin, end, task.seq);
        ok = code == std::errc() && stop == end && begin != end;
    }
    if (!ok) {
        return fail(ErrorKind::Usage, fmt::format("`{}` is not a task", text),
                    "a task is RUN:NUMBER; `weft review list` shows them");
    }
    WEFT_TRY(run, find_run(core, text.substr(0, colon)));
    task.run = run;
    return task;
}

std::string_view status_name(vm::RunStatus status) {
    switch (status) {
        case vm::RunStatus::Running:
            return "running";
        case vm::RunStatus::Waiting:
            return "waiting";
        case vm::RunStatus::Held:
            return "held";
        case vm::RunStatus::Stuck:
            return "stuck";
        case vm::RunStatus::Completed:
            return "completed";
        case vm::RunStatus::Failed:
            return "failed";
        case vm::RunStatus::Compensated:
            return "compensated";
        case vm::RunStatus::Cancelled:
            return "cancelled";
        case vm::RunStatus::Killed:
            return "killed";
    }
    return "";
}

std::string json_line(const Json& json) {
    return reveal_numbers(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string money_text(std::int64_t micros) {
    std::string sign = micros < 0 ? "-" : "";
    std::int64_t size = std::abs(micros);
    std::string fraction = fmt::format("{:06}", size % 1'000'000);
    while (fraction.size() > 2 && fraction.back() == '0') fraction.pop_back();
    return fmt::format("{}{}.{}", sign, size / 1'000'000, fraction);
}

}  // namespace weft::engine
