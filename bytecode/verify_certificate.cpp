// The certificate, worked out again from the code. What can't be worked out from it is held to be
// consistent: that an effect may stand is the author's word, the length of a list that of its type.
// Labels have a file of their own (bytecode/verify_labels.cpp).
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "bytecode/opcode_info.h"
#include "bytecode/verify.h"
#include "bytecode/verify_counts.h"

namespace weft::verify {
namespace {

// Instructions that are followed in search of what covers effects.
constexpr std::uint64_t kFollowedMax = 100'000'000;

bool begins_run(Opcode op) {
    return op == Opcode::RunSub || op == Opcode::RunSubUntil;
}
bool is_call(Opcode op) {
    return op == Opcode::CallStep || op == Opcode::CallUntil || begins_run(op);
}
bool is_fork(Opcode op) {
    return op == Opcode::ForkEach || op == Opcode::ForkAll;
}

// What a function does each time it runs, with all that it starts.
struct Total {
    WorkflowProof uses;
    bool is_known = false;
};

class Certified {
  public:
    explicit Certified(const Image& image) : image_(image), proof_(image.certificate) {}

    Result<void> check() {
        WEFT_TRY_VOID(complete());
        for (std::uint32_t f = 0; f < image_.functions.size(); ++f) {
            auto counted = counts(image_, f);
            if (!counted) return std::unexpected(counted.error());
            counts_.push_back(std::move(*counted));
        }
        find_paths();
        for (std::size_t i = 0; i < proof_.calls.size(); ++i) WEFT_TRY_VOID(call(proof_.calls[i]));
        WEFT_TRY_VOID(raises());
        return workflows();
    }

  private:
    std::unexpected<Error> bad(const Site& site, const std::string& what) const {
        return bad_code(image_, site.function, site.pc, "the certificate " + what);
    }
    static std::unexpected<Error> bad(const std::string& what) {
        return fail(ErrorKind::Corrupt, "the certificate " + what);
    }
    [[nodiscard]] const Instruction& code(const Site& site) const {
        return image_.functions[site.function].code[site.pc];
    }

    // One proof for each call and each fork over a list, one for each workflow.
    Result<void> complete() {
        std::vector<std::uint32_t> calls;
        std::vector<std::uint32_t> forks;
        for (std::uint32_t i = 0; i < image_.sites.size(); ++i) {
            const auto op = code(image_.sites[i]).op;
            if (is_call(op)) calls.push_back(i);
            if (op == Opcode::ForkEach) forks.push_back(i);
        }
        if (!std::ranges::equal(calls, proof_.calls, {}, {}, &CallProof::site)) {
            return bad("does not speak of each call once, in order");
        }
        if (!std::ranges::equal(forks, proof_.forks, {}, {}, &ForkProof::site)) {
            return bad("does not speak of each list once, in order");
        }
        if (proof_.workflows.size() != image_.workflows.size()) {
            return bad("does not speak of each workflow once");
        }
        return {};
    }

    // --- where the point of no return lies

    void find_paths() {
        holds_.resize(image_.functions.size());
        past_.resize(image_.functions.size());
        entry_.resize(image_.functions.size());
        for (const auto& workflow : image_.workflows) arrive(workflow.function, false);
        for (std::uint32_t f = 0; f < image_.functions.size(); ++f) {
            const auto kind = image_.functions[f].kind;
            if (kind == FunctionKind::Undo || kind == FunctionKind::Hook) arrive(f, false);
        }
        while (!open_.empty()) {
            const auto f = *open_.begin();
            open_.erase(open_.begin());
            walk(f);
        }
    }

    void arrive(std::uint32_t function, bool past) {
        auto& entry = entry_[function];
        if (entry && (*entry || !past)) return;
        entry = past;
        open_.insert(function);
    }

    // Whether a function may reach an irreversible effect, by forks and runs too.
    bool holds(std::uint32_t function) {
        if (holds_[function]) return *holds_[function];
        holds_[function] = false;
        bool found = false;
        for (const auto& x : image_.functions[function].code) {
            if (opcode_info(x.op)->family != Family::Site || found) continue;
            found = is_irreversible(x);
            if (is_fork(x.op)) {
                for (auto branch : branches(x)) found = found || holds(branch);
            }
        }
        holds_[function] = found;
        return found;
    }

