// Drives a machine through facts as an engine would, keeps them, and at the end of every test feeds
// them to a second machine, which must make the same commands, byte for byte. The first goes on
// from a snapshot of itself after every fact, the second never does.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "bytecode/record.h"
#include "tests/support/image_builder.h"
#include "vm/machine.h"

namespace weft::vm::testing {

using weft::testing::FunctionBuilder;
using weft::testing::ImageBuilder;

inline Begin make_begin(std::vector<Value> input) {
    Begin begin;
    begin.run = to_array<16>("run 1 of the test");
    begin.seed = to_array<32>("a seed of thirty-two bytes, yes.");
    begin.input = Value::record(std::move(input));
    begin.tunes = Value::record({});
    begin.starter = "tester";
    begin.time_ms = 1000;
    return begin;
}

inline bool same(const Command& a, const Command& b) {
    return a.kind == b.kind && a.site == b.site && a.branch == b.branch && a.fuel == b.fuel &&
           a.body == b.body && a.has_payload == b.has_payload && a.payload == b.payload &&
           a.check == b.check;
}

class Drive {
  public:
    explicit Drive(const ImageBuilder& builder, std::vector<Value> input = {Value::integer(7)})
        : image_(std::make_shared<const Image>(builder.image)), begin_(make_begin(input)) {
        const auto verified = verify_image(*image_);
        EXPECT_TRUE(verified) << verified.error().message << "\n" << disassemble(*image_);
        machine_ = std::make_unique<Machine>(image_, begin_);
        machine_->check_itself(true);
        take(machine_->start());
        go_on_from_snapshot();
    }
    ~Drive() { replay(); }
    Drive(const Drive&) = delete;
    Drive& operator=(const Drive&) = delete;

    Machine& machine() { return *machine_; }
    [[nodiscard]] RunStatus status() const { return machine_->status(); }
    [[nodiscard]] const std::vector<Command>& commands() const { return commands_; }
    // Kinds of the commands of the last fact, "call timer-set".
    [[nodiscard]] const std::string& last() const { return last_; }
    std::int64_t now_ms = 1000;

    // Feeds a fact, whether it fits or not; says which.
    bool feed(const Fact& fact) {
        const bool fits = machine_->accepts(fact);
        facts_.emplace_back(fact, now_ms);
        seqs_.push_back(machine_->next_seq());
        take(machine_->apply(fact, now_ms));
        go_on_from_snapshot();
        return fits;
    }
    bool begin_attempt(std::uint64_t call, std::uint16_t attempt = 1) {
        return feed(StartFact{call, attempt});
    }
    bool outcome(std::uint64_t call, std::uint16_t attempt, OutcomeStatus status, Value value = {},
                 const std::string& error = "") {
        OutcomeFact fact;
        fact.call = call;
        fact.attempt = attempt;
        fact.status = status;
        fact.value = std::move(value);
        fact.error = error;
        fact.message = error.empty() ? "" : "it said " + error;
        return feed(fact);
    }
    // The only call that wants an attempt: starts it and gives its outcome.
    void answer(Value value) {
        const auto want = only(WantKind::Attempt);
        EXPECT_TRUE(begin_attempt(want.call, want.attempt));
        EXPECT_TRUE(outcome(want.call, want.attempt, OutcomeStatus::Ok, std::move(value)));
    }
    void refuse(const std::string& error, OutcomeStatus status = OutcomeStatus::Failed) {
        const auto want = only(WantKind::Attempt);
        EXPECT_TRUE(begin_attempt(want.call, want.attempt));
        EXPECT_TRUE(outcome(want.call, want.attempt, status, {}, error));
    }
    // The only timer that runs fires when it is due.
    void fire() { fire(only(WantKind::Timer)); }
    void fire(const Want& want) {
        now_ms = std::max(now_ms, want.due_ms);
        EXPECT_TRUE(feed(TimerFiredFact{want.timer}));
    }

