// A run's artifacts: sealed files under the run's key, beside the store. Workers read and write
// them from pool threads; the rows that name new files join the next commit of the run, so that a
// file that no commit named is known to be an orphan.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/store.h"
#include "weft/worker.h"

namespace weft::engine {

class RunFiles final : public FileAccess {
  public:
    // `known`: the rows of the files that the run has already.
    RunFiles(std::string folder, store::RunId run, const store::Key& key,
             const std::vector<store::FileRow>& known = {});

    std::expected<std::string, std::string> read(std::string_view id) override;
    std::expected<std::string, std::string> write(std::string_view bytes, std::string_view name,
                                                  std::string_view media) override;
    std::vector<store::FileRow> take_new();
    // The files of a run from which values came may be read here too.
    void lend(const RunFiles& other);

  private:
    struct Known {
        store::FileRow row;
        store::Key key;
    };

    std::string folder_;
    store::RunId run_;
    store::Key key_;
    mutable std::mutex mutex_;
    std::map<Bytes16, Known> known_;
    std::vector<store::FileRow> new_;
};

// A run's files, and those of every run from which values flowed into it.
Result<std::shared_ptr<RunFiles>> files_of_run(store::Store& store, const store::RunId& run);

}  // namespace weft::engine
