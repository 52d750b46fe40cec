#include "bench/floor.h"

#include <sqlite3.h>

#include <array>
#include <filesystem>
#include <variant>
#include <vector>

#include "store/schema.h"
#include "store/sqlite.h"
#include "store/wal_room.h"

namespace weft::bench {

namespace {

using store::Database;
using store::Query;

// As the store opens it: without mutexes of the connection's own.
constexpr int kOpen = 0x8002;  // SQLITE_OPEN_READWRITE and SQLITE_OPEN_NOMUTEX
constexpr int kMake = 0x8006;  // … and SQLITE_OPEN_CREATE

using Cell = std::variant<std::monostate, std::int64_t, std::string>;

// A table's rows, and after which leaf of the log each was written.
struct Table {
    const char* insert;
    std::vector<std::vector<Cell>> rows;
    std::vector<std::uint64_t> leaves;
    std::size_t next = 0;
};

struct Source {
    const char* select;  // the leaf, then the columns of `insert`
    const char* insert;
};

// Those that every run writes. A run's row is put at its begin and again at its end.
constexpr std::array kSources = {
    Source{"SELECT leaf, leaf, rec FROM log ORDER BY leaf",
           "INSERT INTO log(leaf, rec) VALUES(?, ?)"},
    Source{"SELECT leaf, leaf, box FROM payload ORDER BY leaf",
           "INSERT INTO payload(leaf, box) VALUES(?, ?)"},
    Source{"SELECT leaf, run, seq, leaf FROM seg ORDER BY leaf",
           "INSERT INTO seg(run, seq, leaf) VALUES(?, ?, ?)"},
    Source{"SELECT (idx + 1) * (256 << (8 * level)) - 1, level, idx, root, hashes FROM tile "
           "ORDER BY 1",
           "INSERT INTO tile(level, idx, root, hashes) VALUES(?, ?, ?, ?)"},
    Source{"SELECT size - 1, size, note FROM checkpoint ORDER BY size",
           "INSERT INTO checkpoint(size, note) VALUES(?, ?)"},
    Source{"SELECT min(seg.leaf), no, id, image, 0, slot, start_tag, parent, begun, NULL, "
           "retain_until, hold FROM run JOIN seg ON seg.run = run.no GROUP BY no ORDER BY 1",
           "INSERT INTO run(no, id, image, status, slot, start_tag, parent, begun, ended, "
           "retain_until, hold) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
    Source{"SELECT max(seg.leaf), status, ended, no FROM run JOIN seg ON seg.run = run.no "
           "GROUP BY no ORDER BY 1",
           "UPDATE run SET status = ?, ended = ? WHERE no = ?"},
};

Result<Table> load(Database& from, const Source& source) {
    Table table{source.insert, {}, {}, 0};
    auto query = from.query(source.select);
    const int columns = query.columns();
    while (true) {
        WEFT_TRY(row, query.step());
        if (!row) return table;
        table.leaves.push_back(query.column_u64(0));
        auto& cells = table.rows.emplace_back();
        for (int i = 1; i < columns; ++i) {
            if (query.is_null(i)) {
                cells.emplace_back();
            } else if (query.is_integer(i)) {
                cells.emplace_back(query.column_i64(i));
            } else {
                cells.emplace_back(query.column_text(i));
            }
        }
    }
}

void bind(Query& query, const Cell& cell) {
    if (const auto* number = std::get_if<std::int64_t>(&cell)) {
        query.i64(*number);
    } else if (const auto* bytes = std::get_if<std::string>(&cell)) {
        query.blob(*bytes);
    } else {
        query.null();
    }
}

Result<void> write_up_to(Database& to, Table& table, std::uint64_t leaf) {
    auto query = to.query(table.insert);
    while (table.next < table.rows.size() && table.leaves[table.next] <= leaf) {
        for (const Cell& cell : table.rows[table.next]) bind(query, cell);
        WEFT_TRY_VOID(query.run());
        ++table.next;
    }
    return {};
}

Result<std::unique_ptr<Database>> make_copy(const std::string& path) {
    WEFT_TRY(to, Database::open(path, kMake));
    WEFT_TRY_VOID(
        to->execute("PRAGMA page_size=4096; PRAGMA locking_mode=EXCLUSIVE; PRAGMA mmap_size=0;"
                    "PRAGMA cell_size_check=ON; PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;"
                    "PRAGMA cache_size=-16384; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"));
    WEFT_TRY_VOID(to->execute("BEGIN"));
    WEFT_TRY_VOID(store::apply_schema(*to));
    WEFT_TRY_VOID(to->execute("COMMIT"));
    return to;
}

// In place of SQLite's own, which moves the log into the database.
int count_frames(void* out, sqlite3* database, const char* name, int frames) {
    *static_cast<int*>(out) = frames;
    if (frames < 4000) return SQLITE_OK;
    return sqlite3_wal_checkpoint_v2(database, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

}  // namespace

Result<StoreSize> size_of_store(const std::string& path) {
    StoreSize size;
    size.file_bytes = std::filesystem::file_size(path);
    WEFT_TRY(from, Database::open(path, kOpen));
    auto query = from->query(
        "SELECT (SELECT count(*) FROM log), (SELECT coalesce(sum(length(box)), 0) FROM payload)");
    WEFT_TRY(row, query.step());
    if (!row) return size;
    size.records = query.column_u64(0);
    size.payload_bytes = query.column_u64(1);
    return size;
}

Result<Used> measure_floor(const std::string& path, const std::string& copy,
                           std::uint64_t commits) {
    std::vector<Table> tables;
    {
        WEFT_TRY(from, Database::open(path, kOpen));
        for (const Source& source : kSources) {
            WEFT_TRY(table, load(*from, source));
            tables.push_back(std::move(table));
        }
    }
    WEFT_TRY(to, make_copy(copy));
    int frames = 0;
    sqlite3_wal_hook(to->handle(), count_frames, &frames);
    const std::uint64_t leaves = tables[0].rows.size();
    store::WalRoom room(copy + "-wal");
    const Meter meter;
    for (std::uint64_t i = 1; i <= commits; ++i) {
        WEFT_TRY_VOID(to->execute("BEGIN IMMEDIATE"));
        for (Table& table : tables) WEFT_TRY_VOID(write_up_to(*to, table, leaves * i / commits));
        WEFT_TRY_VOID(to->execute("COMMIT"));
        if (frames > 0) room.make(static_cast<std::uint64_t>(frames));
    }
    WEFT_TRY(checkpointed, to->pragma("wal_checkpoint(TRUNCATE)"));
    static_cast<void>(checkpointed);
    return meter.used();
}

}  // namespace weft::bench
