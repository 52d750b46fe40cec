// verify_image, and its rules about tables and about the graph of functions.
#include "bytecode/verify.h"

#include <algorithm>
#include <optional>

#include "bytecode/opcode_info.h"

namespace weft {
namespace verify {
namespace {

// Longer than any workflow lives; keeps every sum of times far from overflow.
constexpr std::int64_t kDurationMaxMs = 1'000LL * 366 * 86'400'000;

std::unexpected<Error> bad(std::string what) {
    return fail(ErrorKind::Corrupt, std::move(what));
}

bool is_duration(std::int64_t ms) {
    return ms >= 0 && ms <= kDurationMaxMs;
}
// An empty text means none.
bool is_currency_or_none(const std::string& text) {
    return text.empty() || text.size() == 3;
}

class Tables {
  public:
    explicit Tables(const Image& image) : image_(image) {}

    Result<void> check() {
        if (image_.semantics != kSemantics) {
            return fail(ErrorKind::Unsupported,
                        "the image has semantics " + std::to_string(image_.semantics) +
                            ", this engine runs " + std::to_string(kSemantics));
        }
        if (image_.functions.size() > kFunctionsMax) return bad("too many functions");
        if (!types()) return bad(what_);
        if (!workers() || !steps() || !forks() || !gates() || !reviews() || !events_and_prompts()) {
            return bad(what_);
        }
        for (std::size_t i = 0; i < image_.workflows.size(); ++i) {
            if (!workflow(i)) return bad("workflow " + std::to_string(i) + ": " + what_);
        }
        return {};
    }

  private:
    bool wrong(std::string what) {
        what_ = std::move(what);
        return false;
    }
    bool is_type(TypeId id) const { return id.index < image_.types.size(); }
    bool is_function(std::uint32_t row, FunctionKind kind) const {
        return row < image_.functions.size() && image_.functions[row].kind == kind;
    }

    // TypeTable::decode has proved the table's shape; predicates point into the image.
    bool types() {
        for (std::uint32_t i = 0; i < image_.types.size(); ++i) {
            for (const auto& constraint : image_.types[TypeId{i}].constraints) {
                if (constraint.kind != Constraint::Kind::Function) continue;
                if (!is_function(constraint.function, FunctionKind::Pure) ||
                    image_.functions[constraint.function].parameters != 1) {
                    return wrong("type " + std::to_string(i) +
                                 ": its predicate is no pure function of one value");
                }
            }
        }
        return true;
    }

    bool workers() {
        for (const auto& row : image_.workers) {
            if (row.effect > EffectClass::Once) return wrong(row.name + ": unknown effect class");
            if (!is_duration(row.window_ms) || !is_duration(row.settle_ms)) {
                return wrong(row.name + ": a duration out of range");
            }
            if (row.reserve_micros < 0 || !is_currency_or_none(row.reserve_currency)) {
                return wrong(row.name + ": no sensible cost");
            }
            if (row.probe == WorkerRow::kNoRow) continue;
            if (row.probe >= image_.workers.size() ||
                image_.workers[row.probe].effect != EffectClass::Read) {
                return wrong(row.name + ": its probe is no read worker");
            }
        }
        return true;
    }

    bool steps() {
        for (const auto& row : image_.steps) {
            if (row.worker >= image_.workers.size()) return wrong(row.path + ": no such worker");
            if (row.argument_types.size() != image_.workers[row.worker].parameters.size()) {
                return wrong(row.path + ": not as many arguments as its worker has parameters");
            }
            if (!std::ranges::all_of(row.argument_types, [&](TypeId id) { return is_type(id); }) ||
                !is_type(row.result_type)) {
                return wrong(row.path + ": no such type");
            }
            const auto& policy = row.policy;
            if (!is_duration(policy.timeout_ms) || !is_duration(policy.within_ms) ||
                !is_duration(policy.backoff_first_ms) || !is_duration(policy.backoff_cap_ms)) {
                return wrong(row.path + ": a duration out of range");
            }
        }
        return true;
    }

    bool forks() {
        for (const auto& row : image_.forks) {
            if (!is_function(row.function, FunctionKind::Branch)) {
                return wrong(row.path + ": forks no branch function");
            }
            if (row.limit == 0) return wrong(row.path + ": runs no branch at once");
            if (!is_type(row.result_type)) return wrong(row.path + ": no such type");
        }
        return true;
    }

    bool gates() {
        for (const auto& row : image_.gates) {
            if (row.requirements.size() > 255) return wrong(row.path + ": too many requirements");
        }
        return true;
    }

    bool reviews() {
        for (const auto& row : image_.reviews) {
            if (row.names.size() != row.types.size()) {
                return wrong(row.path + ": not one name a value");
            }
            if (!std::ranges::all_of(row.types, [&](TypeId id) { return is_type(id); })) {
                return wrong(row.path + ": no such type");
            }
            if (row.roles.empty() || row.roles.size() > 0xFFFF || row.approvals_needed == 0) {
                return wrong(row.path + ": nobody can approve");
            }
            if (!is_duration(row.within_ms)) return wrong(row.path + ": a duration out of range");
        }
        return true;
    }

    bool events_and_prompts() {
        for (const auto& row : image_.events) {
            if (!is_type(row.type)) return wrong(row.name + ": no such type");
        }
        for (const auto& row : image_.prompts) {
            if (!is_type(row.type) || image_.types[row.type].kind != TypeKind::Prompt) {
                return wrong(row.name + ": its type is no prompt");
            }
        }
        return true;
    }

