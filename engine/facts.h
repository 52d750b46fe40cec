// Facts between three forms: what the machine is fed (vm::Fact), what a record holds (body and
// payload), and what an outcome of a worker is. Payloads are canonical values; their shapes are
// written down in docs/log-format.md.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "bytecode/record.h"
#include "vm/machine.h"

namespace weft::engine {

// What the record of a fact holds beyond what the machine is told.
struct FactContext {
    Bytes16 actor{};             // who: decision, cancel, kill, released, settled
    Bytes16 binding{};           // start: digest of the worker's binding
    std::string signed_note{};   // decision: the statement, signed by whoever decides
    std::uint32_t declared = 0;  // outcome: index of a declared error in the worker's `fails`
    bool copied = false;         // the run was told before, under another program
};

struct FactRecord {
    RecordKind kind = RecordKind::Resumed;
    bool by_operator = false;
    std::string body;
    std::optional<std::string> payload;
};

FactRecord encode_fact(const vm::Fact& fact, const FactContext& context);
// Corrupt when body or payload do not have their kind's shape.
Result<vm::Fact> decode_fact(const Record& record, const std::string& payload);

// The begin record. Its payload: record (workflow Text, input, tunes, seed Bytes, starter Text).
std::string encode_begin_payload(const vm::Begin& begin, const std::string& workflow);
Result<vm::Begin> decode_begin(const Image& image, const Record& record, std::string_view payload);

}  // namespace weft::engine
