#include "compiler/check/follow_ups.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "grammar/scan.h"

namespace weft::check {

namespace {

using Line = std::pair<FileId, std::uint32_t>;
using Words = std::set<std::string, std::less<>>;

constexpr std::string_view kNoDeclaration = "expected a declaration";

// The text there could not be read as what was meant.
bool is_unread(DiagnosticCode code) {
    return code == DiagnosticCode::SyntaxError || code == DiagnosticCode::MissingCloser ||
           code == DiagnosticCode::BadLiteral;
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
            return true;
        default:
            return false;
    }
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
    FollowUps(const Diagnostics& diagnostics, const SourceSet& sources) : sources_(sources) {
        for (const auto& d : diagnostics.items()) {
            if (!d.span.file.has_value()) continue;
            if (d.code == DiagnosticCode::UnknownName) unknown_.insert(line_of(d));
            if (!is_unread(d.code)) continue;
            unread_.insert(line_of(d));
            files_.insert(d.span.file);
            add_words(sources_[d.span.file].line(line_of(d).second), words_);
            lost_declaration_ |= d.message.starts_with(kNoDeclaration);
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
    [[nodiscard]] static Line before(Line line) { return {line.first, line.second - 1}; }

    // The first message of a line says what is wrong there. What is read behind it, up to the next
    // line that begins anew, is read on a guess.
    bool follows_in_text(const Diagnostic& d) {
        const Line line = line_of(d);
        if (d.code == DiagnosticCode::MisplacedClause) return told_.contains(before(line));
        if (d.code == DiagnosticCode::ForeignHabit) told_.insert(line);
        if (!is_unread(d.code)) return false;
        if (lost_brace_ && d.message.ends_with("closes nothing here")) return true;
        lost_brace_ |= d.message.starts_with("expected `{`");
        const auto expected = d.message.substr(0, d.message.find(", found"));
        const bool goes_on = told_.contains(before(line)) &&
                             (d.message.starts_with(kNoDeclaration) || expected == expected_);
        const bool is_second = !told_.insert(line).second;
        if (!is_second) expected_ = expected;
        return is_second || goes_on;
    }

    bool follows_in_meaning(const Diagnostic& d) {
        const Line line = line_of(d);
        if (unread_.contains(line)) return true;
        if (is_of_use(d.code)) return files_.contains(d.span.file);
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
    Words words_;                     // that stand on such lines: perhaps what they declare
    std::set<std::string> reserved_;  // words that were taken for names, in their backticks
    bool lost_declaration_ = false;
    bool lost_brace_ = false;
    std::string expected_;
};

// A name that is unknown is unknown everywhere: the first place tells it, and names the others.
class Repeated {
  public:
    void add(const Diagnostic& d, const SourceSet& sources) {
        if (!may_be_one(d)) return;
        lines_[{d.span.file, d.message}].push_back(
            sources[d.span.file].position(d.span.begin).line);
    }
    bool is_one(const Diagnostic& d) {
        if (!may_be_one(d)) return false;
        return !seen_.insert({d.span.file, d.message}).second;
    }
    void note(Diagnostic& d) const {
        const auto found = lines_.find({d.span.file, d.message});
        if (found == lines_.end() || found->second.size() < 2) return;
        constexpr std::size_t kShown = 5;
        std::string places;
        const std::size_t count = found->second.size();
        for (std::size_t i = 1; i < count && i <= kShown; ++i) {
            places += fmt::format("{}{}", i > 1 ? ", " : "", found->second[i]);
        }
        if (count > kShown + 1) places += " and further ones";
        d.notes.push_back(fmt::format("so on line{} {}", count > 2 ? "s" : "", places));
    }

  private:
    // What a file declares, or should; a field or step is looked for in one place.
    static bool may_be_one(const Diagnostic& d) {
        if (!d.span.file.has_value() || d.code != DiagnosticCode::UnknownName) return false;
        constexpr std::array<std::string_view, 8> kDeclared = {
            "value `", "function `", "worker `", "workflow `",
            "type `",  "error `",    "signal `", "record, case or error `"};
        const std::string_view message = d.message;
        constexpr std::string_view kBegin = "there is no ";
        return message.starts_with(kBegin) &&
               std::ranges::any_of(kDeclared, [&](std::string_view what) {
                   return message.substr(kBegin.size()).starts_with(what);
               });
    }

    std::map<std::pair<FileId, std::string>, std::vector<std::uint32_t>> lines_;
    std::set<std::pair<FileId, std::string>> seen_;
};

}  // namespace

void drop_follow_ups(Diagnostics& diagnostics, const SourceSet& sources) {
    if (!diagnostics.has_errors()) return;
    diagnostics.sort();
    FollowUps follow_ups(diagnostics, sources);
    std::vector<Diagnostic> kept;
    for (const auto& d : diagnostics.items()) {
        if (!follow_ups.is_one(d)) kept.push_back(d);
    }
    Repeated repeated;
    for (const auto& d : kept) repeated.add(d, sources);
    Diagnostics out;
    for (auto& d : kept) {
        if (repeated.is_one(d)) continue;
        repeated.note(d);
        out.report(d.code, d.span, "") = std::move(d);
    }
    diagnostics = std::move(out);
}

}  // namespace weft::check
