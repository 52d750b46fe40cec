#include "helper/docs/pdf_words.h"

#include <poppler-document.h>
#include <poppler-global.h>
#include <poppler-page.h>
#include <poppler-toc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <memory>
#include <thread>

#include "base/bytes.h"
#include "helper/docs/text.h"

namespace weft::helper {
namespace {

// Fewer pages than this a process are not worth its start.
constexpr int kPagesPerProcessMin = 12;
constexpr int kProcessesMax = 4;
// A cut-off file lacks the end mark, which by the standard stands in the last 1,024 bytes; real
// files have some more behind it.
constexpr std::size_t kEndMarkWithin = 4'096;
constexpr int kOutlineDepthMax = 12;
constexpr std::size_t kOutlineItemsMax = 20'000;

// UTF-16 by hand: poppler's own conversion opens a converter for every word.
std::string to_utf8(const poppler::ustring& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char32_t c = text[i];
        if (c >= 0xD800 && c < 0xDC00 && i + 1 < text.size() && text[i + 1] >= 0xDC00 &&
            text[i + 1] < 0xE000) {
            c = 0x10000 + ((c - 0xD800) << 10U) + (static_cast<char32_t>(text[++i]) - 0xDC00);
        }
        append_utf8(out, c >= 0xD800 && c < 0xE000 ? 0xFFFD : c);
    }
    return out;
}

bool holds_any(std::string_view name, std::initializer_list<std::string_view> parts) {
    return std::ranges::any_of(
        parts, [name](std::string_view part) { return name.find(part) != std::string_view::npos; });
}

bool is_right_to_left(std::string_view text) {
    std::size_t letters = 0;
    std::size_t turned = 0;
    for (std::size_t i = 0; i < text.size();) {
        const char32_t c = next_code(text, i);
        if (c >= 0x41) ++letters;
        // Hebrew, Arabic, Syriac, Thaana and the presentation forms of the first two.
        if ((c >= 0x590 && c < 0x800) || (c >= 0xFB1D && c < 0xFE00) || (c >= 0xFE70 && c < 0xFF00))
            ++turned;
    }
    return turned * 4 > letters;
}

PdfPage read_page(const poppler::document& file, int index) {
    PdfPage out;
    const std::unique_ptr<poppler::page> page(file.create_page(index));
    if (!page) return out;
    const auto size = page->page_rect();
    out.width = size.width();
    out.height = size.height();
    std::string all;
    for (const auto& box : page->text_list(poppler::page::text_list_include_font)) {
        PdfWord word;
        word.text = clean(to_utf8(box.text()));
        const auto place = box.bbox();
        word.x0 = place.left();
        word.y0 = place.top();
        word.x1 = place.right();
        word.y1 = place.bottom();
        // Turned text (a label on a figure's axis, a watermark) belongs to no line.
        if (word.text.empty() || box.rotation() != 0) continue;
        word.space_after = box.has_space_after();
        if (box.has_font_info()) {
            word.size = box.get_font_size();
            const std::string font = lower_ascii(box.get_font_name());
            word.bold = holds_any(font, {"bold", "black", "heavy", "-medi", "demi"});
            word.mono = holds_any(font, {"mono", "courier", "typewriter", "consol", "cmtt", "sltt",
                                         "fixed", "menlo", "1xtt", "xbtt", "txtt"});
        }
        if (word.size <= 0) word.size = word.y1 - word.y0;
        all += word.text;
        out.words.push_back(std::move(word));
    }
    if (is_right_to_left(all)) {
        out.right_to_left =
            to_utf8(page->text(poppler::rectf(), poppler::page::non_raw_non_physical_layout));
    }
    return out;
}

void encode(const PdfPage& page, ByteWriter& out) {
    const auto number = [&out](double v) { out.i64(static_cast<std::int64_t>(v * 1000)); };
    number(page.width);
    number(page.height);
    out.block(page.right_to_left);
    out.u32(static_cast<std::uint32_t>(page.words.size()));
    for (const auto& word : page.words) {
        for (const double v : {word.x0, word.y0, word.x1, word.y1, word.size}) number(v);
        out.u8(static_cast<std::uint8_t>((word.space_after ? 1 : 0) | (word.bold ? 2 : 0) |
                                         (word.mono ? 4 : 0)));
        out.block(word.text);
    }
}

PdfPage decode(ByteReader& in) {
    const auto number = [&in] { return static_cast<double>(in.i64()) / 1000; };
    PdfPage page;
    page.width = number();
    page.height = number();
    page.right_to_left = in.block();
    const std::uint32_t count = in.u32();
    for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
        PdfWord word;
        for (double* v : {&word.x0, &word.y0, &word.x1, &word.y1, &word.size}) *v = number();
        const auto flags = in.u8();
        word.space_after = (flags & 1U) != 0;
        word.bold = (flags & 2U) != 0;
        word.mono = (flags & 4U) != 0;
        word.text = in.block();
        page.words.push_back(std::move(word));
    }
    return page;
}

// One process's share of the pages: written to memory that both sides see, then read back.
struct Share {
    int first = 0;
    int last = 0;
    int memory = -1;
    pid_t pid = -1;
};

