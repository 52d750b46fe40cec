// weft run: compiles, starts a run, follows it to its end.
#include <fmt/format.h>

#include <filesystem>

#include "cli/command.h"
#include "cli/drive.h"
#include "cli/exit_codes.h"
#include "cli/input.h"
#include "cli/source.h"
#include "weft/tools.h"

namespace weft::cli {
namespace {

struct RunOptions {
    StoreCommand common;
    std::string file;
    std::vector<std::string> words;  // [WORKFLOW] and name=value
    std::string input;
    DriveOptions drive;
};

std::string workflow_names(const Program& program) {
    std::string out;
    for (const auto& workflow : program.workflows()) {
        out += (out.empty() ? "" : ", ") + workflow.name;
    }
    return out.empty() ? "none" : out;
}

// The first word without a "=" names the workflow; a program with one workflow needs none.
Result<WorkflowInfo> choose_workflow(const Program& program, const std::string& file,
                                     std::vector<std::string>& words) {
    const auto& workflows = program.workflows();
    if (!words.empty() && words.front().find('=') == std::string::npos) {
        std::string name = words.front();
        words.erase(words.begin());
        for (const auto& workflow : workflows) {
            if (workflow.name == name) return workflow;
        }
        return std::unexpected(Error{ErrorKind::NotFound,
                                     fmt::format("{} has no workflow `{}`", file, name),
                                     "workflows: " + workflow_names(program)});
    }
    if (workflows.size() == 1) return workflows.front();
    return std::unexpected(Error{ErrorKind::Usage,
                                 workflows.empty()
                                     ? fmt::format("{} has no workflow to run", file)
                                     : fmt::format("{} has more than one workflow", file),
                                 workflows.empty() ? "" : "say which: " + workflow_names(program)});
}

Result<std::string> start(Session& session, const Program& program, const WorkflowInfo& workflow,
                          const RunInput& input) {
    Json params = Json::parse(start_parameters(program, workflow.name));
    params["input"] = input.json;
    auto started = session.change("start", std::move(params),
                                  [&] { return upload_files(session, input.uploads); });
    if (!started) return std::unexpected(started.error());
    return (*started)["run"].get<std::string>();
}

Result<int> run_program(const RunOptions& options) {
    int code = kSuccess;
    auto program = compile_or_report(options.file, code);
    if (!program) return code;
    auto words = options.words;
    auto workflow = choose_workflow(*program, options.file, words);
    if (!workflow) return std::unexpected(workflow.error());
    auto input = read_input(workflow->input_schema, words, options.input);
    if (!input) return std::unexpected(input.error());
    auto session = Session::open(options.common.store, Use::Drive, true);
    if (!session) return std::unexpected(session.error());
    auto run = start(*session, *program, *workflow, *input);
    if (!run) return std::unexpected(run.error());
    if (!options.drive.quiet) {
        say(options.common.json ? stderr : stdout, "run {}  {}\n", *run, workflow->name);
    }
    auto done = drive(*session, *run, options.drive);
    auto closed = session->close();
    if (done && !closed) return std::unexpected(closed.error());
    return done;
}

int run(const RunOptions& given) {
    RunOptions options = given;
    options.drive.json = options.common.json;
    if (options.common.store.config.empty()) {
        options.common.store.config =
            default_config(std::filesystem::path(options.file).parent_path().string());
    }
    auto code = run_program(options);
    return code ? *code : report(code.error());
}

}  // namespace

void add_run(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<RunOptions>();
    auto* command = app.add_subcommand("run", "compile a program, start a workflow, follow it");
    command->add_option("FILE", options->file, "the program (.wf)")->required();
    command->add_option("WORKFLOW name=value", options->words,
                        "the workflow (if there are several) and its parameters; files by path, a "
                        "folder for all its files, several with commas");
    command->add_option("--input", options->input, "a JSON file with the parameters");
    command->add_option("--store", options->common.store.store,
                        "the store (default: what weft.toml says, else weft.store)");
    command->add_option("--config", options->common.store.config,
                        "weft.toml to use (default: the one beside FILE)");
    command->add_option("--actor", options->common.store.actor, "who starts the run");
    command->add_option("--request-id", options->common.store.request_id,
                        "names this start: given again, it gives the same run");
    add_drive_options(*command, options->drive);
    command->add_flag("--json", options->common.json, "print one JSON object at the end");
    choose(*command, chosen, options, run);
}

}  // namespace weft::cli
