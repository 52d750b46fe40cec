// What a test scripts of the world outside: decisions of people, and signals.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/constants.h"
#include "compiler/check/expressions.h"
#include "compiler/check/origins.h"
#include "compiler/check/tests.h"

namespace weft::check {

namespace {

// What the reviews of one gate, or a review of its own, are called, ask and show.
struct Reviewed {
    std::string path;
    std::vector<std::string> roles;
    std::vector<std::pair<std::string, TypeId>> shown;
    TypeId form;

    void add(const ir::ReviewTerms& terms) {
        for (const auto& line : terms.lines) {
            roles.insert(roles.end(), line.roles.begin(), line.roles.end());
        }
        if (terms.form.has_value()) form = terms.form;
    }
};

class CheckDecide {
  public:
    explicit CheckDecide(Body& body) : body_(body), context_(body.context) {}

    std::optional<ir::Decide> check(ast::Decide node) {
        using Verdict = ir::Decide::Verdict;
        row_.span = node.span();
        auto decision = node.decision();
        std::string_view verdict = decision ? decision.verdict().text() : "";
        if (verdict == "reject") row_.verdict = Verdict::Reject;
        if (verdict == "revise") row_.verdict = Verdict::Revise;
        const TypeId text = context_.common.text;
        row_.actor = expect_expr(body_, node.actor(), text, "a person");
        row_.role = expect_expr(body_, node.role(), text, "a role");
        if (decision && decision.reason()) {
            row_.reason = expect_expr(body_, decision.reason(), text, "the reason");
        }
        if (node.after()) {
            row_.delay_ms = constant_duration(body_, node.after(), "the time").value_or(0);
        }
        auto found = find(node.name());
        if (found.empty()) return std::nullopt;
        check_role(node, found);
        keep_fitting(found, decision);
        for (const auto& one : found) row_.paths.push_back(one.path);
        if (decision) parts(decision, found.front());
        return std::move(row_);
    }

  private:
    // All of that name: those of several workflows, or in several blocks, may share it.
    std::vector<Reviewed> find(ast::Name name) {
        std::vector<Reviewed> out;
        std::vector<std::string> legal;
        for (const auto& gate : context_.module.gates) {
            if (gate.name == name.text()) out.push_back(of_gate(gate));
            legal.push_back(gate.name);
        }
        const std::string tail = "." + std::string(name.text());
        for (const auto& review : context_.module.reviews) {
            if (review.path.ends_with(tail)) out.push_back(of_review(review));
            legal.push_back(review.path.substr(review.path.rfind('.') + 1));
        }
        if (out.empty()) {
            report_unknown(context_, DiagnosticCode::UnknownName, name.span(), "gate or review",
                           name.text(), legal);
        }
        return out;
    }

    // Of several, those that ask the role and show the values that are named, if there are such.
    void keep_fitting(std::vector<Reviewed>& found, ast::Decision decision) const {
        if (found.size() < 2) return;
        auto role = known_value(context_, row_.role);
        auto fits = [&](const Reviewed& one) {
            if (role && role->tag() == Tag::Text &&
                std::ranges::find(one.roles, role->as_text()) == one.roles.end()) {
                return false;
            }
            if (!decision || row_.verdict != ir::Decide::Verdict::Revise) return true;
            return std::ranges::all_of(decision.revisions(), [&](const ast::With& with) {
                return std::ranges::any_of(one.shown, [&](const auto& shown) {
                    return shown.first == with.name().text();
                });
            });
        };
        std::vector<Reviewed> fitting;
        std::ranges::copy_if(found, std::back_inserter(fitting), fits);
        if (!fitting.empty()) found = std::move(fitting);
    }

    [[nodiscard]] Reviewed of_gate(const ir::Gate& gate) const {
        Reviewed out;
        out.path = gate.path;
        for (const auto& rung : gate.rungs) {
            if (rung.kind != ir::Rung::Kind::Review) continue;
            out.add(rung.terms);
            for (auto local : rung.values) {
                const auto& value = context_.module.locals[local];
                out.shown.emplace_back(value.name, value.type);
            }
        }
        return out;
    }

