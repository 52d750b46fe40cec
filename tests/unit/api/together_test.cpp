// Many runs of a host program at once: begun in one commit, told of when they have ended.
#include <map>

#include "tests/unit/api/support.h"
#include "tests/unit/store/faulty_vfs.h"
#include "weft/engine.h"

namespace weft::testing {
namespace {

constexpr const char* kSource = R"wf(
worker test.note(text: Text) -> Text
  effect idempotent for 1d
  timeout 30s

workflow main(text: Text) -> Text
  within 1d
{
  step note = test.note(text)
    compensate none "it may stand"
  return note
}

workflow once(order: Text) -> Text
  within 1d
  key order
{
  step note = test.note(order)
    compensate none "it may stand"
  return note
}
)wf";

std::unique_ptr<Engine> open_engine(const EngineFolder& folder) {
    EngineOptions options;
    options.store = folder.store();
    options.serve = false;
    auto engine = Engine::open(options);
    EXPECT_TRUE(engine) << (engine ? "" : engine.error().message);
    (*engine)->add_worker("test.note", [](const WorkerCall& call) -> WorkerOutcome {
        if (call.arguments.contains("bad")) {
            return std::unexpected(WorkerError{"Rejected", "it is bad", true, {}, {}});
        }
        return WorkerValue{"\"noted\"", {}};
    });
    return std::move(*engine);
}

class Together : public ::testing::Test {
  protected:
    Together() : program_(compile_text("test.wf", kSource).program) {}

    EngineFolder folder_;
    std::shared_ptr<const Program> program_;
};

TEST_F(Together, EachEndIsToldOnce) {
    const auto engine = open_engine(folder_);
    std::map<std::string, std::vector<RunReport>> told;
    for (int i = 0; i < 20; ++i) {
        const auto input = i % 5 == 0 ? R"({"text": "bad"})" : R"({"text": "good"})";
        const auto run = engine->start_soon(*program_, "main", input, [&](const RunReport& report) {
            told[report.run].push_back(report);
        });
        ASSERT_TRUE(run) << run.error().message;
        told[*run];
    }
    EXPECT_EQ(told.size(), 20U);
    while (engine->busy()) ASSERT_TRUE(engine->turn(std::chrono::milliseconds(100)));
    int failed = 0;
    for (const auto& [run, reports] : told) {
        ASSERT_EQ(reports.size(), 1U) << run;
        const bool is_good = reports.front().state == RunState::Completed;
        if (is_good) {
            EXPECT_EQ(reports.front().result, "\"noted\"");
        }
        if (!is_good) {
            EXPECT_NE(reports.front().result.find("Rejected"), std::string::npos);
        }
        failed += is_good ? 0 : 1;
        const auto waited = engine->wait(run);
        ASSERT_TRUE(waited);
        EXPECT_EQ(waited->state, reports.front().state);
        EXPECT_EQ(waited->result, reports.front().result);
    }
    EXPECT_EQ(failed, 4);
    EXPECT_TRUE(engine->close());
}

// Whoever asks for a run that is there already is told of its end too, be it over or not.
TEST_F(Together, WhoComesLaterIsToldAsWell) {
    const auto engine = open_engine(folder_);
    std::vector<std::string> told;
    const auto ask = [&] {
        const auto run = engine->start_soon(
            *program_, "once", R"({"order": "17"})",
            [&](const RunReport& report) { told.push_back(report.run + report.result); });
        ASSERT_TRUE(run) << run.error().message;
    };
    ask();
    ask();
    while (engine->busy()) ASSERT_TRUE(engine->turn(std::chrono::milliseconds(100)));
    ASSERT_EQ(told.size(), 2U);
    ask();
    while (engine->busy()) ASSERT_TRUE(engine->turn(std::chrono::milliseconds(100)));
    ASSERT_EQ(told.size(), 3U);
    EXPECT_EQ(told[0], told[1]);
    EXPECT_EQ(told[0], told[2]);
    EXPECT_TRUE(engine->close());
}

// One that failed gives its key up, also to one that is begun in the same turn.
TEST_F(Together, AKeyThatFailedIsFreeAtOnce) {
    const auto engine = open_engine(folder_);
    std::vector<RunReport> told;
    const auto ask = [&] {
        const auto run =
            engine->start_soon(*program_, "once", R"({"order": "bad"})",
                               [&](const RunReport& report) { told.push_back(report); });
        ASSERT_TRUE(run) << run.error().message;
    };
    for (int round = 0; round < 3; ++round) {
        ask();
        ask();
        while (engine->busy()) ASSERT_TRUE(engine->turn(std::chrono::milliseconds(100)));
        ASSERT_EQ(told.size(), 2U);
        EXPECT_EQ(told[0].run, told[1].run);
        EXPECT_EQ(told[0].state, RunState::Failed);
        told.clear();
    }
    EXPECT_TRUE(engine->close());
}

// More than a turn takes at once.
TEST_F(Together, ManyAreBegun) {
    const auto engine = open_engine(folder_);
    std::size_t ended = 0;
    for (int i = 0; i < 2500; ++i) {
        const auto order = R"({"order": ")" + std::to_string(i % 1250) + "\"}";
        const auto run =
            engine->start_soon(*program_, "once", order, [&](const RunReport&) { ++ended; });
        ASSERT_TRUE(run) << run.error().message;
    }
    while (engine->busy()) ASSERT_TRUE(engine->turn(std::chrono::milliseconds(100)));
    EXPECT_EQ(ended, 2500U);
    EXPECT_TRUE(engine->close());
}

