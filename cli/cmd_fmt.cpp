// weft fmt: programs in the one canonical layout.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/diff.h"
#include "cli/exit_codes.h"
#include "cli/input.h"
#include "cli/output_file.h"
#include "weft/tools.h"

namespace weft::cli {
namespace {

struct FmtOptions {
    std::vector<std::string> files;
    bool check = false;
    bool diff = false;
};

Result<int> format_one(const std::string& path, const FmtOptions& options) {
    auto source = read_text(path);
    if (!source) return std::unexpected(source.error());
    std::string name = path == "-" ? "standard input" : path;
    auto formatted = format_source(name, *source, terminal_of(stderr).colour);
    if (!formatted.ok) {
        say(stderr, "{}weft: {} has syntax errors and was left as it is\n", formatted.diagnostics,
            name);
        return kSourceErrors;
    }
    bool same = formatted.text == *source;
    if (options.diff) print(unified_diff(name, name + " (formatted)", *source, formatted.text));
    if (options.check) {
        if (!same) print(fmt::format("{} is not in the canonical layout\n", name));
        return same ? kSuccess : kSourceErrors;
    }
    if (options.diff) return kSuccess;
    if (path == "-") {
        print(formatted.text);
        return kSuccess;
    }
    if (same) return kSuccess;
    auto written = write_file(path, formatted.text);
    if (!written) return std::unexpected(written.error());
    print(fmt::format("formatted {}\n", path));
    return kSuccess;
}

int format_all(const FmtOptions& given) {
    FmtOptions options = given;
    if (options.files.empty()) options.files.emplace_back("-");
    int code = kSuccess;
    for (const auto& path : options.files) {
        auto one = format_one(path, options);
        code = std::max(code, one ? *one : report(one.error()));
    }
    return code;
}

}  // namespace

void add_fmt(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<FmtOptions>();
    auto* command = app.add_subcommand("fmt", "lay programs out in the one canonical way");
    command->add_option("FILE", options->files,
                        "programs (.wf), changed in place; - is standard input");
    command->add_flag("--check", options->check, "change nothing, say which ones differ");
    command->add_flag("--diff", options->diff, "change nothing, show what would change");
    choose(*command, chosen, options, format_all);
}

}  // namespace weft::cli
