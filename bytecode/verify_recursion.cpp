// The verifier's rule that nothing comes back to itself.
#include <algorithm>
#include <optional>

#include "bytecode/opcode_info.h"
#include "bytecode/verify.h"

namespace weft::verify {
namespace {

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
            if (instruction.op == Opcode::Refine || instruction.op == Opcode::Convert) {
                out.push_back(node_of(TypeId{instruction.d}));
            }
            if (instruction.op == Opcode::ForkEach) {
                out.push_back(image_.forks[image_.sites[instruction.d].row].function);
            }
            if (instruction.op == Opcode::RunSub || instruction.op == Opcode::RunSubUntil) {
                const auto& row = image_.subs[image_.sites[instruction.d].row];
                out.push_back(image_.workflows[row.workflow].function);
            }
            if (instruction.op == Opcode::ForkAll) {
                for (const auto& row : image_.forks[image_.sites[instruction.d].row].branches) {
                    out.push_back(row.function);
                }
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

Result<void> no_recursion(const Image& image) {
    const auto found = Graph(image).cycle();
    if (!found) return {};
    if (*found >= image.functions.size())
        return fail(ErrorKind::Corrupt, "a type's predicate comes back to the type");
    return bad_code(image, static_cast<std::uint32_t>(*found), WorkerRow::kNoRow,
                    "it can call itself");
}

}  // namespace weft::verify
