#include "compiler/check/edits.h"

#include "grammar/scan.h"

namespace weft::check {

bool stands_alone(const SourceSet& sources, Span span) {
    std::string_view text = sources[span.file].text();
    std::uint32_t begin = scan::line_begin(text, span.begin);
    std::uint32_t after = scan::skip_blanks(text, span.end);
    return begin + scan::indent(text, span.begin) == span.begin &&
           (after >= text.size() || text[after] == '\n');
}

Edit removal(const SourceSet& sources, Span span) {
    std::string_view text = sources[span.file].text();
    if (!stands_alone(sources, span)) {
        std::uint32_t begin = span.begin;
        while (begin > 0 && scan::is_blank(text[begin - 1])) --begin;
        return {{span.file, begin, span.end}, ""};
    }
    std::uint32_t begin = scan::line_begin(text, span.begin);
    std::uint32_t end = scan::skip_blanks(text, span.end);
    if (end < text.size()) ++end;
    bool empty_before =
        begin == 0 || (begin >= 2 && text[begin - 1] == '\n' && text[begin - 2] == '\n');
    if (empty_before && scan::at(text, end) == '\n') ++end;
    return {{span.file, begin, end}, ""};
}

}  // namespace weft::check
