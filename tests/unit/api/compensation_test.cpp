// Compensation and cancel in a whole engine, after the scenarios COMP-01, COMP-06, COMP-08, CAN-01.
#include "tests/unit/api/world.h"

namespace weft::testing {
namespace {

using Effects = std::vector<std::string>;

// Workers a, b, c, d with undos ua, ub, uc, ud, tried three times; z only reads.
std::string workers() {
    std::string out;
    for (const char* name : {"a", "b", "c", "d", "ua", "ub", "uc", "ud"}) {
        out += std::string("worker t.") + name +
               "(n: Int) -> Int\n  effect idempotent for 24h\n  timeout 5s\n"
               "  retry 2 times, backoff 1s to 1s\n";
    }
    return out + "worker t.z(n: Int) -> Int\n  effect read\n  timeout 5s\n";
}

std::string step(const std::string& name) {
    return "  step " + name + " = t." + name + "(1)\n    compensate t.u" + name + "(" + name +
           ")\n";
}

class Compensation : public ::testing::Test {
  protected:
    void make(const std::string& header, const std::string& body) {
        world = std::make_unique<World>(workers() + "workflow flow() -> Int\n  within 1h\n" +
                                        header + "{\n" + body + "  return 1\n}\n");
        for (const char* name : {"a", "b", "c", "d", "z", "ua", "ub", "uc", "ud"}) {
            world->gives(std::string("t.") + name, "1");
        }
    }
    std::unique_ptr<World> world;
};

TEST_F(Compensation, In_reverse_order_and_not_the_step_that_failed) {
    make("", step("a") + step("b") + step("c") + step("d"));
    world->fails("t.d", "Rejected");
    const auto run = world->start("flow");
    EXPECT_EQ(world->finish(run), "compensated");
    EXPECT_EQ(world->effects(), (Effects{"do:t.a", "do:t.b", "do:t.c", "fail:t.d:Rejected",
                                         "do:t.uc", "do:t.ub", "do:t.ua"}));
    world->expect_sound();
}

TEST_F(Compensation, One_that_fails_for_good_is_set_aside_and_the_others_go_on) {
    make("", step("a") + step("b") + step("c") + "  step t.z(1)\n");
    world->fails("t.z", "Rejected");
    world->fails("t.ub", "Rejected");
    const auto run = world->start("flow");
    EXPECT_EQ(world->finish(run), "stuck");
    EXPECT_EQ(world->effects(), (Effects{"do:t.a", "do:t.b", "do:t.c", "fail:t.z:Rejected",
                                         "do:t.uc", "fail:t.ub:Rejected", "do:t.ua"}));
    world->gives("t.ub", "1");
    world->ask("resume", {{"run", run}});
    EXPECT_EQ(world->finish(run), "compensated");
    world->expect_sound();
}

TEST_F(Compensation, A_person_may_say_what_became_of_one_that_is_stuck) {
    make("", step("a") + step("b") + step("c") + "  step t.z(1)\n");
    world->fails("t.z", "Rejected");
    world->fails("t.ub", "Rejected");
    world->fails("t.ua", "Rejected");
    const auto run = world->start("flow");
    EXPECT_EQ(world->finish(run), "stuck");
    const auto waits = world->status(run)["waits"];
    const auto release = std::find_if(
        waits.begin(), waits.end(), [](const Json& wait) { return wait.at("kind") == "release"; });
    ASSERT_NE(release, waits.end()) << waits;
    EXPECT_EQ(release->value("stuck", Json{}), (Json{"flow.b", "flow.a"})) << waits;
    world->refuses("settle",
                   {{"run", run}, {"site", "flow.c"}, {"verdict", "undone"}, {"reason", "r"}});
    world->refuses("settle", {{"run", run}, {"site", "flow.b"}, {"verdict", "undone"}});
    auto settle = [&](const char* site, const char* verdict) {
        return world->ask("settle", {{"run", run},
                                     {"site", site},
                                     {"verdict", verdict},
                                     {"reason", "I called them"}})["status"];
    };
    EXPECT_EQ(settle("flow.b", "undone"), "stuck");
    world->crash();
    EXPECT_EQ(settle("flow.a", "left"), "compensated");
    EXPECT_NE(world->kinds(run).find("operator settled undo-end end"), std::string::npos)
        << world->kinds(run);
    world->expect_sound();
}

TEST_F(Compensation, In_strict_order_the_others_wait) {
    make("  compensate in strict order\n", step("a") + step("b") + step("c") + "  step t.z(1)\n");
    world->fails("t.z", "Rejected");
    world->fails("t.ub", "Rejected");
    const auto run = world->start("flow");
    EXPECT_EQ(world->finish(run), "stuck");
    EXPECT_EQ(world->effects(), (Effects{"do:t.a", "do:t.b", "do:t.c", "fail:t.z:Rejected",
                                         "do:t.uc", "fail:t.ub:Rejected"}));
    world->gives("t.ub", "1");
    world->ask("resume", {{"run", run}});
    EXPECT_EQ(world->finish(run), "compensated");
    EXPECT_EQ(world->effects().back(), "do:t.ua");
    world->expect_sound();
}

TEST_F(Compensation, Steps_inside_take_their_place_in_the_one_order) {
    make("", step("a") + "  step scope {\n" + step("b") + "  step inner {\n" + step("c") +
                 "  }\n  }\n" + step("d") + "  step t.z(1)\n");
    world->fails("t.z", "Rejected");
    const auto run = world->start("flow");
    EXPECT_EQ(world->finish(run), "compensated");
    EXPECT_EQ(world->effects(),
              (Effects{"do:t.a", "do:t.b", "do:t.c", "do:t.d", "fail:t.z:Rejected", "do:t.ud",
                       "do:t.uc", "do:t.ub", "do:t.ua"}));
    world->expect_sound();
}

TEST_F(Compensation, A_cancel_between_steps_undoes_what_was_done) {
    make("", step("a") + step("b") + "  sleep 100s\n" + step("c"));
    const auto begun_ms = world->clock.now();
    const auto run = world->start("flow");
    world->until([&] { return world->effects().size() == 2; });
    world->ask("cancel", {{"run", run}});
    EXPECT_EQ(world->finish(run), "cancelled");
    EXPECT_EQ(world->effects(), (Effects{"do:t.a", "do:t.b", "do:t.ub", "do:t.ua"}));
    EXPECT_LT(world->clock.now(), begun_ms + 100'000);
    world->expect_sound();
}

}  // namespace
}  // namespace weft::testing
