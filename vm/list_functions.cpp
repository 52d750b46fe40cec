// Instructions that call a lambda for each item of a list.
#include <algorithm>
#include <bit>
#include <map>

#include "bytecode/opcode_info.h"
#include "vm/arithmetic.h"
#include "vm/evaluate.h"

namespace weft::vm {
namespace {

std::int64_t holding(const std::vector<Value>& results) {
    return std::ranges::count(results, Tag::True, &Value::tag);
}

}  // namespace

Outcome<Value> Evaluator::list_function(CodePlace at, const Registers& registers) {
    const auto& x = at.function->code[at.pc];
    const auto* items = list_items(registers[x.b]);
    if (items == nullptr) return std::unexpected(trap(at, "what is walked is no list"));
    if (x.op == Opcode::Fold) return fold(at, registers);
    const bool early = x.op == Opcode::Any || x.op == Opcode::All;
    const auto results = each_item(at, registers, early);
    if (!results) return std::unexpected(results.error());
    const bool asks = early || x.op == Opcode::Filter || x.op == Opcode::Share;
    if (asks && !std::ranges::all_of(*results, [](const Value& value) {
            return value.tag() == Tag::True || value.tag() == Tag::False;
        })) {
        return std::unexpected(trap(at, "a condition gave no Bool"));
    }
    return collect(at, *items, *results);
}

// Results of the lambda, item by item. With `early`, no further than what decides any or all.
Outcome<std::vector<Value>> Evaluator::each_item(CodePlace at, const Registers& registers,
                                                 bool early) {
    const auto& x = at.function->code[at.pc];
    const auto& items = registers[x.b].items();
    const auto captures = registers.range(x.c, image_.functions[x.d].parameters - 1U);
    const Tag decides = x.op == Opcode::Any ? Tag::True : Tag::False;
    std::vector<Value> results;
    std::uint64_t bytes = 0;
    for (const auto& item : items) {
        std::vector<Value> arguments{item};
        arguments.insert(arguments.end(), captures.begin(), captures.end());
        auto result = call(x.d, std::move(arguments));
        if (!result) return std::unexpected(std::move(result).error());
        bytes += result->tree_size();
        // Results that are kept back count like the list that they become.
        if (bytes > kValueSizeMax && x.op != Opcode::FlatMap) {
            return std::unexpected(trap(at, "the value is larger than 16 MiB"));
        }
        if (bytes > kWorkingBytesMax) {
            return std::unexpected(trap(at, "the run holds too much data"));
        }
        results.push_back(*std::move(result));
        if (early && results.back().tag() == decides) break;
    }
    return results;
}

Outcome<Value> Evaluator::collect(CodePlace at, const std::vector<Value>& items,
                                  const std::vector<Value>& results) {
    switch (at.function->code[at.pc].op) {
        case Opcode::Filter: {
            std::vector<Value> out;
            for (std::size_t i = 0; i < items.size(); ++i) {
                if (results[i].tag() == Tag::True) out.push_back(items[i]);
            }
            return Value::list(std::move(out));
        }
        case Opcode::Any:
            return Value::boolean(holding(results) > 0);
        case Opcode::All:
            return Value::boolean(holding(results) == static_cast<std::int64_t>(results.size()));
        case Opcode::Share:
            if (items.empty()) return Value::decimal(Decimal());
            return checked(at, arithmetic(Opcode::Divide, Value::integer(holding(results)),
                                          Value::integer(static_cast<std::int64_t>(items.size()))));
        case Opcode::SortBy:
            return sort_by(at, items, results);
        case Opcode::GroupBy:
            return group_by(at, items, results);
        case Opcode::FlatMap:
            return flatten(at, results);
        default:
            return Value::list(results);
    }
}

Outcome<Value> Evaluator::sort_by(CodePlace at, const std::vector<Value>& items,
                                  const std::vector<Value>& keys) {
    std::uint64_t bytes = 0;
    for (const auto& key : keys) {
        // The order must hold between any two before a sort may rely on it.
        const auto comparable = order(key, keys.front());
        if (!comparable) return std::unexpected(trap(at, comparable.error()));
        if (key.tag() != keys.front().tag()) {
            return std::unexpected(trap(at, "keys of different types are compared"));
        }
        bytes += key.tree_size();
    }
    if (!pay(items.size(), bytes * std::bit_width(items.size()))) return out_of_fuel(at);
    std::vector<std::size_t> positions(items.size());
    for (std::size_t i = 0; i < positions.size(); ++i) positions[i] = i;
    std::ranges::stable_sort(
        positions, [&](std::size_t a, std::size_t b) { return compare(keys[a], keys[b]) < 0; });
    std::vector<Value> out;
    out.reserve(items.size());
    for (auto position : positions) out.push_back(items[position]);
    return Value::list(std::move(out));
}

Outcome<Value> Evaluator::group_by(CodePlace at, const std::vector<Value>& items,
                                   const std::vector<Value>& keys) {
    std::map<std::string, std::vector<Value>> groups;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (keys[i].tag() != Tag::Text) {
            return std::unexpected(trap(at, "a key of a map is no text"));
        }
        groups[keys[i].as_text()].push_back(items[i]);
    }
    std::vector<MapEntry> entries;
    for (auto& [key, group] : groups) entries.emplace_back(key, Value::list(std::move(group)));
    return Value::map(std::move(entries));
}

Outcome<Value> Evaluator::flatten(CodePlace at, const std::vector<Value>& lists) {
    std::vector<Value> out;
    for (const auto& list : lists) {
        const auto* items = list_items(list);
        if (items == nullptr) return std::unexpected(trap(at, "what is joined is no list"));
        if (out.size() + items->size() > kListLengthMax) {
            return std::unexpected(trap(at, "the list is too long"));
        }
        if (!pay(items->size())) return out_of_fuel(at);
        out.insert(out.end(), items->begin(), items->end());
    }
    return Value::list(std::move(out));
}

Outcome<Value> Evaluator::fold(CodePlace at, const Registers& registers) {
    const auto& x = at.function->code[at.pc];
    const auto captures =
        registers.range(x.c, image_.functions[x.d].parameters - own_parameters(x.op));
    Value total = registers[x.b + 1U];
    for (const auto& item : registers[x.b].items()) {
        std::vector<Value> arguments{std::move(total), item};
        arguments.insert(arguments.end(), captures.begin(), captures.end());
        auto next = call(x.d, std::move(arguments));
        if (!next) return std::unexpected(std::move(next).error());
        total = *std::move(next);
    }
    return total;
}

}  // namespace weft::vm
