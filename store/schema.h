// The tables, as numbered scripts. A store made by an older version is brought forward; one made by
// a newer version is refused.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "store/sqlite.h"

namespace weft::store {

constexpr std::int64_t kSchemaVersion = 3;
constexpr std::int64_t kTaggedRowsSchema = 3;        // from it on rows are tagged
constexpr std::int64_t kApplicationId = 0x57454654;  // "WEFT"

// False: the database is new and empty.
Result<bool> has_schema(Database& database);
// Inside a transaction of the caller. Brings an empty or older database to kSchemaVersion.
Result<void> apply_schema(Database& database);
// What makes a database's tables, indexes and whatever else it has, by name; those of the host
// program (`app_`) and SQLite's own left out.
using SchemaParts = std::map<std::string, std::string>;
Result<SchemaParts> schema_parts(Database& database);
// Those of a database that was just made.
Result<SchemaParts> expected_schema();

}  // namespace weft::store
