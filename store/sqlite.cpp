#include "store/sqlite.h"

#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <utility>

#include "base/check.h"

namespace weft::store {

namespace {

SqliteFailure failure_of(int rc) {
    switch (rc & 0xFF) {
        case SQLITE_OK:
        case SQLITE_ROW:
        case SQLITE_DONE:
            return SqliteFailure::None;
        case SQLITE_FULL:
            return SqliteFailure::Full;
        case SQLITE_IOERR:
            return SqliteFailure::Io;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return SqliteFailure::Corrupt;
        case SQLITE_CONSTRAINT:
            return SqliteFailure::Constraint;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return SqliteFailure::Busy;
        default:
            return SqliteFailure::Other;
    }
}

// A read that the device fails comes out of a statement as damage of the database. So SQLite's
// reads are watched, through the place that it has for that; they do what they did.
thread_local bool device_has_failed = false;

ssize_t watched(ssize_t got) {
    if (got < 0 && errno != EINTR) device_has_failed = true;
    return got;
}
ssize_t watched_read(int fd, void* to, std::size_t size) {
    return watched(::read(fd, to, size));
}
ssize_t watched_pread(int fd, void* to, std::size_t size, off_t at) {
    return watched(::pread(fd, to, size, at));
}

void watch_reads() {
    static std::once_flag once;
    std::call_once(once, [] {
        sqlite3_vfs* vfs = sqlite3_vfs_find("unix");
        if (vfs == nullptr || vfs->iVersion < 3) return;
        const auto put = [vfs](const char* name, auto* call) {
            vfs->xSetSystemCall(vfs, name, reinterpret_cast<sqlite3_syscall_ptr>(call));
        };
        put("read", &watched_read);
        put("pread", &watched_pread);
        put("pread64", &watched_pread);
    });
}

}  // namespace

bool take_failed_read() {
    return std::exchange(device_has_failed, false);
}

Query::Query(Database* database, sqlite3_stmt* statement, bool once, std::optional<Error> error)
    : database_(database), statement_(statement), once_(once), error_(std::move(error)) {}

Query::Query(Query&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)),
      next_(other.next_),
      once_(other.once_),
      error_(std::move(other.error_)) {}

