// `// weft:allow name, "reason"`: silences one warning or hint on its line, or on the next one when
// it stands alone. Errors can't be silenced.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/edits.h"
#include "compiler/check/usage.h"
#include "grammar/comments.h"

namespace weft::check {

namespace {

constexpr std::string_view kAllowMark = "weft:allow";

struct Suppression {
    Span span;
    std::uint32_t line = 0;
    DiagnosticCode code{};
    bool used = false;
};

std::string_view trim(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('/')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

const DiagnosticInfo* find_rule(std::string_view name) {
    for (const auto& row : all_diagnostics()) {
        if (row.name == name) return &row;
    }
    return nullptr;
}

void read_comment(Context& context, const SourceFile& file, FileId id, const Comment& comment,
                  std::vector<Suppression>& out) {
    std::string_view text = trim(file.text().substr(comment.begin, comment.end - comment.begin));
    if (!text.starts_with(kAllowMark)) return;
    text = trim(text.substr(kAllowMark.size()));
    std::size_t comma = text.find(',');
    std::string_view name = trim(text.substr(0, comma));
    std::string_view reason = comma == std::string_view::npos ? "" : trim(text.substr(comma + 1));
    Span span{id, comment.begin, comment.end};
    const DiagnosticInfo* rule = find_rule(name);
    if (rule == nullptr) {
        std::vector<std::string> legal;
        for (const auto& row : all_diagnostics()) legal.emplace_back(row.name);
        auto& d = context.report(DiagnosticCode::UnknownRule, span,
                                 fmt::format("there is no check `{}`", name));
        if (auto near = nearest(name, legal)) {
            d.help = fmt::format("did you mean `{}`?", *near);
            auto begin = static_cast<std::uint32_t>(name.data() - file.text().data());
            d.fix = Fix{fmt::format("write `{}`", *near),
                        {{{id, begin, begin + static_cast<std::uint32_t>(name.size())}, *near}},
                        Applicability::MaybeWrong};
        }
        return;
    }
    if (reason.size() < 3 || !reason.starts_with('"')) {
        context.report(DiagnosticCode::SuppressionWithoutReason, span,
                       fmt::format("`{}` is silenced without a reason", name));
    }
    std::uint32_t line = file.position(comment.begin).line + (comment.own_line ? 1 : 0);
    out.push_back({span, line, rule->code, false});
}

struct Silenced {
    const SourceSet* sources;
    std::vector<Suppression>* all;
};

bool is_silenced(const Diagnostic& d, const void* opaque) {
    const auto& silenced = *static_cast<const Silenced*>(opaque);
    if (info(d.code).severity == Severity::Error || !d.span.file.has_value()) return false;
    std::uint32_t line = (*silenced.sources)[d.span.file].position(d.span.begin).line;
    for (auto& s : *silenced.all) {
        if (s.code != d.code || s.span.file != d.span.file || s.line != line) continue;
        s.used = true;
        return true;
    }
    return false;
}

}  // namespace

void apply_suppressions(Context& context) {
    std::vector<Suppression> all;
    for (const auto& module : context.modules) {
        if (module.is_standard || !module.parsed) continue;
        const SourceFile& file = context.module.sources[module.file];
        if (file.text().find(kAllowMark) == std::string_view::npos) continue;
        for (const auto& comment : find_comments(module.parsed->tree)) {
            read_comment(context, file, module.file, comment, all);
        }
    }
    if (all.empty()) return;
    Silenced silenced{&context.module.sources, &all};
    context.diagnostics.remove_if(is_silenced, &silenced);
    if (context.diagnostics.has_errors()) return;  // not every warning was looked for
    for (const auto& s : all) {
        if (s.used) continue;
        if (found_in(s.code) != FoundIn::Program) {
            context.silenced_later.push_back({s.code, s.span.file, s.line, s.span});
            continue;
        }
        auto& d = context.report(DiagnosticCode::UnusedSuppression, s.span,
                                 fmt::format("no `{}` is reported here", info(s.code).name));
        d.fix = Fix{
            "remove the comment", {removal(context.module.sources, s.span)}, Applicability::Safe};
    }
}

}  // namespace weft::check
