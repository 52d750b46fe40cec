// The tables beside the log: tiles, checkpoints, programs, images, runs, and all that is sealed.
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/hash.h"
#include "store/box.h"
#include "store/note.h"
#include "store/row_tags.h"
#include "store/sealed_file.h"
#include "store/sums.h"
#include "store/verifier.h"

namespace weft::store {

namespace {

// Rows of one slice, as the queries say.
constexpr std::size_t kRowsASlice = 1000;
constexpr std::size_t kTilesASlice = 50;
constexpr std::size_t kCheckpointsASlice = 20;
constexpr std::size_t kProgramsASlice = 4;
constexpr int kPartsASlice = 16;  // of a sealed file, 64 KiB each

std::string tile_name(std::uint64_t level, std::uint64_t index) {
    return std::to_string(level) + "/" + std::to_string(index);
}

// The integrity check tells of a page that can't be had in the same way, whether it is damaged or
// the disk or memory failed; the code, where there is one, is SQLite's.
std::optional<Error> failed_read(Database& database, const std::string& text) {
    if (take_failed_read()) return database.error(SQLITE_IOERR_READ);
    static constexpr std::string_view kCode = "unable to get the page. error code=";
    const auto at = text.find(kCode);
    if (at == std::string::npos) return std::nullopt;
    int code = 0;
    const char* begin = text.data() + at + kCode.size();
    std::from_chars(begin, text.data() + text.size(), code);
    auto error = database.error(code);
    if (error.kind != ErrorKind::Environment) return std::nullopt;
    return error;
}

}  // namespace

// SQLite's own pages. What it finds here may hide rows, so it comes first.
Result<bool> Verifier::structure() {
    // Rows that damage hides of `log`, `payload`, `seg` and `tile` are missed by the walk.
    static constexpr std::array<const char*, 18> kBeside = {
        "run",     "wake", "snapshot", "inbox", "ready", "program",
        "image",   "meta", "ledger",   "cache", "lock",  "lock_wait",
        "subject", "flow", "secret",   "file",  "actor", "checkpoint"};
    const auto next = static_cast<std::size_t>(at_.number == INT64_MIN ? 0 : at_.number);
    const bool whole = options_.whole_structure;
    auto query = whole ? store_.database_->query("PRAGMA integrity_check(20)")
                       : store_.database_->query_once("PRAGMA integrity_check(" +
                                                      std::string(kBeside[next]) + ")");
    at_.number = static_cast<std::int64_t>(next) + 1;
    while (true) {
        auto row = query.step();
        if (!row) {
            unread("sqlite", "", "", row.error());
            return false;
        }
        if (!*row) return !whole && next + 1 < kBeside.size();
        const auto text = query.column_text(0);
        if (text == "ok") continue;
        if (const auto error = failed_read(*store_.database_, text)) return std::unexpected(*error);
        found("sqlite", "", text);
    }
}

Result<bool> Verifier::run_rows() {
    run_of_no_[0] = RunId{};
    auto query =
        store_.database_->query("SELECT no, id, slot FROM run WHERE no > ? ORDER BY no LIMIT 1000");
    return each(query.i64(at_.number), kRowsASlice, [&] {
        at_.number = query.column_i64(0);
        const RunId id = query.column_id<16>(1);
        run_of_no_[query.column_u64(0)] = id;
        auto& state = state_of(id);
        state.known = true;
        const auto slot = store_.keys_->slot_state(query.column_u64(2));
        if (!slot && slot.error().kind == ErrorKind::Environment) {
            unread("run", to_hex(view(id)), "", slot.error());
        } else if (!slot || *slot == SlotState::None) {
            found("run", to_hex(view(id)), "its key slot is missing or damaged");
        } else {
            state.erased = *slot == SlotState::Destroyed;
        }
    });
}

// Every full tile stands, and its root is that of its hashes. The hashes of level 0 are compared
// with the records in the walk; those above with the roots below.
Result<bool> Verifier::tiles() {
    const std::uint64_t full = size_ >> (8 * (level_ + 1));
    if (at_.number == INT64_MIN) {
        level_roots_.assign(full, Hash{});
        level_seen_.assign(full, false);
    }
    auto query = store_.database_->query(
        "SELECT idx, root, hashes FROM tile WHERE level = ? AND idx > ? ORDER BY idx LIMIT 50");
    query.i64(level_).i64(at_.number);
    WEFT_TRY(more, each(query, kTilesASlice, [&] {
                 at_.number = query.column_i64(0);
                 tile(query.column_u64(0), query.column_bytes(1), query.column_bytes(2));
             }));
    if (more) return true;
    for (std::uint64_t i = 0; i < full; ++i) {
        if (!level_seen_[i]) found("tile", tile_name(level_, i), "it is missing");
    }
    below_ = std::move(level_roots_);
    at_ = {};
    return ++level_ < kTileLevels;
}

void Verifier::tile(std::uint64_t index, std::string_view root, std::string_view hashes) {
    if (index >= level_seen_.size()) {
        // Perhaps of records since the beginning.
        if (index < store_.log_size() >> (8 * (level_ + 1))) return;
        found("tile", tile_name(level_, index), "the log is not that long");
        return;
    }
    std::vector<Hash> parts;
    for (std::size_t at = 0; at + 32 <= hashes.size(); at += 32) {
        parts.push_back(to_array<32>(hashes.substr(at, 32)));
    }
    level_seen_[index] = true;
    level_roots_[index] = fold(parts);
    const bool sized = hashes.size() == kTileWidth * 32;
    if (!sized || view(level_roots_[index]) != root) {
        found("tile", tile_name(level_, index), "its root is not that of its hashes");
    }
    for (std::size_t i = 0; level_ > 0 && sized && i < kTileWidth; ++i) {
        if (parts[i] != below_[index * kTileWidth + i]) {
            found("tile", tile_name(level_, index),
                  "hash " + std::to_string(i) + " is not the root of the tile below");
        }
    }
}

Result<bool> Verifier::tile_levels() {
    auto high =
        store_.database_->query("SELECT level, idx FROM tile WHERE level NOT BETWEEN 0 AND 6");
    return each(high, SIZE_MAX, [&] {
        found("tile", tile_name(high.column_u64(0), high.column_u64(1)), "there is no such level");
    });
}

Result<bool> Verifier::sizes() {
    auto query = store_.database_->query(
        "SELECT size FROM checkpoint WHERE size > ? ORDER BY size LIMIT 1000");
    return each(query.i64(at_.number), kRowsASlice, [&] {
        at_.number = query.column_i64(0);
        roots_[query.column_u64(0)] = {};
    });
}

// The leaf hashes of the edge at the last checkpoint count only if they give its root.
Result<bool> Verifier::edge_row() {
    WEFT_TRY(stored, store_.meta("edge"));
    if (!stored) {
        auto any = store_.database_->query("SELECT 1 FROM checkpoint LIMIT 1");
        WEFT_TRY(row, any.step());
        if (row) found("meta", "edge", "it is missing");
        return false;
    }
    ByteReader in(*stored);
    const std::uint64_t size = in.u64();
    const bool whole = size <= store_.log_size() && in.left() == (size % kTileWidth) * 32;
    if (whole) {
        std::vector<std::vector<Hash>> partials(1);
        while (in.left() > 0) partials[0].push_back(to_array<32>(in.raw(32)));
        auto above = store_.edge_at(size);
        for (std::uint32_t level = 1; above && level < above->levels(); ++level) {
            partials.push_back(above->partial(level));
        }
        auto query = store_.database_->query("SELECT note FROM checkpoint WHERE size = ?");
        WEFT_TRY(row, query.u64(size).step());
        const auto checkpoint =
            row ? check_note(store_.origin_, store_.keys_->public_key(), query.column_bytes(0))
                : Result<Checkpoint>(fail(ErrorKind::Corrupt, ""));
        if (!above && above.error().kind == ErrorKind::Environment) {
            return std::unexpected(above.error());
        }
        // A damaged checkpoint or tile is found where it stands; nothing can be said here then.
        if (!checkpoint || !above) return false;
        if (MerkleEdge::restore(size, partials).root() == checkpoint->root) {
            edge_size_ = size;
            edge_hashes_ = stored->substr(8);
            return false;
        }
    }
    found("meta", "edge", "it is not the edge of the tree at its checkpoint");
    return false;
}

Result<bool> Verifier::checkpoints() {
    auto query = store_.database_->query(
        "SELECT size, note FROM checkpoint WHERE size > ? ORDER BY size LIMIT 20");
    return each(query.i64(at_.number), kCheckpointsASlice, [&] {
        at_.number = query.column_i64(0);
        const std::uint64_t size = query.column_u64(0);
        // Signed since the beginning, over records that were not looked at.
        if (size > next_leaf_ && size <= store_.log_size()) return;
        ++report_.checkpoints;
        const std::string name = std::to_string(size);
        const auto checkpoint =
            check_note(store_.origin_, store_.keys_->public_key(), query.column_bytes(1));
        if (!checkpoint) {
            found("checkpoint", name, checkpoint.error().message);
        } else if (checkpoint->size != size) {
            found("checkpoint", name, "its note is over another number of records");
        } else if (size > store_.log_size()) {
            found("checkpoint", name, "the log is shorter than it");
        } else if (roots_.contains(size) && roots_[size] != checkpoint->root && size > 0) {
            found("checkpoint", name, "its root is not that of the log");
        }
    });
}

Result<bool> Verifier::programs() {
    auto query = store_.database_->query(
        "SELECT hash, ir, source, sum FROM program WHERE hash > ? ORDER BY hash LIMIT 4");
    return each(query.blob(at_.bytes), kProgramsASlice, [&] {
        const Hash hash = query.column_id<32>(0);
        const std::string name = to_hex(query.column_bytes(0));
        const auto ir = query.column_bytes(1);
        const Hash sum = program_sum(hash, ir, query.column_bytes(2));
        const Hash due = options_.program_hash ? options_.program_hash(ir) : sha256(ir);
        if (!is_row_tag(*store_.keys_, "program", view(sum), query.column_bytes(3))) {
            found("program", name, "its digest is not that of its source and IR");
        }
        if (view(due) != query.column_bytes(0)) {
            found("program", name, "its hash is not that of its IR");
        }
        next_bytes_ = query.column_text(0);
    });
}

Result<bool> Verifier::images() {
    auto query = store_.database_->query(
        "SELECT hash, program, semantics, code, sum FROM image WHERE hash > ? ORDER BY hash "
        "LIMIT 4");
    return each(query.blob(at_.bytes), kProgramsASlice, [&] {
        const std::string name = to_hex(query.column_bytes(0));
        const auto code = query.column_bytes(3);
        const auto semantics = static_cast<std::uint32_t>(query.column_i64(2));
        const Hash sum = image_sum(query.column_id<32>(0), query.column_id<32>(1), semantics, code);
        if (!is_row_tag(*store_.keys_, "image", view(sum), query.column_bytes(4))) {
            found("image", name, "its digest is not that of its code");
        }
        if (options_.image_hash &&
            view(options_.image_hash(semantics, code)) != query.column_bytes(0)) {
            found("image", name, "its hash is not that of its code");
        }
        next_bytes_ = query.column_text(0);
    });
}

// What came from outside and was taken says which record it became.
Result<bool> Verifier::taken_inbox() {
    auto query = store_.database_->query(
        "SELECT id, run, seq FROM inbox WHERE id > ? AND box IS NULL AND seq IS NOT NULL "
        "ORDER BY id LIMIT 1000");
    return each(query.i64(at_.number), kRowsASlice, [&] {
        at_.number = query.column_i64(0);
        const std::uint64_t seq = query.column_u64(2);
        const RunId run = query.column_id<16>(1);
        if (seq < state_of(run).next_seq) return;
        // It may have come since the beginning.
        const auto head = store_.head(run);
        if (!head) return unread("inbox", query.column_text(0), "", head.error());
        if (seq < head->next_seq) return;
        found("inbox", query.column_text(0), "it was taken, but its run has no such record");
    });
}

// Boxes that no record commits to: that they open says that they are whole and in their place.
void Verifier::check_sealed(const char* table, const std::string& row, const RunId& run,
                            const std::string& context, std::string_view box) {
    auto key = key_of(run);
    if (!key) {
        unread(table, row, "its key can't be had: ", key.error());
    } else if (!*key) {
        found(table, row, "it still stands though its run was erased");
    } else if (!open_bytes(**key, context, box)) {
        found(table, row, "it does not open");
    }
}

Result<bool> Verifier::waiting_inbox() {
    auto query = store_.database_->query(
        "SELECT id, run, tag, box FROM inbox WHERE id > ? AND box IS NOT NULL ORDER BY id "
        "LIMIT 1000");
    return each(query.i64(at_.number), kRowsASlice, [&] {
        at_.number = query.column_i64(0);
        check_sealed("inbox", query.column_text(0), query.column_id<16>(1),
                     inbox_context(query.column_id<16>(2)), query.column_bytes(3));
    });
}

Result<bool> Verifier::secrets() {
    auto query = store_.database_->query(
        "SELECT run, handle, box FROM secret WHERE (run, handle) > (?, ?) ORDER BY run, handle "
        "LIMIT 1000");
    query.blob(at_.bytes).text(at_.text);
    return each(query, kRowsASlice, [&] {
        const RunId run = query.column_id<16>(0);
        check_sealed("secret", to_hex(view(run)) + "/" + query.column_text(1), run,
                     secret_context(run, query.column_bytes(1)), query.column_bytes(2));
        next_bytes_ = query.column_text(0);
        next_text_ = query.column_text(1);
    });
}

Result<bool> Verifier::actors() {
    auto query =
        store_.database_->query("SELECT id, box FROM actor WHERE id > ? ORDER BY id LIMIT 1000");
    return each(query.blob(at_.bytes), kRowsASlice, [&] {
        const auto id = query.column_id<16>(0);
        check_sealed("actor", to_hex(view(id)), RunId{}, actor_context(id), query.column_bytes(1));
        next_bytes_ = query.column_text(0);
    });
}

Result<bool> Verifier::sealed_files() {
    if (!file_) return next_file();
    for (int parts = 0; parts < kPartsASlice; ++parts) {
        const auto part = file_->next();
        if (!part) unread("file", file_name_, "", part.error());
        if (part && !part->empty()) continue;
        file_.reset();
        return true;
    }
    return true;
}

Result<bool> Verifier::next_file() {
    auto query =
        store_.database_->query("SELECT id, run, size FROM file WHERE id > ? ORDER BY id LIMIT 1");
    WEFT_TRY(row, query.blob(at_.bytes).step());
    if (!row) return false;
    const FileRow file{query.column_id<16>(0), query.column_id<16>(1), query.column_u64(2)};
    next_bytes_ = query.column_text(0);
    file_name_ = to_hex(view(file.id));
    auto key = key_of(file.run);
    if (!key) {
        unread("file", file_name_, "its key can't be had: ", key.error());
        return true;
    }
    if (!*key) {
        found("file", file_name_, "its run has no key");
        return true;
    }
    auto reader = FileReader::open(store_.files_folder(), **key, file);
    if (!reader) {
        unread("file", file_name_, "", reader.error());
        return true;
    }
    file_.emplace(std::move(*reader));
    return true;
}

}  // namespace weft::store
