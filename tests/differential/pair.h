// The machine and the reference interpreter in lockstep: each is told the same, and what they say
// to it must be the same, record by record and ask by ask.
#pragma once

#include <string>

#include "tests/differential/machine_run.h"
#include "tests/reference/run.h"

namespace weft::differential {

// The first thing in which they differ; thrown.
struct Difference {
    std::string text;
};

std::string text_of(const Value& value);
std::string text_of(const reference::Made& made);
std::string text_of(const reference::Fact& fact);
std::string text_of(const reference::Ask& ask);

class Pair final : public reference::Executor {
  public:
    Pair(const ir::Module& module, std::shared_ptr<const Image> image,
         const reference::Beginning& beginning);

    reference::Out start() override;
    [[nodiscard]] bool accepts(const reference::Fact& fact) const override;
    reference::Out apply(const reference::Fact& fact, std::int64_t time_ms) override;
    [[nodiscard]] std::vector<reference::Ask> asks() const override;
    [[nodiscard]] std::optional<EndStatus> ended() const override;
    [[nodiscard]] Value result() const override { return expected_.result(); }
    [[nodiscard]] std::int64_t spent_micros() const override;
    [[nodiscard]] bool past_no_return() const override;
    [[nodiscard]] std::vector<std::uint64_t> stuck() const override;

    // The machine is made again from its facts or from a snapshot; throws when that differs.
    void crash(bool from_snapshot);
    void watch(vm::Visits* visits) { actual_.watch(visits); }

  private:
    [[nodiscard]] static reference::Fact for_one(const reference::Fact& fact, bool machine);
    static void compare(const reference::Out& expected, const reference::Out& actual);

    reference::Run expected_;
    MachineRun actual_;
};

}  // namespace weft::differential
