// The values of the label flow: which labels each instruction's result carries, and what is known
// of it.
#include "bytecode/label_flow.h"
#include "bytecode/opcode_info.h"

namespace weft::verify {
namespace {

constexpr std::uint32_t kListFold = 1'000;  // passes until nothing new comes; each adds a label

constexpr PartKey kListElement{PartKey::kElement, 0};

PartKey record_part(std::uint32_t number) {
    return {PartKey::kRecord, number};
}

}  // namespace

std::vector<LabelTree> FunctionLabels::in(const LabelState& state, std::uint32_t first,
                                          std::uint32_t count) const {
    std::vector<LabelTree> out;
    out.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) out.push_back(state.tree(first + i));
    return out;
}

Labels FunctionLabels::all_of(const LabelState& state, std::uint32_t first,
                              std::uint32_t count) const {
    Labels out = 0;
    for (std::uint32_t i = 0; i < count; ++i) out |= trees_.all(state.tree(first + i));
    return out;
}

FunctionLabels::Held FunctionLabels::value(const Instruction& x, const LabelState& state) {
    return {tree_of(x, state), sources_of(x, state), fact_of(x, state)};
}

LabelTree FunctionLabels::tree_of(const Instruction& x, const LabelState& state) {
    const auto b = state.tree(x.b);
    switch (x.op) {
        case Opcode::Const:
        case Opcode::ThisRun:
        case Opcode::UndoMark:
        case Opcode::ErrorIs:
            return kNoLabels;
        case Opcode::Move:
        case Opcode::Refine:
            return b;
        case Opcode::MakeList:
        case Opcode::MakeRecord:
        case Opcode::MakeCase:
        case Opcode::MakeMap:
        case Opcode::WithField:
            return made(x, state);
        case Opcode::Field:
        case Opcode::CaseField:
            return trees_.field(b, x.c);
        case Opcode::CaseNumber:
            return trees_.leaf(trees_.around(b));
        case Opcode::Index: {
            const auto* index = state.fact(x.c, ValueFact::Kind::Number);
            const auto part =
                trees_.element(b, index == nullptr ? std::nullopt : std::optional(index->number));
            return trees_.with(part, trees_.all(state.tree(x.c)));
        }
        case Opcode::Negate:
        case Opcode::ToDecimal:
        case Opcode::Not:
        case Opcode::ToText:
        case Opcode::WidenError:
            return trees_.leaf(trees_.all(b));
        case Opcode::Convert:
        case Opcode::NarrowError:
            return trees_.with(trees_.of_type(image_.types, TypeId{x.d}), trees_.all(b));
        case Opcode::Contains: {
            // Of a map the keys are looked at, and no value.
            Labels out = trees_.all(b);
            const auto list = state.tree(x.c);
            out |= trees_.around(list);
            for (const auto& [key, part] : trees_.parts(list)) {
                if (key.of != PartKey::kMapValue) out |= trees_.all(part);
            }
            return trees_.leaf(out);
        }
        case Opcode::Concat:
        case Opcode::MakePrompt:
            return trees_.leaf(all_of(state, x.b, x.c));
        case Opcode::Call:
            return flow_.result_of(x.d, workflow_, in(state, x.b, x.c));
        case Opcode::Builtin:
            return builtin(x, state);
        case Opcode::Map:
        case Opcode::Filter:
        case Opcode::Any:
        case Opcode::All:
        case Opcode::Share:
        case Opcode::SortBy:
        case Opcode::GroupBy:
        case Opcode::FlatMap:
            return list_function(x, state);
        case Opcode::Fold:
            return fold(x, state);
        default:  // of two registers: arithmetic, comparison
            return trees_.leaf(static_cast<Labels>(trees_.all(b) | trees_.all(state.tree(x.c))));
    }
}

LabelTree FunctionLabels::made(const Instruction& x, const LabelState& state) {
    LabelTrees::Parts parts;
    switch (x.op) {
        case Opcode::MakeRecord:
        case Opcode::MakeCase:
            for (std::uint32_t i = 0; i < x.c; ++i) {
                parts.emplace_back(x.op == Opcode::MakeCase ? PartKey{x.d, i} : record_part(i),
                                   state.tree(x.b + i));
            }
            return trees_.node(0, std::move(parts));
        case Opcode::MakeMap: {
            Labels keys = 0;
            for (std::uint32_t i = 0; i + 1 < x.c; i += 2) {
                keys |= trees_.all(state.tree(x.b + i));
                parts.emplace_back(PartKey{PartKey::kMapValue, 0}, state.tree(x.b + i + 1));
            }
            return trees_.node(keys, std::move(parts));
        }
        case Opcode::WithField: {
            // Whatever told its cases apart may have been overwritten.
            const auto record = trees_.as_record(state.tree(x.b));
            parts = trees_.parts(record);
            std::erase_if(parts, [&](const auto& p) { return p.first == record_part(x.d); });
            parts.emplace_back(record_part(x.d), state.tree(x.c));
            return trees_.node(trees_.around(record), std::move(parts));
        }
        default:
            for (std::uint32_t i = 0; i < x.c; ++i) {
                parts.emplace_back(kListElement, state.tree(x.b + i));
            }
            return trees_.node(0, std::move(parts));
    }
}

