// What could not be written whole leaves nothing behind: a start that failed is none, and a turn
// that did not reach its commit is the engine's last.
#include <atomic>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>

#include "tests/unit/api/support.h"
#include "tests/unit/store/faulty_vfs.h"
#include "weft/engine.h"

namespace weft::testing {
namespace {

constexpr const char* kSource = R"wf(
worker test.note(text: Text) -> Text
  effect idempotent for 1d
  timeout 30s

worker test.last(text: Text) -> Text
  effect once, irreversible
  timeout 30s

workflow main(text: Text) -> Text
  within 1d
{
  step note = test.note(text)
    compensate none "it may stand"
  return note
}

workflow wide(text: Text) -> Text
  within 1d
{
  step note = test.note(text)
    compensate none "it may stand"
  return "${note}${note}${note}${note}${note}"
}

workflow parent(text: Text) -> Text
  within 1d
{
  step note = run wide(text)
  return "got it"
}

workflow two(text: Text) -> Text
  within 1d
{
  step note = test.note(text)
    compensate none "it may stand"
  step last = test.last(note)
  return last
}

workflow asks() -> Text
  within 1d
{
  signal word: Text

  step said = wait word within 12h else {
    return "nothing"
  }
  return said
}
)wf";

std::string json_of(const std::string& text) {
    return R"({"text": ")" + text + "\"}";
}

class GivenUp : public ::testing::Test {
  protected:
    GivenUp() {
        auto compiled = compile_text("test.wf", kSource);
        EXPECT_TRUE(compiled.program) << compiled.text;
        program_ = compiled.program;
    }

    std::unique_ptr<Engine> open_engine() {
        EngineOptions options;
        options.store = folder_.store();
        options.serve = false;
        options.threads = 4;
        auto engine = Engine::open(options);
        EXPECT_TRUE(engine) << (engine ? "" : engine.error().message);
        (*engine)->add_worker("test.note", [this](const WorkerCall& call) -> WorkerOutcome {
            std::unique_lock lock(mutex_);
            opened_.wait(lock, [&] { return is_open_; });
            if (call.arguments.contains("large")) {
                return WorkerValue{"\"" + std::string(size_, 'x') + "\"", {}};
            }
            return WorkerValue{"\"noted\"", {}};
        });
        (*engine)->add_worker("test.last", [this](const WorkerCall&) -> WorkerOutcome {
            ++lasts_;
            return WorkerValue{"\"last\"", {}};
        });
        return std::move(*engine);
    }

    void open_workers(bool is_open) {
        const std::lock_guard lock(mutex_);
        is_open_ = is_open;
        opened_.notify_all();
    }

    // Payloads that are too long for a row can't be written then.
    [[nodiscard]] std::string files() const { return folder_.store() + ".files"; }
    void block_files() const {
        std::filesystem::remove_all(files());
        std::ofstream(files()) << "in the way";
    }
    void free_files() const { std::filesystem::remove_all(files()); }

    static void expect_sound(Engine& engine) {
        const auto audit = engine.request("verify", R"({"level": 3})");
        ASSERT_TRUE(audit) << audit.error().message;
        EXPECT_NE(audit->find(R"("ok":true)"), std::string::npos) << *audit;
    }

    EngineFolder folder_;
    std::shared_ptr<const Program> program_;
    std::mutex mutex_;
    std::condition_variable opened_;
    bool is_open_ = true;
    std::size_t size_ = 20'000;
    std::atomic<int> lasts_ = 0;
};

TEST_F(GivenUp, AStartThatFailedLeavesNothing) {
    const auto engine = open_engine();
    ASSERT_TRUE(engine->serve(*program_, "test"));
    block_files();
    const std::string large = json_of(std::string(100'000, 'x'));
    EXPECT_FALSE(engine->start_soon(*program_, "main", large));
    const std::string request = R"({"workflow": "main", "request": "r1", "input": )" + large + "}";
    const auto refused = engine->request("start", request);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::Environment);
    // The others go on as if it had not been.
    const auto small = engine->start_soon(*program_, "main", json_of("small"));
    ASSERT_TRUE(small) << small.error().message;
    while (engine->busy()) ASSERT_TRUE(engine->turn(std::chrono::milliseconds(100)));
    const auto runs = engine->request("runs", "{}");
    ASSERT_TRUE(runs);
    const auto first = runs->find("\"run\":");
    EXPECT_EQ(runs->find("\"run\":", first + 1), std::string::npos) << *runs;
    expect_sound(*engine);
    // And it can be sent again.
    free_files();
    const auto again = engine->request("start", request);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->find("repeat"), std::string::npos) << *again;
    const auto run = again->substr(again->find(':') + 2, 32);
    EXPECT_EQ(engine->wait(run)->state, RunState::Completed);
    expect_sound(*engine);
    EXPECT_TRUE(engine->close());
}

