// What the certificate says of each call, worked out from the IR: how often it is made, whether it
// can stand past the point of no return, what comes of its effect. The verifier works the same out
// from the code that was made of it (bytecode/verify_certificate.cpp), and both must agree.
#pragma once

#include <cstdint>
#include <vector>

#include "bytecode/certificate.h"
#include "compiler/ir/module.h"

namespace weft::lowering {

struct StepFacts {
    std::uint64_t times = 1;
    bool past_return = false;
    Remedy remedy = Remedy::Reads;
};

struct Proofs {
    std::vector<StepFacts> steps;          // by row of Module::steps
    std::vector<WorkflowProof> workflows;  // by row of Module::workflows
};

Proofs prove(const ir::Module& module);
// The labels of each argument of a call.
std::vector<std::uint8_t> argument_labels(const ir::Module& module, const ir::Step& step);

}  // namespace weft::lowering
