#include "engine/secret_sources.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "value/utf8.h"

namespace weft::engine {
namespace {

constexpr std::string_view kVariable = "env:";
constexpr std::string_view kFile = "file:";
constexpr std::string_view kCommand = "command:";
// Who keeps secrets is asked before an attempt leaves, so it has to answer soon.
constexpr std::chrono::milliseconds kPatience{10'000};
constexpr std::size_t kBytesMax = std::size_t{64} << 10U;

std::vector<std::string> words_of(std::string_view command) {
    std::vector<std::string> out;
    std::istringstream in{std::string(command)};
    for (std::string word; in >> word;) out.push_back(word);
    return out;
}

std::string path_in(const std::string& directory, std::string_view path) {
    return (std::filesystem::path(directory) / path).string();
}

Result<std::string> read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    if (!in) return fail(ErrorKind::Environment, fmt::format("{} can't be read", path));
    return text.str();
}

class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { close(); }
    void close() {
        if (number_ >= 0) ::close(std::exchange(number_, -1));
    }
    [[nodiscard]] int get() const { return number_; }

  private:
    int number_;
};

// In a process group of its own, so that whatever it started is stopped with it. What it says on
// its standard error stays unread: it may be anything.
Result<pid_t> start(std::vector<std::string> words, int output) {
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    pid_t child = -1;
    const int failed = ::posix_spawn(&child, argv[0], &actions, &attributes, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (failed == 0) return child;
    return fail(ErrorKind::Environment, fmt::format("{}: {}", words[0], std::strerror(failed)));
}

// Until its output ends; false when that takes too long or becomes too much.
bool read_all(int from, std::string& out) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            until - std::chrono::steady_clock::now());
        pollfd ready{from, POLLIN, 0};
        if (left.count() <= 0) return false;
        if (::poll(&ready, 1, static_cast<int>(left.count())) <= 0) continue;
        char part[4096];
        const auto size = ::read(from, part, sizeof part);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return size == 0;
        out.append(part, static_cast<std::size_t>(size));
        if (out.size() > kBytesMax) return false;
    }
}

// Whoever has said all has a moment left.
bool ends_by_itself(pid_t child, int& status) {
    for (int waited_ms = 0; waited_ms < 1'000; waited_ms += 5) {
        if (::waitpid(child, &status, WNOHANG) == child) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    return false;
}

Result<std::string> ask_command(std::string_view command, const std::string& directory) {
    auto words = words_of(command);
    words[0] = path_in(directory, words[0]);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail(ErrorKind::Environment, "there is no pipe");
    const Descriptor from(ends[0]);
    Descriptor to(ends[1]);
    WEFT_TRY(child, start(words, to.get()));
    to.close();
    std::string out;
    int status = 0;
    const bool is_whole = read_all(from.get(), out) && ends_by_itself(child, status);
    if (!is_whole) {
        ::kill(-child, SIGKILL);
        while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
        return fail(ErrorKind::Environment,
                    fmt::format("{} says too much, or is not done in time", words[0]));
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return out;
    return fail(ErrorKind::Environment, fmt::format("{} failed", words[0]));
}

}  // namespace

Result<void> check_secret_source(std::string_view source) {
    if (source.starts_with(kCommand)) {
        const auto words = words_of(source.substr(kCommand.size()));
        if (!words.empty() && words[0].find('/') != std::string::npos) return {};
        return fail(ErrorKind::Usage, "a command is named by its path, such as ./bin/secret");
    }
    for (const auto start : {kVariable, kFile}) {
        if (source.starts_with(start) && source.size() > start.size()) return {};
    }
    return fail(ErrorKind::Usage,
                "it is \"env:NAME\", \"file:PATH\" or \"command:PATH ARGUMENTS\"");
}

Result<std::string> read_secret_source(const std::string& source, const std::string& directory) {
    std::string out;
    if (source.starts_with(kVariable)) {
        const auto name = source.substr(kVariable.size());
        const char* value = std::getenv(name.c_str());
        if (value == nullptr || *value == '\0') {
            return fail(ErrorKind::Environment, fmt::format("{} is not set", name));
        }
        out = value;
    } else if (source.starts_with(kCommand)) {
        WEFT_TRY(said, ask_command(std::string_view(source).substr(kCommand.size()), directory));
        out = std::move(said);
    } else {
        WEFT_TRY(text, read_file(path_in(directory, source.substr(kFile.size()))));
        out = std::move(text);
    }
    if (!source.starts_with(kVariable)) {
        while (out.ends_with('\n') || out.ends_with('\r')) out.pop_back();
    }
    if (out.empty()) return fail(ErrorKind::Environment, "there is nothing");
    if (!is_utf8(out)) return fail(ErrorKind::Environment, "it is no text in UTF-8");
    return out;
}

}  // namespace weft::engine
