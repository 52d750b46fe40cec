#include "vm/evaluate.h"

#include <algorithm>

#include "bytecode/opcode_info.h"
#include "vm/arithmetic.h"
#include "vm/builtins.h"

namespace weft::vm {
namespace {

std::uint64_t total_size(const std::vector<Value>& values) {
    std::uint64_t sum = 0;
    for (const auto& value : values) sum += value.tree_size();
    return sum;
}

// Field or element `index` of what has numbered parts, if it is there.
const Value* part_at(const std::vector<Value>& parts, std::uint32_t index) {
    return index < parts.size() ? &parts[index] : nullptr;
}

}  // namespace

Value Evaluator::trap(CodePlace at, const std::string& message) const {
    std::string text = message;
    if (at.function != nullptr && at.pc < at.function->places.size()) {
        const auto& place = at.function->places[at.pc];
        if (place.file < image_.files.size()) {
            text += " (" + image_.files[place.file] + ":" + std::to_string(place.line) + ":" +
                    std::to_string(place.column) + ")";
        }
    }
    return make_error({.name = "Trap", .message = std::move(text)});
}

Outcome<Value> Evaluator::out_of_fuel(CodePlace at) const {
    return std::unexpected(trap(at, "the run computes too long without a logged step"));
}

Outcome<Value> Evaluator::checked(CodePlace at, Checked<Value> result) const {
    if (result) return *std::move(result);
    return std::unexpected(trap(at, result.error()));
}

Outcome<void> Evaluator::write(CodePlace at, Registers& registers, std::uint32_t index,
                               Value value) {
    if (value.tree_size() > kValueSizeMax) {
        return std::unexpected(trap(at, "the value is larger than 16 MiB"));
    }
    if (value.depth() > kValueDepthMax) {
        return std::unexpected(trap(at, "the value is nested deeper than 64"));
    }
    if (value.tag() == Tag::List && value.items().size() > kListLengthMax) {
        return std::unexpected(trap(at, "the list is too long"));
    }
    if (meter_.live_bytes + value.tree_size() > kWorkingBytesMax) {
        return std::unexpected(trap(at, "the run holds too much data"));
    }
    registers.set(index, std::move(value));
    return {};
}

const std::vector<Value>* Evaluator::list_items(const Value& value) {
    return value.tag() == Tag::List ? &value.items() : nullptr;
}

Outcome<void> Evaluator::pure(CodePlace at, Registers& registers) {
    if (tracer != nullptr) tracer->executes(*at.function, at.pc, registers);
    auto value = value_of(at, registers);
    if (!value) return std::unexpected(std::move(value).error());
    if (tracer != nullptr) tracer->gives(*at.function, at.pc, *value);
    return write(at, registers, at.function->code[at.pc].a, *std::move(value));
}

Outcome<Value> Evaluator::value_of(CodePlace at, const Registers& registers) {
    const auto& x = at.function->code[at.pc];
    if (!pay(1)) return out_of_fuel(at);
    switch (x.op) {
        case Opcode::Add:
        case Opcode::Subtract:
        case Opcode::Multiply:
        case Opcode::Divide:
        case Opcode::WholeDivide:
        case Opcode::Remainder:
            return checked(at, arithmetic(x.op, registers[x.b], registers[x.c]));
        case Opcode::Equal:
        case Opcode::NotEqual:
        case Opcode::Less:
        case Opcode::LessEqual:
        case Opcode::Greater:
        case Opcode::GreaterEqual:
            if (!pay(0, std::min(registers[x.b].tree_size(), registers[x.c].tree_size()))) {
                return out_of_fuel(at);
            }
            return checked(at, comparison(x.op, registers[x.b], registers[x.c]));
        case Opcode::Contains:
            if (!pay(0, registers[x.c].tree_size())) return out_of_fuel(at);
            return checked(at, contains(registers[x.b], registers[x.c]));
        case Opcode::Negate:
            return checked(at, negate(registers[x.b]));
        case Opcode::ToDecimal: {
            const auto exact = number(registers[x.b]);
            if (!exact) return std::unexpected(trap(at, std::string(kNotDefined)));
            return Value::decimal(*exact);
        }
        case Opcode::Not:
            if (registers[x.b].tag() == Tag::True) return Value::boolean(false);
            if (registers[x.b].tag() == Tag::False) return Value::boolean(true);
            return std::unexpected(trap(at, std::string(kNotDefined)));
        case Opcode::Field:
        case Opcode::CaseNumber:
        case Opcode::CaseField:
        case Opcode::Index:
        case Opcode::WithField:
            return part(at, registers);
        case Opcode::Call:
        case Opcode::Builtin:
        case Opcode::Refine:
            return call_here(at, registers);
        case Opcode::Convert:
            return convert(at, registers[x.b]);
        case Opcode::WidenError:
        case Opcode::NarrowError:
            return convert_error(at, registers[x.b]);
        case Opcode::Map:
        case Opcode::Filter:
        case Opcode::Any:
        case Opcode::All:
        case Opcode::Share:
        case Opcode::SortBy:
        case Opcode::GroupBy:
        case Opcode::FlatMap:
        case Opcode::Fold:
            return list_function(at, registers);
        default:
            return data(at, registers);
    }
}

Outcome<Value> Evaluator::data(CodePlace at, const Registers& registers) {
    const auto& x = at.function->code[at.pc];
    switch (x.op) {
        case Opcode::Const:
            return image_.constants[x.d];
        case Opcode::Move:
            return registers[x.b];
        case Opcode::ThisRun:
            return this_run_;
        case Opcode::ErrorIs:
            return Value::boolean(error_name(registers[x.b]) == image_.constants[x.d].as_text());
        case Opcode::ToText:
            if (!pay(0, registers[x.b].tree_size())) return out_of_fuel(at);
            return checked(at, hole_text(image_.types, TypeId{x.d}, registers[x.b]));
        default:
            break;
    }
    // The rest is made from the c registers from b.
    const auto parts = registers.range(x.b, x.c);
    const bool copies = x.op == Opcode::Concat || x.op == Opcode::MakePrompt;
    if (!pay(x.c, copies ? total_size(parts) : 0)) return out_of_fuel(at);
    switch (x.op) {
        case Opcode::MakeList:
            return Value::list(parts);
        case Opcode::MakeRecord:
            return Value::record(parts);
        case Opcode::MakeCase:
            return Value::enum_case(x.d, parts);
        case Opcode::MakeMap:
            return make_map(at, parts);
        case Opcode::Concat:
            return checked(at, concatenate(parts));
        case Opcode::MakePrompt:
            return make_prompt(at, parts);
        default:
            return std::unexpected(trap(at, std::string(kNotDefined)));
    }
}

Outcome<Value> Evaluator::part(CodePlace at, const Registers& registers) {
    const auto& x = at.function->code[at.pc];
    const auto& whole = registers[x.b];
    const Value* found = nullptr;
    switch (x.op) {
        case Opcode::Index:
            return index(at, whole, registers[x.c]);
        case Opcode::WithField:
            return with_field(at, registers);
        case Opcode::CaseNumber:
            if (whole.tag() == Tag::Case) return Value::integer(whole.as_case().number);
            break;
        case Opcode::Field:
            if (whole.tag() == Tag::Record) found = part_at(whole.items(), x.c);
            break;
        default:
            if (whole.tag() == Tag::Case) found = part_at(whole.as_case().fields, x.c);
            break;
    }
    if (found == nullptr) return std::unexpected(trap(at, std::string(kNotDefined)));
    return *found;
}

Outcome<Value> Evaluator::with_field(CodePlace at, const Registers& registers) {
    const auto& x = at.function->code[at.pc];
    const auto& whole = registers[x.b];
    if (whole.tag() != Tag::Record || x.d >= whole.items().size()) {
        return std::unexpected(trap(at, std::string(kNotDefined)));
    }
    if (!pay(whole.items().size())) return out_of_fuel(at);
    auto fields = whole.items();
    fields[x.d] = registers[x.c];
    return Value::record(std::move(fields));
}

Outcome<Value> Evaluator::index(CodePlace at, const Value& whole, const Value& at_index) {
    if (whole.tag() == Tag::List && at_index.tag() == Tag::Int) {
        const auto wanted = at_index.as_int();
        if (wanted < 0 || static_cast<std::uint64_t>(wanted) >= whole.items().size()) {
            return Value();
        }
        return whole.items()[static_cast<std::size_t>(wanted)];
    }
    if (whole.tag() == Tag::Map && at_index.tag() == Tag::Text) {
        const auto& entries = whole.entries();
        const auto found =
            std::ranges::lower_bound(entries, at_index.as_text(), {}, &MapEntry::first);
        const bool there = found != entries.end() && found->first == at_index.as_text();
        return there ? found->second : Value();
    }
    return std::unexpected(trap(at, std::string(kNotDefined)));
}

Outcome<Value> Evaluator::make_map(CodePlace at, const std::vector<Value>& parts) {
    std::vector<MapEntry> entries;
    for (std::size_t i = 0; i + 1 < parts.size(); i += 2) {
        if (parts[i].tag() != Tag::Text) {
            return std::unexpected(trap(at, "a key of a map is no text"));
        }
        entries.emplace_back(parts[i].as_text(), parts[i + 1]);
    }
    return Value::map(std::move(entries));
}

// The fields of value/shapes.h: name, template, system, user, schema, inputs.
Outcome<Value> Evaluator::make_prompt(CodePlace at, const std::vector<Value>& parts) {
    const auto row = at.function->code[at.pc].d;
    const auto& prompt = image_.prompts[row];
    if (parts[0].tag() != Tag::Text || parts[1].tag() != Tag::Text) {
        return std::unexpected(trap(at, std::string(kNotDefined)));
    }
    auto schema = schemas_.find(row);
    if (schema == schemas_.end()) {
        const auto result = image_.types[prompt.type].element;
        schema = schemas_.emplace(row, Value::text(json_schema(image_.types, result))).first;
    }
    if (!pay(0, schema->second.tree_size())) return out_of_fuel(at);
    auto inputs = prompt_inputs(at, image_.types[prompt.type].fields, parts);
    if (!inputs) return inputs;
    return Value::record({Value::text(prompt.name), Value::text(to_hex(view(prompt.template_hash))),
                          parts[0], parts[1], schema->second, std::move(*inputs)});
}

// The inputs in their JSON form, by name: whoever serves the prompt has no types of the program.
Outcome<Value> Evaluator::prompt_inputs(CodePlace at, const std::vector<FieldType>& fields,
                                        const std::vector<Value>& parts) {
    if (parts.size() != fields.size() + 2)
        return std::unexpected(trap(at, std::string(kNotDefined)));
    std::vector<MapEntry> entries;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const Value& part = parts[i + 2];
        if (check_value(image_.types, fields[i].type, part)) {
            return std::unexpected(trap(at, "a prompt's input does not fit its type"));
        }
        if (!pay(0, part.tree_size())) return out_of_fuel(at);
        auto json = from_json(json_types(), TypeId{0}, to_json(image_.types, fields[i].type, part));
        if (!json) return std::unexpected(trap(at, json.error().message));
        entries.emplace_back(fields[i].json_name, std::move(*json));
    }
    return Value::map(std::move(entries));
}

