#include "cli/tests.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/source.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

bool is_hidden(const fs::path& path) {
    const auto name = path.filename().string();
    return name.size() > 1 && name.front() == '.' && name != "..";
}

void sources_below(const fs::path& folder, std::vector<std::string>& out) {
    std::error_code code;
    std::vector<std::string> found;
    auto at = fs::recursive_directory_iterator(folder,
                                               fs::directory_options::skip_permission_denied, code);
    for (; !code && at != fs::recursive_directory_iterator(); at.increment(code)) {
        if (is_hidden(at->path())) {
            at.disable_recursion_pending();
        } else if (at->path().extension() == ".wf" && at->is_regular_file(code)) {
            found.push_back(at->path().lexically_normal().string());
        }
    }
    std::ranges::sort(found);
    out.insert(out.end(), found.begin(), found.end());
}

void add_failure(const TestFailure& failure, bool colour, std::string& out) {
    out += fmt::format("    {}: {}\n", place_text(failure.place), failure.message);
    out += fmt::format("        {}\n", paint(Tone::Bold, trimmed(failure.place.source), colour));
    if (failure.op.empty()) return;
    out += fmt::format("        left:  {}\n        right: {}\n", failure.left, failure.right);
}

}  // namespace

std::string place_text(const TestPlace& place) {
    return place.line == 0 ? "" : fmt::format("{}:{}:{}", place.file, place.line, place.column);
}

std::string trimmed(std::string_view line) {
    const auto begin = line.find_first_not_of(" \t");
    return begin == std::string_view::npos ? "" : std::string(line.substr(begin));
}

std::string count(std::size_t n, const char* noun) {
    return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

Json place_json(const TestPlace& place) {
    return {{"file", place.file}, {"line", place.line}, {"column", place.column}};
}

Result<std::vector<std::string>> find_sources(const std::vector<std::string>& paths) {
    std::vector<std::string> out;
    for (const auto& path : paths) {
        std::error_code code;
        if (fs::is_directory(path, code)) {
            sources_below(path, out);
            continue;
        }
        if (auto readable = check_source_path(path); !readable) {
            return std::unexpected(readable.error());
        }
        out.push_back(path);
    }
    return out;
}

TestTotals totals_of(const std::vector<TestedFile>& files) {
    TestTotals out;
    for (const auto& file : files) {
        out.took_us += file.report.took_us;
        if (!file.report.compiled) ++out.broken_files;
        for (const auto& test : file.report.tests) {
            ++(test.failures.empty() ? out.passed : out.failed);
        }
    }
    return out;
}

std::string tests_text(const TestedFile& file, bool colour) {
    std::string out;
    if (!file.report.compiled) {
        out += file.report.diagnostics;
        out += fmt::format("{} {}\n", paint(Tone::Bad, "broken", colour), file.path);
        return out;
    }
    if (file.report.tests.empty()) return out;
    out += fmt::format("{}\n", file.path);
    for (const auto& test : file.report.tests) {
        const bool passed = test.failures.empty();
        out += fmt::format(
            "  {} {}\n",
            paint(passed ? Tone::Good : Tone::Bad, passed ? "ok    " : "failed", colour),
            test.title);
        for (const auto& failure : test.failures) add_failure(failure, colour, out);
        for (const auto& note : test.notes) out += fmt::format("    note: {}\n", note);
    }
    return out;
}

std::string summary_text(const TestTotals& totals, bool colour) {
    std::string out = paint(Tone::Good, fmt::format("{} passed", totals.passed), colour);
    if (totals.failed > 0) {
        out += ", " + paint(Tone::Bad, fmt::format("{} failed", totals.failed), colour);
    }
    if (totals.broken_files > 0) {
        out += ", " + paint(Tone::Bad, count(totals.broken_files, "file") + " with errors", colour);
    }
    return fmt::format("{} in {}\n", out, duration_text(totals.took_us / 1000));
}

std::string coverage_text(const std::vector<TestedFile>& files, bool colour) {
    std::string out;
    for (const auto& file : files) {
        const auto& report = file.report;
        if (!report.compiled || report.parts == 0) continue;
        const auto missed = std::ranges::count_if(
            report.untested, [](const auto& p) { return p.kind != "comment"; });
        out += fmt::format("{}: {} of {} branches, rungs and compensations reached\n", file.path,
                           report.parts - missed, report.parts);
        for (const auto& part : report.untested) {
            const auto check = part.check.empty() ? "" : fmt::format(" [{}]", part.check);
            out +=
                fmt::format("  {} {}: {}{}\n", paint(Tone::Attention, pad(part.kind, 12), colour),
                            place_text(part.place), part.what, check);
        }
    }
    return out;
}

Json tests_json(const std::vector<TestedFile>& files) {
    Json out = Json::array();
    for (const auto& file : files) {
        Json tests = Json::array();
        for (const auto& test : file.report.tests) {
            Json failures = Json::array();
            for (const auto& failure : test.failures) {
                Json one = place_json(failure.place);
                one["message"] = failure.message;
                if (!failure.op.empty()) {
                    one["left"] = failure.left;
                    one["op"] = failure.op;
                    one["right"] = failure.right;
                }
                failures.push_back(std::move(one));
            }
            tests.push_back({{"title", test.title},
                             {"line", test.place.line},
                             {"passed", test.failures.empty()},
                             {"failures", std::move(failures)},
                             {"notes", test.notes},
                             {"virtual_ms", test.virtual_ms},
                             {"facts", test.facts}});
        }
        Json one = {{"file", file.path}, {"compiled", file.report.compiled}};
        if (!file.report.compiled) one["diagnostics"] = file.report.diagnostics;
        one["tests"] = std::move(tests);
        if (file.report.parts > 0) {
            Json untested = Json::array();
            for (const auto& part : file.report.untested) {
                Json row = place_json(part.place);
                row["kind"] = part.kind;
                row["what"] = part.what;
                if (!part.check.empty()) row["check"] = part.check;
                untested.push_back(std::move(row));
            }
            one["coverage"] = {{"parts", file.report.parts}, {"untested", std::move(untested)}};
        }
        out.push_back(std::move(one));
    }
    return out;
}

}  // namespace weft::cli
