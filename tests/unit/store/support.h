// What the store's tests share: a folder of their own, runs that make well-formed records, and an
// outside view of the database once the store is closed.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>

#include "bytecode/record.h"
#include "store/box.h"
#include "store/key_file.h"
#include "store/merkle.h"
#include "store/store.h"

namespace weft::store {

class TempFolder {
  public:
    TempFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "weft-store-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) std::abort();
        path_ = name;
    }
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    [[nodiscard]] std::string operator/(const std::string& name) const {
        return path_ + "/" + name;
    }

  private:
    std::string path_;
};

inline std::string make_record(const RunId& run, std::uint64_t seq, const Hash& prev,
                               const std::optional<Hash>& committed, std::string_view body) {
    ByteWriter out;
    out.u16(1);
    out.u8(4);
    out.u8(committed ? 2 : 0);
    out.u16(static_cast<std::uint16_t>(body.size()));
    out.u16(0);
    out.u32(7);
    out.u32(0);
    out.raw(view(run));
    out.u64(seq);
    out.i64(1'700'000'000'000);
    out.u64(seq * 10);
    out.raw(view(prev));
    out.raw(view(committed.value_or(Hash{})));
    out.raw(body);
    return out.take();
}

inline RunId run_id(std::uint8_t number) {
    RunId id{};
    id[0] = number;
    id[15] = 1;
    return id;
}

// One run as the engine would drive it: keeps seq and prev, seals payloads under the run's key.
class RunMaker {
  public:
    RunMaker(Store& store, RunId id) : store_(store), id_(id) {}

    [[nodiscard]] RunRow row(std::uint64_t slot) const {
        RunRow row;
        row.id = id_;
        row.slot = slot;
        row.begun_ms = 1;
        return row;
    }
    // Takes a slot and puts the run's row.
    void begin(Batch& batch) {
        if (id_ == RunId{}) {
            key_ = *store_.keys().slot_key(0);
            return;
        }
        const auto slot = store_.take_slot();
        if (!slot) std::abort();
        key_ = *store_.keys().slot_key(*slot);
        batch.runs.push_back(row(*slot));
    }
    void add(Batch& batch, const std::string& payload = {}) {
        Append append;
        std::optional<Hash> committed;
        if (!payload.empty()) {
            Box box;
            box.salt = store_.entropy().bytes<16>();
            box.body = payload;
            committed = commitment(box.salt, box.body);
            append.box = seal_box(store_.entropy(), key_, id_, seq_, box);
        }
        append.record = make_record(id_, seq_, prev_, committed, "body" + std::to_string(seq_));
        prev_ = leaf_hash(append.record);
        ++seq_;
        batch.appends.push_back(std::move(append));
    }
    [[nodiscard]] const RunId& id() const { return id_; }
    [[nodiscard]] std::uint64_t seq() const { return seq_; }
    [[nodiscard]] const Hash& prev() const { return prev_; }
    [[nodiscard]] const Key& key() const { return key_; }
    void go_on_from(const RunHead& head, const Key& key) {
        seq_ = head.next_seq;
        prev_ = head.last_hash;
        key_ = key;
    }

  private:
    Store& store_;
    RunId id_;
    Key key_;
    std::uint64_t seq_ = 0;
    Hash prev_{};
};

inline OpenOptions create_options() {
    OpenOptions options;
    options.create = true;
    options.ballast_bytes = 64UL << 10;
    options.low_space_bytes = 0;
    return options;
}

inline std::unique_ptr<Store> open_store(const std::string& path,
                                         const OpenOptions& options = create_options()) {
    auto store = open_sqlite_store(path, options);
    EXPECT_TRUE(store.has_value()) << (store ? "" : store.error().message);
    return store ? std::move(*store) : nullptr;
}

// An owner that is killed after `commits` commits, with its WAL left behind.
inline void killed_owner(const std::string& path, int commits) {
    const pid_t child = ::fork();
    if (child == 0) {
        auto store = open_sqlite_store(path, create_options());
        if (!store) ::_exit(1);
        RunMaker maker(**store, run_id(1));
        for (int i = 0; i < commits; ++i) {
            Batch batch;
            if (i == 0) maker.begin(batch);
            maker.add(batch, "payload");
            if (!(*store)->commit(batch)) ::_exit(2);
        }
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
}

}  // namespace weft::store