    [[nodiscard]] std::vector<Want> wants(WantKind kind) const {
        std::vector<Want> out;
        for (auto& want : machine_->wants()) {
            if (want.kind == kind) out.push_back(want);
        }
        return out;
    }
    [[nodiscard]] std::size_t count(WantKind kind) const { return wants(kind).size(); }
    [[nodiscard]] Want only(WantKind kind) const {
        const auto all = wants(kind);
        EXPECT_EQ(all.size(), 1U) << "wants of kind " << static_cast<int>(kind);
        return all.empty() ? Want{} : all.front();
    }
    [[nodiscard]] std::size_t count(RecordKind kind) const {
        std::size_t out = 0;
        for (const auto& command : commands_) out += command.kind == number(kind) ? 1U : 0U;
        return out;
    }
    // The last command of a kind, its body and payload.
    [[nodiscard]] Command command(RecordKind kind) const {
        Command out;
        for (const auto& found : commands_) {
            if (found.kind == number(kind)) out = found;
        }
        EXPECT_EQ(out.kind, number(kind)) << "no such command";
        return out;
    }
    template <typename Body>
    [[nodiscard]] Body body(RecordKind kind) const {
        const auto decoded = decode_body<Body>(command(kind).body);
        EXPECT_TRUE(decoded);
        return decoded.value_or(Body{});
    }
    [[nodiscard]] Value payload(RecordKind kind) const {
        Value out;
        EXPECT_TRUE(decode_canonical(command(kind).payload, out));
        return out;
    }
    [[nodiscard]] std::string error() const {
        const auto& result = machine_->result();
        if (result.tag() != Tag::Record || result.items().size() != 5) return "no error";
        return result.items()[0].as_text();
    }
    [[nodiscard]] std::string error_message() const {
        const auto& result = machine_->result();
        if (result.tag() != Tag::Record || result.items().size() != 5) return "no error";
        return result.items()[1].as_text();
    }

  private:
    static std::uint8_t number(RecordKind kind) { return static_cast<std::uint8_t>(kind); }

    void take(Progress progress) {
        last_.clear();
        for (auto& command : progress.commands) {
            const auto kind = static_cast<RecordKind>(command.kind);
            last_ += (last_.empty() ? "" : " ") + std::string(kind_name(kind));
            EXPECT_TRUE(is_body(kind, command.body));
            commands_.push_back(std::move(command));
        }
    }

    void go_on_from_snapshot() {
        if (is_ended(machine_->status()) || facts_.size() > 100) return;
        const auto bytes = machine_->snapshot();
        auto restored = Machine::restore(image_, begin_, bytes);
        ASSERT_TRUE(restored.has_value());
        EXPECT_EQ(restored->snapshot(), bytes);
        EXPECT_EQ(restored->wants(), machine_->wants());
        EXPECT_EQ(restored->status(), machine_->status());
        *machine_ = std::move(*restored);
        machine_->check_itself(true);
    }

    void replay() {
        Machine again(image_, begin_);
        std::vector<Command> made;
        const auto keep = [&made](Progress progress) {
            for (auto& command : progress.commands) made.push_back(std::move(command));
        };
        keep(again.start());
        for (std::size_t i = 0; i < facts_.size(); ++i) {
            EXPECT_EQ(again.next_seq(), seqs_[i]);
            keep(again.apply(facts_[i].first, facts_[i].second));
        }
        ASSERT_EQ(made.size(), commands_.size());
        for (std::size_t i = 0; i < made.size(); ++i) EXPECT_TRUE(same(made[i], commands_[i])) << i;
        EXPECT_EQ(again.wants(), machine_->wants());
        EXPECT_EQ(again.check(), machine_->check());
        EXPECT_EQ(again.status(), machine_->status());
    }

    std::shared_ptr<const Image> image_;
    Begin begin_;
    std::unique_ptr<Machine> machine_;
    std::vector<Command> commands_;
    std::string last_;
    std::vector<std::pair<Fact, std::int64_t>> facts_;
    std::vector<std::uint64_t> seqs_;
};

inline Policy policy(std::uint16_t retries, std::int64_t first_ms = 100,
                     std::int64_t cap_ms = 1000) {
    Policy out;
    out.retries = retries;
    out.backoff_first_ms = first_ms;
    out.backoff_cap_ms = cap_ms;
    return out;
}

}  // namespace weft::vm::testing
