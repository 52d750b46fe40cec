#include "bytecode/record.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/hash.h"

namespace weft {
namespace {

using Random = std::mt19937_64;

template <std::size_t N>
std::array<std::uint8_t, N> random_bytes(Random& random) {
    std::array<std::uint8_t, N> out{};
    for (auto& byte : out) byte = static_cast<std::uint8_t>(random());
    return out;
}

// Fills a body's fields with random values of their lists.
class Filler {
  public:
    explicit Filler(Random& random) : random_(random) {}
    void operator()(auto&&... fields) { (fill(fields), ...); }

  private:
    void fill(auto& v) {
        using T = std::remove_reference_t<decltype(v)>;
        if constexpr (std::is_enum_v<T>) {
            const auto first = static_cast<std::uint64_t>(kFirstCode<T>);
            const auto last = static_cast<std::uint64_t>(kLastCode<T>);
            v = static_cast<T>(first + random_() % (last - first + 1));
        } else if constexpr (std::is_same_v<T, bool>) {
            v = random_() % 2 == 0;
        } else {
            v = static_cast<T>(random_());
        }
    }
    template <std::size_t N>
    void fill(std::array<std::uint8_t, N>& v) {
        v = random_bytes<N>(random_);
    }
    template <std::size_t N>
    void fill(Zeros<N>&) {}

