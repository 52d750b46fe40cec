// weft log: the records of a run, one a line.
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

int log(const LogOptions& options) {
    auto answer = read_log(options);
    if (!answer) return report(answer.error());
    if (options.common.json) {
        print_json(*answer);
        return kSuccess;
    }
    bool colour = terminal_of(stdout).colour;
    std::vector<std::vector<std::string>> rows;
    for (const auto& entry : (*answer)["entries"]) {
        std::string text = entry.value("text", "");
        std::string place = entry.value("place", "");
        if (!place.empty()) text += "  " + paint(Tone::Dim, "(" + place + ")", colour);
        rows.push_back({std::to_string(entry.value("seq", std::uint64_t{0})),
                        time_text(entry.value("time", std::int64_t{0})),
                        entry.value("fact", false) ? "fact" : "command", entry.value("kind", ""),
                        entry.value("step", ""), text});
        if (entry.contains("payload"))
            rows.back().back() += "\n      " + json_text(entry["payload"]);
    }
    print(table(rows));
    return kSuccess;
}

}  // namespace

void add_log(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<LogOptions>();
    auto* command = app.add_subcommand("log", "the records of a run: its audit trail");
    command->add_option("RUN", options->run, "the run, or the first digits of its id")->required();
    command->add_option("--from", options->from, "first record to show");
    command->add_flag("--payloads", options->payloads, "with what the records hold");
    add_store_options(*command, options->common);
    choose(*command, chosen, options, log);
}

}  // namespace weft::cli
