// Every pure instruction, one line a case: constants into registers, the instruction, its result.
#include <gmock/gmock.h>

#include <limits>

#include "tests/unit/vm/harness.h"

namespace weft::vm {
namespace {

using testing::Drive;
using ::testing::HasSubstr;
using testing::ImageBuilder;

constexpr auto kIntMax = std::numeric_limits<std::int64_t>::max();
constexpr auto kIntMin = std::numeric_limits<std::int64_t>::min();

Value integer(std::int64_t v) {
    return Value::integer(v);
}
Value text(const std::string& v) {
    return Value::text(v);
}
Value decimal(const char* v) {
    return Value::decimal(*Decimal::parse(v));
}
Value money(const char* v, const char* currency = "EUR") {
    return Value::money(*Decimal::parse(v), currency);
}
Value ints(std::initializer_list<std::int64_t> items) {
    std::vector<Value> out;
    for (auto item : items) out.push_back(integer(item));
    return Value::list(std::move(out));
}
Value yes() {
    return Value::boolean(true);
}
Value no() {
    return Value::boolean(false);
}

// The inputs stand in registers 1, 2, …; the result comes into register 0.
class Pure : public ::testing::Test {
  protected:
    void load(ImageBuilder& b, weft::testing::FunctionBuilder& flow, std::vector<Value> inputs) {
        (void)b;
        std::uint32_t at = 1;
        for (auto& input : inputs) flow.constant(at++, input);
    }
    Value run(std::vector<Value> inputs, Instruction x) {
        auto flow = builder.workflow(0, 12, 12);
        load(builder, flow, std::move(inputs));
        flow.op(x.op, x.a, x.b, x.c, x.d);
        flow.end(x.a);
        Drive drive(builder, {});
        message = drive.status() == RunStatus::Failed ? drive.error_message() : "";
        if (drive.status() == RunStatus::Failed) {
            EXPECT_EQ(drive.error(), "Trap");
        }
        return drive.machine().result();
    }
    Value binary(Opcode op, const Value& a, const Value& b) {
        builder = ImageBuilder();
        return run({a, b}, {op, 0, 1, 2, 0});
    }
    void expect_trap(Opcode op, const Value& a, const Value& b, const std::string& why) {
        binary(op, a, b);
        EXPECT_THAT(message, HasSubstr(why));
    }
    Value builtin(BuiltinFunction function, std::vector<Value> arguments) {
        builder = ImageBuilder();
        const auto count = static_cast<std::uint16_t>(arguments.size());
        return run(std::move(arguments),
                   {Opcode::Builtin, 0, 1, count, static_cast<std::uint32_t>(function)});
    }
    // A lambda of (item, capture) with one instruction over both, and a list function over it.
    Value with_lambda(Opcode list_op, Opcode op, const Value& list, const Value& capture) {
        builder = ImageBuilder();
        auto lambda = builder.function("lambda", FunctionKind::Pure, 2, 2, 3);
        lambda.op(op, 2, 0, 1);
        lambda.op(Opcode::Return, 2);
        return run({list, capture}, {list_op, 0, 1, 2, lambda.number()});
    }

