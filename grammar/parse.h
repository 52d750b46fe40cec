// Source text to syntax tree. Parsing never fails: what could not be understood is a Missing or an
// Error node and a diagnostic, and the rest of the file is there. It takes linear time, keeps no
// state between calls, and bounds its stack (kMaxNesting). It must not know names, types or
// meaning.
#pragma once

#include <cstdint>

#include "base/diagnostic.h"
#include "base/source.h"
#include "grammar/tree.h"

namespace weft {

// Deeper brackets, blocks or types are refused, so that hostile input can't overflow the stack.
inline constexpr std::uint32_t kMaxNesting = 256;

struct ParsedFile {
    Tree tree;
    bool has_errors = false;  // of this file's syntax
};

ParsedFile parse(FileId file, const SourceFile& source, Diagnostics& diagnostics);

}  // namespace weft
