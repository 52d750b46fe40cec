#include "cli/evals.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/tests.h"

namespace weft::cli {
namespace {

constexpr std::size_t kLinesMax = 8;  // cases that are named in one line

std::string lines_text(const std::vector<unsigned>& lines) {
    std::string out = lines.size() == 1 ? "line " : "lines ";
    for (std::size_t i = 0; i < lines.size() && i < kLinesMax; ++i) {
        out += fmt::format("{}{}", i > 0 ? ", " : "", lines[i]);
    }
    if (lines.size() > kLinesMax) out += fmt::format(" and {} more", lines.size() - kLinesMax);
    return out;
}

std::string row(const std::string& word, const std::string& rest) {
    return fmt::format("    {} {}\n", pad(word, 8), rest);
}

std::string score_text(const EvaluatedScore& score, std::size_t width) {
    std::string out = fmt::format("{}  {}", pad(score.name, width), score.average);
    if (!score.before.empty()) out += fmt::format("  baseline {}", score.before);
    if (!score.worse.empty()) out += fmt::format("  worse on {}", lines_text(score.worse));
    return out;
}

void add_problem(const EvaluatedCheck& check, bool colour, std::string& out) {
    out += fmt::format("    {}: {}\n", place_text(check.place), check.problem);
    out += fmt::format("        {}\n", paint(Tone::Bold, trimmed(check.place.source), colour));
    if (check.op.empty()) return;
    out += fmt::format("        left:  {}\n        right: {}\n", check.left, check.right);
}

// The same problem of many cases is told once.
std::string problems_text(const EvalOutcome& eval) {
    std::vector<std::pair<std::string, std::vector<unsigned>>> found;
    for (const auto& one : eval.cases) {
        for (const auto& problem : one.problems) {
            auto at = std::ranges::find(found, problem,
                                        &std::pair<std::string, std::vector<unsigned>>::first);
            if (at == found.end()) at = found.insert(at, {problem, {}});
            at->second.push_back(one.line);
        }
    }
    std::string out;
    for (const auto& [problem, lines] : found) {
        out += fmt::format("    note: {}: {}\n", lines_text(lines), problem);
    }
    return out;
}

std::string eval_text(const EvalOutcome& eval, bool colour) {
    const bool passed = eval.passed();
    std::string out =
        fmt::format("  {} {}: {} of {}, {}\n",
                    paint(passed ? Tone::Good : Tone::Bad, passed ? "ok    " : "failed", colour),
                    eval.name, count(eval.cases.size(), "case"), eval.cases_file,
                    eval.spent == "0" ? "nothing spent" : "spent " + eval.spent);
    std::size_t width = 0;
    for (const auto& score : eval.scores) width = std::max(width, display_width(score.name));
    for (const auto& score : eval.scores) out += row("score", score_text(score, width));
    for (const auto& check : eval.checks) {
        if (check.problem.empty() && !check.op.empty() && check.kind != "baseline") {
            out += row("holds",
                       fmt::format("{}: {} {} {}", check.what, check.left, check.op, check.right));
        }
    }
    for (const auto& check : eval.checks) {
        if (!check.problem.empty()) add_problem(check, colour, out);
    }
    out += problems_text(eval);
    for (const auto& note : eval.notes) out += fmt::format("    note: {}\n", note);
    if (!eval.written.empty()) out += fmt::format("    wrote {}\n", eval.written);
    return out;
}

Json eval_json(const EvalOutcome& eval) {
    Json scores = Json::array();
    for (const auto& score : eval.scores) {
        Json one = {{"name", score.name}, {"average", score.average}};
        if (!score.before.empty()) one["baseline"] = score.before;
        one["worse"] = score.worse;
        scores.push_back(std::move(one));
    }
    Json checks = Json::array();
    for (const auto& check : eval.checks) {
        Json one = place_json(check.place);
        one["kind"] = check.kind;
        one["what"] = check.what;
        one["holds"] = check.problem.empty();
        if (!check.problem.empty()) one["message"] = check.problem;
        if (!check.op.empty()) {
            one["left"] = check.left;
            one["op"] = check.op;
            one["right"] = check.right;
        }
        checks.push_back(std::move(one));
    }
    Json cases = Json::array();
    for (const auto& one : eval.cases) {
        Json values = Json::object();
        for (std::size_t i = 0; i < one.scores.size() && i < eval.scores.size(); ++i) {
            values[eval.scores[i].name] = one.scores[i];
        }
        cases.push_back({{"line", one.line},
                         {"status", one.status},
                         {"scores", std::move(values)},
                         {"spent", one.spent},
                         {"problems", one.problems}});
    }
    Json out = {{"name", eval.name},           {"line", eval.place.line},
                {"passed", eval.passed()},     {"cases_file", eval.cases_file},
                {"spent", eval.spent},         {"scores", std::move(scores)},
                {"checks", std::move(checks)}, {"cases", std::move(cases)},
                {"notes", eval.notes}};
    if (!eval.written.empty()) out["written"] = eval.written;
    return out;
}

}  // namespace

bool is_broken(const EvaluatedFile& file) {
    return !file.report.compiled || file.report.error;
}

std::string why_broken(const EvaluatedFile& file) {
    if (file.report.error) return file.report.error->message;
    return file.report.diagnostics;
}

EvalTotals totals_of(const std::vector<EvaluatedFile>& files) {
    EvalTotals out;
    for (const auto& file : files) {
        out.took_us += file.report.took_us;
        if (is_broken(file)) ++out.broken_files;
        for (const auto& eval : file.report.evals) {
            ++(eval.passed() ? out.passed : out.failed);
            for (const auto& check : eval.checks) {
                ++(check.problem.empty() ? out.checks_held : out.checks_failed);
            }
        }
    }
    return out;
}

std::string evals_text(const EvaluatedFile& file, bool colour) {
    std::string out;
    if (!file.report.compiled) {
        out += file.report.diagnostics;
        out += fmt::format("{} {}\n", paint(Tone::Bad, "broken", colour), file.path);
        return out;
    }
    if (file.report.evals.empty()) return out;
    out += fmt::format("{}\n", file.path);
    for (const auto& eval : file.report.evals) out += eval_text(eval, colour);
    return out;
}

std::string summary_text(const EvalTotals& totals, bool colour) {
    std::string out = paint(Tone::Good, fmt::format("{} passed", totals.passed), colour);
    if (totals.failed > 0) {
        out += ", " + paint(Tone::Bad, fmt::format("{} failed", totals.failed), colour);
    }
    if (totals.broken_files > 0) {
        out += ", " + paint(Tone::Bad, count(totals.broken_files, "file") + " with errors", colour);
    }
    return fmt::format("{} in {}\n", out, duration_text(totals.took_us / 1000));
}

Json evals_json(const std::vector<EvaluatedFile>& files) {
    Json out = Json::array();
    for (const auto& file : files) {
        Json evals = Json::array();
        for (const auto& eval : file.report.evals) evals.push_back(eval_json(eval));
        Json one = {{"file", file.path}, {"compiled", file.report.compiled}};
        if (!file.report.compiled) one["diagnostics"] = file.report.diagnostics;
        if (file.report.error) one["error"] = file.report.error->message;
        one["evals"] = std::move(evals);
        out.push_back(std::move(one));
    }
    return out;
}

}  // namespace weft::cli
