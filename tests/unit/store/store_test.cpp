// The store used as the engine uses it: commits, reading back, tables, proofs, erasure.
#include <gmock/gmock.h>

#include <fstream>

#include "store/key_layout.h"
#include "store/note.h"
#include "store/sealed_file.h"
#include "tests/unit/store/support.h"

namespace weft::store {
namespace {

class StoreTest : public testing::Test {
  protected:
    void SetUp() override { store_ = open_store(path_); }
    void reopen() {
        if (store_) {
            const auto closed = store_->close();
            ASSERT_TRUE(closed) << closed.error().message;
            store_.reset();
        }
        store_ = open_store(path_);
    }
    CommitInfo commit(const Batch& batch) {
        auto info = store_->commit(batch);
        EXPECT_TRUE(info) << (info ? "" : info.error().message);
        return info ? *info : CommitInfo{};
    }
    // `runs` runs that each write `steps` records with a payload on every second.
    void fill(int runs, int steps) {
        for (int r = 0; r < runs; ++r) {
            makers_.emplace_back(*store_, run_id(static_cast<std::uint8_t>(r + 1)));
            Batch batch;
            makers_.back().begin(batch);
            makers_.back().add(batch, "input");
            commit(batch);
        }
        for (int s = 0; s < steps; ++s) {
            Batch batch;
            for (auto& maker : makers_) {
                maker.add(batch);
                maker.add(batch, "payload " + std::to_string(s));
            }
            commit(batch);
        }
    }

    TempFolder folder_;
    std::string path_ = folder_ / "s.weft";
    std::unique_ptr<Store> store_;
    std::vector<RunMaker> makers_;
};

// The power failed while keys were made ahead: no run had one of them, so the next owner makes them
// anew; who only looks still tells it, since somebody may have changed it.
TEST_F(StoreTest, a_torn_key_made_ahead_is_made_anew) {
    fill(1, 1);
    const auto count = store_->keys().slot_count();
    ASSERT_TRUE(store_->close());
    store_.reset();
    {
        std::fstream keys(path_ + ".keys", std::ios::in | std::ios::out | std::ios::binary);
        keys.seekp(static_cast<std::streamoff>(slot_offset(count - 100) + 60));
        keys << std::string(68, '\0');
    }
    auto options = create_options();
    options.brief = true;
    auto looking = open_sqlite_store(path_, options);
    ASSERT_TRUE(looking) << looking.error().message;
    EXPECT_EQ((*looking)->verify({})->findings.size(), 1U);
    ASSERT_TRUE((*looking)->close());
    looking->reset();
    store_ = open_store(path_);
    EXPECT_EQ(store_->verify({})->findings.size(), 0U);
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto slot = store_->take_slot();
        ASSERT_TRUE(slot) << slot.error().message;
        EXPECT_TRUE(store_->keys().slot_key(*slot)) << *slot;
    }
    EXPECT_EQ(store_->verify({})->findings.size(), 0U);
}

TEST_F(StoreTest, records_come_back_by_run_and_by_leaf) {
    fill(3, 200);
    EXPECT_EQ(store_->log_size(), 3U + 3 * 400);
    for (int round = 0; round < 2; ++round) {
        for (const auto& maker : makers_) {
            std::uint64_t seq = 0;
            Hash prev{};
            while (true) {
                const auto part = store_->read_run(maker.id(), seq, 150);
                ASSERT_TRUE(part) << part.error().message;
                if (part->empty()) break;
                for (const auto& [leaf, record] : *part) {
                    EXPECT_EQ(record, make_record(maker.id(), seq, prev,
                                                  seq == 0 || seq % 2 == 0
                                                      ? std::optional(to_array<32>(
                                                            std::string_view(record).substr(88)))
                                                      : std::nullopt,
                                                  "body" + std::to_string(seq)));
                    prev = leaf_hash(record);
                    ++seq;
                    const auto box = store_->payload(leaf);
                    ASSERT_TRUE(box);
                    EXPECT_EQ(box->has_value(), seq % 2 == 1);
                }
            }
            EXPECT_EQ(seq, 401U);
            const auto head = store_->head(maker.id());
            ASSERT_TRUE(head);
            EXPECT_EQ(head->next_seq, maker.seq());
            EXPECT_EQ(head->last_hash, maker.prev());
            const auto middle = store_->read_run(maker.id(), 398, 10);
            EXPECT_EQ(middle->size(), 3U);
        }
        if (round == 0) reopen();
    }
    EXPECT_EQ(store_->read_run(run_id(77), 0, 10)->size(), 0U);
    EXPECT_EQ(store_->read_log(1200, 10)->size(), 3U);
}

TEST_F(StoreTest, leaves_are_told_in_the_order_of_the_appends) {
    fill(2, 0);
    Batch batch;
    makers_[0].add(batch);
    makers_[1].add(batch);
    makers_[0].add(batch);
    const auto info = commit(batch);
    EXPECT_THAT(info.leaves, testing::ElementsAre(2, 4, 3));
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(store_->read_log(info.leaves[i], 1)->front().record, batch.appends[i].record);
    }
}

