// Correct programs with one mistake each, put in by tests/golden/mutants/mutants.txt: the check
// that is meant reports it, alone, at the right line. And what is laid out keeps its meaning, in
// every golden, example and mutant.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "compiler/compile.h"
#include "compiler/format/format.h"
#include "compiler/lower/lower.h"
#include "grammar/parse.h"
#include "tests/unit/compiler/check_support.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

const std::string kSource = WEFT_SOURCE_DIR;
const std::string kMutants = kSource + "/tests/golden/mutants";

std::string text_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    return all.str();
}

// "bakery" is one of the programs beside the list, anything else an example.
std::string program(const std::string& name) {
    const std::string beside = kMutants + "/" + name + ".wf";
    if (fs::exists(beside)) return text_of(beside);
    return text_of(kSource + "/examples/" + name + "/" + name + ".wf");
}

// == CHECK in PROGRAM
// - lines that stand in the program once
// + lines that take their place
// > the line where it is reported, if not the first one that changes
struct Mutant {
    std::string check;
    std::string base;
    std::string before;
    std::string after;
    std::string reported;
    int number = 0;  // line of the list
};

std::vector<Mutant> mutants() {
    std::vector<Mutant> out;
    std::istringstream in(text_of(kMutants + "/mutants.txt"));
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        if (line.starts_with("== ")) {
            std::istringstream words(line.substr(3));
            std::string in_word;
            Mutant mutant;
            words >> mutant.check >> in_word >> mutant.base;
            mutant.number = number;
            out.push_back(mutant);
        } else if (!out.empty() && line.size() >= 1) {
            std::string rest = line.size() > 2 ? line.substr(2) : "";
            if (line[0] == '-') out.back().before += rest + "\n";
            if (line[0] == '+') out.back().after += rest + "\n";
            if (line[0] == '>') out.back().reported = rest;
        }
    }
    return out;
}

std::string trimmed(std::string_view line) {
    const auto begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) return "";
    return std::string(line.substr(begin));
}

// The mutated program; empty when the place is not there just once.
std::string mutated(const Mutant& mutant) {
    std::string text = program(mutant.base);
    const auto at = text.find(mutant.before);
    if (mutant.before.empty() || at == std::string::npos ||
        text.find(mutant.before, at + 1) != std::string::npos) {
        return "";
    }
    return text.replace(at, mutant.before.size(), mutant.after);
}

// Where the first of the changed lines stands now.
std::uint32_t first_change(const Mutant& mutant, const std::string& text) {
    const std::string old = program(mutant.base);
    std::size_t same = 0;
    while (same < old.size() && same < text.size() && old[same] == text[same]) ++same;
    return static_cast<std::uint32_t>(
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(same), '\n') + 1);
}

Compiled compiled(const std::string& text) {
    MemoryLoader loader({{"main.wf", text}});
    return compile("main.wf", loader);
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
    for (const auto& mutant : mutants()) {
        SCOPED_TRACE(
            fmt::format("mutants.txt:{}: {} in {}", mutant.number, mutant.check, mutant.base));
        const std::string text = mutated(mutant);
        if (text.empty()) {
            ADD_FAILURE() << "the lines do not stand in the program just once";
            continue;
        }
        const Compiled made = compiled(text);
        const auto& found = made.diagnostics.items();
        if (found.size() != 1 || info(found[0].code).name != mutant.check) {
            ADD_FAILURE() << "found\n" << all_messages(made);
            continue;
        }
        const auto& file = made.module.sources[found[0].span.file];
        const auto line = file.position(found[0].span.begin).line;
        if (mutant.reported.empty()) {
            EXPECT_EQ(line, first_change(mutant, text)) << all_messages(made);
        } else {
            EXPECT_EQ(trimmed(file.line(line)), trimmed(mutant.reported)) << all_messages(made);
        }
    }
}

std::vector<std::string> correct_programs() {
    std::vector<std::string> out;
    for (const auto& folder : {kSource + "/examples", kMutants}) {
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
    for (const auto& mutant : mutants()) {
        SCOPED_TRACE(fmt::format("mutants.txt:{}", mutant.number));
        expect_same_meaning(mutated(mutant));
    }
}

}  // namespace
}  // namespace weft
