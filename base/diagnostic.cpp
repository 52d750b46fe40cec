#include "base/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace weft {

const std::vector<DiagnosticInfo>& all_diagnostics() {
    static const std::vector<DiagnosticInfo> table = {
#define X(code, Name, name, severity, summary) \
    {DiagnosticCode::Name, name, Severity::severity, summary},
#include "base/diagnostics.def"
#undef X
    };
    return table;
}

const DiagnosticInfo& info(DiagnosticCode code) {
    for (const auto& row : all_diagnostics()) {
        if (row.code == code) return row;
    }
    WEFT_CHECK(false);
}

FoundIn found_in(DiagnosticCode code) {
    switch (code) {
        case DiagnosticCode::GateRungUntested:
        case DiagnosticCode::CompensationUntested:
            return FoundIn::Tests;
        case DiagnosticCode::BreakingInput:
        case DiagnosticCode::BreakingInFlight:
        case DiagnosticCode::EnumValueRemoved:
        case DiagnosticCode::SignalRemoved:
        case DiagnosticCode::CompensationChangedInFlight:
        case DiagnosticCode::WorkflowRemoved:
        case DiagnosticCode::OutputChanged:
        case DiagnosticCode::SignalRetyped:
        case DiagnosticCode::StepMoved:
        case DiagnosticCode::StepAdded:
            return FoundIn::Versions;
        default:
            return FoundIn::Program;
    }
}

std::string code_text(DiagnosticCode code) {
    return fmt::format("WF{:04}", static_cast<unsigned>(code));
}

Diagnostic& Diagnostics::report(DiagnosticCode code, Span span, std::string message) {
    items_.push_back(Diagnostic{code, span, std::move(message), {}, {}, {}, {}, {}});
    return items_.back();
}

bool Diagnostics::has_errors() const {
    return std::any_of(items_.begin(), items_.end(), [](const Diagnostic& d) {
        return info(d.code).severity == Severity::Error;
    });
}

void Diagnostics::sort() {
    std::stable_sort(items_.begin(), items_.end(), [](const Diagnostic& a, const Diagnostic& b) {
        return std::tuple(a.span.file, a.span.begin, a.code) <
               std::tuple(b.span.file, b.span.begin, b.code);
    });
}

void Diagnostics::remove_if(bool (*predicate)(const Diagnostic&, const void*),
                            const void* context) {
    std::erase_if(items_, [&](const Diagnostic& d) { return predicate(d, context); });
}

namespace {

// Damerau-Levenshtein distance (optimal string alignment), for words of a few dozen letters.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
            }
        }
    }
    return d[a.size()][b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates) {
    if (word.size() > 64) return std::nullopt;
    std::optional<std::string> best;
    std::size_t best_distance = word.size() <= 3 ? 1 : word.size() <= 6 ? 2 : 3;
    for (const auto& candidate : candidates) {
        if (candidate.size() > 64 || candidate == word) continue;
        std::size_t distance = edit_distance(word, candidate);
        if (distance < best_distance || (distance == best_distance && !best)) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

bool is_slip(std::string_view a, std::string_view b) {
    if (a.size() > b.size()) std::swap(a, b);
    if (a == b || b.size() - a.size() > 1) return false;
    std::size_t at = 0;
    while (at < a.size() && a[at] == b[at]) ++at;
    if (a.size() < b.size()) return a.substr(at) == b.substr(at + 1);
    if (a.substr(at + 1) == b.substr(at + 1)) return true;
    return at + 1 < a.size() && a[at] == b[at + 1] && a[at + 1] == b[at] &&
           a.substr(at + 2) == b.substr(at + 2);
}

}  // namespace weft
