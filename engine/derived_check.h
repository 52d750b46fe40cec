// Level two of the audit for the tables beside the runs: what is in them was made from the records,
// or says what became of a request, so the records must say the same. They decide what an erasure
// reaches, what is kept, whether a request counts twice and which program is shown. Fed with every
// record of every run; runs that went on meanwhile are passed over.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/checked_runs.h"
#include "engine/run_reader.h"
#include "engine/system_facts.h"
#include "store/verify.h"

namespace weft::engine {

class DerivedCheck {
  public:
    // `into_values`: also looks for the files that values name.
    DerivedCheck(store::Store& store, bool into_values)
        : store_(store), checked_(store), into_values_(into_values) {}

    void take(const RunHeader& header, const ReadRecord& record);
    void finish_run(const RunHeader& header, std::uint64_t next_seq);
    // Of a run that can't be read; level one says why.
    void note_unreadable() { has_gaps_ = true; }

    Result<std::vector<store::Finding>> finish();

  private:
    using Flow = std::pair<store::RunId, store::RunId>;
    // A record that came of a request: of it there is a row of the inbox.
    struct Asked {
        RecordKind kind = RecordKind::Begin;
        bool needs_row = false;
        std::string body;
    };
    struct Ended {
        std::int64_t at_ms = 0;
        std::optional<std::int64_t> retain_until_ms;
    };

    void take_flow(const ReadRecord& record);
    void take_hit(const ReadRecord& record);
    void take_subjects(const RunHeader& header, const ReadRecord& record);
    void take_request(const ReadRecord& record);

    Result<void> compare_runs();
    Result<void> compare_flows();
    Result<void> compare_subjects();
    Result<void> compare_programs();
    Result<void> compare_actors();
    Result<void> compare_meta();
    void compare_schedule(const store::MetaRow& row);
    Result<void> compare_inbox();
    Result<void> compare_taken(const store::InboxRow& row);
    Result<void> compare_waiting(const store::InboxRow& row);
    Result<void> compare_ready();
    Result<void> compare_files();
    // The run, or one from which values flowed into it, was erased.
    Result<bool> may_be_gone(const store::RunId& run);
    void take_files(const store::RunId& run, const Value& value);
    void found(const char* table, std::string row, std::string what,
               const std::optional<store::RunId>& run = std::nullopt);

    store::Store& store_;
    CheckedRuns checked_;
    bool into_values_ = false;
    SystemFacts system_;
    std::vector<store::Finding> findings_;
    bool has_gaps_ = false;
    std::set<Flow> flows_;
    std::set<Flow> perhaps_;  // of hits of which the payload is gone
    std::map<store::RunId, std::vector<std::vector<store::Tag>>> subjects_;  // under each secret
    std::map<std::pair<store::RunId, std::uint64_t>, store::RunId> calls_;   // sub-starts
    std::set<Hash> images_;
    std::set<Hash> programs_;
    std::map<store::RunId, Ended> ended_;
    std::map<Bytes16, store::RunId> files_;  // that a value names, with one of its runs
    std::map<std::pair<store::RunId, std::uint64_t>, Asked> asked_;
    std::set<std::pair<store::RunId, std::uint64_t>> rows_;  // records that a row names
};

}  // namespace weft::engine
