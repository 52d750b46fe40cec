// An engine whose clock has leapt ahead waits for a person; it doesn't use up a processor
// meanwhile.
#include "tests/unit/engine/core_support.h"

namespace weft::engine {
namespace {

using testing::CoreTest;

class LeapTest : public CoreTest {
  protected:
    // How long a turn that has nothing to do would wait, of the two minutes that it may.
    std::chrono::milliseconds waits() {
        std::chrono::milliseconds waited{-1};
        core_->set_waiter([&waited](std::chrono::milliseconds wait) { waited = wait; });
        EXPECT_TRUE(core_->turn(std::chrono::minutes(2)));
        core_->set_waiter({});
        return waited;
    }
};

TEST_F(LeapTest, AnEngineWithoutSchedulesRestsAfterALeap) {
    open();
    turn();
    EXPECT_GT(waits(), std::chrono::minutes(1));
    clock_.wall += 31 * std::int64_t{86'400'000};
    clock_.monotonic += 61'000;
    turn();
    ASSERT_NE(core_->notice().find("leapt"), std::string::npos) << core_->notice();
    turn();  // the step of the clock is written
    EXPECT_GT(waits(), std::chrono::minutes(1));
}

}  // namespace
}  // namespace weft::engine
