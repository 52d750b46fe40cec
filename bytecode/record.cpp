#include "bytecode/record.h"

#include <array>

#include "base/check.h"
#include "base/hash.h"

namespace weft {

namespace {

constexpr std::uint8_t kFlagFact = 1;
constexpr std::uint8_t kFlagPayload = 2;
constexpr std::uint8_t kFlagOperator = 4;
constexpr std::uint8_t kFlagCopied = 8;
constexpr std::uint8_t kFlagsAll = kFlagFact | kFlagPayload | kFlagOperator | kFlagCopied;

constexpr auto kKinds = std::to_array<RecordKindInfo>({
#define X(number, Name, name, side, chain, summary) \
    {RecordKind::Name, name, RecordSide::side, RecordChain::chain, summary},
#include "bytecode/record_kinds.def"
#undef X
});

std::uint8_t flags_of(const Record& record) {
    std::uint8_t flags = 0;
    if (is_fact(record.kind)) flags |= kFlagFact;
    if (record.has_payload) flags |= kFlagPayload;
    if (record.by_operator) flags |= kFlagOperator;
    if (record.copied) flags |= kFlagCopied;
    return flags;
}

std::unexpected<Error> corrupt(std::string what) {
    return fail(ErrorKind::Corrupt, "not a record: " + std::move(what));
}

}  // namespace

std::span<const RecordKindInfo> all_record_kinds() {
    return kKinds;
}

const RecordKindInfo* record_kind_info(std::uint8_t number) {
    for (const auto& info : kKinds) {
        if (static_cast<std::uint8_t>(info.kind) == number) return &info;
    }
    return nullptr;
}

std::string_view kind_name(RecordKind kind) {
    const auto* info = record_kind_info(static_cast<std::uint8_t>(kind));
    WEFT_CHECK(info != nullptr);
    return info->name;
}

bool is_fact(RecordKind kind) {
    switch (kind) {
#define X(number, Name, name, side, chain, summary) \
    case RecordKind::Name:                          \
        return RecordSide::side == RecordSide::Fact;
#include "bytecode/record_kinds.def"
#undef X
    }
    WEFT_CHECK(false);
}

std::size_t body_size(RecordKind kind) {
    switch (kind) {
#define X(number, Name, name, side, chain, summary) \
    case RecordKind::Name:                          \
        return body_bytes<Name##Body>();
#include "bytecode/record_kinds.def"
#undef X
    }
    WEFT_CHECK(false);
}

bool is_body(RecordKind kind, std::string_view body) {
    switch (kind) {
#define X(number, Name, name, side, chain, summary) \
    case RecordKind::Name:                          \
        return decode_body<Name##Body>(body).has_value();
#include "bytecode/record_kinds.def"
#undef X
    }
    WEFT_CHECK(false);
}

std::string record_problem(const Record& record) {
    const auto* info = record_kind_info(static_cast<std::uint8_t>(record.kind));
    if (info == nullptr) return "an unknown kind";
    const bool system = info->chain == RecordChain::System;
    if (info->side == RecordSide::Command && record.by_operator) return "a command by an operator";
    if (info->side == RecordSide::Command && record.copied) return "a command that is a copy";
    if (system != (record.run == Bytes16{})) return "the run id doesn't fit the kind";
    if ((record.seq == 0) != (record.prev == Hash{})) return "prev doesn't fit the seq";
    if (!system && (record.kind == RecordKind::Begin) != (record.seq == 0)) {
        return "a run begins with its begin record, and with no other";
    }
    if (record.time_ms < 0) return "a time before 1970";
    if (record.has_payload == (record.commitment == Hash{})) {
        return "the commitment doesn't fit the payload flag";
    }
    if (!is_body(record.kind, record.body)) return "the body isn't one of its kind";
    return {};
}

std::string encode_record(const Record& record) {
    WEFT_CHECK(record_problem(record).empty());
    ByteWriter out(kRecordHeaderSize + record.body.size());
    out.u16(kRecordFormat);
    out.u8(static_cast<std::uint8_t>(record.kind));
    out.u8(flags_of(record));
    out.u16(static_cast<std::uint16_t>(record.body.size()));
    out.zeros(2);
    out.u32(record.site);
    out.u32(record.branch);
    out.raw(view(record.run));
    out.u64(record.seq);
    out.i64(record.time_ms);
    out.u64(record.fuel);
    out.raw(view(record.prev));
    out.raw(view(record.commitment));
    WEFT_CHECK(out.size() == kRecordHeaderSize);
    out.raw(record.body);
    WEFT_CHECK(out.size() <= kRecordSizeMax);
    return out.take();
}

Result<Record> decode_record(std::string_view bytes) {
    if (bytes.size() < kRecordHeaderSize || bytes.size() > kRecordSizeMax) {
        return corrupt("its length is " + std::to_string(bytes.size()) + " bytes");
    }
    ByteReader in(bytes);
    if (const auto format = in.u16(); format != kRecordFormat) {
        return corrupt("its format is " + std::to_string(format));
    }
    const auto number = in.u8();
    if (record_kind_info(number) == nullptr) {
        return corrupt("its kind is " + std::to_string(number));
    }
    Record record;
    record.kind = static_cast<RecordKind>(number);
    const auto flags = in.u8();
    record.has_payload = (flags & kFlagPayload) != 0;
    record.by_operator = (flags & kFlagOperator) != 0;
    record.copied = (flags & kFlagCopied) != 0;
    if ((flags & ~kFlagsAll) != 0 || flags != flags_of(record)) return corrupt("wrong flags");
    const std::size_t length = in.u16();
    if (in.u16() != 0) return corrupt("bytes that must be zero aren't");
    record.site = in.u32();
    record.branch = in.u32();
    record.run = to_array<16>(in.raw(16));
    record.seq = in.u64();
    record.time_ms = in.i64();
    record.fuel = in.u64();
    record.prev = to_array<32>(in.raw(32));
    record.commitment = to_array<32>(in.raw(32));
    if (length != in.left()) return corrupt("the body's length doesn't fit the record's");
    record.body = std::string(in.raw(length));
    if (auto problem = record_problem(record); !problem.empty()) return corrupt(problem);
    return record;
}

Hash leaf_hash(std::string_view record) {
    return Sha256().update(std::string_view("\0", 1)).update(record).finish();
}

Hash node_hash(const Hash& left, const Hash& right) {
    return Sha256().update("\1").update(view(left)).update(view(right)).finish();
}

Hash commitment(const Bytes16& salt, std::string_view payload) {
    ByteWriter head;
    head.u8(2);
    head.raw(view(salt));
    head.u64(payload.size());
    return Sha256().update(head.bytes()).update(payload).finish();
}

}  // namespace weft
