// What goes on between commits: free space and the ballast, signed checkpoints, moving the WAL into
// the database, closing.
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "bytecode/record.h"
#include "store/note.h"
#include "store/row_tags.h"
#include "store/sealed_file.h"
#include "store/sqlite_store.h"

namespace weft::store {

namespace {

constexpr std::uint64_t kSignEveryRecords = 256;
constexpr std::int64_t kSignEveryMs = 1000;
constexpr std::int64_t kLookEveryMs = 1000;
constexpr int kWalPagesMax = 4000;
// Moving it syncs twice, so a store between two runs of many waits with that until it rests.
constexpr int kWalPagesIdle = 1000;
constexpr std::int64_t kRestMs = 1000;

std::optional<std::uint64_t> free_bytes(const std::string& path) {
    struct statvfs info{};
    if (::statvfs(folder_of(path).c_str(), &info) != 0) return std::nullopt;
    return std::uint64_t{info.f_bavail} * info.f_frsize;
}

}  // namespace

void SqliteStore::look_at_space() {
    const auto free = free_bytes(path_);
    if (!free) return;
    const bool roomy = *free >= options_.low_space_bytes + options_.ballast_bytes;
    // After a full disk there must be room for the ballast too, before anything new is taken.
    if (space_ == Space::Full && !roomy) return;
    if (roomy && !options_.brief) make_ballast();
    space_ = *free < options_.low_space_bytes ? Space::Low : Space::Plenty;
}

// Kept so that on a full disk the outcomes of what was sent already can still be written.
void SqliteStore::make_ballast() {
    if (ballast_stands_) return;
    const std::string name = path_ + ".ballast";
    auto fd = open_file(name, O_RDWR | O_CREAT);
    if (!fd) return;
    const auto size = static_cast<off_t>(options_.ballast_bytes);
    ballast_stands_ = size == 0 || ::posix_fallocate(fd->get(), 0, size) == 0;
    if (!ballast_stands_) ::unlink(name.c_str());
}

bool SqliteStore::drop_ballast() {
    space_ = Space::Full;
    ballast_stands_ = false;
    return ::unlink((path_ + ".ballast").c_str()) == 0;
}

Result<FileRow> SqliteStore::write_file(const Key& key, const RunId& run, std::string_view body) {
    if (poison_) return std::unexpected(poison_error());
    auto row = write_sealed_file(files_folder(), key, run, *entropy_, body);
    if (row || !ballast_stands_) return row;
    // The file system's last blocks are not ours, and a sealed body is some bytes longer.
    const auto free = free_bytes(path_);
    if (!free || *free > body.size() + (1UL << 20) || !drop_ballast()) return row;
    return write_sealed_file(files_folder(), key, run, *entropy_, body);
}

Result<void> SqliteStore::checkpoint_wal(const char* mode) {
    // From here on a WAL that is shorter than what was confirmed is no damage.
    WEFT_TRY_VOID(ack_->clear());
    auto done = database_->pragma("wal_checkpoint(" + std::string(mode) + ")");
    if (!done) {
        // Without room for the pages they stay in the WAL, where they are safe.
        if (database_->last_failure() == SqliteFailure::Full) {
            (void)drop_ballast();
            return {};
        }
        return poison(std::move(done).error());
    }
    wal_frames_ = 0;
    if (wal_room_) wal_room_->forget();
    return {};
}

// Signing is saying that these leaves were on disk as they are in the tree, so they are read again
// first: a bit that flipped in memory must not be signed.
Result<void> SqliteStore::sign_leaves() {
    if (edge_.size() == signed_edge_.size()) return {};
    std::vector<Tile> tiles;
    {
        auto query = database_->query("SELECT leaf, rec FROM log WHERE leaf >= ? ORDER BY leaf");
        query.u64(signed_edge_.size());
        while (true) {
            auto row = query.step();
            if (!row) return poison(std::move(row).error());
            if (!*row) break;
            signed_edge_.append(leaf_hash(query.column_bytes(1)), tiles);
        }
    }
    if (signed_edge_ != edge_) {
        return poison({ErrorKind::Corrupt,
                       "the records of " + path_ + " are not what was written: nothing was signed",
                       "run `weft audit verify`"});
    }
    Checkpoint checkpoint{edge_.size(), edge_.root(), {}};
    checkpoint.note = make_note(origin_, checkpoint.size, checkpoint.root, keys_->public_key(),
                                [this](std::string_view text) { return keys_->sign(text); });
    pending_ = checkpoint;
    last_signed_ = std::move(checkpoint);
    return {};
}

// A commit of its own, for when no other one will carry the row along.
Result<void> SqliteStore::store_pending_checkpoint() {
    if (!pending_) return {};
    auto stored = transaction([this] { return write_pending_checkpoint(); });
    if (stored) pending_.reset();
    // On a full disk it waits: the next commit takes it.
    if (!stored && poison_) return stored;
    return {};
}

Result<Checkpoint> SqliteStore::sign_checkpoint() {
    if (poison_) return std::unexpected(poison_error());
    if (edge_.size() == 0) return fail(ErrorKind::Refused, "the store has no record to sign");
    WEFT_TRY_VOID(sign_leaves());
    WEFT_TRY_VOID(store_pending_checkpoint());
    WEFT_TRY_VOID(save_checkpoint_in_keys());
    return *last_signed_;
}

// The row, and the leaf hashes of the right edge at that size: with them a damaged record behind
// the last full tile can be named, not only known to be there.
Result<void> SqliteStore::write_pending_checkpoint() {
    if (!pending_) return {};
    auto put = database_->query("INSERT OR REPLACE INTO checkpoint(size, note) VALUES(?, ?)");
    WEFT_TRY_VOID(put.u64(pending_->size).text(pending_->note).run());
    ByteWriter edge;
    edge.u64(pending_->size);
    for (const Hash& hash : signed_edge_.partial(0)) edge.raw(view(hash));
    WEFT_TRY_VOID(put_meta("edge", edge.bytes()));
    WEFT_TRY(counted, meta(kCheckpointsRow));
    auto count = decode_checkpoint_count(counted.value_or("")).value_or(CheckpointCount{});
    if (count.rows == 0 || count.last_size != pending_->size) ++count.rows;
    count.last_size = pending_->size;
    return put_meta(kCheckpointsRow, encode_checkpoint_count(count));
}

Result<void> SqliteStore::save_checkpoint_in_keys() {
    if (!last_signed_ || keys_->last_checkpoint() == last_signed_->note) return {};
    return keys_->set_last_checkpoint(last_signed_->note);
}

Result<void> SqliteStore::maintain(std::int64_t monotonic_ms, bool idle) {
    if (poison_) return std::unexpected(poison_error());
    if (monotonic_ms - looked_at_ms_ >= kLookEveryMs) {
        looked_at_ms_ = monotonic_ms;
        look_at_space();
    }
    WEFT_TRY_VOID(keys_->make_ahead(next_slot_, *entropy_));
    const std::uint64_t unsigned_records = edge_.size() - signed_edge_.size();
    const bool due = unsigned_records >= kSignEveryRecords ||
                     (unsigned_records > 0 && monotonic_ms - signed_at_ms_ >= kSignEveryMs);
    if (!options_.brief && due && space_ != Space::Full) {
        WEFT_TRY_VOID(sign_leaves());
        signed_at_ms_ = monotonic_ms;
    }
    if (last_signed_ && monotonic_ms - keys_saved_at_ms_ >= kSignEveryMs) {
        keys_saved_at_ms_ = monotonic_ms;
        WEFT_TRY_VOID(save_checkpoint_in_keys());
    }
    if (idle) WEFT_TRY_VOID(store_pending_checkpoint());
    if (commits_ != commits_seen_) {
        commits_seen_ = commits_;
        busy_at_ms_ = monotonic_ms;
    }
    const bool rests = idle && monotonic_ms - busy_at_ms_ >= kRestMs;
    if ((rests && wal_frames_ > 0) || wal_frames_ >= (idle ? kWalPagesIdle : kWalPagesMax)) {
        return checkpoint_wal("PASSIVE");
    }
    if (wal_room_ && wal_frames_ > 0 && space_ == Space::Plenty) {
        wal_room_->make(static_cast<std::uint64_t>(wal_frames_));
    }
    return {};
}

Result<void> SqliteStore::close() {
    Result<void> done;
    if (!poison_ && database_->handle() != nullptr) {
        // A short command's records too, and what a killed owner left: an older copy of the
        // database alone must not pass for the whole one.
        done = sign_leaves();
        if (done) done = store_pending_checkpoint();
        if (done) done = save_checkpoint_in_keys();
        if (done) done = checkpoint_wal("TRUNCATE");
    }
    database_->close();
    return done;
}

Result<std::uint64_t> SqliteStore::take_slot() {
    if (poison_) return std::unexpected(poison_error());
    WEFT_TRY_VOID(keys_->make_ahead(next_slot_, *entropy_));
    return next_slot_++;
}

Result<Key> SqliteStore::run_key(const RunId& run) {
    if (poison_) return std::unexpected(poison_error());
    if (const auto at = run_keys_.find(run); at != run_keys_.end()) return at->second;
    std::uint64_t slot = kSystemSlot;
    if (run != RunId{}) {
        auto query = database_->query("SELECT slot FROM run WHERE id = ?");
        WEFT_TRY(row, query.id(run).step());
        if (!row) return fail(ErrorKind::NotFound, "there is no run " + to_hex(view(run)));
        slot = query.column_u64(0);
    }
    WEFT_TRY(key, keys_->slot_key(slot));
    if (run_keys_.size() > 4096) run_keys_.clear();
    run_keys_[run] = key;
    return key;
}

}  // namespace weft::store
