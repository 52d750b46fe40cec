// Mistakes in source, as values. The phases collect them and go on; they never throw or print.
// Wording: lower case, no full stop, `code` in backticks, states what was observed, names the
// entity, stands alone without the excerpt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"

namespace weft {

enum class Severity { Error, Warning, Hint };

enum class DiagnosticCode : std::uint16_t {
#define X(code, Name, name, severity, summary) Name = code,
#include "base/diagnostics.def"
#undef X
};

struct DiagnosticInfo {
    DiagnosticCode code;
    std::string_view name;  // "unknown-name"
    Severity severity;
    std::string_view summary;
};

const DiagnosticInfo& info(DiagnosticCode code);
// What has to be looked at to find it.
enum class FoundIn { Program, Tests, Versions };  // one program; its tests run; one and another
FoundIn found_in(DiagnosticCode code);
const std::vector<DiagnosticInfo>& all_diagnostics();
// "WF1001"
std::string code_text(DiagnosticCode code);

// Whether a tool may apply a fix without asking.
enum class Applicability { Safe, MaybeWrong, HasGaps };

struct Edit {
    Span span;  // replaced; empty for an insertion
    std::string text;
};

struct Fix {
    std::string title;
    std::vector<Edit> edits;
    Applicability applicability = Applicability::MaybeWrong;
};

struct Label {
    Span span;
    std::string text;
};

struct Diagnostic {
    DiagnosticCode code;
    Span span;  // primary: always in the author's code
    std::string message;
    std::string label;  // short text beside the primary span; may be empty
    std::vector<Label> secondary;
    std::vector<std::string> notes;  // the cause
    std::string help;                // the cure
    std::optional<Fix> fix;
    // What it may come of, by names that only its reporter knows: messages that share one may be
    // one mistake.
    std::vector<std::string> origins = {};
};

class Diagnostics {
  public:
    // The returned reference is for adding labels, notes, help; valid until the next report.
    Diagnostic& report(DiagnosticCode code, Span span, std::string message);
    [[nodiscard]] bool has_errors() const;
    [[nodiscard]] const std::vector<Diagnostic>& items() const { return items_; }
    // By file and offset, then code: the order in which they are shown.
    void sort();
    void remove_if(bool (*predicate)(const Diagnostic&, const void*), const void* context);

  private:
    std::vector<Diagnostic> items_;
};

enum class Colour { Never, Always };

// For people: title, source excerpt with carets and labels, notes, help.
std::string render(const Diagnostic& diagnostic, const SourceSet& sources, Colour colour);
// One JSON array of all, positions as line and column.
std::string render_json(const Diagnostics& diagnostics, const SourceSet& sources);

// The nearest of `candidates` to `word`, if one is near enough to be what was meant.
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

// Whether two words are one slip of the finger apart: a letter more, less, another, or two swapped.
bool is_slip(std::string_view a, std::string_view b);

}  // namespace weft