    [[nodiscard]] std::vector<std::uint32_t> branches(const Instruction& x) const {
        const auto& row = image_.forks[image_.sites[x.d].row];
        if (x.op == Opcode::ForkEach) return {row.function};
        std::vector<std::uint32_t> out;
        for (const auto& branch : row.branches) out.push_back(branch.function);
        return out;
    }

    bool is_irreversible(const Instruction& x) {
        if (x.op == Opcode::CallStep || x.op == Opcode::CallUntil) {
            return image_.workers[image_.steps[image_.sites[x.d].row].worker].irreversible;
        }
        if (!begins_run(x.op)) return false;
        const auto& sub = image_.subs[image_.sites[x.d].row];
        return !sub.detached && holds(image_.workflows[sub.workflow].function);
    }

    // What is known before each instruction of one function; a failed scope's handler stands where
    // the scope was entered.
    void walk(std::uint32_t f) {
        const auto& function = image_.functions[f];
        auto& past = past_[f];
        past.assign(function.code.size(), {});
        std::vector<std::pair<std::uint32_t, bool>> open{{0, *entry_[f]}};
        while (!open.empty()) {
            const auto [pc, is_past] = open.back();
            open.pop_back();
            if (pc >= past.size() || (past[pc] && (*past[pc] || !is_past))) continue;
            past[pc] = is_past;
            const Instruction& x = function.code[pc];
            bool behind = is_past;
            if (opcode_info(x.op)->family == Family::Site && is_irreversible(x)) behind = true;
            if (is_fork(x.op)) {
                for (auto branch : branches(x)) behind = behind || holds(branch);
                for (auto branch : branches(x)) arrive(branch, behind);
            }
            for_each_successor(function, pc,
                               [&](std::uint32_t next) { open.emplace_back(next, behind); });
        }
    }

    [[nodiscard]] bool is_past(std::uint32_t function, std::uint32_t pc) const {
        const auto& past = past_[function];
        return pc < past.size() && past[pc].value_or(false);
    }

    // --- calls

    Result<void> call(const CallProof& proof) {
        const Site& site = image_.sites[proof.site];
        const Instruction& x = code(site);
        if (proof.times != counts_[site.function][site.pc]) {
            return bad(site, "has another number of times that this runs");
        }
        if (proof.past_return != is_past(site.function, site.pc)) {
            return bad(site, "puts this on the other side of the point of no return");
        }
        if (proof.labels.size() != x.c) return bad(site, "has not one set of labels an argument");
        if (begins_run(x.op)) {
            if (proof.attempts != 1) return bad(site, "has another number of attempts");
        } else if (proof.attempts != 1U + image_.steps[site.row].policy.retries) {
            return bad(site, "has another number of attempts");
        }
        return remedy(proof, site);
    }

    [[nodiscard]] bool is_undone(const Site& site) const {
        const auto& function = image_.functions[site.function];
        for (std::uint32_t pc = site.pc + 1; pc < function.code.size(); ++pc) {
            const auto op = function.code[pc].op;
            if (op == Opcode::UndoPush) return true;
            if (op != Opcode::Move) return false;  // of what it captures
        }
        return false;
    }

    Result<void> remedy(const CallProof& proof, const Site& site) {
        const auto kind = image_.functions[site.function].kind;
        const Instruction& x = code(site);
        std::optional<Remedy> wanted;
        if (is_in_undo(site.function)) {
            wanted = Remedy::Undoes;
        } else if (begins_run(x.op)) {
            wanted = image_.subs[site.row].detached ? Remedy::Lives : Remedy::OfRun;
        } else if (kind != FunctionKind::Hook && is_undone(site)) {
            wanted = Remedy::Undone;
        } else {
            const auto& worker = image_.workers[image_.steps[site.row].worker];
            if (worker.irreversible) {
                wanted = Remedy::Irreversible;
            } else if (worker.effect == EffectClass::Read) {
                wanted = Remedy::Reads;
            }
        }
        if (wanted) {
            if (proof.remedy == *wanted) return {};
            return bad(site, "says otherwise what comes of this effect");
        }
        if (proof.remedy == Remedy::Stands) return {};
        if (proof.remedy == Remedy::Covered && is_covered(site.function, site.pc)) return {};
        return bad(site, "says that this effect is undone, and nothing does");
    }

    // An undo function, or a branch that one forks.
    bool is_in_undo(std::uint32_t function) {
        const auto kind = image_.functions[function].kind;
        if (kind == FunctionKind::Undo) return true;
        const auto* fork = kind == FunctionKind::Branch ? forked_at(function) : nullptr;
        return fork != nullptr && is_in_undo(fork->function);
    }

