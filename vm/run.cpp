// One branch, instruction by instruction, until it rests, ends or gives way.
#include "bytecode/opcode_info.h"
#include "vm/state.h"

namespace weft::vm {

CodePlace Machine::State::place(const Branch& branch) const {
    return {branch.frame().function, branch.frame().pc};
}

void Machine::State::push_frame(Branch& branch, std::uint32_t function,
                                std::vector<Value> arguments, std::optional<UndoEntry> undoes) {
    const auto& code = image->functions[function];
    branch.frames.push_back({.number = function,
                             .function = &code,
                             .registers = Registers(code.registers, code.named_slots, meter),
                             .undoes = std::move(undoes),
                             .terms = std::vector<Term>(code.named_slots)});
    auto& registers = branch.frame().registers;
    for (std::size_t i = 0; i < arguments.size(); ++i) registers.set(i, std::move(arguments[i]));
    touch(branch);
}

void Machine::State::make_ready(Branch& branch) {
    branch.rest = Rest::Ready;
    ready.insert(branch.id);
    touch(branch);
}

// The value of an effect or of branches is kept whatever it is: the effect has happened. The limit
// on what a run holds is asked at the next logged instruction.
void Machine::State::resume_with(Branch& branch, Value value) {
    if (evaluator.tracer != nullptr) {
        evaluator.tracer->in_branch(branch.id, next_seq);
        evaluator.tracer->gives(*branch.frame().function, branch.frame().pc, value);
    }
    branch.frame().registers.set(branch.instruction().a, std::move(value));
    ++branch.frame().pc;
    make_ready(branch);
}

bool Machine::State::advance(Branch& branch) {
    if (visits != nullptr) {
        visits->note(branch.frame().number, branch.frame().pc, Visits::kReached);
    }
    const auto family = opcode_info(branch.instruction().op)->family;
    if (evaluator.tracer != nullptr) {
        evaluator.tracer->in_branch(branch.id, next_seq);
        const auto& frame = branch.frame();
        if (family != Family::Pure) {
            evaluator.tracer->executes(*frame.function, frame.pc, frame.registers);
        }
    }
    switch (family) {
        case Family::Pure: {
            auto done = evaluator.pure(place(branch), branch.frame().registers);
            if (!done) {
                raise(branch, std::move(done).error());
                return false;
            }
            ++branch.frame().pc;
            return true;
        }
        case Family::Flow:
            return flow(branch);
        case Family::Site:
            return may_pass_site(branch) && site(branch);
    }
    return false;
}

bool Machine::State::flow(Branch& branch) {
    auto& frame = branch.frame();
    const auto x = branch.instruction();
    meter.pay(1);
    switch (x.op) {
        case Opcode::Return:
            give_back(branch, frame.registers[x.a]);
            return false;
        case Opcode::ScopeEnter:
            frame.scopes.push_back({.error_register = x.a,
                                    .handler = x.d,
                                    .undo_height = branch.undo.size(),
                                    .irreversible = branch.irreversible});
            break;
        case Opcode::ScopeLeave:
            close_scopes(branch, frame, frame.scopes.size() - 1);
            break;
        case Opcode::UndoMark:
            frame.registers.set(x.a, Value::integer(static_cast<std::int64_t>(branch.undo.size())));
            break;
        case Opcode::UndoPush:
            return undo_push(branch);
        case Opcode::UndoCut:
            return undo_cut(branch);
        case Opcode::NextGeneration:
            ++branch.generation;
            break;
        default: {
            auto next = evaluator.jump(place(branch), frame.registers);
            if (!next) {
                raise(branch, std::move(next).error());
                return false;
            }
            if (visits != nullptr && *next != frame.pc + 1) {
                visits->note(frame.number, frame.pc, Visits::kJumped);
            }
            frame.pc = *next;
            return true;
        }
    }
    ++frame.pc;
    return true;
}

void Machine::State::give_back(Branch& branch, Value value) {
    if (branch.frame().hook) {
        hook_ended(branch);
    } else if (branch.is_undoing()) {
        undo_ended(branch, std::nullopt);
    } else {
        finish(branch, Ended::Done, std::move(value));
    }
}

// A logged instruction is where a branch can be stopped, and where the run as a whole can rest.
bool Machine::State::may_pass_site(Branch& branch) {
    if (!meter.pay(1)) {
        raise(branch,
              evaluator.trap(place(branch), "the run computes too long without a logged step"));
        return false;
    }
    if (is_held) {
        branch.rest = Rest::Parked;
        parked.insert(branch.id);
        return false;
    }
    if (branch.must_stop()) {
        stopped(branch);
        return false;
    }
    // What undoes must be able to go on, however much the run holds.
    if (bytes_held() > kRunBytesMax && !branch.is_undoing() && !branch.is_shielded) {
        raise(branch, evaluator.trap(place(branch), "the run holds too much data"));
        return false;
    }
    touch(branch);
    return true;
}

bool Machine::State::site(Branch& branch) {
    switch (branch.instruction().op) {
        case Opcode::CallStep:
        case Opcode::CallUntil:
            return call_step(branch);
        case Opcode::RunSub:
        case Opcode::RunSubUntil:
            return run_sub(branch);
        case Opcode::ForkEach:
            return fork_each(branch);
        case Opcode::ForkAll:
            return fork_all(branch);
        case Opcode::Block:
        case Opcode::BlockUntil:
            return block(branch);
        case Opcode::UndoTo:
            return undo_to(branch);
        case Opcode::Gate:
            return gate(branch);
        case Opcode::Accept:
            return accept(branch);
        case Opcode::Review:
            return review(branch);
        case Opcode::Emit:
            return emit_event(branch);
        case Opcode::Ask:
            return ask(branch);
        case Opcode::Wait:
            return wait(branch);
        case Opcode::Lock:
            return ask_lock(branch);
        case Opcode::Sleep:
            return sleep(branch);
        case Opcode::SleepUntil:
            return sleep_until(branch);
        default:
            return end(branch);
    }
}

}  // namespace weft::vm
