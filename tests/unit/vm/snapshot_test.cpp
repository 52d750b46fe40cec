// Snapshots against bytes that aren't one. That a restored machine goes on as the first would have
// is tested after every fact of every other test (harness.h).
#include "tests/unit/vm/harness.h"

namespace weft::vm {
namespace {

using testing::ImageBuilder;
using testing::make_begin;

// step a (undo: free), then each item at most two at once { step b }: at rest in the branches it
// has calls, a fork with captures, an undo entry and a timer.
ImageBuilder program() {
    ImageBuilder b;
    const auto work = b.worker("work", EffectClass::Idempotent, 2);
    b.image.workers[work].window_ms = 1000;
    auto undo = b.function("undo", FunctionKind::Undo, 1, 2, 2);
    undo.call(1, 0, 1, b.step("flow.undo", b.worker("free", EffectClass::Idempotent)));
    undo.op(Opcode::Return, 1);
    auto branch = b.function("flow.each", FunctionKind::Branch, 2, 3, 3);
    branch.call(2, 0, 2, b.step("flow.each.b", work));
    branch.op(Opcode::Return, 2);
    auto flow = b.workflow(1, 4, 5);
    b.image.workflows.back().within_ms = 60'000;
    flow.constant(2, Value::integer(7));
    flow.call(3, 2, 1, b.step("flow.a", b.worker("reserve", EffectClass::Idempotent)));
    flow.op(Opcode::UndoPush, 0, 3, 1, undo.number());
    flow.fork(1, 0, 2, b.fork(branch.number(), 2));
    flow.end(1);
    return b;
}

class Snapshot : public ::testing::Test {
  protected:
    Snapshot()
        : image_(std::make_shared<const Image>(program().image)),
          // Long enough to be written once and referred to.
          begin_(make_begin({Value::list({Value::text("the first of the texts"),
                                          Value::text("the second of the texts"),
                                          Value::text("the third of the texts")})})) {
        EXPECT_TRUE(verify_image(*image_));
        Machine machine(image_, begin_);
        static_cast<void>(machine.start());
        const auto call = machine.wants().front().call;
        static_cast<void>(machine.apply(StartFact{call, 1}, 1001));
        OutcomeFact outcome;
        outcome.call = call;
        outcome.value = Value::integer(1);
        static_cast<void>(machine.apply(outcome, 1002));
        bytes_ = machine.snapshot();
        wants_ = machine.wants();
    }

    std::shared_ptr<const Image> image_;
    Begin begin_;
    std::string bytes_;
    std::vector<Want> wants_;
};

TEST_F(Snapshot, ComesBackWithAllItsWants) {
    const auto restored = Machine::restore(image_, begin_, bytes_);
    ASSERT_TRUE(restored.has_value());
    EXPECT_EQ(restored->wants(), wants_);
    EXPECT_EQ(wants_.size(), 3U);  // two branches and the deadline
}

TEST_F(Snapshot, OfAnotherLengthIsNone) {
    for (std::size_t size = 0; size < bytes_.size(); ++size) {
        EXPECT_FALSE(Machine::restore(image_, begin_, bytes_.substr(0, size))) << size;
    }
    EXPECT_FALSE(Machine::restore(image_, begin_, bytes_ + '\0'));
}

// The seal finds a changed byte before this does; here it must only do no harm. What the state
// check covers is found all the same.
TEST_F(Snapshot, WithAChangedByteDoesNoHarm) {
    std::size_t found = 0;
    for (std::size_t at = 0; at < bytes_.size(); ++at) {
        for (const int change : {0x01, 0x80, 0xFF}) {
            auto changed = bytes_;
            changed[at] = static_cast<char>(changed[at] ^ change);
            const auto restored = Machine::restore(image_, begin_, changed);
            if (!restored) {
                ++found;
                continue;
            }
            EXPECT_LE(restored->wants().size(), 10U);
            EXPECT_EQ(restored->check(), to_array<16>(bytes_.substr(0, 16)));
        }
    }
    EXPECT_GT(found, bytes_.size());
}

// The list stands in the input, in a register and in the fork: it is not written at all. The text
// that stands in every branch is part of it, and written by itself once.
TEST_F(Snapshot, WritesWhatStandsInManyPlacesOnce) {
    const auto size_with = [this](std::size_t letters) {
        const Value text = Value::text(std::string(letters, 'x'));
        Machine machine(image_, make_begin({Value::list({text, text, text})}));
        static_cast<void>(machine.start());
        const auto call = machine.wants().front().call;
        static_cast<void>(machine.apply(StartFact{call, 1}, 1001));
        OutcomeFact outcome;
        outcome.call = call;
        outcome.value = Value::integer(1);
        static_cast<void>(machine.apply(outcome, 1002));
        const auto bytes = machine.snapshot();
        const auto restored = Machine::restore(image_, machine.begin(), bytes);
        EXPECT_TRUE(restored && restored->snapshot() == bytes) << "is shared again";
        EXPECT_GE(machine.bytes_held(), 2 * 3 * letters);
        return bytes.size();
    };
    EXPECT_EQ(size_with(10'000) - size_with(100), 10'000U - 100U);
}

TEST_F(Snapshot, OfAnotherRunIsNone) {
    auto other = begin_;
    other.seed[31] ^= 1;  // the half that keys the state check
    EXPECT_FALSE(Machine::restore(image_, other, bytes_));
}

}  // namespace
}  // namespace weft::vm
