// Values from one program's types to another's, by names.
#include "engine/carry.h"

#include <gtest/gtest.h>

#include "tests/support/image_builder.h"

namespace weft::engine {
namespace {

using weft::testing::ImageBuilder;

TypeId scalar(Image& image, TypeKind kind) {
    Type type;
    type.kind = kind;
    return image.types.add(type);
}

TypeId record(Image& image, const std::string& name, const std::vector<FieldType>& fields) {
    Type type;
    type.kind = TypeKind::Record;
    type.name = name;
    type.fields = fields;
    return image.types.add(type);
}

TypeId optional(Image& image, TypeId element) {
    Type type;
    type.kind = TypeKind::Optional;
    type.element = element;
    return image.types.add(type);
}

struct CarryTest : ::testing::Test {
    Image old;
    Image next;
    TypeId old_text = scalar(old, TypeKind::Text);
    TypeId old_int = scalar(old, TypeKind::Int);
    TypeId text = scalar(next, TypeKind::Text);
    TypeId integer = scalar(next, TypeKind::Int);
};

TEST_F(CarryTest, The_same_type_under_another_number) {
    const auto value = carry_value(old, old_text, next, text, Value::text("a"));
    ASSERT_TRUE(value);
    EXPECT_EQ(*value, Value::text("a"));
    EXPECT_FALSE(carry_value(old, old_text, next, integer, Value::text("a")));
}

TEST_F(CarryTest, Fields_go_by_their_names_not_by_their_places) {
    const auto from = record(old, "Pair", {{"a", "a", old_text, {}}, {"b", "b", old_text, {}}});
    const auto to = record(next, "Pair", {{"b", "b", text, {}}, {"a", "a", text, {}}});
    const auto value =
        carry_value(old, from, next, to, Value::record({Value::text("1"), Value::text("2")}));
    ASSERT_TRUE(value);
    EXPECT_EQ(*value, Value::record({Value::text("2"), Value::text("1")}));
}

TEST_F(CarryTest, A_field_more_must_do_without_a_value) {
    const auto from = record(old, "Pair", {{"a", "a", old_text, {}}});
    const auto open =
        record(next, "Pair", {{"a", "a", text, {}}, {"c", "c", optional(next, integer), {}}});
    const auto value = carry_value(old, from, next, open, Value::record({Value::text("1")}));
    ASSERT_TRUE(value);
    EXPECT_EQ(*value, Value::record({Value::text("1"), Value::none()}));
    const auto strict = record(next, "Other", {{"a", "a", text, {}}, {"c", "c", integer, {}}});
    EXPECT_FALSE(carry_value(old, from, next, strict, Value::record({Value::text("1")})));
}

TEST_F(CarryTest, A_refinement_is_checked) {
    Type short_text;
    short_text.kind = TypeKind::Refined;
    short_text.element = text;
    Constraint most;
    most.kind = Constraint::Kind::Length;
    most.max = Decimal::from_int(3);
    short_text.constraints = {most};
    const auto to = next.types.add(short_text);
    EXPECT_TRUE(carry_value(old, old_text, next, to, Value::text("abc")));
    const auto wrong = carry_value(old, old_text, next, to, Value::text("secret words"));
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().find("secret"), std::string::npos);
}

TEST_F(CarryTest, A_begin_goes_by_the_names_of_its_parameters) {
    WorkflowRow before;
    before.name = "flow";
    before.parameters = {{"a", old_text, false, {}}, {"gone", old_text, false, {}}};
    old.workflows.push_back(before);
    WorkflowRow after;
    after.name = "flow";
    after.parameters = {{"more", integer, true, Value::integer(5)}, {"a", text, false, {}}};
    next.workflows.push_back(WorkflowRow{});
    next.workflows.push_back(after);
    vm::Begin begin;
    begin.input = Value::record({Value::text("x"), Value::text("y")});
    begin.tunes = Value::record({});
    const auto carried = carry_begin(old, next, begin);
    ASSERT_TRUE(carried);
    EXPECT_EQ(carried->workflow, 1U);
    EXPECT_EQ(carried->input, Value::record({Value::integer(5), Value::text("x")}));
    next.workflows[1].parameters[0].has_default = false;
    EXPECT_FALSE(carry_begin(old, next, begin));
    next.workflows[1].name = "other";
    EXPECT_FALSE(carry_begin(old, next, begin));
}

}  // namespace
}  // namespace weft::engine
