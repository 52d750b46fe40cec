#include "compiler/compat/compat.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include "compiler/compat/outline.h"
#include "compiler/ir/print.h"

namespace weft::compat {
namespace {

class Comparing {
  public:
    Comparing(const ir::Module& old, const ir::Module& next) : old_(old), next_(next) {}

    std::vector<Finding> all() {
        for (const auto& workflow : old_.workflows) {
            const auto* other = find(next_.workflows, workflow.name);
            if (other == nullptr) {
                report({"workflow-removed",
                        Class::Breaks,
                        "workflow " + workflow.name,
                        "it is not there any more",
                        "nobody can start it, no run of it can go on",
                        workflow.span,
                        {}});
                continue;
            }
            compare_workflows(workflow, *other);
        }
        for (const auto& workflow : next_.workflows) {
            if (find(old_.workflows, workflow.name) != nullptr) continue;
            report({"workflow-added",
                    Class::Safe,
                    "workflow " + workflow.name,
                    "it is new",
                    "no run has it",
                    {},
                    workflow.span});
        }
        compare_workers();
        compare_types();
        compare_schedules();
        return std::move(out_);
    }

  private:
    template <typename Row>
    static const Row* find(const std::vector<Row>& rows, const std::string& name) {
        const auto found = std::ranges::find(rows, name, &Row::name);
        return found == rows.end() ? nullptr : &*found;
    }
    void report(Finding finding) { out_.push_back(std::move(finding)); }

    // --- what callers, senders and readers see

    void compare_workflows(const ir::Workflow& a, const ir::Workflow& b) {
        const auto name = "workflow " + a.name;
        compare_parameters(a, b);
        if (shape(old_.types, a.result) != shape(next_.types, b.result)) {
            report({"output-changed", Class::Breaks, name, "its result has another type",
                    "who reads its result has to change as well", a.span, b.span});
        }
        const auto head = [](const ir::Workflow& w) {
            return fmt::format("{} {} {} {} {}", w.within_ms, w.budget_micros, w.budget_currency,
                               w.retain_ms, w.strict_order);
        };
        if (head(a) != head(b)) {
            report({"policy-changed", Class::Adopts, name,
                    "its deadline, budget, retention or order of undoing is another one",
                    "a run has the new one from where it adopts the program", a.span, b.span});
        }
        compare_signals(a, b);
        compare_bodies(a, b);
    }

    using Parameters = std::vector<ir::WorkflowParameter>;
    const ir::WorkflowParameter* parameter(const ir::Module& module, const Parameters& rows,
                                           const std::string& name) {
        const auto found = std::ranges::find_if(
            rows, [&](const auto& row) { return module.locals[row.local].name == name; });
        return found == rows.end() ? nullptr : &*found;
    }

    void compare_parameters(const ir::Workflow& a, const ir::Workflow& b) {
        for (const auto& row : a.parameters) {
            const auto& local = old_.locals[row.local];
            const auto name = fmt::format("parameter {}.{}", a.name, local.name);
            const auto* other = parameter(next_, b.parameters, local.name);
            if (other == nullptr) {
                report({"breaking-input", Class::Breaks, name, "it is not there any more",
                        "a start that gives it is refused", local.span, b.span});
                continue;
            }
            const auto& now = next_.locals[other->local];
            if (shape(old_.types, local.type) != shape(next_.types, now.type)) {
                report({"breaking-input", Class::Breaks, name,
                        fmt::format("it is a {} and was a {}", next_.types.text(now.type),
                                    old_.types.text(local.type)),
                        "what is given to starts, and was given to runs, may not fit", local.span,
                        now.span});
            }
        }
        for (const auto& row : b.parameters) {
            const auto& local = next_.locals[row.local];
            if (parameter(old_, a.parameters, local.name) != nullptr) continue;
            const bool fits = row.default_value.has_value();
            report({fits ? "input-added" : "breaking-input", fits ? Class::Safe : Class::Breaks,
                    fmt::format("parameter {}.{}", a.name, local.name), "it is new",
                    fits ? "starts and runs without it have its default"
                         : "it has no default: starts and runs do without it",
                    a.span, local.span});
        }
    }

    void compare_signals(const ir::Workflow& a, const ir::Workflow& b) {
        for (const auto& signal : a.signals) {
            const auto name = fmt::format("signal {}.{}", a.name, signal.name);
            const auto found = std::ranges::find_if(b.signals, [&](const ir::Signal& other) {
                return other.name == signal.name || other.was == signal.name;
            });
            if (found == b.signals.end()) {
                report({"signal-removed",
                        Class::Breaks,
                        name,
                        "it is not there any more",
                        "who sends it is refused; a run that got it can't go on",
                        signal.span,
                        {}});
            } else if (shape(old_.types, signal.type) != shape(next_.types, found->type)) {
                report({"signal-retyped", Class::Breaks, name, "it brings another type",
                        "who sends it has to change as well", signal.span, found->span});
            }
        }
    }