Outcome<Value> Evaluator::call_here(CodePlace at, const Registers& registers) {
    const auto& x = at.function->code[at.pc];
    if (x.op == Opcode::Call) return call(x.d, registers.range(x.b, x.c));
    if (x.op == Opcode::Refine) {
        const auto& value = registers[x.b];
        if (!pay(0, value.tree_size())) return out_of_fuel(at);
        const auto fit = fits(TypeId{x.d}, value);
        if (!fit) return std::unexpected(fit.error());
        return *fit ? value : Value();
    }
    const auto arguments = registers.range(x.b, x.c);
    if (!pay(0, total_size(arguments))) return out_of_fuel(at);
    return checked(at, call_builtin(static_cast<BuiltinFunction>(x.d), arguments));
}

Outcome<bool> Evaluator::fits(TypeId type, const Value& value) {
    std::vector<PredicateCall> calls;
    if (check_value(image_.types, type, value, &calls)) return false;
    return all_hold(std::move(calls));
}

Outcome<bool> Evaluator::all_hold(std::vector<PredicateCall> calls) {
    for (auto& predicate : calls) {
        const auto holds = call(predicate.function, {std::move(predicate.value)});
        if (!holds) return std::unexpected(holds.error());
        if (holds->tag() != Tag::True) return false;
    }
    return true;
}

