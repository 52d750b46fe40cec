#include "store/schema.h"

#include <sqlite3.h>

#include <array>
#include <string>

namespace weft::store {

namespace {

constexpr std::array<const char*, kSchemaVersion> kScripts = {
#include "store/schema_1.sql"
    ,
#include "store/schema_2.sql"
    ,
#include "store/schema_3.sql"
};

}  // namespace

Result<bool> has_schema(Database& database) {
    WEFT_TRY(application, database.pragma("application_id"));
    WEFT_TRY(version, database.pragma("user_version"));
    if (application == 0 && version == 0) {
        auto count = database.query("SELECT count(*) FROM sqlite_schema");
        WEFT_TRY(row, count.step());
        if (row && count.column_i64(0) == 0) return false;
    }
    if (application != kApplicationId) {
        return fail(ErrorKind::Usage, "the file is a database, but not a store of Weft");
    }
    if (version > kSchemaVersion) {
        return fail(ErrorKind::Unsupported,
                    "the store was written by a newer version (schema " + std::to_string(version) +
                        ", this version knows " + std::to_string(kSchemaVersion) + ")",
                    "use that version or a later one");
    }
    return true;
}

Result<void> apply_schema(Database& database) {
    WEFT_TRY(version, database.pragma("user_version"));
    for (auto next = static_cast<std::size_t>(version); next < kScripts.size(); ++next) {
        WEFT_TRY_VOID(database.execute(kScripts[next]));
    }
    WEFT_TRY_VOID(database.execute("PRAGMA user_version = " + std::to_string(kSchemaVersion)));
    return database.execute("PRAGMA application_id = " + std::to_string(kApplicationId));
}

Result<SchemaParts> schema_parts(Database& database) {
    auto rows = database.query(
        "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema "
        "WHERE NOT (substr(tbl_name, 1, 4) = 'app_' AND type IN ('table', 'index')) "
        "AND name NOT IN ('sqlite_sequence', 'sqlite_stat1', 'sqlite_stat4') "
        "AND name NOT LIKE 'sqlite!_autoindex!_%' ESCAPE '!'");
    SchemaParts out;
    while (true) {
        WEFT_TRY(row, rows.step());
        if (!row) return out;
        out[rows.column_text(0)] = rows.column_text(1);
    }
}

Result<SchemaParts> expected_schema() {
    WEFT_TRY(made, Database::open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                                                  SQLITE_OPEN_NOMUTEX));
    WEFT_TRY_VOID(apply_schema(*made));
    auto parts = schema_parts(*made);
    made->close();
    return parts;
}

}  // namespace weft::store
