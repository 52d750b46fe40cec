// The recovery bar of the language: over a whole program, each token deleted, doubled or followed
// by junk; parsing ends, at least 90 % of the untouched nodes stay, diagnostics average at
// most 1.3, the first one stands within a line of the edit.
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "grammar/scan.h"
#include "support.h"

namespace weft {
namespace {

struct Edit {
    std::uint32_t at;       // where the text changes
    std::uint32_t removed;  // bytes taken out there
    std::string added;
};

struct Measure {
    std::size_t mutants = 0;
    std::size_t diagnostics = 0;
    std::size_t near = 0;
    std::size_t with_diagnostics = 0;
    double kept = 0;
    double worst = 1;
    std::string worst_text;
};

using NodeKey = std::tuple<NodeKind, std::int64_t, std::int64_t>;

std::vector<std::pair<std::uint32_t, std::uint32_t>> tokens(std::string_view text) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> out;
    for (std::uint32_t at = scan::skip_trivia(text, 0); at < text.size();
         at = scan::skip_trivia(text, at)) {
        std::uint32_t end = scan::token(text, at);
        out.emplace_back(at, end);
        at = end;
    }
    return out;
}

// The share of the nodes that the edit does not touch which the mutant still has.
double share_kept(const Tree& before, const Tree& after, const Edit& edit) {
    std::map<NodeKey, int> have;
    for (const Node& node : after.nodes()) ++have[{node.kind, node.begin, node.end}];
    auto shift = static_cast<std::int64_t>(edit.added.size()) - edit.removed;
    std::size_t untouched = 0;
    std::size_t kept = 0;
    for (const Node& node : before.nodes()) {
        bool left = node.end <= edit.at;
        bool right = node.begin >= edit.at + edit.removed;
        if (!left && !right) continue;
        ++untouched;
        std::int64_t move = left ? 0 : shift;
        auto found = have.find({node.kind, node.begin + move, node.end + move});
        if (found == have.end() || found->second == 0) continue;
        --found->second;
        ++kept;
    }
    return untouched == 0 ? 1.0 : static_cast<double>(kept) / static_cast<double>(untouched);
}

void measure_one(const std::string& text, const Tree& before, const Edit& edit, Measure& sum) {
    std::string mutant = text;
    mutant.replace(edit.at, edit.removed, edit.added);
    test::Parsed parsed(mutant);
    double kept = share_kept(before, parsed.file.tree, edit);
    ++sum.mutants;
    sum.kept += kept;
    sum.diagnostics += parsed.diagnostics.items().size();
    const SourceFile& source = parsed.sources[parsed.id];
    if (!parsed.diagnostics.items().empty()) {
        ++sum.with_diagnostics;
        auto first = source.position(parsed.diagnostics.items()[0].span.begin).line;
        auto line = source.position(edit.at).line;
        auto last = source.position(edit.at + static_cast<std::uint32_t>(edit.added.size())).line;
        if (first + 1 >= line && first <= last + 1) ++sum.near;
    }
    bool verbose = std::getenv("WEFT_RECOVERY_VERBOSE") != nullptr;
    if (verbose && (kept < 0.9 || parsed.diagnostics.items().size() > 1)) {
        auto where = source.position(edit.at);
        std::cout << where.line << ":" << where.column << " -"
                  << text.substr(edit.at, std::min(edit.removed, 20U)) << " +" << edit.added
                  << " kept " << kept << "\n"
                  << parsed.messages();
    }
    if (kept < sum.worst) {
        sum.worst = kept;
        auto where = source.position(edit.at);
        sum.worst_text = std::to_string(where.line) + ":" + std::to_string(where.column) + " +" +
                         edit.added + "\n" + parsed.messages();
    }
}

template <typename MakeEdit>
Measure measure(MakeEdit make_edit) {
    std::string text = test::read_text(test::golden("parse/document_qa.wf"));
    test::Parsed whole(text);
    EXPECT_EQ(whole.messages(), "");
    Measure sum;
    for (auto [begin, end] : tokens(text)) {
        measure_one(text, whole.file.tree, make_edit(text, begin, end), sum);
    }
    return sum;
}

void expect_bar(const char* what, const Measure& sum) {
    constexpr double kMostDiagnostics = 1.3;
    double kept = sum.kept / static_cast<double>(sum.mutants);
    double average = static_cast<double>(sum.diagnostics) / static_cast<double>(sum.mutants);
    double near = static_cast<double>(sum.near) / static_cast<double>(sum.with_diagnostics);
    std::cout << what << ": " << sum.mutants << " mutants, kept " << kept << ", diagnostics "
              << average << ", near " << near << ", worst " << sum.worst << "\n";
    EXPECT_GE(kept, 0.90) << sum.worst_text;
    EXPECT_LE(average, kMostDiagnostics);
    EXPECT_GE(near, 0.98);
}

TEST(Recovery, EachTokenDeleted) {
    expect_bar("deleted", measure([](const std::string&, std::uint32_t begin, std::uint32_t end) {
                   return Edit{begin, end - begin, ""};
               }));
}

TEST(Recovery, EachTokenDoubled) {
    expect_bar("doubled",
               measure([](const std::string& text, std::uint32_t begin, std::uint32_t end) {
                   return Edit{end, 0, " " + text.substr(begin, end - begin)};
               }));
}

TEST(Recovery, EachTokenFollowedByJunk) {
    for (const char* junk : {" @", " zzz"}) {
        expect_bar(junk, measure([&](const std::string&, std::uint32_t, std::uint32_t end) {
                       return Edit{end, 0, junk};
                   }));
    }
}

// A stray bracket changes what all that follows belongs to; that costs no more reports.
TEST(Recovery, EachTokenFollowedByABracket) {
    for (const char* junk : {" }", " {", " ("}) {
        expect_bar(junk, measure([&](const std::string&, std::uint32_t, std::uint32_t end) {
                       return Edit{end, 0, junk};
                   }));
    }
}

}  // namespace
}  // namespace weft