    Random& random_;
};

template <typename Body>
std::string random_body(Random& random) {
    Body body;
    Filler filler(random);
    Body::fields(body, filler);
    const auto bytes = encode_body(body);
    EXPECT_EQ(decode_body<Body>(bytes), body);
    EXPECT_EQ(bytes.size(), body_bytes<Body>());
    return bytes;
}

std::string random_body(RecordKind kind, Random& random) {
    switch (kind) {
#define X(number, Name, name, side, chain, summary) \
    case RecordKind::Name:                          \
        return random_body<Name##Body>(random);
#include "bytecode/record_kinds.def"
#undef X
    }
    return {};
}

Record random_record(Random& random) {
    const auto kinds = all_record_kinds();
    const auto& info = kinds[random() % kinds.size()];
    Record record;
    record.kind = info.kind;
    record.has_payload = random() % 2 == 0;
    if (info.side == RecordSide::Fact) {
        record.by_operator = random() % 4 == 0;
        record.copied = random() % 4 == 0;
    }
    record.site = static_cast<std::uint32_t>(random());
    record.branch = static_cast<std::uint32_t>(random());
    if (info.chain == RecordChain::Run) record.run = random_bytes<16>(random);
    if (info.kind != RecordKind::Begin) {
        record.seq = random() | 1U;
        record.prev = random_bytes<32>(random);
    }
    record.time_ms = static_cast<std::int64_t>(random() >> 1U);
    record.fuel = random();
    if (record.has_payload) record.commitment = random_bytes<32>(random);
    record.body = random_body(info.kind, random);
    return record;
}

TEST(RecordKinds, AreNumberedAndNamedOnce) {
    std::set<std::uint8_t> numbers;
    std::set<std::string_view> names;
    for (const auto& info : all_record_kinds()) {
        EXPECT_TRUE(numbers.insert(static_cast<std::uint8_t>(info.kind)).second);
        EXPECT_TRUE(names.insert(info.name).second);
        EXPECT_EQ(kind_name(info.kind), info.name);
        EXPECT_EQ(is_fact(info.kind), info.side == RecordSide::Fact);
        EXPECT_EQ(static_cast<int>(info.kind) >= 64, info.chain == RecordChain::System);
        EXPECT_LE(body_size(info.kind), kRecordSizeMax - kRecordHeaderSize);
    }
    EXPECT_EQ(record_kind_info(0), nullptr);
    EXPECT_EQ(record_kind_info(35), nullptr);
    EXPECT_EQ(record_kind_info(63), nullptr);
    EXPECT_EQ(record_kind_info(82), nullptr);
}

// The sizes of docs/log-format.md: a change here is another format.
TEST(RecordKinds, SizesOfBodies) {
    const std::pair<RecordKind, std::size_t> sizes[] = {
        {RecordKind::Begin, 189},      {RecordKind::End, 16},
        {RecordKind::Resumed, 8},      {RecordKind::Call, 36},
        {RecordKind::Start, 32},       {RecordKind::Outcome, 32},
        {RecordKind::Doubt, 16},       {RecordKind::Settled, 32},
        {RecordKind::TimerSet, 32},    {RecordKind::TimerFired, 8},
        {RecordKind::Signal, 24},      {RecordKind::Fork, 16},
        {RecordKind::Join, 16},        {RecordKind::Gate, 12},
        {RecordKind::ReviewOpen, 24},  {RecordKind::Decision, 32},
        {RecordKind::UndoBegin, 16},   {RecordKind::UndoEnd, 16},
        {RecordKind::Cancel, 16},      {RecordKind::Kill, 16},
        {RecordKind::Hold, 16},        {RecordKind::HeldByOperator, 16},
        {RecordKind::Released, 16},    {RecordKind::Budget, 32},
        {RecordKind::Hit, 40},         {RecordKind::Event, 8},
        {RecordKind::LockAsk, 24},     {RecordKind::LockGot, 8},
        {RecordKind::LockFreed, 8},    {RecordKind::SubStart, 24},
        {RecordKind::SubEnded, 48},    {RecordKind::Migrated, 80},
        {RecordKind::Adopted, 48},     {RecordKind::Operator, 24},
        {RecordKind::Opened, 32},      {RecordKind::Closed, 8},
        {RecordKind::KeyAdded, 56},    {RecordKind::KeyRevoked, 40},
        {RecordKind::Actor, 24},       {RecordKind::Breaker, 24},
        {RecordKind::ClockStep, 16},   {RecordKind::Attested, 64},
        {RecordKind::Erase, 24},       {RecordKind::Erased, 16},
        {RecordKind::Retained, 8},     {RecordKind::Imported, 80},
        {RecordKind::Exported, 32},    {RecordKind::Schema, 8},
        {RecordKind::Accepted, 24},    {RecordKind::DedupeRotated, 8},
        {RecordKind::SignalTaken, 16}, {RecordKind::LegalHold, 40},
        {RecordKind::Scheduled, 48},
    };
    EXPECT_EQ(std::size(sizes), all_record_kinds().size());
    for (const auto& [kind, size] : sizes) EXPECT_EQ(body_size(kind), size) << kind_name(kind);
}

TEST(Record, KnownBytes) {
    Record record;
    record.kind = RecordKind::Call;
    record.has_payload = true;
    record.site = 7;
    record.branch = 2;
    record.run[0] = 0xAA;
    record.seq = 1;
    record.time_ms = 0x0102030405;
    record.fuel = 99;
    record.prev.fill(0xBB);
    record.commitment.fill(0xCC);
    CallBody body;
    body.key.fill(0xDD);
    body.worker = 3;
    body.generation = 1;
    body.effect = CallClass::Once;
    body.currency = pack_currency("USD");
    body.reserve_micros = 20'000;
    record.body = encode_body(body);
    const std::string expected =
        "0100"
        "04"
        "02"
        "2400"
        "0000"
        "07000000"
        "02000000"
        "aa000000000000000000000000000000"
        "0100000000000000"
        "0504030201000000"
        "6300000000000000"
        "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
        "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
        "dddddddddddddddddddddddddddddddd"
        "03000000"
        "01000000"
        "02"
        "00"
        "a836"
        "204e000000000000";
    EXPECT_EQ(to_hex(encode_record(record)), expected);
    EXPECT_EQ(encode_record(record).size(), 156U);
}

TEST(Record, Hashes) {
    EXPECT_EQ(leaf_hash("abc"), sha256(std::string("\0abc", 4)));
    // RFC 6962: the leaf hash of the empty leaf.
    EXPECT_EQ(to_hex(view(leaf_hash(""))),
              "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    Bytes16 salt{};
    salt[0] = 1;
    const std::string input = std::string("\x02\x01", 2) + std::string(15, '\0') +
                              std::string("\x02\0\0\0\0\0\0\0", 8) + "hi";
    EXPECT_EQ(commitment(salt, "hi"), sha256(input));
    EXPECT_NE(commitment(salt, "hi"), commitment(Bytes16{}, "hi"));
    EXPECT_EQ(node_hash(Hash{}, Hash{}), sha256("\x01" + std::string(64, '\0')));
}

TEST(Record, RandomRecordsComeBack) {
    Random random(11);
    for (int i = 0; i < 20'000; ++i) {
        const auto record = random_record(random);
        ASSERT_EQ(record_problem(record), "") << kind_name(record.kind);
        const auto bytes = encode_record(record);
        const auto back = decode_record(bytes);
        ASSERT_TRUE(back) << back.error().message;
        EXPECT_EQ(*back, record);
    }
}

TEST(Record, TruncatedAndLongerBytesAreRefused) {
    Random random(12);
    for (int i = 0; i < 300; ++i) {
        const auto bytes = encode_record(random_record(random));
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            EXPECT_FALSE(decode_record(std::string_view(bytes).substr(0, length)));
        }
        EXPECT_FALSE(decode_record(bytes + '\0'));
    }
}

// Whatever is accepted is exactly what encoding it writes.
TEST(Record, DamagedBytesAreRefusedOrExact) {
    Random random(13);
    int accepted = 0;
    for (int i = 0; i < 50'000; ++i) {
        auto bytes = encode_record(random_record(random));
        for (auto n = random() % 3 + 1; n > 0; --n) {
            bytes[random() % bytes.size()] = static_cast<char>(random());
        }
        const auto back = decode_record(bytes);
        if (!back) continue;
        ++accepted;
        EXPECT_EQ(encode_record(*back), bytes);
    }
    EXPECT_GT(accepted, 1000);
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes(random() % 1100, '\0');
        for (char& c : bytes) c = static_cast<char>(random());
        EXPECT_FALSE(decode_record(bytes));
    }
}

TEST(Record, ProblemsAreSeen) {
    Random random(14);
    const auto good = [&](RecordKind kind) {
        while (true) {
            auto record = random_record(random);
            if (record.kind == kind) return record;
        }
    };
    auto record = good(RecordKind::Call);
    record.by_operator = true;
    EXPECT_NE(record_problem(record), "");
    record = good(RecordKind::Call);
    record.run = {};
    EXPECT_NE(record_problem(record), "");
    record = good(RecordKind::Opened);
    record.run[3] = 1;
    EXPECT_NE(record_problem(record), "");
    record = good(RecordKind::Outcome);
    record.seq = 0;
    EXPECT_NE(record_problem(record), "");
    record.prev = {};
    EXPECT_NE(record_problem(record), "");  // a run that doesn't begin with begin
    record = good(RecordKind::Begin);
    record.seq = 1;
    record.prev[0] = 1;
    EXPECT_NE(record_problem(record), "");
    record = good(RecordKind::Event);
    record.has_payload = !record.has_payload;
    EXPECT_NE(record_problem(record), "");
    record = good(RecordKind::Event);
    record.body = std::string("\1\0\0\0\0\0\0\0", 8);
    EXPECT_NE(record_problem(record), "");
    record = good(RecordKind::Event);
    record.time_ms = -1;
    EXPECT_NE(record_problem(record), "");
}

TEST(Codes, CurrenciesAndErrors) {
    for (const char* letters : {"AAA", "EUR", "USD", "ZZZ"}) {
        EXPECT_EQ(unpack_currency(pack_currency(letters)), letters);
    }
    EXPECT_EQ(pack_currency("ZZZ"), CurrencyCode::kLast_);
    EXPECT_EQ(pack_currency("eur"), CurrencyCode::None);
    EXPECT_EQ(pack_currency(""), CurrencyCode::None);
    EXPECT_EQ(unpack_currency(CurrencyCode::None), "");
    EXPECT_EQ(builtin_error("Guard"), BuiltinError::Guard);
    EXPECT_EQ(builtin_error("CardDeclined"), BuiltinError::None);
    EXPECT_EQ(builtin_error(""), BuiltinError::None);
    EXPECT_EQ(builtin_error_name(BuiltinError::TooLarge), "TooLarge");
}

}  // namespace
}  // namespace weft
