// Level one of the audit over the default store: everything is read again and made again. One
// member function per table; findings say which row. It works in slices, between which the store
// is written: each slice reads behind the row where the last one ended, and what came later than
// the beginning is left for another time. Private to store/.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/sealed_file.h"
#include "store/sqlite_store.h"

namespace weft::store {

class Verifier final : public Verification {
  public:
    Verifier(SqliteStore& store, VerifyOptions options);
    Result<bool> advance() override;
    VerifyReport take_report() override { return std::move(report_); }

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
    struct Segment {
        RunId run{};
        std::uint64_t seq = 0;
        std::uint64_t no = 0;
    };

    // A phase does a slice of its work. True: there is more of it.
    using Phase = Result<bool> (Verifier::*)();
    Result<bool> structure();
    Result<bool> run_rows();
    Result<bool> segments();
    Result<bool> tiles();
    Result<bool> tile_levels();
    Result<bool> edge_row();
    Result<bool> sizes();
    Result<bool> walk_log();
    Result<bool> leftovers();
    Result<bool> rows_beyond();
    Result<bool> checkpoints();
    Result<bool> programs();
    Result<bool> images();
    Result<bool> schema_objects();
    Result<bool> shapes();
    Result<bool> key_file();
    Result<bool> wakes();
    Result<bool> snapshots();
    Result<bool> inbox_tags();
    Result<bool> meta_tags();
    Result<bool> checkpoint_count();
    Result<bool> taken_inbox();
    Result<bool> waiting_inbox();
    Result<bool> secrets();
    Result<bool> actors();
    Result<bool> sealed_files();

    // Each row of the query, which asks for `limit` at most: whether there may be more.
    static Result<bool> each(Query& query, std::size_t limit, const std::function<void()>& row);

    void tile(std::uint64_t index, std::string_view root, std::string_view hashes);
    void end_tile_level();
    Result<void> record(std::uint64_t leaf, std::string_view bytes);
    void check_leaf_hash(const At& at, const Hash& hash);
    Result<void> check_chain(const At& at, const Hash& hash);
    void check_segment(const At& at);
    Result<void> check_no_box(const At& at);
    void check_box(const At& at, std::string_view bytes, std::string_view box);
    void check_sealed(const char* table, const std::string& row, const RunId& run,
                      const std::string& context, std::string_view box);
    Result<bool> next_file();

    RunState& state_of(const RunId& run) { return runs_[run]; }
    Result<std::optional<Key>> key_of(const RunId& run);
    void found(std::string table, std::string row, std::string what,
               const std::optional<At>& at = std::nullopt);
    // What could not be read: a finding when it is damaged. When the disk or the memory failed,
    // nothing is known of the store, and the verification ends with that error.
    void unread(std::string table, std::string row, const std::string& what, const Error& error,
                const std::optional<At>& at = std::nullopt);

    SqliteStore& store_;
    const VerifyOptions options_;
    const std::uint64_t size_;  // of the log that is answered for
    VerifyReport report_;
    std::optional<Error> failure_;  // of the disk or the memory
    std::vector<Phase> phases_;
    std::size_t phase_ = 0;
    // The key of the last row that this phase has read; before any there can be, at its beginning.
    struct {
        std::int64_t number = INT64_MIN;
        std::int64_t second = INT64_MIN;
        std::string bytes;
        std::string text;
    } at_;
    std::string next_bytes_;  // for the next slice: those above are bound to this one's query
    std::string next_text_;

    std::unordered_map<RunId, RunState, RunIdHash> runs_;
    std::unordered_map<std::uint64_t, RunId> run_of_no_;
    // The level of tiles that is read.
    std::uint32_t level_ = 0;
    std::vector<Hash> below_;  // roots of the tiles of the level before
    std::vector<Hash> level_roots_;
    std::vector<bool> level_seen_;
    // Hashes of one full tile of level 0 as stored, while the log passes it; empty when damaged.
    std::uint64_t tile_index_ = UINT64_MAX;
    std::string tile_hashes_;
    std::string edge_hashes_;
    std::uint64_t edge_size_ = 0;
    // The tree of the log as it is walked, and the roots at the sizes of checkpoint rows.
    MerkleEdge tree_;
    std::unordered_map<std::uint64_t, Hash> roots_;
    // By leaf; those that the walk came by are taken out.
    std::unordered_multimap<std::uint64_t, Segment> segments_;
    std::uint64_t next_leaf_ = 0;
    std::optional<At> previous_;
    std::uint64_t key_slot_ = 0;
    std::optional<FileReader> file_;
    std::string file_name_;
};

}  // namespace weft::store
