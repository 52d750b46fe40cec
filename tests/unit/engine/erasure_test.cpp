// Erasure, retention and legal holds against a real store, with a clock that the test moves.
#include "engine/erasure.h"

#include "engine/requests.h"
#include "store/key_file.h"
#include "store/note.h"
#include "tests/unit/engine/core_support.h"

namespace weft::engine {
namespace {

using weft::testing::ImageBuilder;

constexpr std::int64_t kDayMs = 86'400'000;

// Ends at once with its parameter.
ImageBuilder returned(std::int64_t retain_ms) {
    ImageBuilder b;
    auto flow = b.workflow(1, 2, 2);
    flow.end(0);
    b.image.workflows[0].retain_ms = retain_ms;
    return b;
}

class ErasureTest : public testing::CoreTest {
  protected:
    Result<std::string> request(std::string_view method, const std::string& params) {
        return Requests(*core_).answer(method, params, "op", uploads_);
    }
    [[nodiscard]] bool is_erased(const store::RunId& run) {
        auto row = core_->store().run(run);
        return *core_->store().keys().slot_state((*row)->slot) == store::SlotState::Destroyed;
    }
    [[nodiscard]] std::vector<RecordKind> system_kinds() {
        std::vector<RecordKind> out;
        const auto records = core_->store().read_run({}, 0, 10'000);
        for (const auto& stored : *records) {
            out.push_back(decode_record(stored.record)->kind);
        }
        return out;
    }
    [[nodiscard]] std::size_t count(RecordKind kind) {
        const auto kinds = system_kinds();
        return static_cast<std::size_t>(std::count(kinds.begin(), kinds.end(), kind));
    }
    static std::string named(const store::RunId& run, const std::string& rest) {
        return R"({"run": ")" + to_hex(view(run)) + R"(", )" + rest + "}";
    }

    Uploads uploads_;
};

TEST_F(ErasureTest, AttestsThenErasesAndSigns) {
    const auto run = start(returned(0));
    turn();
    EXPECT_FALSE(request("erase", named(run, R"("kill": false)")));  // without a reason
    auto done = request("erase", named(run, R"("reason": "asked")"));
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_TRUE(is_erased(run));
    const auto kinds = system_kinds();
    const auto attested = std::find(kinds.begin(), kinds.end(), RecordKind::Attested);
    const auto order = std::find(attested, kinds.end(), RecordKind::Erase);
    EXPECT_NE(std::find(order, kinds.end(), RecordKind::Erased), kinds.end());
    // The receipt is signed by the store's key.
    const auto key = *store::parse_verifier_key(core_->store().verifier_key());
    const auto at = done->find(key.origin + "/erasure");
    ASSERT_NE(at, std::string::npos);
    EXPECT_FALSE(core_->store().payload((*core_->store().head(run)).last_leaf)->has_value());
    // A second time there is nothing left.
    auto again = request("erase", named(run, R"("reason": "asked")"));
    ASSERT_TRUE(again);
    EXPECT_NE(again->find(R"("erased":false)"), std::string::npos);
    auto verified = request("verify", R"({"level": 3})");
    ASSERT_TRUE(verified);
    EXPECT_NE(verified->find(R"("ok":true)"), std::string::npos) << *verified;
}

TEST_F(ErasureTest, AnOrderThatWasNotCarriedOutIsAtTheNextOpening) {
    const auto run = start(returned(0));
    turn();
    // As far as its record, and then the engine dies.
    store::Batch batch;
    auto seq = core_->system().erase({run}, "op", "asked", core_->now_ms(), batch);
    ASSERT_TRUE(seq);
    ByteWriter open_order;
    open_order.u64(*seq);
    open_order.raw(view(run));
    batch.changes.emplace_back(store::MetaRow{"erasing", open_order.bytes()});
    ASSERT_TRUE(core_->store().commit(batch));
    EXPECT_FALSE(is_erased(run));
    open();
    EXPECT_TRUE(is_erased(run));
    EXPECT_EQ(count(RecordKind::Erased), 1);
    open();
    EXPECT_EQ(count(RecordKind::Erased), 1);
}

// Who can write to the database could have the next owner destroy what it likes.
TEST_F(ErasureTest, AnOrderThatTheLogDoesNotHaveIsNotCarriedOut) {
    const auto run = start(returned(0));
    const auto other = start(returned(0));
    turn();
    store::Batch batch;
    auto seq = core_->system().erase({run}, "op", "asked", core_->now_ms(), batch);
    ASSERT_TRUE(seq);
    ASSERT_TRUE(core_->store().commit(batch));
    for (const std::uint64_t order : {std::uint64_t{0}, *seq, *seq + 1}) {
        ByteWriter forged;
        forged.u64(order);
        forged.raw(view(other));
        store::Batch put;
        put.changes.emplace_back(store::MetaRow{"erasing", forged.bytes()});
        if (order != 0) open();
        ASSERT_TRUE(core_->store().commit(put));
        core_.reset();
        CoreOptions options;
        options.store = folder_ + "/s.store";
        options.threads = 1;
        options.clock = &clock_;
        auto refused = Core::open(options);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().kind, ErrorKind::Corrupt);
        auto store = store::open_sqlite_store(options.store, {});
        ASSERT_TRUE(store);
        auto row = (*store)->run(other);
        ASSERT_TRUE(row && *row);
        EXPECT_EQ(*(*store)->keys().slot_state((*row)->slot), store::SlotState::Live);
        store::Batch clear;
        clear.changes.emplace_back(store::MetaRow{"erasing", ""});
        ASSERT_TRUE((*store)->commit(clear));
    }
    open();
    EXPECT_FALSE(is_erased(other));
}

TEST_F(ErasureTest, RetentionCountsFromTheEndAndRestsUnderAHold) {
    const auto kept = start(returned(10 * kDayMs));
    const auto swept = start(returned(kDayMs));
    turn();
    ASSERT_TRUE(request("legal-hold", named(swept, R"("reason": "a claim")")));
    EXPECT_FALSE(request("legal-hold", named(swept, R"("reason": "again")")));
    clock_.advance(kDayMs + 1000);
    turn();
    EXPECT_FALSE(is_erased(swept));
    EXPECT_FALSE(request("erase", named(swept, R"("reason": "asked")")));
    ASSERT_TRUE(request("legal-hold", named(swept, R"("reason": "settled", "lift": true)")));
    clock_.advance(61'000);
    turn();
    EXPECT_TRUE(is_erased(swept));
    EXPECT_FALSE(is_erased(kept));
    EXPECT_EQ(count(RecordKind::Retained), 1);
    EXPECT_EQ(count(RecordKind::Attested), 0);
    EXPECT_EQ(count(RecordKind::LegalHold), 2);
}

TEST_F(ErasureTest, AJumpOfTheClockFiresNoRetention) {
    const auto run = start(returned(30 * kDayMs));
    turn();
    clock_.wall += 31 * kDayMs;  // and the monotonic clock knows nothing of it
    clock_.monotonic += 61'000;
    turn();
    clock_.advance(61'000);
    turn();
    EXPECT_FALSE(is_erased(run));
    ASSERT_TRUE(request("accept_clock", R"({"reason": "it was wrong before"})"));
    turn();
    EXPECT_TRUE(is_erased(run));
}

TEST_F(ErasureTest, AStoreThatWasAwayForLongErasesNothingByItself) {
    const auto run = start(returned(kDayMs));
    turn();
    clock_.advance(40 * kDayMs);
    open();
    turn();
    EXPECT_FALSE(is_erased(run));
    open();  // nor by opening it twice
    turn();
    EXPECT_FALSE(is_erased(run));
    // Whoever asks is told that it rests.
    EXPECT_NE(request("hello", "{}")->find(R"("clock_doubted":true)"), std::string::npos);
    ASSERT_TRUE(request("accept_clock", R"({"reason": "we were closed"})"));
    EXPECT_NE(request("hello", "{}")->find(R"("clock_doubted":false)"), std::string::npos);
    turn();
    EXPECT_TRUE(is_erased(run));
}

}  // namespace
}  // namespace weft::engine
