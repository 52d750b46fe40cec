// What is known before an instruction of which labels its registers carry, whatever path led there.
// Registers of which nothing is known carry no label. It knows no instruction.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "bytecode/label_trees.h"

namespace weft::verify {

// What is known of the value itself, so that a path is followed only with what it can meet.
struct ValueFact {
    enum class Kind : std::uint8_t {
        Truth,    // a Bool that is `yes`
        Number,   // an Int that is `number`
        TagOf,    // the number of the case of register `reg`
        IsCase,   // a Bool: whether register `reg` is of case `number` (of another: not `yes`)
        Verdict,  // what gate `number` gave
        Passed,   // a Bool: whether gate `number` was passed (was not: not `yes`)
        Answer,   // what a review of gate `number` gave
    };
    Kind kind = Kind::Truth;
    bool yes = false;
    std::uint16_t reg = 0;
    std::uint32_t number = 0;

    bool operator==(const ValueFact&) const = default;
};

// A few entries, in order of their registers.
template <typename T>
class ByRegister {
  public:
    using Entry = std::pair<std::uint16_t, T>;

    [[nodiscard]] const T* find(std::uint32_t reg) const {
        const auto at = place(reg);
        return at != entries_.end() && at->first == reg ? &at->second : nullptr;
    }
    void set(std::uint32_t reg, T value) {
        const auto at = place(reg);
        if (at != entries_.end() && at->first == reg) {
            entries_[static_cast<std::size_t>(at - entries_.begin())].second = std::move(value);
        } else {
            entries_.insert(at, {static_cast<std::uint16_t>(reg), std::move(value)});
        }
    }
    void erase(std::uint32_t reg) {
        const auto at = place(reg);
        if (at != entries_.end() && at->first == reg) entries_.erase(at);
    }
    template <typename Drop>
    void erase_if(Drop drop) {
        std::erase_if(entries_, drop);
    }
    void keep_below(std::uint32_t count) { entries_.erase(place(count), entries_.end()); }
    void clear() { entries_.clear(); }
    [[nodiscard]] auto begin() const { return entries_.begin(); }
    [[nodiscard]] auto end() const { return entries_.end(); }

  private:
    [[nodiscard]] auto place(std::uint32_t reg) const {
        return std::ranges::lower_bound(entries_, reg, {},
                                        [](const Entry& e) -> std::uint32_t { return e.first; });
    }
    std::vector<Entry> entries_;
};

// Sets of named slots that a value was computed from, each kept once. 0 is the empty set.
class SlotSets {
  public:
    using Set = std::vector<std::uint16_t>;

    SlotSets() { add({}); }
    [[nodiscard]] const Set& operator[](std::uint32_t number) const { return *sets_[number]; }
    std::uint32_t united(std::uint32_t a, std::uint32_t b) {
        if (a == b || b == 0) return a;
        if (a == 0) return b;
        Set both;
        std::ranges::set_union(*sets_[a], *sets_[b], std::back_inserter(both));
        return add(std::move(both));
    }
    std::uint32_t plus(std::uint32_t a, std::uint32_t slot) {
        return united(a, add({static_cast<std::uint16_t>(slot)}));
    }

  private:
    std::uint32_t add(Set set) {
        const auto [at, is_new] =
            numbers_.try_emplace(std::move(set), static_cast<std::uint32_t>(sets_.size()));
        if (is_new) sets_.push_back(&at->first);
        return at->second;
    }
    std::map<Set, std::uint32_t> numbers_;
    std::vector<const Set*> sets_;
};

struct LabelState {
    ByRegister<LabelTree> labels;
    ByRegister<ValueFact> facts;
    ByRegister<std::uint32_t> from;     // SlotSets: untrusted slots that it was computed from
    bool announced = false;             // a declassification was logged, and none made since
    std::vector<std::uint32_t> scopes;  // scope_enter instructions, innermost last

    [[nodiscard]] LabelTree tree(std::uint32_t reg) const {
        const auto* found = labels.find(reg);
        return found == nullptr ? kNoLabels : *found;
    }
    [[nodiscard]] const ValueFact* fact(std::uint32_t reg, ValueFact::Kind kind) const {
        const auto* found = facts.find(reg);
        return found != nullptr && found->kind == kind ? found : nullptr;
    }
    [[nodiscard]] std::uint32_t sources(std::uint32_t reg) const {
        const auto* found = from.find(reg);
        return found == nullptr ? 0 : *found;
    }
    void set_tree(std::uint32_t reg, LabelTree tree) {
        if (tree == kNoLabels) return labels.erase(reg);
        labels.set(reg, tree);
    }
    // What was known of the register, or by means of it, is known no longer.
    void forget(std::uint32_t reg) {
        facts.erase_if([&](const auto& entry) {
            const bool refers = entry.second.kind == ValueFact::Kind::TagOf ||
                                entry.second.kind == ValueFact::Kind::IsCase;
            return entry.first == reg || (refers && entry.second.reg == reg);
        });
        from.erase(reg);
    }
    void keep_below(std::uint32_t count) {
        labels.keep_below(count);
        facts.keep_below(count);
        from.keep_below(count);
    }
};

// Takes into `known` what another path knows; whether that changed it.
bool meet(LabelTrees& trees, SlotSets& slots, LabelState& known, const LabelState& other);

}  // namespace weft::verify
