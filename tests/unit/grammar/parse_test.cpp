// Single facts about the syntax: precedence, layout, text, habits, limits.
#include <time.h>

#include <algorithm>

#include "grammar/comments.h"
#include "grammar/keywords.h"
#include "grammar/literals.h"
#include "support.h"

namespace weft {
namespace {

// An expression with all its parentheses, from `const x = …`.
std::string grouped(ast::Expr e) {
    if (auto binary = e.as<ast::Binary>()) {
        return "(" + grouped(binary.left()) + " " + std::string(spelling(binary.op())) + " " +
               grouped(binary.right()) + ")";
    }
    if (auto unary = e.as<ast::Unary>()) {
        return "(" + std::string(spelling(unary.op())) + " " + grouped(unary.operand()) + ")";
    }
    return std::string(e.text());
}

std::string grouped(const std::string& source) {
    test::Parsed parsed("const x = " + source + "\n");
    return parsed.messages() + grouped(parsed.first<ast::Const>().value());
}

TEST(Expressions, Precedence) {
    EXPECT_EQ(grouped("a or b and not c == d"), "(a or (b and (not (c == d))))");
    EXPECT_EQ(grouped("a + b * c - d"), "((a + (b * c)) - d)");
    EXPECT_EQ(grouped("x in 1 .. n + 1"), "(x in (1 .. (n + 1)))");
    EXPECT_EQ(grouped("a ?? b == c"), "((a ?? b) == c)");
    EXPECT_EQ(grouped("-a * b"), "((- a) * b)");
    EXPECT_EQ(grouped("a -\n  b"), "(a - b)");
}

TEST(Expressions, ComparisonsDoNotChain) {
    test::Parsed parsed("const x = a < b < c\n");
    EXPECT_NE(parsed.messages().find("chained-comparison"), std::string::npos);
}

TEST(Text, EscapesHolesAndDedent) {
    test::Parsed line(R"(const x = "a\n\u{1F600}\${b} ${c} {d}")"
                      "\n");
    EXPECT_EQ(line.messages(), "");
    auto parts = template_parts(line.first<ast::Text>());
    ASSERT_EQ(parts.size(), 3U);
    EXPECT_EQ(parts[0].text, "a\n\U0001F600${b} ");
    EXPECT_EQ(parts[1].kind, TemplatePart::Kind::Hole);
    EXPECT_EQ(parts[2].text, " {d}");

    test::Parsed block("const x = #\"\"\"\n    a ${b}\n      c\n    \"\"\"\n");
    EXPECT_EQ(block.messages(), "");
    EXPECT_EQ(plain_text(block.first<ast::Text>()), "a ${b}\n  c");
}

TEST(Text, LinesOfDirectivesVanish) {
    test::Parsed parsed(
        "prompt p(xs: List<Text>) -> Text {\n  user \"\"\"\n    Begin\n    ${each x in xs}\n"
        "    - ${x}\n    ${end}\n    \"\"\"\n}\n");
    EXPECT_EQ(parsed.messages(), "");
    std::string flat;
    for (const TemplatePart& part : template_parts(parsed.first<ast::Text>())) {
        flat += part.kind == TemplatePart::Kind::Text   ? part.text
                : part.kind == TemplatePart::Kind::Hole ? "<x>"
                : part.kind == TemplatePart::Kind::Each ? "["
                                                        : "]";
    }
    EXPECT_EQ(flat, "Begin\n[- <x>\n]");
}

TEST(Literals, Values) {
    EXPECT_EQ(int_value("1_000"), 1000);
    EXPECT_EQ(int_value("9223372036854775808"), std::nullopt);
    EXPECT_EQ(duration_ms("3h"), 10'800'000);
    EXPECT_EQ(duration_ms("250ms"), 250);
    EXPECT_EQ(money_text("2.00 USD").currency, "USD");
    EXPECT_EQ(money_text("1_0.50 USD").amount, "10.50");
}

TEST(Names, ReservedOnlyWhereTheyStandAsValues) {
    EXPECT_EQ(test::Parsed("const x = f(key: 1, to: 2).within\n").messages(), "");
    EXPECT_EQ(test::Parsed("record R {\n  step: Text\n  type: Text\n}\n").messages(), "");
    EXPECT_NE(test::Parsed("const key = 1\n").messages().find("reserved-name"), std::string::npos);
    EXPECT_TRUE(is_reserved("compensate"));
    EXPECT_FALSE(is_reserved("to"));
}

TEST(Tests, MocksFailWithErrorsOfOtherModules) {
    test::Parsed parsed(
        "test \"t\" {\n  mock a.b fails docs.Scanned\n"
        "  mock a.c fails docs.Scanned(page: 1) 2 times then returns 1\n}\n");
    EXPECT_EQ(parsed.messages(), "");
}

TEST(Habits, EachHasAMessageAndAFix) {
    for (const char* line :
         {"let x = a && b", "let x = a || b", "let x = !a", "let x = null", "let x = 1;",
          "if a = b { next 1 }", "for x in xs { next x }", "let mut x = 1",
          "if a { next 1 } elif b { next 2 }", "step f(a = 1)", "var x = 1", "throw \"x\""}) {
        test::Parsed parsed(test::in_workflow(line));
        ASSERT_EQ(parsed.diagnostics.items().size(), 1U) << line << "\n" << parsed.messages();
        EXPECT_EQ(parsed.diagnostics.items()[0].code, DiagnosticCode::ForeignHabit) << line;
        EXPECT_TRUE(parsed.diagnostics.items()[0].fix.has_value()) << line;
    }
}

// Those that no one word can take the place of: one message, and what to write.
TEST(Habits, AreNamedOnceWithWhatWeftHas) {
    for (const char* line :
         {"while a < 3 {\n  next 1\n}",
          "while true {\n  next 1\n}",
          "while not x {\n  next 1\n}",
          "while none {\n  next 1\n}",
          "while !x {\n  next 1\n}",
          "while -1 < x {\n  next 1\n}",
          "while x:\n  next 1",
          "unless false {\n  next 1\n}",
          "for {\n  next 1\n}",
          "for true {\n  next 1\n}",
          "elif x > 3 {\n  next 1\n} else {\n  next 2\n}",
          "def f(a) {\n  return a\n}",
          "def f(a):\n  return a",
          "func f(a int) int {\n  return a\n}",
          "function f(a) {\n  return a\n}",
          "import std.llm",
          "import \"./a.wf\"",
          "from std import llm",
          "class Pair {\n  a: Int\n}",
          "loop {\n  next 1\n}",
          "do {\n  next 1\n} while (a)",
          "for (let i = 0; i < 3; i++) {\n  next i\n}",
          "each (x in xs) {\n  next x\n}",
          "repeat 3 times {\n  next 1\n}",
          "unless a == 1 {\n  next 1\n}",
          "try {\n  step f(a)\n} catch (e) {\n  fail e\n} finally {\n  next 1\n}",
          "n += 1",
          "total.count++",
          "let x = a ? b : c",
          "let x = a!",
          "let x = a?.b",
          "let x = await f(a)",
          "await f(a)",
          "let x = filter(xs, |x| x > 1)",
          "let x = a ++ b",
          "let x = a ** b",
          "let x = a not in b",
          "let x = $name",
          "step r = f { a: 1\n}",
          "log \"x\"",
          "/* x */"}) {
        test::Parsed parsed(test::in_workflow(line));
        ASSERT_EQ(parsed.diagnostics.items().size(), 1U) << line << "\n" << parsed.messages();
        EXPECT_EQ(parsed.diagnostics.items()[0].code, DiagnosticCode::ForeignHabit) << line;
        EXPECT_NE(parsed.diagnostics.items()[0].help, "") << line;
    }
}

TEST(Habits, NumbersWithUnitsOfOthers) {
    const std::pair<const char*, const char*> rows[] = {
        {"sleep 5 minutes", "write `5m`"},
        {"sleep 2h30m", "write `150m`"},
        {"sleep 90sec", "write `90s`"},
        {"let x = $5.50", "write `5.50 USD`"},
        {"let x = 5€", "write `5 EUR`"},
        {"let x = 5 usd", "write `5 USD`"},
        {"let x = USD 5", "write `5 USD`"},
        {"let x = 1,000", "write `1_000`"},
        {"let x = 2026/01/31", "write `2026-01-31`"}};
    for (const auto& [line, fix] : rows) {
        test::Parsed parsed(test::in_workflow(line));
        ASSERT_EQ(parsed.diagnostics.items().size(), 1U) << line << "\n" << parsed.messages();
        EXPECT_EQ(parsed.diagnostics.items()[0].code, DiagnosticCode::BadLiteral) << line;
        ASSERT_TRUE(parsed.diagnostics.items()[0].fix.has_value()) << line;
        EXPECT_EQ(parsed.diagnostics.items()[0].fix->title, fix);
    }
}

// Words that others have for statements are names here.
TEST(Habits, LeaveNamesAlone) {
    for (const char* line :
         {"let loop = 1", "let while = loop", "let mut = 1", "let def = elif", "emit seen(import)",
          "let from = func", "while and loop", "emit log(try)", "step log(a)", "let print = a",
          "let x = break", "let x = [f(1, 200), 3]", "let x = new.a", "let x = lambda == await",
          "let is_new = a in b", "let x = f({\"a\": 1}, 2)", "let x = a / b / c"}) {
        EXPECT_EQ(test::Parsed(test::in_workflow(line)).messages(), "") << line;
    }
}

// What `find_hidden` says of a text, and the text with its fix.
std::pair<std::string, std::string> hidden_in(const std::string& text) {
    test::Parsed parsed(text);
    std::string fixed = text;
    for (const auto& d : parsed.diagnostics.items()) {
        if (!d.fix) continue;
        for (auto edit = d.fix->edits.rbegin(); edit != d.fix->edits.rend(); ++edit) {
            fixed.replace(edit->span.begin, edit->span.end - edit->span.begin, edit->text);
        }
    }
    return {parsed.messages(), fixed};
}

TEST(Hidden, SpacesOfOthersAreReadAsBlanksAndToldOnce) {
    const auto [told, fixed] = hidden_in("const\xC2\xA0x = 1\nconst y\xE2\x80\xAF= \xC2\xA0x\n");
    EXPECT_EQ(told, "hidden-character: a no-break space (U+00A0) stands here\n");
    EXPECT_EQ(fixed, "const x = 1\nconst y =  x\n");
    EXPECT_EQ(hidden_in("const x = 1 +\xE2\x80\x8B 2\n"),
              std::pair(std::string("hidden-character: a zero-width space (U+200B) stands here\n"),
                        std::string("const x = 1 + 2\n")));
}

TEST(Hidden, TextsAndCommentsHaveTheSpacesThatTheyWant) {
    EXPECT_EQ(hidden_in("// a\xC2\xA0note\nconst x = \"a\xC2\xA0"
                        "b\xE2\x80\x8D\"\n")
                  .first,
              "");
    EXPECT_EQ(hidden_in("type T = Text where matches(/[\xC2\xA0 ]+/)\n").first, "");
}

// What a line is shown as must be what it says (CVE-2021-42574).
TEST(Hidden, NothingChangesTheOrderInWhichALineIsShown) {
    const std::string turns = "\xE2\x80\xAE";
    const std::string told = "hidden-character: a change of direction (U+202E) stands here\n";
    EXPECT_EQ(hidden_in("const x = \"a" + turns + "b\"\n"),
              std::pair(told, std::string("const x = \"a\\u{202e}b\"\n")));
    EXPECT_EQ(hidden_in("const x = \"\"\"\n  a" + turns + "b\n  \"\"\"\n"),
              std::pair(told, std::string("const x = \"\"\"\n  a\\u{202e}b\n  \"\"\"\n")));
    for (const std::string& line :
         {"const x = 1 // a" + turns + "b\n", "/// a" + turns + "b\nconst x = 1\n",
          "const x =" + turns + " 1\n", "type T = Text where matches(/a" + turns + "b/)\n",
          "const x = \"a ${1 " + turns + "+ 2} b\"\n"}) {
        const auto [message, fixed] = hidden_in(line);
        EXPECT_EQ(message, told) << line;
        EXPECT_EQ(hidden_in(fixed).first, "") << line;
    }
    for (const char* other : {"\xE2\x80\xAA", "\xE2\x80\xAC", "\xE2\x81\xA6", "\xE2\x81\xA9"}) {
        EXPECT_NE(hidden_in("const x = \"a" + std::string(other) + "b\"\n").first, "");
    }
    // Letters that are written from the right need none of them.
    EXPECT_EQ(hidden_in("const x = \"\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D\"\n").first, "");
}

TEST(Hidden, AByteOrderMarkAtTheBeginningSaysNothing) {
    const std::string mark = "\xEF\xBB\xBF";
    for (const char* text : {"const x = 1\n", "//! A\n\nconst x = 1\n", ""}) {
        EXPECT_EQ(hidden_in(mark + text).first, "");
    }
    EXPECT_EQ(hidden_in("const x = " + mark + "1\n").first,
              "hidden-character: a byte order mark (U+FEFF) stands here\n");
}

TEST(Names, HaveAsciiLetters) {
    const auto message = [](const std::string& line) {
        test::Parsed parsed(test::in_workflow(line));
        EXPECT_EQ(parsed.diagnostics.items().size(), 1U) << line << "\n" << parsed.messages();
        const auto& fix = parsed.diagnostics.items().at(0).fix;
        return parsed.diagnostics.items().at(0).message + (fix ? "; " + fix->title : "");
    };
    EXPECT_EQ(message("let größe = 1"),
              "`größe` has the letter `ö` (U+00F6): names are made of ASCII letters, digits and `_`"
              "; write `groesse`");
    EXPECT_EQ(message("emit seen(\xD1\x85)"),
              "`\xD1\x85` has the letter U+0445: names are made of ASCII letters, digits and `_`"
              "; write `x`");
    EXPECT_EQ(message("st\xD0\xB5p a = f(b)"),
              "`st\xD0\xB5p` has the letter `\xD0\xB5` (U+0435): names are made of ASCII letters, "
              "digits and `_`; write `step`");
    EXPECT_EQ(message("emit seen(x) 🎉"),
              "`🎉` (U+1F389) means nothing outside of texts and comments");
    EXPECT_EQ(message("emit seen(“a b c d e”)"),
              "`“` is not a word of Weft: a text stands in double quotes; write `\"a b c d e\"`");
    EXPECT_EQ(message("let x = a – 1"),
              "`–` is not a word of Weft: the operator is `-`; write `-`");
}

TEST(Names, OfValuesAreSnakeCase) {
    EXPECT_EQ(test::Parsed("record R {\n  orderId: Text\n}\n").messages(),
              "name-style: `orderId` names a value, and values are snake_case\n");
    // Once, where it stands first.
    EXPECT_EQ(test::Parsed(test::in_workflow("let orderId = 1\nemit seen(orderId)")).messages(),
              "name-style: `orderId` names a value, and values are snake_case\n");
}

TEST(Comments, AreFoundOutsideOfText) {
    test::Parsed parsed("//! A\n//! B\n\n/// Doc\n/// two\nconst x = \"// no\" // end\n");
    EXPECT_EQ(find_comments(parsed.file.tree).size(), 5U);
    EXPECT_EQ(module_doc(parsed.file.tree), "A\nB");
    EXPECT_EQ(doc_comment(parsed.file.tree, parsed.first<ast::Const>().id()), "Doc\ntwo");
}

// Every way to nest, far beyond the limit: one report each, and no overflow.
TEST(Limits, NestingIsBounded) {
    constexpr int kDepth = 100'000;
    auto repeat = [](const std::string& what) {
        std::string out;
        for (int i = 0; i < kDepth; ++i) out += what;
        return out;
    };
    for (const std::string& source :
         {"const x = " + repeat("("), "const x = " + repeat("["), "const x = " + repeat("not "),
          "const x = " + repeat("- "), "const x = " + repeat("f("), "const x = " + repeat("\"${"),
          "type T = " + repeat("List<"), "const x = " + repeat("{\"a\": "),
          test::in_workflow(repeat("if a {\n")), test::in_workflow(repeat("match a {\n_ => ")),
          "prompt p() {\nuser \"\"\"" + repeat("${if a}")}) {
        test::Parsed parsed(source);
        EXPECT_TRUE(parsed.file.has_errors);
        EXPECT_LE(parsed.diagnostics.items().size(), 3U) << source.substr(0, 40);
    }
}

TEST(Limits, TimeIsLinear) {
    std::string program = test::read_text(test::golden("parse/document_qa.wf"));
    // Of this thread alone, and the least of three, since others use the machine too.
    const auto now = [] {
        timespec time{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    };
    auto seconds = [&](int copies) {
        std::string text;
        for (int i = 0; i < copies; ++i) text += program;
        double best = 1e9;
        for (int i = 0; i < 3; ++i) {
            const double begin = now();
            test::Parsed parsed(text);
            best = std::min(best, now() - begin);
        }
        return best;
    };
    double once = seconds(10);
    // Eight times as much; a quadratic parser would take 64 times as long.
    EXPECT_LT(seconds(80), once * 24);
}

TEST(Limits, AnyBytesEnd) {
    for (const std::string& source :
         {std::string(), std::string("\xFF\xFE"), std::string(3, '\0'), std::string("}}}}"),
          std::string("\"\"\""), std::string("workflow"), std::string("workflow w("),
          std::string("step"), std::string("${"), std::string("record A {\r\n  a: Int\r\n}\r\n")}) {
        test::Parsed parsed(source);
        EXPECT_GE(parsed.file.tree.size(), 1U);
    }
}

}  // namespace
}  // namespace weft
