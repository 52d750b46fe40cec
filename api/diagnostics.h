// Diagnostics as the public headers have them: values, texts for people, JSON and SARIF. For the
// api layer alone.
#pragma once

#include "base/diagnostic.h"
#include "weft/program.h"

namespace weft {

DiagnosticSeverity public_severity(Severity severity);
// All of them for people, one below the other.
std::string render_all(const Diagnostics& diagnostics, const SourceSet& sources, bool colour);
// The JSON array of SARIF 2.1.0 results.
std::string render_sarif(const Diagnostics& diagnostics, const SourceSet& sources);
void put_diagnostics(const Diagnostics& diagnostics, const SourceSet& sources, bool colour,
                     Compilation& out);

}  // namespace weft
