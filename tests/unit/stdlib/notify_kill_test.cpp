// The engine is killed with SIGKILL while it sends, at chosen points and at swept moments, alone or
// together with the sender. Afterwards the probe must tell the truth: "receipt" only when the
// server has the message, "none" only when it doesn't, and never is there a second one.
#include <gtest/gtest.h>

#include "notify_support.h"

namespace weft::stdlib::test {
namespace {

const Json kArguments = {{"to", {"ann@example.org"}}, {"subject", "Once"}, {"body", "only"}};

// A process that calls the worker as an engine would.
class Engine {
  public:
    Engine(Bench& bench, const std::string& worker, const Json& arguments, const std::string& key)
        : pid_(::fork()) {
        if (pid_ == 0) {
            static_cast<void>(bench.call(worker, arguments, key));
            ::_exit(0);
        }
    }
    ~Engine() {
        if (pid_ > 0) kill();
    }
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    void kill() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    // The engine first, so that it can't note the sender's death.
    void kill_with_sender() {
        const std::string pid = std::to_string(pid_);
        const auto senders = read_text("/proc/" + pid + "/task/" + pid + "/children");
        kill();
        const pid_t sender = std::atoi(senders.c_str());
        if (sender > 0) ::kill(sender, SIGKILL);
    }

  private:
    pid_t pid_;
};

struct KillTest : testing::Test {
    Bench bench;
    Server server{"smtp_server.py", bench.folder.path() / "smtp"};

