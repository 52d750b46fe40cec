// The machine of the product as an Executor, so that it can be held against the reference
// interpreter. It translates words and nothing else.
#pragma once

#include <memory>

#include "bytecode/image.h"
#include "tests/reference/facts.h"
#include "vm/machine.h"

namespace weft::differential {

class MachineRun final : public reference::Executor {
  public:
    MachineRun(std::shared_ptr<const Image> image, const reference::Beginning& beginning);

    reference::Out start() override;
    [[nodiscard]] bool accepts(const reference::Fact& fact) const override;
    reference::Out apply(const reference::Fact& fact, std::int64_t time_ms) override;
    [[nodiscard]] std::vector<reference::Ask> asks() const override;
    [[nodiscard]] std::optional<EndStatus> ended() const override;
    [[nodiscard]] Value result() const override { return machine_->result(); }
    [[nodiscard]] std::int64_t spent_micros() const override { return machine_->spent_micros(); }
    [[nodiscard]] bool past_no_return() const override { return machine_->past_no_return(); }
    [[nodiscard]] std::vector<std::uint64_t> stuck() const override;

    // What it executes is noted there.
    void watch(vm::Visits* visits);

    // Drops the machine, as a crash would, and makes it again: from its facts, or from a snapshot.
    // What is wrong with the new one; empty when it is as the old one was.
    std::string replay();
    std::string restore();

  private:
    [[nodiscard]] vm::Fact fact_of(const reference::Fact& fact) const;
    reference::Out out_of(vm::Progress progress, std::uint64_t first_seq);
    [[nodiscard]] reference::Made made_of(const vm::Command& command, std::uint64_t seq) const;
    [[nodiscard]] std::string place_of(std::uint32_t site) const;
    [[nodiscard]] reference::Ask ask_of(const vm::Want& want) const;

    std::shared_ptr<const Image> image_;
    vm::Begin begin_;
    std::unique_ptr<vm::Machine> machine_;
    std::vector<std::pair<vm::Fact, std::int64_t>> facts_;
    std::vector<vm::Command> commands_;
    vm::Visits* visits_ = nullptr;
};

}  // namespace weft::differential
