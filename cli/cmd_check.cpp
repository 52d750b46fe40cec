// weft check: the diagnostics of programs, for people, as JSON or as SARIF; their fixes; and what
// their runs can use.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/fixes.h"
#include "cli/source.h"
#include "weft/tools.h"

namespace weft::cli {
namespace {

struct CheckOptions {
    std::vector<std::string> files;
    std::string against;  // another version of the program
    std::string format = "human";
    bool json = false;
    bool fix = false;
    bool bounds = false;
};

// What all files together give to a program.
struct Collected {
    Json diagnostics = Json::array();
    Json bounds = Json::array();
    std::vector<std::string> sarif;
};

void collect(const Compilation& compiled, Collected& out) {
    for (auto& item : Json::parse(compiled.json, nullptr, false)) out.diagnostics.push_back(item);
    if (!compiled.bounds_json.empty()) {
        for (auto& item : Json::parse(compiled.bounds_json, nullptr, false)) {
            out.bounds.push_back(item);
        }
    }
    out.sarif.push_back(compiled.sarif_results);
}

void show(const std::string& file, const Compilation& compiled, bool bounds) {
    if (compiled.program) {
        for (const auto& schedule : compiled.program->schedules()) {
            print(fmt::format("{}: schedule {} runs {}, {}\n", file, schedule.name,
                              schedule.workflow, schedule.when));
        }
    }
    if (compiled.diagnostics.empty() && compiled.program) {
        print(fmt::format("{}: no mistakes found\n", file));
    } else {
        print(compiled.text);
        print(fmt::format("{}: {}\n", file, count_text(compiled.diagnostics)));
    }
    if (bounds) print(compiled.bounds);
}

int fix(const std::string& file, bool is_human) {
    auto fixed = apply_safe_fixes(file);
    if (!fixed) return report(fixed.error());
    for (const auto& line : *fixed) {
        say(is_human ? stdout : stderr, "fixed {}\n", line);
    }
    return kSuccess;
}

bool has_errors(const Compilation& compiled) {
    return !compiled.program ||
           std::ranges::any_of(compiled.diagnostics, [](const SourceDiagnostic& d) {
               return d.severity == DiagnosticSeverity::Error;
           });
}

Result<Compilation> compiled_by(const CheckOptions& options, const std::string& file, bool colour) {
    if (options.against.empty()) return compile_file(file, colour);
    return compile_against(file, options.against, colour);
}

int check(const CheckOptions& options) {
    std::string format = options.json ? "json" : options.format;
    bool is_human = format == "human";
    if (!options.against.empty() && options.files.size() > 1) {
        return report(Error{ErrorKind::Usage, "--against compares one program with another",
                            "name one FILE"});
    }
    if (options.bounds && format == "sarif") {
        return report(Error{ErrorKind::Usage, "SARIF has no place for bounds",
                            "give --bounds with --format json"});
    }
    Collected all;
    int code = kSuccess;
    for (const auto& file : options.files) {
        auto readable = check_source_path(file);
        if (!readable) {
            code = std::max(code, report(readable.error()));
            continue;
        }
        if (options.fix) code = std::max(code, fix(file, is_human));
        auto compiled = compiled_by(options, file, is_human && terminal_of(stdout).colour);
        if (!compiled) return report(compiled.error());
        if (has_errors(*compiled)) code = std::max(code, kSourceErrors);
        if (is_human) {
            show(file, *compiled, options.bounds);
        } else {
            collect(*compiled, all);
        }
    }
    if (format == "sarif") print(sarif_log(all.sarif));
    if (format == "json" && !options.bounds) print_json(all.diagnostics);
    if (format == "json" && options.bounds) {
        print_json(Json{{"diagnostics", all.diagnostics}, {"bounds", all.bounds}});
    }
    return code;
}

}  // namespace

void add_check(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<CheckOptions>();
    auto* command = app.add_subcommand("check", "find mistakes in programs");
    command->add_option("FILE", options->files, "programs (.wf)")->required();
    command->add_option("--against", options->against,
                        "another version of FILE: report what its runs and callers may not "
                        "survive");
    command->add_option("--format", options->format, "human, json or sarif")
        ->check(CLI::IsMember({"human", "json", "sarif"}));
    command->add_flag("--json", options->json, "the same as --format json");
    command->add_flag("--fix", options->fix, "apply the fixes that are safe, and say which");
    command->add_flag("--bounds", options->bounds,
                      "show what runs can use: attempts, effects, time and spend");
    choose(*command, chosen, options, check);
}

}  // namespace weft::cli
