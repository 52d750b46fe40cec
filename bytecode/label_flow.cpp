// The paths of the label flow: what is known where they meet, what a branch tells, what a handler
// may find.
#include "bytecode/label_flow.h"

#include "bytecode/opcode_info.h"
#include "bytecode/verify.h"

namespace weft::verify {
namespace {

// Instructions looked at, in all.
constexpr std::uint64_t kLabelWorkMax = 20'000'000;
constexpr std::uint32_t kLabelNestMax = 400;  // functions inside each other
constexpr std::uint32_t kThreadedMax = 64;    // jumps taken at once

bool is_conditional(Opcode op) {
    return op == Opcode::JumpIf || op == Opcode::JumpIfNot || op == Opcode::JumpIfNone;
}

bool is_any_labelled(const TypeTable& types) {
    for (std::uint32_t i = 0; i < types.size(); ++i) {
        if (types[TypeId{i}].kind == TypeKind::Labelled) return true;
    }
    return false;
}

// Where, before an instruction, a register was filled from a named slot.
std::optional<std::uint16_t> moved_from(const Function& function, std::uint32_t pc,
                                        std::uint32_t reg) {
    while (pc-- > 0) {
        const Instruction& x = function.code[pc];
        if (opcode_info(x.op)->roles[0] != Role::Written || x.a != reg) continue;
        if (x.op == Opcode::Move && x.b < function.named_slots) return x.b;
        return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

// --- all functions

Result<void> LabelFlow::run() {
    if (!is_any_labelled(image_.types)) return {};
    for (std::uint32_t i = 0; i < image_.workflows.size(); ++i) workflow(i);
    if (work_ <= kLabelWorkMax && !trees_.is_exhausted()) return {};
    return fail(ErrorKind::Corrupt,
                "the ways that labelled values take are too tangled to be verified");
}

void LabelFlow::workflow(std::uint32_t row) {
    const auto& w = image_.workflows[row];
    std::vector<LabelTree> args;
    for (const auto& p : w.parameters) args.push_back(trees_.of_type(image_.types, p.type));
    for (const auto& p : w.tunes) args.push_back(trees_.of_type(image_.types, p.type));
    result_of(w.function, row, args);
    for (auto function : {w.before_function, w.after_function, w.retry_function}) {
        hook(row, function, {});
    }
    hook(row, w.failure_function, w.failure_slots);
    hook(row, w.finally_function, w.finally_slots);
}

// What is its own (the step, what came of it, the error) carries no label.
void LabelFlow::hook(std::uint32_t row, std::uint32_t function,
                     const std::vector<std::uint16_t>& slots) {
    if (function == WorkerRow::kNoRow) return;
    const auto& w = image_.workflows[row];
    std::vector<LabelTree> args;
    for (const auto& p : w.parameters) args.push_back(trees_.of_type(image_.types, p.type));
    for (const auto& p : w.tunes) args.push_back(trees_.of_type(image_.types, p.type));
    const auto& held = held_[w.function];
    for (auto slot : slots) {
        const auto at = held.find(slot);
        args.push_back(at == held.end() ? kNoLabels : at->second);
    }
    const std::size_t count = image_.functions[function].parameters;
    args.insert(args.begin(), count > args.size() ? count - args.size() : 0, kNoLabels);
    args.resize(count);
    result_of(function, row, args);
}

LabelTree LabelFlow::result_of(std::uint32_t function, std::uint32_t workflow,
                               const std::vector<LabelTree>& args) {
    const auto& f = image_.functions[function];
    const bool is_pure = f.kind == FunctionKind::Pure;
    // Another workflow has other signals.
    const auto key = std::tuple(function, is_pure ? 0 : workflow, args);
    const auto known = results_.find(key);
    if (known != results_.end()) return known->second;
    if (depth_ >= kLabelNestMax) {
        if (!is_pure) work_ = kLabelWorkMax + 1;
        // Nothing comes out of a pure function but what went into it.
        Labels all = 0;
        for (auto arg : args) all |= trees_.all(arg);
        return trees_.leaf(all);
    }
    ++depth_;
    const auto out = FunctionLabels(*this, function, workflow).run(args);
    --depth_;
    results_.emplace(key, out);
    return out;
}

void LabelFlow::reach(std::uint32_t function, std::uint32_t pc, std::vector<LabelTree> values) {
    auto& known = reached_[{function, pc}];
    known.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) known[i] = trees_.join(known[i], values[i]);
}

// A review belongs to the gate of its path; other reviews clear what they give, and nothing else.
const GatesOfFunction& LabelFlow::gates_of(std::uint32_t function) {
    const auto [at, is_new] = gates_.try_emplace(function);
    if (!is_new) return at->second;
    const auto& f = image_.functions[function];
    for (const auto& x : f.code) {
        if (x.op != Opcode::Gate) continue;
        const auto row = image_.sites[x.d].row;
        at->second.by_path.emplace(image_.gates[row].path, row);
    }
    for (std::uint32_t pc = 0; pc < f.code.size(); ++pc) {
        const Instruction& x = f.code[pc];
        if (x.op != Opcode::Ask && x.op != Opcode::Review) continue;
        const auto& review = image_.reviews[image_.sites[x.d].row];
        const auto gate = at->second.by_path.find(review.path);
        if (gate == at->second.by_path.end()) continue;
        for (std::uint32_t i = 0; i < review.types.size(); ++i) {
            if (auto slot = moved_from(f, pc, x.b + i))
                at->second.shown[gate->second].insert(*slot);
        }
    }
    return at->second;
}

LabelTree LabelFlow::errors() {
    LabelTree out = kNoLabels;
    for (const auto& error : image_.errors) {
        out = trees_.join(out, trees_.of_type(image_.types, error.whole));
    }
    return out;
}

// --- one function

FunctionLabels::FunctionLabels(LabelFlow& flow, std::uint32_t function, std::uint32_t workflow)
    : flow_(flow),
      image_(flow.image_),
      trees_(flow.trees_),
      number_(function),
      workflow_(workflow),
      function_(image_.functions[function]),
      gates_(flow.gates_of(function)) {}

LabelTree FunctionLabels::run(const std::vector<LabelTree>& args) {
    mark_leaders();
    LabelState entry;
    for (std::uint32_t i = 0; i < args.size(); ++i) entry.set_tree(i, args[i]);
    arrive(0, std::move(entry));
    while (!pending_.empty() && flow_.work_ <= kLabelWorkMax && !trees_.is_exhausted()) {
        const auto first = *pending_.begin();
        pending_.erase(pending_.begin());
        follow(first);
    }
    return result_;
}

void FunctionLabels::mark_leaders() {
    leader_.assign(function_.code.size() + 1, false);
    leader_[0] = true;
    for (std::uint32_t pc = 0; pc < function_.code.size(); ++pc) {
        const Instruction& x = function_.code[pc];
        if (opcode_info(x.op)->roles[3] == Role::Jump) leader_[x.d] = true;
        if (is_conditional(x.op) || x.op == Opcode::Block || x.op == Opcode::BlockUntil) {
            leader_[pc + 1] = true;
        }
    }
}

// A path that decides the next branch by itself is followed through it before it meets others.
void FunctionLabels::arrive(std::uint32_t pc, LabelState state) {
    for (std::uint32_t taken = 0; taken < kThreadedMax; ++taken) {
        const Instruction& x = function_.code[pc];
        if (x.op == Opcode::Jump) {
            pc = x.d;
            continue;
        }
        if (x.op != Opcode::JumpIf && x.op != Opcode::JumpIfNot) break;
        const auto* truth = state.fact(x.a, ValueFact::Kind::Truth);
        if (truth == nullptr) break;
        pc = truth->yes == (x.op == Opcode::JumpIf) ? x.d : pc + 1;
    }
    const auto [at, is_new] = at_.try_emplace(pc, state);
    if (is_new || meet(trees_, flow_.slots_, at->second, state)) pending_.insert(pc);
}

void FunctionLabels::follow(std::uint32_t first) {
    LabelState state = at_.at(first);
    for (std::uint32_t pc = first;;) {
        ++flow_.work_;
        if (!instruction(pc, state)) return;
        ++pc;
        if (leader_[pc]) return arrive(pc, std::move(state));
    }
}

bool FunctionLabels::instruction(std::uint32_t pc, LabelState& state) {
    const Instruction& x = function_.code[pc];
    hand_on(x, pc, state);
    switch (x.op) {
        case Opcode::Jump:
            arrive(x.d, std::move(state));
            return false;
        case Opcode::Return:
            result_ = trees_.join(result_, state.tree(x.a));
            return false;
        case Opcode::Raise:
        case Opcode::Trap:
        case Opcode::End:
            return false;
        case Opcode::JumpIf:
        case Opcode::JumpIfNot:
        case Opcode::JumpIfNone:
        case Opcode::ScopeEnter:
            branch(x, pc, state);
            return true;
        case Opcode::ScopeLeave:
            state.scopes.pop_back();
            return true;
        case Opcode::UndoPush:
            flow_.result_of(x.d, workflow_, in(state, x.b, x.c));
            return true;
        case Opcode::UndoCut:
        case Opcode::NextGeneration:
            return true;
        default:
            break;
    }
    if (opcode_info(x.op)->family == Family::Site) {
        site(x, state);
    } else {
        write(state, x.a, value(x, state));
    }
    return true;
}

void FunctionLabels::branch(const Instruction& x, std::uint32_t pc, LabelState& state) {
    if (x.op == Opcode::ScopeEnter) {
        state.scopes.push_back(pc);
        return tell_scope(state, state.scopes.size() - 1);
    }
    LabelState there = state;
    if (x.op != Opcode::JumpIfNone) {
        assume(there, x.a, x.op == Opcode::JumpIf);
        assume(state, x.a, x.op != Opcode::JumpIf);
    }
    arrive(x.d, std::move(there));
}

// What a Bool that is `yes` tells of the value that it was found from.
void FunctionLabels::assume(LabelState& state, std::uint32_t reg, bool yes) {
    const auto* known = state.facts.find(reg);
    if (known != nullptr) {
        const ValueFact fact = *known;
        const bool holds = fact.yes == yes;
        if (fact.kind == ValueFact::Kind::IsCase) {
            const auto tree = state.tree(fact.reg);
            state.set_tree(fact.reg, holds ? trees_.only_case(tree, fact.number)
                                           : trees_.except_case(tree, fact.number));
            const auto* answer = state.fact(fact.reg, ValueFact::Kind::Answer);
            const bool is_approved = holds && fact.number == 0;
            if (answer != nullptr && is_approved) passed(state, answer->number);
        }
        if (fact.kind == ValueFact::Kind::Passed && holds) passed(state, fact.number);
    }
    state.facts.set(reg, ValueFact{ValueFact::Kind::Truth, yes, 0, 0});
}

// The gate judged these values, or people saw them.
void FunctionLabels::passed(LabelState& state, std::uint32_t gate) {
    auto clear = [&](std::uint16_t slot) {
        state.set_tree(slot, trees_.without(state.tree(slot), kUntrusted));
    };
    for (auto slot : judged_[gate]) clear(slot);
    const auto shown = gates_.shown.find(gate);
    if (shown == gates_.shown.end()) return;
    for (auto slot : shown->second) clear(slot);
}

void FunctionLabels::write(LabelState& state, std::uint32_t reg, Held held) {
    const bool is_named = reg < function_.named_slots;
    // One announced declassification is of one value: the next that is given a name.
    if (is_named && state.announced) {
        state.announced = false;
        held.tree = trees_.without(held.tree, kPii | kSecret);
    }
    const auto before = state.tree(reg);
    state.forget(reg);
    state.set_tree(reg, held.tree);
    if (held.sources != 0) state.from.set(reg, held.sources);
    if (held.fact) state.facts.set(reg, *held.fact);
    if (!is_named || held.tree == before) return;
    if (function_.kind == FunctionKind::Workflow) {
        auto& ever = flow_.held_[number_][static_cast<std::uint16_t>(reg)];
        ever = trees_.join(ever, held.tree);
    }
    tell_scopes(state);
}

// A failure may come after any instruction inside, so the handler may find the slots as they are
// now; and so may the next pass of a block that is run again.
void FunctionLabels::tell_scopes(const LabelState& state) {
    for (std::size_t i = 0; i < state.scopes.size(); ++i) tell_scope(state, i);
}

void FunctionLabels::tell_scope(const LabelState& state, std::size_t scope) {
    const auto enter = state.scopes[scope];
    const Instruction& x = function_.code[enter];
    LabelState found;
    found.labels = state.labels;
    found.labels.keep_below(function_.named_slots);
    found.scopes.assign(state.scopes.begin(),
                        state.scopes.begin() + static_cast<std::ptrdiff_t>(scope));
    LabelState again = found;
    found.set_tree(x.a, flow_.errors());
    arrive(x.d, std::move(found));
    const auto op = function_.code[enter + 1].op;
    if (op != Opcode::Block && op != Opcode::BlockUntil) return;
    again.scopes.push_back(enter);
    arrive(enter + 2, std::move(again));
}

void FunctionLabels::site(const Instruction& x, LabelState& state) {
    const auto& info = *opcode_info(x.op);
    Held held;
    if (info.roles[0] == Role::Written) held = result_of_site(x, state);
    if (x.op == Opcode::Gate) {
        auto& slots = judged_[image_.sites[x.d].row];
        for (std::uint32_t i = 0; i < x.c; ++i) {
            const auto& set = flow_.slots_[state.sources(x.b + i)];
            slots.insert(set.begin(), set.end());
        }
    }
    state.keep_below(function_.named_slots);
    state.announced =
        x.op == Opcode::Emit && image_.events[image_.sites[x.d].row].name == "declassified";
    if (info.roles[0] == Role::Written) write(state, x.a, held);
}

std::uint32_t FunctionLabels::handed_on(const Instruction& x) const {
    switch (x.op) {
        case Opcode::CallStep:
        case Opcode::CallUntil:
        case Opcode::RunSub:
        case Opcode::RunSubUntil:
            return x.c + registers_behind(image_, x);
        case Opcode::Review:
        case Opcode::Ask:
            return static_cast<std::uint32_t>(image_.reviews[image_.sites[x.d].row].types.size());
        case Opcode::Lock:
            return x.c - 1U;
        case Opcode::MakePrompt:
        case Opcode::Emit:
        case Opcode::Raise:
        case Opcode::End:
            return 1;
        default:
            return 0;
    }
}

void FunctionLabels::hand_on(const Instruction& x, std::uint32_t pc, const LabelState& state) {
    const auto count = handed_on(x);
    if (count == 0) return;
    const bool is_one = x.op == Opcode::Raise || x.op == Opcode::End;
    flow_.reach(number_, pc, in(state, is_one ? x.a : x.b, count));
}

}  // namespace weft::verify
