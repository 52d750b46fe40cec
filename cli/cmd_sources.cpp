// weft dump, weft explain, weft schema: what a program is made of, what a diagnostic means.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/source.h"
#include "weft/tools.h"

namespace weft::cli {
namespace {

struct DumpOptions {
    std::string file;
    bool tree = false;
    bool ir = false;
    bool bytecode = false;
};

int dump(const DumpOptions& options) {
    auto readable = check_source_path(options.file);
    if (!readable) return report(readable.error());
    auto kind = options.tree ? DumpKind::Tree : options.ir ? DumpKind::Ir : DumpKind::Bytecode;
    auto dumped = dump_file(options.file, kind, terminal_of(stderr).colour);
    print(dumped.text);
    say(stderr, "{}", dumped.diagnostics);
    return dumped.ok ? kSuccess : kSourceErrors;
}

struct ExplainOptions {
    std::string name;
    bool json = false;
};

const char* severity_text(DiagnosticSeverity severity) {
    switch (severity) {
        case DiagnosticSeverity::Error:
            return "error";
        case DiagnosticSeverity::Warning:
            return "warning";
        case DiagnosticSeverity::Hint:
            return "hint";
    }
    return "";
}

Json to_json(const ExplainedDiagnostic& item) {
    return {{"code", item.code},
            {"name", item.name},
            {"severity", severity_text(item.severity)},
            {"summary", item.summary},
            {"cause", item.cause},
            {"bad", item.bad},
            {"good", item.good},
            {"cure", item.cure}};
}

// Words set in lines of at most `width` columns.
std::string wrap(const std::string& text, std::size_t width) {
    std::string out;
    std::string line;
    std::size_t at = 0;
    while (at < text.size()) {
        auto end = std::min(text.find(' ', at), text.size());
        std::string word = text.substr(at, end - at);
        if (!line.empty() && display_width(line) + 1 + display_width(word) > width) {
            out += line + "\n";
            line.clear();
        }
        if (!line.empty()) line += " ";
        line += word;
        at = end + 1;
    }
    return line.empty() ? out : out + line + "\n";
}

std::string indent(const std::string& text) {
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
        auto end = std::min(text.find('\n', at), text.size());
        out += "    " + text.substr(at, end - at) + "\n";
        at = end + 1;
    }
    return out;
}

int explain_all(bool json) {
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows;
    for (const auto& item : explained_diagnostics()) {
        if (json) list.push_back(to_json(item));
        rows.push_back({item.code, severity_text(item.severity), item.name, item.summary});
    }
    if (json) {
        print_json(list);
    } else {
        print(table(rows));
    }
    return kSuccess;
}

int explain(const ExplainOptions& options) {
    if (options.name.empty()) return explain_all(options.json);
    auto item = explain_diagnostic(options.name);
    if (!item) return report(item.error());
    if (options.json) {
        print_json(to_json(*item));
        return kSuccess;
    }
    auto terminal = terminal_of(stdout);
    std::size_t width = std::min<std::size_t>(terminal.width, 90);
    auto title = [&](const char* text) { return paint(Tone::Bold, text, terminal.colour) + "\n"; };
    print(fmt::format("{} {} ({})\n{}\n", item->code,
                      paint(Tone::Bold, item->name, terminal.colour), severity_text(item->severity),
                      wrap(item->summary, width)));
    if (!item->cause.empty()) print(title("Cause") + wrap(item->cause, width) + "\n");
    if (!item->bad.empty()) print(title("Gives it") + indent(item->bad) + "\n");
    if (!item->good.empty()) print(title("Does not") + indent(item->good) + "\n");
    if (!item->cure.empty()) print(title("Cure") + wrap(item->cure, width));
    return kSuccess;
}

struct SchemaOptions {
    std::string file;
    std::string type;
    std::string input;
};

Result<std::string> schema_text(const SchemaOptions& options, int& code) {
    if (options.input.empty()) {
        auto readable = check_source_path(options.file);
        if (!readable) return std::unexpected(readable.error());
        return type_schema(options.file, options.type);
    }
    auto program = compile_or_report(options.file, code);
    if (!program) return std::string();
    std::string names;
    for (const auto& workflow : program->workflows()) {
        if (workflow.name == options.input) return workflow.input_schema;
        names += (names.empty() ? "" : ", ") + workflow.name;
    }
    return std::unexpected(Error{
        ErrorKind::NotFound, fmt::format("{} has no workflow `{}`", options.file, options.input),
        "workflows: " + names});
}

int schema(const SchemaOptions& options) {
    if (options.type.empty() == options.input.empty()) {
        return report({ErrorKind::Usage, "name a type, or a workflow with --input",
                       "`weft schema FILE TYPE` or `weft schema FILE --input WORKFLOW`"});
    }
    int code = kSuccess;
    auto text = schema_text(options, code);
    if (!text) return report(text.error());
    if (code == kSuccess) print_json(Json::parse(*text, nullptr, false));
    return code;
}

}  // namespace

void add_dump(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<DumpOptions>();
    auto* command = app.add_subcommand("dump", "what the compiler makes of a program");
    command->add_option("FILE", options->file, "the program (.wf)")->required();
    auto* kind = command->add_option_group("kind");
    kind->add_flag("--tree", options->tree, "the syntax tree");
    kind->add_flag("--ir", options->ir, "the typed intermediate form");
    kind->add_flag("--bytecode", options->bytecode, "the instructions");
    kind->require_option(1);
    choose(*command, chosen, options, dump);
}

void add_explain(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<ExplainOptions>();
    auto* command = app.add_subcommand("explain", "what a diagnostic means and how to cure it");
    command->add_option("NAME", options->name, "its name or code; without it all are listed");
    command->add_flag("--json", options->json, "print JSON");
    choose(*command, chosen, options, explain);
}

void add_schema(CLI::App& app, Chosen& chosen) {
    auto options = std::make_shared<SchemaOptions>();
    auto* command = app.add_subcommand("schema", "the JSON Schema of a type or of an input");
    command->add_option("FILE", options->file, "the program (.wf)")->required();
    command->add_option("TYPE", options->type, "a type that it declares");
    command->add_option("--input", options->input, "a workflow: the schema of its input");
    choose(*command, chosen, options, schema);
}

}  // namespace weft::cli
