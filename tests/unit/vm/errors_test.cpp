// The own fields of errors: as an attempt brings them, between the type of one error and Error, and
// where errors of any name may stand; and what a person says of compensations that are stuck.
#include "tests/unit/vm/harness.h"
#include "vm/error_value.h"

namespace weft::vm {
namespace {

using testing::Drive;
using testing::ImageBuilder;

// An image that declares "Declined { code: Int }".
struct Declared : ImageBuilder {
    ErrorRow row;
    Declared() {
        Type fields;
        fields.kind = TypeKind::Record;
        fields.name = "Declined";
        fields.fields = {{"code", "errorCode", integer, {}}};
        row.name = "Declined";
        row.fields = image.types.add(fields);
        Type whole;
        whole.kind = TypeKind::Record;
        whole.name = "error Declined";
        whole.fields = {{"name", "name", text, {}},
                        {"message", "message", text, {}},
                        {"step", "step", text, {}},
                        {"attempts", "attempts", integer, {}},
                        {"detail", "detail", row.fields, {}}};
        row.whole = image.types.add(whole);
        image.errors.push_back(row);
    }
};

Value detail(std::int64_t code) {
    return Value::record({Value::integer(code)});
}

Value json(std::int64_t code) {
    return Value::map({{"errorCode", Value::integer(code)}});
}

// A call whose error the run ends with, after `handle` had it in register 2.
template <typename Handle>
Declared handled(const Handle& handle) {
    Declared b;
    const auto pay = b.worker("pay", EffectClass::Read);
    auto flow = b.workflow(1, 3, 8);
    const auto scope = flow.op(Opcode::ScopeEnter, 2);
    flow.call(1, 0, 1, b.step("flow.pay", pay));
    flow.op(Opcode::ScopeLeave);
    flow.end(1);
    flow.land(scope);
    handle(b, flow);
    return b;
}

void decline(Drive& drive, Value fields) {
    const auto want = drive.only(WantKind::Attempt);
    EXPECT_TRUE(drive.begin_attempt(want.call, want.attempt));
    OutcomeFact fact;
    fact.call = want.call;
    fact.status = OutcomeStatus::Failed;
    fact.error = "Declined";
    fact.message = "no";
    fact.detail = std::move(fields);
    EXPECT_TRUE(drive.feed(fact));
}

TEST(Errors, AHandlerHasTheFieldsOfTheOutcome) {
    Drive drive(handled([](auto&, auto& flow) {
        flow.op(Opcode::Field, 3, 2, 4);
        flow.op(Opcode::Field, 1, 3, 0);
        flow.end(1);
    }));
    decline(drive, detail(51));
    EXPECT_EQ(drive.machine().result(), Value::integer(51));
}

TEST(Errors, WidenedTheyAreJsonAndNarrowedTheyAreFieldsAgain) {
    Drive drive(handled([](auto& b, auto& flow) {
        flow.op(Opcode::WidenError, 3, 2);
        flow.op(Opcode::NarrowError, 4, 3, 0, b.row.whole.index);
        flow.op(Opcode::Field, 5, 3, 4);
        flow.op(Opcode::Field, 6, 4, 4);
        flow.op(Opcode::MakeList, 1, 5, 2);
        flow.end(1);
    }));
    decline(drive, detail(51));
    EXPECT_EQ(drive.machine().result(), Value::list({json(51), detail(51)}));
}

TEST(Errors, NarrowedToAnotherErrorItIsNone) {
    Drive drive(handled([](auto& b, auto& flow) {
        flow.op(Opcode::NarrowError, 1, 2, 0, b.row.whole.index);
        flow.end(1);
    }));
    drive.refuse("Rejected");
    EXPECT_EQ(drive.status(), RunStatus::Completed);
    EXPECT_TRUE(drive.machine().result().is_none());
}

TEST(Errors, RaisedAgainAsAnErrorOfAnyNameItIsWhatItWas) {
    Drive drive(handled([](auto&, auto& flow) {
        flow.op(Opcode::WidenError, 3, 2);
        flow.op(Opcode::Raise, 3);
    }));
    decline(drive, detail(51));
    EXPECT_EQ(drive.status(), RunStatus::Failed);
    EXPECT_EQ(drive.machine().result().items().back(), detail(51));
}

TEST(Errors, WhatIsNoErrorIsATrap) {
    Drive drive(handled([](auto&, auto& flow) {
        flow.op(Opcode::WidenError, 3, 0);
        flow.end(3);
    }));
    drive.refuse("Rejected");
    EXPECT_EQ(drive.error(), "Trap");
}

TEST(Errors, FieldsThatTheImageDoesNotKnowAreLeftOut) {
    Declared b;
    auto make = [](const std::string& name, Value fields) {
        return make_error({.name = name, .message = "m", .detail = std::move(fields)});
    };
    EXPECT_EQ(widened(b.image, make("Declined", detail(1))), make("Declined", json(1)));
    EXPECT_EQ(widened(b.image, make("Declined", json(1))), make("Declined", json(1)));
    EXPECT_EQ(widened(b.image, make("Closed", detail(1))), make("Closed", {}));
    EXPECT_EQ(widened(b.image, make("Declined", Value::record({}))), make("Declined", {}));
    EXPECT_EQ(widened(b.image, Value::integer(3)), Value::integer(3));
    EXPECT_EQ(narrowed(b.image, b.row, make("Declined", json(1))), make("Declined", detail(1)));
    EXPECT_TRUE(narrowed(b.image, b.row, make("Declined", Value::map({}))).is_none());
    EXPECT_TRUE(narrowed(b.image, b.row, make("Declined", {})).is_none());
    EXPECT_TRUE(narrowed(b.image, b.row, make("Closed", json(1))).is_none());
}

TEST(Errors, AnOutcomeOfABranchKeepsThem) {
    Declared b;
    const auto pay = b.worker("pay", EffectClass::Read);
    auto body = b.function("flow.each", FunctionKind::Branch, 1, 2, 2);
    body.call(1, 0, 1, b.step("flow.each.pay", pay));
    body.op(Opcode::Return, 1);
    ForkRow row;
    row.path = "flow.each";
    row.function = body.number();
    row.limit = 1;
    row.result_type = b.integer;
    row.join = JoinRule::Collect;
    row.bound = 1;
    b.image.forks.push_back(row);
    auto flow = b.workflow(1, 2, 3);
    flow.op(Opcode::MakeList, 1, 0, 1);
    flow.fork(1, 1, 0, 0);
    flow.end(1);
    Drive drive(b);
    decline(drive, detail(51));
    ASSERT_EQ(drive.status(), RunStatus::Completed);
    const auto& outcome = drive.machine().result().items().front().as_case();
    EXPECT_EQ(outcome.number, 1U);
    EXPECT_EQ(outcome.fields.front().items().back(), json(51));
}

// Two effects with undos, then a call that fails.
ImageBuilder two_undos(bool strict) {
    ImageBuilder b;
    const auto hold = b.worker("hold", EffectClass::Idempotent);
    const auto look = b.worker("look", EffectClass::Read);
    auto undo = b.function("undo", FunctionKind::Undo, 1, 2, 2);
    undo.call(1, 0, 1, b.step("flow.undo", b.worker("free", EffectClass::Idempotent)));
    undo.op(Opcode::Return, 1);
    auto flow = b.workflow(1, 2, 2);
    for (const char* name : {"flow.a", "flow.b"}) {
        flow.call(1, 0, 1, b.step(name, hold));
        flow.op(Opcode::UndoPush, 0, 1, 1, undo.number());
    }
    flow.call(1, 0, 1, b.step("flow.c", look));
    flow.end(1);
    b.image.workflows.front().strict_order = strict;
    return b;
}

TEST(Errors, APersonSettlesACompensationThatIsStuck) {
    Drive drive(two_undos(false));
    drive.answer(Value::integer(1));
    drive.answer(Value::integer(2));
    drive.refuse("Rejected");
    drive.refuse("Rejected");
    drive.refuse("Rejected");
    ASSERT_EQ(drive.status(), RunStatus::Stuck);
    const auto stuck = drive.machine().stuck_undos();
    ASSERT_EQ(stuck.size(), 2U);
    EXPECT_FALSE(drive.feed(SettledFact{99, true, {}}));
    EXPECT_TRUE(drive.feed(SettledFact{stuck[0].call, true, {}}));
    EXPECT_EQ(drive.body<UndoEndBody>(RecordKind::UndoEnd).status, UndoStatus::Done);
    EXPECT_EQ(drive.status(), RunStatus::Stuck);
    EXPECT_FALSE(drive.feed(SettledFact{stuck[0].call, true, {}}));
    EXPECT_TRUE(drive.feed(SettledFact{stuck[1].call, false, {}}));
    EXPECT_EQ(drive.body<UndoEndBody>(RecordKind::UndoEnd).status, UndoStatus::Skipped);
    EXPECT_EQ(drive.status(), RunStatus::Compensated);
}

TEST(Errors, InStrictOrderThoseBehindItGoOnThen) {
    Drive drive(two_undos(true));
    drive.answer(Value::integer(1));
    drive.answer(Value::integer(2));
    drive.refuse("Rejected");
    drive.refuse("Rejected");
    ASSERT_EQ(drive.status(), RunStatus::Stuck);
    EXPECT_TRUE(drive.feed(SettledFact{drive.machine().stuck_undos().at(0).call, false, {}}));
    drive.answer(Value::integer(0));
    EXPECT_EQ(drive.status(), RunStatus::Compensated);
}

}  // namespace
}  // namespace weft::vm
