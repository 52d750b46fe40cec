// The formatter: goldens (tests/golden/format/NAME.in.wf beside NAME.wf), and what holds for every
// program: twice is once, the tree stays the same but for the order of clauses, comments stay.
// WEFT_UPDATE_GOLDENS=1 in the environment rewrites the goldens.
#include "compiler/format/format.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "grammar/comments.h"
#include "tests/support/tree_meaning.h"

namespace weft {
namespace {

std::string read_text(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    EXPECT_TRUE(in.good()) << path;
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

ParsedFile parsed(const std::string& text) {
    SourceFile source("test.wf", text);
    Diagnostics diagnostics;
    return parse(FileId{0}, source, diagnostics);
}

std::string formatted(const std::string& text) {
    return format(parsed(text));
}

void expect_properties(const std::string& text, const std::string& name) {
    ParsedFile before = parsed(text);
    std::string once = format(before);
    ParsedFile after = parsed(once);
    EXPECT_EQ(after.has_errors, before.has_errors) << name << "\n" << once;
    EXPECT_EQ(format(after), once) << name;
    EXPECT_EQ(meaning(before.tree, before.tree.root()), meaning(after.tree, after.tree.root()))
        << name;
    EXPECT_EQ(find_comments(before.tree).size(), find_comments(after.tree).size()) << name;
}

std::filesystem::path golden_folder(const char* name) {
    return std::filesystem::path(WEFT_SOURCE_DIR) / "tests/golden" / name;
}

TEST(Format, Goldens) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(golden_folder("format"))) {
        std::string name = entry.path().filename().string();
        if (!name.ends_with(".in.wf")) continue;
        ++count;
        auto expected = entry.path().parent_path() / (name.substr(0, name.size() - 6) + ".wf");
        std::string text = read_text(entry.path());
        EXPECT_FALSE(parsed(text).has_errors) << name;
        if (std::getenv("WEFT_UPDATE_GOLDENS") != nullptr) {
            std::ofstream(expected, std::ios::binary) << formatted(text);
        }
        EXPECT_EQ(formatted(text), read_text(expected)) << name;
        expect_properties(text, name);
    }
    EXPECT_GE(count, 2U);
}

TEST(Format, PropertiesOfEveryProgram) {
    for (const auto& entry : std::filesystem::directory_iterator(golden_folder("parse"))) {
        if (entry.path().extension() != ".wf") continue;
        expect_properties(read_text(entry.path()), entry.path().filename().string());
    }
}

// A whole program, with each line end made two and each blank three, comes back as it was.
TEST(Format, LayoutOfTheSourceDoesNotCount) {
    std::string canonical = formatted(read_text(golden_folder("parse") / "document_qa.wf"));
    std::string flattened;
    for (std::size_t i = 0; i < canonical.size(); ++i) {
        bool indent = canonical[i] == ' ' && (i == 0 || canonical[i - 1] == '\n' ||
                                              flattened.empty() || flattened.back() == '\n');
        bool in_block = canonical.rfind("\"\"\"", i) != std::string::npos &&
                        std::ranges::count(canonical.substr(0, i), '"') % 2 == 1;
        if (indent && !in_block) continue;
        flattened += canonical[i];
    }
    EXPECT_EQ(formatted(flattened), canonical);
}

TEST(Format, WithErrorsTheTextStays) {
    EXPECT_EQ(formatted("workflow  w( {\n"), "workflow  w( {\n");
}

TEST(Format, LeavesAByteOrderMarkOut) {
    EXPECT_EQ(formatted("\xEF\xBB\xBF// a\nconst x = 1\n"), "// a\nconst x = 1\n");
    EXPECT_EQ(formatted("\xEF\xBB\xBF\nconst x = 1\n"), "const x = 1\n");
}

TEST(Format, CommentsInsideBracketsForceLines) {
    EXPECT_EQ(formatted("const x = f(a, // one\n  b, // two\n)\n"),
              "const x = f(\n  a,  // one\n  b  // two\n)\n");
}

}  // namespace
}  // namespace weft
