#include "compiler/check/follow_ups.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "compiler/check/repeated.h"
#include "grammar/scan.h"

namespace weft::check {

namespace {

using Line = std::pair<FileId, std::uint32_t>;
using Words = std::set<std::string, std::less<>>;

constexpr std::string_view kNoDeclaration = "expected a declaration";
constexpr std::string_view kOutside = "outside of the blocks";
constexpr std::string_view kNoSignal = "there is no signal `";

// The text there could not be read as what was meant.
bool is_unread(DiagnosticCode code) {
    return code == DiagnosticCode::SyntaxError || code == DiagnosticCode::MissingCloser ||
           code == DiagnosticCode::BadLiteral || code == DiagnosticCode::ReservedName;
}

bool is_of_grammar(DiagnosticCode code) {
    return static_cast<int>(code) < 1000;
}

// That nothing reads, reaches or needs something, which may stand in what could not be read.
bool is_of_use(DiagnosticCode code) {
    switch (code) {
        case DiagnosticCode::UnusedDeclaration:
        case DiagnosticCode::UnusedImport:
        case DiagnosticCode::UnusedOutput:
        case DiagnosticCode::UnusedInput:
        case DiagnosticCode::UnreachableStep:
        case DiagnosticCode::UnreachableHandler:
        case DiagnosticCode::SignalNeverAwaited:
        case DiagnosticCode::UnusedPromptParameter:
        case DiagnosticCode::OrphanDocComment:
        case DiagnosticCode::RetentionMissing:
        case DiagnosticCode::NoBudget:
        case DiagnosticCode::SingleBranchParallel:
        case DiagnosticCode::TestHitsRealWorker:
            return true;
        default:
            return false;
    }
}

// What a test names of a run, which may come of what could not be read.
bool is_of_run(const Diagnostic& d) {
    if (d.code == DiagnosticCode::MisplacedStatement) {
        return d.message.find("` is read before the ") != std::string::npos;
    }
    if (d.code != DiagnosticCode::UnknownName) return d.code == DiagnosticCode::UnknownRole;
    constexpr std::string_view kBegin = "there is no ";
    const auto what = std::string_view(d.message).substr(std::min(kBegin.size(), d.message.size()));
    return what.starts_with("event ") || what.starts_with("value under review ") ||
           what.starts_with("step `") || what.starts_with("gate `");
}

void add_words(std::string_view text, Words& out) {
    for (std::uint32_t at = 0; at < text.size();) {
        const auto word = scan::word(text, at);
        if (word.size() > 1) out.emplace(word);
        at += std::max<std::uint32_t>(1, static_cast<std::uint32_t>(word.size()));
    }
}

// What a message is about: the name that is unknown, which is the last in backticks, and the type
// whose field it would be; of other messages the first name.
Words subjects(const Diagnostic& d) {
    const std::string_view message = d.message;
    Words out;
    const auto begin = message.find('`');
    const auto end = message.find('`', begin + 1);
    if (begin == std::string_view::npos || end == std::string_view::npos) return out;
    if (d.code != DiagnosticCode::UnknownName && d.code != DiagnosticCode::UnknownPlaceholder) {
        add_words(message.substr(begin + 1, end - begin - 1), out);
        return out;
    }
    const auto last = message.rfind('`');
    const auto first = message.rfind('`', last - 1);
    add_words(message.substr(first + 1, last - first - 1), out);
    constexpr std::string_view kField = "no field of ";
    if (auto at = message.find(kField); at != std::string_view::npos) {
        at += kField.size();
        add_words(message.substr(at, message.find(' ', at) - at), out);
    }
    return out;
}

class FollowUps {
  public:
    explicit FollowUps(const Context& context) : sources_(context.module.sources) {
        for (const auto& d : context.diagnostics.items()) {
            if (!d.span.file.has_value()) continue;
            if (d.code == DiagnosticCode::UnknownName) {
                unknown_.insert(line_of(d));
                // "did you mean `paid`?"
                if (d.message.starts_with(kNoSignal)) add_words(d.help, missed_signals_);
            }
            // A `let` that should have been a step: what needs the step has none.
            if (d.code == DiagnosticCode::EffectInExpression) add_binder(d);
            if (d.code == DiagnosticCode::TypeMismatch) note_damage(context, d, true);
            if (d.code == DiagnosticCode::ForeignHabit) note_damage(context, d, false);
            // A function of others, or an import, in the midst of a workflow: what it declares.
            if (d.code == DiagnosticCode::ForeignHabit && d.message.ends_with(kOutside))
                add_line(d);
            if (!is_unread(d.code)) continue;
            // A name in the letters of another alphabet, which elsewhere has those of its own.
            if (d.fix && d.message.find("` has the letter ") != std::string::npos) {
                add_words(d.fix->title, words_);
            }
            unread_.insert(line_of(d));
            files_.insert(d.span.file);
            add_line(d);
            lost_declaration_ |= d.message.starts_with(kNoDeclaration);
            note_damage(context, d, false);
        }
    }