    void SetUp() override {
        bench.settings = {{"smtp", "smtp://" + server.address()}, {"from", "weft@example.org"}};
    }
    // The server will linger at this stage, and says when it gets there.
    void linger_at(const std::string& stage, double seconds) {
        fs::remove(server.folder() / ("stage-" + stage));
        server.behave({{stage, {{"delay_s", seconds}}}});
    }
    // What the probe says must be what the server has, which is at most one message more.
    void expect_truth(const std::string& key, int before, const std::string& where) {
        const std::string word = bench.probe(key);
        const int sent = server.delivered() - before;
        EXPECT_LE(sent, 1) << where;
        EXPECT_TRUE(word != "receipt" || sent == 1) << where;
        EXPECT_TRUE(word != "none" || sent == 0) << where;
    }
};

TEST_F(KillTest, TheSenderFinishesWithoutTheEngine) {
    int number = 0;
    for (const std::string stage : {"connect", "mail", "rcpt", "data"}) {
        const auto key = key_of(++number);
        linger_at(stage, 0.15);
        Engine engine(bench, "notify.email", kArguments, key);
        ASSERT_TRUE(server.wait_for_stage(stage));
        engine.kill();
        // While the sender lives, nobody else may send: not even the next engine.
        const auto rival = bench.call("notify.email", kArguments, key, 2);
        EXPECT_FALSE(rival) << stage;
        EXPECT_FALSE(!rival && rival.error().surely_not_done) << stage;
        EXPECT_EQ(bench.probe(key), "receipt") << stage;
        EXPECT_EQ(server.delivered(), number) << stage;
        EXPECT_TRUE(bench.call("notify.email", kArguments, key, 2));
        EXPECT_EQ(server.delivered(), number) << stage;
    }
}

TEST_F(KillTest, ASenderThatDiesTooLeavesDoubtOnlyAfterTheMessage) {
    int number = 0;
    for (const std::string stage : {"connect", "mail", "rcpt", "data"}) {
        const auto key = key_of(++number);
        linger_at(stage, 0.15);
        const int before = server.delivered();
        Engine engine(bench, "notify.email", kArguments, key);
        ASSERT_TRUE(server.wait_for_stage(stage));
        engine.kill_with_sender();
        EXPECT_EQ(bench.probe(key), stage == "data" ? "Unavailable" : "none") << stage;
        std::this_thread::sleep_for(milliseconds{200});
        EXPECT_EQ(server.delivered() - before, stage == "data" ? 1 : 0) << stage;
    }
}

TEST_F(KillTest, AtSweptMomentsThereIsOneDelivery) {
    for (int i = 0; i < 30; ++i) {
        const auto key = key_of(100 + i);
        const int before = server.delivered();
        Engine engine(bench, "notify.email", kArguments, key);
        std::this_thread::sleep_for(std::chrono::microseconds{i * 1'500});
        engine.kill();
        const std::string word = bench.probe(key);
        EXPECT_NE(word, "Unavailable") << i;
        EXPECT_EQ(server.delivered() - before, word == "receipt" ? 1 : 0) << i;
        EXPECT_TRUE(bench.call("notify.email", kArguments, key, 2)) << i;
        EXPECT_EQ(server.delivered() - before, 1) << i;
    }
}

TEST_F(KillTest, AtSweptMomentsTheProbeTellsTheTruthOfADeadSender) {
    for (int i = 0; i < 30; ++i) {
        const auto key = key_of(200 + i);
        const int before = server.delivered();
        Engine engine(bench, "notify.email", kArguments, key);
        std::this_thread::sleep_for(std::chrono::microseconds{i * 1'500});
        engine.kill_with_sender();
        expect_truth(key, before, std::to_string(i));
        static_cast<void>(bench.call("notify.email", kArguments, key, 2));
        EXPECT_LE(server.delivered() - before, 1) << i;
    }
}

TEST_F(KillTest, ACancelledSenderStopsBeforeTheMessageAndNotAfter) {
    linger_at("mail", 0.5);
    std::thread cancel([&] {
        EXPECT_TRUE(server.wait_for_stage("mail"));
        bench.cancelled = true;
    });
    const auto early = bench.call("notify.email", kArguments, key_of(1));
    cancel.join();
    ASSERT_FALSE(early);
    EXPECT_TRUE(early.error().surely_not_done);

    bench.cancelled = false;
    linger_at("data", 0.5);
    std::thread late_cancel([&] {
        EXPECT_TRUE(server.wait_for_stage("data"));
        bench.cancelled = true;
    });
    const auto late = bench.call("notify.email", kArguments, key_of(2));
    late_cancel.join();
    EXPECT_TRUE(late) << late.error().message;
    EXPECT_EQ(server.delivered(), 1);
}

TEST_F(KillTest, TheOutboxLeavesNoDoubt) {
    bench.settings = Json::object();
    for (int i = 0; i < 40; ++i) {
        const auto key = key_of(300 + i);
        Engine engine(bench, "notify.email", kArguments, key);
        std::this_thread::sleep_for(std::chrono::microseconds{i * 60});
        engine.kill();
        const bool there = fs::exists(bench.outbox() / (key + ".eml"));
        EXPECT_EQ(bench.probe(key), there ? "receipt" : "none") << i;
        EXPECT_TRUE(bench.call("notify.email", kArguments, key, 2)) << i;
        EXPECT_TRUE(fs::exists(bench.outbox() / (key + ".eml"))) << i;
    }
}

TEST_F(KillTest, AHookThatWasAcceptedIsNotSentAgain) {
    Server receiver("hook_server.py", bench.folder.path() / "hooks");
    bench.settings = {{"url", "http://" + receiver.address() + "/in"}, {"unsigned", true}};
    const Json hook = {{"event", "pack-ready"}, {"body", {{"pages", 3}}}};
    for (int i = 0; i < 20; ++i) {
        const auto key = key_of(400 + i);
        const int before = receiver.delivered();
        Engine engine(bench, "notify.webhook", hook, key);
        std::this_thread::sleep_for(std::chrono::microseconds{i * 1'500});
        engine.kill();
        // The next engine finds the sender at work until it has ended.
        auto outcome = bench.call("notify.webhook", hook, key, 2);
        for (int tries = 0; !outcome && tries < 500; ++tries) {
            std::this_thread::sleep_for(milliseconds{10});
            outcome = bench.call("notify.webhook", hook, key, 3);
        }
        EXPECT_TRUE(outcome) << i;
        EXPECT_EQ(receiver.delivered() - before, 1) << i;
    }
}

}  // namespace
}  // namespace weft::stdlib::test
