// run_process with real children.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "stdlib/process.h"

namespace weft::stdlib {
namespace {

using namespace std::chrono_literals;

ProcessRequest shell(std::string script) {
    ProcessRequest request;
    request.argv = {"/bin/sh", "-c", std::move(script)};
    request.timeout = 10s;
    request.grace = 200ms;
    return request;
}

ProcessResult run(const ProcessRequest& request) {
    auto result = run_process(request);
    EXPECT_TRUE(result.has_value()) << result.error().message;
    return result.value_or(ProcessResult{});
}

TEST(Process, PassesBytesBothWays) {
    const std::string bytes(3'000'000, 'x');
    auto request = shell("cat; echo no >&2; exit 3");
    request.input = bytes;
    const auto result = run(request);
    EXPECT_EQ(result.end, ProcessEnd::Exited);
    EXPECT_EQ(result.code, 3);
    EXPECT_EQ(result.output, bytes);
    EXPECT_EQ(result.errors, "no\n");
}

TEST(Process, SaysHowAChildDied) {
    const auto result = run(shell("kill -SEGV $$"));
    EXPECT_EQ(result.end, ProcessEnd::Signalled);
    EXPECT_EQ(result.code, SIGSEGV);
    EXPECT_EQ(describe(result), "signal 11 (Segmentation fault)");
}

TEST(Process, ReportsAProgramThatIsNotThere) {
    ProcessRequest request;
    request.argv = {"/no/such/program"};
    const auto result = run_process(request);
    ASSERT_FALSE(result.has_value());
    EXPECT_NE(result.error().message.find("/no/such/program"), std::string::npos);
}

TEST(Process, StopsAChildThatIgnoresTheTermination) {
    auto request = shell("trap '' TERM; sleep 60 & wait; sleep 60");
    request.timeout = 100ms;
    const auto before = std::chrono::steady_clock::now();
    const auto result = run(request);
    EXPECT_EQ(result.end, ProcessEnd::TimedOut);
    EXPECT_EQ(result.code, SIGKILL);
    EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
}

TEST(Process, TakesACancel) {
    std::atomic<bool> cancelled = false;
    auto request = shell("sleep 60");
    request.cancelled = &cancelled;
    std::jthread later([&] {
        std::this_thread::sleep_for(50ms);
        cancelled = true;
    });
    EXPECT_EQ(run(request).end, ProcessEnd::Cancelled);
}

TEST(Process, CapsOutputAndErrors) {
    auto request = shell("yes");
    request.output_max = 100'000;
    const auto result = run(request);
    EXPECT_EQ(result.end, ProcessEnd::OutputTooLarge);
    EXPECT_EQ(result.output.size(), 100'000U);
    auto chatty = shell("head -c 1000000 /dev/zero >&2");
    chatty.errors_max = 10;
    EXPECT_EQ(run(chatty).end, ProcessEnd::Exited);
    EXPECT_EQ(run(chatty).errors.size(), 10U);
}

TEST(Process, SetsLimits) {
    auto request = shell("ulimit -v; ulimit -f; ulimit -c");
    request.limits = {std::uint64_t{512} << 20U, 5, 4096};
    EXPECT_EQ(run(request).output, "524288\n8\n0\n");
    auto spinning = shell("while :; do :; done");
    spinning.limits.cpu_seconds = 1;
    const auto result = run(spinning);
    EXPECT_EQ(result.end, ProcessEnd::Signalled);
    EXPECT_EQ(result.code, SIGXCPU);
}

TEST(Process, GivesOnlyNamedDescriptorsAndEnvironment) {
    const int kept = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    // Not closed by exec, and high, so that nothing else gets its number in the child.
    const int other = ::fcntl(kept, F_DUPFD, 100);
    auto request = shell("ls /proc/self/fd | tr '\\n' ' '; env | grep -c WEFT_");
    request.environment = {"PATH=/usr/bin:/bin", "WEFT_ONE=1"};
    request.inherited = {kept};
    const auto result = run(request);
    EXPECT_NE((" " + result.output).find(" " + std::to_string(kept) + " "), std::string::npos);
    EXPECT_EQ((" " + result.output).find(" " + std::to_string(other) + " "), std::string::npos);
    EXPECT_TRUE(result.output.ends_with(" 1\n")) << result.output;
    ::close(kept);
    ::close(other);
}

TEST(Process, ChildrenHoldTheLockUntilTheLastHasEnded) {
    const std::string path =
        std::filesystem::temp_directory_path() / ("weft-children-" + std::to_string(::getpid()));
    auto request = shell("sleep 0.3 >/dev/null 2>&1 & echo started");
    request.children_lock = path;
    EXPECT_EQ(run(request).output, "started\n");
    const int lock = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    EXPECT_NE(::flock(lock, LOCK_EX | LOCK_NB), 0) << "the grandchild doesn't hold it";
    EXPECT_EQ(::flock(lock, LOCK_EX), 0);
    ::close(lock);
    std::filesystem::remove(path);
}

TEST(Process, DiesWithTheParentOnlyWhenAsked) {
    for (const bool dies : {true, false}) {
        const std::string mark =
            std::filesystem::temp_directory_path() / ("weft-mark-" + std::to_string(::getpid()));
        const pid_t parent = ::fork();
        if (parent == 0) {
            auto request = shell("sleep 0.4; touch " + mark);
            request.dies_with_parent = dies;
            (void)run_process(request);
            ::_exit(0);
        }
        std::this_thread::sleep_for(150ms);
        ::kill(parent, SIGKILL);
        std::this_thread::sleep_for(800ms);
        EXPECT_NE(::access(mark.c_str(), F_OK) == 0, dies);
        std::filesystem::remove(mark);
    }
}

}  // namespace
}  // namespace weft::stdlib
