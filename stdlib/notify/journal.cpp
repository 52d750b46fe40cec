#include "stdlib/notify/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "stdlib/json_args.h"
#include "stdlib/notify/durable.h"

namespace weft::stdlib::notify {

namespace {

// A journal has a handful of lines; more than this is not ours.
constexpr std::size_t kJournalBytesMax = std::size_t{1} << 20U;

std::unexpected<Error> failure(std::string_view what) {
    const int number = errno;
    return fail(ErrorKind::Environment,
                "the journal of a message: " + std::string(what) + ": " + std::strerror(number));
}

// The key names a file, so it is exactly what the engine makes: hex digits.
bool is_key(std::string_view key) {
    return key.size() == 32 && std::ranges::all_of(key, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

Result<std::string> read_whole(int descriptor) {
    std::string text;
    char buffer[4096];
    while (text.size() <= kJournalBytesMax) {
        const auto count =
            ::pread(descriptor, buffer, sizeof buffer, static_cast<off_t>(text.size()));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failure("can't be read");
        if (count == 0) return text;
        text.append(buffer, static_cast<std::size_t>(count));
    }
    return fail(ErrorKind::Corrupt, "the journal of a message is larger than any that we write");
}

}  // namespace

namespace {

std::string journal_folder(std::string_view state_directory) {
    return std::string(state_directory) + "/notify";
}

constexpr std::string_view kEnding = ".journal";

// Under its lock, so that no sender writes into a file without a name. It needs no sync: one that
// comes back after a crash says what it said.
void remove_journal(std::string_view state_directory, std::string_view key, bool in_doubt_too) {
    auto journal = Journal::open(state_directory, key, false);
    if (!journal) return;
    const auto locked = journal->try_lock();
    if (!locked || !*locked) return;
    const auto state = journal->read();
    if (!state || (state->stage == Stage::Intended && !in_doubt_too)) return;
    const auto path = journal_folder(state_directory) + "/" + std::string(key);
    ::unlink((path + std::string(kEnding)).c_str());
}

}  // namespace

void forget_journal(std::string_view state_directory, std::string_view key) {
    remove_journal(state_directory, key, true);
}

void sweep_journals(std::string_view state_directory, const std::vector<std::string>& open_keys) {
    std::error_code code;
    for (const auto& entry :
         std::filesystem::directory_iterator(journal_folder(state_directory), code)) {
        const std::string name = entry.path().filename().string();
        if (!name.ends_with(kEnding)) continue;
        const std::string key = name.substr(0, name.size() - kEnding.size());
        if (std::ranges::binary_search(open_keys, key)) continue;
        remove_journal(state_directory, key, false);
    }
}

Result<Journal> Journal::open(std::string_view state_directory, std::string_view key, bool create) {
    if (!is_key(key)) return fail(ErrorKind::Usage, "an effect key is 32 hex digits");
    if (state_directory.empty()) {
        return fail(ErrorKind::Usage, "there is no state folder for the journal of messages");
    }
    const std::string folder = journal_folder(state_directory);
    const std::string path = folder + "/" + std::string(key) + std::string(kEnding);
    if (create) WEFT_TRY_VOID(make_durable_folder(folder));
    const int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0);
    const int file = ::open(path.c_str(), flags, 0600);
    if (file < 0 && errno == ENOENT && !create) {
        return fail(ErrorKind::NotFound, "nothing is noted under this key");
    }
    if (file < 0) return failure("can't open " + path);
    Journal journal(file);
    // An intent must not vanish with the name of its file.
    if (create) WEFT_TRY_VOID(sync_folder(folder));
    return journal;
}

Journal::Journal(Journal&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Journal& Journal::operator=(Journal&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

Journal::~Journal() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<bool> Journal::try_lock() const {
    while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return false;
        if (errno != EINTR) return failure("can't be locked");
    }
    return true;
}

bool Journal::is_gone() const {
    struct stat status{};
    return ::fstat(descriptor_, &status) == 0 && status.st_nlink == 0;
}

Result<JournalState> Journal::read() const {
    WEFT_TRY(text, read_whole(descriptor_));
    JournalState state;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = text.find('\n', begin);
        if (end == std::string::npos) break;
        const auto line = Json::parse(text.substr(begin, end - begin), nullptr, false);
        begin = end + 1;
        // The rest of a torn line, closed by the next append: what it said was never acted upon.
        if (!line.is_object()) continue;
        const auto event = text_or(line, "event");
        if (event == "intent") {
            state.stage = Stage::Intended;
            state.intent = line;
        } else if (event == "failed") {
            state.stage = Stage::Untouched;
        } else if (event == "receipt" && line.contains("receipt")) {
            state.stage = Stage::Accepted;
            state.receipt = line["receipt"];
            return state;
        }
    }
    return state;
}

Result<void> Journal::append(const Json& line) {
    WEFT_TRY(text, read_whole(descriptor_));
    std::string bytes = line.dump() + "\n";
    if (!text.empty() && text.back() != '\n') bytes.insert(0, "\n");
    WEFT_TRY_VOID(write_all(descriptor_, bytes, "the journal of a message"));
    if (::fsync(descriptor_) != 0) return failure("can't be synced");
    return {};
}

Result<void> Journal::write_intent(Json details) {
    details["event"] = "intent";
    return append(details);
}

Result<void> Journal::write_failed() {
    return append({{"event", "failed"}});
}

Result<void> Journal::write_receipt(const Json& receipt) {
    return append({{"event", "receipt"}, {"receipt", receipt}});
}

}  // namespace weft::stdlib::notify
