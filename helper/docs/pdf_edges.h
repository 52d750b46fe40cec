// Running headers, footers and page numbers: lines at the edge of many pages that differ in digits
// only. They would stand in the middle of sentences that go on over a page's end.
#pragma once

#include <vector>

#include "helper/docs/pdf_layout.h"

namespace weft::helper {

// Removes them from `levels`, which has the levels of each page.
void drop_edges(const std::vector<PdfPage>& pages, std::vector<std::vector<Level>>& levels);

}  // namespace weft::helper
