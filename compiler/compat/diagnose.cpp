#include "compiler/compat/diagnose.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace weft::compat {
namespace {

// "step flow.charge"
struct Spoken {
    std::string_view kind;
    std::string_view path;
    explicit Spoken(std::string_view text)
        : kind(text.substr(0, text.find(' '))), path(text.substr(text.find(' ') + 1)) {}
    [[nodiscard]] std::string_view workflow() const { return path.substr(0, path.find('.')); }
};

// "it is new", said of the construct.
std::string said_of(const Spoken& construct, std::string_view what) {
    constexpr std::string_view kIt = "it ";
    if (what.starts_with(kIt)) {
        return fmt::format("the {} `{}` {}", construct.kind, construct.path,
                           what.substr(kIt.size()));
    }
    return fmt::format("{} `{}`: {}", construct.kind, construct.path, what);
}

class Reporting {
  public:
    Reporting(const ir::Module& old, const ir::Module& next, Diagnostics& out)
        : old_(old), next_(next), out_(out), hash_(to_hex(view(ir::program_hash(old)))) {
        for (const auto& row : next.migrates) {
            if (!hash_.starts_with(row.from)) continue;
            for (const auto& mapping : row.mappings) {
                taken_over_.insert(mapping.path);
                taken_over_.insert(mapping.paths.begin(), mapping.paths.end());
            }
        }
    }

    void report(const Finding& finding) {
        const Spoken construct(finding.construct);
        if (is_taken_over(construct.path)) return;
        auto& d =
            out_.report(*finding.code, place(finding, construct), said_of(construct, finding.what));
        d.notes.push_back(finding.reason);
        if (finding.old_span.file.has_value()) {
            const auto& file = old_.sources[finding.old_span.file];
            d.notes.push_back(fmt::format("before: {}:{}", file.path(),
                                          file.position(finding.old_span.begin).line));
        }
        if (is_named(finding)) {
            const Span& name = finding.new_span;
            d.fix = Fix{fmt::format("write `was {}` behind it", finding.was),
                        {{{name.file, name.end, name.end}, " was " + finding.was}},
                        Applicability::MaybeWrong};
        } else if (finding.cls == Class::Migrates) {
            constexpr std::size_t kShown = 12;
            d.help = fmt::format("`migrate {} from \"{}\" {{ … }}` says what runs take over",
                                 construct.workflow(), hash_.substr(0, kShown));
        }
    }

  private:
    // The step, or what undoes it.
    [[nodiscard]] bool is_taken_over(std::string_view path) const {
        return std::ranges::any_of(taken_over_, [&](std::string_view step) {
            return path.starts_with(step) &&
                   (path.size() == step.size() || path[step.size()] == '.');
        });
    }

    // Where it stands now; of what is gone, where it stood.
    [[nodiscard]] Span place(const Finding& finding, const Spoken& construct) const {
        if (finding.new_span.file.has_value()) return finding.new_span;
        if (construct.kind == "case") return enum_place(construct.workflow());
        const auto found =
            std::ranges::find(next_.workflows, construct.workflow(), &ir::Workflow::name);
        if (found != next_.workflows.end()) return found->span;
        return {FileId{0}, 0, 0};
    }

    // The name behind the word `enum`: types have no places of their own.
    [[nodiscard]] Span enum_place(std::string_view name) const {
        for (std::uint32_t i = 0; i < next_.sources.size(); ++i) {
            const auto text = next_.sources[FileId{i}].text();
            const auto declared = fmt::format("enum {} {{", name);
            const auto at = text.find(declared);
            if (at == std::string_view::npos) continue;
            const auto begin = static_cast<std::uint32_t>(at + declared.find(name));
            return {FileId{i}, begin, begin + static_cast<std::uint32_t>(name.size())};
        }
        return {FileId{0}, 0, 0};
    }

    [[nodiscard]] bool is_named(const Finding& finding) const {
        if (finding.was.empty() || !finding.new_span.file.has_value()) return false;
        const auto text = next_.sources[finding.new_span.file].text();
        const auto name =
            text.substr(finding.new_span.begin, finding.new_span.end - finding.new_span.begin);
        const bool is_word = name.find_first_of(".( ") == std::string_view::npos;
        return is_word && text.substr(finding.new_span.end).starts_with(" =");
    }

    const ir::Module& old_;
    const ir::Module& next_;
    Diagnostics& out_;
    std::string hash_;
    std::set<std::string> taken_over_;  // paths that a `migrate` block speaks of
};

}  // namespace

void report_changes(const std::vector<Finding>& findings, const ir::Module& old,
                    const ir::Module& next, Diagnostics& out) {
    Reporting reporting(old, next, out);
    for (const auto& finding : findings) {
        if (finding.code) reporting.report(finding);
    }
}

void silence_changes(const std::vector<SilencedLater>& silenced, const SourceSet& sources,
                     Diagnostics& out) {
    struct Silenced {
        const std::vector<SilencedLater>& all;
        const SourceSet& sources;
        mutable std::vector<bool> used;
    };
    const Silenced known{silenced, sources, std::vector<bool>(silenced.size())};
    const auto is_silenced = [](const Diagnostic& d, const void* opaque) {
        const auto& comments = *static_cast<const Silenced*>(opaque);
        if (info(d.code).severity == Severity::Error || !d.span.file.has_value()) return false;
        const auto line = comments.sources[d.span.file].position(d.span.begin).line;
        for (std::size_t i = 0; i < comments.all.size(); ++i) {
            const auto& one = comments.all[i];
            if (one.code != d.code || one.file != d.span.file || one.line != line) continue;
            comments.used[i] = true;
            return true;
        }
        return false;
    };
    out.remove_if(is_silenced, &known);
    for (std::size_t i = 0; i < silenced.size(); ++i) {
        const auto& one = silenced[i];
        if (known.used[i] || found_in(one.code) != FoundIn::Versions) continue;
        out.report(DiagnosticCode::UnusedSuppression, one.span,
                   fmt::format("no `{}` is reported here", info(one.code).name));
    }
    out.sort();
}

}  // namespace weft::compat
