// The text form of an image, for people and goldens: `weft dump --bytecode`.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "bytecode/image_parts.h"
#include "bytecode/opcode_info.h"

namespace weft {
namespace {

constexpr std::size_t kConstantTextMax = 40;

// Enough of a constant to be recognised on a line; not a format anyone reads back.
std::string constant_text(const Value& value) {
    switch (value.tag()) {
        case Tag::None:
            return "none";
        case Tag::False:
            return "false";
        case Tag::True:
            return "true";
        case Tag::Int:
            return std::to_string(value.as_int());
        case Tag::Duration:
            return fmt::format("{}ms", value.as_int());
        case Tag::Date:
            return fmt::format("date {}", value.as_int());
        case Tag::Time:
            return fmt::format("time {}", value.as_int());
        case Tag::Decimal:
            return fmt::format("decimal {}", value.as_decimal().to_string());
        case Tag::Money: {
            const auto& money = value.as_money();
            return fmt::format("{} {}", money.amount.to_string(),
                               std::string_view(money.currency.data(), money.currency.size()));
        }
        case Tag::Text: {
            std::string out;
            for (char letter : value.as_text().substr(0, kConstantTextMax)) {
                const auto byte = static_cast<unsigned char>(letter);
                if (letter == '\n') {
                    out += "\\n";
                } else if (byte < 0x20 || letter == '"') {
                    out += fmt::format("\\x{:02x}", byte);
                } else {
                    out += letter;
                }
            }
            const bool cut = value.as_text().size() > kConstantTextMax;
            return fmt::format("\"{}\"{}", out, cut ? "…" : "");
        }
        case Tag::Bytes:
            return fmt::format("{} bytes", value.as_text().size());
        case Tag::List:
            return fmt::format("list of {}", value.items().size());
        case Tag::Record:
            return fmt::format("record of {}", value.items().size());
        case Tag::Case:
            return fmt::format("case {}", value.as_case().number);
        case Tag::Map:
            return fmt::format("map of {}", value.entries().size());
    }
    return "?";
}

template <typename Rows, typename Text>
std::string row_text(const Rows& rows, std::uint32_t index, Text text) {
    return index < rows.size() ? text(rows[index]) : std::string("?");
}

std::string site_text(const Image& image, const Site& site) {
    const auto path = [](const auto& row) { return row.path; };
    switch (site.kind) {
        case SiteKind::Step:
            return row_text(image.steps, site.row, path);
        case SiteKind::Sub:
            return row_text(image.subs, site.row, path);
        case SiteKind::Fork:
            return row_text(image.forks, site.row, path);
        case SiteKind::Gate:
            return row_text(image.gates, site.row, path);
        case SiteKind::Review:
            return row_text(image.reviews, site.row, path);
        case SiteKind::Event:
            return row_text(image.events, site.row, [](const auto& row) { return row.name; });
        case SiteKind::End:
            return "end";
        case SiteKind::Undo:
            return "undo";
        case SiteKind::Block:
            return row_text(image.blocks, site.row, path);
        case SiteKind::Sleep:
            return "sleep";
        case SiteKind::Wait:
            return row_text(image.waits, site.row, path);
        case SiteKind::Lock:
            return row_text(image.locks, site.row, path);
    }
    return "?";
}

std::string index_text(const Image& image, Table table, std::uint32_t index) {
    const auto name = [](const auto& row) { return row.name; };
    switch (table) {
        case Table::Constant:
            return row_text(image.constants, index, constant_text);
        case Table::Type:
            return index < image.types.size() ? image.types.text(TypeId{index}) : "?";
        case Table::Prompt:
            return row_text(image.prompts, index, name);
        case Table::Function:
            return row_text(image.functions, index, name);
        case Table::Builtin: {
            const auto* info = builtin_info(index);
            return info != nullptr ? std::string(info->name) : "?";
        }
        case Table::Site:
            return row_text(image.sites, index,
                            [&](const Site& site) { return site_text(image, site); });
        case Table::None:
            break;
    }
    return "?";
}

std::string_view kind_text(FunctionKind kind) {
    switch (kind) {
        case FunctionKind::Pure:
            return "pure";
        case FunctionKind::Workflow:
            return "workflow";
        case FunctionKind::Branch:
            return "branch";
        case FunctionKind::Undo:
            return "undo";
        case FunctionKind::Hook:
            return "hook";
    }
    return "?";
}

// As the language writes it, in the largest unit that goes into it: "15m".
std::string written_duration(std::int64_t ms) {
    constexpr std::array<std::pair<std::int64_t, const char*>, 5> kUnits = {
        {{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}, {1, "ms"}}};
    for (const auto& [size, name] : kUnits) {
        if (ms % size == 0) return fmt::format("{}{}", ms / size, name);
    }
    return "";
}

}  // namespace

std::string instruction_text(const Image& image, const Instruction& x) {
    const auto* info = opcode_info(x.op);
    if (info == nullptr) return fmt::format("unknown {}", static_cast<unsigned>(x.op));
    std::string out = fmt::format("{:<15}", info->mnemonic);
    std::string note;
    const auto values = operands(x);
    for (std::size_t i = 0; i < values.size(); ++i) {
        switch (info->roles[i]) {
            case Role::Unused:
            case Role::Count:
                break;
            case Role::Written:
            case Role::Read:
                out += fmt::format(" r{}", values[i]);
                break;
            case Role::List:
                out += fmt::format(" [r{} ×{}]", values[i], x.c);
                break;
            case Role::Captures:
                out += fmt::format(" (r{}…)", values[i]);
                break;
            case Role::Immediate:
                out += fmt::format(" {}", values[i]);
                break;
            case Role::Jump:
                out += fmt::format(" -> {}", values[i]);
                break;
            case Role::Index:
                out += fmt::format(" #{}", values[i]);
                note = index_text(image, info->table, values[i]);
                break;
        }
    }
    if (!note.empty()) out += "  ; " + note;
    return out;
}

std::string schedule_text(const ScheduleRow& row) {
    std::string out;
    for (const auto minute : row.at_minutes) {
        out += fmt::format("{}{:02}:{:02}", out.empty() ? "at " : ", ", minute / 60, minute % 60);
    }
    if (row.every_ms > 0) out = "every " + written_duration(row.every_ms);
    if (!row.zone.empty()) out += " in " + row.zone;
    out += row.overlap == Overlap::Queue   ? ", overlap queue"
           : row.overlap == Overlap::Allow ? ", overlap allow"
                                           : ", overlap skip";
    if (row.catch_up_ms > 0) out += ", catch up " + written_duration(row.catch_up_ms);
    return out;
}

std::string disassemble(const Image& image) {
    std::string out = fmt::format("semantics {}\n", image.semantics);
    for (std::size_t number = 0; number < image.functions.size(); ++number) {
        const auto& function = image.functions[number];
        out += fmt::format("\n{} {} {} ({} parameters, {} slots, {} registers{})\n",
                           kind_text(function.kind), number, function.name, function.parameters,
                           function.named_slots, function.registers,
                           function.even_in_doubt ? ", even in doubt" : "");
        for (std::size_t slot = 0; slot < function.slot_names.size(); ++slot) {
            out += fmt::format("  r{} = {}\n", slot, function.slot_names[slot]);
        }
        std::uint32_t line = 0;
        for (std::size_t pc = 0; pc < function.code.size(); ++pc) {
            std::string text = instruction_text(image, function.code[pc]);
            if (pc < function.places.size() && function.places[pc].line != line) {
                line = function.places[pc].line;
                text = fmt::format("{:<64} @{}", text, line);
            }
            out += fmt::format("  {:>4}  {}\n", pc, text);
        }
    }
    for (const auto& row : image.errors) {
        out += fmt::format("\nerror {}: {}\n", row.name, image.types.text(row.fields));
    }
    for (const auto& row : image.schedules) {
        out += fmt::format("\nschedule {} runs {}, {}\n", row.name,
                           row_text(image.workflows, row.workflow,
                                    [](const auto& workflow) { return workflow.name; }),
                           schedule_text(row));
    }
    return out;
}

}  // namespace weft