TEST_F(StoreTest, a_record_that_does_not_continue_its_run_is_refused_and_nothing_is_written) {
    fill(1, 1);
    Batch lost;
    makers_[0].add(lost);
    Batch next;
    makers_[0].add(next);
    MetaRow meta{"mark", "x"};
    next.changes.emplace_back(meta);
    const auto refused = store_->commit(next);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::Refused);
    EXPECT_FALSE(store_->meta("mark")->has_value());
    EXPECT_FALSE(store_->poisoned());
    commit(lost);
    commit(next);
    EXPECT_TRUE(store_->meta("mark")->has_value());
    EXPECT_EQ(store_->commit(next).error().kind, ErrorKind::Refused);  // a second time
}

TEST_F(StoreTest, a_run_without_a_row_and_a_slot_used_twice_are_refused) {
    RunMaker stranger(*store_, run_id(50));
    Batch batch;
    stranger.add(batch);
    EXPECT_EQ(store_->commit(batch).error().kind, ErrorKind::Refused);
    fill(1, 0);
    Batch twice;
    RunRow row = stranger.row(1);
    twice.runs.push_back(row);
    EXPECT_EQ(store_->commit(twice).error().kind, ErrorKind::Refused);
    EXPECT_FALSE(store_->poisoned());
    EXPECT_EQ(store_->log_size(), 1U);
}

TEST_F(StoreTest, the_system_chain_needs_no_row) {
    RunMaker system(*store_, RunId{});
    Batch batch;
    system.begin(batch);
    system.add(batch, "opened");
    commit(batch);
    reopen();
    EXPECT_EQ(store_->read_run(RunId{}, 0, 10)->size(), 1U);
    EXPECT_EQ(store_->head(RunId{})->next_seq, 1U);
    EXPECT_TRUE(store_->run_key(RunId{}));
}

TEST_F(StoreTest, runs_are_listed_and_found_by_the_beginning_of_their_id) {
    Batch batch;
    for (std::uint8_t i = 1; i <= 40; ++i) {
        RunRow row = RunMaker(*store_, run_id(i)).row(i);
        row.status = i % 3;
        row.hold = i == 5 ? 1 : 0;
        if (i % 2 == 0) row.ended_ms = 10 * i;
        if (i % 4 == 0) row.retain_until_ms = i;
        row.start_tag = run_id(i);
        if (i > 30) row.parent = run_id(1);
        batch.runs.push_back(row);
    }
    commit(batch);
    RunFilter filter;
    EXPECT_EQ(store_->runs(filter)->size(), 40U);
    EXPECT_EQ(store_->runs(filter)->front().id, run_id(40));  // newest first
    filter.limit = 7;
    filter.below_no = store_->runs(filter)->back().no;
    EXPECT_EQ(store_->runs(filter)->front().id, run_id(33));
    filter = {};
    filter.statuses = {1, 2};
    EXPECT_EQ(store_->runs(filter)->size(), 27U);
    filter = {};
    filter.held = true;
    EXPECT_EQ(store_->runs(filter)->front().id, run_id(5));
    filter = {};
    filter.parent = run_id(1);
    EXPECT_EQ(store_->runs(filter)->size(), 10U);
    filter = {};
    filter.retain_before_ms = 12;
    EXPECT_EQ(store_->runs(filter)->size(), 3U);
    filter = {};
    filter.ended = false;
    EXPECT_EQ(store_->runs(filter)->size(), 20U);
    filter = {};
    filter.id_prefix = "1";
    EXPECT_EQ(store_->runs(filter)->size(), 16U);
    filter.id_prefix = "1f";
    EXPECT_EQ(store_->runs(filter)->size(), 1U);
    filter.id_prefix = "x";
    EXPECT_EQ(store_->runs(filter).error().kind, ErrorKind::Usage);
    EXPECT_EQ((*store_->run_by_start_tag(run_id(9)))->id, run_id(9));

    RunRow changed = **store_->run(run_id(9));
    changed.status = 8;
    changed.ended_ms = 99;
    Batch update;
    update.runs.push_back(changed);
    commit(update);
    EXPECT_EQ((*store_->run(run_id(9)))->status, 8);
    EXPECT_EQ((*store_->run(run_id(9)))->ended_ms, 99);
    EXPECT_EQ((*store_->run(run_id(9)))->no, changed.no);
}

