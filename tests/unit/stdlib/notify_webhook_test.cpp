// Webhooks against a real receiver on loopback, checked by verifiers that are not ours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "notify_support.h"
#include "tests/support/needs.h"

namespace weft::stdlib::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const Json kHook = {{"event", "pack-ready"}, {"body", {{"title", "Zürich"}, {"pages", 3}}}};

struct WebhookTest : testing::Test {
    Bench bench;
    Server server{"hook_server.py", bench.folder.path() / "hooks"};
    std::string key = key_of(1);

    void SetUp() override {
        ::setenv("WEFT_TEST_HOOK_SECRET", kSecret.c_str(), 1);
        bench.settings = {{"url", "http://" + server.address() + "/in?x=1"},
                          {"secret", "env:WEFT_TEST_HOOK_SECRET"}};
        // The verifiers refuse stamps that are not of now.
        bench.time_ms = std::chrono::duration_cast<milliseconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
    }
    WorkerError expect_error(const WorkerOutcome& outcome) {
        EXPECT_FALSE(outcome.has_value());
        return outcome ? WorkerError{} : outcome.error();
    }
    int verify(const Json& hook, const std::string& secret = kSecret) {
        return run_program({"/usr/bin/python3", kScripts + "verify_hook.py", secret}, hook.dump())
            .first;
    }
};

TEST_F(WebhookTest, ArrivesSigned) {
    const auto outcome = bench.call("notify.webhook", kHook, key);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->json, R"({"accepted":1,"channel":"http","id":"msg_)" + key + R"("})");
    auto hook = Json::parse(read_text(server.folder() / "hook-1.json"));
    EXPECT_EQ(hook["path"], "/in?x=1");
    EXPECT_EQ(hook["headers"]["content-type"], "application/json");
    EXPECT_EQ(hook["headers"]["webhook-id"], "msg_" + key);
    EXPECT_EQ(hook["body"], R"({"type":"pack-ready","data":{"pages":3,"title":"Zürich"}})");
    EXPECT_EQ(verify(hook), 0);
    EXPECT_NE(verify(hook, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx"), 0);
    hook["body"] = hook["body"].get<std::string>() + " ";
    EXPECT_NE(verify(hook), 0);
}

TEST_F(WebhookTest, TheVerifierOfReceiversAgrees) {
    const std::string modules = std::string(WEFT_SOURCE_DIR) + "/tests/e2e/node_modules";
    WEFT_TEST_NEEDS(fs::exists(modules + "/standardwebhooks"), "the verifier of npm");
    ASSERT_TRUE(bench.call("notify.webhook", kHook, key));
    auto hook = Json::parse(read_text(server.folder() / "hook-1.json"));
    const auto verdict = [&] {
        return run_program({"/usr/bin/env", "node", kScripts + "verify_hook.mjs", kSecret},
                           hook.dump())
            .first;
    };
    EXPECT_EQ(verdict(), 0);
    hook["headers"]["webhook-id"] = "msg_other";
    EXPECT_EQ(verdict(), 1);
}

TEST_F(WebhookTest, AnAcceptedHookIsNotSentAgain) {
    const auto first = bench.call("notify.webhook", kHook, key);
    const auto second = bench.call("notify.webhook", kHook, key, 2);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->json, second->json);
    EXPECT_EQ(read_text(server.folder() / "requests"), "1");
}

TEST_F(WebhookTest, AnswersAreTyped) {
    server.behave({{"status", 503}, {"headers", {{"Retry-After", "7"}}}});
    const auto busy = expect_error(bench.call("notify.webhook", kHook, key));
    EXPECT_EQ(busy.name, "Transient");
    EXPECT_TRUE(busy.surely_not_done);
    EXPECT_EQ(busy.retry_after, milliseconds{7'000});

    for (const int status : {400, 401, 404, 410, 301}) {
        server.behave({{"status", status}});
        const auto refused = expect_error(bench.call("notify.webhook", kHook, key));
        EXPECT_EQ(refused.name, "Rejected") << status;
        EXPECT_TRUE(refused.surely_not_done);
        EXPECT_THAT(refused.message, HasSubstr(std::to_string(status)));
    }
    server.behave({{"status", 504}});
    const auto gateway = expect_error(bench.call("notify.webhook", kHook, key));
    EXPECT_EQ(gateway.name, "Transient");
    EXPECT_FALSE(gateway.surely_not_done);
    // A refusal now says nothing about the request that the gateway took.
    server.behave({{"status", 400}});
    EXPECT_FALSE(expect_error(bench.call("notify.webhook", kHook, key)).surely_not_done);
}

TEST_F(WebhookTest, SilenceIsInDoubtAndIsRepeatedUnderTheSameId) {
    server.behave({{"drop", true}});
    const auto lost = expect_error(bench.call("notify.webhook", kHook, key));
    EXPECT_EQ(lost.name, "Unavailable");
    EXPECT_FALSE(lost.surely_not_done);
    server.behave(Json::object());
    bench.time_ms += 2'000;
    ASSERT_TRUE(bench.call("notify.webhook", kHook, key, 2));
    const auto first = Json::parse(read_text(server.folder() / "hook-1.json"));
    const auto second = Json::parse(read_text(server.folder() / "hook-2.json"));
    EXPECT_EQ(first["headers"]["webhook-id"], second["headers"]["webhook-id"]);
    EXPECT_EQ(first["body"], second["body"]);
    EXPECT_NE(first["headers"]["webhook-timestamp"], second["headers"]["webhook-timestamp"]);
    EXPECT_EQ(verify(second), 0);
}

TEST_F(WebhookTest, SettingsThatMakeNoSenseAreSaid) {
    bench.settings["url"] = "file:///etc/passwd";
    EXPECT_EQ(expect_error(bench.call("notify.webhook", kHook, key)).name, "Rejected");
    bench.settings["url"] = "http://" + server.address();
    bench.settings["secret"] = "env:WEFT_TEST_NOT_SET";
    EXPECT_THAT(expect_error(bench.call("notify.webhook", kHook, key)).message,
                HasSubstr("WEFT_TEST_NOT_SET"));
    ::setenv("WEFT_TEST_HOOK_SECRET", "whsec_c2hvcnQ=", 1);
    bench.settings["secret"] = "env:WEFT_TEST_HOOK_SECRET";
    const auto shortness = expect_error(bench.call("notify.webhook", kHook, key));
    EXPECT_THAT(shortness.message, HasSubstr("24 to 64"));
    EXPECT_THAT(shortness.message, Not(HasSubstr("c2hvcnQ")));
    bench.settings.erase("secret");
    EXPECT_THAT(expect_error(bench.call("notify.webhook", kHook, key)).message,
                HasSubstr("unsigned = true"));
    EXPECT_EQ(server.delivered(), 0);
}

TEST_F(WebhookTest, UnboundItLiesInTheOutboxOnce) {
    bench.settings.erase("url");
    const auto path = bench.outbox() / (key + ".json");
    ASSERT_TRUE(bench.call("notify.webhook", kHook, key));
    const auto first = read_text(path);
    bench.time_ms += 60'000;
    ASSERT_TRUE(bench.call("notify.webhook", kHook, key, 2));
    EXPECT_EQ(read_text(path), first);
    EXPECT_EQ(verify(Json::parse(first)), 0);
    bench.settings = Json::object();
    ASSERT_TRUE(bench.call("notify.webhook", kHook, key_of(2)));
    const auto plain = Json::parse(read_text(bench.outbox() / (key_of(2) + ".json")));
    EXPECT_FALSE(plain["headers"].contains("webhook-signature"));
}

}  // namespace
}  // namespace weft::stdlib::test