    // The site that forks a branch function, when there is just one.
    const Site* forked_at(std::uint32_t function) {
        if (forks_.empty()) {
            for (const auto& site : image_.sites) {
                if (!is_fork(code(site).op)) continue;
                for (auto branch : branches(code(site))) {
                    auto [at, is_new] = forks_.try_emplace(branch, &site);
                    if (!is_new) at->second = nullptr;
                }
            }
        }
        const auto found = forks_.find(function);
        return found == forks_.end() ? nullptr : found->second;
    }

    // Every path from the call to the end of its function, or of one that forks it, forgets the
    // undos inside and registers one for the whole.
    bool is_covered(std::uint32_t function, std::uint32_t pc) {
        const auto& code = image_.functions[function].code;
        std::vector<bool> seen(code.size());
        std::vector<std::uint32_t> open;
        auto visit = [&](std::uint32_t next) {
            if (next >= code.size() || seen[next]) return;
            seen[next] = true;
            open.push_back(next);
        };
        for_each_successor(image_.functions[function], pc, visit);
        bool is_always = true;
        while (!open.empty() && is_always) {
            const auto at = open.back();
            open.pop_back();
            if (++work_ > kFollowedMax) return false;
            if (code[at].op == Opcode::UndoCut) continue;
            is_always = code[at].op != Opcode::Return && code[at].op != Opcode::End;
            for_each_successor(image_.functions[function], at, visit);
        }
        if (is_always) return true;
        const auto* fork =
            image_.functions[function].kind == FunctionKind::Branch ? forked_at(function) : nullptr;
        return fork != nullptr && is_covered(fork->function, fork->pc);
    }

    // --- failures

    // Those by which the author ends a run stand before the point of no return; the others pass on
    // what a scope caught, or say what a wait came to, and there hold the run for a person.
    Result<void> raises() {
        std::set<std::pair<std::uint32_t, std::uint32_t>> fails;
        for (const auto& one : proof_.fails) {
            const auto place = std::pair(one.function, one.pc);
            if (one.function >= image_.functions.size() ||
                one.pc >= image_.functions[one.function].code.size() ||
                image_.functions[one.function].code[one.pc].op != Opcode::Raise ||
                (!fails.empty() && place <= *fails.rbegin())) {
                return bad("names failures that are none, or not in order");
            }
            fails.insert(fails.end(), place);
        }
        for (std::uint32_t f = 0; f < image_.functions.size(); ++f) {
            const auto& function = image_.functions[f];
            const bool ends_run =
                function.kind == FunctionKind::Workflow || function.kind == FunctionKind::Branch;
            const auto caught = caught_in(function);
            for (std::uint32_t pc = 0; pc < function.code.size(); ++pc) {
                if (function.code[pc].op != Opcode::Raise) continue;
                if (!fails.contains({f, pc})) {
                    if (passes_on(function, caught, pc)) continue;
                    return bad_code(image_, f, pc, "the certificate leaves this failure out");
                }
                if (passes_on(function, caught, pc)) {
                    return bad_code(image_, f, pc, "the certificate calls this a failure");
                }
                if (ends_run && !is_in_undo(f) && is_past(f, pc)) {
                    return bad_code(image_, f, pc, "fails past the point of no return");
                }
            }
        }
        return {};
    }

    // Registers that scopes alone write: what is in them was caught.
    static std::vector<bool> caught_in(const Function& function) {
        std::vector<bool> caught(function.registers, false);
        for (const auto& x : function.code) {
            if (x.op == Opcode::ScopeEnter) caught[x.a] = true;
        }
        for (const auto& x : function.code) {
            const bool writes = opcode_info(x.op)->roles[0] == Role::Written;
            if (writes && x.op != Opcode::ScopeEnter) caught[x.a] = false;
        }
        return caught;
    }

    [[nodiscard]] bool passes_on(const Function& function, const std::vector<bool>& caught,
                                 std::uint32_t pc) const {
        const auto error = function.code[pc].a;
        if (pc == 0) return false;
        const Instruction& made = function.code[pc - 1];
        if (made.op == Opcode::MakeRecord && made.a == error) {
            return is_end_of_wait(function, pc - 1);
        }
        return caught[error];
    }