TEST_F(GivenUp, ASignalThatCannotBeWrittenIsRefusedAlone) {
    const auto engine = open_engine();
    const auto run = engine->start(*program_, "asks", "{}");
    ASSERT_TRUE(run) << run.error().message;
    const auto other = engine->start_soon(*program_, "main", json_of("small"));
    ASSERT_TRUE(other) << other.error().message;
    block_files();
    const std::string signal = R"({"run": ")" + *run +
                               R"(", "signal": "word", "request": "s1", "value": ")" +
                               std::string(100'000, 'x') + "\"}";
    const auto refused = engine->request("signal", signal);
    ASSERT_FALSE(refused);
    const auto ended = engine->wait(*other);
    ASSERT_TRUE(ended) << ended.error().message << " after " << refused.error().message;
    EXPECT_EQ(ended->state, RunState::Completed);
    free_files();
    const auto again = engine->request("signal", signal);
    ASSERT_TRUE(again) << again.error().message;
    const auto answered = engine->wait(*run);
    ASSERT_TRUE(answered) << answered.error().message;
    EXPECT_EQ(answered->state, RunState::Completed);
    expect_sound(*engine);
    EXPECT_TRUE(engine->close());
}

TEST_F(GivenUp, ATurnThatFailedIsTheLast) {
    size_ = 100'000;
    std::string large;
    std::string soon;
    {
        const auto engine = open_engine();
        const auto run = engine->start(*program_, "main", json_of("large"));
        ASSERT_TRUE(run) << run.error().message;
        large = *run;
        block_files();
        Result<void> turned;
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (turned && std::chrono::steady_clock::now() < end) {
            const auto next = engine->start_soon(*program_, "asks", "{}");
            ASSERT_TRUE(next) << next.error().message;
            soon = *next;
            turned = engine->turn(std::chrono::milliseconds(20));
        }
        ASSERT_FALSE(turned) << "the result was written";
        // The runs in memory are ahead of the store, so nothing more is taken, or told of them.
        EXPECT_FALSE(engine->turn(std::chrono::milliseconds(0)));
        EXPECT_FALSE(engine->start(*program_, "asks", "{}"));
        EXPECT_FALSE(engine->request("status", R"({"run": ")" + large + "\"}"));
        EXPECT_FALSE(engine->transact([](Transaction&) -> Result<void> { return {}; }));
        EXPECT_FALSE(engine->close());
    }
    free_files();
    const auto engine = open_engine();
    EXPECT_FALSE(engine->request("status", R"({"run": ")" + soon + "\"}"));
    ASSERT_TRUE(engine->request("resume", R"({"run": ")" + large + "\"}"));
    EXPECT_EQ(engine->wait(large)->state, RunState::Completed);
    expect_sound(*engine);
    EXPECT_TRUE(engine->close());
}

// The start of an attempt was lost with the turn: it must not leave by a later one.
TEST_F(GivenUp, NothingLeavesWithoutItsStart) {
    const auto engine = open_engine();
    open_workers(false);
    const auto two = engine->start(*program_, "two", json_of("small"));
    const auto parent = engine->start(*program_, "parent", json_of("large"));
    ASSERT_TRUE(two && parent);
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(engine->turn(std::chrono::milliseconds(5)));
    block_files();
    open_workers(true);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));  // both have answered then
    Result<void> turned;
    for (int i = 0; i < 50 && turned; ++i) turned = engine->turn(std::chrono::milliseconds(20));
    ASSERT_FALSE(turned) << "the end of the sub-run was written";
    for (int i = 0; i < 10; ++i) {
        static_cast<void>(engine->turn(std::chrono::milliseconds(5)));
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(lasts_, 0);
    static_cast<void>(engine->close());
    EXPECT_EQ(lasts_, 0);
}

TEST_F(GivenUp, NothingIsToldThatIsNotWritten) {
    store::FaultyVfs disk;
    const auto engine = open_engine();
    const auto run = engine->start(*program_, "asks", "{}");
    ASSERT_TRUE(run) << run.error().message;
    ASSERT_TRUE(engine->turn(std::chrono::milliseconds(0)));
    disk.fail_at(store::Fault::Full, 1, 1000);
    const auto said = engine->request(
        "signal", R"({"run": ")" + *run + R"(", "signal": "word", "value": "hello"})");
    ASSERT_FALSE(said);
    disk.fail_at(store::Fault::None, 0);
    const auto status = engine->request("status", R"({"run": ")" + *run + "\"}");
    EXPECT_FALSE(status) << *status;
    const auto waited = engine->request("wait", R"({"run": ")" + *run + R"(", "most": 0})");
    EXPECT_FALSE(waited) << *waited;
    const auto changed = engine->request("changes", R"({"from": 0})");
    EXPECT_FALSE(changed) << *changed;
}

}  // namespace
}  // namespace weft::testing