// A commit that fails takes all with it that would have shared it. The engine says so from then on,
// and the next one goes on from what is written.
TEST_F(Together, WhatCouldNotBeWrittenWasNotBegun) {
    store::FaultyVfs disk;
    int told = 0;
    std::string soon;
    {
        const auto engine = open_engine(folder_);
        const auto run = engine->start_soon(*program_, "main", R"({"text": "good"})",
                                            [&](const RunReport&) { ++told; });
        ASSERT_TRUE(run) << run.error().message;
        soon = *run;
        disk.fail_at(store::Fault::Full, 1, 1000);
        EXPECT_FALSE(engine->start(*program_, "main", R"({"text": "good"})"));
        disk.fail_at(store::Fault::None, 0);
        const auto turned = engine->turn(std::chrono::milliseconds(0));
        ASSERT_FALSE(turned);
        EXPECT_TRUE(turned.error().message.starts_with("the engine gave up when it could not"));
        EXPECT_FALSE(engine->start(*program_, "main", R"({"text": "good"})"));
        EXPECT_FALSE(engine->close());
    }
    EXPECT_EQ(told, 0);
    const auto engine = open_engine(folder_);
    const auto status = engine->request("status", R"({"run": ")" + soon + "\"}");
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind, ErrorKind::NotFound);
    const auto run = engine->start(*program_, "main", R"({"text": "good"})");
    ASSERT_TRUE(run) << run.error().message;
    EXPECT_EQ(engine->wait(*run)->state, RunState::Completed);
    const auto audit = engine->request("verify", R"({"level": 3})");
    ASSERT_TRUE(audit);
    EXPECT_NE(audit->find(R"("ok":true)"), std::string::npos) << *audit;
    EXPECT_TRUE(engine->close());
}

// What the host is told stands in the store, whatever becomes of the process then.
TEST_F(Together, AnEndIsDurableWhenItIsTold) {
    std::string ended;
    {
        const auto engine = open_engine(folder_);
        ASSERT_TRUE(engine->start_soon(*program_, "main", R"({"text": "good"})",
                                       [&](const RunReport& report) { ended = report.run; }));
        while (ended.empty()) ASSERT_TRUE(engine->turn(std::chrono::milliseconds(100)));
    }  // closes nothing
    const auto engine = open_engine(folder_);
    const auto status = engine->request("status", R"({"run": ")" + ended + "\"}");
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_NE(status->find(R"("status":"completed")"), std::string::npos) << *status;
}

TEST_F(Together, AWrongStartIsToldAtOnce) {
    const auto engine = open_engine(folder_);
    const auto wrong = engine->start_soon(*program_, "main", R"({"text": 3})");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().kind, ErrorKind::Usage);
    EXPECT_FALSE(engine->busy());
    EXPECT_TRUE(engine->close());
}

// Without a server nobody else takes turns: the requests do.
TEST_F(Together, RequestsBeginAndWait) {
    const auto engine = open_engine(folder_);
    ASSERT_TRUE(engine->serve(*program_, "notes"));
    const auto begun =
        engine->request("start", R"({"workflow": "main", "input": {"text": "good"}})");
    ASSERT_TRUE(begun) << begun.error().message;
    const auto run = begun->substr(begun->find(':') + 2, 32);
    const auto waited = engine->request("wait", R"({"run": ")" + run + "\"}");
    ASSERT_TRUE(waited) << waited.error().message;
    EXPECT_NE(waited->find(R"("result":"noted")"), std::string::npos) << *waited;
    EXPECT_FALSE(engine->request("start", R"({"workflow": "other"})"));
    EXPECT_FALSE(engine->request("start", R"({"workflow": "main", "program": "other"})"));
    EXPECT_TRUE(engine->close());
}

}  // namespace
}  // namespace weft::testing
