// weft schedules: what the server of a store begins by the clock, and when next.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_codes.h"

namespace weft::cli {
namespace {

struct SchedulesOptions {
    StoreCommand common;
};

int schedules(const SchedulesOptions& options) {
    auto answer = ask(options.common.store, "schedules", Json::object());
    if (!answer) return report(answer.error());
    if (options.common.json) {
        print_json(*answer);
        return kSuccess;
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& item : (*answer)["schedules"]) {
        std::string last = "never";
        if (item.contains("last")) {
            last = fmt::format("{} as {}", time_text(item.value("last", std::int64_t{0})),
                               short_run(item.value("run", "")));
        }
        std::string queued;
        if (item.contains("queued")) queued = fmt::format("{} queued", item["queued"].get<int>());
        rows.push_back({item.value("schedule", ""), item.value("workflow", ""),
                        "next " + time_text(item.value("next", std::int64_t{0})), "last " + last,
                        queued, item.value("when", "")});
    }
    print(rows.empty() ? "no schedule is served; `weft serve FILE.wf` serves those of a program\n"
                       : table(rows));
    return kSuccess;
}

}  // namespace

void add_schedules(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<SchedulesOptions>();
    auto* command = app.add_subcommand("schedules", "list the schedules that are served");
    add_store_options(*command, options->common);
    choose(*command, chosen, options, schedules);
}

}  // namespace weft::cli
