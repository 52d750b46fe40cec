// The verifier's rules about paths: definite assignment, temporaries across sites, scopes.
#include <algorithm>
#include <map>
#include <set>

#include "bytecode/opcode_info.h"
#include "bytecode/verify.h"

namespace weft::verify {
namespace {

// What is known before an instruction, whatever path led there.
struct Known {
    std::vector<std::uint64_t> assigned;  // one bit a register
    std::vector<std::uint32_t> scopes;    // scope_enter instructions, innermost last

    void set(std::uint32_t index) { assigned[index / 64] |= 1ULL << (index % 64); }
    [[nodiscard]] bool has(std::uint32_t index) const {
        return ((assigned[index / 64] >> (index % 64)) & 1) != 0;
    }
    void keep_below(std::uint32_t count) {
        for (std::uint32_t word = 0; word < assigned.size(); ++word) {
            const std::uint32_t first = word * 64;
            if (first >= count) {
                assigned[word] = 0;
            } else if (count - first < 64) {
                assigned[word] &= (1ULL << (count - first)) - 1;
            }
        }
    }
};

class Flow {
  public:
    Flow(const Image& image, std::uint32_t function)
        : image_(image), number_(function), function_(image.functions[function]) {}

    Result<void> check() {
        mark_leaders();
        Known entry;
        entry.assigned.assign((function_.registers + 63U) / 64U, 0);
        for (std::uint32_t i = 0; i < function_.parameters; ++i) entry.set(i);
        if (!arrive(0, entry)) return failed();
        // Each pass over a block can only forget registers; code as compilers make it needs a few.
        std::size_t passes_left = 64 * leader_count_ + 1024;
        while (!pending_.empty()) {
            if (passes_left-- == 0) {
                pc_ = 0;
                what_ = "its paths are too tangled to be verified";
                return failed();
            }
            const auto first = *pending_.begin();
            pending_.erase(pending_.begin());
            if (!block(first)) return failed();
        }
        return {};
    }

  private:
    std::unexpected<Error> failed() { return bad_code(image_, number_, pc_, what_); }
    bool wrong(std::string what) {
        what_ = std::move(what);
        return false;
    }

    void mark_leaders() {
        leader_.assign(function_.code.size(), false);
        leader_[0] = true;
        for (const auto& x : function_.code) {
            if (opcode_info(x.op)->roles[3] == Role::Jump) leader_[x.d] = true;
        }
        leader_count_ = static_cast<std::size_t>(std::ranges::count(leader_, true));
    }

    // A path reaches `pc` knowing `known`: what all paths know stays.
    bool arrive(std::uint32_t pc, const Known& known) {
        const auto [found, is_new] = at_.try_emplace(pc, known);
        if (is_new) {
            pending_.insert(pc);
            return true;
        }
        auto& old = found->second;
        if (old.scopes != known.scopes) {
            return wrong("paths with different scopes open meet at instruction " +
                         std::to_string(pc));
        }
        bool changed = false;
        for (std::size_t i = 0; i < old.assigned.size(); ++i) {
            const auto both = old.assigned[i] & known.assigned[i];
            changed = changed || both != old.assigned[i];
            old.assigned[i] = both;
        }
        if (changed) pending_.insert(pc);
        return true;
    }

    // Follows one path from a leader to the next.
    bool block(std::uint32_t first) {
        Known known = at_.at(first);
        for (pc_ = first;;) {
            const auto& x = function_.code[pc_];
            if (!reads(x, known) || !effect(x, known)) return false;
            if (ends_path(x.op)) return true;
            if (pc_ + 1 == function_.code.size()) return wrong("runs past the end of its function");
            ++pc_;
            if (leader_[pc_]) return arrive(pc_, known);
        }
    }

    static bool ends_path(Opcode op) {
        return op == Opcode::Return || op == Opcode::Jump || op == Opcode::Raise ||
               op == Opcode::Trap || op == Opcode::End;
    }

    bool read(std::uint32_t first, std::uint32_t count, const Known& known) {
        for (std::uint32_t i = first; i < first + count; ++i) {
            if (!known.has(i)) {
                return wrong("register " + std::to_string(i) +
                             " is read where it may not be assigned");
            }
        }
        return true;
    }

    bool reads(const Instruction& x, const Known& known) {
        const auto& info = *opcode_info(x.op);
        const auto values = operands(x);
        for (std::size_t i = 0; i < values.size(); ++i) {
            std::uint32_t count = 0;
            if (info.roles[i] == Role::Read) count = x.op == Opcode::Fold ? 2 : 1;
            if (info.roles[i] == Role::List) count = x.c + registers_behind(image_, x);
            if (info.roles[i] == Role::Captures) count = captures(x);
            if (!read(values[i], count, known)) return false;
        }
        return true;
    }

    std::uint32_t captures(const Instruction& x) const {
        if (x.op == Opcode::ForkEach || x.op == Opcode::ForkAll) {
            return captures_of(image_, image_.forks[image_.sites[x.d].row]);
        }
        return image_.functions[x.d].parameters - own_parameters(x.op);
    }

    // What the instruction changes for those after it, and where it jumps.
    bool effect(const Instruction& x, Known& known) {
        const auto& info = *opcode_info(x.op);
        if (info.family == Family::Site) known.keep_below(function_.named_slots);
        if (x.op == Opcode::ScopeEnter) {
            if (known.scopes.size() == kScopesMax)
                return wrong("too many scopes inside each other");
            // A failure may come after any site, so the handler finds the named slots alone.
            Known handler = known;
            handler.keep_below(function_.named_slots);
            handler.set(x.a);
            if (!arrive(x.d, handler)) return false;
            known.scopes.push_back(pc_);
            return true;
        }
        if ((x.op == Opcode::Block || x.op == Opcode::BlockUntil) &&
            (known.scopes.empty() || pc_ == 0 || known.scopes.back() != pc_ - 1)) {
            return wrong("stands elsewhere than right behind its scope_enter");
        }
        if (x.op == Opcode::ScopeLeave) {
            if (known.scopes.empty()) return wrong("leaves a scope where none is open");
            known.scopes.pop_back();
        }
        if (info.roles[0] == Role::Written) known.set(x.a);
        return info.roles[3] != Role::Jump || arrive(x.d, known);
    }

    const Image& image_;
    std::uint32_t number_;
    const Function& function_;
    std::uint32_t pc_ = 0;
    std::string what_;
    std::vector<bool> leader_;
    std::size_t leader_count_ = 0;
    std::map<std::uint32_t, Known> at_;
    std::set<std::uint32_t> pending_;  // lowest first: near to source order
};

}  // namespace

Result<void> flow(const Image& image, std::uint32_t function) {
    return Flow(image, function).check();
}

}  // namespace weft::verify