    bool parameter(const ParameterRow& row, bool needs_default) {
        if (!is_type(row.type)) return wrong(row.name + ": no such type");
        if (needs_default && !row.has_default) return wrong(row.name + ": has no default");
        if (row.has_default && check_value(image_.types, row.type, row.default_value)) {
            return wrong(row.name + ": its default does not fit its type");
        }
        return true;
    }

    bool workflow(std::size_t number) {
        const auto& row = image_.workflows[number];
        if (!is_function(row.function, FunctionKind::Workflow)) return wrong("no such function");
        if (image_.functions[row.function].parameters != row.parameters.size() + row.tunes.size()) {
            return wrong("its function does not take its parameters and tune values");
        }
        for (const auto& item : row.parameters) {
            if (!parameter(item, false)) return false;
        }
        for (const auto& item : row.tunes) {
            if (!parameter(item, true)) return false;
        }
        if (!is_type(row.result_type)) return wrong("no such type");
        if (!is_duration(row.within_ms) || !is_duration(row.retain_ms)) {
            return wrong("a duration out of range");
        }
        if (row.has_budget && (row.budget_micros < 0 || row.budget_currency.size() != 3)) {
            return wrong("no sensible budget");
        }
        return true;
    }

    const Image& image_;
    std::string what_;
};

// Functions and types as one graph: an edge where running the one can run the other.
class Graph {
  public:
    explicit Graph(const Image& image) : image_(image), edges_(count()) {
        for (std::uint32_t i = 0; i < image_.functions.size(); ++i) function_edges(i);
        for (std::uint32_t i = 0; i < image_.types.size(); ++i) type_edges(i);
    }

    // A node on a cycle, if there is one. No recursion of its own: the graph may be a long chain.
    std::optional<std::size_t> cycle() const {
        enum class Mark : std::uint8_t { New, Open, Done };
        std::vector<Mark> marks(count(), Mark::New);
        std::vector<std::pair<std::size_t, std::size_t>> path;  // node, next edge
        for (std::size_t root = 0; root < count(); ++root) {
            if (marks[root] != Mark::New) continue;
            marks[root] = Mark::Open;
            path.emplace_back(root, 0);
            while (!path.empty()) {
                auto& [node, next] = path.back();
                if (next == edges_[node].size()) {
                    marks[node] = Mark::Done;
                    path.pop_back();
                    continue;
                }
                const std::size_t target = edges_[node][next++];
                if (marks[target] == Mark::Open) return target;
                if (marks[target] == Mark::Done) continue;
                marks[target] = Mark::Open;
                path.emplace_back(target, 0);
            }
        }
        return std::nullopt;
    }

  private:
    std::size_t count() const { return image_.functions.size() + image_.types.size(); }
    std::size_t node_of(TypeId id) const { return image_.functions.size() + id.index; }

    void function_edges(std::uint32_t number) {
        auto& out = edges_[number];
        for (const auto& instruction : image_.functions[number].code) {
            const auto& info = *opcode_info(instruction.op);
            if (info.table == Table::Function) out.push_back(instruction.d);
            if (instruction.op == Opcode::Refine) out.push_back(node_of(TypeId{instruction.d}));
            if (instruction.op == Opcode::ForkEach) {
                out.push_back(image_.forks[image_.sites[instruction.d].row].function);
            }
        }
        // Every other call of the same function adds nothing.
        std::ranges::sort(out);
        out.erase(std::ranges::unique(out).begin(), out.end());
    }

    void type_edges(std::uint32_t number) {
        auto& out = edges_[node_of(TypeId{number})];
        const auto& type = image_.types[TypeId{number}];
        if (type.element.has_value()) out.push_back(node_of(type.element));
        for (const auto& field : type.fields) out.push_back(node_of(field.type));
        for (const auto& item : type.cases) {
            for (const auto& field : item.fields) out.push_back(node_of(field.type));
        }
        for (const auto& constraint : type.constraints) {
            if (constraint.kind == Constraint::Kind::Function) out.push_back(constraint.function);
        }
    }

    const Image& image_;
    std::vector<std::vector<std::size_t>> edges_;
};

}  // namespace

std::unexpected<Error> bad_code(const Image& image, std::uint32_t function, std::uint32_t pc,
                                const std::string& what) {
    const auto& row = image.functions[function];
    std::string where = "function " + std::to_string(function) + " (" + row.name + ")";
    if (pc < row.code.size()) {
        const auto* info = opcode_info(row.code[pc].op);
        where += ", instruction " + std::to_string(pc);
        if (info != nullptr) where += " (" + std::string(info->mnemonic) + ")";
    }
    return bad(where + ": " + what);
}

Result<void> tables(const Image& image) {
    return Tables(image).check();
}

Result<void> no_recursion(const Image& image) {
    const auto found = Graph(image).cycle();
    if (!found) return {};
    if (*found >= image.functions.size()) return bad("a type's predicate comes back to the type");
    return bad_code(image, static_cast<std::uint32_t>(*found), WorkerRow::kNoRow,
                    "it can call itself");
}

}  // namespace verify

Result<void> verify_image(const Image& image) {
    WEFT_TRY_VOID(verify::tables(image));
    const auto count = static_cast<std::uint32_t>(image.functions.size());
    for (std::uint32_t i = 0; i < count; ++i) WEFT_TRY_VOID(verify::code(image, i));
    WEFT_TRY_VOID(verify::sites(image));
    WEFT_TRY_VOID(verify::no_recursion(image));
    for (std::uint32_t i = 0; i < count; ++i) WEFT_TRY_VOID(verify::flow(image, i));
    return {};
}

}  // namespace weft
