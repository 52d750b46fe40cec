// The walk over the log, with its tiles, segments, chains and payloads. The tables beside it are in
// verifier_tables.cpp.
#include "store/verifier.h"

#include "bytecode/record.h"
#include "store/box.h"
#include "store/note.h"

namespace weft::store {

namespace {

// Payload rows in the order of their leaves, moved along with the log.
class BoxCursor {
  public:
    explicit BoxCursor(Query& rows) : rows_(rows) {}

    // Leaves are asked for in rising order. Rows between them belong to no record; `leftovers`
    // names them.
    bool stands_at(std::uint64_t leaf) {
        while (!at_end_ && (!leaf_ || *leaf_ < leaf)) step();
        return !at_end_ && *leaf_ == leaf;
    }
    [[nodiscard]] const std::optional<std::string>& failure() const { return failure_; }

  private:
    void step() {
        const auto row = rows_.step();
        if (!row) failure_ = row.error().message;
        at_end_ = !row || !*row;
        if (!at_end_) leaf_ = rows_.column_u64(0);
    }

    Query& rows_;
    std::optional<std::uint64_t> leaf_;
    bool at_end_ = false;
    std::optional<std::string> failure_;
};

}  // namespace

Result<VerifyReport> SqliteStore::verify(const VerifyOptions& options) {
    if (poison_) return std::unexpected(poison_error());
    tiles_.clear();
    return Verifier(*this, options).run();
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

Result<VerifyReport> Verifier::run() {
    WEFT_TRY_VOID(structure());
    WEFT_TRY_VOID(run_rows());
    WEFT_TRY_VOID(tiles());
    WEFT_TRY_VOID(edge_row());
    {
        auto sizes = store_.database_->query("SELECT size FROM checkpoint");
        while (true) {
            WEFT_TRY(row, sizes.step());
            if (!row) break;
            roots_[sizes.column_u64(0)] = {};
        }
    }
    WEFT_TRY_VOID(walk_log());
    WEFT_TRY_VOID(leftovers());
    WEFT_TRY_VOID(checkpoints());
    WEFT_TRY_VOID(programs());
    if (options_.open_boxes) {
        WEFT_TRY_VOID(taken_inbox());
        WEFT_TRY_VOID(sealed_tables());
        WEFT_TRY_VOID(sealed_files());
    }
    report_.root = tree_.root();
    return std::move(report_);
}

Verifier::RunState& Verifier::state_of(const RunId& run) {
    return runs_[run];
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

Result<void> Verifier::walk_log() {
    auto rows = store_.database_->query(
        "SELECT seg.leaf, seg.run, seg.seq FROM seg ORDER BY seg.leaf, seg.run");
    while (true) {
        WEFT_TRY(row, rows.step());
        if (!row) break;
        const std::uint64_t no = rows.column_u64(1);
        const auto run = run_of_no_.find(no);
        const RunId id = run == run_of_no_.end() ? RunId{} : run->second;
        if (run == run_of_no_.end() && no != 0) {
            found("seg", std::to_string(no) + "/" + std::to_string(rows.column_i64(2)),
                  "it names a run that has no row");
        }
        segments_.push_back({rows.column_u64(0), id, rows.column_u64(2), no});
    }
    // Side by side, each in its own order: a search for each record's box costs more than its hash.
    auto log = store_.database_->query("SELECT leaf, rec FROM log ORDER BY leaf");
    auto boxes = store_.database_->query("SELECT leaf, box FROM payload ORDER BY leaf");
    BoxCursor box(boxes);
    std::uint64_t next = 0;
    while (true) {
        auto row = log.step();
        if (!row) {
            found("log", std::to_string(next), "it can't be read: " + row.error().message);
            break;
        }
        if (!*row) break;
        const std::uint64_t leaf = log.column_u64(0);
        if (leaf != next) {
            found("log", std::to_string(next), "leaves are missing up to " + std::to_string(leaf));
        }
        next = leaf + 1;
        if (++report_.records % 1000 == 0 && options_.busy) options_.busy();
        const std::string_view bytes = log.column_bytes(1);
        record(leaf, bytes);
        if (box.stands_at(leaf)) {
            ++report_.payloads;
            check_box(*previous_, bytes, boxes.column_bytes(1));
        } else if (!box.failure()) {
            WEFT_TRY_VOID(check_no_box(*previous_));
        }
    }
    if (box.failure()) found("payload", "", "it can't be read: " + *box.failure());
    if (next != store_.log_size()) {
        found("log", std::to_string(next), "leaves are missing at the end");
    }
    return {};
}

void Verifier::record(std::uint64_t leaf, std::string_view bytes) {
    const At at{leaf, parse_record_head(bytes)};
    const Hash hash = leaf_hash(bytes);
    std::vector<Tile> full;
    tree_.append(hash, full);
    if (const auto root = roots_.find(leaf + 1); root != roots_.end()) root->second = tree_.root();
    if (!at.head) found("log", std::to_string(leaf), "it is not a record", at);
    check_leaf_hash(at, hash);
    if (at.head) check_chain(at, hash);
    check_segment(at);
    previous_ = at;
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
            if (row && *row) tile_hashes_ = query.column_text(1);
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

void Verifier::check_chain(const At& at, const Hash& hash) {
    auto& state = state_of(at.head->run);
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
}

// Each record stands where a segment begins, or right behind the one before it of the same run.
void Verifier::check_segment(const At& at) {
    bool begins = false;
    while (next_segment_ < segments_.size() && segments_[next_segment_].leaf <= at.leaf) {
        const auto& segment = segments_[next_segment_++];
        const bool fits = segment.leaf == at.leaf && !begins && at.head &&
                          segment.run == at.head->run && segment.seq == at.head->seq;
        if (!fits) {
            found("seg", std::to_string(segment.no) + "/" + std::to_string(segment.seq),
                  "the log has no such record at leaf " + std::to_string(segment.leaf), at);
        }
        begins = begins || fits;
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
        found("payload", row, "its key can't be had: " + key.error().message, at);
        return;
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

// Rows that the walk never came by.
Result<void> Verifier::leftovers() {
    for (; next_segment_ < segments_.size(); ++next_segment_) {
        const auto& segment = segments_[next_segment_];
        found("seg", std::to_string(segment.no) + "/" + std::to_string(segment.seq),
              "it points behind the end of the log");
    }
    auto boxes = store_.database_->query(
        "SELECT leaf FROM payload WHERE NOT EXISTS(SELECT 1 FROM log WHERE log.leaf = "
        "payload.leaf) ORDER BY leaf");
    while (true) {
        WEFT_TRY(row, boxes.step());
        if (!row) break;
        found("payload", std::to_string(boxes.column_i64(0)), "it has no record");
    }
    for (const auto& [run, state] : runs_) {
        if (run != RunId{} && !state.known) {
            found("run", to_hex(view(run)), "the log has records of it, but it has no row");
        }
    }
    return {};
}

}  // namespace weft::store
