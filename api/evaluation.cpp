#include "weft/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "api/eval_world.h"
#include "api/package_loader.h"
#include "api/places.h"
#include "compiler/compile.h"
#include "engine/status.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

std::string_view kind_name(test::EvalCheck::Kind kind) {
    switch (kind) {
        case test::EvalCheck::Kind::Cases:
            return "cases";
        case test::EvalCheck::Kind::Run:
            return "run";
        case test::EvalCheck::Kind::Baseline:
            return "baseline";
        case test::EvalCheck::Kind::Requirement:
            return "requirement";
        case test::EvalCheck::Kind::Budget:
            return "budget";
    }
    return "";
}

// One eval: its files are read, it is run, its baseline perhaps written.
class Evaluating {
  public:
    Evaluating(const Compiled& compiled, const EvalOptions& options, fs::path folder,
               engine::Config config)
        : suite_(*compiled.tests),
          sources_(compiled.module.sources),
          options_(options),
          folder_(std::move(folder)),
          config_(std::move(config)) {}

    Result<EvalOutcome> evaluate(std::size_t number, Diagnostics& diagnostics) {
        const ir::Eval& eval = suite_.evals[number];
        test::EvalInput input;
        WEFT_TRY(cases, read(eval.cases));
        input.cases = std::move(cases);
        if (eval.baseline) {
            auto baseline = read(eval.baseline->file);
            if (baseline) {
                input.baseline = std::move(*baseline);
            } else if (baseline.error().kind != ErrorKind::NotFound) {
                return std::unexpected(baseline.error());
            }
        }
        RealWorld world(config_, folder_);
        auto result = test::run_eval(suite_, number, input, world, diagnostics);
        EvalOutcome out = report(eval, result);
        if (!options_.update || !result.new_baseline) return out;
        // What is written from now on is what the scores are held against.
        const auto file = folder_ / eval.baseline->file;
        WEFT_TRY_VOID(write(file, *result.new_baseline));
        out.written = file.string();
        std::erase_if(out.checks, [](const auto& check) { return check.kind == "baseline"; });
        return out;
    }

  private:
    [[nodiscard]] Result<std::string> read(const std::string& name) const {
        const auto path = folder_ / name;
        std::error_code code;
        if (!fs::exists(path, code)) {
            return fail(ErrorKind::NotFound, fmt::format("there is no file {}", path.string()),
                        "it is named relative to the program");
        }
        std::ifstream in(path, std::ios::binary);
        std::string text{std::istreambuf_iterator<char>(in), {}};
        if (!in.is_open() || in.bad()) {
            return fail(ErrorKind::Environment, fmt::format("{} cannot be read", path.string()));
        }
        return text;
    }

    // Whole or not at all.
    static Result<void> write(const fs::path& path, const std::string& text) {
        const auto fresh = path.string() + ".new";
        std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
        out << text;
        out.close();
        std::error_code code;
        if (out) fs::rename(fresh, path, code);
        if (out && !code) return {};
        fs::remove(fresh, code);
        return fail(ErrorKind::Environment, fmt::format("{} cannot be written", path.string()));
    }

    [[nodiscard]] EvalOutcome report(const ir::Eval& eval, test::EvalResult& result) const {
        EvalOutcome out;
        out.name = result.name;
        out.place = place_of(sources_, result.span);
        out.cases_file = (folder_ / eval.cases).string();
        out.spent = test::money_shown(result.spent_micros);
        out.notes = std::move(result.notes);
        for (auto& one : result.cases) {
            EvaluatedCase row;
            row.line = static_cast<unsigned>(one.line);
            row.status = engine::status_name(one.status);
            for (const auto& score : one.scores) row.scores.push_back(score.to_string());
            row.problems = std::move(one.problems);
            row.spent = test::money_shown(one.spent_micros);
            out.cases.push_back(std::move(row));
        }
        for (const auto& score : result.scores) {
            EvaluatedScore row{score.name,
                               place_of(sources_, score.span),
                               score.average.to_string(),
                               score.before ? score.before->to_string() : "",
                               {}};
            for (const auto line : score.worse) row.worse.push_back(static_cast<unsigned>(line));
            out.scores.push_back(std::move(row));
        }
        for (auto& check : result.checks) {
            out.checks.push_back({std::string(kind_name(check.kind)), std::move(check.what),
                                  place_of(sources_, check.failure.span),
                                  std::move(check.failure.message), std::move(check.failure.left),
                                  std::move(check.failure.op), std::move(check.failure.right)});
        }
        return out;
    }

    const ir::TestSuite& suite_;
    const SourceSet& sources_;
    const EvalOptions& options_;
    fs::path folder_;
    engine::Config config_;
};

Result<engine::Config> configuration(const EvalOptions& options, const fs::path& folder) {
    if (!options.config.empty()) return engine::load_config(options.config);
    return engine::load_config((folder / "weft.toml").string());
}

Result<void> evaluate_all(const std::string& path, const Compiled& compiled,
                          const EvalOptions& options, EvalReport& out) {
    const auto folder = fs::path(path).parent_path();
    WEFT_TRY(config, configuration(options, folder));
    Evaluating evaluating(compiled, options, folder, std::move(config));
    Diagnostics diagnostics;
    for (std::size_t i = 0; i < compiled.tests->evals.size(); ++i) {
        if (compiled.tests->evals[i].name.find(options.filter) == std::string::npos) continue;
        WEFT_TRY(outcome, evaluating.evaluate(i, diagnostics));
        out.evals.push_back(std::move(outcome));
    }
    add_rendered(diagnostics, compiled.module.sources, options.colour, out.diagnostics);
    out.compiled = !diagnostics.has_errors();
    return {};
}

}  // namespace

bool EvalOutcome::passed() const {
    return std::ranges::all_of(checks, [](const auto& check) { return check.problem.empty(); });
}

EvalReport evaluate_file(const std::string& path, const EvalOptions& options) {
    const auto begin = std::chrono::steady_clock::now();
    EvalReport out;
    FileLoader loader(path);
    const Compiled compiled = compile(path, loader);
    out.compiled = compiled.ok;
    add_rendered(compiled.diagnostics, compiled.module.sources, options.colour, out.diagnostics);
    if (compiled.ok && compiled.tests) {
        if (auto done = evaluate_all(path, compiled, options, out); !done) {
            out.error = done.error();
        }
    }
    out.took_us = std::chrono::duration_cast<std::chrono::microseconds>(
                      std::chrono::steady_clock::now() - begin)
                      .count();
    return out;
}

}  // namespace weft
