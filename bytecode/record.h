// Records: the log's only unit, one for each thing an auditor would ask about. This header is the
// byte layout, the kinds, the hashes and the commitment (docs/log-format.md has them in prose, for
// those who write a reader of their own). It knows nothing of stores, keys or the machine.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "bytecode/record_io.h"
#include "bytecode/record_system_bodies.h"

namespace weft {

inline constexpr std::uint16_t kRecordFormat = 1;
inline constexpr std::size_t kRecordSizeMax = 1024;
inline constexpr std::size_t kRecordHeaderSize = 120;
inline constexpr std::uint32_t kNoSite = 0xFFFF'FFFF;

enum class RecordKind : std::uint8_t {
#define X(number, Name, name, side, chain, summary) Name = number,
#include "bytecode/record_kinds.def"
#undef X
};

enum class RecordSide : std::uint8_t { Command, Fact };
enum class RecordChain : std::uint8_t { Run, System };

struct RecordKindInfo {
    RecordKind kind = RecordKind::Begin;
    std::string_view name;  // "timer-set"
    RecordSide side = RecordSide::Fact;
    RecordChain chain = RecordChain::Run;
    std::string_view summary;
};
// In the order of their numbers.
std::span<const RecordKindInfo> all_record_kinds();
// Nothing for a number that no kind has.
const RecordKindInfo* record_kind_info(std::uint8_t number);
// The kind must be one of the table.
std::string_view kind_name(RecordKind kind);
bool is_fact(RecordKind kind);
// Bytes of the kind's body, and whether these are one.
std::size_t body_size(RecordKind kind);
bool is_body(RecordKind kind, std::string_view body);

struct RecordHeader {
    RecordKind kind = RecordKind::Resumed;
    bool has_payload = false;
    bool by_operator = false;  // facts only
    bool copied = false;       // told before, to another run or program; facts only
    std::uint32_t site = kNoSite;
    std::uint32_t branch = 0;
    Bytes16 run{};  // zero: the system chain
    std::uint64_t seq = 0;
    std::int64_t time_ms = 0;
    std::uint64_t fuel = 0;
    Hash prev{};        // leaf hash of the run's previous record; zero at seq 0
    Hash commitment{};  // zero without payload

    bool operator==(const RecordHeader&) const = default;
};

struct Record : RecordHeader {
    std::string body;

    bool operator==(const Record&) const = default;
};

// What is wrong with a record, in one sentence; empty when nothing is. It is the whole of what one
// record alone can show: flags as the kind has them, the body of its kind, a run id exactly in run
// kinds, prev and begin exactly at the chain's start, a commitment exactly with a payload.
std::string record_problem(const Record& record);

// The record must have no problem.
std::string encode_record(const Record& record);
// Corrupt, with what is wrong, for anything that encode_record does not write.
Result<Record> decode_record(std::string_view bytes);

// SHA-256(0x00 ‖ record): the leaf of the store's tree (RFC 6962) and the next record's prev.
Hash leaf_hash(std::string_view record);
// SHA-256(0x01 ‖ left ‖ right): an inner node of the tree.
Hash node_hash(const Hash& left, const Hash& right);
// SHA-256(0x02 ‖ salt ‖ u64 length ‖ body): what a record says of its payload.
Hash commitment(const Bytes16& salt, std::string_view payload);

}  // namespace weft
