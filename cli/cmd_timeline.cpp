// weft timeline: when each step of a run worked, paused and waited.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/output_file.h"
#include "cli/timeline.h"

namespace weft::cli {
namespace {

struct TimelineOptions {
    StoreCommand common;
    std::string run;
    std::string format = "text";
    std::string out;
};

int timeline(const TimelineOptions& options) {
    auto answer = ask(options.common.store, "timeline", {{"run", options.run}});
    if (!answer) return report(answer.error());
    std::string text;
    if (options.common.json) {
        text = pretty_json(*answer) + "\n";
    } else if (options.format == "svg") {
        text = timeline_svg(read_timeline(*answer));
    } else if (options.format == "html") {
        text = timeline_html(read_timeline(*answer));
    } else {
        auto terminal = terminal_of(stdout);
        if (!options.out.empty() && !is_standard_output(options.out)) terminal = Terminal{};
        text = timeline_text(read_timeline(*answer), terminal);
    }
    return show_text(options.out, text);
}

}  // namespace

void add_timeline(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<TimelineOptions>();
    auto* command = app.add_subcommand("timeline", "when each step worked, paused and waited");
    command->add_option("RUN", options->run, "the run, or the first digits of its id")->required();
    command->add_option("--format", options->format, "text, svg or html")
        ->check(CLI::IsMember({"text", "svg", "html"}));
    command->add_option("-o,--out", options->out, "write to this file");
    add_store_options(*command, options->common);
    choose(*command, chosen, options, timeline);
}

}  // namespace weft::cli
