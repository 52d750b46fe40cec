// Tools over sources and programs, for a command line or an editor: layout, dumps, explanations,
// schemas, and what a client needs to speak the store's protocol. Nothing here runs a workflow.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/program.h"

namespace weft {

struct FormattedSource {
    std::string text;  // in the one canonical layout; the source as it is when it has errors
    bool ok = false;
    std::string diagnostics;  // for people, with source excerpts
};
FormattedSource format_source(const std::string& path, std::string text, bool colour = false);

enum class DumpKind { Tree, Ir, Bytecode };
struct DumpedProgram {
    std::string text;  // empty when there are errors (a tree is always there)
    bool ok = false;
    std::string diagnostics;
};
DumpedProgram dump_file(const std::string& path, DumpKind kind, bool colour = false);

struct ExplainedDiagnostic {
    std::string code;  // "WF1001"
    std::string name;  // "unknown-name"
    DiagnosticSeverity severity = DiagnosticSeverity::Error;
    std::string summary;
    std::string cause;  // this and the rest may be empty
    std::string bad;    // a program that gives it
    std::string good;   // the cured program
    std::string cure;
};
// All of them, by code.
std::vector<ExplainedDiagnostic> explained_diagnostics();
// By name or code, letters of any case; NotFound names the nearest.
Result<ExplainedDiagnostic> explain_diagnostic(std::string_view name_or_code);

// JSON Schema (draft 2020-12) of a type that the file or one of its modules declares. A program
// with errors is Usage, its diagnostics are in the message.
Result<std::string> type_schema(const std::string& path, const std::string& type);

// A SARIF 2.1.0 log around the results of compilations (Compilation::sarif_results).
std::string sarif_log(const std::vector<std::string>& results);

// Parameters of the request `start` (docs/protocol.md) without its input.
std::string start_parameters(const Program& program, std::string_view workflow);

// For programs that read JSON into doubles: before parsing, numbers that a double can't hold become
// marked strings; in what is written afterwards they become the same numbers again.
std::string hide_numbers(std::string_view json);
std::string reveal_numbers(std::string json);

// Bytes as JSON carries them: base64 of RFC 4648 with padding.
std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

}  // namespace weft