    // The record of an error that a review, a wait or a lock ends with.
    [[nodiscard]] bool is_end_of_wait(const Function& function, std::uint32_t made) const {
        constexpr std::uint32_t kFar = 12;
        const auto name = function.code[made].b;
        for (std::uint32_t back = 1; back <= std::min(made, kFar); ++back) {
            const Instruction& x = function.code[made - back];
            if (opcode_info(x.op)->roles[0] != Role::Written || x.a != name) continue;
            if (x.op != Opcode::Const || image_.constants[x.d].tag() != Tag::Text) return false;
            const auto text = image_.constants[x.d].as_text();
            return text == "Rejected" || text == "Expired" || text == "Timeout";
        }
        return false;
    }

    // --- what runs use

    const WorkflowProof& total(std::uint32_t function) {
        auto& known = totals_[function];
        if (known.is_known) return known.uses;
        WorkflowProof uses;
        const auto& code = image_.functions[function].code;
        for (std::uint32_t pc = 0; pc < code.size(); ++pc) {
            const auto count = counts_[function][pc];
            const Instruction& x = code[pc];
            if (is_call(x.op)) add_call(x, count, uses);
            if (x.op == Opcode::UndoPush) {
                const auto& undo = total(x.d);
                add(uses.undo_attempts, bound_sum(undo.attempts, undo.undo_attempts), count);
            }
            if (!is_fork(x.op)) continue;
            const auto each = x.op == Opcode::ForkEach ? bound_product(count, items(x.d)) : count;
            for (auto branch : branches(x)) add_all(total(branch), each, uses);
        }
        auto& out = totals_[function];
        out = {std::move(uses), true};
        return out.uses;
    }

    [[nodiscard]] std::uint64_t items(std::uint32_t site) const {
        return std::ranges::lower_bound(proof_.forks, site, {}, &ForkProof::site)->items;
    }

    void add_call(const Instruction& x, std::uint64_t count, WorkflowProof& uses) {
        const Site& site = image_.sites[x.d];
        if (begins_run(x.op)) {
            const auto& sub = image_.subs[site.row];
            if (!sub.detached) add_all(total(image_.workflows[sub.workflow].function), count, uses);
            return;
        }
        const auto& step = image_.steps[site.row];
        const auto& worker = image_.workers[step.worker];
        const auto attempts = bound_product(count, std::uint64_t{1} + step.policy.retries);
        add(uses.attempts, attempts, 1);
        if (worker.effect != EffectClass::Read || worker.irreversible) add(uses.effects, count, 1);
        if (worker.reserve_micros > 0) {
            spend(worker.reserve_currency,
                  bound_product(attempts, static_cast<std::uint64_t>(worker.reserve_micros)), uses);
        }
    }

    static void add(std::uint64_t& to, std::uint64_t amount, std::uint64_t count) {
        to = bound_sum(to, bound_product(amount, count));
    }
    static void add_all(const WorkflowProof& one, std::uint64_t count, WorkflowProof& to) {
        add(to.attempts, one.attempts, count);
        add(to.effects, one.effects, count);
        add(to.undo_attempts, one.undo_attempts, count);
        for (const auto& cost : one.spend) {
            spend(cost.currency, bound_product(cost.micros, count), to);
        }
    }
    static void spend(const std::string& currency, std::uint64_t micros, WorkflowProof& to) {
        auto at = std::ranges::lower_bound(to.spend, currency, {}, &SpendProof::currency);
        if (at == to.spend.end() || at->currency != currency) {
            at = to.spend.insert(at, {currency, 0});
        }
        at->micros = bound_sum(at->micros, micros);
    }

    Result<void> workflows() {
        for (std::size_t i = 0; i < image_.workflows.size(); ++i) {
            const auto& row = image_.workflows[i];
            WorkflowProof found = total(row.function);
            found.irreversible = holds(row.function);
            if (found == proof_.workflows[i]) continue;
            return bad("says otherwise what a run of " + row.name + " may use or do");
        }
        return {};
    }

    const Image& image_;
    const Certificate& proof_;
    std::vector<std::vector<std::uint64_t>> counts_;
    std::vector<std::optional<bool>> holds_;
    std::vector<std::optional<bool>> entry_;
    std::vector<std::vector<std::optional<bool>>> past_;
    std::set<std::uint32_t> open_;
    std::map<std::uint32_t, const Site*> forks_;
    std::uint64_t work_ = 0;
    std::map<std::uint32_t, Total> totals_;
};

}  // namespace

Result<void> certificate(const Image& image) {
    if (image.certificate.is_empty()) return {};
    return Certified(image).check();
}

}  // namespace weft::verify
