// Opening the default store: new files, a killed owner's WAL, the schema, the tree's right edge and
// the check of the tail.
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <array>
#include <mutex>
#include <set>

#include "bytecode/record.h"
#include "store/note.h"
#include "store/schema.h"
#include "store/sqlite_store.h"

namespace weft::store {

namespace {

std::mutex claims_mutex;
std::set<std::pair<std::uint64_t, std::uint64_t>>& claims() {
    // Never destroyed: a host's engine may be an object that ends later than any here.
    static auto* all = new std::set<std::pair<std::uint64_t, std::uint64_t>>;
    return *all;
}

// Locks and fsync can't be relied on there.
Result<void> refuse_network(const std::string& folder) {
    struct NetworkType {
        std::uint32_t magic;
        std::string_view name;
    };
    static constexpr std::array<NetworkType, 10> kTypes = {{{0x6969, "NFS"},
                                                            {0x517B, "SMB"},
                                                            {0xFF534D42, "CIFS"},
                                                            {0xFE534D42, "SMB"},
                                                            {0x01021997, "9P"},
                                                            {0x00C36400, "Ceph"},
                                                            {0x5346414F, "AFS"},
                                                            {0x73757245, "Coda"},
                                                            {0x0BD00BD0, "Lustre"},
                                                            {0x7461636F, "OCFS2"}}};
    struct statfs info{};
    if (::statfs(folder.c_str(), &info) != 0) return fail_errno("look at", folder);
    for (const auto& type : kTypes) {
        if (static_cast<std::uint32_t>(info.f_type) == type.magic) {
            return fail(ErrorKind::Refused,
                        "the folder " + folder + " is on a network file system (" +
                            std::string(type.name) + ")",
                        "keep the store on a local disk, or use PostgreSQL");
        }
    }
    return {};
}

// Read before SQLite has the file open, so that closing it drops none of its locks.
Result<bool> begins_like_a_database(const std::string& path) {
    static constexpr std::string_view kMagic("SQLite format 3\0", 16);
    WEFT_TRY(fd, open_file(path, O_RDONLY));
    WEFT_TRY(start, read_at(fd, 0, kMagic.size(), path));
    return start.empty() || start == kMagic;
}

bool exists(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

int count_wal_frames(void* out, sqlite3*, const char*, int frames) {
    *static_cast<int*>(out) = frames;
    return SQLITE_OK;
}

}  // namespace

Result<InodeClaim> InodeClaim::take(const std::string& path) {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return fail_errno("look at", path);
    const std::lock_guard guard(claims_mutex);
    const auto inode = std::pair<std::uint64_t, std::uint64_t>(info.st_dev, info.st_ino);
    if (!claims().insert(inode).second) {
        return fail(ErrorKind::Unavailable,
                    "the store " + path + " is already open in this process",
                    "use the engine that has it open");
    }
    InodeClaim claim;
    claim.inode_ = inode;
    return claim;
}

InodeClaim::InodeClaim(InodeClaim&& other) noexcept : inode_(std::exchange(other.inode_, {})) {}

InodeClaim& InodeClaim::operator=(InodeClaim&& other) noexcept {
    std::swap(inode_, other.inode_);
    return *this;
}

InodeClaim::~InodeClaim() {
    if (!inode_) return;
    const std::lock_guard guard(claims_mutex);
    claims().erase(*inode_);
}

SqliteStore::SqliteStore(std::string path, OpenOptions options)
    : path_(std::move(path)), options_(std::move(options)) {
    if (options_.entropy == nullptr) {
        own_entropy_ = system_entropy();
        entropy_ = own_entropy_.get();
    } else {
        entropy_ = options_.entropy;
    }
}

SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path,
                                                 const OpenOptions& options) {
    return SqliteStore::open(path, options);
}

Result<std::unique_ptr<Store>> SqliteStore::open(const std::string& path,
                                                 const OpenOptions& options) {
    std::unique_ptr<SqliteStore> store(new SqliteStore(path, options));
    bool fresh = false;
    WEFT_TRY_VOID(store->prepare_files(fresh));
    if (!fresh) WEFT_TRY_VOID(store->scan_former_wal());
    WEFT_TRY_VOID(store->settle_ack());
    WEFT_TRY_VOID(store->open_database());
    WEFT_TRY_VOID(store->restore_tree());
    WEFT_TRY_VOID(store->find_next_slot());
    WEFT_TRY_VOID(store->verify_tail());
    WEFT_TRY_VOID(store->verify_last_checkpoint());
    WEFT_TRY_VOID(store->remove_orphan_files());
    if (!options.brief) WEFT_TRY_VOID(store->keys_->mend_header());
    store->look_at_space();
    return std::unique_ptr<Store>(std::move(store));
}

// What an operator may go past is told the same way in each place.
Result<void> SqliteStore::accept_or_fail(const std::string& what) {
    if (!options_.accept_damage) {
        return fail(ErrorKind::Corrupt, "the store " + path_ + " is damaged: " + what,
                    "restore the store and its key file from a backup");
    }
    recovery_.accepted.push_back(what);
    return {};
}

// The key file is made first: without it no row can be sealed, and a crash between the two leaves a
// key file without a checkpoint, which is taken up again.
Result<void> SqliteStore::prepare_files(bool& fresh) {
    WEFT_TRY_VOID(refuse_network(folder_of(path_)));
    const std::string key_path = path_ + ".keys";
    fresh = !exists(path_);
    if (!fresh) {
        WEFT_TRY(is_database, begins_like_a_database(path_));
        if (!is_database) {
            return fail(ErrorKind::Corrupt, path_ + " is not a store",
                        "name another file with --store, or restore the store from its backup");
        }
    }
    if (fresh && !options_.create) {
        return fail(ErrorKind::NotFound, "there is no store at " + path_, "`weft run` makes one");
    }
    if (exists(key_path)) {
        WEFT_TRY(keys, KeyFile::open(key_path, options_.keys));
        keys_ = std::move(keys);
        if (fresh && !keys_->last_checkpoint().empty()) {
            return fail(ErrorKind::Refused,
                        "the store " + path_ + " is gone but its keys are there",
                        "restore the store, or move " + key_path + " away");
        }
    } else {
        struct stat info{};
        if (!fresh && ::stat(path_.c_str(), &info) == 0 && info.st_size > 0) {
            return fail(ErrorKind::NotFound, "the key file " + key_path + " is missing",
                        "restore it from its backup: without it no payload can be read");
        }
        WEFT_TRY(keys, KeyFile::create(key_path, entropy_->bytes<16>(), options_.keys, *entropy_));
        keys_ = std::move(keys);
    }
    if (fresh) {
        // Made by us for its mode, and closed before SQLite opens it and takes locks.
        WEFT_TRY(fd, open_file(path_, O_RDWR | O_CREAT | O_EXCL));
        recovery_.created = true;
    }
    origin_ =
        options_.origin.empty() ? "weft.store/" + to_hex(view(keys_->store_id())) : options_.origin;
    WEFT_TRY(claim, InodeClaim::take(path_));
    claim_ = std::move(claim);
    WEFT_TRY(ack, AckFile::open(path_));
    ack_ = std::move(ack);
    if (!options_.brief) wal_room_.emplace(path_ + "-wal");
    return {};
}

Result<void> SqliteStore::scan_former_wal() {
    WEFT_TRY(scan, scan_wal(path_ + "-wal", ack_->found()));
    if (scan.damage) WEFT_TRY_VOID(accept_or_fail(*scan.damage));
    recovery_.wal_recovered = scan.recovered > 0;
    recovery_.wal_frames_dropped = scan.torn;
    return recovery_.wal_recovered ? settle_wal(path_ + "-wal", scan) : Result<void>();
}

// Only when the scan is done, which must not take a missing file for one that says nothing.
Result<void> SqliteStore::settle_ack() {
    if (ack_->found()) return {};
    WEFT_TRY_VOID(ack_->clear());
    return sync_folder_of(path_);
}

Result<void> SqliteStore::open_database() {
    WEFT_TRY(database, Database::open(path_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW |
                                                 SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE));
    database_ = std::move(database);
    sqlite3* handle = database_->handle();
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    // Closing must never write by itself: a handle that failed is closed as it is.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    // EXCLUSIVE before WAL: the index of the WAL then lives on the heap and no other process can
    // take part, which the WAL-reset bug of SQLite 3.7.0 to 3.51.2 would need.
    WEFT_TRY_VOID(database_->execute(
        "PRAGMA page_size=4096; PRAGMA locking_mode=EXCLUSIVE; PRAGMA mmap_size=0;"
        "PRAGMA cell_size_check=ON; PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;"
        "PRAGMA cache_size=-16384"));
    WEFT_TRY(made, has_schema(*database_));
    WEFT_TRY_VOID(database_->execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"));
    sqlite3_wal_hook(handle, count_wal_frames, &wal_frames_);
    if (recovery_.wal_recovered || !recovery_.accepted.empty()) {
        WEFT_TRY_VOID(checkpoint_wal("TRUNCATE"));
    }
    WEFT_TRY(version, database_->pragma("user_version"));
    if (!made) {
        recovery_.created = true;
        WEFT_TRY_VOID(transaction([this] { return create_tables(); }));
        return sync_folder_of(path_);
    }
    WEFT_TRY_VOID(bring_forward(version));
    auto stored = database_->query("SELECT value FROM meta WHERE name = 'store_id'");
    WEFT_TRY(row, stored.step());
    if (!row || stored.column_bytes(0) != view(keys_->store_id())) {
        return fail(ErrorKind::Refused, "the key file of " + path_ + " belongs to another store",
                    "put the key file that was made with this store beside it");
    }
    return {};
}

Result<void> SqliteStore::create_tables() {
    WEFT_TRY_VOID(apply_schema(*database_));
    return put_meta("store_id", view(keys_->store_id()));
}

Result<void> SqliteStore::restore_tree() {
    std::uint64_t size = 0;
    {
        auto last = database_->query("SELECT max(leaf) FROM log");
        WEFT_TRY(row, last.step());
        if (row && !last.is_null(0)) size = last.column_u64(0) + 1;
    }
    std::vector<std::vector<Hash>> partials;
    for (std::uint32_t level = 0; level < kTileLevels && (size >> (8 * level)) > 0; ++level) {
        const std::uint64_t count = size >> (8 * level);
        auto& partial = partials.emplace_back();
        partial.reserve(kTileWidth);
        const std::uint64_t first = count - count % kTileWidth;
        auto query = level == 0
                         ? database_->query("SELECT rec FROM log WHERE leaf >= ? ORDER BY leaf")
                         : database_->query(
                               "SELECT root FROM tile WHERE idx >= ? AND level = ? ORDER BY idx");
        query.u64(first);
        if (level > 0) query.i64(level - 1);
        while (true) {
            WEFT_TRY(row, query.step());
            if (!row) break;
            partial.push_back(level == 0 ? leaf_hash(query.column_bytes(0))
                                         : query.column_id<32>(0));
        }
        if (partial.size() != count % kTileWidth) {
            WEFT_TRY_VOID(accept_or_fail("rows of the tree are missing"));
            return rebuild_edge(size);
        }
    }
    edge_ = MerkleEdge::restore(size, std::move(partials));
    return {};
}

// From the whole log, in memory only: what is missing stays missing for the audit to name. A leaf
// that isn't there counts as a hash of zeros.
Result<void> SqliteStore::rebuild_edge(std::uint64_t size) {
    std::vector<Tile> tiles;
    edge_ = MerkleEdge();
    auto query = database_->query("SELECT leaf, rec FROM log ORDER BY leaf");
    while (edge_.size() < size) {
        WEFT_TRY(row, query.step());
        const std::uint64_t leaf = row ? query.column_u64(0) : size;
        while (edge_.size() < leaf) edge_.append(Hash{}, tiles);
        if (row) edge_.append(leaf_hash(query.column_bytes(1)), tiles);
        tiles.clear();
    }
    return {};
}

Result<void> SqliteStore::find_next_slot() {
    auto slot = database_->query("SELECT max(slot) FROM run");
    WEFT_TRY(row, slot.step());
    if (row && !slot.is_null(0)) next_slot_ = slot.column_u64(0) + 1;
    WEFT_TRY_VOID(keys_->forget_unmade(next_slot_, !options_.brief));
    return keys_->make_ahead(next_slot_, *entropy_);
}

// The last records: whole headers, and each linked to the one before it where that stands here too.
Result<void> SqliteStore::verify_tail() {
    const std::uint64_t size = edge_.size();
    const std::uint64_t first = size - size % kTileWidth;
    WEFT_TRY(records, read_log(first, kTileWidth));
    std::unordered_map<RunId, std::pair<std::uint64_t, Hash>, RunIdHash> seen;
    for (const auto& [leaf, record] : records) {
        const auto head = parse_record_head(record);
        const std::string name = "record " + std::to_string(leaf);
        if (!head) {
            WEFT_TRY_VOID(accept_or_fail(name + " is not a record"));
            continue;
        }
        const auto before = seen.find(head->run);
        if (before != seen.end() &&
            (before->second.first + 1 != head->seq || before->second.second != head->prev)) {
            WEFT_TRY_VOID(accept_or_fail(name + " (run " + to_hex(view(head->run)) + ", seq " +
                                         std::to_string(head->seq) +
                                         ") does not follow the record before it"));
        }
        seen[head->run] = {head->seq, leaf_hash(record)};
    }
    return {};
}

// The key file carries the last signed checkpoint out of the database's reach: a store that was
// rolled back, or whose tail was changed, doesn't contain it.
Result<void> SqliteStore::verify_last_checkpoint() {
    signed_edge_ = MerkleEdge();
    if (!keys_->last_checkpoint().empty()) {
        WEFT_TRY(last, check_note(origin_, keys_->public_key(), keys_->last_checkpoint()));
        if (last.size > edge_.size()) {
            return accept_or_fail("it has " + std::to_string(edge_.size()) +
                                  " records, but its last checkpoint was over " +
                                  std::to_string(last.size) + ": it was rolled back");
        }
        auto edge = edge_at(last.size);
        if (!edge && edge.error().kind == ErrorKind::Environment) {
            return std::unexpected(edge.error());
        }
        if (!edge) return accept_or_fail(edge.error().message);
        if (edge->root() != last.root) {
            return accept_or_fail("the last " + std::to_string(last.size % kTileWidth) +
                                  " records below leaf " + std::to_string(last.size) +
                                  " are not those of its last checkpoint");
        }
        last_signed_ = last;
        signed_edge_ = std::move(*edge);
        // It was saved with the keys, and its row was to come with a commit that never came.
        auto row = database_->query("SELECT 1 FROM checkpoint WHERE size = ?");
        WEFT_TRY(is_there, row.u64(last.size).step());
        if (!is_there) pending_ = last;
    }
    return {};
}

// Written and renamed, but the commit that names it never came.
Result<void> SqliteStore::remove_orphan_files() {
    return remove_orphans_in(files_folder());
}

Result<void> SqliteStore::remove_orphans_in(const std::string& folder) {
    const auto names = names_in(folder);
    if (!names) return {};
    for (const auto& name : *names) {
        std::string path = folder;
        path.append("/").append(name);
        std::string bytes;
        if (from_hex(name, bytes) && bytes.size() == 16) {
            auto query = database_->query("SELECT 1 FROM file WHERE id = ?");
            WEFT_TRY(known, query.blob(bytes).step());
            if (known) continue;
        }
        WEFT_TRY_VOID(remove_orphans_in(path));
        if (::unlink(path.c_str()) == 0) ++recovery_.orphan_files;
    }
    return {};
}

}  // namespace weft::store
