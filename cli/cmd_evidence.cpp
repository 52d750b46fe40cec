// weft audit export, proof, checkpoint, keys: what a store gives to those who want proof.
#include <fmt/format.h>

#include <filesystem>

#include "cli/audit_commands.h"
#include "cli/exit_codes.h"
#include "cli/input.h"
#include "cli/output_file.h"
#include "weft/tools.h"

namespace weft::cli {
namespace {

struct ExportOptions {
    StoreCommand common;
    std::string run;
    std::string out;
    std::string witness;
    bool no_payloads = false;
};

int export_run(const ExportOptions& options) {
    Json params = {{"run", options.run}, {"no_payloads", options.no_payloads}};
    if (!options.witness.empty()) {
        auto text = read_text(options.witness);
        if (!text) return report(text.error());
        params["witness"] = std::move(*text);
    }
    const std::string path = options.out.empty() ? options.run + ".bundle" : options.out;
    // Before it stands in the log that it was handed out.
    auto file = OutputFile::open(path, Readers::Owner);
    if (!file) return report(file.error());
    auto answer = ask(options.common.store, "export", std::move(params));
    if (!answer) return report(answer.error());
    auto bytes = from_base64(answer->value("bundle", ""));
    if (!bytes) return report({ErrorKind::Corrupt, "the bundle did not arrive whole", ""});
    // Nothing comes between what is printed there.
    std::FILE* told = is_standard_output(path) ? stderr : stdout;
    auto written = file->finish(*bytes);
    if (!written) return report(written.error());
    if (options.common.json) {
        answer->erase("bundle");
        (*answer)["file"] = path;
        say(told, "{}\n", pretty_json(*answer));
        return kSuccess;
    }
    const auto runs = answer->value("runs", std::uint64_t{0});
    say(told, "{}: {} records of {} run{}, {} bytes\n", path,
        answer->value("records", std::uint64_t{0}), runs, runs == 1 ? "" : "s", bytes->size());
    say(told, "signed by {}\n", answer->value("key", ""));
    say(told, "check it with `weft audit verify {} --key KEY`\n", shell_word(path));
    return kSuccess;
}

struct ProofOptions {
    StoreCommand common;
    std::string run;
    std::int64_t seq = -1;
};

int proof(const ProofOptions& options) {
    Json params = {{"run", options.run}};
    if (options.seq >= 0) params["seq"] = options.seq;
    auto answer = ask(options.common.store, "proof", std::move(params));
    if (!answer) return report(answer.error());
    if (options.common.json) {
        print_json(*answer);
    } else {
        print(answer->value("proof", ""));
    }
    return kSuccess;
}

struct PlainOptions {
    StoreCommand common;
};

int checkpoint(const PlainOptions& options) {
    auto answer = ask(options.common.store, "checkpoint", Json::object());
    if (!answer) return report(answer.error());
    if (options.common.json) {
        print_json(*answer);
    } else {
        print(answer->value("checkpoint", ""));
    }
    return kSuccess;
}

struct KeysOptions {
    StoreCommand common;
    std::string run;
    bool all = false;
};

int keys(const KeysOptions& options) {
    Json params = {{"all", options.all}};
    if (!options.run.empty()) params["run"] = options.run;
    auto answer = ask(options.common.store, "keys", std::move(params));
    if (!answer) return report(answer.error());
    if (options.common.json) {
        print_json(*answer);
        return kSuccess;
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& key : (*answer)["keys"]) {
        std::string use =
            key.contains("use")
                ? fmt::format("{}, generation {}", key.value("use", ""), key.value("generation", 0))
                : "";
        rows.push_back({key.value("key", ""), short_run(key.value("run", "")),
                        std::to_string(key.value("call", std::uint64_t{0})),
                        key.value("worker", ""), key.value("class", ""), key.value("direction", ""),
                        fmt::format("{} sent", key.value("attempts", 0)), key.value("state", ""),
                        use});
    }
    print(rows.empty() ? "no effect was called\n" : table(rows));
    print(fmt::format("{} keys, {} duplicates suppressed, {} open doubts\n", rows.size(),
                      answer->value("suppressed", std::uint64_t{0}),
                      answer->value("doubts", std::uint64_t{0})));
    return kSuccess;
}

}  // namespace

void add_evidence(CLI::App& audit, Chosen& chosen) {
    auto bundle = std::make_shared<ExportOptions>();
    auto* command = audit.add_subcommand("export", "a run as a file that proves itself");
    command->add_option("RUN", bundle->run, "the run; its sub-runs go with it")->required();
    command->add_option("-o,--out", bundle->out, "FILE (default: RUN.bundle)");
    command->add_option("--witness", bundle->witness,
                        "FILE with checkpoints seen earlier, which the bundle is to continue");
    command->add_flag("--no-payloads", bundle->no_payloads,
                      "hashes, proofs and signatures without the data");
    command->add_option("--as", bundle->common.store.actor, "who takes it, if not you");
    add_store_options(*command, bundle->common);
    choose(*command, chosen, bundle, export_run);

    auto one = std::make_shared<ProofOptions>();
    command = audit.add_subcommand("proof", "that one record stands in the signed log");
    command->add_option("RUN", one->run, "the run")->required();
    command->add_option("SEQ", one->seq, "the record's number (default: the run's last)")
        ->check(record_number());
    add_store_options(*command, one->common);
    choose(*command, chosen, one, proof);

    auto plain = std::make_shared<PlainOptions>();
    command = audit.add_subcommand("checkpoint", "sign the log as it is now, and print that");
    add_store_options(*command, plain->common);
    choose(*command, chosen, plain, checkpoint);

    auto sent = std::make_shared<KeysOptions>();
    command = audit.add_subcommand("keys", "the keys that receivers were sent, and their uses");
    command->add_option("RUN", sent->run, "of one run (default: of all)");
    command->add_flag("--all", sent->all, "also calls that only read");
    add_store_options(*command, sent->common);
    choose(*command, chosen, sent, keys);
}

}  // namespace weft::cli