    // --- what runs come by

    void compare_bodies(const ir::Workflow& a, const ir::Workflow& b) {
        const auto before = outline(old_, a);
        const auto after = outline(next_, b);
        std::map<std::string, const Construct*> by_name;
        for (const auto& construct : after) by_name.emplace(construct.name, &construct);
        std::vector<std::string> kept;
        for (const auto& construct : before) {
            const auto found = by_name.find(construct.name);
            if (found == by_name.end()) {
                removed(construct, before, after);
            } else {
                kept.push_back(construct.name);
                changed(construct, *found->second);
            }
        }
        compare_order(before, after, kept);
        std::set<std::string> known;
        for (const auto& construct : before) known.insert(construct.name);
        for (const auto& construct : after) {
            if (!known.contains(construct.name)) added(construct);
        }
    }

    void removed(const Construct& construct, const std::vector<Construct>& before,
                 const std::vector<Construct>& after) {
        Finding out{"breaking-in-flight",
                    Class::Migrates,
                    construct.name,
                    "it is not there any more",
                    "a run that has come by here finds no place for what it did",
                    construct.span,
                    {}};
        if (construct.is_undo) {
            out.name = "compensation-changed-in-flight";
            out.cls = Class::Adopts;
            out.reason = "what a run did before is undone as the new program says";
        } else if (!construct.is_logged) {
            out.name = "flow-changed";
            out.cls = Class::Adopts;
            out.reason = "a run that took this way does not go on if another one is taken now";
        }
        const auto same = [&](const Construct& other) {
            return !construct.twin.empty() && other.twin == construct.twin &&
                   std::ranges::find(before, other.name, &Construct::name) == before.end();
        };
        if (const auto twin = std::ranges::find_if(after, same); twin != after.end()) {
            const auto old_word = construct.name.substr(construct.name.rfind('.') + 1);
            const auto new_word = twin->name.substr(twin->name.rfind('.') + 1);
            out.new_span = twin->span;
            out.reason = fmt::format("`{}` does the same: written `{} was {}` runs know it again",
                                     twin->name, new_word, old_word);
        }
        report(std::move(out));
    }

    void added(const Construct& construct) {
        if (construct.is_undo) {
            report({"compensation-changed-in-flight",
                    Class::Adopts,
                    construct.name,
                    "it is new",
                    "what a run did before is undone as the new program says",
                    {},
                    construct.span});
            return;
        }
        if (!construct.is_logged) {
            report({"flow-changed",
                    Class::Adopts,
                    construct.name,
                    "it is new",
                    "a run that has come by here does not go on if it takes another way now",
                    {},
                    construct.span});
            return;
        }
        report({"step-added",
                Class::Migrates,
                construct.name,
                "it is new",
                "a run that is past this place has not done it; one that is before it does it",
                {},
                construct.span});
    }

    void changed(const Construct& a, const Construct& b) {
        for (std::size_t i = 0; i < std::min(a.parts.size(), b.parts.size()); ++i) {
            const auto& part = a.parts[i];
            if (part.text == b.parts[i].text) continue;
            report(
                {part.name, part.cls, a.name, part.what + " changed", part.reason, a.span, b.span});
        }
    }

    // What keeps its order is the longest list that both have; the rest was moved.
    void compare_order(const std::vector<Construct>& before, const std::vector<Construct>& after,
                       const std::vector<std::string>& kept) {
        std::vector<std::string> now;
        std::map<std::string, const Construct*> old_by_name;
        for (const auto& construct : before) {
            if (construct.is_logged) old_by_name.emplace(construct.name, &construct);
        }
        std::vector<std::string> was;
        for (const auto& name : kept) {
            if (old_by_name.contains(name)) was.push_back(name);
        }
        std::map<std::string, Span> spans;
        for (const auto& construct : after) {
            spans.emplace(construct.name, construct.span);
            if (old_by_name.contains(construct.name)) now.push_back(construct.name);
        }
        const auto stays = common(was, now);
        for (const auto& name : was) {
            if (stays.contains(name)) continue;
            report({"step-moved", Class::Migrates, name, "it stands at another place",
                    "a run between its old and its new place would do it twice, or not at all",
                    old_by_name[name]->span, spans[name]});
        }
    }

