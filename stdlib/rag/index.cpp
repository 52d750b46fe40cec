#include "stdlib/rag/index.h"

#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "stdlib/rag/sample.h"
#include "stdlib/rag/words.h"

namespace weft::stdlib::rag {

namespace {

// Headings count twice (bm25's first weight). `words` keeps no text of its own.
constexpr const char* kSchema = R"sql(
PRAGMA page_size = 4096;
PRAGMA application_id = 0x57665247;
CREATE TABLE passage(id INTEGER PRIMARY KEY, document TEXT, page INTEGER, section TEXT,
                     element TEXT, first INTEGER, last INTEGER, weight REAL, body TEXT);
CREATE VIRTUAL TABLE words USING fts5(section, body, content='passage', content_rowid='id',
                                      tokenize='porter unicode61 remove_diacritics 2');
)sql";

constexpr const char* kColumns =
    "SELECT passage.id, document, page, passage.section, element, first, last, weight, "
    "passage.body, ";

constexpr std::size_t kQueryWordsMax = 64;

struct CloseDatabase {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

struct FinishStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinishStatement>;

std::unexpected<Error> database_error(sqlite3* database) {
    return fail(ErrorKind::Corrupt,
                std::string("the index can't be used: ") + sqlite3_errmsg(database));
}

Result<Database> open_memory() {
    sqlite3* handle = nullptr;
    const int code =
        sqlite3_open_v2(":memory:", &handle,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX, nullptr);
    Database database(handle);
    if (code != SQLITE_OK) return database_error(handle);
    return database;
}

Result<Statement> prepare(sqlite3* database, const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
        return database_error(database);
    }
    return Statement(statement);
}

void bind_text(const Statement& statement, int place, std::string_view text) {
    sqlite3_bind_text64(statement.get(), place, text.data(), text.size(), SQLITE_TRANSIENT,
                        SQLITE_UTF8);
}

Result<void> execute(sqlite3* database, const char* sql) {
    if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        return database_error(database);
    }
    return {};
}

Result<void> insert_passages(sqlite3* database, const std::vector<Passage>& passages) {
    WEFT_TRY(insert, prepare(database, "INSERT INTO passage VALUES(?,?,?,?,?,?,?,?,?)"));
    for (const Passage& passage : passages) {
        sqlite3_bind_int64(insert.get(), 1, passage.id);
        bind_text(insert, 2, passage.document);
        sqlite3_bind_int64(insert.get(), 3, passage.page);
        bind_text(insert, 4, passage.section);
        bind_text(insert, 5, passage.element);
        sqlite3_bind_int64(insert.get(), 6, passage.start);
        sqlite3_bind_int64(insert.get(), 7, passage.end);
        sqlite3_bind_double(insert.get(), 8, passage.weight);
        bind_text(insert, 9, passage.text);
        if (sqlite3_step(insert.get()) != SQLITE_DONE) return database_error(database);
        sqlite3_reset(insert.get());
    }
    return {};
}

std::string column_text(sqlite3_stmt* row, int column) {
    const auto* text = sqlite3_column_text(row, column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(row, column));
    return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text), size);
}

Passage read_row(sqlite3_stmt* row) {
    Passage passage;
    passage.id = sqlite3_column_int64(row, 0);
    passage.document = column_text(row, 1);
    passage.page = sqlite3_column_int64(row, 2);
    passage.section = column_text(row, 3);
    passage.element = column_text(row, 4);
    passage.start = sqlite3_column_int64(row, 5);
    passage.end = sqlite3_column_int64(row, 6);
    passage.weight = sqlite3_column_double(row, 7);
    passage.text = column_text(row, 8);
    passage.score = sqlite3_column_double(row, 9);
    return passage;
}

// The query's words, any of which may match. Each is quoted, so nothing in it is an operator.
std::string match_expression(std::string_view query) {
    std::set<std::string> seen;
    std::string expression;
    for (const Word& word : words_of(query)) {
        if (word.is_stop || seen.size() >= kQueryWordsMax || !seen.insert(word.lower).second)
            continue;
        if (!expression.empty()) expression += " OR ";
        expression += '"' + word.lower + '"';
    }
    return expression;
}

}  // namespace