Outcome<std::uint32_t> Evaluator::jump(CodePlace at, const Registers& registers) {
    const auto& x = at.function->code[at.pc];
    if (!pay(1)) return std::unexpected(out_of_fuel(at).error());
    if (x.op == Opcode::Jump) return x.d;
    if (x.op == Opcode::Trap) {
        return std::unexpected(trap(at, image_.constants[x.d].as_text()));
    }
    const auto& tested = registers[x.a];
    switch (x.op) {
        case Opcode::JumpIf:
        case Opcode::JumpIfNot:
            if (tested.tag() != Tag::True && tested.tag() != Tag::False) {
                return std::unexpected(trap(at, std::string(kNotDefined)));
            }
            return (tested.tag() == Tag::True) == (x.op == Opcode::JumpIf) ? x.d : at.pc + 1;
        case Opcode::JumpIfNone:
            return tested.is_none() ? x.d : at.pc + 1;
        case Opcode::Raise:
            if (is_error(tested)) return std::unexpected(raised(tested));
            return std::unexpected(trap(at, "what is raised is no error"));
        default:
            return std::unexpected(trap(at, std::string(kNotDefined)));
    }
}

// On its way an error has its own fields as they are declared, also when it was an Error before.
Value Evaluator::raised(const Value& error) const {
    const auto* row = declared_error(image_, error_name(error));
    if (row == nullptr) return error;
    auto whole = narrowed(image_, *row, error);
    return whole.is_none() ? error : whole;
}