LabelTree FunctionLabels::builtin(const Instruction& x, const LabelState& state) {
    if (x.c == 0) return kNoLabels;
    const auto list = state.tree(x.b);
    const auto around = trees_.around(list);
    const auto rest = all_of(state, x.b + 1U, x.c - 1U);
    switch (static_cast<BuiltinFunction>(x.d)) {
        case BuiltinFunction::Count:
        case BuiltinFunction::IsEmpty:
        case BuiltinFunction::Keys:
            return trees_.leaf(around);
        case BuiltinFunction::First:
        case BuiltinFunction::Last:
        case BuiltinFunction::Min:
        case BuiltinFunction::Max:
            return trees_.element(list, std::nullopt);
        case BuiltinFunction::Take:
        case BuiltinFunction::Drop:
            return trees_.with(list, rest);
        case BuiltinFunction::Reverse:
        case BuiltinFunction::Distinct:
            return list;
        case BuiltinFunction::ListConcat:
            return trees_.join(list, state.tree(x.b + 1U));
        case BuiltinFunction::Values:
            return trees_.one_part(around, kListElement, trees_.map_value(list));
        case BuiltinFunction::Indexed: {
            const auto one = trees_.one_part(0, record_part(1), trees_.element(list, std::nullopt));
            return trees_.one_part(around, kListElement, one);
        }
        case BuiltinFunction::OutcomeValues:
        case BuiltinFunction::OutcomeErrors: {
            const auto number =
                x.d == static_cast<std::uint32_t>(BuiltinFunction::OutcomeErrors) ? 1U : 0U;
            const auto outcome = trees_.only_case(trees_.element(list, std::nullopt), number);
            return trees_.one_part(around, kListElement, trees_.field(outcome, 0));
        }
        default:
            return trees_.leaf(all_of(state, x.b, x.c));
    }
}

LabelTree FunctionLabels::list_function(const Instruction& x, const LabelState& state) {
    const auto list = state.tree(x.b);
    const auto item = trees_.element(list, std::nullopt);
    std::vector<LabelTree> args{item};
    const auto captures = image_.functions[x.d].parameters - own_parameters(x.op);
    for (auto tree : in(state, x.c, captures)) args.push_back(tree);
    const auto given = flow_.result_of(x.d, workflow_, args);
    const auto around = trees_.around(list);
    const auto told = static_cast<Labels>(around | trees_.all(given));
    switch (x.op) {
        case Opcode::Map:
            return trees_.one_part(around, kListElement, given);
        case Opcode::FlatMap:
            return trees_.one_part(static_cast<Labels>(around | trees_.around(given)), kListElement,
                                   trees_.element(given, std::nullopt));
        case Opcode::Filter:
        case Opcode::SortBy:
            return trees_.with(list, told);
        case Opcode::GroupBy: {
            const auto group = trees_.one_part(0, kListElement, item);
            return trees_.one_part(told, {PartKey::kMapValue, 0}, group);
        }
        default:  // any, all, share
            return trees_.leaf(told);
    }
}

LabelTree FunctionLabels::fold(const Instruction& x, const LabelState& state) {
    const auto list = state.tree(x.b);
    auto sum = trees_.with(state.tree(x.b + 1U), trees_.around(list));
    std::vector<LabelTree> args{sum, trees_.element(list, std::nullopt)};
    const auto captures = image_.functions[x.d].parameters - own_parameters(x.op);
    for (auto tree : in(state, x.c, captures)) args.push_back(tree);
    for (std::uint32_t pass = 0; pass < kListFold; ++pass) {
        args[0] = sum;
        const auto more = trees_.join(sum, flow_.result_of(x.d, workflow_, args));
        if (more == sum) return sum;
        sum = more;
    }
    return trees_.leaf(static_cast<Labels>(trees_.all(sum) | all_of(state, x.c, captures)));
}