    // In the order of the source.
    bool is_one(const Diagnostic& d) {
        if (!d.span.file.has_value()) return false;
        // A word that was taken for a name is no name where it is read either.
        if (d.code == DiagnosticCode::ReservedName) {
            const auto text = d.message.substr(0, d.message.find('`', 1) + 1);
            return !reserved_.insert(text).second;
        }
        if (d.code == DiagnosticCode::SyntaxError) {
            const auto found = d.message.rfind(", found ");
            if (found != std::string::npos && reserved_.contains(d.message.substr(found + 8))) {
                return true;
            }
        }
        return is_of_grammar(d.code) ? follows_in_text(d) : follows_in_meaning(d);
    }

  private:
    [[nodiscard]] Line line_of(const Diagnostic& d) const {
        return {d.span.file, sources_[d.span.file].position(d.span.begin).line};
    }
    // What a declaration says can't be held against those who use it where a part was not read.
    void note_damage(const Context& context, const Diagnostic& d, bool types_only) {
        if (d.message.ends_with("closes nothing here") ||
            d.message.ends_with("opens nothing here") || d.message.starts_with("expected `}`")) {
            unbalanced_.insert(d.span.file);
        }
        for (const auto& decl : context.declarations) {
            Span whole = decl.node.span();
            // Of a workflow the header: what stands inside is for its own lines to tell.
            if (const auto flow = decl.node.as<ast::Workflow>(); flow && flow.body()) {
                whole.end = flow.body().span().begin;
            }
            const bool is_type = decl.kind == DeclKind::Record || decl.kind == DeclKind::Alias ||
                                 decl.kind == DeclKind::Enum || decl.kind == DeclKind::Error;
            if (types_only && !is_type) continue;
            if (whole.file != d.span.file) continue;
            if (d.span.begin < whole.begin || d.span.begin > whole.end) continue;
            damaged_.insert(decl.name);
            damaged_.insert(decl.qualified);
            damages_.push_back(whole);
            damaged_enum_ |= decl.kind == DeclKind::Enum;
        }
    }
    [[nodiscard]] bool is_of_damaged(const Diagnostic& d) const {
        if (damaged_.empty() || d.code == DiagnosticCode::DuplicateName) return false;
        const bool is_inside = std::ranges::any_of(damages_, [&](const Span& whole) {
            return whole.file == d.span.file && whole.begin <= d.span.begin &&
                   d.span.begin <= whole.end;
        });
        if (is_inside) return false;
        const std::string_view message = d.message;
        constexpr std::string_view kField = "there is no field of ";
        if (message.starts_with(kField)) {
            const auto rest = message.substr(kField.size());
            return damaged_.contains(rest.substr(0, rest.find(' ')));
        }
        if (damaged_enum_ && message.starts_with("there is no record, case or error ")) return true;
        if (d.code == DiagnosticCode::MissingTimeout && message.ends_with('`')) {
            const auto begin = message.rfind('`', message.size() - 2) + 1;
            return damaged_.contains(message.substr(begin, message.size() - 1 - begin));
        }
        if (message.starts_with('`')) {
            const auto name = message.substr(1, message.find('`', 1) - 1);
            if (damaged_.contains(name)) return true;
        }
        return std::ranges::any_of(d.origins, [&](std::string_view origin) {
            const auto space = origin.find(' ');
            const auto of = origin.substr(0, space);
            const bool is_kind = of == "fn" || of == "worker";
            return damaged_.contains(is_kind ? origin.substr(space + 1) : of);
        });
    }
    void add_binder(const Diagnostic& d) {
        const auto line = sources_[d.span.file].line(line_of(d).second);
        const auto at = line.find_first_not_of(' ');
        constexpr std::string_view kLet = "let ";
        if (at == std::string_view::npos || !line.substr(at).starts_with(kLet)) return;
        add_words(scan::word(line, static_cast<std::uint32_t>(at + kLet.size())), words_);
    }
    void add_line(const Diagnostic& d) {
        add_words(sources_[d.span.file].line(line_of(d).second), words_);
    }
    [[nodiscard]] static Line before(Line line) { return {line.first, line.second - 1}; }

