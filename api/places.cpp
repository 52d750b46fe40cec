#include "api/places.h"

namespace weft {

TestPlace place_of(const SourceSet& sources, Span span) {
    if (!span.file.has_value()) return {};
    const auto& file = sources[span.file];
    const auto at = file.position(span.begin);
    return {file.path(), at.line, at.column, std::string(file.line(at.line))};
}

void add_rendered(const Diagnostics& diagnostics, const SourceSet& sources, bool colour,
                  std::string& out) {
    for (const auto& d : diagnostics.items()) {
        if (!out.empty()) out += "\n";
        out += render(d, sources, colour ? Colour::Always : Colour::Never);
    }
}

}  // namespace weft
