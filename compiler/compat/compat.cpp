#include "compiler/compat/compat.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include "compiler/compat/outline.h"
#include "compiler/compat/rename.h"
#include "compiler/ir/print.h"

namespace weft::compat {
namespace {

class Comparing {
  public:
    Comparing(const ir::Module& old, const ir::Module& next) : old_(old), next_(next) {
        use_former_names(old_);
        use_former_names(next_);
        const auto after = named(next_.types, TypeKind::Enum);
        for (const auto& [name, id] : named(old_.types, TypeKind::Enum)) {
            const auto other = after.find(name);
            if (other == after.end()) continue;
            enums_.insert(name);
            const auto& cases = old_.types[id].cases;
            const auto& now = next_.types[other->second].cases;
            if (!std::ranges::equal(cases, now, {}, &CaseType::name, &CaseType::name)) {
                recast_.insert(name);
            }
        }
    }

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
    [[nodiscard]] bool is_same(TypeId before, TypeId now) const {
        return shape(old_.types, before, enums_) == shape(next_.types, now, enums_);
    }

    // --- what callers, senders and readers see

    void compare_workflows(const ir::Workflow& a, const ir::Workflow& b) {
        const auto name = "workflow " + a.name;
        compare_parameters(a, b);
        if (!is_same(a.result, b.result)) {
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
            if (!is_same(local.type, now.type)) {
                report({"breaking-input", Class::Breaks, name,
                        difference(old_.types, local.type, next_.types, now.type, enums_),
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
            } else if (!is_same(signal.type, found->type)) {
                report({"signal-retyped", Class::Breaks, name, "it brings another type",
                        "who sends it has to change as well", signal.span, found->span});
            }
        }
    }

    // --- what runs come by

    void compare_bodies(const ir::Workflow& a, const ir::Workflow& b) {
        const auto before = outline(old_, a, enums_, recast_);
        auto after = outline(next_, b, enums_, recast_);
        if (auto renamed = next_; take_renames(before, after, b.name, renamed)) {
            after = outline(renamed, *find(renamed.workflows, b.name), enums_, recast_);
        }
        std::map<std::string, const Construct*> by_name;
        for (const auto& construct : after) by_name.emplace(construct.name, &construct);
        std::vector<std::string> kept;
        for (const auto& construct : before) {
            const auto found = by_name.find(construct.name);
            if (found == by_name.end()) {
                removed(construct);
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

    // A step that does what one did that is gone is that one, under another name: told once, and
    // then it has its old name in `renamed`. One may use the value of another, so it looks again.
    bool take_renames(const std::vector<Construct>& before, std::vector<Construct> after,
                      const std::string& workflow, ir::Module& renamed) {
        bool found_one = false;
        for (bool looks_again = true; looks_again;) {
            looks_again = false;
            for (const auto& construct : before) {
                if (construct.twin.empty() || has(after, construct.name)) continue;
                const auto twin = std::ranges::find_if(after, [&](const Construct& other) {
                    return other.twin == construct.twin && !has(before, other.name) &&
                           parent(other.name) == parent(construct.name);
                });
                if (twin == after.end()) continue;
                report_rename(construct, *twin);
                rename(renamed, {path_of(twin->name), path_of(construct.name)});
                after = outline(renamed, *find(renamed.workflows, workflow), enums_, recast_);
                found_one = looks_again = true;
            }
        }
        return found_one;
    }

    static bool has(const std::vector<Construct>& constructs, const std::string& name) {
        return std::ranges::find(constructs, name, &Construct::name) != constructs.end();
    }
    static std::string path_of(const std::string& name) { return name.substr(name.find(' ') + 1); }
    static std::string word_of(const std::string& name) { return name.substr(name.rfind('.') + 1); }
    static std::string parent(const std::string& name) { return name.substr(0, name.rfind('.')); }

    void report_rename(const Construct& construct, const Construct& twin) {
        Finding out{"breaking-in-flight",
                    Class::Migrates,
                    construct.name,
                    "it is not there any more",
                    fmt::format("`{}` does the same: written `{} was {}` runs know it again",
                                twin.name, word_of(twin.name), word_of(construct.name)),
                    construct.span,
                    twin.span};
        out.was = word_of(construct.name);
        report(std::move(out));
    }

    void removed(const Construct& construct) {
        Finding out{"breaking-in-flight",
                    Class::Migrates,
                    construct.name,
                    "it is not there any more",
                    "a run that has come by here finds no place for what it did",
                    construct.span,
                    {}};
        if (construct.is_undo) {
            if (!is_first_undo(construct.name)) return;
            out.name = "compensation-changed-in-flight";
            out.cls = Class::Adopts;
            out.reason = "what a run did before is undone as the new program says";
        } else if (!construct.is_logged) {
            out.name = "flow-changed";
            out.cls = Class::Adopts;
            out.reason = "a run that took this way does not go on if another one is taken now";
        }
        report(std::move(out));
    }

    // How one step is undone is told once, whatever of it changed.
    bool is_first_undo(const std::string& construct) {
        return undone_anew_.insert(construct.substr(0, construct.find(".undo"))).second;
    }

    void added(const Construct& construct) {
        if (construct.is_undo) {
            if (!is_first_undo(construct.name)) return;
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
            if (part.name == "compensation-changed-in-flight" && !is_first_undo(a.name)) continue;
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
        const auto before = named(old_.types, TypeKind::Enum);
        const auto after = named(next_.types, TypeKind::Enum);
        for (const auto& name : enums_) {
            const Type& old = old_.types[before.at(name)];
            const Type& now = next_.types[after.at(name)];
            for (const auto& one : old.cases) compare_case(name, one, now.cases);
            for (const auto& one : now.cases) {
                if (has_case(old.cases, one.name)) continue;
                report({"enum-value-added",
                        Class::Adopts,
                        fmt::format("case {}.{}", name, one.name),
                        "it is new",
                        "whoever reads values of it may meet one that they don't know",
                        {},
                        {}});
            }
        }
    }

    static bool has_case(const std::vector<CaseType>& cases, const std::string& name) {
        return std::ranges::find(cases, name, &CaseType::name) != cases.end();
    }

    void compare_case(const std::string& name, const CaseType& one,
                      const std::vector<CaseType>& now) {
        const auto found = std::ranges::find(now, one.name, &CaseType::name);
        const bool is_gone = found == now.end();
        const auto fields = [&](const TypeTable& types, const CaseType& row) {
            std::string out;
            for (const auto& field : row.fields) {
                out += field.json_name + ":" + shape(types, field.type, enums_) + ",";
            }
            return out;
        };
        if (!is_gone && fields(old_.types, one) == fields(next_.types, *found)) return;
        report({"enum-value-removed",
                Class::Breaks,
                fmt::format("case {}.{}", name, one.name),
                is_gone ? "it is not there any more" : "its fields are others",
                "values of it that callers give, and runs have, do not fit",
                {},
                {}});
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

    ir::Module old_;
    ir::Module next_;
    Names enums_;
    Names recast_;       // of these, with other cases
    Names undone_anew_;  // what has its undoing told already
    std::vector<Finding> out_;
};

}  // namespace

std::string_view class_name(Class cls) {
    static constexpr std::array<std::string_view, 4> kNames = {"safe", "adopts", "migrates",
                                                               "breaks"};
    return kNames[static_cast<std::size_t>(cls)];
}

std::vector<Finding> compare(const ir::Module& old, const ir::Module& next) {
    auto out = Comparing(old, next).all();
    for (auto& finding : out) {
        const auto& rows = all_diagnostics();
        const auto row = std::ranges::find(rows, finding.name, &DiagnosticInfo::name);
        if (row != rows.end()) finding.code = row->code;
    }
    return out;
}

}  // namespace weft::compat
