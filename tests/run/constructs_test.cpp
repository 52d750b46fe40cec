// No dead clause: each construct of the grammar stands in some golden program where it runs, and
// without it the program would be another one. The goldens of tests/golden/constructs hold the
// whole log of some runs, in which machine and reference agree.
#include <gtest/gtest.h>

#include <filesystem>

#include "bytecode/opcode_info.h"
#include "compiler/compile.h"
#include "compiler/lower/lower.h"
#include "grammar/parse.h"
#include "tests/differential/world.h"
#include "tests/support/golden.h"
#include "tests/unit/compiler/check_support.h"

namespace weft {
namespace {

const std::string kGoldenFolder = std::string(WEFT_SOURCE_DIR) + "/tests/golden";

// A program, compiled as far as it can be.
struct Program {
    Compiled compiled;
    std::shared_ptr<const Image> image;

    explicit Program(const std::string& text) {
        MemoryLoader loader({{"main.wf", text}});
        compiled = compile("main.wf", loader);
        if (!compiled.ok) return;
        auto made = lower(compiled.module, compiled.diagnostics);
        if (made) image = std::make_shared<const Image>(std::move(*made));
    }

    // What runs, apart from the name of the program.
    [[nodiscard]] std::string code() const {
        Image nameless = *image;
        nameless.program = {};
        return encode_image(nameless);
    }
};

class Constructs : public testing::TestWithParam<std::string> {};

TEST_P(Constructs, RunAsTheFileSays) {
    const auto file = golden::read(GetParam());
    const Program program(golden::without_expectations(file.source));
    // A file that does not compile runs nothing, and would go on expecting just that.
    EXPECT_NE(program.image, nullptr) << "the program does not compile";
    const auto section = [&](std::string_view name) -> std::string {
        if (program.image == nullptr) return "(errors)";
        EXPECT_TRUE(name.starts_with("world ")) << name;
        const auto seed = std::stoull(std::string(name.substr(6)));
        differential::World world(program.compiled.module, program.image, seed, true);
        const auto played = world.play("main");
        EXPECT_EQ(played.difference, "");
        return played.history;
    };
    const auto expected = golden::render(file, program.compiled.diagnostics,
                                         program.compiled.module.sources, FileId{0}, section);
    EXPECT_EQ(golden::settle(file, expected), "");
}

INSTANTIATE_TEST_SUITE_P(Files, Constructs,
                         testing::ValuesIn(golden::list(kGoldenFolder + "/constructs")),
                         [](const auto& row) {
                             return std::filesystem::path(row.param).stem().string();
                         });

// Those that are no part of a program that runs: what could not be parsed, and tests.
bool is_of_tests(NodeKind kind) {
    switch (kind) {
        case NodeKind::Module:
        case NodeKind::Error:
        case NodeKind::Missing:
        case NodeKind::Test:
        case NodeKind::Eval:
        case NodeKind::Migrate:
        case NodeKind::Mock:
        case NodeKind::MockTarget:
        case NodeKind::MockReturns:
        case NodeKind::MockFails:
        case NodeKind::MockTimesOut:
        case NodeKind::Times:
        case NodeKind::Decide:
        case NodeKind::ActAs:
        case NodeKind::ActIn:
        case NodeKind::Decision:
        case NodeKind::Send:
        case NodeKind::Crash:
        case NodeKind::Expect:
        case NodeKind::Score:
        case NodeKind::Baseline:
        case NodeKind::After:
            return true;
        default:
            return false;
    }
}

// What some run of some workflow came to.
vm::Visits visits_of(const Program& program) {
    vm::Visits visits(*program.image);
    for (const auto& workflow : program.compiled.module.workflows) {
        for (std::uint64_t seed = 1; seed <= 40; ++seed) {
            differential::World world(program.compiled.module, program.image, seed, false);
            world.watch(&visits);
            const auto played = world.play(workflow.name);
            EXPECT_EQ(played.difference, "") << workflow.name << " with seed " << seed;
        }
    }
    return visits;
}

// Lines of the main file among them.
std::set<std::uint32_t> lines_run(const Program& program, const vm::Visits& visits) {
    std::set<std::uint32_t> out;
    for (std::size_t i = 0; i < visits.of.size(); ++i) {
        const auto& places = program.image->functions[i].places;
        for (std::size_t pc = 0; pc < visits.of[i].size(); ++pc) {
            if (visits.of[i][pc] != 0 && places[pc].file == 0) out.insert(places[pc].line);
        }
    }
    return out;
}

class Alive {
  public:
    void look_at(const std::string& text) {
        const Program program(text);
        if (program.image == nullptr) return;
        const SourceFile source("main.wf", text);
        Diagnostics diagnostics;
        const auto parsed = parse(FileId{0}, source, diagnostics);
        const auto visits = visits_of(program);
        note_instructions(*program.image, visits);
        const auto lines = lines_run(program, visits);
        const auto code = program.code();
        walk(parsed.tree, parsed.tree.root(), NodeId{}, [&](NodeId id, NodeId statement) {
            const auto kind = parsed.tree[id].kind;
            if (kinds_.contains(kind)) return;
            const auto within = statement.has_value() ? statement : parsed.tree.root();
            const auto first = source.position(parsed.tree[within].begin).line;
            const auto last = source.position(parsed.tree[within].end).line;
            const auto run = lines.lower_bound(first);
            if (run == lines.end() || *run > last) return;
            if (matters(text, parsed.tree[id], code)) kinds_.insert(kind);
        });
    }

