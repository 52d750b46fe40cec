// Correct programs with one mistake each, put in by tests/golden/mutants/mutants.txt: the check
// that is meant reports it, alone, at the right line, and its fix, where the list says so, makes
// the program clean. And what is laid out keeps its meaning, in every golden, example and mutant.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "compiler/compile.h"
#include "compiler/format/format.h"
#include "compiler/lower/lower.h"
#include "grammar/parse.h"
#include "tests/support/mutants.h"
#include "tests/unit/compiler/check_support.h"

namespace weft {
namespace {

namespace fs = std::filesystem;
using mutants::kSource;
using mutants::Mutant;
using mutants::mutated;
using mutants::text_of;

std::string trimmed(std::string_view line) {
    const auto begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) return "";
    return std::string(line.substr(begin));
}

Compiled compiled(const std::string& text) {
    return compile_package(text);
}

FoundIn found_in(const Mutant& mutant) {
    const auto& rows = all_diagnostics();
    const auto row = std::ranges::find(rows, mutant.check, &DiagnosticInfo::name);
    return row == rows.end() ? FoundIn::Program : found_in(row->code);
}

Compiled compiled(const Mutant& mutant, const std::string& text) {
    if (found_in(mutant) != FoundIn::Versions) return compiled(text);
    std::string both = text + "\n// before.wf:\n";
    std::istringstream in(mutants::program(mutant.base));
    for (std::string line; std::getline(in, line);) both += "//   " + line + "\n";
    return compile_against_before(both);
}

// With the first safe fix done; as it is where there is none.
std::string fixed(const Compiled& compiled, std::string text) {
    for (const auto& d : compiled.diagnostics.items()) {
        if (!d.fix || d.fix->applicability != Applicability::Safe) continue;
        auto edits = d.fix->edits;
        std::ranges::sort(edits, std::ranges::greater(),
                          [](const Edit& e) { return e.span.begin; });
        for (const auto& e : edits) {
            text.replace(e.span.begin, e.span.end - e.span.begin, e.text);
        }
        return text;
    }
    return text;
}

std::string all_messages(const Compiled& compiled) {
    std::string out;
    for (const auto& d : compiled.diagnostics.items()) {
        const auto& file = compiled.module.sources[d.span.file];
        out += fmt::format("  {}: {}: {}\n", file.position(d.span.begin).line, info(d.code).name,
                           d.message);
    }
    return out;
}

// An error keeps the checks behind it from looking; what was wrong besides is told when it is
// mended.
TEST(Mutants, EachMistakeGivesItsOneMessageAtItsPlace) {
    for (const auto& mutant : mutants::all()) {
        SCOPED_TRACE(
            fmt::format("mutants.txt:{}: {} in {}", mutant.number, mutant.check, mutant.base));
        const std::string text = mutated(mutant);
        if (text.empty()) {
            ADD_FAILURE() << "the lines do not stand in the program just once";
            continue;
        }
        // tests/unit/api/untested_test.cpp has these.
        if (found_in(mutant) == FoundIn::Tests) continue;
        const Compiled made = compiled(mutant, text);
        const auto& found = made.diagnostics.items();
        if (found.size() != 1 || info(found[0].code).name != mutant.check) {
            ADD_FAILURE() << "found\n" << all_messages(made);
            continue;
        }
        const auto& file = made.module.sources[found[0].span.file];
        const auto line = file.position(found[0].span.begin).line;
        if (mutant.reported.empty()) {
            EXPECT_EQ(line, mutants::first_change(mutant, text)) << all_messages(made);
        } else {
            EXPECT_EQ(trimmed(file.line(line)), trimmed(mutant.reported)) << all_messages(made);
        }
        if (mutant.is_fixed) {
            EXPECT_EQ(all_messages(compiled(mutant, fixed(made, text))), "");
        }
    }
}

std::vector<std::string> correct_programs() {
    std::vector<std::string> out;
    for (const auto& folder : {kSource + "/examples", mutants::kFolder}) {
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            if (entry.path().extension() == ".wf") out.push_back(entry.path().string());
        }
    }
    std::ranges::sort(out);
    return out;
}

TEST(Mutants, CorrectProgramsRaiseNothingAndVerify) {
    for (const auto& path : correct_programs()) {
        SCOPED_TRACE(path);
        Compiled made = compiled(text_of(path));
        EXPECT_EQ(all_messages(made), "");
        auto image = lower(made.module, made.diagnostics);
        ASSERT_TRUE(image);
        auto verified = verify_image(*image);
        EXPECT_TRUE(verified) << verified.error().message;
    }
}

// --- layout

std::string laid_out(const std::string& text, bool& parses) {
    SourceSet sources;
    Diagnostics diagnostics;
    const FileId id = sources.add("main.wf", text);
    const ParsedFile file = parse(id, sources[id], diagnostics);
    parses = !file.has_errors;
    return parses ? format(file) : text;
}

void expect_same_meaning(const std::string& text) {
    bool parses = false;
    const std::string once = laid_out(text, parses);
    if (!parses) return;
    EXPECT_EQ(laid_out(once, parses), once);
    EXPECT_TRUE(parses);
    const Compiled before = compiled(text);
    const Compiled after = compiled(once);
    EXPECT_EQ(before.ok, after.ok);
    if (before.ok && after.ok) {
        EXPECT_EQ(ir::program_hash(before.module), ir::program_hash(after.module));
    }
}

TEST(Mutants, LayoutKeepsTheMeaningOfAllPrograms) {
    for (const auto& folder : {"/examples", "/tests/golden", "/stdlib"}) {
        for (const auto& entry : fs::recursive_directory_iterator(kSource + folder)) {
            if (entry.path().extension() != ".wf") continue;
            SCOPED_TRACE(entry.path().string());
            expect_same_meaning(text_of(entry.path().string()));
        }
    }
    for (const auto& mutant : mutants::all()) {
        SCOPED_TRACE(fmt::format("mutants.txt:{}", mutant.number));
        expect_same_meaning(mutated(mutant));
    }
}

}  // namespace
}  // namespace weft
