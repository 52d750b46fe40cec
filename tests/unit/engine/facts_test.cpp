// A fact becomes a record and comes back the same; a payload of another shape is refused.
#include "engine/facts.h"

#include <gtest/gtest.h>

namespace weft::engine {
namespace {

Record record_of(const FactRecord& fact) {
    Record record;
    record.kind = fact.kind;
    record.body = fact.body;
    record.has_payload = fact.payload.has_value();
    return record;
}

vm::Fact round_trip(const vm::Fact& fact, const FactContext& context = {}) {
    FactRecord encoded = encode_fact(fact, context);
    EXPECT_TRUE(is_fact(encoded.kind));
    EXPECT_TRUE(is_body(encoded.kind, encoded.body));
    auto decoded = decode_fact(record_of(encoded), encoded.payload.value_or(""));
    EXPECT_TRUE(decoded.has_value());
    return decoded.value_or(vm::Fact{});
}

FactContext declared(std::uint32_t index) {
    FactContext context;
    context.declared = index;
    return context;
}

TEST(Facts, AnOutcomeKeepsItsErrorAndCost) {
    vm::OutcomeFact fact;
    fact.call = 7;
    fact.attempt = 3;
    fact.status = vm::OutcomeStatus::Failed;
    fact.error = "CardDeclined";
    fact.message = "no funds";
    fact.retry_after_ms = 1500;
    fact.cost_micros = 20'000;
    fact.currency = "USD";
    auto back = std::get<vm::OutcomeFact>(round_trip(fact, declared(1)));
    EXPECT_EQ(back.call, 7U);
    EXPECT_EQ(back.attempt, 3);
    EXPECT_EQ(back.status, vm::OutcomeStatus::Failed);
    EXPECT_EQ(back.error, "CardDeclined");
    EXPECT_EQ(back.message, "no funds");
    EXPECT_EQ(back.retry_after_ms, 1500);
    EXPECT_EQ(back.cost_micros, 20'000);
    EXPECT_EQ(back.currency, "USD");
}

TEST(Facts, NoTextStandsInABody) {
    vm::DecisionFact fact;
    fact.task = 5;
    fact.by = "somebody-with-a-name";
    fact.reason = "because of this";
    fact.role = "editor";
    FactRecord encoded = encode_fact(fact, {});
    EXPECT_EQ(encoded.body.find("somebody"), std::string::npos);
    EXPECT_NE(encoded.payload->find("somebody-with-a-name"), std::string::npos);
    auto back = std::get<vm::DecisionFact>(round_trip(fact));
    EXPECT_EQ(back.by, fact.by);
    EXPECT_EQ(back.role, "editor");
    EXPECT_EQ(back.reason, fact.reason);
}

TEST(Facts, EveryOtherFactComesBack) {
    EXPECT_EQ(std::get<vm::StartFact>(round_trip(vm::StartFact{9, 2})).attempt, 2);
    EXPECT_EQ(std::get<vm::TimerFiredFact>(round_trip(vm::TimerFiredFact{4})).timer, 4U);
    EXPECT_EQ(std::get<vm::CancelFact>(round_trip(vm::CancelFact{"a", "b"})).reason, "b");
    EXPECT_EQ(std::get<vm::KillFact>(round_trip(vm::KillFact{"a", "b"})).by, "a");
    EXPECT_EQ(std::get<vm::ReleasedFact>(round_trip(vm::ReleasedFact{"a", "b"})).reason, "b");
    vm::HeldByOperatorFact held{"a", "b"};
    EXPECT_EQ(std::get<vm::HeldByOperatorFact>(round_trip(held)).reason, "b");
    vm::SignalFact sent{3, to_array<16>("a tag of 16 bytes"), Value::integer(5), "ann"};
    auto signal = std::get<vm::SignalFact>(round_trip(sent));
    EXPECT_EQ(signal.signal, 3U);
    EXPECT_EQ(signal.tag, sent.tag);
    EXPECT_EQ(signal.value, sent.value);
    EXPECT_EQ(signal.by, "ann");
    EXPECT_EQ(std::get<vm::LockGotFact>(round_trip(vm::LockGotFact{4})).lock, 4U);
    auto acted = std::get<vm::OperatorFact>(round_trip(vm::OperatorFact{2, "a", "b"}));
    EXPECT_EQ(acted.action, 2);
    EXPECT_EQ(acted.by, "a");
    auto settled =
        std::get<vm::SettledFact>(round_trip(vm::SettledFact{3, true, Value::text("receipt")}));
    EXPECT_TRUE(settled.done);
    EXPECT_EQ(settled.value, Value::text("receipt"));
    EXPECT_TRUE(std::holds_alternative<vm::ResumedFact>(round_trip(vm::ResumedFact{})));
}

TEST(Facts, APayloadOfAnotherShapeIsCorrupt) {
    FactRecord encoded = encode_fact(vm::OutcomeFact{}, {});
    for (const auto& payload : {std::string(), std::string("junk"), canonical(Value::integer(1)),
                                canonical(Value::record({Value::none()}))}) {
        auto decoded = decode_fact(record_of(encoded), payload);
        ASSERT_FALSE(decoded.has_value());
        EXPECT_EQ(decoded.error().kind, ErrorKind::Corrupt);
    }
}

}  // namespace
}  // namespace weft::engine
