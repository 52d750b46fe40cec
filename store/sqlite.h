// A thin hold on sqlite3: one connection, prepared statements kept by their text, failures as
// Results that tell a full disk, an I/O error and damage apart. No schema and no policy here.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/bytes.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace weft::store {

enum class SqliteFailure { None, Full, Io, Corrupt, Constraint, Busy, Other };

class Database;

// Whether a read that SQLite asked the system for on this thread has failed since this was asked
// last. What SQLite then says of its pages says nothing of them.
bool take_failed_read();

// One use of a prepared statement: bind in order, step, read columns. Resets itself at its end. A
// failure to prepare or bind is kept and comes out of step().
class Query {
  public:
    Query(Query&& other) noexcept;
    Query& operator=(Query&&) = delete;
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;
    ~Query();

    // The bytes must live until the last step; those of a temporary don't.
    Query& blob(std::string_view bytes);
    Query& text(std::string_view text);
    template <std::same_as<std::string> T>
    Query& blob(T&&) = delete;
    template <std::same_as<std::string> T>
    Query& text(T&&) = delete;
    Query& i64(std::int64_t value);
    Query& u64(std::uint64_t value) { return i64(static_cast<std::int64_t>(value)); }
    Query& null();
    Query& optional_i64(const std::optional<std::int64_t>& value);
    Query& optional_u64(const std::optional<std::uint64_t>& value);
    template <std::size_t N>
    Query& id(const std::array<std::uint8_t, N>& bytes) {
        return blob(view(bytes));
    }
    template <std::size_t N>
    Query& id(std::array<std::uint8_t, N>&&) = delete;
    template <std::size_t N>
    Query& optional_id(const std::optional<std::array<std::uint8_t, N>>& bytes) {
        return bytes ? blob(view(*bytes)) : null();
    }

    // True: there is a row. False: done.
    Result<bool> step();
    // For statements without rows; the query can be bound again afterwards.
    Result<void> run();

    [[nodiscard]] std::int64_t column_i64(int column) const;
    [[nodiscard]] std::uint64_t column_u64(int column) const {
        return static_cast<std::uint64_t>(column_i64(column));
    }
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] bool is_integer(int column) const;
    [[nodiscard]] int columns() const;
    // Valid until the next step.
    [[nodiscard]] std::string_view column_bytes(int column) const;
    [[nodiscard]] std::string column_text(int column) const {
        return std::string(column_bytes(column));
    }
    template <std::size_t N>
    [[nodiscard]] std::array<std::uint8_t, N> column_id(int column) const {
        return to_array<N>(column_bytes(column));
    }
    [[nodiscard]] std::optional<std::int64_t> column_optional_i64(int column) const;
    [[nodiscard]] std::optional<std::uint64_t> column_optional_u64(int column) const;

  private:
    friend class Database;
    Query(Database* database, sqlite3_stmt* statement, bool once, std::optional<Error> error);
    void bound(int rc);

    Database* database_;
    sqlite3_stmt* statement_;
    int next_ = 1;
    bool once_ = false;  // finalized at the end instead of reset
    std::optional<Error> error_;
};

class Database {
  public:
    static Result<std::unique_ptr<Database>> open(const std::string& path, int flags);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    // `sql` must be a literal: statements are kept by its address.
    Query query(const char* sql);
    // For SQL that is put together; prepared for this use only.
    Query query_once(const std::string& sql);
    // Several statements, no parameters.
    Result<void> execute(const std::string& sql);
    Result<std::int64_t> pragma(const std::string& name);
    [[nodiscard]] std::int64_t last_insert_id() const;
    [[nodiscard]] std::int64_t changed_rows() const;
    [[nodiscard]] bool in_transaction() const;
    [[nodiscard]] SqliteFailure last_failure() const { return last_failure_; }
    void forget_failure() { last_failure_ = SqliteFailure::None; }
    // After a failure: every later query fails, while those in use can still be reset.
    void refuse_from_now_on() { refused_ = true; }
    // Rolls back if a transaction is open. A failure of it leaves nothing to do.
    void rollback();
    // Finalizes all statements and closes; no checkpoint is made.
    void close();
    [[nodiscard]] sqlite3* handle() const { return handle_; }

    // The error for a result code, with the path in its text; remembered in last_failure().
    Error error(int rc);

  private:
    friend class Query;
    Database() = default;
    [[nodiscard]] std::optional<Error> closed_error() const;

    std::string path_;
    sqlite3* handle_ = nullptr;
    bool refused_ = false;
    std::unordered_map<const char*, sqlite3_stmt*> statements_;
    SqliteFailure last_failure_ = SqliteFailure::None;
};

}  // namespace weft::store
