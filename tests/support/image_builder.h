// Hand-made images for tests of the verifier and the machine: instructions are appended one by one,
// sites and their rows are made on the way, so that a test shows little more than its program.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bytecode/image.h"

namespace weft::testing {

class ImageBuilder;

inline Type make_type(TypeKind kind, TypeId element = {}) {
    Type out;
    out.kind = kind;
    out.element = element;
    return out;
}

class FunctionBuilder {
  public:
    FunctionBuilder(ImageBuilder& image, std::uint32_t number) : image_(image), number_(number) {}

    [[nodiscard]] std::uint32_t number() const { return number_; }
    [[nodiscard]] std::uint32_t here() const {
        return static_cast<std::uint32_t>(function().code.size());
    }
    // Appends an instruction; gives its number.
    std::uint32_t op(Opcode code, std::uint32_t a = 0, std::uint32_t b = 0, std::uint32_t c = 0,
                     std::uint32_t d = 0) {
        auto& out = function();
        out.code.push_back({code, static_cast<std::uint16_t>(a), static_cast<std::uint16_t>(b),
                            static_cast<std::uint16_t>(c), d});
        out.places.push_back({0, here(), 1});
        return here() - 1;
    }
    // Sets the target of a jump or scope to the next instruction.
    void land(std::uint32_t jump) { function().code[jump].d = here(); }
    void constant(std::uint32_t a, const Value& value);
    // Logged instructions with their site.
    void call(std::uint32_t a, std::uint32_t first, std::uint32_t count, std::uint32_t step);
    void fork(std::uint32_t a, std::uint32_t list, std::uint32_t captures, std::uint32_t row);
    void site(Opcode code, SiteKind kind, std::uint32_t row, std::uint32_t a = 0,
              std::uint32_t b = 0, std::uint32_t c = 0);
    void fork_all(std::uint32_t a, std::uint32_t captures, std::uint32_t row) {
        site(Opcode::ForkAll, SiteKind::Fork, row, a, 0, captures);
    }
    void block(std::uint32_t row) { site(Opcode::Block, SiteKind::Block, row); }
    void end(std::uint32_t a) { site(Opcode::End, SiteKind::End, 0, a); }
    void sleep(std::uint32_t b) { site(Opcode::Sleep, SiteKind::Sleep, 0, 0, b); }
    void undo_to(std::uint32_t a) { site(Opcode::UndoTo, SiteKind::Undo, 0, a); }
    // raise of an error of this name; uses register `scratch` and the four after it, then itself.
    void fail(std::uint32_t scratch, const std::string& name);

    Function& function() const;

  private:
    ImageBuilder& image_;
    std::uint32_t number_;
};

class ImageBuilder {
  public:
    ImageBuilder() {
        image.files = {"test.wf"};
        text = image.types.add(make_type(TypeKind::Text));
        integer = image.types.add(make_type(TypeKind::Int));
    }

    FunctionBuilder function(std::string name, FunctionKind kind, std::uint16_t parameters,
                             std::uint16_t named, std::uint16_t registers) {
        Function out;
        out.name = std::move(name);
        out.kind = kind;
        out.parameters = parameters;
        out.named_slots = named;
        out.registers = registers;
        for (int i = 0; i < named; ++i) out.slot_names.push_back("s" + std::to_string(i));
        image.functions.push_back(std::move(out));
        return {*this, static_cast<std::uint32_t>(image.functions.size() - 1)};
    }
    // The workflow with parameters of type Int; its row is the image's next.
    FunctionBuilder workflow(std::uint16_t parameters, std::uint16_t named,
                             std::uint16_t registers) {
        auto out = function("flow", FunctionKind::Workflow, parameters, named, registers);
        WorkflowRow row;
        row.name = "flow";
        row.function = out.number();
        for (int i = 0; i < parameters; ++i) {
            row.parameters.push_back({"p" + std::to_string(i), integer, false, {}});
        }
        row.result_type = integer;
        image.workflows.push_back(std::move(row));
        return out;
    }
    std::uint32_t constant(Value value) {
        image.constants.push_back(std::move(value));
        return static_cast<std::uint32_t>(image.constants.size() - 1);
    }
    std::uint32_t worker(const std::string& name, EffectClass effect, std::size_t parameters = 1) {
        WorkerRow row;
        row.name = name;
        row.effect = effect;
        for (std::size_t i = 0; i < parameters; ++i) row.parameters.push_back("a");
        image.workers.push_back(std::move(row));
        return static_cast<std::uint32_t>(image.workers.size() - 1);
    }
    std::uint32_t step(const std::string& path, std::uint32_t worker_row, Policy policy = {}) {
        StepRow row;
        row.path = path;
        row.worker = worker_row;
        row.argument_types.assign(image.workers[worker_row].parameters.size(), integer);
        row.result_type = integer;
        row.policy = std::move(policy);
        image.steps.push_back(std::move(row));
        return static_cast<std::uint32_t>(image.steps.size() - 1);
    }
    std::uint32_t fork(std::uint32_t branch_function, std::uint32_t limit) {
        image.forks.push_back({"flow.each", branch_function, limit, integer});
        return static_cast<std::uint32_t>(image.forks.size() - 1);
    }
    std::uint32_t block(BlockRow row) {
        row.path = "flow.block";
        image.blocks.push_back(std::move(row));
        return static_cast<std::uint32_t>(image.blocks.size() - 1);
    }
    std::uint32_t parallel(std::vector<BranchRow> branches, JoinRule join,
                           std::uint32_t bound = 0) {
        ForkRow row{"flow.parallel",
                    WorkerRow::kNoRow,
                    static_cast<std::uint32_t>(branches.size()),
                    integer,
                    join,
                    bound};
        row.branches = std::move(branches);
        image.forks.push_back(std::move(row));
        return static_cast<std::uint32_t>(image.forks.size() - 1);
    }
    std::uint32_t site(SiteKind kind, std::uint32_t row, std::uint32_t function_number,
                       std::uint32_t pc) {
        image.sites.push_back({kind, row, function_number, pc});
        return static_cast<std::uint32_t>(image.sites.size() - 1);
    }

    Image image;
    TypeId text;
    TypeId integer;
};

inline Function& FunctionBuilder::function() const {
    return image_.image.functions[number_];
}

inline void FunctionBuilder::constant(std::uint32_t a, const Value& value) {
    op(Opcode::Const, a, 0, 0, image_.constant(value));
}

inline void FunctionBuilder::site(Opcode code, SiteKind kind, std::uint32_t row, std::uint32_t a,
                                  std::uint32_t b, std::uint32_t c) {
    const auto number = image_.site(kind, row, number_, here());
    op(code, a, b, c, number);
}

inline void FunctionBuilder::call(std::uint32_t a, std::uint32_t first, std::uint32_t count,
                                  std::uint32_t step) {
    site(Opcode::CallStep, SiteKind::Step, step, a, first, count);
}

inline void FunctionBuilder::fork(std::uint32_t a, std::uint32_t list, std::uint32_t captures,
                                  std::uint32_t row) {
    site(Opcode::ForkEach, SiteKind::Fork, row, a, list, captures);
}

inline void FunctionBuilder::fail(std::uint32_t scratch, const std::string& name) {
    constant(scratch, Value::text(name));
    constant(scratch + 1, Value::text("because"));
    constant(scratch + 2, Value::text("flow"));
    constant(scratch + 3, Value::integer(0));
    constant(scratch + 4, Value::none());
    op(Opcode::MakeRecord, scratch, scratch, 5);
    op(Opcode::Raise, scratch);
}

}  // namespace weft::testing
