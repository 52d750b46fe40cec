#include "compiler/format/format.h"

#include "compiler/format/pieces.h"

namespace weft {

std::string format(const ParsedFile& file) {
    if (file.has_errors) return std::string(file.tree.text());
    auto pieces = format_detail::make_pieces(file.tree);
    return pieces.empty() ? std::string() : format_detail::print_pieces(pieces);
}

}  // namespace weft
