// Where labelled values may go, held by the verifier over hand-made code: what a compiler would
// never make is refused, whatever the image says of itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/image_builder.h"

namespace weft {
namespace {

using testing::FunctionBuilder;
using ::testing::HasSubstr;
using testing::ImageBuilder;
using testing::make_type;

constexpr std::string_view kNotCleared = "which is not cleared for it";

// Workers `post` (takes Pii), `shop` (takes what is plain), `ship` (plain, irreversible) and
// `model`, which gives what is Untrusted.
struct Shop : ImageBuilder {
    Shop() {
        pii = labelled(LabelKind::Pii, text);
        secret = labelled(LabelKind::Secret, text);
        untrusted = labelled(LabelKind::Untrusted, text);
        post = step("flow.post", worker("post", EffectClass::Once));
        image.steps[post].argument_types = {pii};
        shop = step("flow.shop", worker("shop", EffectClass::Read));
        image.steps[shop].argument_types = {text};
        ship = step("flow.ship", worker("ship", EffectClass::Once));
        image.workers.back().irreversible = true;
        image.steps[ship].argument_types = {text};
        model = step("flow.model", worker("model", EffectClass::Read));
        image.steps[model].argument_types = {text};
        image.steps[model].result_type = untrusted;
    }
    TypeId labelled(LabelKind label, TypeId of) {
        Type type = make_type(TypeKind::Labelled, of);
        type.label = label;
        return image.types.add(std::move(type));
    }
    TypeId record(std::vector<TypeId> fields) {
        Type type = make_type(TypeKind::Record);
        type.name = "Pair";
        for (auto field : fields) {
            const std::string name = "f" + std::to_string(type.fields.size());
            type.fields.push_back({name, name, field, {}});
        }
        return image.types.add(std::move(type));
    }
    // Parameters of these types in the first slots; `named` slots in all, some temporaries more.
    FunctionBuilder flow(const std::vector<TypeId>& parameters, std::uint16_t named) {
        auto out = workflow(static_cast<std::uint16_t>(parameters.size()), named,
                            static_cast<std::uint16_t>(named + 12));
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            image.workflows.back().parameters[i].type = parameters[i];
        }
        return out;
    }
    std::uint32_t event(const std::string& name) {
        image.events.push_back({name, text});
        return static_cast<std::uint32_t>(image.events.size() - 1);
    }
    void emit(FunctionBuilder& f, const std::string& name, std::uint32_t reg) {
        f.site(Opcode::Emit, SiteKind::Event, event(name), 0, reg);
    }
    // The run's end, with a number.
    static void leave(FunctionBuilder& f, std::uint32_t reg) {
        f.constant(reg, Value::integer(0));
        f.end(reg);
    }
    [[nodiscard]] std::string refused() const {
        const auto result = verify_image(image);
        return result ? "" : result.error().message;
    }

