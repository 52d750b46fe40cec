// Signals, waits and the time until which something is waited for.
#include "tests/unit/vm/harness.h"
#include "vm/limits.h"

namespace weft::vm {
namespace {

using testing::Drive;
using testing::ImageBuilder;

Value integer(std::int64_t v) {
    return Value::integer(v);
}

SignalFact sent(std::uint32_t signal, const std::string& key, std::int64_t value) {
    return {signal, to_array<16>(key + "................"), integer(value), "ann"};
}

// Two waits, one after the other, each for the signals of its row, for 500 ms or until a Time; the
// result is a list of what they gave.
ImageBuilder waiting(const Value& deadline, std::vector<std::uint32_t> first,
                     std::vector<std::uint32_t> second) {
    ImageBuilder b;
    b.image.waits.push_back({"flow.first", std::move(first)});
    b.image.waits.push_back({"flow.second", std::move(second)});
    auto flow = b.workflow(1, 3, 4);
    flow.constant(3, deadline);
    flow.site(Opcode::Wait, SiteKind::Wait, 0, 1, 3);
    flow.constant(3, deadline);
    flow.site(Opcode::Wait, SiteKind::Wait, 1, 2, 3);
    flow.op(Opcode::MakeList, 3, 1, 2);
    flow.end(3);
    b.image.workflows[0].signals = {{"a", "", b.integer}, {"b", "", b.integer}};
    return b;
}

Value took(std::int64_t arm, Value value) {
    return Value::record({integer(arm), std::move(value)});
}

TEST(Signals, AWaitTakesWhatComes) {
    Drive drive(waiting(Value::duration(500), {0}, {1}));
    EXPECT_EQ(drive.last(), "timer-set");
    EXPECT_EQ(drive.only(WantKind::Signal).due_ms, 1500);
    EXPECT_TRUE(drive.feed(sent(0, "k1", 5)));
    EXPECT_EQ(drive.last(), "signal-taken timer-set");
    EXPECT_TRUE(drive.feed(sent(1, "k2", 6)));
    EXPECT_EQ(drive.machine().result(), Value::list({took(0, integer(5)), took(0, integer(6))}));
}

TEST(Signals, OnesThatComeEarlyAreKeptAndTheOldestDecides) {
    Drive drive(waiting(Value::duration(500), {0}, {0, 1}));
    EXPECT_TRUE(drive.feed(sent(1, "k1", 1)));
    EXPECT_TRUE(drive.feed(sent(1, "k2", 2)));
    EXPECT_EQ(drive.last(), "");
    EXPECT_TRUE(drive.feed(sent(0, "k3", 3)));
    EXPECT_EQ(drive.last(), "signal-taken signal-taken end");
    EXPECT_EQ(drive.machine().result(), Value::list({took(0, integer(3)), took(1, integer(1))}));
    // The other stays unread.
    const auto unread = drive.machine().unread();
    ASSERT_EQ(unread.size(), 1U);
    EXPECT_EQ(unread[0].signal, 1U);
    EXPECT_EQ(unread[0].value, integer(2));
    EXPECT_FALSE(drive.machine().accepts(sent(0, "k4", 4)));
}

TEST(Signals, ASendersKeyCountsOnceEvenAfterItWasRead) {
    Drive drive(waiting(Value::duration(500), {0}, {0}));
    EXPECT_TRUE(drive.feed(sent(0, "k1", 1)));
    EXPECT_FALSE(drive.feed(sent(0, "k1", 1)));
    EXPECT_FALSE(drive.feed(sent(1, "k1", 2)));
    EXPECT_TRUE(drive.feed(sent(0, "k2", 1)));
    EXPECT_EQ(drive.status(), RunStatus::Completed);
}

TEST(Signals, MustFitTheirType) {
    Drive drive(waiting(Value::duration(500), {0}, {0}));
    EXPECT_FALSE(drive.feed(SignalFact{0, {}, Value::text("x"), "ann"}));
    EXPECT_FALSE(drive.feed(SignalFact{2, {}, integer(1), "ann"}));
}

TEST(Signals, TheTimeIsUp) {
    Drive drive(waiting(Value::duration(500), {0}, {1}));
    drive.fire();
    EXPECT_EQ(drive.last(), "timer-set");
    EXPECT_TRUE(drive.feed(sent(0, "late", 9)));  // kept, for nobody
    EXPECT_EQ(drive.only(WantKind::Timer).due_ms, 2000);
    drive.fire();
    EXPECT_EQ(drive.machine().result(), Value::list({took(-1, {}), took(-1, {})}));
    EXPECT_EQ(drive.machine().unread().size(), 1U);
}

TEST(Signals, ATimeThatIsNamedNeedsTheWallClock) {
    Drive drive(waiting(Value::time(9000), {0}, {0}));
    const auto timer = drive.only(WantKind::Timer);
    EXPECT_EQ(timer.due_ms, 9000);
    EXPECT_TRUE(timer.until);
    EXPECT_TRUE(drive.feed(sent(0, "k", 1)));
    EXPECT_EQ(drive.count(WantKind::Timer), 1U);
}

TEST(Signals, ACancelledRunWaitsForNothing) {
    Drive drive(waiting(Value::duration(500), {0}, {0}));
    EXPECT_TRUE(drive.feed(CancelFact{"ann", "no"}));
    EXPECT_EQ(drive.status(), RunStatus::Cancelled);
    EXPECT_TRUE(drive.machine().wants().empty());
}

TEST(Signals, ADeadlineOfAnotherKindIsATrap) {
    Drive drive(waiting(integer(5), {0}, {0}));
    EXPECT_EQ(drive.status(), RunStatus::Failed);
    EXPECT_EQ(drive.error(), "Trap");
}

TEST(Signals, TheMailboxHasALimit) {
    Drive drive(waiting(Value::duration(500), {0}, {0}));
    drive.machine().check_itself(false);
    for (std::size_t i = 0; i < kMailboxMax; ++i) {
        ASSERT_TRUE(drive.feed(sent(1, "k" + std::to_string(100'000 + i), 1))) << i;
    }
    EXPECT_FALSE(drive.feed(sent(1, "one more", 1)));
    EXPECT_EQ(drive.machine().unread().size(), kMailboxMax);
    EXPECT_FALSE(drive.feed(sent(0, "even of another", 1)));
}

// Each is long enough to be digested once, and lies where it lies only while it is looked at.
TEST(Signals, LongOnesComeBackFromASnapshot) {
    auto program = waiting(Value::duration(500), {0}, {0});
    program.image.workflows[0].signals = {{"a", "", program.integer}, {"b", "", program.text}};
    Drive drive(program);
    for (int i = 0; i < 10; ++i) {
        const auto key = "k" + std::to_string(i);
        const Value text = Value::text(std::string(1000, static_cast<char>('a' + i)));
        const SignalFact fact{1, to_array<16>(key + "................"), text, "ann"};
        ASSERT_TRUE(drive.feed(fact)) << i;  // and looks at the snapshot after each
    }
    EXPECT_EQ(drive.machine().unread().size(), 10U);
}

TEST(SleepUntil, WaitsForTheTimeNamed) {
    ImageBuilder b;
    auto flow = b.workflow(1, 1, 2);
    flow.constant(1, Value::time(7000));
    flow.site(Opcode::SleepUntil, SiteKind::Sleep, 0, 0, 1);
    flow.end(0);
    Drive drive(b);
    EXPECT_EQ(drive.only(WantKind::Timer).due_ms, 7000);
    EXPECT_TRUE(drive.only(WantKind::Timer).until);
    drive.fire();
    EXPECT_EQ(drive.status(), RunStatus::Completed);
}

TEST(CallUntil, MakesNoAttemptAfterItsLastMoment) {
    ImageBuilder b;
    const auto worker = b.worker("w", EffectClass::Read);
    auto flow = b.workflow(1, 2, 4);
    flow.op(Opcode::Move, 2, 0);
    flow.constant(3, Value::time(4000));
    flow.site(Opcode::CallUntil, SiteKind::Step, b.step("flow.a", worker, testing::policy(5)), 1, 2,
              1);
    flow.end(1);
    Drive drive(b);
    EXPECT_EQ(drive.last(), "call timer-set");
    EXPECT_TRUE(drive.only(WantKind::Timer).until);
    drive.refuse("Transient");
    for (const auto& want : drive.wants(WantKind::Timer)) {
        if (want.until) drive.fire(want);
    }
    EXPECT_EQ(drive.status(), RunStatus::Failed);
    EXPECT_EQ(drive.error(), "Timeout");
}

}  // namespace
}  // namespace weft::vm
