#include "store/note_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "store/file_io.h"

namespace weft::store {

namespace {

constexpr std::string_view kSignatureBegin = "\xe2\x80\x94 ";  // begins a signature line
// A note is some 300 bytes long.
constexpr std::uint64_t kTailBytes = 4096;

// Behind the last signature line that has its end.
std::size_t behind_signatures(std::string_view tail) {
    std::size_t end = tail.rfind('\n');
    while (end != std::string_view::npos) {
        const auto before = end == 0 ? std::string_view::npos : tail.rfind('\n', end - 1);
        const auto begin = before == std::string_view::npos ? 0 : before + 1;
        if (tail.substr(begin).starts_with(kSignatureBegin)) return end + 1;
        end = before;
    }
    return 0;
}

// Such a file is its owner's to place: behind a link, or where we may write and not read.
Result<Fd> open_notes(const std::string& path, bool& readable) {
    const int flags = O_CREAT | O_APPEND | O_CLOEXEC;
    int fd = ::open(path.c_str(), O_RDWR | flags, 0666);
    readable = fd >= 0;
    if (fd < 0 && errno == EACCES) fd = ::open(path.c_str(), O_WRONLY | flags, 0666);
    if (fd < 0) return fail_errno("open", path);
    return Fd(fd);
}

}  // namespace

std::size_t whole_notes(std::string_view tail, std::string_view origin) {
    const auto at = behind_signatures(tail);
    const auto rest = tail.substr(at);
    const auto same = std::min(rest.size(), origin.size());
    return rest.substr(0, same) == origin.substr(0, same) ? at : tail.size();
}

Result<void> append_note(const std::string& path, std::string_view note) {
    const auto origin = note.substr(0, note.find('\n') + 1);
    bool readable = false;
    WEFT_TRY(fd, open_notes(path, readable));
    WEFT_TRY(size, file_size(fd, path));
    const auto from = readable ? size - std::min(size, kTailBytes) : size;
    WEFT_TRY(tail, read_at(fd, from, static_cast<std::size_t>(size - from), path));
    if (tail.ends_with(note)) return {};
    const auto whole = from + whole_notes(tail, origin);
    const auto cut = [&] { return ::ftruncate(fd.get(), static_cast<off_t>(whole)) == 0; };
    // What can't be cut off, in a file that may only grow, is no reason to keep the note back.
    if (whole < size) (void)cut();
    auto written = write_at(fd, whole, note, path);
    if (!written) (void)cut();
    return written;
}

}  // namespace weft::store
