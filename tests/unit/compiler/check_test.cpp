// The checker over golden files (tests/golden/check; `--update` rewrites them), over the examples
// of every `weft explain` text, and over properties that no golden can show.
#include <gtest/gtest.h>

#include <time.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "base/explain.h"
#include "bytecode/image.h"
#include "compiler/compile.h"
#include "compiler/lower/lower.h"
#include "tests/support/golden.h"
#include "tests/unit/compiler/check_support.h"

namespace weft {
namespace {

const std::string kGoldens = std::string(WEFT_SOURCE_DIR) + "/tests/golden/check";

class CheckGolden : public testing::TestWithParam<std::string> {};

TEST_P(CheckGolden, SaysWhatTheFileExpects) {
    auto file = golden::read(GetParam());
    MemoryLoader loader({{"main.wf", golden::without_expectations(file.source)}});
    loader.folder = kGoldens;
    Compiled compiled = compile("main.wf", loader);
    std::string expected = golden::render(file, compiled.diagnostics, compiled.module.sources,
                                          FileId{0}, [&](std::string_view section) {
                                              EXPECT_EQ(section, "ir");
                                              return compiled.ok ? ir::print(compiled.module)
                                                                 : std::string("(errors)");
                                          });
    EXPECT_EQ(golden::settle(file, expected), "");
}

INSTANTIATE_TEST_SUITE_P(Files, CheckGolden, testing::ValuesIn(golden::list(kGoldens)),
                         [](const auto& row) {
                             std::string name = row.param.substr(row.param.rfind('/') + 1);
                             name.resize(name.size() - 3);
                             return name;
                         });

std::string names_of(const Compiled& compiled) {
    std::string out;
    for (const auto& d : compiled.diagnostics.items()) {
        out += std::string(info(d.code).name) + ": " + d.message + "\n";
    }
    return out;
}

TEST(Explain, TheBadExampleGivesExactlyThatDiagnosticAndTheGoodOneNone) {
    for (const auto& text : all_explanations()) {
        SCOPED_TRACE(info(text.code).name);
        // A table of texts can't hold a byte that is not UTF-8.
        std::string program(text.bad);
        constexpr std::string_view kStandIn = "\xEF\xBF\xBD";
        if (auto at = program.find(kStandIn); at != std::string::npos) {
            program.replace(at, kStandIn.size(), "\xFF");
        }
        const bool is_of_versions = found_in(text.code) == FoundIn::Versions;
        Compiled bad = is_of_versions ? compile_against_before(program) : compile_package(program);
        const auto& found = bad.diagnostics.items();
        // What only a run of the tests can show is shown by tests/unit/api/untested_test.cpp.
        const bool is_of_tests = found_in(text.code) == FoundIn::Tests;
        bool is_exact =
            is_of_tests ? found.empty() : found.size() == 1 && found[0].code == text.code;
        EXPECT_TRUE(is_exact) << names_of(bad);
        const std::string cured(text.good);
        Compiled good = is_of_versions ? compile_against_before(cured) : compile_package(cured);
        EXPECT_EQ(names_of(good), "");
    }
}

// One mistake, one message: what a syntax error hid is not missing.
TEST(Compile, AsksForNothingThatASyntaxErrorMayHaveHidden) {
    EXPECT_EQ(names_of(compile_text("workflow x(")),
              "missing-closer: expected `)`, found the end of the file\n");
    auto reviewed = [](const std::string& deadline) {
        return names_of(
            compile_text("worker crm.read(id: Text) -> Text\n  effect read\n  timeout 5s\n\n"
                         "workflow w(id: Text) -> Text within 1h {\n"
                         "  step name = crm.read(id)\n  gate fine {\n"
                         "    require length(name) >= 3\n"
                         "    otherwise review name by \"editor\"" +
                         deadline + "\n    otherwise fail \"x\"\n  }\n  return name\n}\n"));
    };
    EXPECT_EQ(reviewed(""),
              "review-without-deadline: a review of the gate `fine` waits without end\n");
    EXPECT_EQ(reviewed(" wthin 20m"),
              "syntax-error: expected the end of the line, found `wthin`\n");
    EXPECT_EQ(reviewed(" within 20m"), "");
}

TEST(Compile, ReportsAMainFileThatCannotBeRead) {
    MemoryLoader loader({});
    Compiled compiled = compile("main.wf", loader);
    EXPECT_FALSE(compiled.ok);
    EXPECT_EQ(compiled.diagnostics.items().size(), 1U);
}

TEST(Compile, LoadsRelativeModulesOnceUnderTheirStem) {
    MemoryLoader loader(
        {{"app/main.wf",
          "use \"./lib/types.wf\"\nuse \"./lib/more.wf\"\n"
          "workflow w(a: types.Name, b: more.Pair) -> Text within 1h {\n"
          "  return \"${a} ${b.left}\"\n}\n"},
         {"app/lib/types.wf", "type Name = Text where length in 1..20\n"},
         {"app/lib/more.wf", "use \"./types.wf\"\nrecord Pair { left: types.Name }\n"}});
    Compiled compiled = compile("app/main.wf", loader);
    EXPECT_EQ(names_of(compiled), "");
    EXPECT_EQ(compiled.module.sources.size(), 3U);
}

TEST(Compile, AWorkerOfAModuleMayHaveDotsOfItsOwn) {
    const auto names = [](std::string_view error, std::string_view worker) {
        const std::string text =
            "use \"./shop.wf\"\n\nworkflow w(item: Text) -> Text\n  within 1h\n{\n  step n = " +
            std::string(worker) + "(item)\n    on " + std::string(error) +
            " (e) {\n      fail e.item\n    }\n  return \"${n}\"\n}\n\ntest \"x\" {\n"
            "  mock shop.shelf returns 3\n  run w(\"y\")\n"
            "  expect calls(shop.shelf.find) == 1\n}\n";
        MemoryLoader loader({{"main.wf", text},
                             {"shop.wf",
                              "error Gone {\n  item: Text\n}\n\n"
                              "worker shelf.find(item: Text) -> Int\n  effect read\n"
                              "  fails Gone\n  timeout 5s\n"}});
        Compiled compiled = compile("main.wf", loader);
        std::string out = names_of(compiled);
        for (const auto& d : compiled.diagnostics.items()) out += d.help;
        return out;
    };
    EXPECT_EQ(names("shop.Gone", "shop.shelf.find"), "");
    // One message, with the module in front.
    EXPECT_EQ(names("Gone", "shop.shelf.find"),
              "unknown-name: there is no error `Gone`\ndid you mean `shop.Gone`?");
    EXPECT_TRUE(names("shop.Gone", "shelf.find").ends_with("did you mean `shop.shelf.find`?"));
}

TEST(Compile, AcceptsTheExampleThatShipsWithoutAWord) {
    std::ifstream in(std::string(WEFT_SOURCE_DIR) + "/examples/document_qa/document_qa.wf");
    std::stringstream all;
    all << in.rdbuf();
    Compiled compiled = compile_text(all.str());
    EXPECT_EQ(names_of(compiled), "");
}

TEST(Compile, AWorkerMayGiveNothing) {
    Compiled compiled = compile_text(
        "worker bell.ring(times: Int)\n  effect idempotent for 1d\n  timeout 5s\n\n"
        "workflow flow(times: Int) -> Int\n  within 1h\n{\n"
        "  step bell.ring(times)\n    compensate none \"it has rung\"\n  return times\n}\n");
    ASSERT_EQ(names_of(compiled), "");
    auto image = lower(compiled.module, compiled.diagnostics);
    ASSERT_TRUE(image);
    EXPECT_TRUE(verify_image(*image));
}

TEST(Compile, AGateHas255RequirementsAndNoMore) {
    const auto compiled = [](int count) {
        std::string text =
            "worker a.get() -> Int\n  effect read\n  timeout 5s\n\n"
            "workflow flow() -> Int\n  within 1h\n{\n  step v = a.get()\n  gate q {\n";
        for (int i = 0; i < count; ++i) text += "    require v > " + std::to_string(i) + "\n";
        return compile_text(text + "\n    otherwise fail \"no\"\n  }\n  return v\n}\n");
    };
    auto most = compiled(255);
    ASSERT_EQ(names_of(most), "");
    const auto image = lower(most.module, most.diagnostics);
    ASSERT_TRUE(image);
    EXPECT_TRUE(verify_image(*image));
    EXPECT_EQ(names_of(compiled(256)).substr(0, 17), "program-too-large");
}

TEST(Compile, LiteralsInAListTakeItsElementsType) {
    auto names = [](std::string_view list) {
        return names_of(compile_text(
            "type Code = Text where length == 2\n\nconst codes: List<Code> = " + std::string(list) +
            "\n\nfn has(code: Code) -> Bool = code in codes\n"));
    };
    EXPECT_EQ(names("[\"AB\", \"CD\"]"), "");
    EXPECT_EQ(names("[\"AB\", \"CDE\"]").substr(0, 20), "literal-out-of-range");
    EXPECT_EQ(names("[\"AB\", 3]").substr(0, 13), "type-mismatch");
}

TEST(Compile, ATextIsReadAsAnythingButAFile) {
    auto names = [](std::string_view from) {
        return names_of(compile_text("fn read(text: Text, json: Json) -> " + std::string(from) +
                                     "\n\nrecord Point {\n  x: Int\n}\n"));
    };
    EXPECT_EQ(names("Int? = Int.from(text)"), "");
    EXPECT_EQ(names("Point? = Point.from(json)"), "");
    EXPECT_EQ(names("List<Point>? = List<Point>.from(text)"), "");
    EXPECT_EQ(names("File? = File.from(json)").substr(0, 13), "type-mismatch");
    EXPECT_EQ(names("List<File>? = List<File>.from(text)").substr(0, 13), "type-mismatch");
}

TEST(Compile, RoundedMoneyStaysInItsCurrency) {
    EXPECT_EQ(names_of(compile_text("fn third(m: Money<EUR>) -> Money<EUR> = round(m / 3)\n"
                                    "fn any(m: Money) -> Money = round(m)\n"
                                    "fn all(ms: List<Money<EUR>>) -> Money<EUR> = sum(ms)\n")),
              "");
}

// The bound is loose, since test builds are not optimised: it is there for what grows faster than
// the program.
TEST(Compile, TakesTimeInProportionToTheProgram) {
    auto program = [](int workflows) {
        std::string text = "worker crm.read(id: Text) -> Text\n  effect read\n  timeout 5s\n\n";
        for (int i = 0; i < workflows; ++i) {
            text += "workflow flow_" + std::to_string(i) +
                    "(ids: List<Text> where length in 0..9) -> Text\n  within 1h\n{\n"
                    "  step names = each id in ids, 2 at once {\n    step crm.read(id)\n  }\n"
                    "  let kept = filter(names, n => length(n) > 3)\n"
                    "  return join(kept, \", \")\n}\n";
        }
        return text;
    };
    // Of this thread alone, and the least of two, since others use the machine too.
    const auto now = [] {
        timespec time{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    };
    auto time_of = [&](const std::string& text) {
        double best = 1e9;
        for (int i = 0; i < 2; ++i) {
            const double begin = now();
            EXPECT_TRUE(compile_text(text).ok);
            best = std::min(best, now() - begin);
        }
        return best;
    };
    auto small = time_of(program(100));
    auto large = time_of(program(1000));  // 10,000 lines
    RecordProperty("milliseconds", static_cast<int>(large * 1000));
    EXPECT_LT(large, 40 * small);
}

TEST(Hash, NamesTheProgramAndNotItsLayout) {
    std::string text = "workflow w(a: Int) -> Int within 1h {\n  let b = a + 1\n  return b\n}\n";
    std::string spaced =
        "// a comment\nworkflow  w(a:   Int) -> Int\n  within 1h\n{\n\n  let b = a +  1 // why\n"
        "  return b\n}\n";
    std::string other = "workflow w(a: Int) -> Int within 1h {\n  let b = a + 2\n  return b\n}\n";
    auto hash = [](const std::string& source) {
        Compiled compiled = compile_text(source);
        EXPECT_TRUE(compiled.ok) << names_of(compiled);
        return ir::program_hash(compiled.module);
    };
    EXPECT_EQ(hash(text), hash(text));
    EXPECT_EQ(hash(text), hash(spaced));
    EXPECT_NE(hash(text), hash(other));
}

TEST(Hash, TheOrderOfClausesDoesNotCount) {
    auto hash = [](const std::string& worker, const std::string& header, const std::string& step) {
        Compiled compiled = compile_text(
            "worker w.look(x: Int) -> Int\n" + worker + "workflow main(n: Int) -> Int\n" + header +
            "{\n  step seen = w.look(n)\n" + step + "  return seen\n}\n");
        EXPECT_TRUE(compiled.ok) << names_of(compiled);
        return ir::program_hash(compiled.module);
    };
    const auto laid_out =
        hash("  effect read\n  timeout 10s\n  retry 3 times\n",
             "  within 2h\n  retain 7d\n  timeout 1m\n", "    within 10m\n    retry 2 times\n");
    EXPECT_EQ(laid_out, hash("  retry 3 times\n  timeout 10s\n  effect read\n",
                             "  timeout 1m\n  retain 7d\n  within 2h\n",
                             "    retry 2 times\n    within 10m\n"));
}

TEST(Hash, ARenamedSignalKeepsItsIdentity) {
    auto hash = [](const std::string& declared, const std::string& name) {
        Compiled compiled = compile_text("workflow w() -> Int within 2d {\n  signal " + declared +
                                         ": Int\n  step got = wait " + name +
                                         " within 1d else {\n    0\n  }\n  return got\n}\n");
        EXPECT_TRUE(compiled.ok) << names_of(compiled);
        return ir::program_hash(compiled.module);
    };
    EXPECT_EQ(hash("payment", "payment"), hash("paid was payment", "paid"));
    EXPECT_NE(hash("payment", "payment"), hash("paid", "paid"));
}

TEST(Compile, NeverFailsOnTruncatedSource) {
    std::ifstream in(kGoldens + "/document_qa.wf");
    std::stringstream all;
    all << in.rdbuf();
    std::string text = golden::without_expectations(all.str());
    text.resize(text.find("//--- ir"));
    for (std::size_t length = 0; length < text.size(); length += 7) {
        Compiled compiled = compile_text(text.substr(0, length));
        EXPECT_LT(compiled.diagnostics.items().size(), 40U) << length;
    }
}

}  // namespace
}  // namespace weft
