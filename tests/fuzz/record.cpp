// Bytes of a record: what is taken is what would be written.
#include "bytecode/record.h"

#include "bytecode/record_bodies.h"
#include "bytecode/record_io.h"
#include "tests/fuzz/target.h"

namespace weft::fuzz {

std::vector<std::string> seeds() {
    // A header of each kind over bodies of zeros; most are refused at a different place.
    std::vector<std::string> out;
    Record record;
    record.run = to_array<16>("run 1 of the fuzz");
    record.seq = 1;
    record.prev = to_array<32>("a leaf of thirty-two bytes, yes.");
#define X(number, Name, name, origin, scope, summary)                             \
    record.kind = RecordKind::Name;                                               \
    for (const std::size_t size : {0U, 8U, 16U, 24U, 32U, 40U, 48U, 64U}) {       \
        record.body.assign(size, '\0');                                           \
        if (record_problem(record).empty()) out.push_back(encode_record(record)); \
    }
#include "bytecode/record_kinds.def"
#undef X
    return out;
}

std::vector<std::string> dictionary() {
    return {std::string("\0\0\0\0\0\0\0\0", 8), std::string("\1\0\0\0\0\0\0\0", 8)};
}

}  // namespace weft::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weft;
    const auto bytes = fuzz::text_of(data, size);
    const auto record = decode_record(bytes);
    if (!record) return 0;
    WEFT_CHECK(record_problem(*record).empty());
    WEFT_CHECK(encode_record(*record) == bytes);
    return 0;
}
