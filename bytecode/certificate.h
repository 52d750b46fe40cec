// What the compiler proved of a program, beside its code: for each call how often it is made and
// tried, what comes of its effect if the run fails, whether it can stand past the point of no
// return, and which labels reach it; for each workflow what a run can use. The verifier works all
// of it out again from the code (bytecode/verify_certificate.cpp). It knows nothing of the IR.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weft {

// In the place of a number: nothing bounds it (a list whose length nothing bounds).
inline constexpr std::uint64_t kUnbounded = 0xFFFF'FFFF'FFFF'FFFF;

// Sums and products of such numbers.
constexpr std::uint64_t bound_sum(std::uint64_t a, std::uint64_t b) {
    return a > kUnbounded - b ? kUnbounded : a + b;
}
constexpr std::uint64_t bound_product(std::uint64_t a, std::uint64_t b) {
    if (a == 0 || b == 0) return 0;
    return a > kUnbounded / b ? kUnbounded : a * b;
}

// What comes of a call's effect when the run fails behind it.
enum class Remedy : std::uint8_t {
    Reads = 0,         // it changes nothing
    Undone = 1,        // an undo function is registered for it
    Covered = 2,       // the compensation of what stands around takes its place
    Stands = 3,        // the author said that it may stay
    Irreversible = 4,  // nothing undoes it: the point of no return
    Undoes = 5,        // it is part of an undo itself
    OfRun = 6,         // a run of a workflow: as that one says, or what stands behind the call
    Lives = 7,         // a detached run, which goes on by itself
};

// One for each call_step, call_until and run_sub, in order of their sites.
struct CallProof {
    std::uint32_t site = 0;
    std::uint32_t attempts = 1;  // at most, each time it is made
    std::uint64_t times = 1;     // at most, each time its function runs
    Remedy remedy = Remedy::Reads;
    bool past_return = false;          // an irreversible effect may be behind it
    std::vector<std::uint8_t> labels;  // of each argument: bits, one a LabelKind

    bool operator==(const CallProof&) const = default;
};

// One for each fork_each: how many items its list has at most.
struct ForkProof {
    std::uint32_t site = 0;
    std::uint64_t items = kUnbounded;

    bool operator==(const ForkProof&) const = default;
};

// A raise by which the author ends the run: never past the point of no return.
struct FailProof {
    std::uint32_t function = 0;
    std::uint32_t pc = 0;

    bool operator==(const FailProof&) const = default;
};

struct SpendProof {
    std::string currency;
    std::uint64_t micros = 0;

    bool operator==(const SpendProof&) const = default;
};

// At most, in one run with all that it waits for; what undoes it is counted apart.
struct WorkflowProof {
    std::uint64_t attempts = 0;
    std::uint64_t effects = 0;  // calls that change the world
    std::uint64_t undo_attempts = 0;
    std::vector<SpendProof> spend;  // by currency
    bool irreversible = false;      // it may pass the point of no return

    bool operator==(const WorkflowProof&) const = default;
};

// Empty in images that were made before there were certificates.
struct Certificate {
    std::vector<CallProof> calls;
    std::vector<ForkProof> forks;
    std::vector<FailProof> fails;
    std::vector<WorkflowProof> workflows;  // one a workflow of the image

    [[nodiscard]] bool is_empty() const { return workflows.empty(); }
    bool operator==(const Certificate&) const = default;
};

}  // namespace weft