std::optional<ValueFact> FunctionLabels::fact_of(const Instruction& x,
                                                 const LabelState& state) const {
    using Kind = ValueFact::Kind;
    switch (x.op) {
        case Opcode::Const: {
            const Value& value = image_.constants[x.d];
            if (value.tag() == Tag::True || value.tag() == Tag::False) {
                return ValueFact{Kind::Truth, value.as_bool(), 0, 0};
            }
            constexpr std::int64_t kKnownMax = 1'000'000;
            if (value.tag() != Tag::Int || value.as_int() < 0 || value.as_int() > kKnownMax) {
                return std::nullopt;
            }
            return ValueFact{Kind::Number, false, 0, static_cast<std::uint32_t>(value.as_int())};
        }
        case Opcode::Move: {
            const auto* fact = state.facts.find(x.b);
            return fact == nullptr ? std::nullopt : std::optional(*fact);
        }
        case Opcode::Not: {
            const auto* fact = state.facts.find(x.b);
            if (fact == nullptr || (fact->kind != Kind::Truth && fact->kind != Kind::IsCase &&
                                    fact->kind != Kind::Passed)) {
                return std::nullopt;
            }
            ValueFact out = *fact;
            out.yes = !out.yes;
            return out;
        }
        case Opcode::CaseNumber:
            if (x.a == x.b) return std::nullopt;
            return ValueFact{Kind::TagOf, false, x.b, 0};
        case Opcode::Field: {
            if (x.c != 0 || x.a == x.b) return std::nullopt;
            const auto* verdict = state.fact(x.b, Kind::Verdict);
            if (verdict != nullptr) return ValueFact{Kind::Passed, true, 0, verdict->number};
            return ValueFact{Kind::TagOf, false, x.b, 0};
        }
        case Opcode::Equal:
        case Opcode::NotEqual: {
            const auto* tag = state.fact(x.b, Kind::TagOf);
            const auto* number = state.fact(tag != nullptr ? x.c : x.b, Kind::Number);
            if (tag == nullptr) tag = state.fact(x.c, Kind::TagOf);
            if (tag == nullptr || number == nullptr || tag->reg == x.a) return std::nullopt;
            return ValueFact{Kind::IsCase, x.op == Opcode::Equal, tag->reg, number->number};
        }
        default:
            return std::nullopt;
    }
}

// The untrusted slots that a value is computed from: what a gate judges that is asked about it.
std::uint32_t FunctionLabels::sources_of(const Instruction& x, const LabelState& state) {
    if (gates_.by_path.empty()) return 0;
    const auto& info = *opcode_info(x.op);
    std::uint32_t out = 0;
    const auto registers = operands(x);
    auto add = [&](std::uint32_t first, std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            out = flow_.slots_.united(out, source(state, first + i));
        }
    };
    for (std::size_t i = 1; i < registers.size(); ++i) {
        if (info.roles[i] == Role::Read) add(registers[i], x.op == Opcode::Fold ? 2 : 1);
        if (info.roles[i] == Role::List) add(registers[i], x.c);
        if (info.roles[i] == Role::Captures) {
            add(registers[i], image_.functions[x.d].parameters - own_parameters(x.op));
        }
    }
    return out;
}

std::uint32_t FunctionLabels::source(const LabelState& state, std::uint32_t reg) {
    const auto set = state.sources(reg);
    const bool counts =
        reg < function_.named_slots && (trees_.all(state.tree(reg)) & kUntrusted) != 0;
    return counts ? flow_.slots_.plus(set, reg) : set;
}

// --- logged instructions

FunctionLabels::Held FunctionLabels::result_of_site(const Instruction& x, const LabelState& state) {
    const auto& row = image_.sites[x.d];
    Held out;
    switch (x.op) {
        case Opcode::CallStep:
        case Opcode::CallUntil: {
            const auto& step = image_.steps[row.row];
            out.tree = trees_.of_type(image_.types, step.result_type);
            // Of what a gate requires: the worker judges its arguments.
            for (const auto& [path, gate] : gates_.by_path) {
                if (!step.path.starts_with(path + ".")) continue;
                for (std::uint32_t i = 0; i < x.c; ++i) {
                    out.sources = flow_.slots_.united(out.sources, source(state, x.b + i));
                }
            }
            break;
        }
        case Opcode::RunSub:
        case Opcode::RunSubUntil: {
            const auto& sub = image_.subs[row.row];
            if (sub.detached) break;
            out.tree = trees_.of_type(image_.types, image_.workflows[sub.workflow].result_type);
            break;
        }
        case Opcode::ForkEach:
        case Opcode::ForkAll:
            out.tree = forked(x, state);
            break;
        case Opcode::Gate:
            out.fact = ValueFact{ValueFact::Kind::Verdict, false, 0, row.row};
            break;
        case Opcode::Review:
        case Opcode::Ask: {
            out.tree = answer(x, state);
            const auto gate = gates_.by_path.find(image_.reviews[row.row].path);
            if (gate != gates_.by_path.end()) {
                out.fact = ValueFact{ValueFact::Kind::Answer, false, 0, gate->second};
            }
            break;
        }
        case Opcode::Wait:
            out.tree = signals(image_.waits[row.row]);
            break;
        default:
            break;
    }
    return out;
}

