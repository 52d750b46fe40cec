// weft compat: what another version of a program means for its runs and for those around it.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/moves.h"
#include "cli/source.h"
#include "weft/tools.h"

namespace weft::cli {
namespace {

struct CompatOptions {
    std::string old_file;
    std::string new_file;
    std::string runs;  // a store
    std::string config;
    bool json = false;
};

Json finding_json(const CompatFinding& finding) {
    Json out;
    if (!finding.code.empty()) out["code"] = finding.code;
    out["name"] = finding.name;
    out["class"] = finding.cls;
    out["construct"] = finding.construct;
    out["what"] = finding.what;
    out["reason"] = finding.reason;
    if (!finding.old_place.empty()) out["old_place"] = finding.old_place;
    if (!finding.new_place.empty()) out["new_place"] = finding.new_place;
    return out;
}

std::string finding_text(const CompatFinding& finding) {
    const auto none = [](const std::string& place) {
        return place.empty() ? std::string("-") : place;
    };
    const auto name = finding.code.empty() ? finding.name : finding.code + " " + finding.name;
    return fmt::format("{:9} {}: {} [{}]\n          {} -> {}\n          {}\n", finding.cls,
                       finding.construct, finding.what, name, none(finding.old_place),
                       none(finding.new_place), finding.reason);
}

// What each run that is in flight in the store would do.
Result<Json> look_at_runs(const CompatOptions& options, const Program& program) {
    StoreOptions store;
    store.store = options.runs;
    store.config = options.config;
    auto session = Session::open(store, Use::Look);
    if (!session) return std::unexpected(session.error());
    auto ids = runs_of_program(*session, program);
    if (!ids) return std::unexpected(ids.error());
    Json list = Json::array();
    Json params = Json::parse(program_parameters(program));
    params["look"] = true;
    for (const auto& id : *ids) {
        params["run"] = id;
        auto looked = session->request("migrate", params);
        if (looked) {
            list.push_back(std::move(*looked));
        } else {
            list.push_back(
                {{"run", id}, {"way", "none"}, {"reasons", Json::array({looked.error().message})}});
        }
    }
    auto closed = session->close();
    if (!closed) return std::unexpected(closed.error());
    return list;
}

std::string summary(const Compatibility& found) {
    std::size_t breaks = 0;
    std::size_t migrates = 0;
    std::size_t adopts = 0;
    for (const auto& finding : found.findings) {
        breaks += finding.cls == "breaks" ? 1U : 0U;
        migrates += finding.cls == "migrates" ? 1U : 0U;
        adopts += finding.cls == "adopts" ? 1U : 0U;
    }
    if (found.old_hash == found.new_hash) return "the same program\n";
    return fmt::format(
        "{} breaks, {} migrates, {} adopts, {} safe\n"
        "runs of the old program come from \"{}\"\n",
        breaks, migrates, adopts, found.findings.size() - breaks - migrates - adopts,
        found.old_hash.substr(0, 12));
}

int compat(const CompatOptions& options) {
    for (const auto& file : {options.old_file, options.new_file}) {
        auto readable = check_source_path(file);
        if (!readable) return report(readable.error());
    }
    auto found = compare_files(options.old_file, options.new_file);
    if (!found) return report(found.error());
    int code = kSuccess;
    Json findings = Json::array();
    for (const auto& finding : found->findings) {
        if (finding.cls == "breaks") code = kSourceErrors;
        findings.push_back(finding_json(finding));
        if (!options.json) print(finding_text(finding));
    }
    Json out;
    out["old"] = found->old_hash;
    out["new"] = found->new_hash;
    out["findings"] = std::move(findings);
    if (!options.json) print(summary(*found));
    if (!options.runs.empty()) {
        auto runs = look_at_runs(options, *found->program);
        if (!runs) return report(runs.error());
        if (!options.json && runs->empty()) print("no runs of it in flight\n");
        for (const auto& run : *runs) {
            if (!is_moved(run)) code = kRefused;
            if (!options.json) print(move_text(run, false));
        }
        out["runs"] = std::move(*runs);
    }
    if (options.json) print_json(out);
    return code;
}

}  // namespace

void add_compat(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<CompatOptions>();
    auto* command = app.add_subcommand(
        "compat", "say what a new version of a program means for runs of the old one");
    command->add_option("OLD", options->old_file, "the program before (.wf)")->required();
    command->add_option("NEW", options->new_file, "the program now (.wf)")->required();
    command->add_option("--runs", options->runs,
                        "a store: look at each of its runs that has not ended");
    command->add_option("--config", options->config, "weft.toml of that store");
    command->add_flag("--json", options->json, "print JSON");
    choose(*command, chosen, options, compat);
}

}  // namespace weft::cli
