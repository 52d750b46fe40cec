// weft audit verify: hashes, protocol, re-execution of a whole store.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_codes.h"

namespace weft::cli {
namespace {

struct AuditOptions {
    StoreCommand common;
    int level = 3;
};

void print_findings(const Json& findings) {
    for (const auto& finding : findings) {
        std::string where = finding.value("table", "") + " " + finding.value("row", "");
        if (finding.contains("run")) where += ", run " + short_run(finding.value("run", ""));
        if (finding.contains("seq")) {
            where += ", record " + std::to_string(finding["seq"].get<std::uint64_t>());
        }
        print(fmt::format("  {}: {}\n", where, finding.value("what", "")));
    }
}

int verify(const AuditOptions& options) {
    auto answer = ask(options.common.store, "verify", {{"level", options.level}});
    if (!answer) return report(answer.error());
    bool ok = answer->value("ok", false);
    if (options.common.json) {
        print_json(*answer);
        return ok ? kSuccess : kCorrupt;
    }
    bool colour = terminal_of(stdout).colour;
    print(fmt::format("records      {}\n", answer->value("records", std::uint64_t{0})));
    print(fmt::format("payloads     {}, {} erased\n", answer->value("payloads", std::uint64_t{0}),
                      answer->value("erased", std::uint64_t{0})));
    print(fmt::format("checkpoints  {}\n", answer->value("checkpoints", std::uint64_t{0})));
    if (options.level >= 2) {
        print(fmt::format("runs         {}{}\n", answer->value("runs", std::uint64_t{0}),
                          options.level >= 3 ? ", each executed again" : ""));
    }
    if (ok) {
        print(paint(Tone::Good, "the store verifies", colour) + "\n");
        return kSuccess;
    }
    auto count = (*answer)["findings"].size();
    print(paint(Tone::Bad, fmt::format("{} finding{}", count, count == 1 ? "" : "s"), colour) +
          "\n");
    print_findings((*answer)["findings"]);
    return kCorrupt;
}

}  // namespace

void add_audit(CLI::App& app, Chosen& chosen) {
    auto* audit = app.add_subcommand("audit", "prove that the store is what was written");
    audit->require_subcommand(1);
    auto options = std::make_shared<AuditOptions>();
    auto* command = audit->add_subcommand("verify", "check the whole store");
    command
        ->add_option("--level", options->level,
                     "1 hashes, proofs, signatures; 2 also the protocol; 3 also executes all again")
        ->check(CLI::Range(1, 3));
    add_store_options(*command, options->common);
    choose(*command, chosen, options, verify);
}

}  // namespace weft::cli