    static std::set<std::string> common(const std::vector<std::string>& a,
                                        const std::vector<std::string>& b) {
        std::vector<std::vector<std::uint32_t>> best(a.size() + 1,
                                                     std::vector<std::uint32_t>(b.size() + 1));
        for (std::size_t i = a.size(); i-- > 0;) {
            for (std::size_t j = b.size(); j-- > 0;) {
                best[i][j] = a[i] == b[j] ? best[i + 1][j + 1] + 1
                                          : std::max(best[i + 1][j], best[i][j + 1]);
            }
        }
        std::set<std::string> out;
        for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
            if (a[i] == b[j]) {
                out.insert(a[i]);
                ++i;
                ++j;
            } else if (best[i + 1][j] >= best[i][j + 1]) {
                ++i;
            } else {
                ++j;
            }
        }
        return out;
    }

    // --- what both use

    void compare_workers() {
        for (const auto& worker : old_.workers) {
            const auto& row = worker.row;
            const auto same = [&](const ir::Worker& other) {
                return other.row.name == row.name || other.row.was == row.name;
            };
            const auto& all = next_.workers;
            const auto found = std::find_if(all.begin(), all.end(), same);
            if (found == all.end()) continue;  // its steps say so
            const auto effect = [](const WorkerRow& r) {
                return fmt::format("{} {} {} {}", static_cast<int>(r.effect), r.window_ms,
                                   r.irreversible, r.untrusted);
            };
            if (effect(row) != effect(found->row)) {
                report({"effect-changed", Class::Adopts, "worker " + row.name,
                        "its effect is of another class",
                        "an attempt that is in doubt is settled as the new program says",
                        worker.span, found->span});
            }
            const auto pace = [](const WorkerRow& r) {
                const auto& p = r.pacing;
                return std::tuple(p.at_once, p.rate_count, p.rate_period_ms, p.breaker_failures,
                                  p.breaker_window_ms, p.breaker_open_ms, r.reserve_micros,
                                  r.reserve_currency);
            };
            if (pace(row) != pace(found->row)) {
                report({"limits-changed", Class::Safe, "worker " + row.name,
                        "its limit, breaker or cost is another one",
                        "it is what attempts from now on are held to", worker.span, found->span});
            }
            if (row.fails != found->row.fails) {
                report({"errors-changed", Class::Adopts, "worker " + row.name,
                        "it fails with other errors", "handlers are chosen by the new list",
                        worker.span, found->span});
            }
        }
    }

    static std::map<std::string, TypeId> named(const TypeTable& types, TypeKind kind) {
        std::map<std::string, TypeId> out;
        for (std::uint32_t i = 0; i < types.size(); ++i) {
            const auto& type = types[TypeId{i}];
            if (type.kind == kind && !type.name.empty()) out.emplace(type.name, TypeId{i});
        }
        return out;
    }

    void compare_types() {
        const auto after = named(next_.types, TypeKind::Enum);
        for (const auto& [name, id] : named(old_.types, TypeKind::Enum)) {
            const auto found = after.find(name);
            if (found == after.end()) continue;
            const auto& cases = next_.types[found->second].cases;
            for (const auto& one : old_.types[id].cases) {
                if (std::ranges::find(cases, one.name, &CaseType::name) != cases.end()) continue;
                report({"enum-value-removed",
                        Class::Breaks,
                        fmt::format("case {}.{}", name, one.name),
                        "it is not there any more",
                        "values of it that callers give, and runs have, do not fit",
                        {},
                        {}});
            }
        }
    }

    void compare_schedules() {
        const auto text = [](const ir::Module& module, const ir::Schedule& row) {
            return module.workflows[row.row.workflow].name + " " + schedule_text(row.row);
        };
        for (const auto& row : old_.schedules) {
            const auto found = std::ranges::find_if(
                next_.schedules, [&](const auto& other) { return other.row.name == row.row.name; });
            if (found == next_.schedules.end()) {
                report({"schedule-removed",
                        Class::Safe,
                        "schedule " + row.row.name,
                        "it is not there any more",
                        "no run depends on it",
                        row.span,
                        {}});
            } else if (text(old_, row) != text(next_, *found)) {
                report({"schedule-changed", Class::Safe, "schedule " + row.row.name,
                        "it runs at other times", "no run depends on it", row.span, found->span});
            }
        }
    }

    const ir::Module& old_;
    const ir::Module& next_;
    std::vector<Finding> out_;
};

}  // namespace

std::string_view class_name(Class cls) {
    static constexpr std::array<std::string_view, 4> kNames = {"safe", "adopts", "migrates",
                                                               "breaks"};
    return kNames[static_cast<std::size_t>(cls)];
}

std::vector<Finding> compare(const ir::Module& old, const ir::Module& next) {
    return Comparing(old, next).all();
}

}  // namespace weft::compat
