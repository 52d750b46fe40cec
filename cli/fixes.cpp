#include "cli/fixes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/input.h"
#include "cli/output_file.h"

namespace weft::cli {
namespace {

// A fix may make room for another one; those of the language end long before.
constexpr int kRoundsMax = 50;

using Edits = std::map<std::string, std::vector<SourceEdit>>;  // by file

// Two insertions at one place have no order, so they meet too.
bool meets(const SourceEdit& a, const SourceEdit& b) {
    return a.begin < b.end + 1 && b.begin < a.end + 1;
}

// Takes the fix unless it meets one that was taken.
bool take(const SourceFix& fix, Edits& taken) {
    for (const auto& edit : fix.edits) {
        const auto& others = taken[edit.file];
        bool is_free = std::none_of(others.begin(), others.end(),
                                    [&](const SourceEdit& other) { return meets(edit, other); });
        if (!is_free) return false;
    }
    for (const auto& edit : fix.edits) taken[edit.file].push_back(edit);
    return true;
}

Result<void> apply(const std::string& path, std::vector<SourceEdit> edits) {
    auto text = read_text(path);
    if (!text) return std::unexpected(text.error());
    std::sort(edits.begin(), edits.end(),
              [](const SourceEdit& a, const SourceEdit& b) { return a.begin > b.begin; });
    for (const auto& edit : edits) {
        if (edit.end > text->size() || edit.begin > edit.end) {
            return std::unexpected(Error{ErrorKind::Environment,
                                         fmt::format("{} was changed by something else", path),
                                         "try again"});
        }
        text->replace(edit.begin, edit.end - edit.begin, edit.text);
    }
    return write_file(path, *text);
}

}  // namespace

Result<std::vector<std::string>> apply_safe_fixes(const std::string& path) {
    std::vector<std::string> done;
    for (int round = 0; round < kRoundsMax; ++round) {
        Edits taken;
        for (const auto& d : compile_file(path).diagnostics) {
            if (!d.fix || !d.fix->is_safe || !take(*d.fix, taken)) continue;
            done.push_back(fmt::format("{}:{}:{}: {}", d.file, d.line, d.column, d.fix->title));
        }
        if (taken.empty()) break;
        for (auto& [file, edits] : taken) {
            auto applied = apply(file, std::move(edits));
            if (!applied) return std::unexpected(applied.error());
        }
    }
    return done;
}

}  // namespace weft::cli