TEST_F(StoreTest, an_inbox_row_is_written_once_and_its_tag_outlives_it) {
    Batch batch;
    batch.inbox.push_back({run_id(1), 3, run_id(101), "sealed"});
    batch.inbox.push_back({RunId{}, 1, run_id(102), "sealed too"});
    const auto first = commit(batch);
    EXPECT_FALSE(first.inbox.at(0).repeat);
    const auto second = commit(batch);
    EXPECT_TRUE(second.inbox.at(0).repeat);
    EXPECT_EQ(second.inbox.at(0).id, first.inbox.at(0).id);
    EXPECT_EQ(store_->inbox(0, 10)->size(), 2U);
    EXPECT_EQ(store_->inbox_of(run_id(1), 10)->front().box, "sealed");
    Batch take;
    take.inbox_taken.push_back({first.inbox.at(0).id, 4});
    commit(take);
    EXPECT_EQ(store_->inbox(0, 10)->size(), 1U);
    EXPECT_TRUE(commit(batch).inbox.at(0).repeat);
    EXPECT_EQ(store_->inbox(0, 10)->size(), 1U);
    EXPECT_EQ((*store_->inbox_by_tag(run_id(101)))->seq, 4U);
    EXPECT_EQ((*store_->inbox_by_tag(run_id(101)))->box, "");
    EXPECT_EQ((*store_->inbox_by_tag(run_id(102)))->seq, std::nullopt);
    EXPECT_FALSE(*store_->inbox_by_tag(run_id(103)));
}

TEST_F(StoreTest, an_inbox_row_may_be_taken_in_the_commit_that_writes_it) {
    Batch batch;
    batch.inbox.push_back({run_id(1), 3, run_id(101), "", 7});
    commit(batch);
    EXPECT_EQ(store_->inbox(0, 10)->size(), 0U);
    EXPECT_EQ((*store_->inbox_by_tag(run_id(101)))->seq, 7U);
}

TEST_F(StoreTest, a_parked_run_has_one_wake_row) {
    fill(2, 0);
    Batch batch;
    batch.wakes = {{run_id(1), 500}, {run_id(2), 300}};
    commit(batch);
    EXPECT_EQ((*store_->next_wake())->run, run_id(2));
    EXPECT_EQ(store_->due(299, 10)->size(), 0U);
    EXPECT_EQ(store_->due(500, 10)->size(), 2U);
    Batch change;
    change.wakes = {{run_id(2), 900}, {run_id(1), std::nullopt}};
    commit(change);
    ASSERT_EQ(store_->due(1000, 10)->size(), 1U);
    EXPECT_EQ(store_->due(1000, 10)->front().due_ms, 900);
}

