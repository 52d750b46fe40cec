#include "stdlib/pack/render.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/hash.h"
#include "stdlib/json_args.h"
#include "stdlib/process.h"

namespace weft::stdlib::pack {

namespace {

constexpr std::size_t kPdfBytesMax = std::size_t{256} << 20U;
constexpr std::uint64_t kCpuSecondsMax = 300;
constexpr std::size_t kMessageBytesMax = 400;

// Fonts are found through HOME and the XDG folders; all else that could change a byte is fixed.
std::vector<std::string> environment() {
    std::vector<std::string> out{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC",
                                 "SOURCE_DATE_EPOCH=0", "PYTHONHASHSEED=0"};
    for (const char* name : {"HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "TMPDIR"}) {
        if (const char* value = std::getenv(name)) out.push_back(std::string(name) + "=" + value);
    }
    return out;
}

// The count of the page tree's root, which WeasyPrint writes as the first object: before any text
// that could look like one.
std::size_t count_pages(std::string_view pdf) {
    constexpr std::string_view kCount = "/Count ";
    const auto root = pdf.find("/Type /Pages");
    const auto at = root == std::string_view::npos ? root : pdf.find(kCount, root);
    if (at == std::string_view::npos) return 0;
    const auto digits = pdf.substr(at + kCount.size(), 10);
    std::size_t count = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), count);
    return count;
}

std::unexpected<WorkerError> ended_badly(const ProcessResult& result) {
    if (result.end == ProcessEnd::TimedOut) {
        return worker_error("Timeout", "weasyprint did not finish in time");
    }
    if (result.end == ProcessEnd::Cancelled) {
        return worker_error("Unavailable", "weasyprint was stopped");
    }
    const auto& errors = result.errors;
    const auto tail = errors.size() > kMessageBytesMax ? errors.size() - kMessageBytesMax : 0;
    return worker_error("Rejected",
                        "weasyprint ended by " + describe(result) + ": " + errors.substr(tail));
}

}  // namespace

std::expected<Pdf, WorkerError> render_pdf(const WorkerCall& call, std::string_view html,
                                           const std::string& program) {
    ProcessRequest request;
    request.argv = {program,
                    "--quiet",
                    "--encoding",
                    "utf-8",
                    "--pdf-identifier",
                    to_hex(view(sha256(html))).substr(0, 32),
                    "-",
                    "-"};
    request.input = html;
    request.environment = environment();
    request.directory = "/";
    request.output_max = kPdfBytesMax;
    request.limits.cpu_seconds = kCpuSecondsMax;
    request.timeout = call.timeout;
    request.cancelled = call.cancelled;
    request.children_lock = call.children_lock;
    auto result = run_process(request);
    if (!result) {
        return worker_error("Unavailable", result.error().message +
                                               "; PDFs are made by weasyprint (Debian package "
                                               "weasyprint; setting `weasyprint` is its path)");
    }
    if (result->end != ProcessEnd::Exited || result->code != 0) return ended_badly(*result);
    Pdf pdf{.bytes = std::move(result->output), .pages = 0};
    pdf.pages = count_pages(pdf.bytes);
    if (!pdf.bytes.starts_with("%PDF-") || pdf.pages == 0) {
        return worker_error("Rejected", "weasyprint gave no PDF");
    }
    return pdf;
}

}  // namespace weft::stdlib::pack
