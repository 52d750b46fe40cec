// Last moments that are Times: of a block, of a sub-run, of the run itself.
#include "tests/unit/vm/harness.h"

namespace weft::vm {
namespace {

using testing::Drive;
using testing::ImageBuilder;

constexpr std::int64_t kEndMs = 5'000;  // a run begins at 1,000

// flow(end): block until end { call }; its handler ends with the error's name.
ImageBuilder block_until() {
    ImageBuilder b;
    const auto look = b.worker("look", EffectClass::Read);
    auto flow = b.workflow(1, 3, 3);
    const auto scope = flow.op(Opcode::ScopeEnter, 2);
    BlockRow row;
    row.takes = {"Timeout"};
    flow.site(Opcode::BlockUntil, SiteKind::Block, b.block(std::move(row)), 0);
    flow.call(1, 0, 1, b.step("flow.block.look", look));
    flow.op(Opcode::ScopeLeave);
    flow.end(1);
    flow.land(scope);
    flow.op(Opcode::Field, 1, 2, 0);
    flow.end(1);
    return b;
}

TEST(Until, ABlockHasItsLastMoment) {
    Drive drive(block_until(), {Value::time(kEndMs)});
    const auto timer = drive.only(WantKind::Timer);
    EXPECT_EQ(timer.due_ms, kEndMs);
    EXPECT_TRUE(timer.until);
    drive.fire();
    EXPECT_EQ(drive.machine().result(), Value::text("Timeout"));
}

TEST(Until, ABlockThatIsDoneForgetsIt) {
    Drive drive(block_until(), {Value::time(kEndMs)});
    drive.answer(Value::integer(3));
    EXPECT_EQ(drive.status(), RunStatus::Completed);
}

TEST(Until, WhatIsNoTimeIsATrapOutsideOfTheBlock) {
    Drive drive(block_until(), {Value::integer(1)});
    EXPECT_EQ(drive.status(), RunStatus::Failed);
    EXPECT_EQ(drive.error(), "Trap");
}

TEST(Until, ASubRunIsCancelledThen) {
    ImageBuilder b;
    const auto look = b.worker("look", EffectClass::Read);
    auto flow = b.workflow(1, 2, 3);
    b.image.subs.push_back({"flow.s", 1, false, 0});
    flow.op(Opcode::Move, 2, 0);
    flow.op(Opcode::Move, 1, 0);
    flow.site(Opcode::RunSubUntil, SiteKind::Sub, 0, 1, 1, 1);
    flow.end(1);
    auto other = b.workflow(1, 2, 2);
    other.call(1, 0, 1, b.step("other.look", look));
    other.site(Opcode::End, SiteKind::End, 1, 1);
    Drive drive(b, {Value::time(kEndMs)});
    EXPECT_EQ(drive.count(WantKind::Sub), 1U);
    EXPECT_TRUE(drive.only(WantKind::Timer).until);
    drive.fire();
    SubEndedFact fact;
    fact.call = drive.only(WantKind::CancelSub).call;
    fact.status = static_cast<std::uint8_t>(RunStatus::Cancelled);
    EXPECT_TRUE(drive.feed(fact));
    EXPECT_EQ(drive.error(), "Timeout");
}

ImageBuilder run_until() {
    ImageBuilder b;
    const auto look = b.worker("look", EffectClass::Read);
    auto end = b.function("flow.until", FunctionKind::Pure, 1, 1, 1);
    end.op(Opcode::Return, 0);
    auto flow = b.workflow(1, 2, 2);
    flow.call(1, 0, 1, b.step("flow.look", look));
    flow.end(1);
    b.image.workflows.front().until_function = end.number();
    return b;
}

TEST(Until, ARunHasItsLastMoment) {
    Drive drive(run_until(), {Value::time(kEndMs)});
    EXPECT_EQ(drive.only(WantKind::Timer).due_ms, kEndMs);
    EXPECT_TRUE(drive.only(WantKind::Timer).until);
    drive.fire();
    EXPECT_EQ(drive.status(), RunStatus::Failed);
    EXPECT_EQ(drive.error(), "Timeout");
}

TEST(Until, ARunWithoutASensibleOneFailsAtOnce) {
    Drive drive(run_until(), {Value::integer(1)});
    EXPECT_EQ(drive.status(), RunStatus::Failed);
    EXPECT_EQ(drive.error(), "Trap");
}

}  // namespace
}  // namespace weft::vm
