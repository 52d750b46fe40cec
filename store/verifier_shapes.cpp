// Types and lengths of columns. What is read is made to fit: a value of another type or length
// would be taken for one that no look-up finds, or be found as another's.
#include <array>

#include "store/verifier.h"

namespace weft::store {

namespace {

// Of a table what is wrong of a row.
struct Shape {
    const char* table;
    const char* wrong;
};
constexpr std::array kShapes = {
    Shape{"seg", "typeof(run)||typeof(seq)||typeof(leaf) <> 'integerintegerinteger'"},
    Shape{"tile", "typeof(level)||typeof(idx) <> 'integerinteger' OR length(root) <> 32"},
    Shape{"checkpoint", "typeof(size) <> 'integer'"},
    Shape{"run",
          "typeof(id)||typeof(image) <> 'blobblob' OR length(id) <> 16 OR length(image) <> 32"},
    Shape{"run",
          "typeof(status)||typeof(slot)||typeof(begun)||typeof(hold) <> "
          "'integerintegerintegerinteger'"},
    Shape{"run", "typeof(start_tag) NOT IN ('blob', 'null') OR length(start_tag) <> 16"},
    Shape{"run", "typeof(parent) NOT IN ('blob', 'null') OR length(parent) <> 16"},
    Shape{"run", "typeof(ended) NOT IN ('integer', 'null')"},
    Shape{"run", "typeof(retain_until) NOT IN ('integer', 'null')"},
    Shape{"wake", "typeof(due)||typeof(run) <> 'integerinteger'"},
    Shape{"snapshot", "typeof(seq)||typeof(box) <> 'integerblob'"},
    Shape{"inbox", "typeof(run)||typeof(tag)||typeof(kind) <> 'blobblobinteger'"},
    Shape{"inbox", "length(run) <> 16 OR length(tag) <> 16"},
    Shape{"inbox", "typeof(seq) NOT IN ('integer', 'null') OR typeof(box) NOT IN ('blob', 'null')"},
    Shape{"program", "typeof(hash) <> 'blob' OR length(hash) <> 32 OR length(sum) <> 16"},
    Shape{"image", "typeof(hash)||typeof(program) <> 'blobblob' OR length(sum) <> 16"},
    Shape{"image", "length(hash) <> 32 OR length(program) <> 32"},
    Shape{"ledger",
          "typeof(tag)||typeof(run)||typeof(seq)||typeof(generation)||typeof(state) <> "
          "'blobblobintegerintegerinteger'"},
    Shape{"ledger", "length(tag) <> 16 OR length(run) <> 16"},
    Shape{"cache",
          "typeof(tag)||typeof(run)||typeof(seq)||typeof(expires) <> "
          "'blobblobintegerinteger' OR length(tag) <> 16 OR length(run) <> 16"},
    Shape{"lock",
          "typeof(tag)||typeof(run)||typeof(since) <> 'blobblobinteger' OR "
          "length(tag) <> 16 OR length(run) <> 16"},
    Shape{"lock_wait",
          "typeof(tag)||typeof(run) <> 'blobblob' OR length(tag) <> 16 OR "
          "length(run) <> 16"},
    Shape{"subject",
          "typeof(tag)||typeof(run) <> 'blobblob' OR length(tag) <> 16 OR "
          "length(run) <> 16"},
    Shape{"flow",
          "typeof(from_run)||typeof(to_run) <> 'blobblob' OR length(from_run) <> 16 OR "
          "length(to_run) <> 16"},
    Shape{"file",
          "typeof(id)||typeof(run)||typeof(size) <> 'blobblobinteger' OR "
          "length(id) <> 16 OR length(run) <> 16"},
    Shape{"actor", "typeof(id)||typeof(box) <> 'blobblob' OR length(id) <> 16"},
};

}  // namespace

Result<bool> Verifier::shapes() {
    const auto next = static_cast<std::size_t>(at_.number == INT64_MIN ? 0 : at_.number);
    at_.number = static_cast<std::int64_t>(next) + 1;
    const auto& [table, wrong] = kShapes[next];
    std::string sql = "SELECT count(*) FROM ";
    sql.append(table).append(" WHERE ").append(wrong);
    auto query = store_.database_->query_once(sql);
    WEFT_TRY_VOID(query.step());
    if (query.column_u64(0) > 0) {
        found(table, "", query.column_text(0) + " of its rows are of another shape");
    }
    return next + 1 < kShapes.size();
}

}  // namespace weft::store
