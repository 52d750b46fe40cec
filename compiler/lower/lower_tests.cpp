#include "compiler/lower/lower_tests.h"

#include "compiler/lower/emitter.h"

namespace weft {
namespace {

using Kind = ir::Stmt::Kind;

// A step that takes the place of a composite one: a call without arguments, with the same name,
// value, handlers and compensation.
ir::Step mock_call(ir::WorkerId worker, std::string path, ir::LocalId result, TypeId type) {
    ir::Step out;
    out.path = std::move(path);
    out.worker = worker;
    out.result = result;
    out.result_type = type;
    return out;
}

// What a statement of several steps is called, and where its value goes; nothing for others. (A
// statement that was checked twice may have left a row behind that is there no more.)
struct Composite {
    std::string path;
    ir::LocalId result;
    ir::Undo undo;
    Span span;
};
template <typename Row>
std::optional<Composite> composite_of(const std::vector<Row>& rows, std::uint32_t row) {
    if (row >= rows.size() || !rows[row].result.has_value()) return std::nullopt;
    return Composite{rows[row].path, rows[row].result, {}, rows[row].span};
}
std::optional<Composite> composite_of(const ir::Module& module, const ir::Stmt& stmt) {
    switch (stmt.kind) {
        case Kind::Each: {
            auto out = composite_of(module.eaches, stmt.row);
            if (out) out->undo = module.eaches[stmt.row].undo;
            return out;
        }
        case Kind::Parallel:
            return composite_of(module.parallels, stmt.row);
        case Kind::Repeat:
            return composite_of(module.repeats, stmt.row);
        case Kind::Review:
            return composite_of(module.reviews, stmt.row);
        case Kind::Wait:
            return composite_of(module.waits, stmt.row);
        default:
            return std::nullopt;
    }
}

bool is_composite(const ir::Step& step) {
    return step.body.has_value() || step.workflow != ir::kNoWorkflow;
}

void mock_composites(ir::Module& module, const std::set<std::string>& mocked) {
    if (mocked.empty()) return;
    ir::Worker worker;
    worker.row.name = kMockWorker;
    const ir::WorkerId id = module.workers.add(std::move(worker));
    for (auto& step : module.steps) {
        if (!is_composite(step) || !mocked.contains(step.path)) continue;
        step.body = {};
        step.workflow = ir::kNoWorkflow;
        step.until = {};
        step.args.clear();
        step.argument_types.clear();
        step.worker = id;
    }
    for (auto& stmt : module.stmts) {
        const auto composite = composite_of(module, stmt);
        if (!composite || !mocked.contains(composite->path)) continue;
        ir::Step call = mock_call(id, composite->path, composite->result,
                                  module.locals[composite->result].type);
        call.undo = composite->undo;
        call.span = composite->span;
        module.steps.push_back(std::move(call));
        stmt.kind = Kind::Step;
        stmt.row = static_cast<std::uint32_t>(module.steps.size() - 1);
    }
}

class TestLowering {
  public:
    explicit TestLowering(lowering::ImageTables& tables) : tables_(tables) {}

    void test(const ir::Test& test) {
        for (const auto& mock : test.mocks) {
            for (const auto& answer : mock.answers) expression(answer.value);
        }
        for (const auto& decide : test.decisions) {
            for (auto id : {decide.actor, decide.role, decide.reason, decide.form}) {
                expression(id);
            }
            for (const auto& [name, value] : decide.revisions) expression(value);
        }
        for (const auto& send : test.sends) expression(send.value);
        for (const auto& line : test.lines) expression(line.value);
        for (const auto& run : test.runs) {
            for (auto arg : run.args) expression(arg);
        }
        for (const auto& row : test.expectations) expectation(row);
    }
    void expectation(const ir::Expectation& row) {
        for (auto id : {row.condition, row.left, row.right}) expression(id);
    }
    void expression(ir::ExprId id) {
        if (!id.has_value() || functions_.contains(id)) return;
        const auto inputs = lowering::free_locals(tables_.module, ir::Lambda{{}, id});
        lowering::Emitter emitter(tables_, "test", FunctionKind::Pure);
        for (auto input : inputs) emitter.parameter(input);
        emitter.finish_with_expression(id);
        functions_[id] = {emitter.number(), {inputs.begin(), inputs.end()}};
    }
    std::map<ir::ExprId, TestFunction> take() { return std::move(functions_); }

  private:
    lowering::ImageTables& tables_;
    std::map<ir::ExprId, TestFunction> functions_;
};

// The program with what is mocked taken out, and a function for each expression that `add` names.
template <typename Add>
std::optional<TestImage> lower_with(ir::Module module, const std::set<std::string>& mocked,
                                    Span span, Diagnostics& diagnostics, Add add) {
    mock_composites(module, mocked);
    lowering::ImageTables tables(module);
    lowering::lower_program(tables);
    TestImage out;
    for (const auto& branch : tables.branches) {
        out.branches.push_back({branch.function, branch.pc, branch.span});
    }
    for (const auto& rung : tables.rungs) {
        out.rungs.push_back({rung.function, rung.pc, rung.gate, rung.rung});
    }
    TestLowering lowering(tables);
    add(lowering);
    if (tables.too_large) {
        diagnostics.report(DiagnosticCode::ProgramTooLarge, span,
                           "a block has more values than fit: more than 4,096 registers");
        return std::nullopt;
    }
    out.functions = lowering.take();
    out.image = std::make_shared<const Image>(std::move(tables.image));
    return out;
}

}  // namespace

std::set<std::string> mocked_composites(const ir::Module& module, const ir::Test& test) {
    std::set<std::string> named;
    for (const auto& mock : test.mocks) {
        for (const auto& target : mock.targets) {
            if (target.kind == ir::MockTarget::Kind::Step) named.insert(target.name);
        }
    }
    std::set<std::string> out;
    for (const auto& step : module.steps) {
        if (is_composite(step) && named.contains(step.path)) out.insert(step.path);
    }
    for (const auto& stmt : module.stmts) {
        const auto composite = composite_of(module, stmt);
        if (composite && named.contains(composite->path)) out.insert(composite->path);
    }
    return out;
}

std::optional<TestImage> lower_tests(const ir::TestSuite& suite,
                                     const std::vector<std::size_t>& tests,
                                     const std::set<std::string>& mocked,
                                     Diagnostics& diagnostics) {
    const Span span = tests.empty() ? Span{} : suite.tests[tests.front()].span;
    return lower_with(suite.module, mocked, span, diagnostics, [&](TestLowering& lowering) {
        for (auto number : tests) lowering.test(suite.tests[number]);
    });
}

std::optional<TestImage> lower_eval(const ir::TestSuite& suite, std::size_t number,
                                    Diagnostics& diagnostics) {
    const ir::Eval& eval = suite.evals[number];
    const auto mocked = mocked_composites(suite.module, eval.script);
    return lower_with(suite.module, mocked, eval.span, diagnostics, [&](TestLowering& lowering) {
        lowering.test(eval.script);
        for (const auto& score : eval.scores) lowering.expression(score.value);
        for (const auto& row : eval.requirements) lowering.expectation(row);
    });
}

}  // namespace weft
