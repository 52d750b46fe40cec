#include "testing/coverage.h"

#include <fmt/format.h>

#include <algorithm>

namespace weft::test {
namespace {

bool was_reached(const vm::Visits& visits, std::uint32_t function) {
    const auto& of = visits.of[function];
    return std::ranges::any_of(of, [](std::uint8_t what) { return what != 0; });
}

std::string one_line(std::string_view text) {
    constexpr std::size_t kShown = 60;
    std::string out(text.substr(0, std::min(text.find('\n'), kShown)));
    while (out.ends_with(' ') || out.ends_with('{')) out.pop_back();
    return out;
}

bool starts_before(const Gap& a, const Gap& b) {
    return a.span < b.span;
}

}  // namespace

void CoverageOfSuite::add(const TestImage& image, const vm::Visits& visits) {
    // A rung that follows upon a review has no record of its own: what was executed tells.
    for (const auto& rung : image.rungs) {
        if (visits.of[rung.function][rung.pc] != 0) rungs_.emplace(rung.gate, rung.rung);
    }
    for (const auto& branch : image.branches) {
        const std::uint8_t what = visits.of[branch.function][branch.pc];
        if ((what & vm::Visits::kJumped) != 0) ways_.emplace(branch.span, false);
        // It may have gone both ways: the instruction behind it tells.
        const auto& of = visits.of[branch.function];
        const bool went_on = branch.pc + 1 < of.size() && of[branch.pc + 1] != 0;
        if (what != 0 && went_on) ways_.emplace(branch.span, true);
    }
    const auto& functions = image.image->functions;
    for (std::uint32_t i = 0; i < functions.size(); ++i) {
        if (functions[i].kind == FunctionKind::Undo && was_reached(visits, i)) {
            undone_.insert(functions[i].name);
        }
    }
}

void CoverageOfSuite::branches(const TestImage& whole, Coverage& out) const {
    std::set<Span> seen;
    for (const auto& branch : whole.branches) {
        if (!seen.insert(branch.span).second) continue;
        const std::string text = one_line(module_.sources.text(branch.span));
        for (const bool way : {true, false}) {
            ++out.total;
            if (ways_.contains({branch.span, way})) continue;
            out.gaps.push_back({Gap::Kind::Branch,
                                fmt::format("`{}` is never {}", text, way ? "true" : "false"),
                                branch.span});
        }
    }
}

void CoverageOfSuite::rungs(Coverage& out) const {
    for (const auto& gate : module_.gates) {
        for (std::uint32_t i = 0; i < gate.rungs.size(); ++i) {
            ++out.total;
            if (rungs_.contains({gate.path, i})) continue;
            out.gaps.push_back({Gap::Kind::Rung,
                                fmt::format("the gate `{}` never takes `{}`", gate.path,
                                            one_line(gate.rungs[i].text)),
                                gate.rungs[i].span});
        }
    }
}

void CoverageOfSuite::compensations(const TestImage& whole, Coverage& out) const {
    std::map<std::string, Span> spans;
    for (const auto& step : module_.steps) spans[step.path + ".undo"] = step.undo.span;
    for (const auto& each : module_.eaches) spans[each.path + ".undo"] = each.undo.span;
    for (const auto& function : whole.image->functions) {
        if (function.kind != FunctionKind::Undo) continue;
        ++out.total;
        if (undone_.contains(function.name)) continue;
        const std::string step = function.name.substr(0, function.name.rfind(".undo"));
        const auto span = spans.find(function.name);
        out.gaps.push_back({Gap::Kind::Compensation, fmt::format("`{}` is never undone", step),
                            span == spans.end() ? Span{} : span->second});
    }
}

Coverage CoverageOfSuite::result(Diagnostics& diagnostics) const {
    Coverage out;
    ir::TestSuite program;
    program.module = module_;
    const auto whole = lower_tests(program, {}, {}, diagnostics);
    if (!whole) return out;
    branches(*whole, out);
    rungs(out);
    compensations(*whole, out);
    std::ranges::stable_sort(out.gaps, starts_before);
    return out;
}

}  // namespace weft::test
