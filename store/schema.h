// The tables, as numbered scripts. A store made by an older version is brought forward; one made by
// a newer version is refused.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "store/sqlite.h"

namespace weft::store {

constexpr std::int64_t kSchemaVersion = 2;
constexpr std::int64_t kApplicationId = 0x57454654;  // "WEFT"

// False: the database is new and empty.
Result<bool> has_schema(Database& database);
// Inside a transaction of the caller. Brings an empty or older database to kSchemaVersion.
Result<void> apply_schema(Database& database);

}  // namespace weft::store
