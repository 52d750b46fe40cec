// What the records of a run must say together: each rule with a log that keeps it and one that
// breaks it.
#include "engine/protocol_check.h"

#include <vector>

#include <gtest/gtest.h>

namespace weft::engine {
namespace {

Record record(RecordKind kind, std::string body) {
    Record out;
    out.kind = kind;
    out.body = std::move(body);
    return out;
}

Record call(std::uint8_t key) {
    CallBody body;
    body.key[0] = key;
    return record(RecordKind::Call, encode_body(body));
}

Record start(std::uint64_t of, std::uint16_t attempt) {
    StartBody body;
    body.call = of;
    body.attempt = attempt;
    return record(RecordKind::Start, encode_body(body));
}

Record outcome(std::uint64_t of, std::uint16_t attempt, OutcomeCode status) {
    OutcomeBody body;
    body.call = of;
    body.attempt = attempt;
    body.status = status;
    return record(RecordKind::Outcome, encode_body(body));
}

// Records from seq 0, a begin before them.
std::vector<std::string> findings(std::vector<Record> records) {
    ProtocolCheck check(store::RunId{});
    records.insert(records.begin(), record(RecordKind::Begin, encode_body(BeginBody{})));
    for (std::uint64_t i = 0; i < records.size(); ++i) {
        records[i].seq = i;
        check.take(records[i], i);
    }
    std::vector<std::string> out;
    for (const auto& finding : check.finish()) out.push_back(finding.what);
    return out;
}

Record signal(std::uint32_t number, std::uint8_t tag) {
    SignalBody body;
    body.signal = number;
    body.tag[0] = tag;
    return record(RecordKind::Signal, encode_body(body));
}

Record taken(std::uint64_t letter, std::uint32_t number) {
    return record(RecordKind::SignalTaken, encode_body(SignalTakenBody{letter, number, 0}));
}

Record asked(std::uint64_t task) {
    ReviewOpenBody body;
    body.task = task;
    return record(RecordKind::ReviewOpen, encode_body(body));
}

Record lock_ask(std::uint64_t lock) {
    LockAskBody body;
    body.lock = lock;
    return record(RecordKind::LockAsk, encode_body(body));
}

Record lock_got(std::uint64_t lock) {
    return record(RecordKind::LockGot, encode_body(LockGotBody{lock}));
}

Record lock_freed(std::uint64_t lock) {
    return record(RecordKind::LockFreed, encode_body(LockFreedBody{lock}));
}

Record end() {
    return record(RecordKind::End, encode_body(EndBody{}));
}

TEST(ProtocolCheck, ARunThatKeepsTheRulesHasNoFinding) {
    EXPECT_TRUE(findings({call(1), start(1, 1), outcome(1, 1, OutcomeCode::Failed), start(1, 2),
                          outcome(1, 2, OutcomeCode::Ok), end()})
                    .empty());
}

TEST(ProtocolCheck, SignalsLocksAndReviewsKeepTheirsToo) {
    EXPECT_TRUE(findings({signal(2, 1), signal(2, 1), taken(1, 2), asked(4), asked(4), lock_ask(1),
                          lock_got(1), lock_freed(1), end()})
                    .empty());
    EXPECT_TRUE(findings({lock_ask(1), end()}).empty());
}

TEST(ProtocolCheck, EachBrokenRuleIsOneFinding) {
    const std::vector<std::vector<Record>> broken = {
        {call(1), call(1), end()},
        {start(9, 1), end()},
        {call(1), outcome(1, 1, OutcomeCode::Ok), end()},
        {call(1), start(1, 2), end()},
        {call(1), start(1, 1), start(1, 2), end()},
        {end(), call(1)},
        {record(RecordKind::TimerFired, encode_body(TimerFiredBody{})), end()},
        {record(RecordKind::Decision, encode_body(DecisionBody{})), end()},
        {taken(1, 2), end()},
        {signal(2, 1), taken(1, 3), end()},
        {signal(2, 1), taken(1, 2), taken(1, 2), end()},
        {signal(2, 1), signal(2, 1), taken(2, 2), end()},
        {asked(7), end()},
        {lock_got(1), lock_freed(1), end()},
        {lock_ask(1), lock_got(1), end()},
        {lock_ask(1), lock_freed(1), end()},
    };
    for (std::size_t i = 0; i < broken.size(); ++i) {
        EXPECT_EQ(findings(broken[i]).size(), 1U) << "case " << i;
    }
}

}  // namespace
}  // namespace weft::engine
