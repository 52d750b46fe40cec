// The verifier's rules about single instructions: operands, what a kind of function may hold, and
// the site table.
#include "bytecode/opcode_info.h"
#include "bytecode/verify.h"

namespace weft::verify {
namespace {

bool allowed_in(FunctionKind kind, Opcode op, Family family) {
    // A hook changes nothing in the run: it calls and says, and waits for nothing else.
    if (kind == FunctionKind::Hook && family == Family::Site) {
        return op == Opcode::CallStep || op == Opcode::CallUntil || op == Opcode::Emit ||
               op == Opcode::Block;
    }
    switch (op) {
        case Opcode::End:
            return kind == FunctionKind::Workflow;
        case Opcode::Return:
            return kind != FunctionKind::Workflow;
        case Opcode::ScopeEnter:
        case Opcode::ScopeLeave:
        case Opcode::UndoMark:
        case Opcode::NextGeneration:
            return kind != FunctionKind::Pure;
        // What an undo did is not undone, and it neither asks nor waits for a person.
        case Opcode::UndoPush:
        case Opcode::UndoCut:
        case Opcode::UndoTo:
        case Opcode::Gate:
        case Opcode::Accept:
        case Opcode::Review:
        case Opcode::RunSub:
        case Opcode::RunSubUntil:
        case Opcode::Ask:
        case Opcode::Wait:
        case Opcode::Lock:
            return kind == FunctionKind::Workflow || kind == FunctionKind::Branch;
        default:
            return family != Family::Site || kind != FunctionKind::Pure;
    }
}

class Code {
  public:
    Code(const Image& image, std::uint32_t function)
        : image_(image), number_(function), function_(image.functions[function]) {}

    Result<void> check() {
        if (!shape()) return bad_code(image_, number_, WorkerRow::kNoRow, what_);
        for (std::uint32_t pc = 0; pc < function_.code.size(); ++pc) {
            if (!instruction(function_.code[pc])) return bad_code(image_, number_, pc, what_);
        }
        return {};
    }

  private:
    bool wrong(std::string what) {
        what_ = std::move(what);
        return false;
    }

    bool shape() {
        if (function_.kind > FunctionKind::Hook) return wrong("unknown kind of function");
        if (function_.parameters > function_.named_slots ||
            function_.named_slots > function_.registers || function_.registers > kRegistersMax) {
            return wrong("parameters, named slots and registers do not nest");
        }
        if (function_.code.empty() || function_.code.size() > kInstructionsMax) {
            return wrong("it has no code, or too much");
        }
        if (function_.places.size() != function_.code.size()) {
            return wrong("not one source place an instruction");
        }
        if (function_.slot_names.size() != function_.named_slots) {
            return wrong("not one name a named slot");
        }
        return true;
    }

    bool instruction(const Instruction& x) {
        const auto* info = opcode_info(x.op);
        if (info == nullptr) return wrong("no such instruction");
        if (!allowed_in(function_.kind, x.op, info->family)) {
            return wrong("not allowed in this kind of function");
        }
        const auto values = operands(x);
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (!operand(x, *info, info->roles[i], values[i])) return false;
        }
        return arguments(x) && hook_block(x);
    }

    // In a hook a block only takes errors: it is neither run again nor held, and has no time.
    bool hook_block(const Instruction& x) {
        if (function_.kind != FunctionKind::Hook || x.op != Opcode::Block) return true;
        const auto& site = image_.sites[x.d];
        if (site.kind != SiteKind::Block) return wrong("its site is of another kind");
        const auto& policy = image_.blocks[site.row].policy;
        return (policy.retries == 0 && policy.within_ms == 0 && !policy.then_hold) ||
               wrong("a hook's block is run again, held or bounded in time");
    }

