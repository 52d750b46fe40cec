// Values from outside against types whose refinements are functions.
#include "vm/boundary.h"

#include "tests/unit/vm/harness.h"

namespace weft::vm {
namespace {

using testing::Drive;
using testing::ImageBuilder;

// An Int that is even, as the predicate `number` says; 0 divides by zero.
TypeId even_type(ImageBuilder& b) {
    auto even = b.function("even", FunctionKind::Pure, 1, 1, 4);
    even.constant(1, Value::integer(8));
    even.op(Opcode::WholeDivide, 2, 1, 0);
    even.constant(1, Value::integer(2));
    even.op(Opcode::Remainder, 2, 0, 1);
    even.constant(1, Value::integer(0));
    even.op(Opcode::Equal, 3, 2, 1);
    even.op(Opcode::Return, 3);
    auto type = weft::testing::make_type(TypeKind::Refined, b.integer);
    Constraint predicate;
    predicate.kind = Constraint::Kind::Function;
    predicate.function = even.number();
    type.constraints = {predicate};
    return b.image.types.add(type);
}

TEST(Boundary, PredicatesDecideToo) {
    ImageBuilder b;
    TypeId even = even_type(b);
    TypeId list = b.image.types.add(weft::testing::make_type(TypeKind::List, even));
    EXPECT_TRUE(value_fits(b.image, even, Value::integer(4)));
    EXPECT_FALSE(value_fits(b.image, even, Value::integer(5)));
    EXPECT_FALSE(value_fits(b.image, even, Value::text("4")));
    auto good = read_value(b.image, list, "[2,4]");
    ASSERT_TRUE(good);
    EXPECT_EQ(good->items().size(), 2U);
    auto bad = read_value(b.image, list, "[2,3]");
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().path, "[1]");
    EXPECT_EQ(bad.error().message, "does not meet the condition of its type");
}

TEST(Boundary, APredicateThatTrapsAcceptsNothing) {
    ImageBuilder b;
    TypeId even = even_type(b);
    EXPECT_FALSE(value_fits(b.image, even, Value::integer(0)));
}

TEST(Boundary, ARevisionMustMeetThem) {
    ImageBuilder b;
    TypeId even = even_type(b);
    b.image.reviews.push_back({"flow.r", "r: n", {"editor"}, 1, 500, {"n"}, {even}});
    auto flow = b.workflow(1, 2, 2);
    flow.site(Opcode::Review, SiteKind::Review, 0, 1, 0, 1);
    flow.end(1);
    Drive drive(b, {Value::integer(6)});
    auto revise = [](std::int64_t n) {
        return DecisionFact{1, Decision::Revise, "ann", "because", {Value::integer(n)}};
    };
    EXPECT_FALSE(drive.feed(revise(7)));
    EXPECT_TRUE(drive.feed(revise(8)));
}

}  // namespace
}  // namespace weft::vm
