// The walk over the log, with its tiles, segments, chains and payloads. The tables beside it are in
// verifier_tables.cpp.
#include "store/verifier.h"

#include <algorithm>

#include "bytecode/record.h"
#include "store/box.h"

namespace weft::store {

namespace {

constexpr std::size_t kRecordsASlice = 1000;
constexpr std::size_t kSegmentsASlice = 2000;

// Payload rows in the order of their leaves, moved along with the log.
class BoxCursor {
  public:
    BoxCursor(Query& rows, std::function<void(std::uint64_t)> orphan)
        : rows_(rows), orphan_(std::move(orphan)) {}

    // Leaves are asked for in rising order. Rows between them belong to no record.
    bool stands_at(std::uint64_t leaf) {
        while (!at_end_ && (!leaf_ || *leaf_ < leaf)) {
            step();
            if (!at_end_ && *leaf_ < leaf) orphan_(*leaf_);
        }
        return !at_end_ && *leaf_ == leaf;
    }
    [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

  private:
    void step() {
        const auto row = rows_.step();
        if (!row) failure_ = row.error();
        at_end_ = !row || !*row;
        if (!at_end_) leaf_ = rows_.column_u64(0);
    }

    Query& rows_;
    std::function<void(std::uint64_t)> orphan_;
    std::optional<std::uint64_t> leaf_;
    bool at_end_ = false;
    std::optional<Error> failure_;
};

}  // namespace

std::unique_ptr<Verification> SqliteStore::begin_verify(VerifyOptions options) {
    tiles_.clear();
    return std::make_unique<Verifier>(*this, std::move(options));
}

Verifier::Verifier(SqliteStore& store, VerifyOptions options)
    : store_(store), options_(std::move(options)), size_(store.log_size()) {
    phases_ = {&Verifier::structure,        &Verifier::schema_objects, &Verifier::shapes,
               &Verifier::run_rows,         &Verifier::segments,       &Verifier::tiles,
               &Verifier::tile_levels,      &Verifier::edge_row,       &Verifier::sizes,
               &Verifier::walk_log,         &Verifier::leftovers,      &Verifier::rows_beyond,
               &Verifier::checkpoints,      &Verifier::programs,       &Verifier::images,
               &Verifier::checkpoint_count, &Verifier::key_file,       &Verifier::wakes,
               &Verifier::inbox_tags,       &Verifier::meta_tags};
    if (!options_.open_boxes) return;
    for (Phase phase : {&Verifier::taken_inbox, &Verifier::waiting_inbox, &Verifier::secrets,
                        &Verifier::snapshots, &Verifier::actors, &Verifier::sealed_files}) {
        phases_.push_back(phase);
    }
}

Result<bool> Verifier::advance() {
    if (store_.poison_) return std::unexpected(store_.poison_error());
    at_.bytes = next_bytes_;
    at_.text = next_text_;
    WEFT_TRY(more, (this->*phases_[phase_])());
    if (failure_) return std::unexpected(*failure_);
    if (more) return true;
    at_ = {};
    next_bytes_.clear();
    next_text_.clear();
    if (++phase_ < phases_.size()) return true;
    report_.root = tree_.root();
    return false;
}

Result<bool> Verifier::each(Query& query, std::size_t limit, const std::function<void()>& row) {
    for (std::size_t count = 0;; ++count) {
        WEFT_TRY(got, query.step());
        if (!got) return count == limit;
        row();
    }
}

void Verifier::found(std::string table, std::string row, std::string what,
                     const std::optional<At>& at) {
    if (report_.findings.size() >= options_.max_findings) return;
    Finding finding;
    finding.table = std::move(table);
    finding.row = std::move(row);
    finding.what = std::move(what);
    if (at) {
        finding.leaf = at->leaf;
        if (at->head) {
            finding.run = at->head->run;
            finding.seq = at->head->seq;
        }
    }
    report_.findings.push_back(std::move(finding));
}

void Verifier::unread(std::string table, std::string row, const std::string& what,
                      const Error& error, const std::optional<At>& at) {
    if (error.kind == ErrorKind::Environment) {
        if (!failure_) failure_ = error;
        return;
    }
    found(std::move(table), std::move(row), what + error.message, at);
}

// None: the key was destroyed, so there is nothing to open any more.
Result<std::optional<Key>> Verifier::key_of(const RunId& run) {
    auto& state = state_of(run);
    if (state.erased) return std::optional<Key>();
    if (!state.key) {
        auto key = store_.run_key(run);
        if (!key && key.error().kind == ErrorKind::Refused) {
            state.erased = true;
            return std::optional<Key>();
        }
        if (!key) return std::unexpected(std::move(key).error());
        state.key = *key;
    }
    return state.key;
}

Result<bool> Verifier::segments() {
    auto rows = store_.database_->query(
        "SELECT leaf, run, seq FROM seg WHERE (run, seq) > (?, ?) ORDER BY run, seq LIMIT 2000");
    rows.i64(at_.number).i64(at_.second);
    return each(rows, kSegmentsASlice, [&] {
        const std::uint64_t leaf = rows.column_u64(0);
        const std::uint64_t no = rows.column_u64(1);
        const std::uint64_t seq = rows.column_u64(2);
        at_.number = rows.column_i64(1);
        at_.second = rows.column_i64(2);
        // Of a commit since the beginning.
        if (leaf >= size_ && leaf < store_.log_size()) return;
        const auto run = run_of_no_.find(no);
        if (run == run_of_no_.end() && no != 0) {
            found("seg", std::to_string(no) + "/" + std::to_string(rows.column_i64(2)),
                  "it names a run that has no row");
        }
        segments_.emplace(leaf, Segment{run == run_of_no_.end() ? RunId{} : run->second, seq, no});
    });
}

Result<bool> Verifier::walk_log() {
    // Side by side, each in its own order: a search for each record's box costs more than its hash.
    auto log = store_.database_->query(
        "SELECT leaf, rec FROM log WHERE leaf >= ? ORDER BY leaf LIMIT 1000");
    auto boxes =
        store_.database_->query("SELECT leaf, box FROM payload WHERE leaf >= ? ORDER BY leaf");
    log.u64(next_leaf_);
    boxes.u64(next_leaf_);
    BoxCursor box(boxes, [this](std::uint64_t leaf) {
        found("payload", std::to_string(leaf), "it has no record");
    });
    for (std::size_t count = 0; count < kRecordsASlice; ++count) {
        auto row = log.step();
        if (!row) {
            unread("log", std::to_string(next_leaf_), "it can't be read: ", row.error());
            next_leaf_ = std::max(next_leaf_, size_);
            return false;
        }
        const std::uint64_t leaf = *row ? log.column_u64(0) : UINT64_MAX;
        const bool is_later = leaf >= size_ && leaf < store_.log_size();
        if (!*row || is_later) return false;
        if (leaf != next_leaf_) {
            found("log", std::to_string(next_leaf_),
                  "leaves are missing up to " + std::to_string(leaf));
        }
        next_leaf_ = leaf + 1;
        ++report_.records;
        const std::string_view bytes = log.column_bytes(1);
        WEFT_TRY_VOID(record(leaf, bytes));
        if (box.stands_at(leaf)) {
            ++report_.payloads;
            check_box(*previous_, bytes, boxes.column_bytes(1));
        } else if (!box.failure()) {
            WEFT_TRY_VOID(check_no_box(*previous_));
        }
        if (box.failure()) {
            unread("payload", "", "it can't be read: ", *box.failure());
            next_leaf_ = std::max(next_leaf_, size_);
            return false;
        }
    }
    return true;
}

Result<void> Verifier::record(std::uint64_t leaf, std::string_view bytes) {
    const At at{leaf, parse_record_head(bytes)};
    const Hash hash = leaf_hash(bytes);
    std::vector<Tile> full;
    tree_.append(hash, full);
    if (const auto root = roots_.find(leaf + 1); root != roots_.end()) root->second = tree_.root();
    if (!at.head) found("log", std::to_string(leaf), "it is not a record", at);
    check_leaf_hash(at, hash);
    if (at.head) WEFT_TRY_VOID(check_chain(at, hash));
    check_segment(at);
    previous_ = at;
    return {};
}

// Against the stored tile, or against the edge kept with the last checkpoint: this names the
// record.
void Verifier::check_leaf_hash(const At& at, const Hash& hash) {
    std::string_view stored;
    const std::uint64_t tile = at.leaf / kTileWidth;
    if (tile < store_.log_size() / kTileWidth) {
        if (tile_index_ != tile) {
            tile_index_ = tile;
            tile_hashes_.clear();
            auto query = store_.database_->query(
                "SELECT root, hashes FROM tile WHERE level = 0 AND idx = ?");
            const auto row = query.u64(tile).step();
            if (!row)
                return unread("tile", std::to_string(tile), "it can't be read: ", row.error());
            if (*row) tile_hashes_ = query.column_text(1);
        }
        stored = tile_hashes_;
    } else if (at.leaf < edge_size_ && tile == edge_size_ / kTileWidth) {
        stored = edge_hashes_;
    }
    const std::size_t place = at.leaf % kTileWidth;
    if (stored.size() < (place + 1) * 32) return;
    if (stored.substr(place * 32, 32) != view(hash)) {
        found("log", std::to_string(at.leaf), "its hash is not the one in the tree", at);
    }
}

Result<void> Verifier::check_chain(const At& at, const Hash& hash) {
    auto& state = state_of(at.head->run);
    if (!state.known && at.head->run != RunId{}) {
        // One that was begun after its rows were read has one by now.
        WEFT_TRY(row, store_.run(at.head->run));
        state.known = true;
        if (!row) {
            found("run", to_hex(view(at.head->run)),
                  "the log has records of it, but it has no row");
        }
    }
    if (at.head->seq != state.next_seq) {
        found("log", std::to_string(at.leaf),
              "seq " + std::to_string(state.next_seq) + " of its run was expected", at);
    } else if (at.head->prev != state.last_hash) {
        // Either of the two was changed; the tree says which, where it covers them.
        found("log", std::to_string(at.leaf),
              "it does not follow leaf " + std::to_string(state.last_leaf), at);
    }
    state.next_seq = at.head->seq + 1;
    state.last_hash = hash;
    state.last_leaf = at.leaf;
    return {};
}

// Each record stands where a segment begins, or right behind the one before it of the same run.
void Verifier::check_segment(const At& at) {
    bool begins = false;
    for (auto [next, end] = segments_.equal_range(at.leaf); next != end;) {
        const Segment& segment = next->second;
        const bool fits =
            !begins && at.head && segment.run == at.head->run && segment.seq == at.head->seq;
        if (!fits) {
            found("seg", std::to_string(segment.no) + "/" + std::to_string(segment.seq),
                  "the log has no such record at leaf " + std::to_string(at.leaf), at);
        }
        begins = begins || fits;
        next = segments_.erase(next);
    }
    if (begins || !at.head) return;
    const bool follows = previous_ && previous_->head && previous_->head->run == at.head->run &&
                         previous_->head->seq + 1 == at.head->seq;
    if (!follows) {
        found("seg", to_hex(view(at.head->run)) + "/" + std::to_string(at.head->seq),
              "the record at leaf " + std::to_string(at.leaf) + " is in no segment", at);
    }
}

Result<void> Verifier::check_no_box(const At& at) {
    if (!at.head || !at.head->has_payload()) return {};
    // The run may have been erased since its key was had.
    state_of(at.head->run).key.reset();
    WEFT_TRY(key, key_of(at.head->run));
    if (!key) {
        ++report_.erased;
        return {};
    }
    found("payload", std::to_string(at.leaf), "it is missing though its run was not erased", at);
    return {};
}

void Verifier::check_box(const At& at, std::string_view bytes, std::string_view box) {
    const std::string row = std::to_string(at.leaf);
    if (!at.head) return;
    if (!at.head->has_payload()) {
        found("payload", row, "its record has no payload", at);
        return;
    }
    if (!options_.open_boxes) return;
    auto key = key_of(at.head->run);
    if (!key) {
        return unread("payload", row, "its key can't be had: ", key.error(), at);
    }
    if (!*key) {
        found("payload", row, "it still stands though its run was erased", at);
        return;
    }
    const auto opened = open_box(**key, at.head->run, at.head->seq, box);
    if (!opened) {
        found("payload", row, opened.error().message, at);
        return;
    }
    bool fits = true;
    if (options_.commitment) {
        fits = options_.commitment(bytes, *opened);
    } else if (opened->form == BoxForm::Body) {
        fits = commitment(opened->salt, opened->body) == at.head->commitment;
    }
    if (!fits) found("payload", row, "it is not what its record commits to", at);
}

// Segments that the walk never came by.
Result<bool> Verifier::leftovers() {
    if (next_leaf_ < size_) {
        found("log", std::to_string(next_leaf_), "leaves are missing at the end");
    }
    std::vector<std::pair<std::uint64_t, Segment>> left(segments_.begin(), segments_.end());
    segments_.clear();
    std::ranges::sort(left, {}, [](const auto& one) { return one.first; });
    for (const auto& [leaf, segment] : left) {
        found("seg", std::to_string(segment.no) + "/" + std::to_string(segment.seq),
              leaf < next_leaf_ ? "the log has no such record at leaf " + std::to_string(leaf)
                                : "it points behind the end of the log");
    }
    return false;
}

// Nor would it come by these.
Result<bool> Verifier::rows_beyond() {
    auto boxes = store_.database_->query(
        "SELECT leaf FROM payload WHERE leaf < 0 OR (leaf >= ? AND leaf < ?) OR leaf >= ? "
        "ORDER BY leaf");
    boxes.u64(next_leaf_).u64(size_).u64(std::max(next_leaf_, store_.log_size()));
    WEFT_TRY_VOID(each(boxes, SIZE_MAX, [&] {
        found("payload", std::to_string(boxes.column_i64(0)), "it has no record");
    }));
    auto records = store_.database_->query("SELECT leaf FROM log WHERE leaf < 0 ORDER BY leaf");
    return each(records, SIZE_MAX, [&] {
        found("log", std::to_string(records.column_i64(0)), "a log begins with leaf 0");
    });
}

}  // namespace weft::store
