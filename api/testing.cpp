#include "weft/testing.h"

#include <fmt/format.h>

#include <chrono>

#include "api/package_loader.h"
#include "api/places.h"
#include "compiler/compile.h"
#include "testing/runner.h"

namespace weft {
namespace {

class Reporting {
  public:
    Reporting(const SourceSet& sources, TestReport& out) : sources_(sources), out_(out) {}

    void results(test::Results results, const std::vector<SilencedLater>& silenced) {
        for (auto& result : results.tests) out_.tests.push_back(outcome(std::move(result)));
        std::vector<bool> used(silenced.size());
        for (auto& gap : results.coverage.gaps) {
            const auto code = check(gap.kind);
            if (is_silenced(gap, code, silenced, used)) continue;
            out_.untested.push_back({kind(gap.kind), std::move(gap.what), place(gap.span),
                                     code ? std::string(info(*code).name) : ""});
        }
        out_.parts = static_cast<std::int64_t>(results.coverage.total);
        if (out_.parts == 0) return;
        for (std::size_t i = 0; i < silenced.size(); ++i) {
            if (used[i] || found_in(silenced[i].code) != FoundIn::Tests) continue;
            out_.untested.push_back(
                {"comment", fmt::format("no `{}` is reported here", info(silenced[i].code).name),
                 place(silenced[i].span),
                 std::string(info(DiagnosticCode::UnusedSuppression).name)});
        }
    }

  private:
    static std::optional<DiagnosticCode> check(test::Gap::Kind kind) {
        switch (kind) {
            case test::Gap::Kind::Branch:
                return std::nullopt;
            case test::Gap::Kind::Rung:
                return DiagnosticCode::GateRungUntested;
            case test::Gap::Kind::Compensation:
                return DiagnosticCode::CompensationUntested;
        }
        return std::nullopt;
    }

    [[nodiscard]] bool is_silenced(const test::Gap& gap, std::optional<DiagnosticCode> code,
                                   const std::vector<SilencedLater>& silenced,
                                   std::vector<bool>& used) const {
        if (!code || !gap.span.file.has_value()) return false;
        const auto line = sources_[gap.span.file].position(gap.span.begin).line;
        for (std::size_t i = 0; i < silenced.size(); ++i) {
            const auto& one = silenced[i];
            if (one.code != *code || one.file != gap.span.file || one.line != line) continue;
            used[i] = true;
            return true;
        }
        return false;
    }

    static std::string kind(test::Gap::Kind kind) {
        switch (kind) {
            case test::Gap::Kind::Branch:
                return "branch";
            case test::Gap::Kind::Rung:
                return "rung";
            case test::Gap::Kind::Compensation:
                return "compensation";
        }
        return "";
    }

    [[nodiscard]] TestPlace place(Span span) const { return place_of(sources_, span); }

    [[nodiscard]] TestOutcome outcome(test::Result result) const {
        TestOutcome out;
        out.title = std::move(result.title);
        out.place = place(result.span);
        out.notes = std::move(result.notes);
        out.virtual_ms = result.virtual_ms;
        out.facts = static_cast<std::int64_t>(result.facts);
        for (auto& failure : result.failures) {
            out.failures.push_back({place(failure.span), std::move(failure.message),
                                    std::move(failure.left), std::move(failure.op),
                                    std::move(failure.right)});
        }
        return out;
    }

    const SourceSet& sources_;
    TestReport& out_;
};

}  // namespace

TestReport test_file(const std::string& path, const TestOptions& options) {
    const auto begin = std::chrono::steady_clock::now();
    TestReport out;
    FileLoader loader(path);
    const Compiled compiled = compile(path, loader);
    const SourceSet& sources = compiled.module.sources;
    for (std::uint32_t i = 0; i < sources.size(); ++i) {
        const auto& file = sources[FileId{i}].path();
        if (!file.starts_with("std/")) out.files.push_back(file);
    }
    if (out.files.empty()) out.files.push_back(path);
    out.compiled = compiled.ok;
    add_rendered(compiled.diagnostics, sources, options.colour, out.diagnostics);
    if (compiled.ok && compiled.tests) {
        auto results =
            test::run_tests(*compiled.tests, {options.filter, options.coverage, options.crashes});
        add_rendered(results.diagnostics, sources, options.colour, out.diagnostics);
        out.compiled = !results.diagnostics.has_errors();
        Reporting(sources, out).results(std::move(results), compiled.silenced_later);
    }
    out.took_us = std::chrono::duration_cast<std::chrono::microseconds>(
                      std::chrono::steady_clock::now() - begin)
                      .count();
    return out;
}

}  // namespace weft
