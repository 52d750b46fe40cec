// The lock of a run, as its machine sees it.
#include "tests/unit/vm/harness.h"

namespace weft::vm {
namespace {

using testing::Drive;
using testing::ImageBuilder;

// Asks for the lock on two keys for 500 ms; the result says whether it was got, once an effect is
// done under it.
ImageBuilder locking(const Value& a, const Value& b_key, bool twice = false) {
    ImageBuilder b;
    b.image.locks.push_back({"flow.lock"});
    const auto worker = b.worker("w", EffectClass::Read);
    auto flow = b.workflow(1, 3, 6);
    for (int i = 0; i < (twice ? 2 : 1); ++i) {
        flow.constant(3, i == 0 ? a : b_key);
        flow.constant(4, i == 0 ? b_key : a);
        flow.constant(5, Value::duration(500));
        flow.site(Opcode::Lock, SiteKind::Lock, 0, 1, 3, 3);
    }
    flow.call(2, 0, 1, b.step("flow.a", worker));
    flow.end(1);
    return b;
}

TEST(Locks, AreAskedForWithSortedKeysAndFreedAtTheEnd) {
    Drive drive(locking(Value::text("b"), Value::text("a")));
    EXPECT_EQ(drive.last(), "lock-ask timer-set");
    const auto want = drive.only(WantKind::Lock);
    EXPECT_EQ(want.keys, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(want.due_ms, 1500);
    EXPECT_FALSE(drive.machine().lock()->is_held);
    EXPECT_FALSE(drive.feed(LockGotFact{want.lock + 1}));
    EXPECT_TRUE(drive.feed(LockGotFact{want.lock}));
    EXPECT_EQ(drive.last(), "call");
    EXPECT_TRUE(drive.machine().lock()->is_held);
    EXPECT_FALSE(drive.feed(LockGotFact{want.lock}));
    drive.answer(Value::integer(1));
    EXPECT_EQ(drive.last(), "lock-freed end");
    EXPECT_EQ(drive.machine().result(), Value::boolean(true));
    EXPECT_FALSE(drive.machine().lock());
}

TEST(Locks, AreNotWaitedForLongerThanAllowed) {
    Drive drive(locking(Value::text("a"), Value::text("a")));
    EXPECT_EQ(drive.only(WantKind::Lock).keys.size(), 1U);
    drive.fire();
    EXPECT_EQ(drive.count(WantKind::Lock), 0U);
    drive.answer(Value::integer(1));
    EXPECT_EQ(drive.last(), "end");
    EXPECT_EQ(drive.machine().result(), Value::boolean(false));
}

TEST(Locks, TheSameOneIsThereASecondTime) {
    Drive drive(locking(Value::text("a"), Value::text("b"), true));
    EXPECT_TRUE(drive.feed(LockGotFact{1}));
    EXPECT_EQ(drive.last(), "call");
    EXPECT_EQ(drive.count(RecordKind::LockAsk), 1U);
    drive.answer(Value::integer(1));
}

TEST(Locks, AKilledOrCancelledRunGivesItBack) {
    Drive killed(locking(Value::text("a"), Value::text("b")));
    EXPECT_TRUE(killed.feed(LockGotFact{1}));
    EXPECT_TRUE(killed.feed(KillFact{"op", "no"}));
    EXPECT_EQ(killed.last(), "lock-freed end");
    Drive cancelled(locking(Value::text("a"), Value::text("b")));
    EXPECT_TRUE(cancelled.feed(CancelFact{"op", "no"}));
    EXPECT_EQ(cancelled.last(), "end");
    EXPECT_FALSE(cancelled.machine().lock());
}

TEST(Locks, KeysAreTexts) {
    Drive drive(locking(Value::integer(1), Value::text("b")));
    EXPECT_EQ(drive.error(), "Trap");
}

}  // namespace
}  // namespace weft::vm
