// weft diff: two runs side by side.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/diff.h"
#include "cli/exit_codes.h"
#include "cli/story.h"

namespace weft::cli {
namespace {

struct DiffOptions {
    StoreCommand common;
    std::string one;
    std::string other;
};

// One side: how the run stands, and its story.
struct Side {
    Json status;
    std::vector<StoryLine> story;
    std::string name;
};

Result<Side> read_side(Session& session, const std::string& run) {
    auto status = session.request("status", {{"run", run}, {"input", true}});
    if (!status) return std::unexpected(status.error());
    auto log = session.request("log", {{"run", run}, {"payloads", true}});
    if (!log) return std::unexpected(log.error());
    Side out;
    out.story = story_of(*status, *log);
    out.name = fmt::format("{} {}, {}", short_run(status->value("run", "")),
                           status->value("workflow", ""), status->value("status", ""));
    if (status->value("erased", false)) out.name += ", its data erased";
    out.status = std::move(*status);
    return out;
}

Json side_json(const Side& side) {
    return {{"run", side.status.value("run", "")},
            {"workflow", side.status.value("workflow", "")},
            {"status", side.status.value("status", "")},
            {"program", side.status.value("program", "")},
            {"erased", side.status.value("erased", false)}};
}

// The lines that only one side has, with their records, out of the text of a unified diff.
Json changes_of(const std::string& diff, const Side& one, const Side& other) {
    Json out = Json::array();
    std::size_t before = 0;
    std::size_t after = 0;
    std::size_t at = 0;
    while (at < diff.size()) {
        const auto end = diff.find('\n', at);
        const auto line = diff.substr(at, end - at);
        at = end + 1;
        if (line.starts_with("--- ") || line.starts_with("+++ ")) {
            if (before == 0 && after == 0) continue;
        }
        if (line.starts_with("@@ -")) {
            before = std::stoul(line.substr(4));
            after = std::stoul(line.substr(line.find('+') + 1));
            continue;
        }
        const bool is_first = line.starts_with('-');
        const bool is_second = line.starts_with('+');
        if (is_first || is_second) {
            const auto& story = is_first ? one.story : other.story;
            const auto& told = story.at((is_first ? before : after) - 1);
            out.push_back({{"side", is_first ? 0 : 1}, {"seq", told.seq}, {"what", told.text}});
        }
        if (!is_second) ++before;
        if (!is_first) ++after;
    }
    return out;
}

Result<int> diff_runs(const DiffOptions& options) {
    auto session = Session::open(options.common.store, Use::Look);
    if (!session) return std::unexpected(session.error());
    auto one = read_side(*session, options.one);
    if (!one) return std::unexpected(one.error());
    auto other = read_side(*session, options.other);
    if (!other) return std::unexpected(other.error());
    auto closed = session->close();
    if (!closed) return std::unexpected(closed.error());
    const auto text =
        unified_diff(one->name, other->name, text_of(one->story), text_of(other->story));
    const bool is_one_program =
        one->status.value("program", "") == other->status.value("program", "");
    if (options.common.json) {
        print_json(Json{{"same", text.empty()},
                        {"same_program", is_one_program},
                        {"runs", {side_json(*one), side_json(*other)}},
                        {"changes", changes_of(text, *one, *other)},
                        {"diff", text}});
    } else {
        if (!is_one_program) print("of different programs (`weft compat` compares those)\n");
        print(text.empty() ? "the same, but for times\n" : text);
    }
    return text.empty() ? kSuccess : kSourceErrors;
}

int diff(const DiffOptions& options) {
    auto code = diff_runs(options);
    return code ? *code : report(code.error());
}

}  // namespace

void add_diff(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<DiffOptions>();
    auto* command = app.add_subcommand("diff", "what two runs did otherwise, record by record");
    command->add_option("RUN", options->one, "a run, or the first digits of its id")->required();
    command->add_option("OTHER", options->other, "the other run")->required();
    add_store_options(*command, options->common);
    choose(*command, chosen, options, diff);
}

}  // namespace weft::cli