TEST_F(StoreTest, the_other_tables) {
    fill(2, 0);
    const Tag tag = run_id(60);
    Batch batch;
    batch.changes = {
        LedgerRow{tag, run_id(1), 4, 1, 2, 77},
        CacheRow{tag, run_id(1), 5, 88},
        LockRow{tag, run_id(1), 9},
        LockWait{tag, run_id(2)},
        LockWait{tag, run_id(1)},
        SubjectRow{tag, run_id(2)},
        FlowRow{run_id(1), run_id(2)},
        SecretRow{run_id(1), "card", "box"},
        SnapshotRow{run_id(1), 12, "state"},
        ActorRow{run_id(70), "name"},
        ReadyRow{0, "pdf", run_id(1), 6},
        MetaRow{"k", "v"},
        ProgramRow{leaf_hash("p"), "ir", "source"},
        ImageRow{leaf_hash("i"), leaf_hash("p"), 3, "code"},
    };
    commit(batch);
    reopen();
    EXPECT_EQ((*store_->ledger(tag))->keep_until_ms, 77);
    EXPECT_EQ(store_->ledger_of(run_id(1))->size(), 1U);
    EXPECT_EQ((*store_->cached(tag))->expires_ms, 88);
    EXPECT_EQ((*store_->lock(tag))->run, run_id(1));
    EXPECT_THAT(*store_->lock_waiters(tag), testing::ElementsAre(run_id(2), run_id(1)));
    EXPECT_EQ(store_->runs_of_subject(tag)->front(), run_id(2));
    EXPECT_EQ(store_->flows(run_id(2))->front().from, run_id(1));
    EXPECT_EQ(store_->secrets(run_id(1))->front().box, "box");
    EXPECT_EQ((*store_->snapshot(run_id(1)))->seq, 12U);
    EXPECT_EQ(store_->actors()->front().box, "name");
    EXPECT_EQ(store_->ready("pdf", 5)->front().seq, 6U);
    EXPECT_EQ((*store_->program(leaf_hash("p")))->source, "source");
    EXPECT_EQ((*store_->image(leaf_hash("i")))->semantics, 3U);
    Batch drop;
    drop.changes = {DropLedger{tag},
                    DropCache{tag},
                    DropLock{tag},
                    DropLockWait{tag, run_id(2)},
                    DropSecrets{run_id(1)},
                    DropSnapshot{run_id(1)},
                    DropReady{store_->ready("pdf", 5)->front().id}};
    commit(drop);
    EXPECT_FALSE(store_->ledger(tag)->has_value());
    EXPECT_FALSE(store_->cached(tag)->has_value());
    EXPECT_FALSE(store_->lock(tag)->has_value());
    EXPECT_EQ(store_->lock_waiters(tag)->size(), 1U);
    EXPECT_EQ(store_->secrets(run_id(1))->size(), 0U);
    EXPECT_FALSE(store_->snapshot(run_id(1))->has_value());
    EXPECT_EQ(store_->ready("pdf", 5)->size(), 0U);
}

TEST_F(StoreTest, checkpoints_are_signed_when_due_and_prove_what_they_cover) {
    fill(2, 100);
    ASSERT_TRUE(store_->maintain(5000, false));
    const auto first = *store_->last_checkpoint();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->size, store_->log_size());
    fill(0, 1);
    ASSERT_TRUE(store_->maintain(5100, false));
    EXPECT_EQ((*store_->last_checkpoint())->size, first->size);  // too few, too soon
    fill(0, 70);
    ASSERT_TRUE(store_->maintain(5200, true));
    const auto second = *store_->last_checkpoint();
    EXPECT_EQ(second->size, store_->log_size());
    EXPECT_EQ(store_->checkpoints(0, 10)->size(), 2U);
    const auto grew = store_->consistency_proof(first->size, second->size);
    ASSERT_TRUE(grew);
    EXPECT_TRUE(check_consistency(first->size, second->size, first->root, second->root, *grew));
    for (const std::uint64_t leaf : {0UL, 255UL, 256UL, first->size - 1}) {
        const auto proof = store_->inclusion_proof(leaf, first->size);
        ASSERT_TRUE(proof);
        const auto record = store_->read_log(leaf, 1)->front().record;
        EXPECT_TRUE(check_inclusion(leaf_hash(record), leaf, first->size, *proof, first->root));
    }
    reopen();
    EXPECT_EQ((*store_->last_checkpoint())->root, second->root);
    EXPECT_EQ(*store_->root(first->size), first->root);
    EXPECT_EQ(*store_->root(second->size), second->root);
}

