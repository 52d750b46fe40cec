#include "bytecode/opcode_info.h"

namespace weft {
namespace {

constexpr Role role_of(char letter) {
    switch (letter) {
        case 'W':
            return Role::Written;
        case 'R':
            return Role::Read;
        case 'L':
            return Role::List;
        case 'N':
            return Role::Count;
        case 'C':
            return Role::Captures;
        case 'V':
            return Role::Immediate;
        case 'I':
            return Role::Index;
        case 'J':
            return Role::Jump;
        default:
            return Role::Unused;
    }
}

constexpr Table table_of(std::string_view operands) {
    const auto colon = operands.find(':');
    if (colon == std::string_view::npos) return Table::None;
    const auto name = operands.substr(colon + 1);
    if (name == "constant") return Table::Constant;
    if (name == "type") return Table::Type;
    if (name == "prompt") return Table::Prompt;
    if (name == "function") return Table::Function;
    if (name == "builtin") return Table::Builtin;
    if (name == "site") return Table::Site;
    return Table::None;
}

constexpr OpcodeInfo make_info(Opcode op, std::string_view name, std::string_view mnemonic,
                               Family family, std::string_view operands, std::string_view summary) {
    return {
        op,
        name,
        mnemonic,
        family,
        {role_of(operands[0]), role_of(operands[1]), role_of(operands[2]), role_of(operands[3])},
        table_of(operands),
        summary};
}

constexpr auto kOpcodes = std::to_array<OpcodeInfo>({
#define X(number, Name, mnemonic, family, operands, summary) \
    make_info(Opcode::Name, #Name, mnemonic, Family::family, operands, summary),
#include "bytecode/opcodes.def"
#undef X
});

// Arguments of "(Text, Text) -> Bool": commas outside angle brackets, plus one.
constexpr std::uint32_t arguments_of(std::string_view signature) {
    std::uint32_t count = 1;
    int depth = 0;
    for (char letter : signature.substr(1, signature.find(')') - 1)) {
        if (letter == '<') ++depth;
        if (letter == '>') --depth;
        if (letter == ',' && depth == 0) ++count;
    }
    return count;
}

constexpr auto kBuiltins = std::to_array<BuiltinInfo>({
#define X(number, Name, name, signature, summary) \
    BuiltinInfo{BuiltinFunction::Name, name, arguments_of(signature)},
#include "bytecode/builtins.def"
#undef X
});

// Row of each number, so that a look-up in the machine's inner loop is one load.
constexpr std::size_t kNumberMax = 256;
template <typename Rows, typename NumberOf>
constexpr auto rows_by_number(const Rows& rows, NumberOf number_of) {
    std::array<std::int16_t, kNumberMax> out{};
    out.fill(-1);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        out.at(number_of(rows[i])) = static_cast<std::int16_t>(i);
    }
    return out;
}
constexpr auto kOpcodeRows = rows_by_number(
    kOpcodes, [](const OpcodeInfo& info) { return static_cast<std::size_t>(info.op); });
constexpr auto kBuiltinRows = rows_by_number(
    kBuiltins, [](const BuiltinInfo& info) { return static_cast<std::size_t>(info.function); });

}  // namespace

std::span<const OpcodeInfo> all_opcodes() {
    return kOpcodes;
}

const OpcodeInfo* opcode_info(Opcode op) {
    const auto number = static_cast<std::size_t>(op);
    if (number >= kNumberMax || kOpcodeRows[number] < 0) return nullptr;
    return &kOpcodes[static_cast<std::size_t>(kOpcodeRows[number])];
}

std::span<const BuiltinInfo> all_builtins() {
    return kBuiltins;
}

const BuiltinInfo* builtin_info(std::uint32_t number) {
    if (number >= kNumberMax || kBuiltinRows[number] < 0) return nullptr;
    return &kBuiltins[static_cast<std::size_t>(kBuiltinRows[number])];
}

}  // namespace weft
