// Compiling: `.wf` source to a program that an engine can run. Diagnostics are values; nothing here
// prints or throws.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/error.h"

namespace weft {

enum class DiagnosticSeverity { Error, Warning, Hint };

// Bytes begin..end of a file, replaced.
struct SourceEdit {
    std::string file;
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string text;
};
struct SourceFix {
    std::string title;
    bool is_safe = false;  // may be applied unasked
    std::vector<SourceEdit> edits;
};

struct SourceDiagnostic {
    std::string code;  // "WF1001"
    std::string name;  // "unknown-name"
    DiagnosticSeverity severity = DiagnosticSeverity::Error;
    std::string message;
    std::string file;
    unsigned line = 0;    // from 1
    unsigned column = 0;  // from 1, in code points
    std::optional<SourceFix> fix;
};

struct WorkflowInfo {
    std::string name;
    std::string doc;
    std::string input_schema;  // JSON Schema of the input object
};

struct ScheduleInfo {
    std::string name;
    std::string workflow;
    std::string when;  // for people: "at 06:00 in Europe/Zurich, overlap skip"
};

// A compiled program; cheap to copy.
class Program {
  public:
    [[nodiscard]] const std::vector<WorkflowInfo>& workflows() const;
    [[nodiscard]] const std::vector<ScheduleInfo>& schedules() const;
    [[nodiscard]] std::string program_hash() const;  // 64 hex digits: names the program
    [[nodiscard]] std::string image_hash() const;

    struct Data;  // api/program_data.h
    explicit Program(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
    [[nodiscard]] const Data& data() const { return *data_; }

  private:
    std::shared_ptr<const Data> data_;
};

struct Compilation {
    std::vector<SourceDiagnostic> diagnostics;  // sorted by file and place
    std::string text;                           // all of them for people, with source excerpts
    std::string json;                           // all of them as a JSON array
    std::string sarif_results;                  // the same as SARIF 2.1.0 results: sarif_log()
    std::string bounds;                         // what runs can use, for people; empty on errors
    std::string bounds_json;                    // a JSON array, one object a workflow
    std::shared_ptr<const Program> program;     // null when there is an error
};

// Reads the file, the modules it uses (relative to it) and the standard library's.
Compilation compile_file(const std::string& path, bool colour = false);
// The same, and what of it runs and callers of another version of it may not survive (WF7). That
// one must be free of errors, else it is Usage.
Result<Compilation> compile_against(const std::string& path, const std::string& old_path,
                                    bool colour = false);
// The same for a text in memory; `path` names it in messages and is the base of relative imports.
Compilation compile_text(const std::string& path, std::string text, bool colour = false);

}  // namespace weft
