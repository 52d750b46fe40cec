// Transactions: what a worker that is declared `effect transaction` writes stands in the store's
// own database, and is committed together with the record of its outcome: both are there, or
// neither. So it happens exactly once, without a key, and is never in doubt. No third-party type
// here.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "weft/error.h"
#include "weft/worker.h"

namespace weft {

struct SqlBytes {
    std::string bytes;
    bool operator==(const SqlBytes&) const = default;
};
// NULL, INTEGER, REAL, TEXT, BLOB.
using SqlValue = std::variant<std::monostate, std::int64_t, double, std::string, SqlBytes>;
using SqlRow = std::vector<SqlValue>;
using SqlRows = std::vector<SqlRow>;

// Valid during the call that it is given to, on that thread.
class Transaction {
  public:
    virtual ~Transaction() = default;
    // One statement of SQLite's SQL with its parameters in their order. The host's tables, indexes,
    // views and triggers have names that begin with `app_`; nothing else of the store can be read
    // or written. Refused: any other name, PRAGMA, ATTACH, ALTER, temporary and virtual tables,
    // transactions of its own, the word ROLLBACK, more than 100,000 rows.
    virtual std::expected<SqlRows, WorkerError> run(std::string_view sql,
                                                    const std::vector<SqlValue>& values) = 0;
    std::expected<SqlRows, WorkerError> run(std::string_view sql) { return run(sql, {}); }
};

// Runs on the engine's core thread, which does nothing else meanwhile: be short, ask nobody. It may
// be called again for the same attempt, after what it did was undone: so it changes nothing outside
// of its transaction. An error undoes what it did.
using TransactionFunction = std::function<WorkerOutcome(const WorkerCall&, Transaction&)>;

}  // namespace weft
