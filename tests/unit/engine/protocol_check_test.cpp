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

Record end(EndStatus status = EndStatus::Completed) {
    EndBody body;
    body.status = status;
    return record(RecordKind::End, encode_body(body));
}

Record sub_start(bool detached = false) {
    SubStartBody body;
    body.detached = detached;
    return record(RecordKind::SubStart, encode_body(body));
}

Record sub_ended(std::uint64_t of) {
    SubEndedBody body;
    body.call = of;
    body.status = EndStatus::Completed;
    return record(RecordKind::SubEnded, encode_body(body));
}

Record forked_from(std::uint8_t run, std::uint64_t seq) {
    BeginBody body;
    body.origin = Origin::Fork;
    body.origin_run[0] = run;
    body.origin_seq = seq;
    return record(RecordKind::Begin, encode_body(body));
}

Record forked_hit(std::uint64_t of, std::uint8_t run, std::uint64_t seq) {
    HitBody body;
    body.call = of;
    body.source = HitSource::Fork;
    body.origin_run[0] = run;
    body.origin_seq = seq;
    return record(RecordKind::Hit, encode_body(body));
}

Record in_branch(std::uint32_t branch, Record record) {
    record.branch = branch;
    return record;
}

Record with_payload(Record record) {
    record.has_payload = true;
    return record;
}

Record of_error(ErrorClass error_class, std::uint32_t error, Record record) {
    auto body = decode_body<OutcomeBody>(record.body).value();
    body.error_class = error_class;
    body.error = error;
    record.body = encode_body(body);
    return record;
}

Record in_form(std::uint16_t form, Record record) {
    auto body = decode_body<StartBody>(record.body).value();
    body.wire_form = form;
    record.body = encode_body(body);
    return record;
}

TEST(ProtocolCheck, ARunThatNothingBeganNamesNoOrigin) {
    const auto count = [](const BeginBody& body) {
        ProtocolCheck check(store::RunId{});
        check.take(record(RecordKind::Begin, encode_body(body)), 0);
        return check.finish().size();
    };
    BeginBody run;
    run.origin_run[3] = 1;
    BeginBody seq;
    seq.origin_seq = 1;
    BeginBody leaf;
    leaf.origin_leaf[31] = 1;
    for (auto* body : {&run, &seq, &leaf}) {
        EXPECT_EQ(count(*body), 1U);
        body->origin = Origin::SubRun;
        EXPECT_EQ(count(*body), 0U);
    }
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
        {call(1), start(1, 2), outcome(1, 2, OutcomeCode::Ok), end()},
        {call(1), start(1, 1), start(1, 2), outcome(1, 2, OutcomeCode::Ok), end()},
        {call(1), start(1, 1), end()},
        {call(1), start(1, 1), call(2), outcome(1, 1, OutcomeCode::Ok), end()},
        {sub_start(), end()},
        {sub_start(), sub_ended(1), sub_ended(1), end()},
        {call(1), forked_hit(1, 7, 1), end()},
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
        {call(1), with_payload(start(1, 1)), outcome(1, 1, OutcomeCode::Ok), end()},
        {call(1), start(1, 1), of_error(ErrorClass::None, 1, outcome(1, 1, OutcomeCode::Ok)),
         end()},
        {call(1), start(1, 1),
         of_error(ErrorClass::Builtin, 12, outcome(1, 1, OutcomeCode::Failed)), end()},
        {call(1), in_form(0, start(1, 1)), outcome(1, 1, OutcomeCode::Ok), end()},
        {call(1), in_form(2, start(1, 1)), outcome(1, 1, OutcomeCode::Ok), end()},
    };
    for (std::size_t i = 0; i < broken.size(); ++i) {
        EXPECT_EQ(findings(broken[i]).size(), 1U) << "case " << i;
    }
}

TEST(ProtocolCheck, AKillLeavesThingsAsTheyAre) {
    EXPECT_TRUE(findings({call(1), start(1, 1), end(EndStatus::Killed)}).empty());
    EXPECT_TRUE(findings({sub_start(), end(EndStatus::Killed)}).empty());
    EXPECT_TRUE(findings({sub_start(true), end()}).empty());
}

TEST(ProtocolCheck, AnotherBranchGoesOnMeanwhile) {
    EXPECT_TRUE(findings({in_branch(1, call(1)), start(1, 1), in_branch(2, call(2)), start(3, 1),
                          outcome(1, 1, OutcomeCode::Ok), in_branch(1, call(3)), start(6, 1),
                          outcome(6, 1, OutcomeCode::Ok), outcome(3, 1, OutcomeCode::Ok), end()})
                    .empty());
}

TEST(ProtocolCheck, AForkTakesOverWhatStandsBeforeItsOrigin) {
    const auto count = [](std::uint64_t seq) {
        ProtocolCheck check(store::RunId{});
        std::vector<Record> records = {forked_from(7, 5), call(1), forked_hit(1, 7, seq), end()};
        for (std::uint64_t i = 0; i < records.size(); ++i) {
            records[i].seq = i;
            check.take(records[i], i);
        }
        return check.finish().size();
    };
    EXPECT_EQ(count(4), 0U);
    EXPECT_EQ(count(5), 1U);
}

}  // namespace
}  // namespace weft::engine
