#include "cli/summary.h"

#include <fmt/format.h>

#include <filesystem>

#include "cli/exit_codes.h"
#include "cli/files.h"
#include "cli/progress.h"

namespace weft::cli {
namespace {

constexpr std::size_t kResultColumnsMax = 4000;

void print_cost(const Json& cost) {
    std::string total = cost.value("total", "");
    if (total.empty() || total == "0.00") {
        print("cost       nothing\n");
    } else {
        print(fmt::format("cost       {} {}\n", total, cost.value("currency", "")));
    }
}

void print_audit(const Json& audit, bool colour) {
    auto records = audit.value("records", std::uint64_t{0});
    if (audit.value("ok", false)) {
        print(fmt::format(
            "audit      {}\n",
            paint(Tone::Good, fmt::format("the audit verified {} records", records), colour)));
        return;
    }
    print(fmt::format("audit      {}\n", paint(Tone::Bad, "the audit found damage", colour)));
    for (const auto& finding : audit.value("findings", Json::array())) {
        print(fmt::format("           {} {}: {}\n", finding.value("table", ""),
                          finding.value("row", ""), finding.value("what", "")));
    }
}

}  // namespace

int exit_code_of(const Json& status) {
    std::string word = status.value("status", "");
    if (word == "completed") return kSuccess;
    return is_ended(word) ? kRunNotCompleted : kRunRests;
}

std::string status_word(const std::string& status, bool colour) {
    if (status == "completed") return paint(Tone::Good, "✓ " + status, colour);
    if (status == "running") return "▸ " + status;
    if (is_ended(status)) return paint(Tone::Bad, "✗ " + status, colour);
    return paint(Tone::Attention, "‖ " + status, colour);
}

void print_errors(const Json& status) {
    if (status.contains("error")) {
        const auto& error = status["error"];
        print(fmt::format("error      {}: {}\n", error.value("name", ""), plain(error, "message")));
        if (error.contains("fields")) print(fmt::format("           {}\n", error["fields"].dump()));
        std::string step = error.value("step", "");
        if (!step.empty()) {
            auto attempts = error.value("attempts", 0);
            print(fmt::format("           in step {}", step));
            if (attempts > 0) {
                print(fmt::format(", after {} attempt{}", attempts, attempts == 1 ? "" : "s"));
            }
            print("\n");
        }
    }
    if (status.contains("divergence")) {
        print(fmt::format("diverges   {}\n", status.value("divergence", "")));
    }
    for (const auto& letter : status.value("unread", Json::array())) {
        print(fmt::format("unread     signal {} of record {}: {}\n", letter.value("signal", ""),
                          letter.value("seq", std::uint64_t{0}), json_text(letter["value"])));
    }
}

void print_status_details(const Json& status, const std::string& flags, bool colour) {
    print_errors(status);
    if (is_ended(status.value("status", ""))) return;
    const auto terminal = terminal_of(stdout);
    for (const auto& line : wait_lines(status, flags)) {
        // A command stays whole, to be copied.
        const bool breaks = terminal.live && !line.starts_with(' ');
        for (const auto& row : breaks ? wrap(line, terminal.width, 2) : std::vector{line}) {
            print(paint(Tone::Attention, row, colour) + "\n");
        }
    }
}

namespace {

// How it ended; on a narrow terminal the run's id has a row of its own.
void print_head(const Json& status, const Terminal& terminal) {
    const auto word = status.value("status", "");
    const auto workflow = status.value("workflow", "");
    const auto run = status.value("run", "");
    std::string time;
    if (status.contains("ended")) {
        time = "  in " + duration_text(status["ended"].get<std::int64_t>() -
                                       status.value("begun", std::int64_t{0}));
    }
    const auto plain = fmt::format("{}  {}  {}{}", status_word(word, false), workflow, run, time);
    const auto shown = status_word(word, terminal.colour);
    if (!terminal.live || display_width(plain) <= terminal.width) {
        print(fmt::format("\n{}  {}  {}{}\n", shown, workflow, run, time));
    } else {
        print(fmt::format("\n{}  {}{}\n{}\n", shown, workflow, time, run));
    }
}

}  // namespace

Result<int> summarize(Session& session, const Json& status, const SummaryOptions& options) {
    Json out = status;
    std::string run = status.value("run", "");
    std::vector<std::string> files;
    if (options.files && status.contains("result")) {
        std::string folder = options.out;
        if (folder.empty()) folder = status.value("workflow", "run") + "-" + short_run(run);
        auto written = write_result_files(session, run, status["result"], folder);
        if (!written) return std::unexpected(written.error());
        files = std::move(*written);
    }
    auto cost = session.request("cost", {{"run", run}});
    if (!cost) return std::unexpected(cost.error());
    int code = exit_code_of(status);
    Json audit;
    if (options.verify) {
        auto verified = session.request("verify", {{"level", 3}});
        if (!verified) return std::unexpected(verified.error());
        audit = std::move(*verified);
        if (!audit.value("ok", false)) code = kCorrupt;
    }
    if (options.json) {
        out["files"] = files;
        out["cost"] = *cost;
        if (options.verify) out["audit"] = audit;
        print_json(out);
        return code;
    }
    const auto terminal = terminal_of(stdout);
    bool colour = terminal.colour;
    print_head(status, terminal);
    if (status.contains("result")) {
        print(fmt::format("result     {}\n", fit(json_text(status["result"]), kResultColumnsMax)));
    }
    print_status_details(status, session.flags(), colour);
    for (const auto& file : files) print(fmt::format("file       {}\n", file));
    print_cost(*cost);
    if (options.verify) print_audit(audit, colour);
    return code;
}

}  // namespace weft::cli
