// Times that are named, signals through requests, and locks between runs, with a clock that the
// test moves.
#include "engine/requests.h"
#include "store/key_file.h"
#include "tests/unit/engine/core_support.h"

namespace weft::engine {
namespace {

using testing::CoreTest;
using weft::testing::ImageBuilder;

class UntilTest : public CoreTest {};

ImageBuilder sleeping_until(std::int64_t time) {
    ImageBuilder b;
    auto flow = b.workflow(1, 1, 2);
    flow.constant(1, Value::time(time));
    flow.site(Opcode::SleepUntil, SiteKind::Sleep, 0, 0, 1);
    flow.end(0);
    return b;
}

TEST_F(UntilTest, WaitsForTheWallClock) {
    const auto run = start(sleeping_until(clock_.wall + 10'000));
    clock_.advance(9'999);
    turn();
    EXPECT_EQ(status(run), vm::RunStatus::Waiting);
    // The wall is set back; the run's own time goes on with the monotonic clock and passes T.
    clock_.wall -= 3'600'000;
    clock_.advance(60'000);
    turn();
    turn();
    EXPECT_EQ(status(run), vm::RunStatus::Waiting);
    clock_.advance(3'600'000 - 60'000);
    turn();
    EXPECT_EQ(status(run), vm::RunStatus::Waiting);
    clock_.advance(1);
    turn();
    EXPECT_EQ(status(run), vm::RunStatus::Completed);
}

TEST_F(UntilTest, ATimeThatIsPastDoesNotWait) {
    const auto run = start(sleeping_until(clock_.wall - 10'000));
    turn();
    EXPECT_EQ(status(run), vm::RunStatus::Completed);
}

class SignalTest : public CoreTest {
  protected:
    void SetUp() override {
        CoreTest::SetUp();
        ImageBuilder b;
        b.image.waits.push_back({"flow.first", {0}});
        auto flow = b.workflow(1, 2, 3);
        flow.constant(2, Value::duration(60'000));
        flow.site(Opcode::Wait, SiteKind::Wait, 0, 1, 2);
        flow.op(Opcode::Field, 1, 1, 1);
        flow.end(1);
        b.image.workflows[0].signals = {{"paid", "payment", b.integer}, {"note", "", b.text}};
        run_ = start(b);
    }
    Result<std::string> send(const std::string& rest) {
        Requests requests(*core_);
        Uploads uploads;
        return requests.answer("signal", R"({"run": ")" + to_hex(view(run_)) + "\", " + rest + "}",
                               "ann", uploads);
    }
    store::RunId run_{};
};

TEST_F(SignalTest, IsTypedAndCountsOnceAKey) {
    EXPECT_EQ(send(R"("signal": "payd", "value": "1")").error().kind, ErrorKind::NotFound);
    EXPECT_EQ(send(R"("signal": "paid", "value": "x")").error().kind, ErrorKind::Usage);
    EXPECT_EQ(send(R"("signal": "note", "value": "[]")").error().kind, ErrorKind::Usage);
    EXPECT_TRUE(send(R"("signal": "note", "value": "as it is")"));
    EXPECT_TRUE(send(R"("signal": "note", "value": "\"as JSON\"", "key": "k")"));
    EXPECT_TRUE(send(R"("signal": "note", "value": "again", "key": "k")"));
    EXPECT_EQ(core_->live(run_)->machine().unread().size(), 2U);
    auto sent = send(R"("signal": "payment", "value": "5", "key": "k")");
    ASSERT_TRUE(sent) << sent.error().message;
    EXPECT_EQ(status(run_), vm::RunStatus::Completed);
    auto again = send(R"("signal": "paid", "value": "5", "key": "k")");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_NE(again->find("\"repeat\":true"), std::string::npos);
    EXPECT_EQ(send(R"("signal": "paid", "value": "5")").error().kind, ErrorKind::Refused);
}

TEST_F(SignalTest, AShortCommandLeavesItInTheInbox) {
    open(true);
    auto sent = send(R"("signal": "paid", "value": "5")");
    ASSERT_TRUE(sent) << sent.error().message;
    EXPECT_NE(sent->find("\"seq\":null"), std::string::npos);
    EXPECT_EQ(core_->store().inbox_of(run_, 9)->size(), 1U);
    open_again();
    EXPECT_EQ(status(run_), vm::RunStatus::Completed);
}

// Asks for the lock on its keys for a minute, then waits for a signal; ends with whether it had it.
ImageBuilder locking(const std::vector<std::string>& keys) {
    ImageBuilder b;
    b.image.locks.push_back({"flow.lock"});
    b.image.waits.push_back({"flow.go", {0}});
    const auto count = static_cast<std::uint32_t>(keys.size());
    auto flow = b.workflow(1, 3, 8);
    for (std::uint32_t i = 0; i < count; ++i) flow.constant(3 + i, Value::text(keys[i]));
    flow.constant(3 + count, Value::duration(60'000));
    flow.site(Opcode::Lock, SiteKind::Lock, 0, 1, 3, count + 1);
    flow.constant(3, Value::duration(3'600'000));
    flow.site(Opcode::Wait, SiteKind::Wait, 0, 2, 3);
    flow.end(1);
    b.image.workflows[0].signals = {{"go", "", b.integer}};
    return b;
}

class LockTest : public CoreTest {
  protected:
    [[nodiscard]] bool has_lock(const store::RunId& run) const {
        LiveRun* live = core_->live(run);
        return live != nullptr && live->machine().lock() && live->machine().lock()->is_held;
    }
    void go(const store::RunId& run) {
        Incoming signal;
        signal.kind = InboxKind::Signal;
        signal.tag = core_->request_tag("");
        signal.facts = {vm::SignalFact{0, signal.tag, Value::integer(1), "ann"}};
        signal.actor = "ann";
        auto done = core_->take(run, signal);
        ASSERT_TRUE(done) << done.error().message;
        turn();
    }
    void kill(const store::RunId& run) {
        Incoming end;
        end.kind = InboxKind::Kill;
        end.tag = core_->request_tag("");
        end.facts = {vm::KillFact{"op", "no"}};
        end.actor = "op";
        ASSERT_TRUE(core_->take(run, end));
        turn();
    }
};

TEST_F(LockTest, IsGivenToOneRunAfterTheOther) {
    const auto one = start(locking({"a", "b"}));
    const auto two = start(locking({"b"}));
    const auto three = start(locking({"b", "c"}));
    const auto four = start(locking({"c"}));
    EXPECT_TRUE(has_lock(one));
    EXPECT_FALSE(has_lock(two));
    EXPECT_FALSE(has_lock(three));
    EXPECT_FALSE(has_lock(four));  // c is free, but the third asked first
    EXPECT_EQ(*core_->locks().holder("b"), one);
    go(one);
    EXPECT_TRUE(has_lock(two));
    EXPECT_FALSE(has_lock(three));
    go(two);
    EXPECT_TRUE(has_lock(three));
    EXPECT_FALSE(has_lock(four));
    kill(three);
    EXPECT_TRUE(has_lock(four));
    go(four);
    EXPECT_EQ(*core_->locks().holder("c"), store::RunId{});
}

TEST_F(LockTest, IsNotWaitedForLongerThanAllowedAndLetsTheNextPass) {
    const auto one = start(locking({"a"}));
    const auto two = start(locking({"a", "b"}));
    const auto three = start(locking({"b"}));
    EXPECT_FALSE(has_lock(three));
    clock_.advance(59'000);
    turn();
    EXPECT_FALSE(has_lock(three));
    clock_.advance(1'000);
    turn();
    turn();
    EXPECT_TRUE(has_lock(one));
    EXPECT_FALSE(has_lock(two));
    EXPECT_EQ(wants(two, vm::WantKind::Lock).size(), 0U);
    // The third's own time is up as well by now, or it had the lock in that very turn.
    EXPECT_EQ(wants(three, vm::WantKind::Lock).size(), 0U);
}

TEST_F(LockTest, IsFreeAgainForWhoAsksLater) {
    const auto one = start(locking({"a"}));
    kill(one);
    const auto two = start(locking({"a"}));
    EXPECT_TRUE(has_lock(two));
    kill(two);
    open();
    EXPECT_EQ(*core_->locks().holder("a"), store::RunId{});
}

TEST_F(LockTest, OutlivesItsEngine) {
    const auto one = start(locking({"a"}));
    const auto two = start(locking({"a"}));
    open();
    EXPECT_EQ(*core_->locks().holder("a"), one);
    // Only the second is driven: it waits all the same.
    ASSERT_TRUE(core_->take_up(two));
    EXPECT_FALSE(has_lock(two));
    ASSERT_TRUE(core_->take_up(one));
    EXPECT_TRUE(has_lock(one));
    go(one);
    EXPECT_TRUE(has_lock(two));
    open_again();
    EXPECT_TRUE(has_lock(two));
    EXPECT_EQ(core_->store().lock_waiters(core_->store().keys().tag("lock", "a"))->size(), 0U);
}

TEST_F(LockTest, ARunThatNobodyDrivesIsPassedOver) {
    const auto one = start(locking({"a"}));
    const auto two = start(locking({"a"}));
    const auto three = start(locking({"a"}));
    open();
    ASSERT_TRUE(core_->take_up(one));
    ASSERT_TRUE(core_->take_up(three));
    go(one);
    EXPECT_TRUE(has_lock(three));
    ASSERT_TRUE(core_->take_up(two));
    EXPECT_FALSE(has_lock(two));
}

}  // namespace
}  // namespace weft::engine