    TypeId pii;
    TypeId secret;
    TypeId untrusted;
    std::uint32_t post = 0;
    std::uint32_t shop = 0;
    std::uint32_t ship = 0;
    std::uint32_t model = 0;
};

TEST(Labels, AValueReachesOnlyWhoIsClearedForIt) {
    for (const bool to_shop : {false, true}) {
        Shop b;
        auto f = b.flow({b.pii, b.text}, 3);
        f.op(Opcode::Move, 3, 0);
        f.call(2, 3, 1, to_shop ? b.shop : b.post);
        Shop::leave(f, 3);
        if (!to_shop) {
            EXPECT_EQ(b.refused(), "");
            continue;
        }
        EXPECT_EQ(b.refused(),
                  "function 0 (flow), instruction 1 (call_step): a value that may carry Pii "
                  "reaches shop as `a`, which is not cleared for it");
        // The register that holds the plain text, in its place.
        b.image.functions[0].code[0].b = 1;
        EXPECT_EQ(b.refused(), "");
    }
}

TEST(Labels, WhatIsComputedCarriesTheLabelsOfAllThatItWasMadeFrom) {
    const std::vector<std::pair<Opcode, std::uint32_t>> made = {
        {Opcode::Concat, 2},     {Opcode::Equal, 1},   {Opcode::Add, 1},      {Opcode::MakeList, 2},
        {Opcode::MakeRecord, 2}, {Opcode::MakeMap, 2}, {Opcode::Contains, 1}, {Opcode::Index, 1},
    };
    for (const auto& [op, c] : made) {
        SCOPED_TRACE(static_cast<int>(op));
        Shop b;
        auto f = b.flow({b.text, b.pii}, 3);
        f.op(Opcode::Move, 4, 0);
        f.op(Opcode::Move, 5, 1);
        f.op(op, 3, 4, c == 1 ? 5 : c);
        f.call(2, 3, 1, b.shop);
        Shop::leave(f, 3);
        EXPECT_THAT(b.refused(), HasSubstr(kNotCleared));
    }
}

TEST(Labels, PartsOfARecordKeepTheirLabelsApart) {
    for (const std::uint32_t field : {0U, 1U}) {
        Shop b;
        auto f = b.flow({b.record({b.text, b.pii})}, 2);
        f.op(Opcode::Field, 2, 0, field);
        f.call(1, 2, 1, b.shop);
        Shop::leave(f, 2);
        EXPECT_EQ(b.refused().empty(), field == 0) << b.refused();
    }
}

TEST(Labels, AWholeRecordNeedsAPlaceForEachOfItsLabels) {
    Shop b;
    auto f = b.flow({b.record({b.text, b.pii})}, 2);
    f.call(1, 0, 1, b.shop);
    Shop::leave(f, 2);
    b.image.steps[b.shop].argument_types = {b.record({b.pii, b.text})};
    EXPECT_THAT(b.refused(), HasSubstr(kNotCleared));
    b.image.steps[b.shop].argument_types = {b.record({b.text, b.pii})};
    EXPECT_EQ(b.refused(), "");
}

TEST(Labels, WherePathsMeetEitherMayHaveBeenTaken) {
    Shop b;
    auto f = b.flow({b.pii, b.text, b.integer}, 5);
    f.constant(5, Value::integer(3));
    f.op(Opcode::Less, 6, 2, 5);
    const auto other = f.op(Opcode::JumpIfNot, 6);
    f.op(Opcode::Move, 3, 1);
    const auto end = f.op(Opcode::Jump);
    f.land(other);
    const auto labelled = f.op(Opcode::Move, 3, 0);
    f.land(end);
    f.call(4, 3, 1, b.shop);
    Shop::leave(f, 5);
    EXPECT_THAT(b.refused(), HasSubstr(kNotCleared));
    b.image.functions[0].code[labelled].b = 1;
    EXPECT_EQ(b.refused(), "");
}

TEST(Labels, AHandlerMayFindWhatTheSlotHeldAtAnyMoment) {
    Shop b;
    auto f = b.flow({b.pii, b.text}, 5);
    f.op(Opcode::Move, 2, 1);
    const auto scope = f.op(Opcode::ScopeEnter, 3);
    const auto held = f.op(Opcode::Move, 2, 0);
    f.call(4, 1, 1, b.shop);
    f.op(Opcode::Move, 2, 1);
    f.op(Opcode::ScopeLeave);
    f.land(scope);
    f.op(Opcode::Move, 5, 2);
    f.call(4, 5, 1, b.shop);
    Shop::leave(f, 5);
    EXPECT_THAT(b.refused(), HasSubstr(kNotCleared));
    b.image.functions[0].code[held].b = 1;
    EXPECT_EQ(b.refused(), "");
}

TEST(Labels, OneLoggedDeclassificationIsOfOneValue) {
    const auto with = [](std::string_view event, int values) {
        Shop b;
        auto f = b.flow({b.pii, b.text}, 5);
        b.emit(f, std::string(event), 1);
        f.op(Opcode::Move, 2, 0);
        f.call(4, 2, 1, b.shop);
        if (values == 2) {
            f.op(Opcode::Move, 3, 0);
            f.call(4, 3, 1, b.shop);
        }
        Shop::leave(f, 5);
        return b.refused();
    };
    EXPECT_EQ(with("declassified", 1), "");
    EXPECT_THAT(with("declassified", 2), HasSubstr(kNotCleared));
    EXPECT_THAT(with("said", 1), HasSubstr(kNotCleared));
}

TEST(Labels, ADeclassificationOnOnePathIsNoneOnTheOther) {
    Shop b;
    auto f = b.flow({b.pii, b.text, b.integer}, 5);
    f.constant(5, Value::integer(3));
    f.op(Opcode::Less, 6, 2, 5);
    const auto other = f.op(Opcode::JumpIfNot, 6);
    b.emit(f, "declassified", 1);
    f.land(other);
    f.op(Opcode::Move, 3, 0);
    f.call(4, 3, 1, b.shop);
    Shop::leave(f, 5);
    EXPECT_THAT(b.refused(), HasSubstr(kNotCleared));
}

// Slot 1 holds what the model wrote, slot 2 the verdict; `from` is what the gate is asked about.
std::string with_gate(std::uint32_t from, bool is_negated, bool accepts) {
    Shop b;
    b.image.gates.push_back({"flow.good", {{"length(x) > 3", ">"}}, {"accept \"so\""}});
    auto f = b.flow({b.text}, 5);
    f.call(1, 0, 1, b.model);
    f.op(Opcode::Move, 5, from);
    f.constant(6, Value::none());
    f.constant(7, Value::boolean(true));
    f.constant(8, Value::text("long"));
    f.op(Opcode::MakeRecord, 9, 5, 4);
    f.constant(10, Value::integer(0));
    f.site(Opcode::Gate, SiteKind::Gate, 0, 2, 9, 1);
    f.op(Opcode::Field, 5, 2, 0);
    if (is_negated) f.op(Opcode::Not, 5, 5);
    const auto passed = f.op(Opcode::JumpIf, 5);
    if (accepts) {
        f.constant(6, Value::text("so"));
        f.site(Opcode::Accept, SiteKind::Gate, 0, 2, 6);
    } else {
        Shop::leave(f, 6);
    }
    f.land(passed);
    f.call(3, 1, 1, b.ship);
    Shop::leave(f, 5);
    return b.refused();
}

TEST(Labels, AGateThatWasPassedClearsWhatItWasAskedAbout) {
    constexpr std::string_view kUndone = "which can't be undone";
    EXPECT_EQ(with_gate(1, false, false), "");
    EXPECT_THAT(with_gate(0, false, false), HasSubstr(kUndone)) << "asked about something else";
    EXPECT_THAT(with_gate(1, true, false), HasSubstr(kUndone)) << "it was missed";
    EXPECT_THAT(with_gate(1, false, true), HasSubstr(kUndone)) << "it was accepted all the same";
}

TEST(Labels, AReviewClearsWhatWasApprovedAndNotWhatWasRevised) {
    const auto with = [](std::int64_t decision, bool forged) {
        Shop b;
        ReviewRow row;
        row.path = "flow.seen";
        row.roles = {"clerk"};
        row.lines = {{{"clerk"}}};
        row.names = {"text"};
        row.types = {b.untrusted};
        b.image.reviews.push_back(row);
        auto f = b.flow({b.text}, 5);
        f.call(1, 0, 1, b.model);
        f.op(Opcode::Move, 5, 1);
        f.constant(6, Value::duration(1000));
        f.op(Opcode::MakeList, 7, 5, 0);
        f.site(Opcode::Ask, SiteKind::Review, 0, 2, 5, 3);
        if (forged) {
            f.constant(8, Value::integer(decision));
            f.op(Opcode::WithField, 2, 2, 8, 0);
        }
        f.op(Opcode::Field, 5, 2, 0);
        f.constant(6, Value::integer(decision));
        f.op(Opcode::Equal, 5, 5, 6);
        const auto other = f.op(Opcode::JumpIfNot, 5);
        f.op(Opcode::Field, 6, 2, 1);
        f.constant(7, Value::integer(0));
        f.op(Opcode::Index, 3, 6, 7);
        f.call(4, 3, 1, b.ship);
        f.land(other);
        Shop::leave(f, 5);
        return b.refused();
    };
    EXPECT_EQ(with(0, false), "");
    EXPECT_THAT(with(3, false), HasSubstr("which can't be undone"));
    EXPECT_THAT(with(0, true), HasSubstr("which can't be undone"))
        << "the decision was overwritten";
}

TEST(Labels, OnlyTheCaseThatAValueHasIsReadOfIt) {
    const auto with = [](std::int64_t number) {
        Shop b;
        Type type = make_type(TypeKind::Enum);
        type.name = "Who";
        type.cases = {{"Person", {{"name", "name", b.pii, {}}}},
                      {"Firm", {{"name", "name", b.text, {}}}}};
        auto f = b.flow({b.image.types.add(std::move(type))}, 3);
        f.op(Opcode::CaseNumber, 3, 0);
        f.constant(4, Value::integer(number));
        f.op(Opcode::Equal, 3, 3, 4);
        const auto other = f.op(Opcode::JumpIfNot, 3);
        f.op(Opcode::CaseField, 3, 0, 0);
        f.call(2, 3, 1, b.shop);
        f.land(other);
        Shop::leave(f, 3);
        return b.refused();
    };
    EXPECT_EQ(with(1), "");
    EXPECT_THAT(with(0), HasSubstr(kNotCleared));
}

TEST(Labels, BranchesUndosAndLambdasTakeThemAlong) {
    for (const bool is_plain : {false, true}) {
        {
            Shop b;
            Type list = make_type(TypeKind::List, is_plain ? b.text : b.pii);
            auto f = b.flow({b.image.types.add(std::move(list))}, 2);
            auto branch = b.function("flow.each", FunctionKind::Branch, 1, 2, 4);
            branch.call(1, 0, 1, b.shop);
            branch.op(Opcode::Return, 1);
            f.fork(1, 0, 0, b.fork(branch.number(), 2));
            Shop::leave(f, 2);
            EXPECT_EQ(b.refused().empty(), is_plain) << b.refused();
        }
        {
            Shop b;
            auto f = b.flow({is_plain ? b.text : b.pii, b.text}, 3);
            auto undo = b.function("flow.undo", FunctionKind::Undo, 1, 2, 4);
            undo.call(1, 0, 1, b.shop);
            undo.op(Opcode::Return, 1);
            f.call(2, 1, 1, b.shop);
            f.op(Opcode::Move, 3, 0);
            f.op(Opcode::UndoPush, 0, 3, 1, undo.number());
            Shop::leave(f, 3);
            EXPECT_EQ(b.refused().empty(), is_plain) << b.refused();
        }
        {
            Shop b;
            auto f = b.flow({b.text, is_plain ? b.text : b.pii}, 4);
            auto lambda = b.function("flow.lambda", FunctionKind::Pure, 2, 2, 3);
            lambda.op(Opcode::Return, 1);
            f.op(Opcode::MakeList, 4, 0, 1);
            f.op(Opcode::Move, 5, 1);
            f.op(Opcode::Map, 2, 4, 5, lambda.number());
            f.call(3, 2, 1, b.shop);
            Shop::leave(f, 4);
            EXPECT_EQ(b.refused().empty(), is_plain) << b.refused();
        }
    }
}

TEST(Labels, WhatLeavesTheRunOtherwiseTakesNone) {
    const auto with = [](TypeId Shop::* label, const std::string& what) {
        Shop b;
        auto f = b.flow({b.*label}, 3);
        if (what == "event") b.emit(f, "told", 0);
        if (what == "lock") {
            b.image.locks.push_back({"flow.lock"});
            f.op(Opcode::Move, 3, 0);
            f.constant(4, Value::duration(1000));
            f.site(Opcode::Lock, SiteKind::Lock, 0, 1, 3, 2);
        }
        if (what == "key") {
            const auto step = b.step("flow.keyed", 1);
            b.image.steps[step].argument_types = {b.text};
            b.image.steps[step].has_key = true;
            f.constant(3, Value::text("x"));
            f.op(Opcode::Move, 4, 0);
            f.call(1, 3, 1, step);
        }
        if (what == "result") {
            f.end(0);
        } else {
            Shop::leave(f, 3);
        }
        return b.refused();
    };
    for (const std::string what : {"event", "lock", "key", "result"}) {
        EXPECT_THAT(with(&Shop::pii, what), HasSubstr("may carry Pii")) << what;
        EXPECT_THAT(with(&Shop::secret, what), HasSubstr("may carry Secret")) << what;
        EXPECT_THAT(with(&Shop::untrusted, what), HasSubstr("may carry Untrusted")) << what;
        EXPECT_EQ(with(&Shop::text, what), "") << what;
    }
}

TEST(Labels, ADeepValueIsFollowedAsFarAsItPays) {
    Shop b;
    auto f = b.flow({b.pii, b.text}, 4);
    // Below a depth the labels of all parts are told together.
    f.op(Opcode::Move, 2, 0);
    for (int i = 0; i < 500; ++i) f.op(Opcode::MakeRecord, 2, 1, 2);
    for (int i = 0; i < 100; ++i) f.op(Opcode::Field, 2, 2, 1);
    f.op(Opcode::Move, 4, 2);
    f.call(3, 4, 1, b.shop);
    Shop::leave(f, 4);
    EXPECT_THAT(b.refused(), HasSubstr(kNotCleared));
}

}  // namespace
}  // namespace weft
