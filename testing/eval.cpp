#include "testing/eval.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "testing/stage.h"
#include "vm/boundary.h"

namespace weft::test {
namespace {

constexpr int kPlaces = 6;  // of an average: what a baseline holds, and what is compared

struct Case {
    std::size_t line = 0;
    Value value;
};

Decimal rounded(const Decimal& number) {
    return Decimal::round(number, kPlaces).value_or(number);
}

// A Bool counts 1 or 0.
Decimal worth(const Value& value) {
    switch (value.tag()) {
        case Tag::True:
            return Decimal::from_int(1);
        case Tag::Int:
            return Decimal::from_int(value.as_int());
        case Tag::Decimal:
            return value.as_decimal();
        default:
            return {};
    }
}

class EvalRunner {
  public:
    EvalRunner(const ir::TestSuite& suite, const ir::Eval& eval, const TestImage& image,
               EvalWorld& world, EvalResult& out)
        : module_(suite.module),
          eval_(eval),
          image_(image),
          world_(world),
          out_(out),
          stage_(eval.script, image) {}

    void run(const EvalInput& input) {
        const auto cases = read_cases(input.cases);
        if (!cases) return;
        for (const auto& one : *cases) {
            if (!run_case(one)) return;
        }
        average();
        require();
        budget();
        compare(input);
    }

  private:
    EvalCheck& check(EvalCheck::Kind kind, std::string what, Span span) {
        EvalCheck& row = out_.checks.emplace_back();
        row.kind = kind;
        row.what = std::move(what);
        row.failure.span = span;
        return row;
    }
    void fail(EvalCheck::Kind kind, std::string what, Span span, std::string message) {
        check(kind, std::move(what), span).failure.message = std::move(message);
    }

    // All of them are read before anything runs.
    std::optional<std::vector<Case>> read_cases(std::string_view text) {
        std::vector<Case> out;
        bool are_good = true;
        std::size_t number = 0;
        while (!text.empty()) {
            const auto end = std::min(text.find('\n'), text.size());
            const auto line = text.substr(0, end);
            text.remove_prefix(std::min(end + 1, text.size()));
            ++number;
            if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
            auto value = read_case(line);
            if (value) {
                out.push_back({number, std::move(*value)});
                continue;
            }
            are_good = false;
            fail(EvalCheck::Kind::Cases, "cases", eval_.cases_span,
                 fmt::format("line {} of {} {}", number, eval_.cases, value.error()));
        }
        if (!are_good) return std::nullopt;
        if (!out.empty()) return out;
        fail(EvalCheck::Kind::Cases, "cases", eval_.cases_span,
             fmt::format("{} holds no case", eval_.cases));
        return std::nullopt;
    }

    std::expected<Value, std::string> read_case(std::string_view line) {
        const auto json = world_.read_case(line);
        if (!json) return std::unexpected("can't be read: " + json.error());
        auto value = vm::read_value(*image_.image, eval_.case_type, *json);
        if (value) return std::move(*value);
        const auto& misfit = value.error();
        return std::unexpected(
            fmt::format("is no {}{}: {}", image_.image->types.text(eval_.case_type),
                        misfit.path.empty() ? "" : ", at " + misfit.path, misfit.message));
    }

    // False: the other cases would say nothing either.
    bool run_case(const Case& one) {
        EvalCase& row = out_.cases.emplace_back();
        row.line = one.line;
        told_ = {};
        stage_.reset(told_);
        stage_.expressions().set(eval_.case_local, one.value);
        world_.begin_case();
        for (const auto& line : eval_.script.lines) {
            if (line.kind == ir::TestLine::Kind::Score) {
                score(eval_.scores[line.row], row);
            } else if (line.kind == ir::TestLine::Kind::Run) {
                drive(eval_.script.runs[line.row], row);
            } else {
                stage_.set(line);
            }
            if (told_.failures.empty()) continue;
            const auto& failure = told_.failures.front();
            fail(EvalCheck::Kind::Run, fmt::format("line {}", one.line), failure.span,
                 fmt::format("the case on line {}: {}", one.line, failure.message));
            return false;
        }
        return true;
    }

