// Keeps the state check up to date: what was touched since the last record is counted anew.
#include "base/check.h"
#include "base/hash.h"
#include "vm/state.h"

namespace weft::vm {
namespace {

std::uint32_t slot_of(std::size_t frame, std::size_t index) {
    return static_cast<std::uint32_t>(frame * 65'536 + index);
}

}  // namespace

void Machine::State::settle() {
    if (running) touched.insert(*running);
    for (const auto id : std::exchange(touched, {})) {
        const auto found = branches.find(id);
        if (found != branches.end()) settle_branch(found->second);
    }
    check.replace(counters, counters_term());
    if (checks_itself) WEFT_CHECK(check.sum() == recomputed_check());
}

// What all values together take. Nothing else has a size, so the rest need not be counted anew.
std::uint64_t Machine::State::bytes_held() {
    if (running) touched.insert(*running);
    for (const auto id : touched) {
        const auto found = branches.find(id);
        if (found != branches.end()) settle_values(found->second);
    }
    return check.bytes();
}

void Machine::State::settle_branch(Branch& branch) {
    settle_values(branch);
    check.replace(branch.term, branch_term(branch));
}

void Machine::State::settle_values(Branch& branch) {
    for (std::size_t i = 0; i < branch.frames.size(); ++i) {
        auto& frame = branch.frames[i];
        for (const auto index : frame.registers.take_dirty()) {
            check.replace(frame.terms[index],
                          check.of_value(branch.id, slot_of(i, index), 0, frame.registers[index]));
        }
    }
    for (; branch.undo_settled < branch.undo.size(); ++branch.undo_settled) {
        check.replace(branch.undo[branch.undo_settled].term,
                      undo_term(branch, branch.undo_settled));
    }
}

// Takes all of a branch out of the sum, before it goes.
void Machine::State::forget(Branch& branch) {
    for (auto& frame : branch.frames) {
        for (auto& term : frame.terms) check.replace(term, {});
    }
    for (auto& entry : branch.undo) check.replace(entry.term, {});
    check.replace(branch.term, {});
}

Term Machine::State::undo_term(const Branch& branch, std::size_t index) const {
    const auto& entry = branch.undo[index];
    ByteWriter content;
    content.u32(entry.function);
    content.u64(entry.call);
    content.u64(entry.order);
    std::uint64_t bytes = 0;
    for (const auto& value : entry.captures) {
        content.raw(view(digest(value, check.key())));
        bytes += value.tree_size();
    }
    return check.of_bytes(branch.id, SlotKind::Undo, index, content.bytes(), bytes);
}

Term Machine::State::branch_term(const Branch& branch) const {
    ByteWriter content(160);  // of a shallow one
    content.u8(static_cast<std::uint8_t>(branch.rest));
    content.u8(branch.is_stopping ? 1 : 0);
    for (const auto& frame : branch.frames) {
        content.u32(frame.number);
        content.u32(frame.pc);
        content.u64(frame.scopes.size());
        for (const auto& scope : frame.scopes) {
            if (scope.block != Scope::kNoBlock) content.u16(scope.passes);
        }
    }
    content.u64(branch.unwinds_to.value_or(SIZE_MAX));
    content.u64(branch.undo.size());
    content.u64(branch.undo.empty() ? 0 : branch.undo.back().order);
    content.u64(branch.waits_for);
    content.u32(branch.generation);
    content.u64(branch.irreversible);
    content.u64(branch.last_call);
    return check.of_bytes(branch.id, SlotKind::Branch, 0, content.bytes(), 0);
}

Term Machine::State::counters_term() const {
    ByteWriter content(52);
    content.u64(meter.fuel);
    content.u64(draws);
    content.i64(reserved_micros);
    content.i64(spent_micros);
    content.u64(completions);
    content.u32(next_branch);
    content.u64(next_timer);
    return check.of_bytes(kRoot, SlotKind::Counters, 0, content.bytes(), 0);
}

// The whole sum from nothing, to prove that no change went by unnoticed.
Bytes16 Machine::State::recomputed_check() const {
    StateCheck fresh(check.key());
    const auto add = [&fresh](const Term& term) {
        Term none;
        fresh.replace(none, term);
    };
    for (const auto& [id, branch] : branches) {
        for (std::size_t i = 0; i < branch.frames.size(); ++i) {
            const auto& registers = branch.frames[i].registers;
            for (std::size_t slot = 0; slot < registers.named(); ++slot) {
                add(check.of_value(id, slot_of(i, slot), 0, registers[slot]));
            }
        }
        for (std::size_t i = 0; i < branch.undo.size(); ++i) add(undo_term(branch, i));
        add(branch_term(branch));
        if (!branch.fork) continue;
        const auto& fork = *branch.fork;
        for (std::size_t i = 0; i < fork.results.size(); ++i) {
            add(check.of_value(id, static_cast<std::uint32_t>(SlotKind::Result), i,
                               fork.results[i]));
        }
        add(fork.list_term);
        add(fork.captures_term);
    }
    for (const auto& [seq, letter] : mailbox) add(letter.term);
    for (const auto& [id, task] : tasks) add(task_term(id, task));
    if (lock) add(lock_term());
    add(counters_term());
    return fresh.sum();
}

}  // namespace weft::vm
