// The smallest values: one for each kind of type, within its refinements, or none.
#include "testing/smallest.h"

#include <array>

#include "testing/evaluate.h"
#include "tests/unit/testing/support.h"

namespace weft::test {
namespace {

std::string smallest_of(const std::string& type) {
    Compiled compiled = compile_text(
        "enum Way {\n  Air\n  Sea(days: Int where it in 2..9)\n}\n"
        "record Pair {\n  left: Text where length in 2..3\n  right: Way?\n}\n"
        "type Code = Text where matches(/[A-Z]{3}-\\d+(x|y)/)\n"
        "type Odd = Int where it in 5..9\n"
        "type Ratio = Decimal where it > 0 and it < 1\n"
        "type Wanted = " +
        type + "\nworkflow w(a: Wanted) -> Wanted within 1h {\n  return a\n}\n");
    EXPECT_TRUE(compiled.ok) << type;
    const auto& workflow = compiled.module.workflows.front();
    const TypeId id = workflow.result;
    const auto value = smallest_value(compiled.module.types, id);
    return value ? shown(compiled.module.types, id, *value) : "none found";
}

TEST(Smallest, EachKindOfTypeHasOne) {
    constexpr std::array<std::pair<const char*, const char*>, 20> kCases = {{
        {"Bool", "false"},
        {"Int", "0"},
        {"Odd", "5"},
        {"Decimal", "0"},
        {"Ratio", "0.5"},
        {"Money<EUR>", "0 EUR"},
        {"Text", "\"\""},
        {"Code", "\"AAA-0x\""},
        {"Duration", "0s"},
        {"Date", "1970-01-01"},
        {"Email", "\"someone@example.org\""},
        {"Url", "\"https://example.org/\""},
        {"File", "file(\"file\")"},
        {"Json", "none"},
        {"List<Odd>", "[]"},
        {"List<Odd> where length in 2..4", "[5, 5]"},
        {"Map<Text, Int>", "{}"},
        {"Way", "Air"},
        {"Pair", "Pair(left: \"xx\", right: none)"},
        {"Pii<Odd>", "5"},
    }};
    for (const auto& [type, expected] : kCases) EXPECT_EQ(smallest_of(type), expected) << type;
}

TEST(Smallest, AProposalForAPattern) {
    EXPECT_EQ(propose_match("[a-z]+@(x|y)\\.org"), "a@x.org");
    EXPECT_EQ(propose_match("(?i:ab)?[^x]{2}\\d{3}"), "XX000");
    EXPECT_EQ(propose_match("a{2,5}b*c+"), "aac");
    EXPECT_EQ(propose_match("(unclosed[]"), "unclosed]");
    EXPECT_EQ(propose_match("\\"), "");
}

}  // namespace
}  // namespace weft::test
