// Schedules in a whole engine: every time once, whatever is dropped in between.
#include <algorithm>
#include <set>

#include "tests/unit/api/world.h"

namespace weft::testing {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

constexpr const char* kReports = R"(
worker report.make(name: Text) -> Text
  effect  idempotent for 24h
  timeout 5s

workflow report(name: Text, pause: Duration = 0s) -> Text
  within 30d
{
  if pause > 0s {
    sleep pause
  }
  step made = report.make("${name} by ${this_run.starter}")
    compensate none "it may stay"
  return made
}

workflow keyed(name: Text) -> Text
  within 1h
  key name
{
  return name
}
)";

class Schedules : public ::testing::Test {
  protected:
    void serve(const std::string& lines) {
        world.emplace(kReports + lines);
        world->worker("report.make", [this](const WorkerCall& call) -> WorkerOutcome {
            std::lock_guard lock(mutex);
            made.push_back(Json::parse(call.arguments)["name"]);
            keys.emplace(call.key);
            return WorkerValue{"\"made\"", {}};
        });
        serve_again();
    }
    void serve_again() {
        auto served = world->core().serve("office", world->program);
        ASSERT_TRUE(served) << served.error().message;
    }
    void down_for(std::int64_t ms) {
        world->clock.pass(ms);
        world->crash();
        serve_again();
    }
    // Turns until the clock has gone on so far.
    void pass(std::int64_t ms) {
        const auto end = world->clock.now() + ms;
        // A timer of the test's own stops the clock there.
        while (world->clock.now() < end) {
            auto turned = world->core().turn(
                std::chrono::milliseconds(std::min<std::int64_t>(end - world->clock.now(), kHour)));
            ASSERT_TRUE(turned) << turned.error().message;
        }
        settle();
    }
    void settle() {
        for (int i = 0; i < 2000; ++i) {
            ASSERT_TRUE(world->core().turn(std::chrono::milliseconds(0)));
            if (!world->core().busy()) return;
        }
        FAIL() << "it never rests";
    }
    // What became of the times, "started skipped missed".
    std::string what() {
        std::string out;
        auto changes = world->ask("changes", {{"from", 0}, {"limit", 1000}})["changes"];
        for (const auto& change : changes) {
            if (!change.contains("schedule")) continue;
            out += (out.empty() ? "" : ", ") + change["what"].get<std::string>();
        }
        return out;
    }
    std::size_t runs() { return world->ask("runs", {{"limit", 10'000}})["runs"].size(); }

    std::optional<World> world;
    std::mutex mutex;
    std::vector<std::string> made;
    std::set<std::string> keys;  // of what was made; an attempt may come again
};

TEST_F(Schedules, EachTimeBeginsARun) {
    serve("schedule hourly runs report(\"r\") every 1h\n");
    pass(3 * kHour + kMinute);
    EXPECT_EQ(what(), "started, started, started");
    EXPECT_EQ(made, (std::vector<std::string>(3, "r by schedule office.hourly")));
    const auto schedules = world->ask("schedules", Json::object())["schedules"];
    ASSERT_EQ(schedules.size(), 1U);
    EXPECT_EQ(schedules[0]["schedule"], "office.hourly");
    EXPECT_EQ(schedules[0]["workflow"], "report");
    EXPECT_EQ(schedules[0]["last"].get<std::int64_t>() % kHour, 0);
    EXPECT_EQ(schedules[0]["next"], schedules[0]["last"].get<std::int64_t>() + kHour);
    EXPECT_EQ(world->word(schedules[0]["run"]), "completed");
    world->expect_sound();
}

// One run sleeps for an hour; a thousand times wait for it, those after them are skipped.
TEST_F(Schedules, AThousandTimesWaitAndNoMore) {
    serve("schedule often runs report(\"r\", 1h) every 1s, overlap queue\n");
    pass(1005 * 1000 + 500);
    std::vector<std::string> order;
    for (std::uint64_t from = 0, read = 1; read > 0;) {
        const auto answer = world->ask("changes", {{"from", from}, {"limit", 1000}});
        read = answer["changes"].size();
        for (const auto& one : answer["changes"]) {
            if (one.contains("schedule")) order.push_back(one["what"]);
        }
        from = answer["next"];
    }
    std::map<std::string, int> counts;
    for (const auto& one : order) ++counts[one];
    EXPECT_EQ(counts["queued"], 1000);
    EXPECT_GE(counts["skipped"], 3);
    EXPECT_EQ(order.back(), "skipped");
}

TEST_F(Schedules, ATimeIsNotDealtWithTwiceWhenTheOwnerGoes) {
    serve("schedule hourly runs report(\"r\") every 1h overlap allow, catch up 1d\n");
    for (int i = 0; i < 40; ++i) {
        world->clock.pass(20 * kMinute);
        ASSERT_TRUE(world->core().turn(std::chrono::milliseconds(0)));
        if (i % 2 == 0) down_for(0);
        if (i % 5 == 0) down_for(0);
    }
    settle();
    EXPECT_EQ(runs(), 40 * 20 / 60);
    EXPECT_EQ(keys.size(), runs());
    world->expect_sound();
}

TEST_F(Schedules, WithSkipATimeIsLeftOutWhileTheRunBeforeGoesOn) {
    serve("schedule hourly runs report(\"r\", 90m) every 1h overlap skip\n");
    pass(4 * kHour + kMinute);
    EXPECT_EQ(what(), "started, skipped, started, skipped");
}

TEST_F(Schedules, WithAllowEachTimeBegins) {
    serve("schedule hourly runs report(\"r\", 90m) every 1h overlap allow\n");
    pass(3 * kHour + kMinute);
    EXPECT_EQ(what(), "started, started, started");
}

TEST_F(Schedules, WithQueueATimeWaitsForTheEndOfTheRunBefore) {
    serve("schedule hourly runs report(\"r\", 90m) every 1h overlap queue\n");
    pass(2 * kHour + kMinute);
    EXPECT_EQ(what(), "started, queued");
    down_for(0);
    EXPECT_EQ(world->ask("schedules", Json::object())["schedules"][0]["queued"], 1);
    pass(10 * kMinute);
    EXPECT_EQ(runs(), 1U);
    pass(10 * kMinute);
    EXPECT_EQ(what(), "started");
    EXPECT_EQ(runs(), 2U);
    pass(kDay);
    EXPECT_EQ(made.size(), 17U);  // one each 90 minutes
}

TEST_F(Schedules, MissedTimesAreMadeUpForAsFarAsTheClauseSays) {
    serve("schedule daily runs report(\"r\") at \"06:00\" overlap queue, catch up 2d\n");
    pass(kDay);
    EXPECT_EQ(runs(), 1U);
    down_for(5 * kDay);
    settle();
    EXPECT_EQ(what(), "missed 3 times, started, queued, started");
    EXPECT_EQ(runs(), 3U);
    down_for(0);
    settle();
    EXPECT_EQ(runs(), 3U);
    world->expect_sound();
}

TEST_F(Schedules, WithoutTheClauseOnlyAMomentIsMadeUpFor) {
    serve("schedule hourly runs report(\"r\") every 1h\n");
    pass(kHour);
    EXPECT_EQ(runs(), 1U);
    const auto next = world->ask("schedules", Json::object())["schedules"][0]["next"];
    down_for(next.get<std::int64_t>() - world->clock.now() + 30'000);
    settle();
    EXPECT_EQ(runs(), 2U);
    down_for(kHour + 10 * kMinute);
    settle();
    EXPECT_EQ(what(), "missed");
    EXPECT_EQ(runs(), 2U);
}

TEST_F(Schedules, OtherTimesThanBeforeBeginAnew) {
    serve("schedule daily runs report(\"r\") at \"06:00\" overlap skip, catch up 7d\n");
    pass(kDay);
    EXPECT_EQ(runs(), 1U);
    world->program = compile_program(
        std::string(kReports) +
        "schedule daily runs report(\"r\") at \"05:00\" overlap skip, catch up 7d\n");
    down_for(3 * kDay);
    settle();
    EXPECT_EQ(what(), "");
    pass(kDay);
    EXPECT_EQ(runs(), 2U);
}

TEST_F(Schedules, AKeyMayNameARunThatWasThere) {
    serve("schedule hourly runs keyed(\"k\") every 1h\n");
    pass(3 * kHour + kMinute);
    EXPECT_EQ(what(), "started, started, started");
    EXPECT_EQ(runs(), 1U);
    world->expect_sound();
}

TEST_F(Schedules, AZoneThatTheMachineDoesNotKnowIsRefused) {
    world.emplace(std::string(kReports) +
                  "schedule daily runs report(\"r\") at \"06:00\" in \"Europe/Zurih\"\n");
    auto served = world->core().serve("office", world->program);
    ASSERT_FALSE(served);
    EXPECT_EQ(served.error().kind, ErrorKind::NotFound);
    EXPECT_TRUE(world->core().schedules().empty());
}

TEST_F(Schedules, TwoProgramsOfOneNameAreRefused) {
    serve("schedule hourly runs report(\"r\") every 1h\n");
    auto again = world->core().serve("office", world->program);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().kind, ErrorKind::Usage);
    EXPECT_TRUE(world->core().serve("other office", world->program));
}

// --- starts

TEST_F(Schedules, AStartThatComesAgainGivesTheSameRun) {
    serve("");
    const auto start = [&](const std::string& request) {
        engine::StartRequest asked;
        asked.program = world->program;
        asked.workflow = "report";
        asked.input = R"({"name": "r"})";
        asked.actor = "tester";
        asked.tag = world->core().request_tag(request);
        auto started = world->core().start(std::move(asked));
        EXPECT_TRUE(started) << started.error().message;
        return started ? *started : engine::Core::Started{};
    };
    const auto first = start("one");
    EXPECT_FALSE(first.existed);
    const auto again = start("one");
    EXPECT_EQ(again.run, first.run);
    EXPECT_TRUE(again.is_repeat);
    down_for(0);
    EXPECT_EQ(start("one").run, first.run);
    EXPECT_NE(start("two").run, first.run);
    EXPECT_EQ(runs(), 2U);
    settle();
    EXPECT_EQ(keys.size(), 2U);
    world->expect_sound();
}

// A store that was away for long goes on when somebody has said that the clock is right.
TEST_F(Schedules, OneThatIsNewWhileTheClockIsNotBelievedWaitsForThat) {
    serve("schedule half runs report(\"r\", 29d) every 12h overlap skip\n");
    pass(13 * kHour);
    world->clock.pass(60 * kDay);
    world->crash();
    ASSERT_TRUE(world->core().serve("other", world->program));
    const auto schedules = world->core().schedules();
    ASSERT_EQ(schedules.size(), 1U);
    EXPECT_EQ(schedules[0].name, "other.half");
    EXPECT_GT(schedules[0].next_ms, world->clock.now() - 61 * kDay);
    EXPECT_LE(schedules[0].next_ms, world->clock.now() + 12 * kHour);
    settle();
    EXPECT_EQ(runs(), 1U);  // that of before
    world->ask("accept_clock", {{"reason", "we were closed"}});
    pass(13 * kHour);
    EXPECT_EQ(runs(), 2U);
    world->expect_sound();
}

}  // namespace
}  // namespace weft::testing
