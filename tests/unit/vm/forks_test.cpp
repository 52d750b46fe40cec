// Branches: how many run at once, how they join, and what a failure does to the others.
#include "tests/unit/vm/harness.h"

namespace weft::vm {
namespace {

using testing::Drive;
using testing::ImageBuilder;
using testing::policy;

Value ints(std::int64_t count) {
    std::vector<Value> out;
    for (std::int64_t i = 0; i < count; ++i) out.push_back(Value::integer(i));
    return Value::list(std::move(out));
}

struct Setup {
    std::uint32_t limit = 2;
    bool has_undo = false;
    bool irreversible = false;
    std::uint16_t retries = 0;
    bool in_scope = false;
};

// each x in p, limit at once { step s = work(x, 7); x } — then end with the list
ImageBuilder each(const Setup& setup) {
    ImageBuilder b;
    const auto work = b.worker("work", EffectClass::Idempotent, 2);
    b.image.workers[work].irreversible = setup.irreversible;
    b.image.workers[work].window_ms = 1000;
    auto undo = b.function("undo", FunctionKind::Undo, 1, 2, 2);
    undo.call(1, 0, 1, b.step("flow.undo", b.worker("undo", EffectClass::Idempotent)));
    undo.op(Opcode::Return, 1);
    auto branch = b.function("flow.each", FunctionKind::Branch, 2, 3, 3);
    branch.call(2, 0, 2, b.step("flow.each.s", work, policy(setup.retries)));
    if (setup.has_undo) branch.op(Opcode::UndoPush, 0, 2, 1, undo.number());
    branch.op(Opcode::Return, 2);
    auto flow = b.workflow(1, 3, 4);
    flow.constant(2, Value::integer(7));
    std::uint32_t scope = 0;
    if (setup.in_scope) scope = flow.op(Opcode::ScopeEnter, 1);
    flow.fork(1, 0, 2, b.fork(branch.number(), setup.limit));
    if (setup.in_scope) flow.op(Opcode::ScopeLeave);
    flow.end(1);
    if (setup.in_scope) {
        flow.land(scope);
        flow.op(Opcode::Field, 1, 1, 0);
        flow.end(1);
    }
    return b;
}

// Starts and answers the attempt of the branch that works on item `item`.
void answer(Drive& drive, std::int64_t item, const Value& value,
            OutcomeStatus status = OutcomeStatus::Ok, const std::string& error = "") {
    for (const auto& want : drive.wants(WantKind::Attempt)) {
        if (!(want.arguments[0] == Value::integer(item))) continue;
        EXPECT_TRUE(drive.begin_attempt(want.call, want.attempt));
        EXPECT_TRUE(drive.outcome(want.call, want.attempt, status, value, error));
        return;
    }
    ADD_FAILURE() << "no attempt for item " << item;
}

TEST(Forks, AtMostTheLimitRunsAndResultsAreInListOrder) {
    Drive drive(each({}), {ints(3)});
    EXPECT_EQ(drive.last(), "fork call call");
    const auto fork = drive.body<ForkBody>(RecordKind::Fork);
    EXPECT_EQ(fork.count, 3U);
    EXPECT_EQ(fork.limit, 2U);
    EXPECT_EQ(drive.count(WantKind::Attempt), 2U);
    EXPECT_EQ(drive.commands()[1].branch, fork.first_branch);
    answer(drive, 1, Value::integer(100));
    EXPECT_EQ(drive.last(), "call");  // the third begins as the second ends
    answer(drive, 2, Value::integer(200));
    answer(drive, 0, Value::integer(0));
    EXPECT_EQ(drive.last(), "join end");
    EXPECT_EQ(drive.body<JoinBody>(RecordKind::Join).ok, 3U);
    EXPECT_EQ(drive.machine().result(),
              Value::list({Value::integer(0), Value::integer(100), Value::integer(200)}));
}

TEST(Forks, AnEmptyListJoinsAtOnce) {
    Drive drive(each({}), {ints(0)});
    EXPECT_EQ(drive.last(), "fork join end");
    EXPECT_EQ(drive.machine().result(), Value::list({}));
}

TEST(Forks, OnlyListsAreWalked) {
    Drive drive(each({}), {Value::integer(1)});
    EXPECT_EQ(drive.error(), "Trap");
}

TEST(Forks, AFailureStopsSiblingsAndUndoesInOrderOfCompletion) {
    Drive drive(each({.limit = 4, .has_undo = true}), {ints(4)});
    answer(drive, 2, Value::integer(22));
    answer(drive, 0, Value::integer(20));
    const auto wants = drive.wants(WantKind::Attempt);
    ASSERT_EQ(wants.size(), 2U);
    const auto started = wants[1].call;  // item 3, started; item 1 fails
    drive.begin_attempt(started);
    answer(drive, 1, {}, OutcomeStatus::Failed, "Rejected");
    EXPECT_EQ(drive.last(), "");  // waits for the outcome under way
    EXPECT_EQ(drive.only(WantKind::Cancel).call, started);
    drive.outcome(started, 1, OutcomeStatus::Ok, Value::integer(23));
    EXPECT_EQ(drive.last(), "join undo-begin call");
    EXPECT_EQ(drive.body<JoinBody>(RecordKind::Join).failed, 1U);
    for (const auto undone : {23, 20, 22}) {
        EXPECT_EQ(drive.only(WantKind::Attempt).arguments[0], Value::integer(undone));
        drive.answer(Value::none());
    }
    EXPECT_EQ(drive.status(), RunStatus::Compensated);
    EXPECT_EQ(drive.error(), "Rejected");
}

TEST(Forks, AFailureStartsNoFurtherBranch) {
    Drive drive(each({.limit = 1}), {ints(5)});
    answer(drive, 0, {}, OutcomeStatus::Failed, "Rejected");
    EXPECT_EQ(drive.last(), "join end");
    EXPECT_EQ(drive.count(RecordKind::Call), 1U);
}

TEST(Forks, AHandlerAroundTakesTheFailureAfterTheJoin) {
    Drive drive(each({.limit = 2, .has_undo = true, .in_scope = true}), {ints(2)});
    answer(drive, 0, Value::integer(1));
    answer(drive, 1, {}, OutcomeStatus::Failed, "Rejected");
    EXPECT_EQ(drive.last(), "join undo-begin call");
    drive.answer(Value::none());
    EXPECT_EQ(drive.status(), RunStatus::Completed);
    EXPECT_EQ(drive.machine().result(), Value::text("Rejected"));
}

TEST(Forks, ASiblingInBackoffStopsAtOnceAndOneInDoubtIsSettled) {
    Drive drive(each({.limit = 3, .retries = 2}), {ints(3)});
    answer(drive, 0, {}, OutcomeStatus::Failed, "Transient");
    answer(drive, 1, {}, OutcomeStatus::Unknown, "Timeout");
    answer(drive, 2, {}, OutcomeStatus::Failed, "Rejected");
    EXPECT_EQ(drive.count(WantKind::Timer), 0U);
    EXPECT_EQ(drive.last(), "");
    answer(drive, 1, Value::integer(1));  // sent again under the same key
    EXPECT_EQ(drive.last(), "join end");
    EXPECT_EQ(drive.status(), RunStatus::Failed);
}

TEST(Forks, OneThatMayHoldAnIrreversibleEffectIsThePointOfNoReturnAsAWhole) {
    Drive drive(each({.irreversible = true}), {ints(2)});
    EXPECT_TRUE(drive.machine().past_no_return());
    answer(drive, 0, {}, OutcomeStatus::Failed, "Rejected");
    EXPECT_EQ(drive.last(), "hold");
    EXPECT_EQ(drive.count(WantKind::Attempt), 1U);  // the sibling goes on
    answer(drive, 1, Value::integer(1));
    EXPECT_TRUE(drive.feed(ReleasedFact{"op"}));
    answer(drive, 0, Value::integer(0));
    EXPECT_EQ(drive.status(), RunStatus::Completed);
}

TEST(Forks, CancelStopsAllBranches) {
    Drive drive(each({.limit = 3, .has_undo = true}), {ints(4)});
    answer(drive, 0, Value::integer(5));
    EXPECT_TRUE(drive.feed(CancelFact{}));
    EXPECT_EQ(drive.last(), "join undo-begin call");
    drive.answer(Value::none());
    EXPECT_EQ(drive.status(), RunStatus::Cancelled);
}

TEST(Forks, NestedForksJoinInside) {
    ImageBuilder b;
    const auto step = b.step("flow.s", b.worker("w", EffectClass::Read));
    auto inner = b.function("inner", FunctionKind::Branch, 1, 2, 2);
    inner.call(1, 0, 1, step);
    inner.op(Opcode::Return, 1);
    auto outer = b.function("outer", FunctionKind::Branch, 1, 2, 2);
    outer.fork(1, 0, 1, b.fork(inner.number(), 10));
    outer.op(Opcode::Return, 1);
    auto flow = b.workflow(1, 2, 2);
    flow.fork(1, 0, 1, b.fork(outer.number(), 10));
    flow.end(1);
    Drive drive(b, {Value::list({ints(1), Value::list({Value::integer(5), Value::integer(6)})})});
    EXPECT_EQ(drive.last(), "fork fork fork call call call");
    answer(drive, 0, Value::integer(10));
    EXPECT_EQ(drive.last(), "join");
    answer(drive, 6, Value::integer(16));
    answer(drive, 5, Value::integer(15));
    EXPECT_EQ(drive.last(), "join join end");
    EXPECT_EQ(drive.machine().result(),
              Value::list({Value::list({Value::integer(10)}),
                           Value::list({Value::integer(15), Value::integer(16)})}));
}

TEST(Forks, BranchesOfAnUndoAreShielded) {
    ImageBuilder b;
    const auto work = b.worker("work", EffectClass::Idempotent);
    auto none = b.function("none", FunctionKind::Undo, 0, 0, 1);
    none.constant(0, Value::none());
    none.op(Opcode::Return, 0);
    auto branch = b.function("part", FunctionKind::Branch, 1, 2, 2);
    branch.call(1, 0, 1, b.step("flow.part", work));
    branch.op(Opcode::UndoPush, 0, 0, 0, none.number());  // what an undo does is not undone
    branch.op(Opcode::Return, 1);
    auto undo = b.function("undo", FunctionKind::Undo, 1, 2, 2);
    undo.fork(1, 0, 1, b.fork(branch.number(), 2));
    undo.op(Opcode::Return, 1);
    auto flow = b.workflow(1, 2, 8);
    flow.op(Opcode::UndoPush, 0, 0, 1, undo.number());
    flow.fail(2, "Late");
    Drive drive(b, {ints(2)});
    EXPECT_EQ(drive.last(), "undo-begin fork call call");
    EXPECT_EQ(drive.wants(WantKind::Attempt)[0].direction, 1);
    answer(drive, 0, Value::integer(0));
    answer(drive, 1, Value::integer(0));
    EXPECT_EQ(drive.last(), "join undo-end end");
    EXPECT_EQ(drive.count(RecordKind::UndoBegin), 1U);
    EXPECT_EQ(drive.status(), RunStatus::Compensated);
}

TEST(Forks, ManyRecordsCostTheirOwnWorkOnly) {
    const auto image = std::make_shared<const Image>(each({.limit = 100}).image);
    ASSERT_TRUE(verify_image(*image));
    Machine machine(image, testing::make_begin({ints(5'000)}));
    std::size_t records = machine.start().commands.size();
    std::vector<std::uint64_t> open;
    for (const auto& want : machine.wants()) open.push_back(want.call);
    ASSERT_EQ(open.size(), 100U);
    // As an engine does it: the next call is known from the command, without asking for all wants.
    for (std::size_t i = 0; i < open.size(); ++i) {
        OutcomeFact fact;
        fact.call = open[i];
        fact.value = Value::integer(1);
        machine.apply(StartFact{open[i], 1}, 2000);
        auto seq = machine.next_seq();
        for (const auto& command : machine.apply(fact, 2000).commands) {
            ++seq;
            ++records;
            if (command.kind == static_cast<std::uint8_t>(RecordKind::Call)) open.push_back(seq);
        }
        records += 2;
    }
    EXPECT_EQ(machine.status(), RunStatus::Completed);
    EXPECT_GT(records, 15'000U);
}

}  // namespace
}  // namespace weft::vm