    [[nodiscard]] Reviewed of_review(const ir::Review& review) const {
        Reviewed out;
        out.path = review.path;
        out.add(review.terms);
        for (std::size_t i = 0; i < review.values.size(); ++i) {
            out.shown.emplace_back(review.names[i], type_of(context_, review.values[i]));
        }
        return out;
    }

    void check_role(ast::Decide node, const std::vector<Reviewed>& found) {
        auto role = known_value(context_, row_.role);
        if (!role || role->tag() != Tag::Text) return;
        std::vector<std::string> roles;
        for (const auto& one : found) roles.insert(roles.end(), one.roles.begin(), one.roles.end());
        if (std::ranges::find(roles, role->as_text()) != roles.end()) return;
        report_unknown(context_, DiagnosticCode::UnknownRole, node.role().span(),
                       fmt::format("role that is asked in `{}`:", node.name().text()),
                       role->as_text(), roles);
    }

    // `revise name = value`; `approve form = value` where a form is asked for.
    void parts(ast::Decision decision, const Reviewed& reviewed) {
        const bool wants_form =
            row_.verdict == ir::Decide::Verdict::Approve && reviewed.form.has_value();
        auto legal = reviewed.shown;
        if (row_.verdict == ir::Decide::Verdict::Approve) legal.clear();
        if (wants_form) legal.emplace_back("form", reviewed.form);
        for (const auto& with : decision.revisions()) {
            auto found = std::ranges::find_if(
                legal, [&](const auto& one) { return one.first == with.name().text(); });
            if (found == legal.end()) {
                unknown_part(with, legal);
                continue;
            }
            auto value = expect_expr(body_, with.value(), all_bare(context_, found->second),
                                     "`" + found->first + "`");
            if (wants_form) {
                row_.form = value;
            } else {
                row_.revisions.emplace_back(found->first, value);
            }
        }
        if (!wants_form || row_.form.has_value()) return;
        auto& d = context_.report(DiagnosticCode::ArgumentMismatch, decision.span(),
                                  "the review asks for a form, and this approval gives none");
        d.help = "write `approve form = …`";
    }

    void unknown_part(ast::With with, const std::vector<std::pair<std::string, TypeId>>& legal) {
        std::vector<std::string> names;
        for (const auto& [name, type] : legal) names.push_back(name);
        report_unknown(context_, DiagnosticCode::UnknownName, with.name().span(),
                       "value under review", with.name().text(), names);
        check_expr(body_, with.value());
    }

    Body& body_;
    Context& context_;
    ir::Decide row_;
};

}  // namespace

std::optional<ir::Decide> check_decide(Body& body, ast::Decide node) {
    return CheckDecide(body).check(node);
}

std::optional<ir::Send> check_send(Body& body, ast::Send node) {
    Context& context = body.context;
    ir::Send out;
    out.span = node.span();
    TypeId type;
    std::vector<std::string> legal;
    for (std::uint32_t i = 0; i < context.module.workflows.size(); ++i) {
        const auto& signals = context.module.workflows[i].signals;
        for (std::uint32_t number = 0; number < signals.size(); ++number) {
            legal.push_back(signals[number].name);
            if (signals[number].name != node.name().text()) continue;
            out.to.emplace_back(i, number);
            type = signals[number].type;
        }
    }
    auto arguments = node.arguments();
    if (node.after()) {
        out.delay_ms = constant_duration(body, node.after(), "the time").value_or(0);
    }
    if (out.to.empty()) {
        report_unknown(context, DiagnosticCode::UnknownName, node.name().span(), "signal",
                       node.name().text(), legal);
        return std::nullopt;
    }
    if (arguments.empty() && type == context.common.none) {
        out.value = add_literal(context, {}, type, node.span());
        return out;
    }
    if (arguments.size() != 1) {
        context.report(DiagnosticCode::ArgumentMismatch, node.span(),
                       fmt::format("a signal has one value, not {}", arguments.size()));
        return std::nullopt;
    }
    const bool is_bare = type == context.common.none;
    const Wanting wanting(body, {is_bare ? "" : "signal", node.name().text()});
    out.value = expect_expr(body, arguments[0].value(), all_bare(context, type), "the signal");
    return out;
}

}  // namespace weft::check
