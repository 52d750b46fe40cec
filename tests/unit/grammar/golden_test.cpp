// Golden trees: for each tests/golden/parse/NAME.wf, NAME.tree holds the diagnostics and the tree.
// WEFT_UPDATE_GOLDENS=1 in the environment rewrites them.
#include <algorithm>
#include <cstdlib>

#include "support.h"

namespace weft {
namespace {

std::vector<std::filesystem::path> programs() {
    std::vector<std::filesystem::path> out;
    for (const auto& entry : std::filesystem::directory_iterator(test::golden("parse"))) {
        if (entry.path().extension() == ".wf") out.push_back(entry.path());
    }
    std::ranges::sort(out);
    return out;
}

std::string shown(test::Parsed& parsed) {
    std::string out;
    parsed.diagnostics.sort();
    for (const Diagnostic& d : parsed.diagnostics.items()) {
        auto at = parsed.sources[parsed.id].position(d.span.begin);
        out += std::to_string(at.line) + ":" + std::to_string(at.column) + " " +
               std::string(info(d.code).name) + ": " + d.message + "\n";
    }
    return out + dump_tree(parsed.file.tree);
}

TEST(GoldenParse, TreesAndDiagnostics) {
    ASSERT_GE(programs().size(), 3U);
    for (const auto& path : programs()) {
        test::Parsed parsed(test::read_text(path));
        auto tree = path;
        tree.replace_extension(".tree");
        if (std::getenv("WEFT_UPDATE_GOLDENS") != nullptr) {
            std::ofstream(tree, std::ios::binary) << shown(parsed);
        }
        EXPECT_EQ(test::read_text(tree), shown(parsed)) << path;
    }
}

// Children stand inside their parent, in order, without overlap; every kind of the language occurs.
TEST(GoldenParse, TreesAreWellFormed) {
    std::vector<bool> seen;
    for (const auto& path : programs()) {
        test::Parsed parsed(test::read_text(path));
        const Tree& tree = parsed.file.tree;
        ASSERT_EQ(tree.nodes()[0].subtree, tree.size());
        for (std::uint32_t i = 0; i < tree.size(); ++i) {
            const Node& node = tree.nodes()[i];
            std::uint32_t at = node.begin;
            for (NodeId child : tree.children(NodeId{i})) {
                EXPECT_GE(tree[child].begin, at) << path << " " << label(node.kind) << " " << at;
                EXPECT_LE(tree[child].begin, tree[child].end);
                at = tree[child].end;
            }
            EXPECT_LE(at, node.end) << path << " " << label(node.kind) << " " << node.begin;
            auto kind = static_cast<std::size_t>(node.kind);
            if (seen.size() <= kind) seen.resize(kind + 1);
            seen[kind] = true;
        }
    }
    constexpr std::size_t kKinds = static_cast<std::size_t>(NodeKind::PatternAny) + 1;
    seen.resize(kKinds);
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
        EXPECT_TRUE(seen[kind]) << "no golden has a " << label(static_cast<NodeKind>(kind));
    }
}

}  // namespace
}  // namespace weft
