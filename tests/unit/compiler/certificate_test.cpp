// The certificate: what the compiler proved from the IR is what the verifier works out from the
// code, and an image that says anything else of itself is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "base/explain.h"
#include "bytecode/image.h"
#include "compiler/lower/lower.h"
#include "tests/unit/compiler/check_support.h"

namespace weft {
namespace {

constexpr std::string_view kProgram = R"wf(worker shop.find(item: Text) -> Text
  effect  read
  timeout 5s
  retry   2 times

worker shop.take(item: Text) -> Text
  effect  idempotent for 1d
  timeout 5s
  retry   3 times
  costs   0.10 EUR

worker shop.give(item: Text)
  effect  idempotent for 1d
  timeout 5s
  retry   4 times

worker model.write(item: Text) -> Untrusted<Text>
  effect  read
  timeout 5s

worker post.send(to: Pii<Text>, item: Text)
  effect  idempotent for 1d, irreversible
  timeout 5s

worker radio.say(item: Text)
  effect  idempotent for 1d
  timeout 5s

workflow restock(item: Text) -> Text within 2h {
  step taken = shop.take(item)
    compensate shop.give(taken)
  return taken
}

workflow flow(items: List<Text> where length in 1..6, to: Pii<Text>) -> Text
  within 9d
  costing at most 9.00 EUR
  retain 30d
{
  step found = each item in items, 2 at once {
    step shop.find(item)
  }
  step more = run restock("bread")
  step text = model.write(more)
  gate good {
    require length(text) in 5..500
    otherwise retry from text, up to 2 times
    otherwise review text by "editor" within 1d
    otherwise fail "no text"
  }
  step left = repeat n = count(found), up to 7 times {
    step name = shop.find("x")
    if name == "" {
      done n
    }
    next n + 1
  } else {
    0
  }
  step pair {
    step one = shop.take("one")
      compensate shop.give(one)
    one
  }
    retry 2 times
    compensate shop.give(pair)
  if left > 100 {
    fail "too many"
  }
  step radio.say(text)
    compensate none "it was said"
  step post.send(to, text)
  step last = shop.find(text)
  return last
}
)wf";

Image image_of(std::string_view text) {
    Compiled compiled = compile_text(text);
    for (const auto& d : compiled.diagnostics.items()) {
        EXPECT_NE(info(d.code).severity, Severity::Error) << d.message;
    }
    auto image = lower(compiled.module, compiled.diagnostics);
    EXPECT_TRUE(image);
    return image ? std::move(*image) : Image{};
}

std::string refused(const Image& image) {
    auto verified = verify_image(image);
    return verified ? "" : verified.error().message;
}

CallProof& call_of(Image& image, std::string_view path) {
    for (auto& call : image.certificate.calls) {
        const auto& site = image.sites[call.site];
        const auto& of =
            site.kind == SiteKind::Sub ? image.subs[site.row].path : image.steps[site.row].path;
        if (of == path) return call;
    }
    ADD_FAILURE() << "no call of " << path;
    return image.certificate.calls.front();
}

TEST(Certificate, SaysOfEachCallHowOftenItIsMadeAndTriedAndWhatComesOfIt) {
    Image image = image_of(kProgram);
    EXPECT_EQ(refused(image), "");
    auto expect = [&](std::string_view path, std::uint64_t times, std::uint32_t attempts,
                      Remedy remedy, bool past) {
        SCOPED_TRACE(path);
        const auto& call = call_of(image, path);
        EXPECT_EQ(call.times, times);
        EXPECT_EQ(call.attempts, attempts);
        EXPECT_EQ(call.remedy, remedy);
        EXPECT_EQ(call.past_return, past);
    };
    expect("flow.found.find", 1, 3, Remedy::Reads, false);
    expect("flow.more", 1, 1, Remedy::OfRun, false);
    expect("flow.text", 3, 1, Remedy::Reads, false);
    expect("flow.left.name", 7, 3, Remedy::Reads, false);
    expect("flow.pair.one", 3, 4, Remedy::Undone, false);
    expect("flow.say", 1, 1, Remedy::Stands, false);
    expect("flow.send", 1, 1, Remedy::Irreversible, false);
    expect("flow.last", 1, 3, Remedy::Reads, true);
    expect("restock.taken", 1, 4, Remedy::Undone, false);
    ASSERT_EQ(image.certificate.forks.size(), 1U);
    EXPECT_EQ(image.certificate.forks[0].items, 6U);
    // The author's two; what the gate's review may end with is none.
    EXPECT_EQ(image.certificate.fails.size(), 2U);
}

TEST(Certificate, SaysWhatRunsMayUse) {
    const Image image = image_of(kProgram);
    ASSERT_EQ(image.workflows.size(), 2U);
    const bool first = image.workflows[0].name == "flow";
    const auto& flow = image.certificate.workflows[first ? 0 : 1];
    // 6 × 3 in the each, 4 in the run, 3 of the model, 7 × 3 in the repeat, 3 × 4 in the pair, 1
    // said, 1 sent, 3 at the end.
    EXPECT_EQ(flow.attempts, 18U + 4U + 3U + 21U + 12U + 1U + 1U + 3U);
    EXPECT_EQ(flow.effects, 1U + 3U + 1U + 1U);
    // 5 for the run, 3 × 5 for the pair as a whole, and as much for what stands in it.
    EXPECT_EQ(flow.undo_attempts, 35U);
    ASSERT_EQ(flow.spend.size(), 1U);
    EXPECT_EQ(flow.spend[0].currency, "EUR");
    EXPECT_EQ(flow.spend[0].micros, 16U * 100'000U);
    EXPECT_TRUE(flow.irreversible);
    EXPECT_FALSE(image.certificate.workflows[first ? 1 : 0].irreversible);
}

TEST(Certificate, AListThatNothingBoundsMakesItsNumbersUnbounded) {
    const Image image = image_of(
        "worker shop.find(item: Text) -> Text\n  effect read\n  timeout 5s\n\n"
        "workflow flow(items: List<Text>) -> Int within 9d {\n"
        "  step found = each item in items, 2 at once {\n    step shop.find(item)\n  }\n"
        "  return count(found)\n}\n");
    EXPECT_EQ(refused(image), "");
    EXPECT_EQ(image.certificate.forks[0].items, kUnbounded);
    EXPECT_EQ(image.certificate.workflows[0].attempts, kUnbounded);
}

// Each changes one thing of the certificate.
using Change = std::function<void(Image&)>;

std::vector<std::pair<std::string, Change>> changes() {
    std::vector<std::pair<std::string, Change>> out;
    for (std::string path : {"flow.found.find", "flow.text", "flow.left.name", "flow.pair.one",
                             "flow.send", "flow.last", "restock.taken", "flow.more"}) {
        auto add = [&](const std::string& what, std::function<void(CallProof&)> change) {
            out.emplace_back(path + " " + what,
                             [path, change](Image& image) { change(call_of(image, path)); });
        };
        add("fewer times", [](CallProof& call) { --call.times; });
        add("more times", [](CallProof& call) { ++call.times; });
        add("more attempts", [](CallProof& call) { ++call.attempts; });
        add("no attempts", [](CallProof& call) { call.attempts = 0; });
        add("other side", [](CallProof& call) { call.past_return = !call.past_return; });
        add("other remedy", [](CallProof& call) {
            call.remedy = call.remedy == Remedy::Undone ? Remedy::Reads : Remedy::Undone;
        });
        add("more labels", [](CallProof& call) { call.labels.push_back(0); });
        add("unknown label", [](CallProof& call) {
            if (call.labels.empty()) call.labels.push_back(0);
            call.labels[0] = 0x80;
        });
    }
    auto of = [&](const std::string& what, Change change) { out.emplace_back(what, change); };
    of("a secret to the shop", [](Image& i) { call_of(i, "flow.last").labels[0] = 2; });
    of("a person to the shop", [](Image& i) { call_of(i, "flow.last").labels[0] = 1; });
    of("untrusted to the post", [](Image& i) { call_of(i, "flow.send").labels[1] = 4; });
    of("no proof of a call", [](Image& i) { i.certificate.calls.pop_back(); });
    of("a proof twice",
       [](Image& i) { i.certificate.calls.push_back(i.certificate.calls.back()); });
    of("proofs out of order",
       [](Image& i) { std::swap(i.certificate.calls.front(), i.certificate.calls.back()); });
    of("another site", [](Image& i) { i.certificate.calls.front().site = 9'999; });
    of("a longer list", [](Image& i) { i.certificate.forks[0].items = 7; });
    of("a shorter list", [](Image& i) { i.certificate.forks[0].items = 5; });
    of("no list", [](Image& i) { i.certificate.forks.clear(); });
    of("no failure", [](Image& i) { i.certificate.fails.clear(); });
    of("one failure less", [](Image& i) { i.certificate.fails.pop_back(); });
    of("a failure that is none", [](Image& i) { ++i.certificate.fails.front().pc; });
    of("a failure of no function", [](Image& i) { i.certificate.fails.back().function = 999; });
    of("failures out of order",
       [](Image& i) { std::swap(i.certificate.fails.front(), i.certificate.fails.back()); });
    of("one workflow less", [](Image& i) { i.certificate.workflows.pop_back(); });
    auto total = [&](const std::string& what, std::function<void(WorkflowProof&)> change) {
        for (std::size_t k : {0U, 1U}) {
            of(what, [k, change](Image& i) { change(i.certificate.workflows[k]); });
        }
    };
    total("fewer attempts in all", [](WorkflowProof& p) { --p.attempts; });
    total("more attempts in all", [](WorkflowProof& p) { ++p.attempts; });
    total("fewer effects in all", [](WorkflowProof& p) { --p.effects; });
    total("fewer attempts of undos", [](WorkflowProof& p) { --p.undo_attempts; });
    total("less spend", [](WorkflowProof& p) { --p.spend[0].micros; });
    total("another currency", [](WorkflowProof& p) { p.spend[0].currency = "USD"; });
    total("no spend", [](WorkflowProof& p) { p.spend.clear(); });
    total("irreversible or not", [](WorkflowProof& p) { p.irreversible = !p.irreversible; });
    return out;
}

TEST(Certificate, IsRefusedWhenAnyPartOfItWasChanged) {
    const Image image = image_of(kProgram);
    for (const auto& [what, change] : changes()) {
        Image tampered = image;
        change(tampered);
        EXPECT_NE(refused(tampered), "") << what;
    }
}

void replace_first(Image& image, std::string_view function, Opcode op, Instruction by) {
    for (auto& f : image.functions) {
        if (f.name != function) continue;
        for (auto& x : f.code) {
            if (x.op != op) continue;
            x = by;
            return;
        }
    }
    ADD_FAILURE() << "no such instruction in " << function;
}

TEST(Certificate, IsRefusedWhenTheCodeOrATableBesideItWasChanged) {
    const Image image = image_of(kProgram);
    auto expect_refused = [&](const std::string& what, const Change& change) {
        Image tampered = image;
        change(tampered);
        EXPECT_NE(refused(tampered), "") << what;
    };
    expect_refused("more retries of a step", [](Image& i) { ++i.steps.front().policy.retries; });
    expect_refused("more passes of a composite step", [](Image& i) {
        for (auto& block : i.blocks) ++block.policy.retries;
    });
    expect_refused("a worker that nothing undoes", [](Image& i) {
        for (auto& worker : i.workers) worker.irreversible |= worker.name == "shop.find";
    });
    expect_refused("a reader that changes the world", [](Image& i) {
        for (auto& worker : i.workers) {
            if (worker.name == "shop.find") worker.effect = EffectClass::Once;
        }
    });
    expect_refused("a dearer worker", [](Image& i) {
        for (auto& worker : i.workers) worker.reserve_micros *= 2;
    });
    expect_refused("a detached run", [](Image& i) { i.subs.front().detached = true; });
    expect_refused("longer loops", [](Image& i) {
        for (auto& constant : i.constants) {
            if (constant.tag() == Tag::Int && constant.as_int() == 7) constant = Value::integer(9);
        }
    });
    expect_refused("loops without a guard", [](Image& i) {
        replace_first(i, "flow", Opcode::Less, {Opcode::LessEqual, 0, 0, 0, 0});
    });
    expect_refused("an undo that is not registered", [](Image& i) {
        replace_first(i, "restock", Opcode::UndoPush, {Opcode::NextGeneration, 0, 0, 0, 0});
    });
}

TEST(Certificate, StandsBehindTheImageAndIsPartOfItsHash) {
    Image image = image_of(kProgram);
    const std::string bytes = encode_image(image);
    auto decoded = decode_image(bytes);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->certificate, image.certificate);
    // One from before there were certificates is read, and written, as it was.
    image.certificate = {};
    const std::string old = encode_image(image);
    EXPECT_TRUE(bytes.starts_with(old));
    EXPECT_NE(image_hash(bytes), image_hash(old));
    auto without = decode_image(old);
    ASSERT_TRUE(without);
    EXPECT_TRUE(without->certificate.is_empty());
    EXPECT_EQ(refused(*without), "");
}

TEST(Certificate, CountsThePassesOfABlockThatNamesItsLastMoment) {
    const Image image = image_of(R"wf(worker shop.find(item: Text) -> Text
  effect  read
  timeout 5s
  retry   2 times

workflow flow(item: Text, due: Time) -> Text within 1d {
  step pair {
    step shop.find(item)
  }
    until due
    retry 3 times
  return pair
}
)wf");
    EXPECT_EQ(refused(image), "");
    ASSERT_EQ(image.certificate.calls.size(), 1U);
    EXPECT_EQ(image.certificate.calls[0].attempts, 3U);
    EXPECT_EQ(image.certificate.calls[0].times, 4U);
}

TEST(Certificate, ARepeatWithoutNextHasOnePass) {
    const Image image = image_of(R"wf(worker shop.find(item: Text) -> Text
  effect  read
  timeout 5s

worker shop.take(item: Text) -> Text
  effect  idempotent for 1d
  timeout 5s

workflow flow(item: Text) -> Text within 1d {
  step found = repeat name = item, up to 3 times {
    step other = shop.find(name)
    step pair {
      other
    }
      compensate shop.take(pair)
    done pair
  } else {
    "none"
  }
  return found
}
)wf");
    EXPECT_EQ(refused(image), "");
    ASSERT_EQ(image.certificate.calls.size(), 2U);
    EXPECT_EQ(image.certificate.calls[0].times, 1U);
}

TEST(Certificate, ASectionThatIsCutChangedOrDoubledIsRefused) {
    Image image = image_of(kProgram);
    const std::string bytes = encode_image(image);
    image.certificate = {};
    const std::string old = encode_image(image);
    for (std::size_t size = old.size() + 1; size < bytes.size(); ++size) {
        EXPECT_FALSE(decode_image(bytes.substr(0, size))) << size;
    }
    EXPECT_FALSE(decode_image(bytes + bytes.substr(old.size())));
    EXPECT_FALSE(decode_image(bytes + "x"));
    for (std::size_t at = old.size(); at < bytes.size(); ++at) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        auto decoded = decode_image(changed);
        if (!decoded) continue;
        EXPECT_NE(refused(*decoded), "") << at - old.size();
    }
}

constexpr std::string_view kLabelled = R"wf(worker post.send(to: Pii<Text>, text: Text)
  effect  idempotent for 1d, irreversible
  timeout 5s

worker shop.find(item: Text) -> Text
  effect  read
  timeout 5s

worker model.write(about: Text) -> Untrusted<Text>
  effect  read
  timeout 5s

workflow flow(name: Pii<Text>, city: Text) -> Text within 1d {
  let shown = declassify(name, "the shop must know")
  step found = shop.find(shown)
  step near = shop.find(city)
  step text = model.write(found)
  gate good {
    require length(text) in 5..500
    otherwise fail "no text"
  }
  step post.send("nobody", near)
  step last = shop.find("${text}")
  return last
}
)wf";

TEST(Certificate, NamesTheLabelsThatReallyReachEachArgument) {
    Image image = image_of(kLabelled);
    EXPECT_EQ(refused(image), "");
    using Labels = std::vector<std::uint8_t>;
    EXPECT_EQ(call_of(image, "flow.found").labels, Labels{0});
    // Cleared for Pii, but none comes there.
    EXPECT_EQ(call_of(image, "flow.send").labels, (Labels{0, 0}));
    EXPECT_EQ(call_of(image, "flow.last").labels, Labels{0}) << "a gate has judged it";
    for (const unsigned other : {1U, 2U, 4U, 5U}) {
        Image tampered = image;
        call_of(tampered, "flow.send").labels[0] = static_cast<std::uint8_t>(other);
        EXPECT_THAT(refused(tampered), ::testing::HasSubstr("which labels reach this"));
    }
}

// The instruction that fills a register before the call of a step.
Instruction& filled_for(Image& image, std::string_view path, std::uint32_t argument) {
    const auto& site = image.sites[call_of(image, path).site];
    auto& code = image.functions[site.function].code;
    const std::uint32_t wanted = code[site.pc].b + argument;
    auto pc = site.pc;
    while (pc > 0 && code[pc - 1].a != wanted) --pc;
    return code[pc - 1];
}

TEST(Certificate, IsRefusedWhenALabelledValueWasLedElsewhere) {
    const Image image = image_of(kLabelled);
    const auto expect = [&](std::string_view why, const Change& change) {
        Image tampered = image;
        change(tampered);
        EXPECT_THAT(refused(tampered), ::testing::HasSubstr(why));
    };
    expect("Pii reaches shop.find as `item`, which is not cleared for it", [](Image& i) {
        auto& x = filled_for(i, "flow.near", 0);
        ASSERT_EQ(x.op, Opcode::Move);
        x.b = 0;
    });
    expect("Pii reaches shop.find as `item`, which is not cleared for it", [](Image& i) {
        for (auto& event : i.events) event.name = "said";
    });
    expect("Pii reaches model.write as `about`, which is not cleared for it", [](Image& i) {
        auto& x = filled_for(i, "flow.text", 0);
        ASSERT_EQ(x.op, Opcode::Move);
        x.b = 0;
    });
    expect("Pii reaches shop.find as `item`, which is not cleared for it",
           [](Image& i) { i.workflows[0].parameters[1].type = i.workflows[0].parameters[0].type; });
}

TEST(Verified, SaysAnImageThatDoesNotVerifyAsAMistakeOfTheCompiler) {
    Diagnostics none;
    EXPECT_TRUE(verified(image_of(kProgram), none));
    EXPECT_FALSE(verified(std::nullopt, none));
    EXPECT_TRUE(none.items().empty());

    Image wrong = image_of(kProgram);
    wrong.certificate.calls.pop_back();
    Diagnostics diagnostics;
    EXPECT_FALSE(verified(std::move(wrong), diagnostics));
    ASSERT_EQ(diagnostics.items().size(), 1U);
    const auto& said = diagnostics.items()[0];
    EXPECT_EQ(said.code, DiagnosticCode::InternalError);
    EXPECT_EQ(said.message,
              "the compiled program does not verify: the certificate does not speak of each call "
              "once, in order");
}

TEST(Certificate, HoldsForAllProgramsOfTheExplanations) {
    for (const auto& text : all_explanations()) {
        SCOPED_TRACE(info(text.code).name);
        Compiled good = compile_package(std::string(text.good));
        if (!good.ok) continue;
        auto image = lower(good.module, good.diagnostics);
        ASSERT_TRUE(image);
        EXPECT_EQ(refused(*image), "");
    }
}

}  // namespace
}  // namespace weft
