#include "store/host_transaction.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <string>

namespace weft::store {

namespace {

constexpr std::size_t kRowsMax = 100'000;
// So often, in instructions of SQLite's, a statement that takes long is asked about its time.
constexpr int kInstructionsBetweenLooks = 10'000;

bool is_hosts(const char* name) {
    return name != nullptr && std::string_view(name).starts_with("app_");
}

// SQLite writes a table's definition down under these names; it lets nobody else write there.
bool is_schema(const char* name) {
    const std::string_view table = name == nullptr ? "" : name;
    return table == "sqlite_master" || table == "sqlite_schema";
}

int decide(bool is_allowed) {
    return is_allowed ? SQLITE_OK : SQLITE_DENY;
}

// What a statement may do, asked by SQLite while it is prepared.
int authorize(void*, int action, const char* one, const char* two, const char* database,
              const char*) {
    const bool is_main = database == nullptr || std::string_view(database) == "main";
    switch (action) {
        case SQLITE_SELECT:
        case SQLITE_RECURSIVE:
            return SQLITE_OK;
        case SQLITE_FUNCTION:
            return decide(two == nullptr || std::string_view(two) != "load_extension");
        case SQLITE_READ:
        case SQLITE_INSERT:
        case SQLITE_UPDATE:
        case SQLITE_DELETE:
            return decide(is_main && (is_hosts(one) || is_schema(one)));
        case SQLITE_CREATE_TABLE:
        case SQLITE_DROP_TABLE:
        case SQLITE_CREATE_VIEW:
        case SQLITE_DROP_VIEW:
            return decide(is_main && is_hosts(one));
        case SQLITE_CREATE_INDEX:
        case SQLITE_CREATE_TRIGGER:
        case SQLITE_DROP_INDEX:
        case SQLITE_DROP_TRIGGER: {
            // What UNIQUE and PRIMARY KEY make has a name of SQLite's own.
            const bool is_own = one != nullptr && std::string_view(one).starts_with("sqlite_auto");
            return decide(is_main && (is_hosts(one) || is_own) && is_hosts(two));
        }
        case SQLITE_REINDEX:
            return decide(is_main && is_hosts(one));
        default:
            return SQLITE_DENY;
    }
}

int look_at_time(void* is_late) {
    const auto& ask = *static_cast<std::function<bool()>*>(is_late);
    return ask && ask() ? 1 : 0;
}

// It would undo what other attempts did in the same transaction.
bool says_rollback(std::string_view sql) {
    constexpr std::string_view kWord = "rollback";
    const auto same = [](char a, char b) {
        return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b);
    };
    return !std::ranges::search(sql, kWord, same).empty();
}

void bind(sqlite3_stmt* statement, int index, const SqlValue& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        sqlite3_bind_int64(statement, index, *number);
    } else if (const auto* real = std::get_if<double>(&value)) {
        sqlite3_bind_double(statement, index, *real);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
        sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8);
    } else if (const auto* blob = std::get_if<SqlBytes>(&value)) {
        sqlite3_bind_blob64(statement, index, blob->bytes.data(), blob->bytes.size(),
                            SQLITE_TRANSIENT);
    } else {
        sqlite3_bind_null(statement, index);
    }
}

SqlValue column(sqlite3_stmt* statement, int index) {
    const auto bytes = [&] {
        const auto* data = static_cast<const char*>(sqlite3_column_blob(statement, index));
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, index));
        return data == nullptr ? std::string() : std::string(data, size);
    };
    switch (sqlite3_column_type(statement, index)) {
        case SQLITE_INTEGER:
            return static_cast<std::int64_t>(sqlite3_column_int64(statement, index));
        case SQLITE_FLOAT:
            return sqlite3_column_double(statement, index);
        case SQLITE_TEXT:
            return bytes();
        case SQLITE_BLOB:
            return SqlBytes{bytes()};
        default:
            return {};
    }
}

std::unexpected<WorkerError> refused(std::string why) {
    return std::unexpected(WorkerError{"Rejected", std::move(why), true, {}, {}});
}

struct Finalizer {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

}  // namespace

HostTransaction::HostTransaction(Database& database, const std::function<bool()>& is_late)
    : database_(database), is_late_(is_late) {
    sqlite3_set_authorizer(database_.handle(), authorize, nullptr);
    sqlite3_progress_handler(database_.handle(), kInstructionsBetweenLooks, look_at_time,
                             &is_late_);
}

HostTransaction::~HostTransaction() {
    sqlite3_progress_handler(database_.handle(), 0, nullptr, nullptr);
    sqlite3_set_authorizer(database_.handle(), nullptr, nullptr);
}

std::unexpected<WorkerError> HostTransaction::failed(int rc) {
    const std::string said = sqlite3_errmsg(database_.handle());
    static_cast<void>(database_.error(rc));
    failure_ = database_.last_failure();
    database_.forget_failure();
    const int code = rc & 0xFF;
    if (code == SQLITE_INTERRUPT) {
        return std::unexpected(WorkerError{"Timeout", "the statement took too long", true, {}, {}});
    }
    const bool is_disk = failure_ == SqliteFailure::Io || failure_ == SqliteFailure::Full;
    return std::unexpected(WorkerError{
        is_disk ? "Unavailable" : "Rejected", "the database says: " + said, true, {}, {}});
}

std::expected<SqlRows, WorkerError> HostTransaction::run(std::string_view sql,
                                                         const std::vector<SqlValue>& values) {
    if (!database_.in_transaction()) return refused("the transaction was undone");
    if (says_rollback(sql)) return refused("a statement may not say ROLLBACK");
    sqlite3_stmt* made = nullptr;
    const char* rest = nullptr;
    const int prepared = sqlite3_prepare_v2(database_.handle(), sql.data(),
                                            static_cast<int>(sql.size()), &made, &rest);
    const std::unique_ptr<sqlite3_stmt, Finalizer> statement(made);
    if (prepared == SQLITE_AUTH) {
        return refused(
            "a statement may only use tables, indexes, views and triggers whose names begin with "
            "app_");
    }
    if (prepared != SQLITE_OK) return failed(prepared);
    const auto left = sql.substr(static_cast<std::size_t>(rest - sql.data()));
    if (statement == nullptr || left.find_first_not_of(" \t\r\n;") != std::string_view::npos) {
        return refused("a call runs one statement");
    }
    const auto wanted = static_cast<std::size_t>(sqlite3_bind_parameter_count(statement.get()));
    if (wanted != values.size()) {
        return refused(fmt::format("the statement has {} parameters and is given {} values", wanted,
                                   values.size()));
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        bind(statement.get(), static_cast<int>(i) + 1, values[i]);
    }
    SqlRows rows;
    int rc = sqlite3_step(statement.get());
    for (; rc == SQLITE_ROW; rc = sqlite3_step(statement.get())) {
        if (rows.size() == kRowsMax) return refused("a statement gives at most 100,000 rows");
        auto& row = rows.emplace_back();
        for (int i = 0; i < sqlite3_column_count(statement.get()); ++i) {
            row.push_back(column(statement.get(), i));
        }
    }
    if (rc != SQLITE_DONE) return failed(rc);
    return rows;
}

}  // namespace weft::store
