// The registers of one function in progress, and the meter that counts what a run uses. Named slots
// are the registers that live across logged instructions; a change of one is noted, so that the
// state check costs what changed.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "value/value.h"
#include "vm/limits.h"

namespace weft::vm {

struct Meter {
    std::uint64_t fuel = 0;            // since the run began
    std::uint64_t fuel_at_record = 0;  // at the last record
    std::uint64_t live_bytes = 0;      // tree sizes of all registers

    // Pays for work before it is done; false when the run has used up what it may.
    bool pay(std::uint64_t cost) {
        fuel += cost;
        return fuel - fuel_at_record <= kFuelBetweenRecordsMax;
    }
};

class Registers {
  public:
    Registers(std::size_t count, std::size_t named, Meter& meter)
        : meter_(&meter), values_(count), is_dirty_(named, 0) {
        meter_->live_bytes += count;  // a none is one byte
    }
    ~Registers() {
        if (meter_ != nullptr) meter_->live_bytes -= bytes();
    }
    Registers(Registers&& other) noexcept
        : meter_(std::exchange(other.meter_, nullptr)),
          values_(std::move(other.values_)),
          is_dirty_(std::move(other.is_dirty_)),
          dirty_(std::move(other.dirty_)) {}
    Registers(const Registers&) = delete;
    Registers& operator=(const Registers&) = delete;
    Registers& operator=(Registers&&) = delete;

    const Value& operator[](std::size_t index) const { return values_[index]; }
    void set(std::size_t index, Value value) {
        meter_->live_bytes += value.tree_size();
        meter_->live_bytes -= values_[index].tree_size();
        values_[index] = std::move(value);
        if (index < is_dirty_.size() && is_dirty_[index] == 0) {
            is_dirty_[index] = 1;
            dirty_.push_back(static_cast<std::uint32_t>(index));
        }
    }
    [[nodiscard]] std::vector<Value> range(std::size_t first, std::size_t count) const {
        const auto begin = values_.begin() + static_cast<std::ptrdiff_t>(first);
        return {begin, begin + static_cast<std::ptrdiff_t>(count)};
    }
    [[nodiscard]] std::size_t named() const { return is_dirty_.size(); }
    [[nodiscard]] std::size_t size() const { return values_.size(); }
    // Named slots set since the last call.
    std::vector<std::uint32_t> take_dirty() {
        for (auto index : dirty_) is_dirty_[index] = 0;
        return std::exchange(dirty_, {});
    }

  private:
    [[nodiscard]] std::uint64_t bytes() const {
        std::uint64_t sum = 0;
        for (const auto& value : values_) sum += value.tree_size();
        return sum;
    }

    Meter* meter_;
    std::vector<Value> values_;
    std::vector<std::uint8_t> is_dirty_;
    std::vector<std::uint32_t> dirty_;
};

}  // namespace weft::vm
