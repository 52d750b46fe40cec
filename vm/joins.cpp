// What the end of one branch means for its fork: whether its failure is tolerated, who can still
// run, when the join is met, and what it gives.
#include <algorithm>

#include "vm/state.h"

namespace weft::vm {
namespace {

// Cases of an outcome, as a settling or collecting join gives it.
constexpr std::uint32_t kDoneCase = 0;
constexpr std::uint32_t kFailedCase = 1;

bool gives_outcomes(JoinRule join) {
    return join == JoinRule::Settle || join == JoinRule::Collect;
}

// What a handler of any error would see.
Value failed_outcome(const Image& image, const Value& error) {
    ErrorParts parts;
    if (is_error(error)) {
        const auto wide = widened(image, error);
        const auto& fields = wide.items();
        parts.name = fields[0].as_text();
        parts.message = fields[1].as_text();
        if (fields[2].tag() == Tag::Text) parts.step = fields[2].as_text();
        if (fields[3].tag() == Tag::Int) parts.attempts = fields[3].as_int();
        if (fields[4].tag() == Tag::Map) parts.detail = fields[4];
    }
    return Value::enum_case(kFailedCase, {make_error(std::move(parts))});
}

}  // namespace

// The first branch that waits for nothing any more.
std::optional<std::uint32_t> Machine::State::next_item(Fork& fork) const {
    while (fork.next < fork.count && fork.stages[fork.next] != Stage::Waiting) ++fork.next;
    const auto& rows = image->forks[fork.row].branches;
    for (auto item = fork.next; item < fork.count; ++item) {
        if (fork.stages[item] != Stage::Waiting) continue;
        const auto is_done = [&](std::uint32_t other) { return fork.stages[other] == Stage::Done; };
        if (rows.empty() || std::ranges::all_of(rows[item].after, is_done)) return item;
    }
    return std::nullopt;
}

std::vector<Value> Machine::State::branch_arguments(const Fork& fork, std::uint32_t item) const {
    std::vector<Value> out;
    const auto& row = image->forks[fork.row];
    if (row.branches.empty()) {
        out.push_back(fork.items.items()[item]);
    } else {
        for (const auto other : row.branches[item].after) {
            const auto& given = fork.results[other];
            out.push_back(gives_outcomes(row.join) ? given.as_case().fields.front() : given);
        }
    }
    out.insert(out.end(), fork.captures.begin(), fork.captures.end());
    return out;
}

void Machine::State::done(Branch& parent, std::uint32_t item, Value value) {
    auto& fork = *parent.fork;
    const auto& row = image->forks[fork.row];
    ++fork.ok;
    fork.stages[item] = Stage::Done;
    set_result(parent, item,
               gives_outcomes(row.join) ? Value::enum_case(kDoneCase, {std::move(value)})
                                        : std::move(value));
    if (row.join != JoinRule::Ok || fork.ok < row.bound) return;
    fork.is_met = true;
    const auto id = fork.first + item;
    fork.live.erase(id);
    stop_all(fork);
    fork.live.insert(id);
}

bool Machine::State::tolerate(Branch& parent, std::uint32_t item, const Value& error) {
    auto& fork = *parent.fork;
    const auto items = failing_with(fork, item);
    const bool goes_on = !fork.error && tolerates(fork, items.size());
    if (!goes_on) {
        ++fork.failed;
        return false;
    }
    fork.failed += static_cast<std::uint32_t>(items.size());
    for (const auto failed : items) {
        fork.stages[failed] = Stage::Failed;
        if (gives_outcomes(image->forks[fork.row].join)) {
            set_result(parent, failed, failed_outcome(*image, error));
        }
    }
    return true;
}

// A branch and all that wait for it, directly or not.
std::vector<std::uint32_t> Machine::State::failing_with(const Fork& fork,
                                                        std::uint32_t item) const {
    std::vector<std::uint32_t> out{item};
    const auto& rows = image->forks[fork.row].branches;
    for (std::size_t at = 0; at < out.size(); ++at) {
        for (std::uint32_t other = 0; other < rows.size(); ++other) {
            if (fork.stages[other] != Stage::Waiting) continue;
            const bool waits =
                std::ranges::find(rows[other].after, out[at]) != rows[other].after.end();
            if (waits && std::ranges::find(out, other) == out.end()) out.push_back(other);
        }
    }
    return out;
}

// Whether the fork goes on when so many more of its branches fail.
bool Machine::State::tolerates(const Fork& fork, std::size_t failures) const {
    const auto& row = image->forks[fork.row];
    switch (row.join) {
        case JoinRule::All:
            return false;
        case JoinRule::Ok:
            return fork.count >= fork.failed + failures + row.bound;
        case JoinRule::Settle:
            return true;
        case JoinRule::Collect:
            return fork.failed + failures <= row.bound;
    }
    return false;
}

// The error that a fork fails with, given that of the branch which made it fail.
Value Machine::State::fork_error(const Fork& fork, const Value& error) const {
    const auto& row = image->forks[fork.row];
    if (row.join != JoinRule::Collect) return error;
    return make_error({.name = "TooManyErrors",
                       .message = std::to_string(fork.failed) + " of " +
                                  std::to_string(fork.count) + " failed, and at most " +
                                  std::to_string(row.bound) + " may",
                       .step = row.path});
}

void Machine::State::set_result(Branch& parent, std::uint32_t item, Value value) {
    auto& fork = *parent.fork;
    fork.results[item] = std::move(value);
    check.replace(fork.result_terms[item],
                  check.of_value(parent.id, static_cast<std::uint32_t>(SlotKind::Result), item,
                                 fork.results[item]));
}

bool Machine::State::is_complete(const Fork& fork) const {
    if (image->forks[fork.row].join == JoinRule::Ok) return fork.is_met;
    return !fork.error && fork.ok + fork.failed == fork.count;
}

Value Machine::State::joined(Fork& fork) const {
    if (image->forks[fork.row].join != JoinRule::Ok) return Value::list(std::move(fork.results));
    std::vector<Value> out;
    for (std::uint32_t item = 0; item < fork.count; ++item) {
        if (fork.stages[item] == Stage::Done) out.push_back(std::move(fork.results[item]));
    }
    return Value::list(std::move(out));
}

}  // namespace weft::vm