    bool operand(const Instruction& x, const OpcodeInfo& info, Role role, std::uint32_t value) {
        switch (role) {
            case Role::Unused:
                return value == 0 || wrong("an unused operand is not zero");
            case Role::Written:
            case Role::Read:
                return value < function_.registers || wrong("no such register");
            case Role::List:
                return registers_from(value, x.c + registers_behind(image_, x));
            case Role::Jump:
                return value < function_.code.size() || wrong("jumps out of its function");
            case Role::Index:
                return index(info.table, value);
            case Role::Captures:  // checked with the function in d
            case Role::Count:
            case Role::Immediate:
                return true;
        }
        return wrong("unknown operand");
    }

    bool registers_from(std::uint32_t first, std::uint32_t count) {
        return first + count <= function_.registers || wrong("registers out of range");
    }

    bool index(Table table, std::uint32_t value) {
        switch (table) {
            case Table::Constant:
                return value < image_.constants.size() || wrong("no such constant");
            case Table::Type:
                return value < image_.types.size() || wrong("no such type");
            case Table::Prompt:
                return value < image_.prompts.size() || wrong("no such prompt");
            case Table::Function:
                return value < image_.functions.size() || wrong("no such function");
            case Table::Builtin:
                return builtin_info(value) != nullptr || wrong("no such built-in");
            case Table::Site:
                return site(value);
            case Table::None:
                break;
        }
        return wrong("unknown table");
    }

    // The site's own row is checked in `sites`; here it must exist, so that its row can be read.
    bool site(std::uint32_t value) {
        if (value >= image_.sites.size()) return wrong("no such site");
        return site_row(image_.sites[value]) || wrong("its site has no row");
    }

    bool site_row(const Site& row) const {
        switch (row.kind) {
            case SiteKind::Step:
                return row.row < image_.steps.size();
            case SiteKind::Sub:
                return row.row < image_.subs.size();
            case SiteKind::Fork:
                return row.row < image_.forks.size();
            case SiteKind::Gate:
                return row.row < image_.gates.size();
            case SiteKind::Review:
                return row.row < image_.reviews.size();
            case SiteKind::Event:
                return row.row < image_.events.size();
            case SiteKind::Block:
                return row.row < image_.blocks.size();
            case SiteKind::Wait:
                return row.row < image_.waits.size();
            case SiteKind::Lock:
                return row.row < image_.locks.size();
            case SiteKind::End:
            case SiteKind::Undo:
            case SiteKind::Sleep:
                return true;
        }
        return false;
    }

    // Counts that depend on another table.
    bool arguments(const Instruction& x) {
        switch (x.op) {
            case Opcode::Call:
                return callee(x.d, FunctionKind::Pure, x.c);
            case Opcode::UndoPush:
                return callee(x.d, FunctionKind::Undo, x.c);
            case Opcode::Map:
            case Opcode::Filter:
            case Opcode::Any:
            case Opcode::All:
            case Opcode::Share:
            case Opcode::SortBy:
            case Opcode::GroupBy:
            case Opcode::FlatMap:
            case Opcode::Fold:
                return list_function(x);
            case Opcode::Builtin:
                return x.c == builtin_info(x.d)->arguments || wrong("wrong number of arguments");
            case Opcode::MakeMap:
                return x.c % 2 == 0 || wrong("a key without value");
            case Opcode::MakePrompt:
                return x.c >= 2 || wrong("a prompt without system and user part");
            case Opcode::Trap:
            case Opcode::ErrorIs:
                return image_.constants[x.d].tag() == Tag::Text || wrong("its constant is no text");
            case Opcode::CallStep:
            case Opcode::RunSub:
            case Opcode::RunSubUntil:
            case Opcode::CallUntil:
            case Opcode::ForkEach:
            case Opcode::ForkAll:
            case Opcode::Gate:
            case Opcode::Review:
            case Opcode::Ask:
                return site_arguments(x);
            case Opcode::Lock:
                return x.c >= 2 || wrong("a lock without a key");
            default:
                return true;
        }
    }