// Field 0 is the decision, field 1 the values: people approved of them (0) or revised them (3).
LabelTree FunctionLabels::answer(const Instruction& x, const LabelState& state) {
    const auto& review = image_.reviews[image_.sites[x.d].row];
    LabelTrees::Parts approved;
    LabelTrees::Parts revised;
    for (std::uint32_t i = 0; i < review.types.size(); ++i) {
        const auto shown = state.tree(x.b + i);
        revised.emplace_back(record_part(i), shown);
        approved.emplace_back(record_part(i), trees_.without(shown, kUntrusted));
    }
    if (review.form.has_value()) {
        approved = {{record_part(0), trees_.of_type(image_.types, review.form)}};
    }
    constexpr std::uint32_t kRevised = 3;
    return trees_.node(0, {{PartKey{0, 1}, trees_.node(0, std::move(approved))},
                           {PartKey{kRevised, 1}, trees_.node(0, std::move(revised))}});
}

// Field 0 is which of the signals came, field 1 its value.
LabelTree FunctionLabels::signals(const WaitRow& row) {
    LabelTrees::Parts parts;
    const auto& declared = image_.workflows[workflow_].signals;
    for (std::uint32_t i = 0; i < row.signals.size(); ++i) {
        if (row.signals[i] >= declared.size()) continue;
        parts.emplace_back(PartKey{i, 1},
                           trees_.of_type(image_.types, declared[row.signals[i]].type));
    }
    return trees_.node(0, std::move(parts));
}

LabelTree FunctionLabels::forked(const Instruction& x, const LabelState& state) {
    const auto& row = image_.forks[image_.sites[x.d].row];
    std::vector<LabelTree> results;
    if (x.op == Opcode::ForkEach) {
        std::vector<LabelTree> args{trees_.element(state.tree(x.b), std::nullopt)};
        const auto captures = image_.functions[row.function].parameters - 1U;
        for (auto tree : in(state, x.c, captures)) args.push_back(tree);
        results.push_back(flow_.result_of(row.function, workflow_, args));
        return joined(row, results);
    }
    // Those that wait for others come once what these give is known; there are no circles.
    results.assign(row.branches.size(), kNoLabels);
    for (std::size_t pass = 0; pass < row.branches.size(); ++pass) {
        bool changed = false;
        for (std::size_t i = 0; i < row.branches.size(); ++i) {
            const auto& branch = row.branches[i];
            std::vector<LabelTree> args;
            for (auto other : branch.after) args.push_back(results[other]);
            const auto captures = image_.functions[branch.function].parameters - args.size();
            for (auto tree : in(state, x.c, static_cast<std::uint32_t>(captures))) {
                args.push_back(tree);
            }
            const auto found = flow_.result_of(branch.function, workflow_, args);
            changed = changed || found != results[i];
            results[i] = found;
        }
        if (!changed) break;
    }
    return joined(row, results);
}

// Outcomes are cases: 0 holds the value, 1 the error.
LabelTree FunctionLabels::joined(const ForkRow& row, const std::vector<LabelTree>& results) {
    const bool is_list = row.branches.empty() || row.join == JoinRule::Ok;
    const bool is_outcome = row.join == JoinRule::Settle || row.join == JoinRule::Collect;
    LabelTrees::Parts parts;
    for (std::uint32_t i = 0; i < results.size(); ++i) {
        auto one = results[i];
        if (is_outcome) {
            one = trees_.node(0, {{PartKey{0, 0}, one},
                                  {PartKey{1, 0}, trees_.leaf(trees_.all(flow_.errors()))}});
        }
        parts.emplace_back(is_list ? kListElement : record_part(i), one);
    }
    return trees_.node(0, std::move(parts));
}

}  // namespace weft::verify