    // Whether the line stands deeper than one that was not read, and so do those between.
    [[nodiscard]] bool stands_under_unread(Line line) const {
        const auto indent = [&](std::uint32_t number) {
            return sources_[line.first].line(number).find_first_not_of(' ');
        };
        const auto own = indent(line.second);
        for (std::uint32_t above = line.second - 1; above > 0; --above) {
            const auto at = indent(above);
            if (at == std::string_view::npos) return false;
            if (unread_.contains({line.first, above})) return at < own;
            if (at < own && !sources_[line.first].line(above).substr(at).starts_with("}"))
                return false;
        }
        return false;
    }

    // The first message of a line says what is wrong there. What is read behind it, up to the next
    // line that begins anew, is read on a guess.
    bool follows_in_text(const Diagnostic& d) {
        const Line line = line_of(d);
        if (d.code == DiagnosticCode::MisplacedClause) {
            const bool follows = told_.contains(before(line)) || stands_under_unread(line);
            if (follows) told_.insert(line);
            return follows;
        }
        if (d.code == DiagnosticCode::NameStyle && unread_.contains(line)) return true;
        if (d.code == DiagnosticCode::ForeignHabit || d.code == DiagnosticCode::HiddenCharacter) {
            told_.insert(line);
        }
        if (!is_unread(d.code)) return false;
        // The bracket that was missed, one line too late.
        const bool is_closer = d.message.ends_with("found `)`") || d.message.ends_with("found `]`");
        if (is_closer && told_.contains(before(line))) return true;
        if (lost_brace_ && d.message.ends_with("closes nothing here")) return true;
        lost_brace_ |= d.message.starts_with("expected `{`");
        const auto expected = d.message.substr(0, d.message.find(", found"));
        const bool is_declaration =
            d.message.starts_with(kNoDeclaration) ||
            d.message.find("or another declaration, found") != std::string::npos;
        const bool goes_on =
            (told_.contains(before(line)) &&
             (is_declaration || expected == expected_ || expected == "expected an argument" ||
              (expected == "expected the end of the line" &&
               expected_.starts_with("expected `,`")))) ||
            (is_declaration && stands_under_unread(line));
        const bool is_second = !told_.insert(line).second;
        if (!is_second) expected_ = expected;
        return is_second || goes_on;
    }

    bool follows_in_meaning(const Diagnostic& d) {
        const Line line = line_of(d);
        if (unread_.contains(line) || is_of_damaged(d)) return true;
        if (d.code == DiagnosticCode::EffectInExpression) told_.insert(line);
        if (d.code == DiagnosticCode::SignalNeverAwaited) {
            for (const auto& word : subjects(d)) {
                if (missed_signals_.contains(word)) return true;
            }
        }
        if (d.code == DiagnosticCode::UnknownRole && unknown_.contains(line)) return true;
        if (is_of_use(d.code)) return files_.contains(d.span.file);
        if (files_.contains(d.span.file) && is_of_run(d)) return true;
        if (unbalanced_.contains(d.span.file) && d.message.starts_with("there is no value `")) {
            return true;
        }
        const bool is_name =
            d.code == DiagnosticCode::UnknownName || d.code == DiagnosticCode::UnknownPlaceholder;
        if (is_name && lost_declaration_) return true;
        if (is_name || d.code == DiagnosticCode::ArgumentMismatch ||
            d.code == DiagnosticCode::MissingTimeout) {
            for (const auto& word : subjects(d)) {
                if (words_.contains(word)) return true;
            }
        }
        // What stands in the call of something unknown has no place that would give it a meaning.
        return d.code == DiagnosticCode::TypeMismatch && d.message.ends_with(" is no value") &&
               unknown_.contains(line);
    }

    const SourceSet& sources_;
    std::set<Line> unread_;   // lines with a mistake of their text
    std::set<Line> told_;     // … so far
    std::set<Line> unknown_;  // lines with an unknown name
    std::set<FileId> files_;
    Words missed_signals_;            // that unknown ones were meant to be, it seems
    std::set<FileId> unbalanced_;     // files with a brace too many or too few
    Words damaged_;                   // declarations with a part that was not read
    std::vector<Span> damages_;       // of them
    Words words_;                     // that stand on such lines: perhaps what they declare
    std::set<std::string> reserved_;  // words that were taken for names, in their backticks
    bool lost_declaration_ = false;
    bool lost_brace_ = false;
    bool damaged_enum_ = false;
    std::string expected_;
};

}  // namespace

void drop_follow_ups(Context& context) {
    if (!context.diagnostics.has_errors()) return;
    context.diagnostics.sort();
    FollowUps follow_ups(context);
    std::vector<Diagnostic> kept;
    for (const auto& d : context.diagnostics.items()) {
        if (!follow_ups.is_one(d)) kept.push_back(d);
    }
    context.diagnostics = tell_once(std::move(kept), context.module.sources);
}

}  // namespace weft::check
