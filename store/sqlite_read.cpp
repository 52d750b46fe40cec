// Reading the log, the runs and the tree.
#include "store/note.h"
#include "store/sqlite_store.h"

namespace weft::store {

namespace {

constexpr const char* kRunColumns =
    "id, image, status, slot, start_tag, parent, begun, ended, retain_until, hold, no";

RunRow run_row(const Query& query) {
    RunRow row;
    row.id = query.column_id<16>(0);
    row.image = query.column_id<32>(1);
    row.status = static_cast<std::int32_t>(query.column_i64(2));
    row.slot = query.column_u64(3);
    if (!query.is_null(4)) row.start_tag = query.column_id<16>(4);
    if (!query.is_null(5)) row.parent = query.column_id<16>(5);
    row.begun_ms = query.column_i64(6);
    row.ended_ms = query.column_optional_i64(7);
    row.retain_until_ms = query.column_optional_i64(8);
    row.hold = static_cast<std::int32_t>(query.column_i64(9));
    row.no = query.column_u64(10);
    return row;
}

Result<std::optional<RunRow>> one_run(Query& query) {
    WEFT_TRY(row, query.step());
    if (!row) return std::optional<RunRow>();
    return std::optional(run_row(query));
}

// The range of ids whose hex text starts with the prefix. An odd digit covers sixteen bytes.
struct IdRange {
    std::string low;
    std::string high;
};

Result<IdRange> id_range(const std::string& prefix) {
    IdRange range;
    std::string low = prefix;
    std::string high = prefix;
    low.resize(32, '0');
    high.resize(32, 'f');
    if (prefix.size() > 32 || !from_hex(low, range.low) || !from_hex(high, range.high)) {
        return fail(ErrorKind::Usage, "`" + prefix + "` is not the beginning of a run's id");
    }
    return range;
}

}  // namespace

Result<std::vector<StoredRecord>> SqliteStore::read_log(std::uint64_t leaf, std::uint32_t limit) {
    auto query =
        database_->query("SELECT leaf, rec FROM log WHERE leaf >= ? ORDER BY leaf LIMIT ?");
    query.u64(leaf).i64(limit);
    std::vector<StoredRecord> out;
    while (true) {
        WEFT_TRY(row, query.step());
        if (!row) return out;
        out.push_back({query.column_u64(0), query.column_text(1)});
    }
}

Result<std::vector<StoredRecord>> SqliteStore::read_run(const RunId& run, std::uint64_t seq,
                                                        std::uint32_t limit) {
    std::vector<StoredRecord> out;
    WEFT_TRY(no, run_no(run));
    if (!no) return out;
    // Segments from the one that holds `seq`; each runs on until another run's record.
    auto segments = database_->query(
        "SELECT seq, leaf FROM seg WHERE run = ?1 AND seq >= coalesce((SELECT max(seq) FROM seg "
        "WHERE run = ?1 AND seq <= ?2), 0) ORDER BY seq");
    segments.u64(*no).u64(seq);
    while (out.size() < limit) {
        WEFT_TRY(more, segments.step());
        if (!more) break;
        const std::uint64_t first = segments.column_u64(0);
        if (first > seq) {
            return fail(ErrorKind::Corrupt,
                        "run " + to_hex(view(run)) + " has no record " + std::to_string(seq));
        }
        auto log = database_->query("SELECT leaf, rec FROM log WHERE leaf >= ? ORDER BY leaf");
        log.u64(segments.column_u64(1) + (seq - first));
        while (out.size() < limit) {
            WEFT_TRY(row, log.step());
            if (!row) break;
            const auto head = parse_record_head(log.column_bytes(1));
            if (!head) {
                return fail(ErrorKind::Corrupt,
                            "record " + std::to_string(log.column_i64(0)) + " is damaged");
            }
            if (head->run != run || head->seq != seq) break;
            out.push_back({log.column_u64(0), log.column_text(1)});
            ++seq;
        }
    }
    return out;
}

Result<std::optional<std::string>> SqliteStore::payload(std::uint64_t leaf) {
    auto query = database_->query("SELECT box FROM payload WHERE leaf = ?");
    WEFT_TRY(row, query.u64(leaf).step());
    if (!row) return std::optional<std::string>();
    return std::optional(query.column_text(0));
}

Result<std::optional<RunRow>> SqliteStore::run(const RunId& id) {
    auto query = database_->query(
        "SELECT id, image, status, slot, start_tag, parent, begun, ended, retain_until, hold, no "
        "FROM run WHERE id = ?");
    return one_run(query.id(id));
}

Result<std::optional<RunRow>> SqliteStore::run_by_start_tag(const Tag& tag) {
    auto query = database_->query(
        "SELECT id, image, status, slot, start_tag, parent, begun, ended, retain_until, hold, no "
        "FROM run WHERE start_tag = ?");
    return one_run(query.id(tag));
}

Result<std::vector<RunRow>> SqliteStore::runs(const RunFilter& filter) {
    if (poison_) return std::unexpected(poison_error());
    IdRange range;
    std::string sql = "SELECT " + std::string(kRunColumns) + " FROM run WHERE no < ?";
    if (!filter.id_prefix.empty()) {
        WEFT_TRY(ids, id_range(filter.id_prefix));
        range = std::move(ids);
        sql += " AND id BETWEEN ? AND ?";
    }
    if (!filter.statuses.empty()) {
        sql += " AND status IN (";
        for (std::size_t i = 0; i < filter.statuses.size(); ++i) {
            sql += (i == 0 ? "" : ",") + std::to_string(filter.statuses[i]);
        }
        sql += ")";
    }
    if (filter.image) sql += " AND image = ?";
    if (filter.parent) sql += " AND parent = ?";
    if (filter.held) sql += *filter.held ? " AND hold <> 0" : " AND hold = 0";
    if (filter.ended) sql += *filter.ended ? " AND ended IS NOT NULL" : " AND ended IS NULL";
    if (filter.parked) {
        sql += *filter.parked ? " AND EXISTS" : " AND NOT EXISTS";
        sql += " (SELECT 1 FROM wake WHERE wake.run = run.no)";
    }
    if (filter.retain_before_ms) sql += " AND retain_until <= ?";
    // By the index of those that have one, which are few.
    sql += filter.retain_before_ms ? " ORDER BY retain_until, no DESC LIMIT ?"
                                   : " ORDER BY no DESC LIMIT ?";
    auto query = database_->query_once(sql);
    query.i64(filter.below_no == 0 ? INT64_MAX : static_cast<std::int64_t>(filter.below_no));
    if (!filter.id_prefix.empty()) query.blob(range.low).blob(range.high);
    if (filter.image) query.id(*filter.image);
    if (filter.parent) query.id(*filter.parent);
    if (filter.retain_before_ms) query.i64(*filter.retain_before_ms);
    query.i64(filter.limit);
    std::vector<RunRow> out;
    while (true) {
        WEFT_TRY(row, query.step());
        if (!row) return out;
        out.push_back(run_row(query));
    }
}

// A full tile from its row, or a hash of the right edge.
Result<Hash> SqliteStore::tree_hash(std::uint32_t level, std::uint64_t index) {
    const std::uint64_t count = edge_.size() >> (8 * level);
    if (index >= count) return fail(ErrorKind::Usage, "the tree has no such subtree");
    const std::uint64_t tile = index / kTileWidth;
    const std::uint64_t place = index % kTileWidth;
    if (tile == count / kTileWidth) return edge_.partial(level).at(place);
    auto& kept = tiles_[level];
    if (kept.first != tile || kept.second.empty()) {
        auto query = database_->query("SELECT hashes FROM tile WHERE level = ? AND idx = ?");
        WEFT_TRY(row, query.i64(level).u64(tile).step());
        if (!row || query.column_bytes(0).size() != kTileWidth * 32) {
            return fail(ErrorKind::Corrupt, "tile " + std::to_string(tile) + " of level " +
                                                std::to_string(level) + " is missing or damaged");
        }
        kept = {tile, query.column_text(0)};
    }
    return to_array<32>(std::string_view(kept.second).substr(place * 32, 32));
}

HashSource SqliteStore::hash_source() {
    return [this](std::uint32_t level, std::uint64_t index) { return tree_hash(level, index); };
}

Result<MerkleEdge> SqliteStore::edge_at(std::uint64_t size) {
    std::vector<std::vector<Hash>> partials;
    for (std::uint32_t level = 0; level < kTileLevels && (size >> (8 * level)) > 0; ++level) {
        const std::uint64_t count = size >> (8 * level);
        auto& partial = partials.emplace_back();
        for (std::uint64_t i = count - count % kTileWidth; i < count; ++i) {
            WEFT_TRY(hash, tree_hash(level, i));
            partial.push_back(hash);
        }
    }
    return MerkleEdge::restore(size, std::move(partials));
}

Result<Hash> SqliteStore::root(std::uint64_t size) {
    if (poison_) return std::unexpected(poison_error());
    if (size == edge_.size()) return edge_.root();
    return tree_root(size, hash_source());
}

Result<std::vector<Hash>> SqliteStore::inclusion_proof(std::uint64_t leaf, std::uint64_t size) {
    if (size > edge_.size()) return fail(ErrorKind::Usage, "the tree is not that large");
    return store::inclusion_proof(leaf, size, hash_source());
}

Result<std::vector<Hash>> SqliteStore::cover_proof(const std::vector<std::uint64_t>& leaves,
                                                   std::uint64_t size) {
    if (size > edge_.size()) return fail(ErrorKind::Usage, "the tree is not that large");
    return store::cover_proof(leaves, size, hash_source());
}

Result<std::vector<Hash>> SqliteStore::consistency_proof(std::uint64_t from, std::uint64_t to) {
    if (to > edge_.size()) return fail(ErrorKind::Usage, "the tree is not that large");
    return store::consistency_proof(from, to, hash_source());
}

Result<std::vector<Checkpoint>> SqliteStore::checkpoints(std::uint64_t from_size,
                                                         std::uint32_t limit) {
    auto query =
        database_->query("SELECT note FROM checkpoint WHERE size >= ? ORDER BY size LIMIT ?");
    query.u64(from_size).i64(limit);
    std::vector<Checkpoint> out;
    while (true) {
        WEFT_TRY(row, query.step());
        if (!row) return out;
        WEFT_TRY(checkpoint, check_note(origin_, keys_->public_key(), query.column_bytes(0)));
        out.push_back(std::move(checkpoint));
    }
}

Result<std::optional<Checkpoint>> SqliteStore::last_checkpoint() {
    return last_signed_;
}

std::string SqliteStore::verifier_key() const {
    return store::verifier_key(origin_, keys_->public_key());
}

}  // namespace weft::store
