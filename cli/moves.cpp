#include "cli/moves.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/display.h"

namespace weft::cli {

Result<std::vector<std::string>> runs_of_program(Session& session, const Program& program) {
    auto answer = session.request("runs", {{"limit", 100'000}});
    if (!answer) return std::unexpected(answer.error());
    std::vector<std::string> out;
    for (const auto& run : (*answer)["runs"]) {
        const auto workflow = run.value("workflow", "");
        const bool known = std::ranges::any_of(
            program.workflows(), [&](const WorkflowInfo& info) { return info.name == workflow; });
        if (!known || run.contains("ended")) continue;
        out.push_back(run.value("run", ""));
    }
    std::ranges::reverse(out);  // the oldest first
    return out;
}

bool is_moved(const Json& answer) {
    return answer.value("way", "none") != "none";
}

std::string difference_text(const Json& difference) {
    std::string places = difference.value("place", "");
    const auto next = difference.value("new_place", "");
    if (!next.empty()) places += (places.empty() ? "new: " : ", new: ") + next;
    std::string at = fmt::format("record {}", difference.value("seq", std::uint64_t{0}));
    if (!places.empty()) at += fmt::format(" ({})", places);
    return fmt::format("[{}] {}: {}", difference.value("class", ""), at,
                       difference.value("what", ""));
}

std::string move_text(const Json& answer, bool done) {
    const auto run = short_run(answer.value("run", ""));
    const auto way = answer.value("way", "none");
    std::string out;
    if (way == "same") return fmt::format("{}  has this program\n", run);
    if (way == "adopt") {
        return fmt::format("{}  {} it: the same decisions so far\n", run,
                           done ? "adopted" : "can adopt");
    }
    if (way == "migrate") {
        out = fmt::format("{}  {} to it\n", run, done ? "migrated" : "can migrate");
        for (const auto& step : answer.value("taken", Json::array())) {
            out += fmt::format("          takes over {}\n", step.get<std::string>());
        }
        for (const auto& step : answer.value("dropped", Json::array())) {
            out += fmt::format("          has no place for {}\n", step.get<std::string>());
        }
        return out;
    }
    out = fmt::format("{}  {} it\n", run, done ? "does not take" : "can't take");
    if (answer.contains("difference")) {
        out += fmt::format("          {}\n", difference_text(answer["difference"]));
    }
    for (const auto& reason : answer.value("reasons", Json::array())) {
        out += fmt::format("          {}\n", reason.get<std::string>());
    }
    return out;
}

}  // namespace weft::cli
