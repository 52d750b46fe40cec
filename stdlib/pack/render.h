// HTML to PDF by WeasyPrint, a child process that gets the page on its standard input and has no
// reason to fetch anything. The same page gives the same bytes: no clock, no random identifier.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "weft/worker.h"

namespace weft::stdlib::pack {

struct Pdf {
    std::string bytes;
    std::size_t pages = 0;
};

// `program` is the path of weasyprint.
std::expected<Pdf, WorkerError> render_pdf(const WorkerCall& call, std::string_view html,
                                           const std::string& program);

}  // namespace weft::stdlib::pack