[[noreturn]] void read_share(const poppler::document& file, const Share& share) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ByteWriter out;
    for (int i = share.first; i < share.last; ++i) encode(read_page(file, i), out);
    std::string_view bytes = out.bytes();
    while (!bytes.empty()) {
        const ssize_t count = ::write(share.memory, bytes.data(), bytes.size());
        if (count <= 0) ::_exit(1);
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    ::_exit(0);
}

bool collect(const Share& share, std::vector<PdfPage>& pages) {
    int status = 0;
    if (::waitpid(share.pid, &status, 0) != share.pid || status != 0) return false;
    const off_t size = ::lseek(share.memory, 0, SEEK_END);
    if (size <= 0) return false;
    const auto length = static_cast<std::size_t>(size);
    void* bytes = ::mmap(nullptr, length, PROT_READ, MAP_SHARED, share.memory, 0);
    if (bytes == MAP_FAILED) return false;
    ByteReader in(std::string_view(static_cast<const char*>(bytes), length));
    for (int i = share.first; i < share.last; ++i) pages.push_back(decode(in));
    ::munmap(bytes, length);
    return in.ok();
}

// Poppler takes about 10 ms a page: a long document is read by several processes, each with the
// limits of this one. (Processes, not threads: poppler's safety across threads isn't promised.)
bool read_pages(const poppler::document& file, std::vector<PdfPage>& pages) {
    const int count = file.pages();
    const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    const int processes =
        std::clamp(std::min(cores, count / kPagesPerProcessMin), 1, kProcessesMax);
    std::vector<Share> shares;
    for (int n = 1; n < processes; ++n) {
        Share share{count * n / processes, count * (n + 1) / processes,
                    ::memfd_create("weft-pages", MFD_CLOEXEC), -1};
        if (share.memory >= 0) share.pid = ::fork();
        if (share.pid == 0) read_share(file, share);
        shares.push_back(share);
    }
    const int own = processes == 1 ? count : shares.front().first;
    for (int i = 0; i < own; ++i) pages.push_back(read_page(file, i));
    bool ok = true;
    for (const auto& share : shares) {
        ok = share.pid > 0 && collect(share, pages) && ok;
        if (share.memory >= 0) ::close(share.memory);
    }
    return ok;
}

void read_outline(const poppler::toc_item& item, int level, std::vector<PdfOutlineItem>& out) {
    if (level > kOutlineDepthMax || out.size() > kOutlineItemsMax) return;
    for (const auto* child : item.children()) {
        out.push_back({level, one_line(to_utf8(child->title()))});
        read_outline(*child, level + 1, out);
    }
}

void read_meta(const poppler::document& file, PdfContent& out) {
    constexpr std::array<std::pair<const char*, const char*>, 7> kKeys = {{
        {"Author", "author"},
        {"Subject", "subject"},
        {"Keywords", "keywords"},
        {"Creator", "creator"},
        {"Producer", "producer"},
        {"CreationDate", "created"},
        {"ModDate", "modified"},
    }};
    out.title = one_line(to_utf8(file.info_key("Title")));
    for (const auto& [key, name] : kKeys) {
        std::string value = one_line(to_utf8(file.info_key(key)));
        if (!value.empty()) out.meta[name] = std::move(value);
    }
}

int complaints = 0;

}  // namespace

Parsed<PdfContent> read_pdf_words(std::string_view bytes) {
    poppler::set_debug_error_function([](const std::string&, void*) { ++complaints; }, nullptr);
    const auto tail = bytes.substr(bytes.size() - std::min(bytes.size(), kEndMarkWithin));
    if (tail.find("%%EOF") == std::string_view::npos) {
        return refuse("Broken", "is cut off: the end of the PDF is missing");
    }
    const std::unique_ptr<poppler::document> file(
        poppler::document::load_from_raw_data(bytes.data(), static_cast<int>(bytes.size())));
    if (!file) return refuse("Broken", "is not a PDF that can be read");
    if (file->is_locked()) return refuse("Encrypted", "is encrypted and needs a password");
    if (file->pages() <= 0) return refuse("Broken", "is a damaged PDF without pages");
    if (file->pages() > kPagesMax) {
        return refuse("UnsupportedFormat", "has more than " + std::to_string(kPagesMax) + " pages");
    }
    PdfContent out;
    read_meta(*file, out);
    if (const std::unique_ptr<poppler::toc> toc(file->create_toc()); toc && toc->root()) {
        read_outline(*toc->root(), 1, out.outline);
    }
    if (!read_pages(*file, out.pages)) {
        return refuse("Broken", "has pages that can't be read");
    }
    int silent = 0;
    for (const auto& page : out.pages) {
        if (page.words.empty()) ++silent;
    }
    if (silent == static_cast<int>(out.pages.size())) {
        // The dictionary of a picture is never inside a compressed stream.
        if (bytes.find("/Image") != std::string_view::npos) {
            return refuse("Scanned", "has pictures of pages but no text layer");
        }
        if (complaints > 0) return refuse("Broken", "is a damaged PDF without readable text");
        return refuse("Empty", "holds no text");
    }
    if (silent > 0) out.meta["pages_without_text"] = std::to_string(silent);
    return out;
}

}  // namespace weft::helper
