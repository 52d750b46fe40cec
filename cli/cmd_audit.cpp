// weft audit verify: hashes, protocol, re-execution of a whole store, or of a bundle without one.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "cli/audit_commands.h"
#include "cli/exit_codes.h"
#include "cli/input.h"
#include "cli/output_file.h"
#include "weft/audit.h"

namespace weft::cli {
namespace {

struct AuditOptions {
    StoreCommand common;
    int level = 3;
    std::string bundle;   // a file; empty: the store
    std::string key;      // a verifier key or a file with it
    std::string witness;  // FILE
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

int print_verdict(const Json& answer, std::string_view what) {
    bool colour = terminal_of(stdout).colour;
    if (answer.value("ok", false)) {
        print(paint(Tone::Good, fmt::format("the {} verifies", what), colour) + "\n");
        return kSuccess;
    }
    auto count = answer["findings"].size();
    print(paint(Tone::Bad, fmt::format("{} finding{}", count, count == 1 ? "" : "s"), colour) +
          "\n");
    print_findings(answer["findings"]);
    return kCorrupt;
}

// What the witness file holds so far, to which the newest checkpoint is to be added; a new one
// holds nothing.
Result<std::string> witness_text(const std::string& path) {
    if (path.empty()) return "";
    if (auto allowed = refuse_store_file(path); !allowed) return std::unexpected(allowed.error());
    std::error_code code;
    const auto there = std::filesystem::status(path, code);
    if (!std::filesystem::exists(there)) return "";
    if (!std::filesystem::is_regular_file(there)) {
        return std::unexpected(
            Error{ErrorKind::Usage, path + " is no regular file, so it keeps no checkpoints", ""});
    }
    return read_text(path);
}

Result<Json> verify_store(const AuditOptions& options) {
    auto witness = witness_text(options.witness);
    if (!witness) return std::unexpected(witness.error());
    auto session = Session::open(options.common.store, Use::Look);
    if (!session) return std::unexpected(session.error());
    const auto seen = witness->size();
    auto answer =
        session->request("verify", {{"level", options.level}, {"witness", std::move(*witness)}});
    if (!answer) return answer;
    if (!options.witness.empty() && answer->value("ok", false)) {
        auto checkpoint = session->request("checkpoint");
        if (!checkpoint) return checkpoint;
        // A piece of a checkpoint whose writer died goes; what came meanwhile is others' and stays.
        std::error_code code;
        const auto whole = answer->value("witness_bytes", std::uintmax_t{0});
        auto before = std::filesystem::file_size(options.witness, code);
        if (code) before = 0;
        if (whole < seen && before == seen) {
            std::filesystem::resize_file(options.witness, whole, code);
            before = whole;
        }
        std::ofstream out(options.witness, std::ios::binary | std::ios::app);
        out << checkpoint->value("checkpoint", "");
        out.close();
        if (!out) {
            // Nor is one left.
            std::filesystem::resize_file(options.witness, before, code);
            return std::unexpected(
                Error{ErrorKind::Environment, options.witness + " can't be written", ""});
        }
        (*answer)["witness"] = options.witness;
    }
    auto closed = session->close();
    if (!closed) return std::unexpected(closed.error());
    return answer;
}

Result<std::string> verifier_key(const AuditOptions& options) {
    std::error_code code;
    if (!std::filesystem::exists(options.key, code)) return options.key;
    auto text = read_text(options.key);
    while (text && text->ends_with('\n')) text->pop_back();
    if (text && text->empty()) {
        return std::unexpected(Error{ErrorKind::Usage, options.key + " holds no key", ""});
    }
    return text;
}

int verify_bundle_file(const AuditOptions& options) {
    auto bytes = read_text(options.bundle);
    if (!bytes) return report(bytes.error());
    auto key = verifier_key(options);
    if (!key) return report(key.error());
    auto witness = options.witness.empty() ? "" : read_text(options.witness);
    if (!witness) return report(witness.error());
    auto text = verify_bundle(*bytes, {*key, *witness, options.level});
    if (!text) return report(text.error());
    auto answer = Json::parse(*text);
    bool ok = answer.value("ok", false);
    if (options.common.json) {
        print_json(answer);
        return ok ? kSuccess : kCorrupt;
    }
    print(fmt::format("key          {}{}\n", answer.value("key", ""),
                      answer.value("trusted", false) ? "" : "  (the bundle's own word)"));
    print(fmt::format("tree         {} records\n", answer.value("tree_size", std::uint64_t{0})));
    for (const auto& run : answer["runs"]) {
        print(fmt::format("run          {}  {}, {} records, {} erased{}\n",
                          short_run(run.value("run", "")), run.value("status", "goes on"),
                          run.value("records", std::uint64_t{0}),
                          run.value("erased", std::uint64_t{0}),
                          run.value("executed", false) ? ", executed again" : ""));
    }
    for (const auto& decision : answer["decisions"]) {
        print(fmt::format("signed       record {} by {}, key {}\n",
                          decision.value("seq", std::uint64_t{0}), plain(decision, "by"),
                          decision.value("key", "")));
    }
    if (answer.value("witnessed", 0) > 0) {
        print(fmt::format("witnessed    {} checkpoints\n", answer.value("witnessed", 0)));
    }
    return print_verdict(answer, "bundle");
}

int verify(const AuditOptions& options) {
    if (!options.bundle.empty()) return verify_bundle_file(options);
    if (!options.key.empty()) {
        return report({ErrorKind::Usage, "`--key` is for a bundle, and none is named",
                       "a store has its key itself"});
    }
    auto answer = verify_store(options);
    if (!answer) return report(answer.error());
    bool ok = answer->value("ok", false);
    if (options.common.json) {
        print_json(*answer);
        return ok ? kSuccess : kCorrupt;
    }
    print(fmt::format("records      {}\n", answer->value("records", std::uint64_t{0})));
    print(fmt::format("payloads     {}, {} erased\n", answer->value("payloads", std::uint64_t{0}),
                      answer->value("erased", std::uint64_t{0})));
    print(fmt::format("checkpoints  {}\n", answer->value("checkpoints", std::uint64_t{0})));
    if (options.level >= 2) {
        const auto runs = answer->value("runs", std::uint64_t{0});
        const auto executed = answer->value("executed", std::uint64_t{0});
        const auto again = options.level < 3  ? std::string()
                           : executed == runs ? std::string(", each executed again")
                                              : fmt::format(", {} executed again", executed);
        print(fmt::format("runs         {}{}\n", runs, again));
    }
    if (answer->value("witnessed", 0) > 0) {
        print(fmt::format("witnessed    {} checkpoints\n", answer->value("witnessed", 0)));
    }
    return print_verdict(*answer, "store");
}

}  // namespace

void add_audit(CLI::App& app, Chosen& chosen) {
    auto* audit = app.add_subcommand("audit", "prove that the store is what was written");
    audit->require_subcommand(1);
    auto options = std::make_shared<AuditOptions>();
    auto* command = audit->add_subcommand("verify", "check the whole store, or a bundle");
    command->add_option("BUNDLE", options->bundle,
                        "a file that `weft audit export` made; without it the store is checked");
    command->add_option("--key", options->key,
                        "the store's verifier key, or a file with it: known from elsewhere");
    command->add_option("--witness", options->witness,
                        "FILE with checkpoints seen earlier: the log must still be that one; "
                        "of a store that is, the newest is added");
    command
        ->add_option("--level", options->level,
                     "1 hashes, proofs, signatures; 2 also the protocol; 3 also executes all again")
        ->check(CLI::Range(1, 3));
    add_store_options(*command, options->common);
    choose(*command, chosen, options, verify);
    add_evidence(*audit, chosen);
    add_erasure(*audit, chosen);
}

}  // namespace weft::cli