    [[nodiscard]] bool has(NodeKind kind) const { return kinds_.contains(kind); }
    [[nodiscard]] bool has(Opcode op) const { return opcodes_.contains(op); }
    [[nodiscard]] bool has(BuiltinFunction function) const { return builtins_.contains(function); }

  private:
    void note_instructions(const Image& image, const vm::Visits& visits) {
        for (std::size_t i = 0; i < visits.of.size(); ++i) {
            const auto& code = image.functions[i].code;
            for (std::size_t pc = 0; pc < code.size(); ++pc) {
                if (visits.of[i][pc] == 0) continue;
                note(image, code[pc]);
            }
        }
    }

    // What a pure function does as far as it does not branch is done wherever it is called.
    void note(const Image& image, const Instruction& x) {
        opcodes_.insert(x.op);
        if (x.op == Opcode::Builtin) builtins_.insert(static_cast<BuiltinFunction>(x.d));
        const auto& info = *opcode_info(x.op);
        if (info.family != Family::Pure || info.table != Table::Function) return;
        for (const auto& inside : image.functions[x.d].code) {
            const auto family = opcode_info(inside.op)->family;
            if (family != Family::Pure && inside.op != Opcode::Return) break;
            note(image, inside);
        }
    }

    // Each node, with the statement in which it stands.
    template <typename Visit>
    static void walk(const Tree& tree, NodeId id, NodeId statement, const Visit& visit) {
        const auto kind = tree[id].kind;
        const auto of = category(kind);
        const bool declares = kind == NodeKind::Tune || kind == NodeKind::Signal;
        const bool does = of == NodeCategory::Stmt || of == NodeCategory::Control;
        if (does && !declares) statement = id;
        visit(id, statement);
        for (const auto child : tree.children(id)) walk(tree, child, statement, visit);
    }

    // Without it there is another program, or none.
    static bool matters(const std::string& text, const Node& node, const std::string& code) {
        std::string less = text;
        for (auto i = node.begin; i < node.end; ++i) {
            if (less[i] != '\n') less[i] = ' ';
        }
        const Program program(less);
        return program.image == nullptr || program.code() != code;
    }

    std::set<NodeKind> kinds_;
    std::set<Opcode> opcodes_;
    std::set<BuiltinFunction> builtins_;
};

const Alive& alive_in_goldens() {
    static const Alive kAlive = [] {
        Alive alive;
        for (const auto* folder : {"/constructs", "/run"}) {
            for (const auto& path : golden::list(kGoldenFolder + folder)) {
                alive.look_at(golden::without_expectations(golden::read(path).source));
            }
        }
        return alive;
    }();
    return kAlive;
}

TEST(DeadClause, EveryConstructOfTheGrammarRunsInSomeGolden) {
    const auto& alive = alive_in_goldens();
    std::string dead;
#define X(Kind, label, category, children) \
    if (!is_of_tests(NodeKind::Kind) && !alive.has(NodeKind::Kind)) dead += label "\n";
#include "grammar/node_kinds.def"
#undef X
    EXPECT_EQ(dead, "");
}

// Those that no program comes to: an older form that the compiler does not write any more, and the
// end of a ladder that has a last rung (both are in tests/unit/vm).
bool is_of_no_program(Opcode op) {
    return op == Opcode::Review || op == Opcode::Trap;
}

TEST(DeadClause, EveryInstructionIsExecutedBySomeGolden) {
    const auto& alive = alive_in_goldens();
    std::string dead;
#define X(number, Name, mnemonic, family, operands, what) \
    if (!is_of_no_program(Opcode::Name) && !alive.has(Opcode::Name)) dead += mnemonic "\n";
#include "bytecode/opcodes.def"
#undef X
    EXPECT_EQ(dead, "");
}

TEST(DeadClause, EveryBuiltInFunctionIsExecutedBySomeGolden) {
    const auto& alive = alive_in_goldens();
    std::string dead;
#define X(number, Name, name, type, what) \
    if (!alive.has(BuiltinFunction::Name)) dead += name "\n";
#include "bytecode/builtins.def"
#undef X
    EXPECT_EQ(dead, "");
}

}  // namespace
}  // namespace weft
