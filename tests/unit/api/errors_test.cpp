// The fields of errors: from native workers and from `fail`, through sub-runs, forks and crashes,
// to handlers, hooks and people; and what does not fit a declaration.
#include "tests/unit/api/world.h"

namespace weft::testing {
namespace {

constexpr auto kBank = R"wf(
error Declined {
  reason: Text
  code:   Int as "errorCode"
  limit:  Money<EUR>?
}

error Closed {
  since: Date
}

worker bank.pay(amount: Int) -> Text
  effect  idempotent for 1d
  fails   Declined, Closed
  timeout 5s
  retry   2 times, backoff 1s to 1s

worker bank.take_back(payment: Text) -> Text
  effect  idempotent for 1d
  timeout 5s
)wf";

constexpr auto kDeclined =
    R"({"reason":"no cover","errorCode":51,"limit":{"amount":"20.00","currency":"EUR"}})";

WorkerFunction refusing(std::string name, std::string fields) {
    return
        [name = std::move(name), fields = std::move(fields)](const WorkerCall&) -> WorkerOutcome {
            WorkerError error{name, "as told", true, {}, {}};
            error.fields = fields;
            return std::unexpected(error);
        };
}

class Errors : public ::testing::Test {
  protected:
    void make(const std::string& text) {
        world = std::make_unique<World>(kBank + text);
        world->gives("bank.pay", "\"paid\"");
        world->gives("bank.take_back", "\"back\"");
    }
    // A workflow of one step that pays, with these clauses and these lines behind it.
    void make_step(const std::string& clauses, const std::string& behind = "  return payment\n") {
        make("workflow flow() -> Text\n  within 1h\n{\n  step payment = bank.pay(1)\n" + clauses +
             "    compensate bank.take_back(payment)\n" + behind + "}\n");
    }
    // Runs `flow` to its end; its status.
    Json end() {
        run = world->start("flow");
        world->finish(run);
        return world->status(run);
    }
    std::string log() {
        std::string out;
        const Json told = world->ask("log", {{"run", run}, {"limit", 1000}});
        for (const auto& entry : told.at("entries")) {
            out += entry["text"].get<std::string>() + "\n";
        }
        return out;
    }
    std::unique_ptr<World> world;
    std::string run;
};

TEST_F(Errors, A_handler_reads_what_the_worker_said) {
    make_step(
        "    on Declined (e) {\n"
        "      \"${e.reason} ${e.code} ${e.limit ?? 0.00 EUR} ${e.message} ${e.attempts}\"\n"
        "    }\n");
    world->worker("bank.pay", refusing("Declined", kDeclined));
    EXPECT_EQ(end()["result"], "no cover 51 20.00 EUR as told 1");
    EXPECT_NE(log().find("Declined, as told {\"reason\":\"no cover\""), std::string::npos) << log();
    world->expect_sound();
}

TEST_F(Errors, Fields_with_defaults_and_optional_ones_may_be_left_out) {
    make_step(
        "    on Declined (e) {\n      if e.limit == none {\n        e.reason\n"
        "      } else {\n        \"a limit\"\n      }\n    }\n");
    world->worker("bank.pay", refusing("Declined", R"({"reason":"no","errorCode":1})"));
    EXPECT_EQ(end()["result"], "no");
}

TEST_F(Errors, What_does_not_fit_the_declaration_is_a_guard_and_is_tried_again) {
    make_step("    on Guard (e) {\n      \"${e.message} ${e.attempts}\"\n    }\n");
    world->worker("bank.pay", refusing("Declined", R"({"reason":"no","errorCode":"x"})"));
    EXPECT_EQ(end()["result"],
              "the fields of the error Declined do not fit its declaration at .errorCode: "
              "expected Int, found text 3");
    world->worker("bank.pay", refusing("Declined", ""));
    EXPECT_NE(end()["result"].get<std::string>().find("missing"), std::string::npos)
        << end()["result"];
}

TEST_F(Errors, One_that_nobody_takes_ends_the_run_with_its_fields) {
    make_step("");
    world->worker("bank.pay", refusing("Declined", kDeclined));
    const auto status = end();
    EXPECT_EQ(status["status"], "failed");
    EXPECT_EQ(status["error"]["name"], "Declined");
    EXPECT_EQ(status["error"]["fields"], Json::parse(kDeclined));
    world->expect_sound();
}

TEST_F(Errors, Of_any_error_one_asks_which_it_is) {
    make_step(
        "    on Error (e) {\n"
        "      if let closed = Closed.from(e) {\n        \"since ${closed.since}\"\n"
        "      } else {\n        if let declined = Declined.from(e) {\n"
        "          \"declined: ${declined.reason}\"\n        } else {\n"
        "          e.name\n        }\n      }\n    }\n");
    world->worker("bank.pay", refusing("Declined", kDeclined));
    EXPECT_EQ(end()["result"], "declined: no cover");
    world->worker("bank.pay", refusing("Closed", R"({"since":"2026-01-31"})"));
    EXPECT_EQ(end()["result"], "since 2026-01-31");
    world->fails("bank.pay", "Rejected");
    EXPECT_EQ(end()["result"], "Rejected");
}

TEST_F(Errors, Raised_again_it_is_the_same_error) {
    make(
        "workflow flow() -> Text\n  within 1h\n{\n  step outer {\n"
        "    step payment = bank.pay(1)\n      on Error (e) {\n        fail e\n      }\n"
        "      compensate bank.take_back(payment)\n    payment\n  }\n"
        "    on Declined (e) {\n      \"outer: ${e.reason}\"\n    }\n  return outer\n}\n");
    world->worker("bank.pay", refusing("Declined", kDeclined));
    EXPECT_EQ(end()["result"], "outer: no cover");
}

TEST_F(Errors, Outcomes_keep_them) {
    make(
        "fn why(e: Error) -> Text =\n  if let d = Declined.from(e) {\n    d.reason\n  } else {\n"
        "    e.name\n  }\n\nworkflow flow() -> Text\n  within 1h\n{\n"
        "  step all = each n in [1, 2, 3], 1 at once, collecting errors up to 3 {\n"
        "    step payment = bank.pay(n)\n      compensate bank.take_back(payment)\n"
        "  }\n  parallel settle {\n    step one = bank.pay(4)\n"
        "      compensate bank.take_back(one)\n    step two = bank.pay(2)\n"
        "      compensate bank.take_back(two)\n  }\n  emit outcomes(all)\n"
        "  let why_one = match one {\n    Done(_) => \"done\"\n    Failed(e) => why(e)\n  }\n"
        "  return \"${join(map(errors(all), e => why(e)), \", \")}; ${why_one}\"\n}\n");
    world->worker("bank.pay", [](const WorkerCall& call) -> WorkerOutcome {
        if (call.arguments == R"({"amount":2})") return WorkerValue{"\"paid\"", {}};
        const bool closed = call.arguments == R"({"amount":3})";
        WorkerError error{closed ? "Closed" : "Declined", "as told", true, {}, {}};
        error.fields = closed ? R"({"since":"2026-01-31"})" : kDeclined;
        return std::unexpected(error);
    });
    EXPECT_EQ(end()["result"], "no cover, Closed; no cover");
    EXPECT_NE(log().find(R"("detail":{"errorCode":51,"limit":{"amount":"20.00")"),
              std::string::npos)
        << log();
    world->expect_sound();
}

TEST_F(Errors, A_sub_runs_error_comes_with_them) {
    make(
        "workflow child(n: Int) -> Text\n  within 1h\n{\n  step payment = bank.pay(n)\n"
        "    compensate bank.take_back(payment)\n  if n > 0 {\n"
        "    fail Declined(reason: payment, code: n)\n  }\n  return payment\n}\n"
        "workflow flow() -> Text\n  within 2h\n{\n  step sub = run child(7)\n"
        "    on Declined (e) {\n      \"${e.reason} ${e.code}\"\n    }\n  return sub\n}\n");
    EXPECT_EQ(end()["result"], "paid 7");
    world->expect_sound();
    world->worker("bank.pay", refusing("Declined", kDeclined));
    EXPECT_EQ(end()["result"], "no cover 51");
    world->expect_sound();
}

TEST_F(Errors, Hooks_and_on_failure_see_them) {
    make(
        "workflow flow() -> Text\n  within 1h\n{\n  on retry (s, error) {\n"
        "    if let d = Declined.from(error) {\n      emit again(\"${d.reason} ${s.attempt}\")\n"
        "    }\n  }\n  step payment = bank.pay(1)\n"
        "    retry 1 times on Declined, backoff 1s to 1s\n"
        "    compensate bank.take_back(payment)\n  on failure (e) {\n"
        "    if let d = Declined.from(e) {\n      emit failed(d.code)\n    }\n  }\n"
        "  return payment\n}\n");
    world->worker("bank.pay", refusing("Declined", kDeclined));
    EXPECT_EQ(end()["status"], "failed");
    EXPECT_NE(log().find("again: \"no cover 1\""), std::string::npos) << log();
    EXPECT_NE(log().find("failed: 51"), std::string::npos) << log();
    world->expect_sound();
}

TEST_F(Errors, They_outlive_the_engine) {
    make_step(
        "    retry 1 times on Declined, backoff 10m to 10m\n"
        "    on Declined (e) {\n      e.reason\n    }\n");
    world->worker("bank.pay", refusing("Declined", kDeclined));
    run = world->start("flow");
    world->until([&] { return world->effects().size() == 1 && !world->core().busy(); });
    world->crash();
    EXPECT_EQ(world->finish(run), "completed");
    EXPECT_EQ(world->status(run)["result"], "no cover");
    world->expect_sound();
}

}  // namespace
}  // namespace weft::testing
