#include "stdlib/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>

#include "base/check.h"

namespace weft::stdlib {
namespace {

using Clock = std::chrono::steady_clock;

// How often a cancel flag is looked at: it has no descriptor to wait for.
constexpr std::chrono::milliseconds kPollInterval{20};
constexpr std::chrono::milliseconds kLockWait{5'000};
constexpr rlim_t kCpuGraceSeconds = 1;

class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() { close(); }

    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool is_open() const { return fd_ >= 0; }

  private:
    int fd_ = -1;
};

std::unexpected<Error> system_error(std::string what, int error) {
    return fail(ErrorKind::Environment, std::move(what) + ": " + std::strerror(error));
}

// Keeps clear of 0, 1 and 2, which the child's own standard streams are put on.
Result<Descriptor> above_standard(int fd, const char* what) {
    if (fd < 0) return system_error(what, errno);
    if (fd > STDERR_FILENO) return Descriptor(fd);
    Descriptor low(fd);
    const int high = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (high < 0) return system_error(what, errno);
    return Descriptor(high);
}

struct Pipe {
    Descriptor read;
    Descriptor write;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error("can't make a pipe", errno);
    Descriptor spare(ends[1]);
    WEFT_TRY(read, above_standard(ends[0], "can't make a pipe"));
    const int other = ::fcntl(ends[1], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    WEFT_TRY(write, above_standard(other, "can't make a pipe"));
    return Pipe{std::move(read), std::move(write)};
}

Result<Descriptor> make_input(std::string_view bytes) {
    WEFT_TRY(file, above_standard(::memfd_create("weft-input", MFD_CLOEXEC), "can't hold input"));
    while (!bytes.empty()) {
        const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return system_error("can't hold input", errno);
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    if (::lseek(file.get(), 0, SEEK_SET) != 0) return system_error("can't hold input", errno);
    return file;
}

Result<Descriptor> take_children_lock(std::string_view path) {
    if (path.empty()) return Descriptor();
    const std::string name(path);
    const int fd = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    WEFT_TRY(lock, above_standard(fd, "can't open the children lock"));
    const auto give_up = Clock::now() + kLockWait;
    while (::flock(lock.get(), LOCK_SH | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return system_error("can't take the children lock", errno);
        }
        if (Clock::now() > give_up) {
            return fail(ErrorKind::Unavailable, "another owner holds the children lock " + name);
        }
        std::this_thread::sleep_for(kPollInterval);
    }
    return lock;
}

// All that the child needs, made before fork: between fork and exec nothing may allocate.
struct Launch {
    std::vector<char*> argv;
    std::vector<char*> environment;
    std::vector<int> kept;
    const char* directory = nullptr;
    int input = -1;
    int output = -1;
    int errors = -1;
    int report = -1;  // errno of a failed exec goes here; closed by a successful one
    pid_t parent = 0;
    ProcessLimits limits;
    bool dies_with_parent = true;
};

std::vector<char*> pointers(const std::vector<std::string>& words) {
    std::vector<char*> out;
    out.reserve(words.size() + 1);
    for (const auto& word : words) out.push_back(const_cast<char*>(word.c_str()));
    out.push_back(nullptr);
    return out;
}

bool limit(int resource, rlim_t soft, rlim_t hard) {
    rlimit now{};
    if (::getrlimit(static_cast<__rlimit_resource>(resource), &now) != 0) return false;
    // A limit that we are under ourselves can't be widened.
    const rlimit next{std::min(soft, now.rlim_max), std::min(hard, now.rlim_max)};
    return ::setrlimit(static_cast<__rlimit_resource>(resource), &next) == 0;
}

bool apply_limits(const ProcessLimits& limits) {
    bool ok = limit(RLIMIT_CORE, 0, 0);
    if (limits.memory_bytes != 0) {
        ok = ok && limit(RLIMIT_AS, limits.memory_bytes, limits.memory_bytes);
    }
    if (limits.cpu_seconds != 0) {
        ok = ok && limit(RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + kCpuGraceSeconds);
    }
    if (limits.file_bytes != 0) {
        ok = ok && limit(RLIMIT_FSIZE, limits.file_bytes, limits.file_bytes);
    }
    return ok;
}

bool keep_only(const Launch& launch) {
    if (::dup2(launch.input, STDIN_FILENO) < 0 || ::dup2(launch.output, STDOUT_FILENO) < 0 ||
        ::dup2(launch.errors, STDERR_FILENO) < 0) {
        return false;
    }
    if (::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return false;
    for (const int fd : launch.kept) {
        if (::fcntl(fd, F_SETFD, 0) != 0) return false;
    }
    return true;
}

void reset_signals() {
    for (int number = 1; number < NSIG; ++number) {
        if (number != SIGKILL && number != SIGSTOP) std::signal(number, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

// In the child, after fork: async-signal-safe calls only.
[[noreturn]] void become_child(const Launch& launch) {
    ::setpgid(0, 0);
    reset_signals();
    bool ok = true;
    if (launch.dies_with_parent) {
        ok = ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
        // The parent may have died before the request was made.
        if (::getppid() != launch.parent) ::_exit(127);
    }
    ok = ok && keep_only(launch);
    if (launch.directory != nullptr) ok = ok && ::chdir(launch.directory) == 0;
    ok = ok && apply_limits(launch.limits);
    if (ok) ::execve(launch.argv[0], launch.argv.data(), launch.environment.data());
    const int error = errno;
    [[maybe_unused]] const ssize_t sent = ::write(launch.report, &error, sizeof error);
    ::_exit(127);
}

// A child that runs, and what we hold of it.
class Child {
  public:
    Child(pid_t pid, Descriptor handle) : pid_(pid), handle_(std::move(handle)) {}

    void signal(int number) const { ::kill(-pid_, number); }
    [[nodiscard]] int handle() const { return handle_.get(); }

    // Fills code, end (unless we stopped it) and the cost of a child that has ended.
    void reap(ProcessResult& result, bool stopped) const {
        int status = 0;
        rusage usage{};
        while (::wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
        }
        if (WIFSIGNALED(status)) {
            if (!stopped) result.end = ProcessEnd::Signalled;
            result.code = WTERMSIG(status);
        } else {
            result.code = WEXITSTATUS(status);
        }
        result.peak_memory_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
        const auto spent = [](const timeval& t) {
            return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
        };
        result.cpu = std::chrono::duration_cast<std::chrono::milliseconds>(spent(usage.ru_utime) +
                                                                           spent(usage.ru_stime));
    }

  private:
    pid_t pid_;
    Descriptor handle_;
};

// Reads what is there. Closes the descriptor at its end; false when `out` would pass `max`.
bool drain(Descriptor& from, std::string& out, std::size_t max, bool keep_rest) {
    std::array<char, 65'536> buffer;
    while (from.is_open()) {
        const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return true;
        if (count <= 0) {
            from.close();
            return true;
        }
        const auto fits = std::min(static_cast<std::size_t>(count), max - out.size());
        out.append(buffer.data(), fits);
        if (fits < static_cast<std::size_t>(count) && keep_rest) return false;
    }
    return true;
}

// Follows a child from its start to its end, and stops it when a bound is passed.
class Watch {
  public:
    Watch(const ProcessRequest& request, const Child& child, Descriptor output, Descriptor errors)
        : request_(request),
          child_(child),
          output_(std::move(output)),
          errors_(std::move(errors)),
          started_(Clock::now()) {
        ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
        ::fcntl(errors_.get(), F_SETFL, O_NONBLOCK);
    }

    ProcessResult run() {
        while (!ended()) {
            take_output();
            check_bounds();
        }
        take_output();
        // Whatever a stopped child started must not go on without it.
        if (stopping_) child_.signal(SIGKILL);
        child_.reap(result_, stopping_);
        return std::move(result_);
    }

  private:
    bool ended() {
        std::array<pollfd, 3> events{
            {{child_.handle(), POLLIN, 0}, {output_.get(), POLLIN, 0}, {errors_.get(), POLLIN, 0}}};
        ::poll(events.data(), events.size(), static_cast<int>(kPollInterval.count()));
        return events[0].revents != 0;
    }

    void take_output() {
        // Once it is being stopped, output only has to leave the pipe.
        const bool keep = !stopping_;
        if (!drain(output_, result_.output, request_.output_max, keep)) {
            stop(ProcessEnd::OutputTooLarge);
        }
        drain(errors_, result_.errors, request_.errors_max, false);
    }

    void check_bounds() {
        const auto now = Clock::now();
        if (stopping_) {
            if (now >= kill_at_) child_.signal(SIGKILL);
        } else if (request_.cancelled != nullptr && request_.cancelled->load()) {
            stop(ProcessEnd::Cancelled);
        } else if (request_.timeout.count() > 0 && now - started_ >= request_.timeout) {
            stop(ProcessEnd::TimedOut);
        }
    }

    void stop(ProcessEnd why) {
        if (stopping_) return;
        stopping_ = true;
        result_.end = why;
        kill_at_ = Clock::now() + request_.grace;
        child_.signal(SIGTERM);
    }

    const ProcessRequest& request_;
    const Child& child_;
    Descriptor output_;
    Descriptor errors_;
    Clock::time_point started_;
    Clock::time_point kill_at_;
    bool stopping_ = false;
    ProcessResult result_;
};

// Waits until the exec has happened: nothing then, or the errno of its failure.
int exec_error(const Descriptor& report) {
    int error = 0;
    ssize_t count = 0;
    do {
        count = ::read(report.get(), &error, sizeof error);
    } while (count < 0 && errno == EINTR);
    return count == static_cast<ssize_t>(sizeof error) ? error : 0;
}

}  // namespace

Result<ProcessResult> run_process(const ProcessRequest& request) {
    WEFT_CHECK(!request.argv.empty());
    WEFT_TRY(lock, take_children_lock(request.children_lock));
    WEFT_TRY(input, make_input(request.input));
    WEFT_TRY(output, make_pipe());
    WEFT_TRY(errors, make_pipe());
    WEFT_TRY(report, make_pipe());

    Launch launch{pointers(request.argv),
                  pointers(request.environment),
                  request.inherited,
                  request.directory.empty() ? nullptr : request.directory.c_str(),
                  input.get(),
                  output.write.get(),
                  errors.write.get(),
                  report.write.get(),
                  ::getpid(),
                  request.limits,
                  request.dies_with_parent};
    if (lock.is_open()) launch.kept.push_back(lock.get());
    if (request.environment.empty()) {
        launch.environment.clear();
        for (char** word = environ; word != nullptr && *word != nullptr; ++word) {
            launch.environment.push_back(*word);
        }
        launch.environment.push_back(nullptr);
    }

    const pid_t pid = ::fork();
    if (pid < 0) return system_error("can't start " + request.argv[0], errno);
    if (pid == 0) become_child(launch);
    ::setpgid(pid, pid);  // whichever of the two is first
    lock.close();
    output.write.close();
    errors.write.close();
    report.write.close();

    const int error = exec_error(report.read);
    const auto handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (error != 0 || handle < 0) {
        const int cause = error != 0 ? error : errno;
        ::kill(-pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        return system_error("can't start " + request.argv[0], cause);
    }
    const Child child(pid, Descriptor(handle));
    return Watch(request, child, std::move(output.read), std::move(errors.read)).run();
}

std::string describe(const ProcessResult& result) {
    switch (result.end) {
        case ProcessEnd::Exited:
            return "exit code " + std::to_string(result.code);
        case ProcessEnd::Signalled:
            return "signal " + std::to_string(result.code) + " (" + ::strsignal(result.code) + ")";
        case ProcessEnd::TimedOut:
            return "timeout";
        case ProcessEnd::Cancelled:
            return "cancel";
        case ProcessEnd::OutputTooLarge:
            return "too much output";
    }
    return {};
}

Result<std::string> find_helper() {
    if (const char* named = std::getenv("WEFT_HELPER"); named != nullptr && *named != '\0') {
        if (::access(named, X_OK) == 0) return std::string(named);
        return fail(ErrorKind::NotFound, std::string("WEFT_HELPER names no program: ") + named);
    }
    std::array<char, 4096> buffer{};
    const ssize_t length = ::readlink("/proc/self/exe", buffer.data(), buffer.size());
    if (length <= 0) return system_error("can't find the running program", errno);
    std::string folder(buffer.data(), static_cast<std::size_t>(length));
    folder.resize(folder.rfind('/') + 1);
    // A build tree keeps its tests one folder below the programs.
    for (const char* place : {"weft-helper", "../libexec/weft/weft-helper", "../weft-helper"}) {
        std::string path = folder + place;
        if (::access(path.c_str(), X_OK) == 0) return path;
    }
    return fail(ErrorKind::NotFound, "the program weft-helper is not beside " + folder,
                "install it there, or name it in WEFT_HELPER");
}

}  // namespace weft::stdlib
