// The tables beside the log: tiles, checkpoints, programs, images, runs, and all that is sealed.
#include <algorithm>

#include "base/hash.h"
#include "store/box.h"
#include "store/note.h"
#include "store/sealed_file.h"
#include "store/sums.h"
#include "store/verifier.h"

namespace weft::store {

namespace {

std::string tile_name(std::uint64_t level, std::uint64_t index) {
    return std::to_string(level) + "/" + std::to_string(index);
}

}  // namespace

// SQLite's own pages. What it finds here may hide rows, so it comes first.
Result<void> Verifier::structure() {
    auto query = store_.database_->query("PRAGMA integrity_check(20)");
    while (true) {
        auto row = query.step();
        if (!row) {
            found("sqlite", "", row.error().message);
            return {};
        }
        if (!*row) return {};
        const auto text = query.column_text(0);
        if (text != "ok") found("sqlite", "", text);
    }
}

Result<void> Verifier::run_rows() {
    run_of_no_[0] = RunId{};
    auto query = store_.database_->query("SELECT no, id, slot FROM run ORDER BY no");
    while (true) {
        WEFT_TRY(row, query.step());
        if (!row) return {};
        const RunId id = query.column_id<16>(1);
        run_of_no_[query.column_u64(0)] = id;
        auto& state = state_of(id);
        state.known = true;
        const auto slot = store_.keys_->slot_state(query.column_u64(2));
        if (!slot || *slot == SlotState::None) {
            found("run", to_hex(view(id)), "its key slot is missing or damaged");
        } else {
            state.erased = *slot == SlotState::Destroyed;
        }
    }
}

// Every full tile stands, and its root is that of its hashes. The hashes of level 0 are compared
// with the records in the walk; those above with the roots below.
Result<void> Verifier::tiles() {
    const std::uint64_t size = store_.log_size();
    std::vector<Hash> below;  // roots of the tiles of the level before
    for (std::uint32_t level = 0; level < kTileLevels; ++level) {
        const std::uint64_t full = size >> (8 * (level + 1));
        std::vector<Hash> roots(full);
        std::vector<bool> seen(full, false);
        auto query = store_.database_->query(
            "SELECT idx, root, hashes FROM tile WHERE level = ? ORDER BY idx");
        query.i64(level);
        while (true) {
            WEFT_TRY(row, query.step());
            if (!row) break;
            const std::uint64_t index = query.column_u64(0);
            const std::string hashes = query.column_text(2);
            if (index >= full) {
                found("tile", tile_name(level, index), "the log is not that long");
                continue;
            }
            std::vector<Hash> parts;
            for (std::size_t at = 0; at + 32 <= hashes.size(); at += 32) {
                parts.push_back(to_array<32>(std::string_view(hashes).substr(at, 32)));
            }
            seen[index] = true;
            roots[index] = fold(parts);
            const bool sized = hashes.size() == kTileWidth * 32;
            if (!sized || view(roots[index]) != query.column_bytes(1)) {
                found("tile", tile_name(level, index), "its root is not that of its hashes");
            }
            for (std::size_t i = 0; level > 0 && sized && i < kTileWidth; ++i) {
                if (parts[i] != below[index * kTileWidth + i]) {
                    found("tile", tile_name(level, index),
                          "hash " + std::to_string(i) + " is not the root of the tile below");
                }
            }
        }
        for (std::uint64_t i = 0; i < full; ++i) {
            if (!seen[i]) found("tile", tile_name(level, i), "it is missing");
        }
        below = std::move(roots);
    }
    auto high =
        store_.database_->query("SELECT level, idx FROM tile WHERE level NOT BETWEEN 0 AND 6");
    while (true) {
        WEFT_TRY(row, high.step());
        if (!row) return {};
        found("tile", tile_name(high.column_u64(0), high.column_u64(1)), "there is no such level");
    }
}

// The leaf hashes of the edge at the last checkpoint count only if they give its root.
Result<void> Verifier::edge_row() {
    WEFT_TRY(stored, store_.meta("edge"));
    if (!stored) {
        auto any = store_.database_->query("SELECT 1 FROM checkpoint LIMIT 1");
        WEFT_TRY(row, any.step());
        if (row) found("meta", "edge", "it is missing");
        return {};
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
        // A damaged checkpoint or tile is found where it stands; nothing can be said here then.
        if (!checkpoint || !above) return {};
        if (MerkleEdge::restore(size, partials).root() == checkpoint->root) {
            edge_size_ = size;
            edge_hashes_ = stored->substr(8);
            return {};
        }
    }
    found("meta", "edge", "it is not the edge of the tree at its checkpoint");
    return {};
}

Result<void> Verifier::checkpoints() {
    auto query = store_.database_->query("SELECT size, note FROM checkpoint ORDER BY size");
    while (true) {
        WEFT_TRY(row, query.step());
        if (!row) return {};
        ++report_.checkpoints;
        const std::uint64_t size = query.column_u64(0);
        const std::string name = std::to_string(size);
        const auto checkpoint =
            check_note(store_.origin_, store_.keys_->public_key(), query.column_bytes(1));
        if (!checkpoint) {
            found("checkpoint", name, checkpoint.error().message);
        } else if (checkpoint->size != size) {
            found("checkpoint", name, "its note is over another number of records");
        } else if (size > store_.log_size()) {
            found("checkpoint", name, "the log is shorter than it");
        } else if (roots_[size] != checkpoint->root && size > 0) {
            found("checkpoint", name, "its root is not that of the log");
        }
    }
}

Result<void> Verifier::programs() {
    auto programs =
        store_.database_->query("SELECT hash, ir, source, sum FROM program ORDER BY hash");
    while (true) {
        WEFT_TRY(row, programs.step());
        if (!row) break;
        const Hash hash = programs.column_id<32>(0);
        const std::string name = to_hex(programs.column_bytes(0));
        const auto ir = programs.column_bytes(1);
        const Hash sum = program_sum(hash, ir, programs.column_bytes(2));
        const Hash due = options_.program_hash ? options_.program_hash(ir) : sha256(ir);
        if (view(sum) != programs.column_bytes(3)) {
            found("program", name, "its digest is not that of its source and IR");
        }
        if (view(due) != programs.column_bytes(0)) {
            found("program", name, "its hash is not that of its IR");
        }
    }
    auto images = store_.database_->query(
        "SELECT hash, program, semantics, code, sum FROM image ORDER BY hash");
    while (true) {
        WEFT_TRY(row, images.step());
        if (!row) return {};
        const std::string name = to_hex(images.column_bytes(0));
        const auto code = images.column_bytes(3);
        const auto semantics = static_cast<std::uint32_t>(images.column_i64(2));
        const Hash sum =
            image_sum(images.column_id<32>(0), images.column_id<32>(1), semantics, code);
        if (view(sum) != images.column_bytes(4)) {
            found("image", name, "its digest is not that of its code");
        }
        if (options_.image_hash &&
            view(options_.image_hash(semantics, code)) != images.column_bytes(0)) {
            found("image", name, "its hash is not that of its code");
        }
    }
}

// What came from outside and was taken says which record it became.
Result<void> Verifier::taken_inbox() {
    auto query = store_.database_->query(
        "SELECT id, run, seq FROM inbox WHERE box IS NULL AND seq IS NOT NULL ORDER BY id");
    while (true) {
        WEFT_TRY(row, query.step());
        if (!row) return {};
        if (query.column_u64(2) < state_of(query.column_id<16>(1)).next_seq) continue;
        found("inbox", query.column_text(0), "it was taken, but its run has no such record");
    }
}

// Boxes that no record commits to: that they open says that they are whole and in their place.
Result<void> Verifier::sealed_tables() {
    const auto check = [this](const char* table, const std::string& row, const RunId& run,
                              const std::string& context, std::string_view box) {
        auto key = key_of(run);
        if (key && !*key) {
            found(table, row, "it still stands though its run was erased");
        } else if (!key || !open_bytes(**key, context, box)) {
            found(table, row, "it does not open");
        }
    };
    auto inbox = store_.database_->query(
        "SELECT id, run, tag, box FROM inbox WHERE box IS NOT NULL ORDER BY id");
    while (true) {
        WEFT_TRY(row, inbox.step());
        if (!row) break;
        check("inbox", inbox.column_text(0), inbox.column_id<16>(1),
              inbox_context(inbox.column_id<16>(2)), inbox.column_bytes(3));
    }
    auto secrets = store_.database_->query("SELECT run, handle, box FROM secret");
    while (true) {
        WEFT_TRY(row, secrets.step());
        if (!row) break;
        const RunId run = secrets.column_id<16>(0);
        check("secret", to_hex(view(run)) + "/" + secrets.column_text(1), run,
              secret_context(run, secrets.column_bytes(1)), secrets.column_bytes(2));
    }
    auto actors = store_.database_->query("SELECT id, box FROM actor");
    while (true) {
        WEFT_TRY(row, actors.step());
        if (!row) return {};
        const auto id = actors.column_id<16>(0);
        check("actor", to_hex(view(id)), RunId{}, actor_context(id), actors.column_bytes(1));
    }
}

Result<void> Verifier::sealed_files() {
    auto query = store_.database_->query("SELECT id, run, size FROM file ORDER BY id");
    while (true) {
        WEFT_TRY(row, query.step());
        if (!row) return {};
        const FileRow file{query.column_id<16>(0), query.column_id<16>(1), query.column_u64(2)};
        const std::string name = to_hex(view(file.id));
        auto key = key_of(file.run);
        if (!key || !*key) {
            found("file", name, "its run has no key");
            continue;
        }
        auto reader = FileReader::open(store_.files_folder(), **key, file);
        if (!reader) {
            found("file", name, reader.error().message);
            continue;
        }
        while (true) {
            const auto part = reader->next();
            if (!part) found("file", name, part.error().message);
            if (!part || part->empty()) break;
        }
    }
}

}  // namespace weft::store