    void drive(const ir::TestRun& run, EvalCase& row) {
        DriverOptions options;
        options.outside = &world_;
        const auto trace = stage_.drive(run, std::move(options), out_.cases.size());
        if (!trace) return;
        row.status = trace->status;
        row.spent_micros = trace->spent_micros;
        for (const auto& [currency, micros] : trace->spent_micros) {
            out_.spent_micros[currency] += micros;
        }
    }

    // A score that can't be had, because the run gave nothing, counts 0.
    void score(const ir::EvalScore& score, EvalCase& row) {
        const auto value = stage_.expressions().evaluate(score.value);
        if (!value)
            row.problems.push_back(fmt::format("{} counts 0: {}", score.name, value.error()));
        row.scores.push_back(value ? worth(*value) : Decimal());
        stage_.expressions().set(score.local, Value::decimal(row.scores.back()));
    }

    void average() {
        const auto count = Decimal::from_int(static_cast<std::int64_t>(out_.cases.size()));
        for (std::size_t i = 0; i < eval_.scores.size(); ++i) {
            std::optional<Decimal> sum = Decimal();
            for (const auto& one : out_.cases) {
                if (sum) sum = Decimal::add(*sum, one.scores[i]);
            }
            if (sum) sum = Decimal::divide(*sum, count);
            const auto& score = eval_.scores[i];
            if (!sum) {
                fail(EvalCheck::Kind::Run, score.name, score.span,
                     fmt::format("the values of {} are too large to be added", score.name));
            }
            out_.scores.push_back(
                {score.name, score.span, rounded(sum.value_or(Decimal())), {}, {}});
            stage_.expressions().set(score.average, Value::decimal(out_.scores.back().average));
        }
        const auto completed =
            std::ranges::count(out_.cases, vm::RunStatus::Completed, &EvalCase::status);
        stage_.expressions().set(eval_.count,
                                 Value::integer(static_cast<std::int64_t>(out_.cases.size())));
        stage_.expressions().set(eval_.completed, Value::integer(completed));
    }

    void require() {
        for (const auto& row : eval_.requirements) {
            const auto text = std::string(module_.sources.text(row.span));
            EvalCheck& out = check(EvalCheck::Kind::Requirement, text, row.span);
            if (auto failure = judge(module_, image_, stage_.expressions(), row)) {
                out.failure = std::move(*failure);
                if (row.left.has_value()) out.failure.message = "the requirement does not hold";
            } else if (row.left.has_value()) {
                out.failure.op = row.op;
                out.failure.left = side_shown(module_, image_, stage_.expressions(), row.left);
                out.failure.right = side_shown(module_, image_, stage_.expressions(), row.right);
            }
        }
    }

    void budget() {
        if (!eval_.has_budget) return;
        EvalCheck& out =
            check(EvalCheck::Kind::Budget, std::string(module_.sources.text(eval_.budget_span)),
                  eval_.budget_span);
        out.failure.left = money_shown(out_.spent_micros);
        out.failure.op = "<=";
        out.failure.right = money_shown({{eval_.budget_currency, eval_.budget_micros}});
        for (const auto& [currency, micros] : out_.spent_micros) {
            if (currency != eval_.budget_currency) {
                out.failure.message = "the runs cost another currency than the budget's";
            } else if (micros > eval_.budget_micros && out.failure.message.empty()) {
                out.failure.message = "the runs cost more than the budget";
            }
        }
    }

