#include "api/diagnostics.h"

namespace weft {
namespace {

std::vector<SourceEdit> edits_of(const Fix& fix, const SourceSet& sources) {
    std::vector<SourceEdit> out;
    for (const auto& edit : fix.edits) {
        out.push_back({sources[edit.span.file].path(), edit.span.begin, edit.span.end, edit.text});
    }
    return out;
}

}  // namespace

DiagnosticSeverity public_severity(Severity severity) {
    switch (severity) {
        case Severity::Error:
            return DiagnosticSeverity::Error;
        case Severity::Warning:
            return DiagnosticSeverity::Warning;
        case Severity::Hint:
            return DiagnosticSeverity::Hint;
    }
    return DiagnosticSeverity::Error;
}

std::string render_all(const Diagnostics& diagnostics, const SourceSet& sources, bool colour) {
    std::string out;
    for (const auto& d : diagnostics.items()) {
        if (!out.empty()) out += "\n";
        out += render(d, sources, colour ? Colour::Always : Colour::Never);
    }
    return out;
}

void put_diagnostics(const Diagnostics& diagnostics, const SourceSet& sources, bool colour,
                     Compilation& out) {
    for (const auto& d : diagnostics.items()) {
        SourceDiagnostic item;
        item.code = code_text(d.code);
        item.name = info(d.code).name;
        item.severity = public_severity(info(d.code).severity);
        item.message = d.message;
        if (d.span.file.has_value()) {
            const auto& file = sources[d.span.file];
            auto at = file.position(d.span.begin);
            item.file = file.path();
            item.line = at.line;
            item.column = at.column;
        }
        if (d.fix) {
            bool is_safe = d.fix->applicability == Applicability::Safe;
            item.fix = SourceFix{d.fix->title, is_safe, edits_of(*d.fix, sources)};
        }
        out.diagnostics.push_back(std::move(item));
    }
    out.text = render_all(diagnostics, sources, colour);
    out.json = render_json(diagnostics, sources);
    out.sarif_results = render_sarif(diagnostics, sources);
}

}  // namespace weft
