// The parts of verify_image (bytecode/image.h), for its own files. docs/bytecode.md lists the rules
// in the order in which they are checked here.
#pragma once

#include <string>
#include <vector>

#include "bytecode/image.h"

namespace weft::verify {

// Limits that keep the verifier's own work bounded, whatever the bytes say.
inline constexpr std::size_t kFunctionsMax = 100'000;
inline constexpr std::size_t kInstructionsMax = 1'000'000;  // of one function
inline constexpr std::uint32_t kRegistersMax = 4'096;       // of one function
inline constexpr std::uint32_t kScopesMax = 64;             // open at one place
inline constexpr std::size_t kBranchesMax = 10'000;         // of one parallel

// "function 3 (document_qa), instruction 5 (call_step): " and what is wrong there.
std::unexpected<Error> bad_code(const Image& image, std::uint32_t function, std::uint32_t pc,
                                const std::string& what);

// How many registers a fork hands to each of its branches.
std::uint32_t captures_of(const Image& image, const ForkRow& row);
// Registers that follow an instruction's list: a gate's rung, a step's keys and its last moment. A
// site that does not exist has none.
std::uint32_t registers_behind(const Image& image, const Instruction& x);

// Rows refer to rows that exist, and say sensible things.
Result<void> tables(const Image& image);
// Every operand of every instruction is in range and fits the kind of its function.
Result<void> code(const Image& image, std::uint32_t function);
// Site rows and logged instructions name each other.
Result<void> sites(const Image& image);
// No function comes back to itself through calls, lambdas, predicates of types, forks or undos.
Result<void> no_recursion(const Image& image);
// Registers are assigned before they are read, and scopes balance, on every path. Relies on `code`.
Result<void> flow(const Image& image, std::uint32_t function);

// What the image says of itself is what its code does. Relies on all of the above. Images from
// before there were certificates have none.
Result<void> certificate(const Image& image);

// Labelled values go only where they may, and the certificate names those that reach each call.
Result<void> labels(const Image& image);
// The same for the compiler, which puts them there: one list for each call of the certificate.
Result<std::vector<std::vector<std::uint8_t>>> labels_of_calls(const Image& image);

}  // namespace weft::verify
