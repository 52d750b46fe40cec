// Limits, and images that pass the verifier but mean no sense: the machine answers with Trap.
#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "bytecode/opcode_info.h"
#include "tests/unit/vm/harness.h"
#include "vm/limits.h"

namespace weft::vm {
namespace {

using testing::Drive;
using ::testing::HasSubstr;
using testing::ImageBuilder;

// Loops without end, each pass of which pays for two large texts: the limit is near.
TEST(Limits, FuelBetweenTwoRecords) {
    ImageBuilder b;
    auto flow = b.workflow(2, 4, 4);
    const auto scope = flow.op(Opcode::ScopeEnter, 3);
    flow.op(Opcode::Equal, 2, 0, 1);
    flow.op(Opcode::Jump, 0, 0, 0, flow.here() - 1);
    flow.land(scope);
    flow.op(Opcode::Jump, 0, 0, 0, flow.here());  // no handler gets away with more
    const std::string large(15U << 20U, 'x');
    Drive drive(b, {Value::text(large), Value::text(large)});
    EXPECT_EQ(drive.error(), "Trap");
    EXPECT_THAT(drive.error_message(), HasSubstr("computes too long"));
    EXPECT_GT(drive.command(RecordKind::End).fuel, kFuelBetweenRecordsMax);
    EXPECT_LT(drive.command(RecordKind::End).fuel, kFuelBetweenRecordsMax + 1'000'000);
}

TEST(Limits, FuelInLambdas) {
    ImageBuilder b;
    auto same = b.function("same", FunctionKind::Pure, 1, 1, 2);
    same.op(Opcode::Equal, 1, 0, 0);
    same.op(Opcode::Return, 1);
    auto flow = b.workflow(1, 2, 2);
    flow.op(Opcode::Map, 1, 0, 0, same.number());
    flow.op(Opcode::Jump, 0, 0, 0, 0);
    const auto half = Value::text(std::string(7U << 20U, 'x'));
    Drive drive(b, {Value::list({half, half})});
    EXPECT_THAT(drive.error_message(), HasSubstr("computes too long"));
}

TEST(Limits, FuelIsPerRecord) {
    ImageBuilder b;
    b.image.events.push_back({"tick", b.integer});
    auto flow = b.workflow(1, 1, 1);
    const auto top = flow.here();
    flow.site(Opcode::Emit, SiteKind::Event, 0, 0, 0);
    flow.op(Opcode::JumpIfNone, 0, 0, 0, top);
    flow.end(0);
    Drive drive(b);
    const auto& commands = drive.commands();
    EXPECT_EQ(drive.status(), RunStatus::Completed);
    EXPECT_LT(commands[0].fuel, commands[1].fuel);
}

TEST(Limits, TextsThatDouble) {
    ImageBuilder b;
    auto flow = b.workflow(1, 3, 3);
    flow.op(Opcode::Move, 1, 0);
    const auto top = flow.here();
    flow.op(Opcode::Move, 0, 1);
    flow.op(Opcode::Concat, 1, 0, 2);
    flow.op(Opcode::Jump, 0, 0, 0, top);
    Drive drive(b, {Value::text("0123456789")});
    EXPECT_THAT(drive.error_message(), HasSubstr("16 MiB"));
}

TEST(Limits, ValuesThatNest) {
    ImageBuilder b;
    auto flow = b.workflow(1, 1, 1);
    const auto top = flow.here();
    flow.op(Opcode::MakeList, 0, 0, 1);
    flow.op(Opcode::Jump, 0, 0, 0, top);
    Drive drive(b);
    EXPECT_THAT(drive.error_message(), HasSubstr("deeper than 64"));
}

TEST(Limits, TheSizeOfAValueIsThatOfItsTree) {
    ImageBuilder b;
    auto flow = b.workflow(1, 1, 21);
    for (std::uint32_t i = 1; i <= 20; ++i) flow.op(Opcode::Move, i, 0);
    flow.op(Opcode::MakeList, 0, 1, 20);
    flow.end(0);
    EXPECT_EQ(Drive(b, {Value::text(std::string(1U << 19U, 'x'))}).status(), RunStatus::Completed);
    Drive drive(b, {Value::text(std::string(1U << 20U, 'x'))});  // 20 MiB, one text in memory
    EXPECT_THAT(drive.error_message(), HasSubstr("16 MiB"));
}

TEST(Limits, WhatARunHolds) {
    // Five named slots of 15 MiB, and a logged instruction.
    ImageBuilder b;
    auto flow = b.workflow(1, 6, 6);
    for (std::uint32_t i = 1; i < 6; ++i) flow.op(Opcode::Move, i, 0);
    flow.end(1);
    Drive drive(b, {Value::text(std::string(15U << 20U, 'x'))});
    EXPECT_THAT(drive.error_message(), HasSubstr("holds too much"));
}

TEST(Limits, Calls) {
    ImageBuilder b;
    auto last = b.function("f", FunctionKind::Pure, 1, 1, 1);
    last.op(Opcode::Return, 0);
    std::uint32_t callee = last.number();
    for (std::uint32_t i = 0; i < kCallDepthMax; ++i) {
        auto f = b.function("f", FunctionKind::Pure, 1, 1, 1);
        f.op(Opcode::Call, 0, 0, 1, callee);
        f.op(Opcode::Return, 0);
        callee = f.number();
    }
    auto flow = b.workflow(1, 1, 1);
    flow.op(Opcode::Call, 0, 0, 1, callee);
    flow.end(0);
    EXPECT_THAT(Drive(b).error_message(), HasSubstr("too deep"));
    auto& function = b.image.functions.back();
    function.code[0].d = callee - 1;  // one less is allowed
    EXPECT_EQ(Drive(b).machine().result(), Value::integer(7));
}

TEST(Limits, Branches) {
    ImageBuilder b;
    auto branch = b.function("b", FunctionKind::Branch, 1, 1, 1);
    branch.op(Opcode::Return, 0);
    auto flow = b.workflow(1, 1, 1);
    flow.fork(0, 0, 1, b.fork(branch.number(), 1));
    flow.end(0);
    flow.function().registers = 1;
    std::vector<Value> items(kBranchesMax, Value::integer(1));
    EXPECT_THAT(Drive(b, {Value::list(items)}).error_message(), HasSubstr("too many branches"));
    items.pop_back();
    Machine machine(std::make_shared<const Image>(b.image),
                    testing::make_begin({Value::list(items)}));
    machine.start();
    EXPECT_EQ(machine.status(), RunStatus::Completed);
}

TEST(Limits, BranchesInsideBranches) {
    ImageBuilder b;
    auto branch = b.function("b", FunctionKind::Branch, 1, 1, 1);
    branch.op(Opcode::Return, 0);
    std::uint32_t next = branch.number();
    for (std::uint32_t i = 0; i < kBranchDepthMax; ++i) {
        auto outer = b.function("b", FunctionKind::Branch, 1, 2, 2);
        outer.op(Opcode::MakeList, 1, 0, 1);
        outer.fork(0, 1, 0, b.fork(next, 1));
        outer.constant(0, Value::integer(1));
        outer.op(Opcode::Return, 0);
        next = outer.number();
    }
    auto flow = b.workflow(1, 2, 2);
    flow.op(Opcode::MakeList, 1, 0, 1);
    flow.fork(0, 1, 0, b.fork(next, 1));
    flow.end(0);
    EXPECT_THAT(Drive(b).error_message(), HasSubstr("too deep"));
}

// A program with a little of everything, for the machine to stumble over.
ImageBuilder rich() {
    ImageBuilder b;
    b.image.events.push_back({"e", b.integer});
    b.image.gates.push_back({"flow.g", {{"x", ""}}, {"fail"}});
    b.image.reviews.push_back({"flow.r", "t", {"editor"}, 1, 500, {"x"}, {b.integer}});
    const auto once = b.worker("once", EffectClass::Once);
    b.image.workers[once].probe = b.worker("probe", EffectClass::Read);
    const auto idempotent = b.worker("idempotent", EffectClass::Idempotent);
    b.image.workers[idempotent].window_ms = 1000;
    const auto send = b.worker("send", EffectClass::Idempotent);
    b.image.workers[send].irreversible = true;
    auto how = testing::policy(1);
    how.within_ms = 300;
    auto lambda = b.function("lambda", FunctionKind::Pure, 2, 2, 3);
    lambda.op(Opcode::Less, 2, 0, 1);
    lambda.op(Opcode::Return, 2);
    auto undo = b.function("undo", FunctionKind::Undo, 1, 2, 2);
    undo.call(1, 0, 1, b.step("flow.u", idempotent, testing::policy(1)));
    undo.op(Opcode::Return, 1);
    auto branch = b.function("branch", FunctionKind::Branch, 2, 4, 5);
    branch.call(2, 0, 1, b.step("flow.b", once, how));
    branch.op(Opcode::UndoPush, 0, 2, 1, undo.number());
    branch.op(Opcode::ScopeEnter, 3, 0, 0, 6);
    branch.call(2, 1, 1, b.step("flow.c", idempotent, how));
    branch.op(Opcode::UndoPush, 0, 2, 1, undo.number());
    branch.op(Opcode::ScopeLeave);
    branch.op(Opcode::Return, 0);
    auto flow = b.workflow(2, 8, 14);
    flow.op(Opcode::UndoMark, 2);
    flow.fork(3, 0, 1, b.fork(branch.number(), 2));
    flow.op(Opcode::Any, 4, 3, 1, lambda.number());
    flow.constant(8, Value::integer(1));
    flow.constant(9, Value::integer(2));
    flow.op(Opcode::Move, 10, 4);
    flow.constant(11, Value::text("why"));
    flow.op(Opcode::MakeRecord, 8, 8, 4);
    flow.op(Opcode::Move, 9, 1);
    flow.site(Opcode::Gate, SiteKind::Gate, 0, 5, 8, 1);
    flow.site(Opcode::Review, SiteKind::Review, 0, 6, 1, 1);
    flow.site(Opcode::Emit, SiteKind::Event, 0, 0, 6);
    flow.undo_to(2);
    flow.op(Opcode::NextGeneration);
    flow.call(7, 1, 1, b.step("flow.send", send, how));
    flow.constant(8, Value::duration(5));
    flow.sleep(8);
    b.image.waits.push_back({"flow.w", {1}});
    flow.constant(8, Value::duration(50));
    flow.site(Opcode::Wait, SiteKind::Wait, 0, 6, 8);
    b.image.locks.push_back({"flow.l"});
    flow.constant(8, Value::text("key"));
    flow.constant(9, Value::duration(50));
    flow.site(Opcode::Lock, SiteKind::Lock, 0, 5, 8, 2);
    flow.call(7, 1, 1, b.step("flow.last", idempotent, how));
    flow.end(7);
    b.image.workflows[0].signals = {{"a", "", b.integer}, {"b", "", b.integer}};
    b.image.workflows[0].within_ms = 100'000;
    return b;
}

// Some come twice.
Bytes16 some_tag(std::mt19937& random) {
    Bytes16 out{};
    out[0] = static_cast<std::uint8_t>(random() % 64);
    return out;
}

// Any fact, often one that fits. Every other seed has a kind world, in which most things go well.
Fact some_fact(std::mt19937& random, const Machine& machine, bool is_kind) {
    const auto wants = machine.wants();
    static const std::vector<std::string> kErrors = {"Transient", "Timeout", "Rejected"};
    const std::string error = kErrors[random() % kErrors.size()];
    switch (random() % (is_kind ? 400 : 40)) {
        case 0:
            return CancelFact{};
        case 1:
            return ReleasedFact{};
        case 2:
            return ResumedFact{};
        case 3:
            return TimerFiredFact{random() % 20};
        default:
            break;
    }
    if (wants.empty()) return KillFact{};
    auto want = wants[random() % wants.size()];
    if (is_kind) {  // timers fire when nothing else is to be done, the earliest first
        want = *std::ranges::min_element(wants, {}, [](const Want& w) {
            return w.kind == WantKind::Timer ? w.due_ms : std::int64_t{0};
        });
    }
    switch (want.kind) {
        case WantKind::Attempt:
            return StartFact{want.call, want.attempt};
        case WantKind::Outcome:
        case WantKind::Cancel: {
            OutcomeFact fact;
            fact.call = want.call;
            fact.attempt = want.attempt;
            fact.status = static_cast<OutcomeStatus>(random() % 5);
            if (is_kind && random() % 8 != 0) fact.status = OutcomeStatus::Ok;
            if (random() % 2 == 0)
                fact.value = Value::integer(static_cast<std::int64_t>(random() % 5));
            fact.error = error;
            return fact;
        }
        case WantKind::Timer:
            return TimerFiredFact{want.timer};
        case WantKind::Decision:
            return DecisionFact{want.task, static_cast<Decision>(random() % 4), "ann", "",
                                want.shown};
        case WantKind::Settle:
            return SettledFact{want.call, random() % 2 == 0, Value::integer(2)};
        case WantKind::Release:
            return ReleasedFact{};
        case WantKind::Signal:
            return SignalFact{static_cast<std::uint32_t>(random() % 2), some_tag(random),
                              Value::integer(3), "ann"};
        case WantKind::Lock:
            return LockGotFact{want.lock};
        case WantKind::Sub:
        case WantKind::CancelSub:
            break;
    }
    return ResumedFact{};
}

std::vector<Value> rich_input() {
    return {Value::list({Value::integer(1), Value::integer(2), Value::integer(3)}),
            Value::integer(2)};
}

// Whatever the world does, in whatever order: the machine holds its own state check against a
// recomputed one at each record, a second machine makes the same commands, and `end` comes last.
TEST(Machine, AnyFactsInAnyOrder) {
    std::map<RunStatus, int> ended;
    for (unsigned seed = 0; seed < 400; ++seed) {
        std::mt19937 random(seed);
        Drive drive(rich(), rich_input());
        for (int i = 0; i < 150 && !is_ended(drive.status()); ++i) {
            drive.now_ms += static_cast<std::int64_t>(random() % 50);
            drive.feed(some_fact(random, drive.machine(), seed % 2 == 0));
        }
        ++ended[drive.status()];
        if (!is_ended(drive.status())) continue;
        EXPECT_EQ(drive.commands().back().kind, static_cast<std::uint8_t>(RecordKind::End));
        EXPECT_EQ(drive.count(RecordKind::End), 1U);
        EXPECT_TRUE(drive.machine().wants().empty());
    }
    // Each way to end was reached, else the test says little.
    for (const auto status :
         {RunStatus::Completed, RunStatus::Failed, RunStatus::Compensated, RunStatus::Cancelled}) {
        EXPECT_GT(ended[status], 0) << static_cast<int>(status);
    }
}

// Images that were changed at random and still pass the verifier.
TEST(Machine, HostileImagesDoNoHarm) {
    int ran = 0;
    for (unsigned seed = 0; seed < 6000; ++seed) {
        std::mt19937 random(seed);
        auto b = rich();
        const auto changes = 1 + random() % 3;
        for (unsigned i = 0; i < changes; ++i) {
            auto& function = b.image.functions[random() % b.image.functions.size()];
            auto& x = function.code[random() % function.code.size()];
            switch (random() % 4) {
                case 0: {
                    const auto all = all_opcodes();
                    x.op = all[random() % all.size()].op;
                    break;
                }
                case 1:
                    x.a = static_cast<std::uint16_t>(random() % 12);
                    break;
                case 2:
                    x.b = static_cast<std::uint16_t>(random() % 12);
                    break;
                default:
                    x.d = static_cast<std::uint32_t>(random() % 12);
                    break;
            }
        }
        if (!verify_image(b.image)) continue;
        ++ran;
        const auto image = std::make_shared<const Image>(b.image);
        Machine machine(image, testing::make_begin(rich_input()));
        machine.check_itself(true);
        machine.start();
        std::int64_t now = 1000;
        for (int i = 0; i < 60 && !is_ended(machine.status()); ++i) {
            now += static_cast<std::int64_t>(random() % 200);
            machine.apply(some_fact(random, machine, seed % 2 == 0), now);
        }
    }
    EXPECT_GT(ran, 300);
}

}  // namespace
}  // namespace weft::vm
