// Loops. A jump back is taken only under a guard that the compiler puts there, in one of two forms:
//
//   at the head, for `repeat`:      const n; less t, r, n; jump_if_not t, out; const 1; add r, r, 1
//   before the jump, for a gate:    const high; less_equal t, r, high; jump_if_not t, out;
//                                   const low; less t, low, r; jump_if_not t, out; jump back
//
// r counts up and is set anew only outside of the loop, so the head lets n passes in, and the jump
// is taken high - low times.
#include "bytecode/verify_counts.h"

#include <algorithm>
#include <map>
#include <optional>

#include "bytecode/certificate.h"
#include "bytecode/opcode_info.h"
#include "bytecode/verify.h"

namespace weft::verify {
namespace {

// Work of one function: loops times instructions.
constexpr std::uint64_t kLoopWorkMax = 200'000'000;
constexpr std::uint32_t kHeadGuard = 5;
constexpr std::uint32_t kEdgeGuard = 6;

class Loops {
  public:
    Loops(const Image& image, std::uint32_t number)
        : image_(image),
          number_(number),
          function_(image.functions[number]),
          code_(function_.code) {
        counts_.assign(code_.size(), 1);
        target_.assign(code_.size(), false);
        for (std::uint32_t pc = 0; pc < code_.size(); ++pc) {
            const auto& roles = opcode_info(code_[pc].op)->roles;
            if (roles[0] == Role::Written) written_[code_[pc].a].push_back(pc);
            if (roles[3] != Role::Jump) continue;
            target_[code_[pc].d] = true;
            jumps_.emplace_back(code_[pc].d, pc);
            if (code_[pc].d <= pc) backward_.push_back(pc);
        }
        std::ranges::sort(jumps_);
        seen_.assign(code_.size(), 0);
        furthest_back_.assign(backward_.size(), kNone);
        auto least = kNone;
        for (auto i = backward_.size(); i-- > 0;) {
            least = std::min(least, code_[backward_[i]].d);
            furthest_back_[i] = least;
        }
    }

    Result<std::vector<std::uint64_t>> find() {
        if (backward_.size() * code_.size() > kLoopWorkMax) return bad(0, "has too many loops");
        for (auto pc : backward_) {
            if (code_[pc].op != Opcode::Jump) return bad(pc, "goes back without a guard");
            if (!heads_.contains(code_[pc].d) && !head(code_[pc].d) && !edge(pc)) {
                return bad(pc, "goes back, and nothing bounds how often");
            }
            auto loop = heads_.find(code_[pc].d);
            if (loop != heads_.end() && pc >= loop->second) {
                return bad(pc, "goes back into a loop from behind it");
            }
        }
        for (const auto& [counter, rounds] : edges_) multiply(rounds);
        scopes();
        return std::move(counts_);
    }

  private:
    std::unexpected<Error> bad(std::uint32_t pc, const std::string& what) const {
        return bad_code(image_, number_, pc, what);
    }

    // The number in the constant that the instruction loads.
    [[nodiscard]] std::optional<std::int64_t> number(std::uint32_t pc) const {
        const Instruction& x = code_[pc];
        if (x.op != Opcode::Const || image_.constants[x.d].tag() != Tag::Int) return std::nullopt;
        return image_.constants[x.d].as_int();
    }

    [[nodiscard]] bool is_guard(std::uint32_t pc, std::uint16_t test) const {
        return code_[pc].op == Opcode::JumpIfNot && code_[pc].a == test;
    }

    // `add r, r, one` right behind the constant that it adds.
    [[nodiscard]] bool counts_up(std::uint32_t pc, std::uint16_t counter) const {
        const Instruction& x = code_[pc];
        if (x.op != Opcode::Add || x.a != counter || x.b != counter || pc == 0) return false;
        const auto step = number(pc - 1);
        return step && *step >= 1 && code_[pc - 1].a == x.c && !target_[pc] && x.c != counter;
    }

