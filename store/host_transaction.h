// SQL of the host program within a transaction of the store: on the host's own tables, and on
// nothing else. Private to store/: others reach it by Store::share.
#pragma once

#include <functional>

#include "store/sqlite.h"
#include "weft/transaction.h"

namespace weft::store {

class HostTransaction final : public Transaction {
  public:
    // While it lives, the connection prepares and runs the host's statements only.
    HostTransaction(Database& database, const std::function<bool()>& is_late);
    ~HostTransaction() override;
    HostTransaction(const HostTransaction&) = delete;
    HostTransaction& operator=(const HostTransaction&) = delete;

    std::expected<SqlRows, WorkerError> run(std::string_view sql,
                                            const std::vector<SqlValue>& values) override;

    // Of the last statement that failed.
    [[nodiscard]] SqliteFailure failure() const { return failure_; }

  private:
    std::unexpected<WorkerError> failed(int rc);

    Database& database_;
    std::function<bool()> is_late_;
    SqliteFailure failure_ = SqliteFailure::None;
};

}  // namespace weft::store