    void compare(const EvalInput& input) {
        if (!eval_.baseline) return;
        Baseline now;
        now.cases_sha256 = to_hex(view(sha256(input.cases)));
        for (std::size_t i = 0; i < out_.scores.size(); ++i) {
            now.averages[out_.scores[i].name] = out_.scores[i].average;
            auto& each = now.each[out_.scores[i].name];
            for (const auto& one : out_.cases) each.push_back(rounded(one.scores[i]));
        }
        out_.new_baseline = baseline_text(eval_.name, now);
        const auto& row = *eval_.baseline;
        if (!input.baseline) {
            fail(EvalCheck::Kind::Baseline, row.file, row.span,
                 fmt::format("there is no baseline {} yet: `weft eval --update` writes it",
                             row.file));
            return;
        }
        const auto before = read_baseline(*input.baseline);
        if (!before) {
            fail(EvalCheck::Kind::Baseline, row.file, row.span,
                 fmt::format("the baseline {} can't be read: {}", row.file, before.error()));
            return;
        }
        const bool are_same = before->cases_sha256 == now.cases_sha256;
        if (!are_same) {
            out_.notes.push_back(
                fmt::format("the cases are not those that {} was made from", row.file));
        }
        for (auto& score : out_.scores) compare_score(score, *before, now, are_same);
    }

    void compare_score(EvalScoreResult& score, const Baseline& before, const Baseline& now,
                       bool are_same) {
        const auto& row = *eval_.baseline;
        const auto found = before.averages.find(score.name);
        if (found == before.averages.end()) {
            fail(EvalCheck::Kind::Baseline, score.name, score.span,
                 fmt::format("the baseline {} knows no score {}: `weft eval --update` adds it",
                             row.file, score.name));
            return;
        }
        score.before = found->second;
        const auto least = Decimal::subtract(found->second, row.tolerance).value_or(found->second);
        EvalCheck& out = check(EvalCheck::Kind::Baseline,
                               fmt::format("{} against {}", score.name, row.file), score.span);
        out.failure.left = score.average.to_string();
        out.failure.op = ">=";
        out.failure.right = least.to_string();
        const bool fell = Decimal::compare(score.average, least) < 0;
        const auto each = before.each.find(score.name);
        if (are_same && each != before.each.end()) {
            const auto& mine = now.each.at(score.name);
            for (std::size_t i = 0; i < mine.size() && i < each->second.size(); ++i) {
                if (Decimal::compare(mine[i], each->second[i]) < 0) {
                    score.worse.push_back(out_.cases[i].line);
                }
            }
        }
        if (fell) {
            out.failure.message = fmt::format("{} fell from {} to {}", score.name,
                                              found->second.to_string(), score.average.to_string());
        }
    }

    const ir::Module& module_;
    const ir::Eval& eval_;
    const TestImage& image_;
    EvalWorld& world_;
    EvalResult& out_;
    Stage stage_;
    Result told_;  // of the run under way
};

}  // namespace

std::string money_shown(const std::map<std::string, std::int64_t>& micros) {
    std::string out;
    for (const auto& [currency, amount] : micros) {
        const auto number =
            Decimal::divide(Decimal::from_int(amount), Decimal::from_int(1'000'000));
        out += fmt::format("{}{} {}", out.empty() ? "" : " + ",
                           number.value_or(Decimal()).to_string(), currency);
    }
    return out.empty() ? "0" : out;
}

EvalResult run_eval(const ir::TestSuite& suite, std::size_t number, const EvalInput& input,
                    EvalWorld& world, Diagnostics& diagnostics) {
    const ir::Eval& eval = suite.evals[number];
    EvalResult out;
    out.name = eval.name;
    out.span = eval.span;
    const auto image = lower_eval(suite, number, diagnostics);
    if (!image) return out;
    if (const auto verified = verify_image(*image->image); !verified) {
        EvalCheck& row = out.checks.emplace_back();
        row.kind = EvalCheck::Kind::Run;
        row.what = eval.name;
        row.failure.span = eval.span;
        row.failure.message = fmt::format(
            "internal error: the eval's program does not verify: {}; please report this",
            verified.error().message);
        return out;
    }
    EvalRunner(suite, eval, *image, world, out).run(input);
    return out;
}

}  // namespace weft::test