Result<std::string> build_index(const std::vector<Passage>& passages) {
    WEFT_TRY(database, open_memory());
    WEFT_TRY_VOID(execute(database.get(), kSchema));
    WEFT_TRY_VOID(execute(database.get(), "BEGIN"));
    WEFT_TRY_VOID(insert_passages(database.get(), passages));
    WEFT_TRY_VOID(execute(database.get(), "INSERT INTO words(words) VALUES('rebuild')"));
    WEFT_TRY_VOID(execute(database.get(), "INSERT INTO words(words) VALUES('optimize')"));
    WEFT_TRY_VOID(execute(database.get(), "COMMIT"));
    sqlite3_int64 size = 0;
    unsigned char* bytes = sqlite3_serialize(database.get(), "main", &size, 0);
    if (bytes == nullptr) return fail(ErrorKind::Environment, "there is no memory for the index");
    std::string out(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    sqlite3_free(bytes);
    return out;
}

Result<std::shared_ptr<Index>> Index::load(std::string_view bytes) {
    if (!bytes.starts_with("SQLite format 3")) {
        return fail(ErrorKind::Corrupt, "the file is not an index made by rag.index");
    }
    WEFT_TRY(database, open_memory());
    auto* copy = static_cast<unsigned char*>(sqlite3_malloc64(bytes.size()));
    if (copy == nullptr) return fail(ErrorKind::Environment, "there is no memory for the index");
    std::memcpy(copy, bytes.data(), bytes.size());
    const auto size = static_cast<sqlite3_int64>(bytes.size());
    const unsigned flags = SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY;
    if (sqlite3_deserialize(database.get(), "main", copy, size, size, flags) != SQLITE_OK) {
        return database_error(database.get());
    }
    // The bytes may come from elsewhere: what stands in their schema is not trusted.
    sqlite3_db_config(database.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(database.get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    std::shared_ptr<Index> index(new Index(database.release()));
    WEFT_TRY(count, prepare(index->database_, "SELECT count(*) FROM passage"));
    if (sqlite3_step(count.get()) != SQLITE_ROW) return database_error(index->database_);
    index->passages_ = sqlite3_column_int64(count.get(), 0);
    return index;
}

Index::~Index() {
    sqlite3_close(database_);
}

Result<std::vector<Passage>> Index::select(const char* sql, std::string_view text,
                                           std::int64_t number) {
    const std::lock_guard lock(mutex_);
    WEFT_TRY(statement, prepare(database_, std::string(kColumns) + sql));
    bind_text(statement, 1, text);
    sqlite3_bind_int64(statement.get(), 2, number);
    std::vector<Passage> passages;
    int code = sqlite3_step(statement.get());
    for (; code == SQLITE_ROW; code = sqlite3_step(statement.get())) {
        passages.push_back(read_row(statement.get()));
    }
    if (code != SQLITE_DONE) return database_error(database_);
    return passages;
}

Result<std::vector<Passage>> Index::search(std::string_view query, std::int64_t top) {
    const std::string expression = match_expression(query);
    if (expression.empty() || top <= 0) return std::vector<Passage>();
    // More than asked for, since the weight may push rubble down and better ones up.
    WEFT_TRY(found,
             select("-bm25(words, 2.0, 1.0) FROM words JOIN passage ON passage.id = words.rowid "
                    "WHERE words MATCH ?1 ORDER BY bm25(words, 2.0, 1.0), passage.id LIMIT ?2",
                    expression, top * 4 + 20));
    for (Passage& passage : found) passage.score = rounded(passage.score * passage.weight);
    std::ranges::stable_sort(found, [](const Passage& a, const Passage& b) {
        return a.score != b.score ? a.score > b.score : a.id < b.id;
    });
    if (found.size() > static_cast<std::size_t>(top)) found.resize(static_cast<std::size_t>(top));
    return found;
}

Result<std::vector<Passage>> Index::sample(std::int64_t count) {
    if (count <= 0) return std::vector<Passage>();
    WEFT_TRY(all, select("0.0 FROM passage WHERE ?1 = '' AND weight >= 0.55 AND ?2 > 0 ORDER BY id",
                         "", 1));
    if (all.empty()) {
        WEFT_TRY(rest, select("0.0 FROM passage WHERE ?1 = '' AND ?2 > 0 ORDER BY id", "", 1));
        all = std::move(rest);
    }
    return spread_sample(std::move(all), static_cast<std::size_t>(count));
}

Result<std::vector<Passage>> Index::passage(std::int64_t id) {
    return select("0.0 FROM passage WHERE ?1 = '' AND id = ?2", "", id);
}

double Index::rarity(std::string_view word) {
    std::int64_t with = 0;
    const std::lock_guard lock(mutex_);
    auto statement = prepare(database_, "SELECT count(*) FROM words WHERE words MATCH ?1");
    if (statement) {
        bind_text(*statement, 1, '"' + std::string(word) + '"');
        if (sqlite3_step(statement->get()) == SQLITE_ROW) {
            with = sqlite3_column_int64(statement->get(), 0);
        }
    }
    const auto n = static_cast<double>(passages_);
    const auto k = static_cast<double>(with);
    return std::log(1.0 + (n - k + 0.5) / (k + 0.5));
}

}  // namespace weft::stdlib::rag
