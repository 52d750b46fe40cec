// What of an image was executed, for whoever asks what no test has reached. Nothing is decided by
// it.
#pragma once

#include <cstdint>
#include <vector>

#include "bytecode/image.h"

namespace weft::vm {

// Instructions that a machine has executed, by function and place: what a test did not reach.
struct Visits {
    static constexpr std::uint8_t kReached = 1;
    static constexpr std::uint8_t kJumped = 2;  // it went on elsewhere than behind itself
    std::vector<std::vector<std::uint8_t>> of;

    explicit Visits(const Image& image) {
        for (const auto& function : image.functions) of.emplace_back(function.code.size());
    }
    void note(std::uint32_t function, std::uint32_t pc, std::uint8_t what) {
        of[function][pc] = static_cast<std::uint8_t>(of[function][pc] | what);
    }
};

}  // namespace weft::vm