Query::~Query() {
    if (statement_ == nullptr) return;
    if (once_) {
        sqlite3_finalize(statement_);
        return;
    }
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

void Query::bound(int rc) {
    ++next_;
    if (rc != SQLITE_OK && !error_) error_ = database_->error(rc);
}

Query& Query::blob(std::string_view bytes) {
    // A null pointer would bind NULL, which is not an empty blob.
    const char* data = bytes.data() == nullptr ? "" : bytes.data();
    if (statement_ != nullptr) {
        bound(sqlite3_bind_blob64(statement_, next_, data, bytes.size(), nullptr));
    }
    return *this;
}

Query& Query::text(std::string_view text) {
    const char* data = text.data() == nullptr ? "" : text.data();
    if (statement_ != nullptr) {
        bound(sqlite3_bind_text64(statement_, next_, data, text.size(), nullptr, SQLITE_UTF8));
    }
    return *this;
}

Query& Query::i64(std::int64_t value) {
    if (statement_ != nullptr) bound(sqlite3_bind_int64(statement_, next_, value));
    return *this;
}

Query& Query::null() {
    if (statement_ != nullptr) bound(sqlite3_bind_null(statement_, next_));
    return *this;
}

Query& Query::optional_i64(const std::optional<std::int64_t>& value) {
    return value ? i64(*value) : null();
}

Query& Query::optional_u64(const std::optional<std::uint64_t>& value) {
    return value ? u64(*value) : null();
}

Result<bool> Query::step() {
    if (error_) return std::unexpected(*error_);
    const int rc = sqlite3_step(statement_);
    if (rc == SQLITE_ROW) return true;
    if (rc == SQLITE_DONE) return false;
    return std::unexpected(database_->error(rc));
}

Result<void> Query::run() {
    WEFT_TRY(row, step());
    WEFT_CHECK(!row);
    sqlite3_reset(statement_);
    next_ = 1;
    return {};
}

std::int64_t Query::column_i64(int column) const {
    return sqlite3_column_int64(statement_, column);
}

bool Query::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

bool Query::is_integer(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_INTEGER;
}

int Query::columns() const {
    return sqlite3_column_count(statement_);
}

std::string_view Query::column_bytes(int column) const {
    const void* data = sqlite3_column_blob(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    if (data == nullptr) return {};
    return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

std::optional<std::int64_t> Query::column_optional_i64(int column) const {
    if (is_null(column)) return std::nullopt;
    return column_i64(column);
}

std::optional<std::uint64_t> Query::column_optional_u64(int column) const {
    if (is_null(column)) return std::nullopt;
    return column_u64(column);
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, int flags) {
    watch_reads();
    std::unique_ptr<Database> database(new Database);
    database->path_ = path;
    const int rc = sqlite3_open_v2(path.c_str(), &database->handle_, flags, nullptr);
    if (rc != SQLITE_OK) return std::unexpected(database->error(rc));
    sqlite3_extended_result_codes(database->handle_, 1);
    return database;
}

Database::~Database() {
    close();
}

void Database::close() {
    for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
    statements_.clear();
    if (handle_ != nullptr) sqlite3_close_v2(std::exchange(handle_, nullptr));
}

Query Database::query(const char* sql) {
    if (auto closed = closed_error()) return {this, nullptr, false, std::move(closed)};
    auto [at, fresh] = statements_.try_emplace(sql, nullptr);
    if (fresh) {
        const int rc =
            sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &at->second, nullptr);
        if (rc != SQLITE_OK) {
            statements_.erase(at);
            return {this, nullptr, false, error(rc)};
        }
    }
    WEFT_CHECK(sqlite3_stmt_busy(at->second) == 0);
    return {this, at->second, false, std::nullopt};
}

Query Database::query_once(const std::string& sql) {
    if (auto closed = closed_error()) return {this, nullptr, true, std::move(closed)};
    sqlite3_stmt* statement = nullptr;
    const int rc = sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr);
    if (rc != SQLITE_OK) return {this, nullptr, true, error(rc)};
    return {this, statement, true, std::nullopt};
}

std::optional<Error> Database::closed_error() const {
    if (handle_ != nullptr && !refused_) return std::nullopt;
    return Error{ErrorKind::Environment, "the store " + path_ + " is closed", {}};
}

Result<void> Database::execute(const std::string& sql) {
    if (auto closed = closed_error()) return std::unexpected(std::move(*closed));
    const int rc = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
    if (rc != SQLITE_OK) return std::unexpected(error(rc));
    return {};
}

Result<std::int64_t> Database::pragma(const std::string& name) {
    if (auto closed = closed_error()) return std::unexpected(std::move(*closed));
    sqlite3_stmt* statement = nullptr;
    const std::string sql = "PRAGMA " + name;
    int rc = sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr);
    std::int64_t value = 0;
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(statement);
        if (rc == SQLITE_ROW) value = sqlite3_column_int64(statement, 0);
    }
    std::optional<Error> failed;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) failed = error(rc);
    sqlite3_finalize(statement);
    if (failed) return std::unexpected(std::move(*failed));
    return value;
}

std::int64_t Database::last_insert_id() const {
    return sqlite3_last_insert_rowid(handle_);
}

std::int64_t Database::changed_rows() const {
    return sqlite3_changes64(handle_);
}

bool Database::in_transaction() const {
    return sqlite3_get_autocommit(handle_) == 0;
}

void Database::rollback() {
    // Some failures roll back by themselves.
    if (handle_ != nullptr && in_transaction()) {
        sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

Error Database::error(int rc) {
    last_failure_ = failure_of(rc);
    std::string reason = handle_ == nullptr ? sqlite3_errstr(rc) : sqlite3_errmsg(handle_);
    if (take_failed_read() && last_failure_ == SqliteFailure::Corrupt) {
        last_failure_ = SqliteFailure::Io;
        reason = sqlite3_errstr(SQLITE_IOERR);
    }
    switch (last_failure_) {
        case SqliteFailure::Full:
            return {ErrorKind::Environment, "the disk that holds " + path_ + " is full",
                    "free some space, then start again: nothing that was confirmed is lost"};
        case SqliteFailure::Io:
            return {ErrorKind::Environment,
                    "reading or writing " + path_ + " failed: " + reason + " (" +
                        std::to_string(rc) + ")",
                    "check the disk, then start again"};
        case SqliteFailure::Corrupt:
            return {ErrorKind::Corrupt, "the store " + path_ + " is damaged: " + reason,
                    "run `weft audit verify` on a copy, and restore from a backup"};
        case SqliteFailure::Busy:
            return {
                ErrorKind::Unavailable, "the store " + path_ + " is in use by another program", {}};
        default:
            return {ErrorKind::Environment, "the store " + path_ + " failed: " + reason, {}};
    }
}

}  // namespace weft::store
