// One reader a format: bytes of a document in, blocks out. Each fails with one of the errors of
// stdlib/docs.wf and knows nothing of files, processes or replies.
#pragma once

#include <string_view>

#include "helper/docs/document.h"

namespace weft::helper {

Parsed<Document> read_pdf(std::string_view bytes);
Parsed<Document> read_docx(std::string_view bytes);
Parsed<Document> read_html(std::string_view bytes);
Parsed<Document> read_markdown(std::string_view bytes);
Parsed<Document> read_plain(std::string_view bytes);

}  // namespace weft::helper
