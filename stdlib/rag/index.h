// The index of passages: an FTS5 table in an SQLite database that lives in memory only and is
// stored as one artifact. The same documents give the same bytes. Knows SQLite; it must not know
// workers or where artifacts are kept.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "stdlib/rag/chunks.h"

struct sqlite3;

namespace weft::stdlib::rag {

// Bytes of the artifact. Ids of the passages must be 1, 2, … in order.
Result<std::string> build_index(const std::vector<Passage>& passages);

// A loaded index. Calls may come from several threads: they take turns.
class Index {
  public:
    static Result<std::shared_ptr<Index>> load(std::string_view bytes);
    ~Index();
    Index(const Index&) = delete;
    Index& operator=(const Index&) = delete;

    // The best passages for the query's words (any of them), best first, ties in document order.
    Result<std::vector<Passage>> search(std::string_view query, std::int64_t top);
    // Passages spread evenly over documents and sections, in document order.
    Result<std::vector<Passage>> sample(std::int64_t count);
    Result<std::vector<Passage>> passage(std::int64_t id);  // one, or none
    // How rare a word is in the index (inverse document frequency).
    double rarity(std::string_view word);

  private:
    explicit Index(sqlite3* database) : database_(database) {}
    Result<std::vector<Passage>> select(const char* sql, std::string_view text,
                                        std::int64_t number);

    std::mutex mutex_;
    sqlite3* database_;
    std::int64_t passages_ = 0;
};

}  // namespace weft::stdlib::rag
