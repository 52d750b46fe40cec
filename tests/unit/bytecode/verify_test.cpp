// One image for each rule of docs/bytecode.md that breaks that rule and no other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/image_builder.h"

namespace weft {
namespace {

using testing::FunctionBuilder;
using ::testing::HasSubstr;
using testing::ImageBuilder;

void expect_refused(const ImageBuilder& b, const std::string& why) {
    const auto result = verify_image(b.image);
    ASSERT_FALSE(result) << "accepted, but: " << why;
    EXPECT_THAT(result.error().message, HasSubstr(why));
    EXPECT_NE(result.error().kind, ErrorKind::Usage);
}

void expect_good(const ImageBuilder& b) {
    const auto result = verify_image(b.image);
    EXPECT_TRUE(result) << result.error().message;
}

TEST(Verifier, TakesASmallWorkflow) {
    ImageBuilder b;
    auto flow = b.workflow(1, 1, 1);
    flow.end(0);
    expect_good(b);
}

TEST(Verifier, Semantics) {
    ImageBuilder b;
    b.image.semantics = 2;
    const auto result = verify_image(b.image);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::Unsupported);
}

TEST(Verifier, Migrations) {
    const auto with = [](std::uint32_t parameters, const std::string& path) {
        ImageBuilder b;
        b.step("flow.ask", b.worker("ask", EffectClass::Read));
        auto take = b.function("flow.ask.migrate", FunctionKind::Pure, 1, 1, 1);
        take.op(Opcode::Return, 0);
        MigratedStep step{path, take.number(), {"flow.old"}, {b.integer}};
        if (parameters == 2) {
            step.reads.emplace_back("flow.older");
            step.types.push_back(b.integer);
        }
        b.image.migrates.push_back({0, "0f3a77c2", {step}});
        auto flow = b.workflow(1, 1, 1);
        flow.end(0);
        return b;
    };
    expect_good(with(1, "flow.ask"));
    expect_refused(with(1, "flow.none"), "a migration of no step");
    expect_refused(with(2, "flow.ask"), "its migration is no function of what it reads");
    auto nothing = with(1, "flow.ask");
    nothing.image.migrates[0].workflow = 3;
    expect_refused(nothing, "a migration of nothing");
    auto untyped = with(1, "flow.ask");
    untyped.image.migrates[0].steps[0].types[0] = TypeId{99};
    expect_refused(untyped, "no such type");
}

TEST(Verifier, MigrationsStandBehindWhatImagesHadBefore) {
    ImageBuilder b;
    auto flow = b.workflow(1, 1, 1);
    flow.end(0);
    const auto without = encode_image(b.image);
    b.image.migrates.push_back({0, "0f3a77c2", {}});
    const auto with = encode_image(b.image);
    EXPECT_TRUE(with.starts_with(without));
    const auto decoded = decode_image(with);
    ASSERT_TRUE(decoded);
    ASSERT_EQ(decoded->migrates.size(), 1U);
    EXPECT_EQ(decoded->migrates[0].from, "0f3a77c2");
    EXPECT_FALSE(decode_image(without + std::string(4, '\0')));  // none, written out
}

TEST(Verifier, WhatWaitsForOthers) {
    const auto with = [](Opcode op, SiteKind kind, std::uint32_t count, FunctionKind function) {
        ImageBuilder b;
        ReviewRow review{"flow.r", "r", {"a"}, 1, 0, {"p0"}, {b.integer}};
        review.lines = {{{"a"}}, {{"b"}}};
        b.image.reviews.push_back(review);
        b.image.waits.push_back({"flow.w", {0}});
        b.image.locks.push_back({"flow.l"});
        auto flow = b.workflow(1, 2, 8);
        for (std::uint32_t i = 2; i < 8; ++i) flow.constant(i, Value::none());
        if (function == FunctionKind::Workflow) flow.site(op, kind, 0, 1, 2, count);
        flow.end(0);
        if (function == FunctionKind::Workflow) return b;
        auto other = b.function("other", function, 1, 2, 8);
        for (std::uint32_t i = 2; i < 8; ++i) other.constant(i, Value::none());
        other.site(op, kind, 0, 1, 2, count);
        other.op(Opcode::Return, 0);
        return b;
    };
    constexpr auto kFlow = FunctionKind::Workflow;
    // Of a review with two lines: the value, a deadline for each, the people excepted.
    expect_good(with(Opcode::Ask, SiteKind::Review, 4, kFlow));
    expect_refused(with(Opcode::Ask, SiteKind::Review, 3, kFlow), "wrong number of values");
    expect_refused(with(Opcode::Ask, SiteKind::Wait, 4, kFlow), "of another kind");
    expect_good(with(Opcode::Wait, SiteKind::Wait, 0, kFlow));
    expect_good(with(Opcode::Lock, SiteKind::Lock, 2, kFlow));
    expect_refused(with(Opcode::Lock, SiteKind::Lock, 1, kFlow), "without a key");
    for (const auto& [op, kind, count] : {std::tuple(Opcode::Ask, SiteKind::Review, 4U),
                                          std::tuple(Opcode::Wait, SiteKind::Wait, 0U),
                                          std::tuple(Opcode::Lock, SiteKind::Lock, 2U)}) {
        expect_refused(with(op, kind, count, FunctionKind::Undo), "not allowed in this kind");
        expect_good(with(op, kind, count, FunctionKind::Branch));
    }

    auto nobody = with(Opcode::Ask, SiteKind::Review, 4, kFlow);
    nobody.image.reviews[0].lines[1].roles.clear();
    expect_refused(nobody, "nobody can approve");
    auto form = with(Opcode::Ask, SiteKind::Review, 4, kFlow);
    form.image.reviews[0].form = TypeId{99};
    expect_refused(form, "no such type");
    auto end = with(Opcode::Ask, SiteKind::Review, 4, kFlow);
    end.image.reviews[0].end = static_cast<ReviewEnd>(3);
    expect_refused(end, "unknown end");
    auto nothing = with(Opcode::Wait, SiteKind::Wait, 0, kFlow);
    nothing.image.waits[0].signals.clear();
    expect_refused(nothing, "waits for nothing");
    auto signal = with(Opcode::Wait, SiteKind::Wait, 0, kFlow);
    signal.image.workflows[0].signals = {{"s", "", TypeId{99}}};
    expect_refused(signal, "no such type");
}

TEST(Verifier, ACallsLastMomentIsBehindItsArguments) {
    ImageBuilder b;
    const auto worker = b.worker("w", EffectClass::Read);
    auto flow = b.workflow(1, 2, 3);
    flow.op(Opcode::Move, 2, 0);
    flow.site(Opcode::CallUntil, SiteKind::Step, b.step("flow.a", worker), 1, 2, 1);
    flow.end(1);
    expect_refused(b, "registers out of range");
}

TEST(Verifier, OperandsInRange) {
    const auto with = [](Instruction x) {
        ImageBuilder b;
        auto flow = b.workflow(1, 1, 2);
        flow.op(x.op, x.a, x.b, x.c, x.d);
        flow.end(0);
        return b;
    };
    expect_refused(with({static_cast<Opcode>(200), 0, 0, 0, 0}), "no such instruction");
    expect_refused(with({Opcode::Move, 2, 0, 0, 0}), "no such register");
    expect_refused(with({Opcode::Move, 0, 2, 0, 0}), "no such register");
    expect_refused(with({Opcode::Move, 0, 0, 1, 0}), "not zero");
    expect_refused(with({Opcode::MakeList, 0, 1, 2, 0}), "out of range");
    expect_refused(with({Opcode::Const, 0, 0, 0, 0}), "no such constant");
    expect_refused(with({Opcode::ToText, 0, 0, 0, 9}), "no such type");
    expect_refused(with({Opcode::Jump, 0, 0, 0, 5}), "jumps out");
    expect_refused(with({Opcode::Call, 0, 0, 1, 7}), "no such function");
    expect_refused(with({Opcode::Builtin, 0, 0, 1, 99}), "no such built-in");
    expect_refused(with({Opcode::Builtin, 0, 0, 1, 5}), "wrong number of arguments");
    expect_refused(with({Opcode::MakeMap, 0, 0, 1, 0}), "key without value");
    expect_refused(with({Opcode::CallStep, 0, 0, 0, 9}), "no such site");
}

TEST(Verifier, EndOfFunction) {
    ImageBuilder b;
    auto flow = b.workflow(1, 1, 1);
    flow.op(Opcode::Move, 0, 0);
    expect_refused(b, "runs past the end");
}

TEST(Verifier, FunctionShape) {
    ImageBuilder b;
    auto flow = b.workflow(1, 1, 1);
    flow.end(0);
    flow.function().named_slots = 2;
    expect_refused(b, "do not nest");
    flow.function().named_slots = 1;
    flow.function().places.pop_back();
    expect_refused(b, "source place");
    flow.function().places.emplace_back();
    flow.function().slot_names.clear();
    expect_refused(b, "name a named slot");
}

TEST(Verifier, AssignedBeforeReadOnEveryPath) {
    ImageBuilder b;
    auto flow = b.workflow(1, 2, 3);
    const auto branch = flow.op(Opcode::JumpIfNone, 0);
    flow.op(Opcode::Move, 1, 0);  // only on one of the two paths
    flow.land(branch);
    flow.end(1);
    expect_refused(b, "register 1 is read where it may not be assigned");
}

TEST(Verifier, AssignedOnBothPathsIsEnough) {
    ImageBuilder b;
    auto flow = b.workflow(1, 2, 3);
    const auto branch = flow.op(Opcode::JumpIfNone, 0);
    flow.op(Opcode::Move, 1, 0);
    const auto done = flow.op(Opcode::Jump);
    flow.land(branch);
    flow.constant(1, Value::integer(1));
    flow.land(done);
    flow.end(1);
    expect_good(b);
}

TEST(Verifier, LoopsForgetWhatOnlyTheFirstPassKnew) {
    ImageBuilder b;
    auto flow = b.workflow(1, 1, 2);
    flow.constant(1, Value::integer(1));
    const auto top = flow.here();
    flow.op(Opcode::Move, 0, 1);
    flow.sleep(0);  // register 1 is a temporary: gone after this
    flow.op(Opcode::JumpIf, 0, 0, 0, top);
    flow.end(0);
    expect_refused(b, "register 1 is read");
}

TEST(Verifier, TemporariesDieAtSites) {
    ImageBuilder b;
    const auto step = b.step("flow.s", b.worker("w", EffectClass::Read));
    auto flow = b.workflow(1, 1, 3);
    flow.op(Opcode::Move, 1, 0);
    flow.call(2, 0, 1, step);
    flow.op(Opcode::Move, 0, 2);  // the written register is there
    flow.end(1);                  // the other temporary isn't
    expect_refused(b, "register 1 is read");
}

TEST(Verifier, HandlersSeeNamedSlotsAndTheError) {
    ImageBuilder b;
    auto flow = b.workflow(1, 2, 3);
    flow.op(Opcode::Move, 2, 0);
    const auto scope = flow.op(Opcode::ScopeEnter, 1);
    flow.op(Opcode::ScopeLeave);
    flow.end(0);
    flow.land(scope);
    flow.op(Opcode::Move, 0, 1);
    flow.op(Opcode::Move, 0, 2);
    flow.end(0);
    expect_refused(b, "register 2 is read");
}

TEST(Verifier, ScopesBalance) {
    ImageBuilder b;
    auto flow = b.workflow(1, 1, 1);
    flow.op(Opcode::ScopeLeave);
    flow.end(0);
    expect_refused(b, "where none is open");

    ImageBuilder c;
    auto other = c.workflow(1, 2, 2);
    const auto skip = other.op(Opcode::JumpIfNone, 0);
    const auto scope = other.op(Opcode::ScopeEnter, 1);
    other.land(skip);
    other.end(0);
    other.land(scope);
    other.end(0);
    expect_refused(c, "different scopes");
}

TEST(Verifier, KindsOfFunctions) {
    const auto in = [](FunctionKind kind, Opcode op) {
        ImageBuilder b;
        auto f = b.function("f", kind, 1, 1, 2);
        f.op(op, op == Opcode::Return ? 0 : 1);
        f.op(Opcode::Return, 0);
        return b;
    };
    expect_refused(in(FunctionKind::Pure, Opcode::UndoMark), "not allowed");
    expect_refused(in(FunctionKind::Pure, Opcode::ScopeEnter), "not allowed");
    expect_refused(in(FunctionKind::Workflow, Opcode::Return), "not allowed");
    expect_refused(in(FunctionKind::Undo, Opcode::UndoCut), "not allowed");
    ImageBuilder b;
    auto f = b.function("f", FunctionKind::Pure, 1, 1, 1);
    f.call(0, 0, 1, b.step("s", b.worker("w", EffectClass::Read)));
    f.op(Opcode::Return, 0);
    expect_refused(b, "not allowed");
}

TEST(Verifier, NoRecursion) {
    ImageBuilder b;
    auto f = b.function("f", FunctionKind::Pure, 1, 1, 1);
    auto g = b.function("g", FunctionKind::Pure, 1, 1, 1);
    f.op(Opcode::Call, 0, 0, 1, g.number());
    f.op(Opcode::Return, 0);
    g.op(Opcode::Map, 0, 0, 0, f.number());
    g.op(Opcode::Return, 0);
    expect_refused(b, "can call itself");
}

TEST(Verifier, NoRecursionThroughTypesOrForks) {
    ImageBuilder b;
    Constraint constraint;
    constraint.kind = Constraint::Kind::Function;
    auto type = testing::make_type(TypeKind::Refined, b.integer);
    type.constraints = {constraint};
    const auto refined = b.image.types.add(type);
    auto f = b.function("f", FunctionKind::Pure, 1, 1, 1);
    f.op(Opcode::Refine, 0, 0, 0, refined.index);
    f.op(Opcode::Return, 0);
    expect_refused(b, "itself");
    b.image.functions[f.number()].code[0].op = Opcode::Convert;
    expect_refused(b, "itself");

    ImageBuilder c;
    auto branch = c.function("b", FunctionKind::Branch, 1, 1, 1);
    branch.fork(0, 0, 1, c.fork(branch.number(), 1));
    branch.op(Opcode::Return, 0);
    expect_refused(c, "can call itself");
}

TEST(Verifier, ArgumentCounts) {
    ImageBuilder b;
    auto pure = b.function("f", FunctionKind::Pure, 2, 2, 2);
    pure.op(Opcode::Return, 0);
    auto flow = b.workflow(1, 1, 2);
    flow.op(Opcode::Call, 0, 0, 1, pure.number());
    flow.end(0);
    expect_refused(b, "wrong number of arguments");

    ImageBuilder c;
    auto undo = c.function("u", FunctionKind::Undo, 2, 2, 2);
    undo.op(Opcode::Return, 0);
    auto other = c.workflow(1, 1, 2);
    other.op(Opcode::UndoPush, 0, 0, 1, undo.number());
    other.end(0);
    expect_refused(c, "wrong number of arguments");

    ImageBuilder d;
    auto branch = d.function("b", FunctionKind::Branch, 3, 3, 3);
    branch.op(Opcode::Return, 0);
    auto forks = d.workflow(1, 1, 2);
    forks.fork(0, 0, 1, d.fork(branch.number(), 1));
    forks.end(0);
    expect_refused(d, "out of range");
}

TEST(Verifier, SitesAndInstructionsAgree) {
    ImageBuilder b;
    auto flow = b.workflow(1, 1, 1);
    flow.end(0);
    b.image.sites[0].pc = 3;
    expect_refused(b, "another instruction's");
    b.image.sites[0].pc = 0;
    b.image.sites.push_back(b.image.sites[0]);
    expect_refused(b, "no instruction names");
    b.image.sites.pop_back();
    b.image.sites[0].kind = SiteKind::Sleep;
    expect_refused(b, "another instruction's");
    b.image.sites[0].kind = SiteKind::Step;
    expect_refused(b, "no row");
}

TEST(Verifier, BranchesOfAParallel) {
    const auto base = [] {
        ImageBuilder b;
        auto branch = b.function("b", FunctionKind::Branch, 1, 1, 1);
        branch.op(Opcode::Return, 0);
        auto after = b.function("a", FunctionKind::Branch, 2, 2, 2);
        after.op(Opcode::Return, 0);
        auto flow = b.workflow(1, 1, 1);
        flow.fork_all(
            0, 0,
            b.parallel({{"b", branch.number(), {}}, {"a", after.number(), {0}}}, JoinRule::All));
        flow.end(0);
        return b;
    };
    expect_good(base());
    const auto broken = [&](auto change, const std::string& why) {
        auto b = base();
        change(b.image.forks[0]);
        expect_refused(b, why);
    };
    broken([](ForkRow& row) { row.branches[0].function = 2; }, "no branch function");
    broken([](ForkRow& row) { row.branches[1].after = {7}; }, "no such branch");
    broken([](ForkRow& row) { row.branches[1].after = {1}; }, "wait for each other");
    broken([](ForkRow& row) { row.branches[1].after = {}; }, "the same captures");
    broken([](ForkRow& row) { row.join = JoinRule::Collect; }, "no such join of branches");
    broken([](ForkRow& row) { row.join = JoinRule::Ok; }, "can never be met");
    broken(
        [](ForkRow& row) {
            row.join = JoinRule::Ok;
            row.bound = 3;
        },
        "can never be met");
    broken([](ForkRow& row) { row.branches.clear(); }, "no branch function");
}

TEST(Verifier, ABlockStandsBehindItsScope) {
    const auto with = [](bool behind) {
        ImageBuilder b;
        auto flow = b.workflow(1, 2, 2);
        const auto scope = flow.op(Opcode::ScopeEnter, 1);
        if (!behind) flow.op(Opcode::Move, 0, 0);
        flow.block(b.block({}));
        flow.op(Opcode::ScopeLeave);
        flow.land(scope);
        flow.end(0);
        return b;
    };
    expect_good(with(true));
    expect_refused(with(false), "right behind its scope_enter");
    auto b = with(true);
    b.image.blocks[0].policy.within_ms = -1;
    expect_refused(b, "duration");
}

TEST(Verifier, ABlockInAHookTakesErrorsAndNothingElse) {
    const auto with = [](const Policy& policy) {
        ImageBuilder b;
        auto hook = b.function("flow.finally", FunctionKind::Hook, 0, 1, 1);
        const auto scope = hook.op(Opcode::ScopeEnter, 0);
        hook.block(b.block({.path = {}, .policy = policy, .takes_any = true, .takes = {}}));
        hook.op(Opcode::ScopeLeave);
        hook.land(scope);
        hook.constant(0, Value::integer(1));
        hook.op(Opcode::Return, 0);
        return b;
    };
    Policy none;
    none.retries = 0;
    expect_good(with(none));
    for (const int number : {0, 1, 2}) {
        Policy policy = none;
        if (number == 0) policy.retries = 1;
        if (number == 1) policy.within_ms = 1000;
        if (number == 2) policy.then_hold = true;
        expect_refused(with(policy), "a hook's block");
    }
}

TEST(Verifier, Tables) {
    const auto base = [] {
        ImageBuilder b;
        b.step("flow.s", b.worker("w", EffectClass::Idempotent));
        auto branch = b.function("b", FunctionKind::Branch, 1, 1, 1);
        branch.op(Opcode::Return, 0);
        auto flow = b.workflow(1, 1, 1);
        flow.fork(0, 0, 1, b.fork(branch.number(), 1));
        flow.end(0);
        return b;
    };
    const auto broken = [&](auto change, const std::string& why) {
        auto b = base();
        change(b.image);
        expect_refused(b, why);
    };
    broken([](Image& i) { i.workers[0].probe = 0; }, "no read worker");
    broken([](Image& i) { i.workers[0].window_ms = -1; }, "duration");
    broken([](Image& i) { i.workers[0].reserve_micros = -1; }, "cost");
    broken([](Image& i) { i.steps[0].worker = 1; }, "no such worker");
    broken([](Image& i) { i.steps[0].argument_types.clear(); }, "arguments");
    broken([](Image& i) { i.steps[0].result_type = TypeId{99}; }, "no such type");
    broken([](Image& i) { i.steps[0].policy.backoff_cap_ms = -1; }, "duration");
    broken([](Image& i) { i.forks[0].limit = 0; }, "no branch");
    broken([](Image& i) { i.forks[0].function = 1; }, "no branch function");
    broken([](Image& i) { i.forks[0].join = JoinRule::Settle; }, "no such join over a list");
    broken([](Image& i) { i.functions[0].parameters = 0; }, "without its item");
    broken([](Image& i) { i.forks[0].branches = {{"b", 0, {}}}; }, "another kind of fork");
    broken([](Image& i) { i.workflows[0].function = 0; }, "no such function");
    broken([](Image& i) { i.workflows[0].parameters.clear(); }, "does not take");
    broken([](Image& i) { i.workflows[0].has_budget = true; }, "budget");
    broken([](Image& i) { i.workflows[0].parameters[0].has_default = true; }, "default");
    broken([](Image& i) { i.reviews.push_back({"r", "t", {}, 1, 0, {}, {}}); }, "approve");
    broken([](Image& i) { i.prompts.push_back({"p", {}, TypeId{0}}); }, "prompt");
}

}  // namespace
}  // namespace weft
