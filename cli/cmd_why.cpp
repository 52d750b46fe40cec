// weft why: why a run is where it is, and what lets it go on.
#include <fmt/format.h>

#include <chrono>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/progress.h"
#include "cli/summary.h"
#include "cli/why.h"

namespace weft::cli {
namespace {

constexpr int kRunsDeep = 4;  // runs that wait for runs are told of so far
constexpr std::size_t kInputColumns = 200;

struct WhyCommand {
    StoreCommand common;
    std::string run;
};

std::int64_t wall_ms() {
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
}

// The run, with those that it waits for.
Result<Json> read_why(Session& session, const std::string& run, int deep) {
    auto status = session.request("why", {{"run", run}});
    if (!status || deep == 0) return status;
    for (auto& wait : (*status)["waits"]) {
        if (wait.value("kind", "") != "run") continue;
        auto other = read_why(session, wait.value("run", ""), deep - 1);
        if (other) wait["why"] = std::move(*other);
    }
    return status;
}

void print_lines(const Json& status, const WhyOptions& options, const std::string& indent,
                 bool colour) {
    for (const auto& line : why_lines(status, options)) {
        print(indent + paint(Tone::Attention, line, colour) + "\n");
    }
    for (const auto& wait : status.value("waits", Json::array())) {
        if (!wait.contains("why")) continue;
        const auto& other = wait["why"];
        print(fmt::format("{}run {} of {}, {}:\n", indent, short_run(other.value("run", "")),
                          other.value("workflow", ""), other.value("status", "")));
        print_lines(other, options, indent + "  ", colour);
    }
}

void print_last(const Json& status) {
    if (!status.contains("last")) return;
    print("what led there:\n");
    std::vector<std::vector<std::string>> rows;
    for (const auto& entry : status["last"]) {
        rows.push_back({"  " + std::to_string(entry.value("seq", std::uint64_t{0})),
                        time_text(entry.value("time", std::int64_t{0})), entry.value("step", ""),
                        entry.value("place", ""), plain(entry, "text")});
    }
    print(table(rows));
}

void print_why(const Json& status, const std::string& flags) {
    const bool colour = terminal_of(stdout).colour;
    const auto word = status.value("status", "");
    const auto begun = status.value("begun", std::int64_t{0});
    print(fmt::format("{}  {}, {}\n", short_run(status.value("run", "")),
                      status.value("workflow", "(erased)"), status_word(word, colour)));
    print(fmt::format("begun      {}\n", time_text(begun)));
    if (status.contains("ended")) {
        const auto ended = status["ended"].get<std::int64_t>();
        print(fmt::format("ended      {}, after {}\n", time_text(ended),
                          duration_text(ended - begun)));
    }
    if (const auto origin = origin_text(status); !origin.empty()) {
        print(fmt::format("origin     {}\n", origin));
    }
    if (status.contains("input") && !status["input"].empty()) {
        print(fmt::format("input      {}\n", fit(shown_json(status["input"]), kInputColumns)));
    }
    if (status.value("erased", false)) {
        print("data       erased: what it worked on can't be read any more\n");
    }
    if (status.value("legal_hold", false)) print("data       on legal hold: nothing erases it\n");
    if (status.contains("result")) {
        print(fmt::format("result     {}\n", fit(shown_json(status["result"]), kInputColumns)));
    }
    print_errors(status);
    for (const auto& line : end_lines(status)) print(line + "\n");
    print_lines(status, {.flags = flags, .now_ms = wall_ms()}, "", colour);
    print_last(status);
}

Result<int> explain_run(const WhyCommand& options) {
    auto session = Session::open(options.common.store, Use::Look);
    if (!session) return std::unexpected(session.error());
    auto status = read_why(*session, options.run, kRunsDeep);
    if (!status) return std::unexpected(status.error());
    const auto flags = session->flags();
    auto closed = session->close();
    if (!closed) return std::unexpected(closed.error());
    if (options.common.json) {
        print_json(*status);
    } else {
        print_why(*status, flags);
    }
    return kSuccess;
}

int why(const WhyCommand& options) {
    auto code = explain_run(options);
    return code ? *code : report(code.error());
}

}  // namespace

void add_why(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<WhyCommand>();
    auto* command = app.add_subcommand("why", "why a run is where it is, and what lets it go on");
    command->add_option("RUN", options->run, "the run, or the first digits of its id")->required();
    add_store_options(*command, options->common);
    choose(*command, chosen, options, why);
}

}  // namespace weft::cli
