#include "engine/inbox.h"

#include "base/bytes.h"

namespace weft::engine {
namespace {

constexpr std::uint8_t kInboxForm = 1;
constexpr std::uint32_t kFactsMax = 16;

}  // namespace

std::string encode_incoming(const std::vector<InboxFact>& facts) {
    ByteWriter out;
    out.u8(kInboxForm);
    out.u32(static_cast<std::uint32_t>(facts.size()));
    for (const auto& [fact, record] : facts) {
        out.u8(static_cast<std::uint8_t>(record.kind));
        out.u8(record.by_operator ? 1 : 0);
        out.block(record.body);
        out.u8(record.payload ? 1 : 0);
        if (record.payload) out.block(*record.payload);
    }
    return out.take();
}

Result<std::vector<InboxFact>> decode_incoming(const std::string& bytes) {
    ByteReader in(bytes);
    const bool known = in.u8() == kInboxForm;
    const std::uint32_t count = in.u32();
    std::vector<InboxFact> out;
    for (std::uint32_t i = 0; known && i < count && count <= kFactsMax && in.ok(); ++i) {
        Record record;
        FactRecord& fact = out.emplace_back().record;
        record.kind = static_cast<RecordKind>(in.u8());
        fact.kind = record.kind;
        fact.by_operator = in.u8() != 0;
        fact.body = in.block();
        record.body = fact.body;
        if (in.u8() != 0) fact.payload = in.block();
        if (!in.ok()) break;
        WEFT_TRY(decoded, decode_fact(record, fact.payload.value_or("")));
        out.back().fact = std::move(decoded);
    }
    if (!known || count == 0 || out.size() != count || !in.at_end()) {
        return fail(ErrorKind::Corrupt, "a row of the inbox does not have its shape");
    }
    return out;
}

}  // namespace weft::engine
