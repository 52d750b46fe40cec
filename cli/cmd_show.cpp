// weft show: one run: status, result, error, what it waits for.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/files.h"
#include "cli/summary.h"
#include "cli/why.h"

namespace weft::cli {
namespace {

constexpr std::size_t kShownColumns = 200;

struct ShowOptions {
    StoreCommand common;
    std::string run;
    std::string out;
    std::int64_t at = -1;
};

void print_values(const Json& values) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& item : values) {
        const auto branch = item.value("branch", 0);
        rows.push_back({branch == 0 ? "" : fmt::format("branch {}", branch), item.value("in", ""),
                        item.value("name", ""), fit(shown_json(item["value"]), 200)});
    }
    print(table(rows));
}

// Where its branches stood, and what a failure would have undone.
void print_branches(const Json& status) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& branch : status.value("branches", Json::array())) {
        const auto number = branch.value("branch", 0);
        std::string stack;
        for (const auto& frame : branch.value("frames", Json::array())) {
            stack += fmt::format("{}{} {}", stack.empty() ? "" : " < ", frame.value("in", ""),
                                 frame.value("place", ""));
        }
        rows.push_back({number == 0 ? "stack" : fmt::format("branch {}", number),
                        branch.value("rest", ""), branch.value("step", ""), stack});
    }
    for (const auto& entry : status.value("undo", Json::array())) {
        const auto call = entry.value("call", std::uint64_t{0});
        rows.push_back({"undoes", call == 0 ? "" : fmt::format("record {}", call),
                        entry.value("step", ""), entry.value("place", "")});
    }
    print(table(rows));
}

// As it was once a record was there: nobody can act on that any more.
void print_past(const Json& status, bool colour) {
    print(fmt::format("as it was  after record {}, {}\n", status["at"].get<std::uint64_t>(),
                      time_text(status.value("at_time", std::int64_t{0}))));
    print_errors(status);
    for (const auto& line : why_lines(status, {.flags = "", .now_ms = 0, .is_past = true})) {
        print(paint(Tone::Attention, line, colour) + "\n");
    }
    print_branches(status);
    print_values(status["values"]);
}

void print_run(const Json& status, const std::vector<std::string>& files,
               const std::string& flags) {
    bool colour = terminal_of(stdout).colour;
    auto begun = status.value("begun", std::int64_t{0});
    print(fmt::format("run        {}\n", status.value("run", "")));
    print(fmt::format("workflow   {}\n", status.value("workflow", "(erased)")));
    print(fmt::format("status     {}{}\n", status_word(status.value("status", ""), colour),
                      status.value("live", false) ? ", driven now" : ""));
    print(fmt::format("begun      {}\n", time_text(begun)));
    if (status.contains("ended")) {
        auto ended = status["ended"].get<std::int64_t>();
        print(fmt::format("ended      {}, after {}\n", time_text(ended),
                          duration_text(ended - begun)));
    }
    if (const auto origin = origin_text(status); !origin.empty()) {
        print(fmt::format("origin     {}\n", origin));
    }
    if (status.contains("input") && !status["input"].empty()) {
        print(fmt::format("input      {}\n", fit(shown_json(status["input"]), kShownColumns)));
    }
    print(fmt::format("records    {}\n", status.value("records", std::uint64_t{0})));
    if (status.contains("spent")) {
        print(fmt::format("spent      {} {}\n", status.value("spent", ""),
                          status.value("currency", "")));
    }
    if (status.value("erased", false)) print("data       erased\n");
    if (status.value("legal_hold", false)) print("data       on legal hold\n");
    if (status.value("past_no_return", false)) {
        print("           past the point of no return\n");
    }
    if (status.contains("result")) {
        print(fmt::format("result     {}\n", shown_json(status["result"])));
    }
    for (const auto& file : files) print(fmt::format("file       {}\n", file));
    if (status.contains("at")) {
        print_past(status, colour);
    } else {
        print_status_details(status, flags, colour);
    }
}

Result<int> show_run(const ShowOptions& options) {
    auto session = Session::open(options.common.store, Use::Look);
    if (!session) return std::unexpected(session.error());
    Json params = {{"run", options.run}, {"input", true}};
    if (options.at >= 0) {
        params["at"] = options.at;
        params["values"] = true;
    }
    auto status = session->request("status", std::move(params));
    if (!status) return std::unexpected(status.error());
    std::vector<std::string> files;
    if (!options.out.empty() && status->contains("result")) {
        auto written = write_result_files(*session, (*status)["run"].get<std::string>(),
                                          (*status)["result"], options.out);
        if (!written) return std::unexpected(written.error());
        files = std::move(*written);
    }
    auto closed = session->close();
    if (!closed) return std::unexpected(closed.error());
    if (options.common.json) {
        if (!options.out.empty()) (*status)["files"] = files;
        print_json(*status);
        return kSuccess;
    }
    print_run(*status, files, session->flags());
    return kSuccess;
}

int show(const ShowOptions& options) {
    auto code = show_run(options);
    return code ? *code : report(code.error());
}

}  // namespace

void add_show(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<ShowOptions>();
    auto* command = app.add_subcommand("show", "one run: status, result, what it waits for");
    command->add_option("RUN", options->run, "the run, or the first digits of its id")->required();
    command
        ->add_option("--at", options->at,
                     "as it was after this record: where it stood, what its names held")
        ->check(record_number());
    command->add_option("--out", options->out, "write the files of its result to this folder");
    add_store_options(*command, options->common);
    choose(*command, chosen, options, show);
}

}  // namespace weft::cli
