// Level one of the audit over the default store: everything is read again and made again. One
// member function per table; findings say which row. Private to store/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/sqlite_store.h"

namespace weft::store {

class Verifier {
  public:
    Verifier(SqliteStore& store, const VerifyOptions& options) : store_(store), options_(options) {}
    Result<VerifyReport> run();

  private:
    struct RunState {
        std::uint64_t next_seq = 0;
        Hash last_hash{};
        std::uint64_t last_leaf = 0;
        bool known = false;   // has a row
        bool erased = false;  // its key was destroyed
        std::optional<Key> key;
    };
    // What the walk over the log needs of the row it is at.
    struct At {
        std::uint64_t leaf = 0;
        std::optional<RecordHead> head;
    };

    Result<void> structure();
    Result<void> run_rows();
    Result<void> tiles();
    Result<void> edge_row();
    Result<void> walk_log();
    void record(std::uint64_t leaf, std::string_view bytes);
    void check_leaf_hash(const At& at, const Hash& hash);
    void check_chain(const At& at, const Hash& hash);
    void check_segment(const At& at);
    Result<void> check_no_box(const At& at);
    void check_box(const At& at, std::string_view bytes, std::string_view box);
    Result<void> leftovers();
    Result<void> checkpoints();
    Result<void> programs();
    Result<void> taken_inbox();
    Result<void> sealed_tables();
    Result<void> sealed_files();

    RunState& state_of(const RunId& run);
    Result<std::optional<Key>> key_of(const RunId& run);
    void found(std::string table, std::string row, std::string what,
               const std::optional<At>& at = std::nullopt);

    SqliteStore& store_;
    const VerifyOptions& options_;
    VerifyReport report_;
    std::unordered_map<RunId, RunState, RunIdHash> runs_;
    std::unordered_map<std::uint64_t, RunId> run_of_no_;
    // Hashes of one full tile of level 0 as stored, while the log passes it; empty when damaged.
    std::uint64_t tile_index_ = UINT64_MAX;
    std::string tile_hashes_;
    std::string edge_hashes_;
    std::uint64_t edge_size_ = 0;
    // The tree of the log as it is now, and the roots at the sizes of checkpoint rows.
    MerkleEdge tree_;
    std::unordered_map<std::uint64_t, Hash> roots_;
    // Segment rows in leaf order, read along with the log.
    struct Segment {
        std::uint64_t leaf = 0;
        RunId run{};
        std::uint64_t seq = 0;
        std::uint64_t no = 0;
    };
    std::vector<Segment> segments_;
    std::size_t next_segment_ = 0;
    std::optional<At> previous_;
};

}  // namespace weft::store