    bool callee(std::uint32_t function, FunctionKind kind, std::uint32_t count) {
        const auto& target = image_.functions[function];
        if (target.kind != kind) return wrong("not that kind of function");
        return target.parameters == count || wrong("wrong number of arguments");
    }

    bool list_function(const Instruction& x) {
        const auto& target = image_.functions[x.d];
        const auto own = own_parameters(x.op);
        if (target.kind != FunctionKind::Pure || target.parameters < own) {
            return wrong("its lambda does not take an item");
        }
        if (x.op == Opcode::Fold && !registers_from(x.b, 2)) return false;
        return registers_from(x.c, target.parameters - own);
    }

    bool site_arguments(const Instruction& x) {
        const auto& site = image_.sites[x.d];
        switch (site.kind) {
            case SiteKind::Step:
                return x.c == image_.steps[site.row].argument_types.size() ||
                       wrong("wrong number of arguments");
            case SiteKind::Sub: {
                const auto& row = image_.workflows[image_.subs[site.row].workflow];
                return x.c == row.parameters.size() || wrong("wrong number of arguments");
            }
            case SiteKind::Fork: {
                const auto& row = image_.forks[site.row];
                if (row.branches.empty() != (x.op == Opcode::ForkEach)) {
                    return wrong("its row is of another kind of fork");
                }
                return registers_from(x.c, captures_of(image_, row));
            }
            case SiteKind::Gate:
                return x.c == image_.gates[site.row].requirements.size() ||
                       wrong("wrong number of requirements");
            case SiteKind::Review: {
                const auto& row = image_.reviews[site.row];
                if (x.op == Opcode::Ask && row.lines.empty()) return wrong("nobody is asked");
                const std::size_t more = x.op == Opcode::Ask ? row.lines.size() + 1 : 0;
                return x.c == row.types.size() + more || wrong("wrong number of values");
            }
            default:
                return wrong("its site is of another kind");
        }
    }

    const Image& image_;
    std::uint32_t number_;
    const Function& function_;
    std::string what_;
};

SiteKind kind_of(Opcode op) {
    switch (op) {
        case Opcode::CallStep:
        case Opcode::CallUntil:
            return SiteKind::Step;
        case Opcode::RunSub:
        case Opcode::RunSubUntil:
            return SiteKind::Sub;
        case Opcode::ForkEach:
        case Opcode::ForkAll:
            return SiteKind::Fork;
        case Opcode::Gate:
        case Opcode::Accept:
            return SiteKind::Gate;
        case Opcode::Review:
        case Opcode::Ask:
            return SiteKind::Review;
        case Opcode::Emit:
            return SiteKind::Event;
        case Opcode::UndoTo:
            return SiteKind::Undo;
        case Opcode::Sleep:
        case Opcode::SleepUntil:
            return SiteKind::Sleep;
        case Opcode::Block:
        case Opcode::BlockUntil:
            return SiteKind::Block;
        case Opcode::Wait:
            return SiteKind::Wait;
        case Opcode::Lock:
            return SiteKind::Lock;
        default:
            return SiteKind::End;
    }
}

}  // namespace

Result<void> code(const Image& image, std::uint32_t function) {
    return Code(image, function).check();
}

Result<void> sites(const Image& image) {
    std::size_t logged = 0;
    for (std::uint32_t number = 0; number < image.functions.size(); ++number) {
        const auto& function = image.functions[number];
        for (std::uint32_t pc = 0; pc < function.code.size(); ++pc) {
            const auto& x = function.code[pc];
            if (opcode_info(x.op)->table != Table::Site) continue;
            ++logged;
            const auto& site = image.sites[x.d];
            if (site.function != number || site.pc != pc || site.kind != kind_of(x.op)) {
                return bad_code(image, number, pc, "its site is another instruction's");
            }
        }
    }
    if (logged != image.sites.size()) {
        return fail(ErrorKind::Corrupt, "the site table has rows that no instruction names");
    }
    return {};
}

}  // namespace weft::verify