TEST_F(StoreTest, a_destroyed_key_takes_the_run_s_payloads_and_leaves_the_proofs) {
    fill(2, 200);
    ASSERT_TRUE(store_->sign_checkpoint());
    const std::string box = **store_->payload(0);
    const auto file = write_sealed_file(store_->files_folder(), makers_[0].key(), run_id(1),
                                        store_->entropy(), std::string(100'000, 'x'));
    ASSERT_TRUE(file) << file.error().message;
    Batch batch;
    batch.changes = {*file, SecretRow{run_id(1), "h", "b"}, CacheRow{run_id(9), run_id(1), 1, 1}};
    commit(batch);
    ASSERT_TRUE(store_->destroy_keys({run_id(1)}));
    EXPECT_EQ(store_->run_key(run_id(1)).error().kind, ErrorKind::Refused);
    ASSERT_TRUE(store_->delete_payloads({run_id(1)}));
    ASSERT_TRUE(store_->delete_payloads({run_id(1)}));  // again, as after a crash
    EXPECT_FALSE(store_->payload(0)->has_value());
    EXPECT_EQ(store_->files(run_id(1))->size(), 0U);
    EXPECT_FALSE(std::filesystem::exists(sealed_file_path(store_->files_folder(), file->id)));
    const auto report = store_->verify({});
    ASSERT_TRUE(report) << report.error().message;
    for (const auto& finding : report->findings) ADD_FAILURE() << finding.table << finding.what;
    EXPECT_EQ(report->erased, 201U);
    EXPECT_EQ(report->payloads, 201U);
    ASSERT_TRUE(store_->close());
    // Nothing of the sealed bytes is left on the disk either.
    for (const std::string suffix : {"", "-wal"}) {
        std::ifstream in(path_ + suffix, std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(in), {}};
        EXPECT_EQ(bytes.find(box.substr(0, 40)), std::string::npos);
    }
    reopen();
    EXPECT_FALSE(store_->run_key(run_id(1)));
    EXPECT_TRUE(store_->run_key(run_id(2)));
}

TEST_F(StoreTest, slots_are_never_given_twice) {
    fill(3, 0);
    EXPECT_EQ(*store_->take_slot(), 4U);
    reopen();
    EXPECT_EQ(*store_->take_slot(), 4U);  // no row named it, so nothing was sealed under it
    EXPECT_EQ(*store_->take_slot(), 5U);
}

TEST_F(StoreTest, a_file_that_no_commit_named_is_removed_at_opening) {
    fill(1, 0);
    const auto lost = write_sealed_file(store_->files_folder(), makers_[0].key(), run_id(1),
                                        store_->entropy(), "lost");
    const auto kept = write_sealed_file(store_->files_folder(), makers_[0].key(), run_id(1),
                                        store_->entropy(), "kept");
    Batch batch;
    batch.changes.emplace_back(*kept);
    commit(batch);
    reopen();
    EXPECT_EQ(store_->recovery().orphan_files, 1U);
    EXPECT_FALSE(std::filesystem::exists(sealed_file_path(store_->files_folder(), lost->id)));
    EXPECT_EQ(*read_sealed_file(store_->files_folder(), *store_->run_key(run_id(1)), *kept),
              "kept");
}

TEST_F(StoreTest, a_long_log_stays_whole_over_many_openings) {
    for (int i = 0; i < 5; ++i) {
        RunMaker maker(*store_, run_id(static_cast<std::uint8_t>(100 + i)));
        Batch batch;
        maker.begin(batch);
        for (int k = 0; k < 14'000; ++k) maker.add(batch);
        commit(batch);
        ASSERT_TRUE(store_->maintain(1000 * i, i % 2 == 0));
        reopen();
    }
    EXPECT_EQ(store_->log_size(), 70'000U);
    const auto report = store_->verify({});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->findings.size(), 0U);
    EXPECT_EQ(report->records, 70'000U);
    EXPECT_EQ(report->root, *store_->root(70'000));
}

}  // namespace
}  // namespace weft::store