Outcome<Value> Evaluator::call(std::uint32_t number, std::vector<Value> arguments) {
    const auto& callee = image_.functions[number];
    if (depth_ == kCallDepthMax) {
        return std::unexpected(trap({&callee, 0}, "functions call each other too deep"));
    }
    if (!pay(1 + callee.registers / 8U)) return out_of_fuel({&callee, 0});
    Registers registers(callee.registers, 0, meter_);
    for (std::uint32_t i = 0; i < arguments.size(); ++i) {
        auto written = write({&callee, 0}, registers, i, std::move(arguments[i]));
        if (!written) return std::unexpected(std::move(written).error());
    }
    ++depth_;
    const auto result = [&]() -> Outcome<Value> {
        for (std::uint32_t pc = 0;;) {
            const CodePlace at{&callee, pc};
            const auto& x = callee.code[pc];
            const bool is_pure = opcode_info(x.op)->family == Family::Pure;
            if (tracer != nullptr && !is_pure) tracer->executes(callee, pc, registers);
            if (x.op == Opcode::Return) return registers[x.a];
            if (is_pure) {
                auto done = pure(at, registers);
                if (!done) return std::unexpected(std::move(done).error());
                ++pc;
                continue;
            }
            auto next = jump(at, registers);
            if (!next) return std::unexpected(std::move(next).error());
            pc = *next;
        }
    }();
    --depth_;
    return result;
}

}  // namespace weft::vm