    // Outside of begin..end the counter is only set to a number; inside it only counts up.
    [[nodiscard]] bool is_counter(std::uint16_t counter, std::uint32_t begin,
                                  std::uint32_t end) const {
        if (counter < function_.parameters) return false;
        const auto written = written_.find(counter);
        if (written == written_.end()) return true;
        for (const auto pc : written->second) {
            if (counts_up(pc, counter)) continue;
            const auto start = number(pc);
            if (!start || *start < 0 || (pc >= begin && pc < end)) return false;
        }
        return true;
    }

    bool head(std::uint32_t at) {
        if (at + kHeadGuard > code_.size()) return false;
        const auto passes = number(at);
        const Instruction& less = code_[at + 1];
        const std::uint16_t counter = less.b;
        if (!passes || *passes < 0 || less.op != Opcode::Less || less.c != code_[at].a ||
            !is_guard(at + 2, less.a) || !counts_up(at + 4, counter)) {
            return false;
        }
        const std::uint32_t out = code_[at + 2].d;
        if (out <= at + 4 || !is_counter(counter, at, out)) return false;
        // There is no other way in than over the head.
        for (auto jump = std::ranges::upper_bound(jumps_, std::pair(at, kNone));
             jump != jumps_.end() && jump->first < out; ++jump) {
            if (jump->second < at || jump->second >= out) return false;
        }
        heads_.emplace(at, out);
        for (std::uint32_t pc = at; pc < out; ++pc) {
            counts_[pc] = bound_product(counts_[pc], static_cast<std::uint64_t>(*passes));
        }
        return true;
    }

    bool edge(std::uint32_t pc) {
        if (pc < kEdgeGuard || code_[pc].d > pc - kEdgeGuard) return false;
        const std::uint32_t at = pc - kEdgeGuard;
        const auto high = number(at);
        const auto low = number(at + 3);
        const Instruction& most = code_[at + 1];
        const Instruction& least = code_[at + 4];
        const std::uint16_t counter = most.b;
        const bool fits = high && low && *low >= 0 && *low < *high &&
                          most.op == Opcode::LessEqual && most.c == code_[at].a &&
                          least.op == Opcode::Less && least.b == code_[at + 3].a &&
                          least.c == counter && is_guard(at + 2, most.a) &&
                          is_guard(at + 5, least.a) && code_[at + 2].d > pc && code_[at + 5].d > pc;
        if (!fits || std::find(target_.begin() + at + 1, target_.begin() + pc + 1, true) !=
                         target_.begin() + pc + 1) {
            return false;
        }
        const std::uint32_t begin = code_[pc].d;
        if (!is_counter(counter, begin, pc) || !always_counts(begin, pc, counter)) return false;
        edges_[counter].push_back({begin, pc, static_cast<std::uint64_t>(*high - *low)});
        return true;
    }

    // Behind this no path leads back to `end` or above it.
    [[nodiscard]] std::uint32_t last_with_way_back(std::uint32_t end) const {
        auto last = end;
        auto next =
            static_cast<std::size_t>(std::ranges::upper_bound(backward_, end) - backward_.begin());
        for (; next < backward_.size() && furthest_back_[next] <= last; ++next) {
            if (code_[backward_[next]].d <= last) last = backward_[next];
        }
        return last;
    }

    // No path leads from the begin to the jump back without counting.
    [[nodiscard]] bool always_counts(std::uint32_t begin, std::uint32_t end,
                                     std::uint16_t counter) {
        const auto last = last_with_way_back(end);
        ++search_;
        std::vector<std::uint32_t> open{begin};
        seen_[begin] = search_;
        while (!open.empty()) {
            const auto pc = open.back();
            open.pop_back();
            if (pc == end) return false;
            if (counts_up(pc, counter)) continue;
            for_each_successor(function_, pc, [&](std::uint32_t next) {
                if (next > last || seen_[next] == search_) return;
                seen_[next] = search_;
                open.push_back(next);
            });
        }
        return true;
    }

    struct Round {
        std::uint32_t begin;
        std::uint32_t end;  // the jump itself
        std::uint64_t times;
    };

