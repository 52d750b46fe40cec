#include "tests/differential/trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/diagnostic.h"
#include "compiler/compile.h"
#include "compiler/format/format.h"
#include "compiler/lower/lower.h"
#include "grammar/parse.h"

namespace weft::differential {
namespace {

class OneFile : public PackageLoader {
  public:
    explicit OneFile(const std::string& text) : text_(text) {}
    Result<std::string> read_file(std::string_view) override { return text_; }
    Result<std::string> read_standard(std::string_view) override {
        return fail(ErrorKind::NotFound, "generated programs stand alone");
    }

  private:
    const std::string& text_;
};

// True warnings: generated programs are short of time and of money, their people may say nothing,
// and their loops may go nowhere, on purpose.
bool is_true(DiagnosticCode code) {
    switch (code) {
        case DiagnosticCode::RetriesExceedDeadline:
        case DiagnosticCode::CostMayExceedBudget:
        case DiagnosticCode::MissingEscalation:
        case DiagnosticCode::LoopCannotProgress:
        case DiagnosticCode::SelfApproval:
        case DiagnosticCode::ErrorUnhandled:
        case DiagnosticCode::UnreachableStep:
        case DiagnosticCode::UnboundedFanout:
        case DiagnosticCode::DeadCompensation:
            return true;
        default:
            return false;
    }
}

// The checker proves of it that it can't end in time, that a condition has one outcome, or that a
// person can change what was judged or refuse what nothing undoes any more: the generator knows
// none of that.
bool is_right(DiagnosticCode code) {
    return code == DiagnosticCode::OutcomeNotHandled || code == DiagnosticCode::ConstantCondition ||
           code == DiagnosticCode::EditNotRevalidated ||
           code == DiagnosticCode::DeadlineCannotBeMet ||
           code == DiagnosticCode::ReviewExceedsDeadline ||
           code == DiagnosticCode::CostMustExceedBudget;
}

std::string names_of(const Compiled& compiled) {
    std::set<std::string> names;
    for (const auto& diagnostic : compiled.diagnostics.items()) {
        if (!is_true(diagnostic.code) && !is_right(diagnostic.code)) {
            names.insert(std::string(info(diagnostic.code).name));
        }
    }
    std::string out;
    for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
    return out;
}

std::string laid_out(const std::string& text) {
    const SourceFile source("main.wf", text);
    Diagnostics diagnostics;
    return format(parse(FileId{0}, source, diagnostics));
}

// Laid out twice it is the same, and means the same.
std::string layout_problem(const std::string& text, const Hash& program) {
    const auto once = laid_out(text);
    if (laid_out(once) != once) return "fmt is not idempotent";
    OneFile loader(once);
    const auto compiled = compile("main.wf", loader);
    if (!compiled.ok || ir::program_hash(compiled.module) != program) {
        return "fmt changes what the program means";
    }
    return "";
}

Trial try_with(const std::string& text, std::uint64_t seed, bool keeps_history, bool lays_out) {
    Trial out;
    OneFile loader(text);
    auto compiled = compile("main.wf", loader);
    out.refused = names_of(compiled);
    if (!out.refused.empty() || !compiled.ok) {
        out.is_rightly_refused = out.refused.empty();
        for (const auto& diagnostic : compiled.diagnostics.items()) {
            const auto& source = compiled.module.sources[diagnostic.span.file];
            out.diagnostics += fmt::format("{}: {}\n", source.position(diagnostic.span.begin).line,
                                           diagnostic.message);
        }
        return out;
    }
    auto image = lower(compiled.module, compiled.diagnostics);
    if (!image) {
        out.refused = "it was not lowered";
        return out;
    }
    if (const auto verified = verify_image(*image); !verified) {
        out.refused = "verifier: " + verified.error().message;
        return out;
    }
    if (lays_out) out.refused = layout_problem(text, ir::program_hash(compiled.module));
    if (!out.refused.empty()) return out;
    const auto shared = std::make_shared<const Image>(std::move(*image));
    for (std::uint64_t i = 0; i < 3; ++i) {
        World world(compiled.module, shared, seed * 3 + i, keeps_history);
        out.runs.push_back(world.play("main"));
        if (!out.runs.back().difference.empty()) break;
    }
    return out;
}

// Where the lines from `begin` on that belong together end: at the brace that closes.
std::size_t end_of(const std::vector<std::string>& lines, std::size_t begin) {
    int depth = 0;
    for (std::size_t i = begin; i < lines.size(); ++i) {
        for (const char c : lines[i]) {
            if (c == '{') ++depth;
            if (c == '}') --depth;
        }
        if (depth <= 0) return i + 1;
    }
    return lines.size();
}

std::string joined(const std::vector<std::string>& lines) {
    std::string out;
    for (const auto& line : lines) out += line + "\n";
    return out;
}

}  // namespace

std::string Trial::difference() const {
    return runs.empty() ? "" : runs.back().difference;
}

std::string Trial::history() const {
    std::string out = refused.empty() ? "" : refused + "\n" + diagnostics;
    for (const auto& run : runs) out += run.history + "---\n" + run.difference;
    return out;
}

Trial try_program(const std::string& text, std::uint64_t seed, bool keeps_history) {
    return try_with(text, seed, keeps_history, true);
}

Small shrink(const std::string& text, std::uint64_t seed) {
    std::vector<std::string> lines;
    std::size_t begin = 0;
    while (begin < text.size()) {
        const auto end = text.find('\n', begin);
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    // Warnings don't matter any more; what differs must go on differing.
    const auto differs = [&](const std::vector<std::string>& some, std::uint64_t world) {
        const std::string candidate = joined(some);
        OneFile loader(candidate);
        auto compiled = compile("main.wf", loader);
        if (!compiled.ok) return false;
        auto image = lower(compiled.module, compiled.diagnostics);
        if (!image || !verify_image(*image)) return false;
        World one(compiled.module, std::make_shared<const Image>(std::move(*image)), world, false);
        return !one.play("main").difference.empty();
    };
    std::uint64_t world = seed * 3;
    while (world < seed * 3 + 2 && !differs(lines, world)) ++world;
    for (bool again = true; again;) {
        again = false;
        for (std::size_t i = 0; i < lines.size(); ++i) {
            for (const auto end : {end_of(lines, i), i + 1}) {
                auto fewer = lines;
                fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i),
                            fewer.begin() + static_cast<std::ptrdiff_t>(end));
                bool found = differs(fewer, world);
                for (std::uint64_t other = seed; !found && other < seed + 6; ++other) {
                    found = differs(fewer, other);
                    if (found) world = other;
                }
                if (!found) continue;
                lines = std::move(fewer);
                again = true;
                --i;
                break;
            }
            if (i >= lines.size()) break;
        }
    }
    Small out;
    out.text = joined(lines);
    OneFile loader(out.text);
    auto compiled = compile("main.wf", loader);
    auto image = lower(compiled.module, compiled.diagnostics);
    World one(compiled.module, std::make_shared<const Image>(std::move(*image)), world, true);
    const auto played = one.play("main");
    out.difference = played.difference;
    out.history = played.history;
    return out;
}

}  // namespace weft::differential
