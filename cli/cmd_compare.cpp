// weft diff, weft why: two runs side by side; why a run is where it is.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/diff.h"
#include "cli/exit_codes.h"
#include "cli/progress.h"
#include "cli/summary.h"

namespace weft::cli {
namespace {

struct DiffOptions {
    StoreCommand common;
    std::string one;
    std::string other;
};

struct WhyOptions {
    StoreCommand common;
    std::string run;
};

constexpr std::uint64_t kLastRecords = 6;

// A line a record, without what always differs: times, places in the log.
std::string story(const Json& log) {
    std::string out;
    for (const auto& entry : log["entries"]) {
        const auto kind = entry.value("kind", "");
        // How long an attempt took, and when a timer is due, is no decision.
        const bool is_time = kind == "timer-set" || kind == "outcome";
        auto text = entry.value("text", "");
        if (is_time) text = text.substr(0, text.find_first_of("0123456789"));
        out += fmt::format("{} {} {}", kind, entry.value("step", ""), text);
        if (entry.contains("payload") && kind != "timer-set") {
            out += " " + json_text(entry["payload"]);
        }
        out += '\n';
    }
    return out;
}

Result<int> diff_runs(const DiffOptions& options) {
    auto session = Session::open(options.common.store, Use::Look);
    if (!session) return std::unexpected(session.error());
    auto one = session->request("log", {{"run", options.one}, {"payloads", true}});
    if (!one) return std::unexpected(one.error());
    auto other = session->request("log", {{"run", options.other}, {"payloads", true}});
    if (!other) return std::unexpected(other.error());
    auto closed = session->close();
    if (!closed) return std::unexpected(closed.error());
    const auto name = fmt::format("{} {}", options.one, options.other);
    const auto text = unified_diff(name, story(*one), story(*other));
    if (options.common.json) {
        print_json(Json{{"same", text.empty()}, {"diff", text}});
    } else {
        print(text.empty() ? "the same, but for times\n" : text);
    }
    return text.empty() ? kSuccess : kSourceErrors;
}

int diff(const DiffOptions& options) {
    auto code = diff_runs(options);
    return code ? *code : report(code.error());
}

Result<int> explain_run(const WhyOptions& options) {
    auto session = Session::open(options.common.store, Use::Look);
    if (!session) return std::unexpected(session.error());
    auto status = session->request("status", {{"run", options.run}});
    if (!status) return std::unexpected(status.error());
    const auto records = status->value("records", std::uint64_t{0});
    const auto from = records > kLastRecords ? records - kLastRecords : 0;
    auto log = session->request("log", {{"run", options.run}, {"from", from}});
    if (!log) return std::unexpected(log.error());
    const auto flags = session->flags();
    auto closed = session->close();
    if (!closed) return std::unexpected(closed.error());
    if (options.common.json) {
        (*status)["last"] = (*log)["entries"];
        print_json(*status);
        return kSuccess;
    }
    const bool colour = terminal_of(stdout).colour;
    print(fmt::format("{}  {}, {}\n", short_run(status->value("run", "")),
                      status->value("workflow", ""),
                      status_word(status->value("status", ""), colour)));
    print_status_details(*status, flags, colour);
    print("what led there:\n");
    std::vector<std::vector<std::string>> rows;
    for (const auto& entry : (*log)["entries"]) {
        rows.push_back({"  " + std::to_string(entry.value("seq", std::uint64_t{0})),
                        time_text(entry.value("time", std::int64_t{0})), entry.value("step", ""),
                        entry.value("place", ""), entry.value("text", "")});
    }
    print(table(rows));
    return kSuccess;
}

int why(const WhyOptions& options) {
    auto code = explain_run(options);
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

void add_why(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<WhyOptions>();
    auto* command = app.add_subcommand("why", "why a run is where it is, and what lets it go on");
    command->add_option("RUN", options->run, "the run, or the first digits of its id")->required();
    add_store_options(*command, options->common);
    choose(*command, chosen, options, why);
}

}  // namespace weft::cli