    // What lies inside runs once, and once more for each time that the jump is taken.
    void multiply(const std::vector<Round>& rounds) {
        auto begin = kNone;
        std::uint32_t end = 0;
        for (const auto& round : rounds) {
            begin = std::min(begin, round.begin);
            end = std::max(end, round.end);
        }
        for (auto pc = begin; pc <= end; ++pc) {
            std::uint64_t all = 1;
            for (const auto& round : rounds) {
                if (pc >= round.begin && pc <= round.end) all = bound_sum(all, round.times);
            }
            counts_[pc] = bound_product(counts_[pc], all);
        }
    }

    // A composite step's code runs again with each of its retries. Code that no path reaches counts
    // as that above it.
    void scopes() {
        struct Scope {
            std::uint32_t around;
            std::uint64_t passes;
        };
        std::vector<Scope> all{{0, 1}};
        std::vector<std::uint32_t> at(code_.size(), kNone);
        std::vector<std::uint32_t> open;
        auto arrive = [&](std::uint32_t pc, std::uint32_t scope) {
            if (pc >= code_.size() || at[pc] != kNone) return;
            at[pc] = scope;
            open.push_back(pc);
        };
        auto follow = [&] {
            while (!open.empty()) {
                const auto pc = open.back();
                open.pop_back();
                const Instruction& x = code_[pc];
                const auto here = at[pc];
                auto inside = here;
                if (x.op == Opcode::ScopeEnter) {
                    all.push_back({here, passes_of(pc)});
                    inside = static_cast<std::uint32_t>(all.size() - 1);
                }
                if (x.op == Opcode::ScopeLeave) inside = all[here].around;
                for_each_successor(function_, pc, [&](std::uint32_t next) {
                    const bool is_handler = x.op == Opcode::ScopeEnter && next == x.d;
                    arrive(next, is_handler ? here : inside);
                });
            }
        };
        arrive(0, 0);
        follow();
        for (std::uint32_t pc = 1; pc < code_.size(); ++pc) {
            if (at[pc] != kNone) continue;
            arrive(pc,
                   code_[pc - 1].op == Opcode::ScopeLeave ? all[at[pc - 1]].around : at[pc - 1]);
            follow();
        }
        for (std::uint32_t pc = 0; pc < code_.size(); ++pc) {
            for (auto scope = at[pc]; scope != 0; scope = all[scope].around) {
                counts_[pc] = bound_product(counts_[pc], all[scope].passes);
            }
        }
    }

    [[nodiscard]] std::uint64_t passes_of(std::uint32_t enter) const {
        if (enter + 1 >= code_.size()) return 1;
        const auto behind = code_[enter + 1].op;
        if (behind != Opcode::Block && behind != Opcode::BlockUntil) return 1;
        const auto& block = image_.blocks[image_.sites[code_[enter + 1].d].row];
        return std::uint64_t{1} + block.policy.retries;
    }

    static constexpr std::uint32_t kNone = 0xFFFF'FFFF;

    const Image& image_;
    std::uint32_t number_;
    const Function& function_;
    const std::vector<Instruction>& code_;
    std::vector<std::uint64_t> counts_;
    std::vector<bool> target_;                  // of some jump
    std::vector<std::uint32_t> backward_;       // jumps back, ascending
    std::vector<std::uint32_t> furthest_back_;  // the least target of this one and those behind
    std::vector<std::pair<std::uint32_t, std::uint32_t>> jumps_;   // target, from; sorted
    std::map<std::uint16_t, std::vector<std::uint32_t>> written_;  // where, by register
    std::vector<std::uint32_t> seen_;                              // the last search that came by
    std::uint32_t search_ = 0;
    std::map<std::uint32_t, std::uint32_t> heads_;  // head -> behind the loop
    std::map<std::uint16_t, std::vector<Round>> edges_;
};

}  // namespace

Result<std::vector<std::uint64_t>> counts(const Image& image, std::uint32_t function) {
    return Loops(image, function).find();
}

}  // namespace weft::verify