    ImageBuilder builder;
    std::string message;
};

TEST_F(Pure, Arithmetic) {
    EXPECT_EQ(binary(Opcode::Add, integer(2), integer(3)), integer(5));
    EXPECT_EQ(binary(Opcode::Subtract, integer(2), integer(3)), integer(-1));
    EXPECT_EQ(binary(Opcode::Multiply, integer(-4), integer(3)), integer(-12));
    EXPECT_EQ(binary(Opcode::Divide, integer(1), integer(4)), decimal("0.25"));
    EXPECT_EQ(binary(Opcode::WholeDivide, integer(-7), integer(2)), integer(-3));
    EXPECT_EQ(binary(Opcode::Remainder, integer(-7), integer(2)), integer(-1));
    EXPECT_EQ(binary(Opcode::Remainder, integer(kIntMin), integer(-1)), integer(0));
    EXPECT_EQ(binary(Opcode::Add, decimal("0.1"), decimal("0.2")), decimal("0.3"));
    EXPECT_EQ(binary(Opcode::Add, money("1.50"), money("2.00")), money("3.5"));
    EXPECT_EQ(binary(Opcode::Multiply, money("1.50"), integer(3)), money("4.5"));
    EXPECT_EQ(binary(Opcode::Multiply, decimal("0.5"), money("3")), money("1.5"));
    EXPECT_EQ(binary(Opcode::Divide, money("3"), money("2")), decimal("1.5"));
    const auto day = Value::duration(86'400'000);
    EXPECT_EQ(binary(Opcode::Add, Value::time(5), day), Value::time(86'400'005));
    EXPECT_EQ(binary(Opcode::Add, day, Value::date(3)), Value::date(4));
    EXPECT_EQ(binary(Opcode::Subtract, Value::date(3), Value::date(1)),
              Value::duration(2 * 86'400'000));
    EXPECT_EQ(binary(Opcode::Subtract, Value::time(9), Value::time(4)), Value::duration(5));
    EXPECT_EQ(binary(Opcode::Multiply, Value::duration(3), integer(4)), Value::duration(12));
    EXPECT_EQ(binary(Opcode::Divide, day, Value::duration(43'200'000)), decimal("2"));
}

TEST_F(Pure, ArithmeticTrapsNameThePlace) {
    expect_trap(Opcode::Add, integer(kIntMax), integer(1), "too large (test.wf:3:1)");
    expect_trap(Opcode::Multiply, integer(kIntMin), integer(-1), "too large");
    expect_trap(Opcode::WholeDivide, integer(kIntMin), integer(-1), "too large");
    expect_trap(Opcode::WholeDivide, integer(1), integer(0), "division by zero");
    expect_trap(Opcode::Divide, integer(1), integer(0), "division by zero");
    expect_trap(Opcode::Remainder, integer(1), integer(0), "division by zero");
    expect_trap(Opcode::Add, money("1"), money("1", "USD"), "currencies");
    expect_trap(Opcode::Add, text("a"), integer(1), "not defined");
    expect_trap(Opcode::Add, Value::date(1), Value::duration(5), "whole days");
    expect_trap(Opcode::Less, Value::list({}), Value::list({}), "not defined");
    expect_trap(Opcode::Less, money("1"), money("1", "USD"), "currencies");
}

TEST_F(Pure, NegateNotToDecimal) {
    EXPECT_EQ(run({integer(3)}, {Opcode::Negate, 0, 1, 0, 0}), integer(-3));
    builder = ImageBuilder();
    run({integer(kIntMin)}, {Opcode::Negate, 0, 1, 0, 0});
    EXPECT_THAT(message, HasSubstr("too large"));
    builder = ImageBuilder();
    EXPECT_EQ(run({money("2")}, {Opcode::Negate, 0, 1, 0, 0}), money("-2"));
    builder = ImageBuilder();
    EXPECT_EQ(run({yes()}, {Opcode::Not, 0, 1, 0, 0}), no());
    builder = ImageBuilder();
    EXPECT_EQ(run({integer(2)}, {Opcode::ToDecimal, 0, 1, 0, 0}), decimal("2"));
}

TEST_F(Pure, Comparison) {
    EXPECT_EQ(binary(Opcode::Equal, ints({1, 2}), ints({1, 2})), yes());
    EXPECT_EQ(binary(Opcode::NotEqual, text("a"), integer(1)), yes());
    EXPECT_EQ(binary(Opcode::Less, text("Z"), text("a")), yes());
    EXPECT_EQ(binary(Opcode::LessEqual, integer(2), integer(2)), yes());
    EXPECT_EQ(binary(Opcode::Greater, decimal("1.5"), integer(1)), yes());
    EXPECT_EQ(binary(Opcode::GreaterEqual, Value::date(1), Value::date(2)), no());
    EXPECT_EQ(binary(Opcode::Contains, integer(2), ints({1, 2})), yes());
    EXPECT_EQ(binary(Opcode::Contains, text("k"), Value::map({{"k", integer(1)}})), yes());
    EXPECT_EQ(binary(Opcode::Contains, text("no"), text("snow")), yes());
}

TEST_F(Pure, Data) {
    EXPECT_EQ(run({integer(1), integer(2)}, {Opcode::MakeList, 0, 1, 2, 0}), ints({1, 2}));
    builder = ImageBuilder();
    EXPECT_EQ(run({integer(1)}, {Opcode::MakeRecord, 0, 1, 1, 0}), Value::record({integer(1)}));
    builder = ImageBuilder();
    EXPECT_EQ(run({integer(1)}, {Opcode::MakeCase, 0, 1, 1, 4}), Value::enum_case(4, {integer(1)}));
    builder = ImageBuilder();
    EXPECT_EQ(run({text("b"), integer(1), text("a"), integer(2)}, {Opcode::MakeMap, 0, 1, 4, 0}),
              Value::map({{"a", integer(2)}, {"b", integer(1)}}));
    builder = ImageBuilder();
    EXPECT_EQ(run({integer(1)}, {Opcode::Move, 0, 1, 0, 0}), integer(1));
    const auto record = Value::record({integer(5), text("x")});
    builder = ImageBuilder();
    EXPECT_EQ(run({record}, {Opcode::Field, 0, 1, 1, 0}), text("x"));
    builder = ImageBuilder();
    EXPECT_EQ(run({record, integer(9)}, {Opcode::WithField, 0, 1, 2, 0}),
              Value::record({integer(9), text("x")}));
    const auto a_case = Value::enum_case(3, {text("f")});
    builder = ImageBuilder();
    EXPECT_EQ(run({a_case}, {Opcode::CaseNumber, 0, 1, 0, 0}), integer(3));
    builder = ImageBuilder();
    EXPECT_EQ(run({a_case}, {Opcode::CaseField, 0, 1, 0, 0}), text("f"));
    EXPECT_EQ(binary(Opcode::Index, ints({4, 5}), integer(1)), integer(5));
    EXPECT_EQ(binary(Opcode::Index, ints({4, 5}), integer(2)), Value::none());
    EXPECT_EQ(binary(Opcode::Index, ints({4, 5}), integer(-1)), Value::none());
    EXPECT_EQ(binary(Opcode::Index, Value::map({{"k", integer(1)}}), text("k")), integer(1));
    EXPECT_EQ(binary(Opcode::Index, Value::map({}), text("k")), Value::none());
    expect_trap(Opcode::Index, integer(1), integer(1), "not defined");
}

TEST_F(Pure, PartsThatAreNotThereTrap) {
    for (const auto op : {Opcode::Field, Opcode::CaseField}) {
        builder = ImageBuilder();
        run({Value::record({})}, {op, 0, 1, 7, 0});
        EXPECT_THAT(message, HasSubstr("not defined"));
    }
    builder = ImageBuilder();
    run({integer(1), integer(1)}, {Opcode::WithField, 0, 1, 2, 0});
    EXPECT_THAT(message, HasSubstr("not defined"));
}

TEST_F(Pure, Text) {
    EXPECT_EQ(run({text("a"), text("b")}, {Opcode::Concat, 0, 1, 2, 0}), text("ab"));
    const auto hole = [&](const Value& value, TypeKind kind) {
        builder = ImageBuilder();
        const auto type = builder.image.types.add(weft::testing::make_type(kind));
        return run({value}, {Opcode::ToText, 0, 1, 0, type.index});
    };
    EXPECT_EQ(hole(integer(-3), TypeKind::Int), text("-3"));
    EXPECT_EQ(hole(decimal("0.80"), TypeKind::Decimal), text("0.8"));
    EXPECT_EQ(hole(money("2"), TypeKind::Money), text("2.00 EUR"));
    EXPECT_EQ(hole(yes(), TypeKind::Bool), text("true"));
    EXPECT_EQ(hole(Value::date(0), TypeKind::Date), text("1970-01-01"));
    EXPECT_EQ(hole(Value::time(0), TypeKind::Time), text("1970-01-01T00:00:00Z"));
    hole(Value::list({}), TypeKind::Int);
    EXPECT_THAT(message, HasSubstr("can't stand in a text"));
    builder = ImageBuilder();
    auto colours = weft::testing::make_type(TypeKind::Enum);
    colours.cases = {{"Red", {}}, {"Blue", {}}};
    const auto type = builder.image.types.add(colours);
    EXPECT_EQ(run({Value::enum_case(1)}, {Opcode::ToText, 0, 1, 0, type.index}), text("Blue"));
}

TEST_F(Pure, PromptsFitTheirType) {
    auto shape = weft::testing::make_type(TypeKind::Prompt, builder.text);
    FieldType input;
    input.name = "price";
    input.json_name = "price";
    input.type = builder.image.types.add(weft::testing::make_type(TypeKind::Money));
    shape.fields = {input};
    const auto type = builder.image.types.add(shape);
    builder.image.prompts.push_back({"p", Hash{9}, type});
    const auto prompt =
        run({text("sys"), text("user"), money("1")}, {Opcode::MakePrompt, 0, 1, 3, 0});
    ASSERT_EQ(message, "");
    EXPECT_FALSE(check_value(builder.image.types, type, prompt));
    EXPECT_EQ(prompt.items()[0], text("p"));
    EXPECT_EQ(prompt.items()[3], text("user"));
}

TEST_F(Pure, CallsAndRefinements) {
    auto twice = builder.function("twice", FunctionKind::Pure, 1, 1, 2);
    twice.op(Opcode::Add, 1, 0, 0);
    twice.op(Opcode::Return, 1);
    EXPECT_EQ(run({integer(4)}, {Opcode::Call, 0, 1, 1, twice.number()}), integer(8));

    const auto refine = [&](std::int64_t v) {
        builder = ImageBuilder();
        auto even = builder.function("even", FunctionKind::Pure, 1, 1, 4);
        even.constant(1, integer(2));
        even.op(Opcode::Remainder, 2, 0, 1);
        even.constant(1, integer(0));
        even.op(Opcode::Equal, 3, 2, 1);
        even.op(Opcode::Return, 3);
        auto type = weft::testing::make_type(TypeKind::Refined, builder.integer);
        Constraint range;
        range.kind = Constraint::Kind::Range;
        range.max = Decimal::from_int(10);
        Constraint predicate;
        predicate.kind = Constraint::Kind::Function;
        type.constraints = {range, predicate};
        const auto id = builder.image.types.add(type);
        return run({integer(v)}, {Opcode::Refine, 0, 1, 0, id.index});
    };
    EXPECT_EQ(refine(4), integer(4));
    EXPECT_EQ(refine(5), Value::none());
    EXPECT_EQ(refine(12), Value::none());
}

TEST_F(Pure, TextsAndJsonAreReadAsOtherTypes) {
    enum Target { Int, Date, Even, Point, Any };
    const auto read = [&](Value value, bool is_json, Target target) {
        builder = ImageBuilder();
        auto even = builder.function("even", FunctionKind::Pure, 1, 1, 4);
        even.constant(1, integer(2));
        even.op(Opcode::Remainder, 2, 0, 1);
        even.constant(1, integer(0));
        even.op(Opcode::Equal, 3, 2, 1);
        even.op(Opcode::Return, 3);
        auto refined = weft::testing::make_type(TypeKind::Refined, builder.integer);
        Constraint predicate;
        predicate.kind = Constraint::Kind::Function;
        predicate.function = even.number();
        refined.constraints = {predicate};
        auto record = weft::testing::make_type(TypeKind::Record);
        record.name = "Point";
        record.fields = {{"x", "x", builder.integer, {}}};
        auto& types = builder.image.types;
        const TypeId date = types.add(weft::testing::make_type(TypeKind::Date));
        const TypeId all[] = {builder.integer, date, types.add(refined), types.add(record),
                              types.add(weft::testing::make_type(TypeKind::Json))};
        const std::uint16_t from = is_json ? 1 : 0;
        return run({std::move(value)}, {Opcode::Convert, 0, 1, from, all[target].index});
    };
    EXPECT_EQ(read(text("12"), false, Int), integer(12));
    EXPECT_EQ(read(text("1.5"), false, Int), Value::none());
    EXPECT_EQ(read(text("2026-01-31"), false, Date), Value::date(20484));
    EXPECT_EQ(read(text("2026-02-31"), false, Date), Value::none());
    EXPECT_EQ(read(text("4"), false, Even), integer(4));
    EXPECT_EQ(read(text("5"), false, Even), Value::none());
    EXPECT_EQ(read(text("{\"x\": 3}"), false, Point), Value::record({integer(3)}));
    EXPECT_EQ(read(text("{\"x\":"), false, Point), Value::none());
    EXPECT_EQ(read(text("{\"x\": \"y\"}"), false, Any), Value::map({{"x", text("y")}}));
    EXPECT_EQ(read(text("\"y\""), false, Any), text("y"));
    EXPECT_EQ(read(text("y"), false, Any), Value::none());
    EXPECT_EQ(read(Value::map({{"x", integer(3)}}), true, Point), Value::record({integer(3)}));
    EXPECT_EQ(read(Value::map({}), true, Point), Value::none());
    EXPECT_EQ(read(text("2026-01-31"), true, Date), Value::date(20484));
    EXPECT_EQ(read(text("{\"x\": 3}"), true, Point), Value::none());
    read(integer(3), false, Int);
    EXPECT_THAT(message, HasSubstr("not defined"));
}

TEST_F(Pure, ThisRunAndErrors) {
    const auto run_value = run({}, {Opcode::ThisRun, 0, 0, 0, 0});
    EXPECT_EQ(run_value.items()[1], text("tester"));
    EXPECT_EQ(run_value.items()[2], Value::time(1000));
    builder = ImageBuilder();
    const auto name = builder.constant(text("Late"));
    const auto error = Value::record({text("Late"), text("m"), text("s"), integer(1), {}});
    EXPECT_EQ(run({error}, {Opcode::ErrorIs, 0, 1, 0, name}), yes());
}

TEST_F(Pure, ListFunctions) {
    EXPECT_EQ(with_lambda(Opcode::Map, Opcode::Add, ints({1, 2}), integer(10)), ints({11, 12}));
    EXPECT_EQ(with_lambda(Opcode::Filter, Opcode::Less, ints({1, 5, 2}), integer(3)), ints({1, 2}));
    EXPECT_EQ(with_lambda(Opcode::Any, Opcode::Less, ints({1, 5}), integer(3)), yes());
    EXPECT_EQ(with_lambda(Opcode::Any, Opcode::Less, ints({}), integer(3)), no());
    EXPECT_EQ(with_lambda(Opcode::All, Opcode::Less, ints({1, 5}), integer(3)), no());
    EXPECT_EQ(with_lambda(Opcode::All, Opcode::Less, ints({}), integer(3)), yes());
    EXPECT_EQ(with_lambda(Opcode::Share, Opcode::Less, ints({1, 5, 2, 9}), integer(3)),
              decimal("0.5"));
    EXPECT_EQ(with_lambda(Opcode::Share, Opcode::Less, ints({}), integer(3)), decimal("0"));
    EXPECT_EQ(with_lambda(Opcode::SortBy, Opcode::Remainder, ints({5, 4, 3, 1, 2}), integer(3)),
              ints({3, 4, 1, 5, 2}));
    with_lambda(Opcode::Filter, Opcode::Add, ints({1}), integer(3));
    EXPECT_THAT(message, HasSubstr("no Bool"));
    with_lambda(Opcode::Map, Opcode::Divide, ints({1}), integer(0));
    EXPECT_THAT(message, HasSubstr("division by zero"));
    with_lambda(Opcode::Map, Opcode::Add, integer(1), integer(0));
    EXPECT_THAT(message, HasSubstr("no list"));
}

TEST_F(Pure, GroupFlatFold) {
    auto lambda = builder.function("key", FunctionKind::Pure, 1, 1, 1);
    lambda.op(Opcode::Return, 0);
    const auto words = Value::list({text("b"), text("a"), text("b")});
    EXPECT_EQ(
        run({words}, {Opcode::GroupBy, 0, 1, 2, lambda.number()}),
        Value::map({{"a", Value::list({text("a")})}, {"b", Value::list({text("b"), text("b")})}}));
    builder = ImageBuilder();
    auto same = builder.function("same", FunctionKind::Pure, 1, 1, 1);
    same.op(Opcode::Return, 0);
    EXPECT_EQ(run({Value::list({ints({1}), ints({}), ints({2, 3})})},
                  {Opcode::FlatMap, 0, 1, 2, same.number()}),
              ints({1, 2, 3}));
    builder = ImageBuilder();
    auto add = builder.function("add", FunctionKind::Pure, 3, 3, 4);  // accumulator, item, capture
    add.op(Opcode::Add, 3, 0, 1);
    add.op(Opcode::Multiply, 3, 3, 2);
    add.op(Opcode::Return, 3);
    EXPECT_EQ(run({ints({1, 2}), integer(0), integer(10)}, {Opcode::Fold, 0, 1, 3, add.number()}),
              integer(120));
}

TEST_F(Pure, NumberBuiltins) {
    using F = BuiltinFunction;
    EXPECT_EQ(builtin(F::Sum, {ints({1, 2, 3})}), integer(6));
    EXPECT_EQ(builtin(F::Sum, {ints({})}), integer(0));
    EXPECT_EQ(builtin(F::Min, {ints({2, 1, 3})}), integer(1));
    EXPECT_EQ(builtin(F::Max, {ints({2, 1, 3})}), integer(3));
    EXPECT_EQ(builtin(F::Max, {ints({})}), Value::none());
    EXPECT_EQ(builtin(F::Average, {Value::list({decimal("1"), decimal("2")})}), decimal("1.5"));
    EXPECT_EQ(builtin(F::Round, {decimal("2.345"), integer(2)}), decimal("2.34"));
    EXPECT_EQ(builtin(F::RoundMoney, {money("2.345")}), money("2.34"));
    EXPECT_EQ(builtin(F::RoundMoney, {money("2.5", "JPY")}), money("2", "JPY"));
    EXPECT_EQ(builtin(F::Abs, {integer(-2)}), integer(2));
    builtin(F::Abs, {integer(kIntMin)});
    EXPECT_THAT(message, HasSubstr("too large"));
    builtin(F::Round, {decimal("1"), integer(99)});
    EXPECT_THAT(message, HasSubstr("places"));
}

TEST_F(Pure, ListBuiltins) {
    using F = BuiltinFunction;
    EXPECT_EQ(builtin(F::Count, {ints({4, 5})}), integer(2));
    EXPECT_EQ(builtin(F::First, {ints({4, 5})}), integer(4));
    EXPECT_EQ(builtin(F::First, {ints({})}), Value::none());
    EXPECT_EQ(builtin(F::Last, {ints({4, 5})}), integer(5));
    EXPECT_EQ(builtin(F::Take, {ints({4, 5}), integer(1)}), ints({4}));
    EXPECT_EQ(builtin(F::Take, {ints({4, 5}), integer(-1)}), ints({}));
    EXPECT_EQ(builtin(F::Drop, {ints({4, 5}), integer(1)}), ints({5}));
    EXPECT_EQ(builtin(F::Reverse, {ints({4, 5})}), ints({5, 4}));
    EXPECT_EQ(builtin(F::Distinct, {ints({4, 5, 4})}), ints({4, 5}));
    EXPECT_EQ(builtin(F::IsEmpty, {ints({})}), yes());
    EXPECT_EQ(builtin(F::ListConcat, {ints({1}), ints({2})}), ints({1, 2}));
    const auto outcomes =
        Value::list({Value::enum_case(0, {integer(1)}), Value::enum_case(1, {text("late")}),
                     Value::enum_case(0, {integer(3)})});
    EXPECT_EQ(builtin(F::OutcomeValues, {outcomes}), ints({1, 3}));
    EXPECT_EQ(builtin(F::OutcomeErrors, {outcomes}), Value::list({text("late")}));
    EXPECT_EQ(builtin(F::Indexed, {ints({9})}),
              Value::list({Value::record({integer(0), integer(9)})}));
    EXPECT_EQ(builtin(F::Keys, {Value::map({{"k", integer(1)}})}), Value::list({text("k")}));
    EXPECT_EQ(builtin(F::Values, {Value::map({{"k", integer(1)}})}), ints({1}));
    builtin(F::Count, {integer(1)});
    EXPECT_THAT(message, HasSubstr("not defined"));
}

// 2024-02-29 is day 19,782; all dates that there are have parts, and none is beyond them.
TEST_F(Pure, DateBuiltins) {
    using F = BuiltinFunction;
    const auto date = [](std::int32_t days) { return Value::date(days); };
    const auto leap = date(19'782);
    EXPECT_EQ(builtin(F::Year, {leap}), integer(2024));
    EXPECT_EQ(builtin(F::Month, {leap}), integer(2));
    EXPECT_EQ(builtin(F::Day, {leap}), integer(29));
    EXPECT_EQ(builtin(F::Weekday, {leap}), integer(4));
    EXPECT_EQ(builtin(F::Weekday, {date(0)}), integer(4));
    EXPECT_EQ(builtin(F::Weekday, {date(-4)}), integer(7));
    EXPECT_EQ(builtin(F::Year, {date(-1)}), integer(1969));
    EXPECT_EQ(builtin(F::Year, {date(std::numeric_limits<std::int32_t>::min())}),
              integer(-5'877'641));
    EXPECT_EQ(builtin(F::DateOf, {integer(2024), integer(2), integer(29)}), leap);
    EXPECT_EQ(builtin(F::DateOf, {integer(2023), integer(2), integer(29)}), Value::none());
    EXPECT_EQ(builtin(F::DateOf, {integer(2023), integer(13), integer(1)}), Value::none());
    EXPECT_EQ(builtin(F::DateOf, {integer(kIntMin), integer(1), integer(1)}), Value::none());
    EXPECT_EQ(builtin(F::MonthsLater, {leap, integer(12)}), date(20'147));  // 2025-02-28
    EXPECT_EQ(builtin(F::MonthsLater, {leap, integer(-2)}), date(19'720));  // 2023-12-29
    EXPECT_EQ(builtin(F::MonthsLater, {date(0), integer(-1)}), date(-31));
    EXPECT_EQ(builtin(F::DaysBetween, {date(3), leap}), integer(19'779));
    EXPECT_EQ(builtin(F::DaysBetween, {leap, date(3)}), integer(-19'779));
    builtin(F::MonthsLater, {leap, integer(kIntMin)});
    EXPECT_THAT(message, HasSubstr("too large"));
    builtin(F::MonthsLater, {leap, leap});
    EXPECT_THAT(message, HasSubstr("not defined"));
    builtin(F::Year, {integer(1)});
    EXPECT_THAT(message, HasSubstr("not defined"));
}

TEST_F(Pure, TextBuiltins) {
    using F = BuiltinFunction;
    EXPECT_EQ(builtin(F::Length, {text("äb")}), integer(2));
    EXPECT_EQ(builtin(F::Join, {Value::list({text("a"), text("b")}), text(", ")}), text("a, b"));
    EXPECT_EQ(builtin(F::Split, {text("a,b,"), text(",")}),
              Value::list({text("a"), text("b"), text("")}));
    EXPECT_EQ(builtin(F::Split, {text("ab"), text("")}), Value::list({text("ab")}));
    EXPECT_EQ(builtin(F::Lower, {text("ÄbC")}), text("Äbc"));
    EXPECT_EQ(builtin(F::Upper, {text("äbC")}), text("äBC"));
    EXPECT_EQ(builtin(F::Trim, {text(" \ta b\n")}), text("a b"));
    EXPECT_EQ(builtin(F::Mentions, {text("Heat pumps, at home!"), text("home HEAT")}), yes());
    EXPECT_EQ(builtin(F::Mentions, {text("Heat pumps"), text("pump")}), no());
    EXPECT_EQ(builtin(F::StartsWith, {text("abc"), text("ab")}), yes());
    EXPECT_EQ(builtin(F::EndsWith, {text("abc"), text("ab")}), no());
    EXPECT_EQ(builtin(F::Replace, {text("aXbX"), text("X"), text("--")}), text("a--b--"));
    EXPECT_EQ(builtin(F::Slice, {text("äöü"), integer(1), integer(1)}), text("ö"));
    EXPECT_EQ(builtin(F::Slice, {text("äöü"), integer(9), integer(1)}), text(""));
    builtin(F::Length, {integer(1)});
    EXPECT_THAT(message, HasSubstr("not defined"));
}

TEST(PureFlow, JumpsGoWhereTheySay) {
    ImageBuilder b;
    auto flow = b.workflow(1, 3, 3);
    flow.constant(1, integer(0));
    flow.op(Opcode::Less, 2, 1, 0);  // 0 < input
    const auto not_less = flow.op(Opcode::JumpIfNot, 2);
    const auto less = flow.op(Opcode::JumpIf, 2);
    flow.land(not_less);
    flow.constant(0, integer(-1));
    flow.end(0);
    flow.land(less);
    const auto none = flow.op(Opcode::JumpIfNone, 0);
    flow.constant(0, integer(1));
    flow.end(0);
    flow.land(none);
    flow.end(0);
    EXPECT_EQ(Drive(b, {integer(5)}).machine().result(), integer(1));
    EXPECT_EQ(Drive(b, {integer(0)}).machine().result(), integer(-1));
    Drive wrong(b, {text("a")});
    EXPECT_EQ(wrong.error(), "Trap");
}

TEST(PureFlow, TrapRaisesItsText) {
    ImageBuilder b;
    auto flow = b.workflow(1, 1, 1);
    flow.op(Opcode::Trap, 0, 0, 0, b.constant(text("no way")));
    Drive drive(b);
    EXPECT_EQ(drive.status(), RunStatus::Failed);
    EXPECT_THAT(drive.error_message(), HasSubstr("no way"));
}

}  // namespace
}  // namespace weft::vm
