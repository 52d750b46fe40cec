// The instruction trace of a run, made by executing it again over its log: every instruction with
// what it read and what it gave, in its branch, before the record that it led to.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/public_values.h"
#include "engine/replay.h"
#include "vm/tracer.h"

namespace weft::engine {

struct TraceStep {
    std::uint64_t seq = 0;  // of the record that comes next
    std::uint32_t branch = 0;
    std::string function;
    std::uint32_t pc = 0;
    std::string text;   // "add r3 r1 r2"
    std::string place;  // "order.wf:12"
    struct Read {
        std::string name;  // "r3", or what the program calls it
        Value value;
    };
    std::vector<Read> reads;
    std::optional<Value> given;
    bool is_late = false;  // only what an instruction before gave, now that the world has answered
};

// Notes the steps of some records; the others pass.
class TraceCollector final : public vm::Tracer {
  public:
    TraceCollector(std::shared_ptr<const Image> image, std::uint64_t from, std::uint64_t end)
        : image_(std::move(image)), from_(from), end_(end) {}
    void in_branch(std::uint32_t branch, std::uint64_t seq) override;
    void executes(const Function& function, std::uint32_t pc,
                  const vm::Registers& registers) override;
    void gives(const Function& function, std::uint32_t pc, const Value& value) override;

    void use(std::shared_ptr<const Image> image) { image_ = std::move(image); }
    // Large values are told by their beginning. What a step computes is kept only as long as that.
    [[nodiscard]] const std::vector<TraceStep>& steps() const { return steps_; }
    [[nodiscard]] bool is_full() const { return steps_.size() >= kStepsMax; }

    static constexpr std::size_t kStepsMax = 50'000;

  private:
    [[nodiscard]] bool notes() const { return seq_ >= from_ && seq_ < end_; }
    TraceStep& add(const Function& function, std::uint32_t pc);

    std::shared_ptr<const Image> image_;
    std::uint64_t from_;
    std::uint64_t end_;
    std::uint32_t branch_ = 0;
    std::uint64_t seq_ = 0;
    std::vector<TraceStep> steps_;
};

}  // namespace weft::engine
