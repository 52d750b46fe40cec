// Tools over sources and programs, for a command line or an editor: layout, dumps, explanations,
// schemas, and what a client needs to speak the store's protocol. Nothing here runs a workflow.
#pragma once

#include <memory>
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

// The flows of a program's workflows for people who know the process and not the language.
enum class PlanFormat { Text, Mermaid, Svg };
// `workflow`: one of them; empty: all. A program with errors is Usage, no such workflow NotFound.
Result<std::string> plan_file(const std::string& path, PlanFormat format,
                              const std::string& workflow = "");

// What another version of a program means for runs of it that are in flight (docs/language.md).
struct CompatFinding {
    std::string code;       // "WF7003"; empty where nothing can be the worse for it
    std::string name;       // "breaking-in-flight"
    std::string cls;        // safe, adopts, migrates or breaks
    std::string construct;  // "step order.charge"
    std::string what;
    std::string reason;
    std::string old_place;  // "order.wf:12"; empty when it is not there
    std::string new_place;
};
struct Compatibility {
    std::string old_hash;  // of the programs, 64 hex digits
    std::string new_hash;
    std::vector<CompatFinding> findings;
    std::shared_ptr<const Program> program;  // the new one
};
// A program with errors is Usage.
Result<Compatibility> compare_files(const std::string& old_path, const std::string& new_path);

// Parameters of a request that brings a program: image, ir and source.
std::string program_parameters(const Program& program);
// Parameters of the request `start` (docs/protocol.md) without its input.
std::string start_parameters(const Program& program, std::string_view workflow);

// For programs that read JSON into doubles: before parsing, numbers that a double can't hold become
// marked strings; in what is written afterwards they become the same numbers again.
std::string hide_numbers(std::string_view json);
std::string reveal_numbers(std::string json);

// What others have written, for a line that people read: control characters, line ends and what
// turns the direction of writing become escapes, so that nothing of it looks like a line of ours.
std::string one_line(std::string_view text);

// The store that the file at this path is part of, or would be if it were there: its database, its
// keys, what stands beside them under their names. Links are not followed. Empty: of none.
std::string store_of_file(const std::string& path);

// Bytes as JSON carries them: base64 of RFC 4648 with padding.
std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

}  // namespace weft
