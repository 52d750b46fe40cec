// weft log: the records of a run, one a line; or the instructions that led to them.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_codes.h"

namespace weft::cli {
namespace {

struct LogOptions {
    StoreCommand common;
    std::string run;
    std::uint64_t from = 0;
    bool payloads = false;
    bool trace = false;
};

// In pieces: one answer of a long log would not fit in a line of the protocol.
Result<Json> read_log(const LogOptions& options) {
    constexpr std::uint64_t kEntriesAtOnce = 500;
    constexpr std::uint64_t kEntriesWithPayloads = 20;
    auto session = Session::open(options.common.store, Use::Look);
    if (!session) return std::unexpected(session.error());
    std::uint64_t step = options.payloads && !session->owner() ? kEntriesWithPayloads
                         : session->owner()                    ? 1'000'000
                                                               : kEntriesAtOnce;
    Json all = {{"entries", Json::array()}};
    std::uint64_t from = options.from;
    while (true) {
        auto part = session->request("log", {{"run", options.run},
                                             {"from", from},
                                             {"limit", step},
                                             {"payloads", options.payloads}});
        if (!part) return part;
        auto& entries = (*part)["entries"];
        for (auto& entry : entries) all["entries"].push_back(std::move(entry));
        from = (*part)["next"].get<std::uint64_t>();
        all["next"] = from;
        all["status"] = (*part)["status"];
        if (entries.size() < step) break;
    }
    auto closed = session->close();
    if (!closed) return std::unexpected(closed.error());
    return all;
}

// In pages that end between two records.
Result<Json> read_trace(const LogOptions& options) {
    auto session = Session::open(options.common.store, Use::Look);
    if (!session) return std::unexpected(session.error());
    Json all = {{"steps", Json::array()}};
    std::uint64_t from = options.from;
    while (true) {
        auto part = session->request("trace", {{"run", options.run}, {"from", from}});
        if (!part) return part;
        for (auto& step : (*part)["steps"]) all["steps"].push_back(std::move(step));
        if (part->contains("cut")) all["cut"].push_back((*part)["cut"]);
        if (part->contains("divergence")) all["divergence"] = (*part)["divergence"];
        all["run"] = (*part)["run"];
        from = (*part)["next"].get<std::uint64_t>();
        if ((*part)["last"] || part->contains("divergence")) break;
    }
    auto closed = session->close();
    if (!closed) return std::unexpected(closed.error());
    return all;
}

std::string step_values(const Json& step) {
    std::string out;
    for (const auto& read : step.value("reads", Json::array())) {
        out += (out.empty() ? "" : ", ") + read.value("name", "") + "=" + shown_json(read["value"]);
    }
    if (step.contains("gives")) {
        out += (out.empty() ? "-> " : " -> ") + shown_json(step["gives"]);
    }
    return out;
}

int trace(const LogOptions& options) {
    auto answer = read_trace(options);
    if (!answer) return report(answer.error());
    if (options.common.json) {
        print_json(*answer);
    } else {
        const bool colour = terminal_of(stdout).colour;
        std::vector<std::vector<std::string>> rows;
        for (const auto& step : (*answer)["steps"]) {
            std::string text = step_values(step);
            const auto place = step.value("place", "");
            if (!place.empty()) text += "  " + paint(Tone::Dim, "(" + place + ")", colour);
            rows.push_back({std::to_string(step.value("seq", std::uint64_t{0})),
                            std::to_string(step.value("branch", 0)),
                            fmt::format("{}:{}", step.value("function", ""), step.value("pc", 0)),
                            step.value("answered", false) ? "…" : step.value("instruction", ""),
                            text});
        }
        print(table(rows));
        for (const auto& seq : answer->value("cut", Json::array())) {
            print(fmt::format("too many instructions before record {}: the rest is left out\n",
                              seq.get<std::uint64_t>()));
        }
    }
    if (!answer->contains("divergence")) return kSuccess;
    const auto& parted = (*answer)["divergence"];
    return report({ErrorKind::Corrupt,
                   fmt::format("the run diverges at record {}: {}",
                               parted.value("seq", std::uint64_t{0}), parted.value("what", "")),
                   "`weft replay` says more"});
}

int log(const LogOptions& options) {
    if (options.trace) return trace(options);
    auto answer = read_log(options);
    if (!answer) return report(answer.error());
    if (options.common.json) {
        print_json(*answer);
        return kSuccess;
    }
    bool colour = terminal_of(stdout).colour;
    std::vector<std::vector<std::string>> rows;
    for (const auto& entry : (*answer)["entries"]) {
        std::string text = plain(entry, "text");
        std::string place = entry.value("place", "");
        if (!place.empty()) text += "  " + paint(Tone::Dim, "(" + place + ")", colour);
        rows.push_back({std::to_string(entry.value("seq", std::uint64_t{0})),
                        time_text(entry.value("time", std::int64_t{0})),
                        entry.value("fact", false) ? "fact" : "command", entry.value("kind", ""),
                        entry.value("step", ""), text});
        if (entry.contains("payload"))
            rows.back().back() += "\n      " + shown_json(entry["payload"]);
    }
    print(table(rows));
    return kSuccess;
}

}  // namespace

void add_log(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<LogOptions>();
    auto* command = app.add_subcommand("log", "the records of a run: its audit trail");
    command->add_option("RUN", options->run, "the run, or the first digits of its id")->required();
    command->add_option("--from", options->from, "first record to show")->check(record_number());
    command->add_flag("--payloads", options->payloads, "with what the records hold");
    command->add_flag("--trace", options->trace,
                      "each instruction and its values, by executing the run again");
    add_store_options(*command, options->common);
    choose(*command, chosen, options, log);
}

}  // namespace weft::cli
