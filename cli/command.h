// What every subcommand's file offers to main.cpp: a function that adds it to the parser. Parsing
// only fills options and chooses the action; main runs the chosen one.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>

#include "cli/session.h"

namespace weft::cli {

struct Chosen {
    std::function<int()> action;
};

void add_check(CLI::App& app, Chosen& chosen);
void add_test(CLI::App& app, Chosen& chosen);
void add_crashtest(CLI::App& app, Chosen& chosen);
void add_eval(CLI::App& app, Chosen& chosen);
void add_fmt(CLI::App& app, Chosen& chosen);
void add_dump(CLI::App& app, Chosen& chosen);
void add_explain(CLI::App& app, Chosen& chosen);
void add_schema(CLI::App& app, Chosen& chosen);
void add_run(CLI::App& app, Chosen& chosen);
void add_resume(CLI::App& app, Chosen& chosen);
void add_runs(CLI::App& app, Chosen& chosen);
void add_show(CLI::App& app, Chosen& chosen);
void add_log(CLI::App& app, Chosen& chosen);
void add_timeline(CLI::App& app, Chosen& chosen);
void add_cost(CLI::App& app, Chosen& chosen);
void add_review(CLI::App& app, Chosen& chosen);
void add_cancel(CLI::App& app, Chosen& chosen);
void add_kill(CLI::App& app, Chosen& chosen);
void add_hold(CLI::App& app, Chosen& chosen);
void add_release(CLI::App& app, Chosen& chosen);
void add_signal(CLI::App& app, Chosen& chosen);
void add_settle(CLI::App& app, Chosen& chosen);
void add_why(CLI::App& app, Chosen& chosen);
void add_diff(CLI::App& app, Chosen& chosen);
void add_plan(CLI::App& app, Chosen& chosen);
void add_compat(CLI::App& app, Chosen& chosen);
void add_migrate(CLI::App& app, Chosen& chosen);
void add_fork(CLI::App& app, Chosen& chosen);
void add_replay(CLI::App& app, Chosen& chosen);
void add_audit(CLI::App& app, Chosen& chosen);
void add_store(CLI::App& app, Chosen& chosen);
void add_serve(CLI::App& app, Chosen& chosen);
void add_schedules(CLI::App& app, Chosen& chosen);
void add_completion(CLI::App& app, Chosen& chosen);
void add_version(CLI::App& app, Chosen& chosen);

// Options shared by all commands that work on a store.
struct StoreCommand {
    StoreOptions store;
    bool json = false;
};
// The number of a record, as `weft log` shows it.
CLI::Validator record_number();
// --as and --request-id: of commands that change a run.
void add_change_options(CLI::App& command, StoreCommand& options);
// --store, --config, --json. Without --config it is weft.toml in the working directory, if there.
void add_store_options(CLI::App& command, StoreCommand& options);
std::string default_config(const std::string& directory);

// Makes `action` of `options` what the command does.
template <typename Options>
void choose(CLI::App& command, Chosen& chosen, const std::shared_ptr<Options>& options,
            int (*action)(const Options&)) {
    command.callback([&chosen, options, action] {
        chosen.action = [options, action] { return action(*options); };
    });
}

}  // namespace weft::cli
