#include "engine/bundle_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/hash.h"
#include "bytecode/image_parts.h"
#include "engine/approval.h"
#include "engine/protocol_check.h"
#include "engine/record_rules.h"
#include "engine/replay.h"
#include "store/merkle.h"

namespace weft::engine {
namespace {

struct Entry {
    const BundleRecord* raw = nullptr;
    Record record;
    Hash leaf_hash{};
};

ReadRecord read_of(const Entry& entry) {
    ReadRecord record;
    record.leaf = entry.raw->leaf;
    record.bytes = entry.raw->record;
    record.record = entry.record;
    record.salt = entry.raw->salt;
    record.has_check = false;
    record.payload = entry.raw->payload;
    record.payload_state = entry.raw->state == BundledPayload::None   ? PayloadState::None
                           : entry.raw->state == BundledPayload::Here ? PayloadState::Here
                                                                      : PayloadState::Erased;
    return record;
}

// One run of a bundle.
class BundleSource final : public RunSource {
  public:
    BundleSource(const Bundle& bundle, const std::vector<const Entry*>& entries)
        : bundle_(bundle), entries_(entries) {}
    Result<std::shared_ptr<const Image>> image(const Hash& hash) const override {
        const auto name = to_hex(view(hash));
        for (const auto& code : bundle_.images) {
            if (sha256(code) == hash) return open_image(code, name);
        }
        return fail(ErrorKind::Corrupt, fmt::format("image {} is not here", name));
    }
    Result<void> records(const RunHeader& /*header*/, const store::RunHead& after,
                         const RecordTaker& each) const override {
        for (const Entry* entry : entries_) {
            if (entry->record.seq < after.next_seq) continue;
            auto record = read_of(*entry);
            WEFT_TRY(more, each(record));
            if (!more) break;
        }
        return {};
    }

  private:
    const Bundle& bundle_;
    const std::vector<const Entry*>& entries_;
};

class BundleChecker {
  public:
    BundleChecker(const Bundle& bundle, const BundleTrust& trust)
        : bundle_(bundle), trust_(trust) {}

    BundleReport check() {
        report_.verifier_key = bundle_.verifier_key;
        check_keys();
        check_records();
        check_tree();
        check_earlier();
        check_witness();
        std::vector<store::RunId> order;
        for (const auto& entry : entries_) {
            const auto& run = entry.record.run;
            if (run == store::RunId{}) continue;
            if (runs_[run].empty()) order.push_back(run);
            runs_[run].push_back(&entry);
        }
        if (order.empty()) find("run", "", "the bundle holds no run");
        for (const auto& run : order) check_run(run, run == order.front());
        check_programs();
        return std::move(report_);
    }

  private:
    void find(std::string table, std::string row, std::string what) {
        store::Finding finding;
        finding.table = std::move(table);
        finding.row = std::move(row);
        finding.what = std::move(what);
        report_.findings.push_back(std::move(finding));
    }
    void find(const Entry& entry, std::string what) {
        store::Finding finding;
        finding.table = "log";
        finding.row = std::to_string(entry.raw->leaf);
        finding.leaf = entry.raw->leaf;
        finding.run = entry.record.run;
        finding.seq = entry.record.seq;
        finding.what = std::move(what);
        report_.findings.push_back(std::move(finding));
    }

    void check_keys();
    void check_records();
    void check_payload(const Entry& entry);
    void check_tree();
    void check_earlier();
    void check_witness();
    void check_programs();
    void check_run(const store::RunId& run, bool is_main);
    void check_origin(const Entry& begin, const BeginBody& body);
    void check_sub_start(const Entry& entry);
    void check_sub_ended(const Entry& entry);
    void check_approver(const Entry& entry, const SignedDecision& decision);
    void execute(const std::vector<const Entry*>& entries, BundledRun& out);
    [[nodiscard]] std::optional<Hash> root_at(std::uint64_t size) const {
        auto found = roots_.find(size);
        return found == roots_.end() ? std::nullopt : std::optional(found->second);
    }

    const Bundle& bundle_;
    const BundleTrust& trust_;
    BundleReport report_;
    std::optional<store::VerifierKey> key_;
    std::vector<Entry> entries_;
    std::map<store::RunId, std::vector<const Entry*>> runs_;
    std::map<std::uint64_t, Hash> roots_;  // trees that the checkpoint is shown to continue
    ApproverKeys approvers_;
    std::vector<BeginBody> begins_;
    std::set<Hash> images_;  // under which runs went on
};

void BundleChecker::check_keys() {
    key_ = store::parse_verifier_key(bundle_.verifier_key);
    if (!key_) return find("key", "", "the verifier key is malformed");
    if (!trust_.verifier_key.empty() && trust_.verifier_key != bundle_.verifier_key) {
        find("key", "", "the bundle is of another store than the key that was given");
    }
    auto checkpoint = store::check_note(key_->origin, key_->public_key, bundle_.checkpoint);
    if (!checkpoint) {
        find("checkpoint", "", checkpoint.error().message);
    } else {
        report_.tree_size = checkpoint->size;
        report_.root = checkpoint->root;
        roots_[checkpoint->size] = checkpoint->root;
    }
    auto seal = store::open_note(seal_name(key_->origin), key_->public_key, bundle_.seal);
    if (!seal || *seal != seal_text(key_->origin, bundle_)) {
        find("seal", "", "the bundle is not what its seal was made for");
    }
}

void BundleChecker::check_records() {
    std::optional<std::uint64_t> system_seq;
    for (const auto& raw : bundle_.records) {
        Entry entry{&raw, {}, leaf_hash(raw.record)};
        auto record = decode_record(raw.record);
        if (!record) {
            find("log", std::to_string(raw.leaf), record.error().message);
            continue;
        }
        entry.record = std::move(*record);
        check_payload(entry);
        if (entry.record.run == store::RunId{}) {
            if (system_seq && entry.record.seq <= *system_seq) {
                find(entry, "the system chain's records are not in order");
            }
            system_seq = entry.record.seq;
            if (auto broken = broken_rule(entry.record); !broken.empty()) find(entry, broken);
            approvers_.take(entry.record, raw.leaf);
        }
        entries_.push_back(std::move(entry));
    }
}

void BundleChecker::check_payload(const Entry& entry) {
    const bool says_none = entry.raw->state == BundledPayload::None;
    if (says_none == entry.record.has_payload) {
        return find(entry, "whether it has a payload is not what the record says");
    }
    if (entry.raw->state != BundledPayload::Here) return;
    if (commitment(entry.raw->salt, entry.raw->payload) != entry.record.commitment) {
        find(entry, "its payload is not what it commits to");
    }
}

void BundleChecker::check_tree() {
    std::vector<std::uint64_t> leaves;
    std::vector<Hash> hashes;
    for (const auto& raw : bundle_.records) {
        leaves.push_back(raw.leaf);
        hashes.push_back(leaf_hash(raw.record));
    }
    if (report_.tree_size == 0) return;
    const auto root = store::cover_root(leaves, hashes, report_.tree_size, bundle_.path);
    if (!root || *root != report_.root) {
        find("tree", "", "the records do not stand in the signed tree at their leaves");
    }
}

void BundleChecker::check_earlier() {
    for (const auto& earlier : bundle_.earlier) {
        if (!key_) return;
        auto checkpoint = store::check_note(key_->origin, key_->public_key, earlier.note);
        if (!checkpoint) {
            find("checkpoint", "", checkpoint.error().message);
            continue;
        }
        if (checkpoint->size == 0 ||
            !store::check_consistency(checkpoint->size, report_.tree_size, checkpoint->root,
                                      report_.root, earlier.proof)) {
            find("checkpoint", std::to_string(checkpoint->size),
                 "the tree does not continue this checkpoint");
            continue;
        }
        if (!roots_.emplace(checkpoint->size, checkpoint->root).second) {
            find("checkpoint", std::to_string(checkpoint->size),
                 "the checkpoint stands here twice");
        }
    }
}

void BundleChecker::check_witness() {
    for (const auto& note : store::split_notes(trust_.witness)) {
        auto known = store::read_note(note);
        if (!known || !key_) {
            find("witness", "", "a witnessed checkpoint is malformed");
            continue;
        }
        auto checkpoint = store::check_note(key_->origin, key_->public_key, note);
        if (!checkpoint) {
            find("witness", std::to_string(known->size), checkpoint.error().message);
            continue;
        }
        const auto root = root_at(checkpoint->size);
        if (root && *root == checkpoint->root) {
            ++report_.witnessed;
            continue;
        }
        find("witness", std::to_string(checkpoint->size),
             root ? "the log was changed: its tree is not the one that was witnessed"
                  : "the bundle has no proof for this checkpoint; export it with --witness");
    }
}

void BundleChecker::check_run(const store::RunId& run, bool is_main) {
    const auto& entries = runs_[run];
    BundledRun out;
    out.run = run;
    out.records = entries.size();
    ProtocolCheck protocol(run);
    DecisionCheck decisions(key_ ? key_->origin : "", run,
                            [this](std::uint64_t size) { return root_at(size); });
    Hash prev{};
    std::uint64_t seq = 0;
    std::int64_t time = 0;
    for (const Entry* entry : entries) {
        const auto& record = entry->record;
        if (record.seq != seq || record.prev != prev) {
            find(*entry, "it does not continue the chain of its run");
        }
        if (record.time_ms < time) find(*entry, "time goes back");
        prev = entry->leaf_hash;
        seq = record.seq + 1;
        time = record.time_ms;
        protocol.take(record, entry->raw->leaf);
        const bool here = entry->raw->state == BundledPayload::Here;
        const auto decision = decisions.take(record, entry->raw->leaf, entry->leaf_hash,
                                             here ? &entry->raw->payload : nullptr);
        if (decision) check_approver(*entry, *decision);
        out.payloads += here ? 1 : 0;
        out.left_out += entry->raw->state == BundledPayload::LeftOut ? 1 : 0;
        out.erased += entry->raw->state == BundledPayload::Erased ? 1 : 0;
        if (record.kind == RecordKind::End) {
            if (auto body = decode_body<EndBody>(record.body))
                out.status = static_cast<int>(body->status);
        }
        if (record.kind == RecordKind::SubStart) check_sub_start(*entry);
        if (record.kind == RecordKind::SubEnded) check_sub_ended(*entry);
        if (const auto image = image_from(record)) images_.insert(*image);
    }
    for (auto& finding : protocol.finish()) report_.findings.push_back(std::move(finding));
    auto begin = decode_body<BeginBody>(entries.front()->record.body);
    if (entries.front()->record.kind == RecordKind::Begin && begin) {
        begins_.push_back(*begin);
        if (!is_main) check_origin(*entries.front(), *begin);
    }
    if (trust_.level >= 3 && report_.findings.empty()) execute(entries, out);
    report_.runs.push_back(out);
}

// What a run began goes along with it, those that it doesn't wait for too.
void BundleChecker::check_sub_start(const Entry& entry) {
    const auto body = decode_body<SubStartBody>(entry.record.body);
    if (body && !runs_.contains(body->child)) find(entry, "the run that it began is left out");
}

// A sub-run belongs to the record that asked for it.
void BundleChecker::check_origin(const Entry& begin, const BeginBody& body) {
    auto parent = runs_.find(body.origin_run);
    if (body.origin == Origin::SubRun && parent != runs_.end()) {
        for (const Entry* entry : parent->second) {
            if (entry->record.seq != body.origin_seq) continue;
            auto start = entry->record.kind == RecordKind::SubStart
                             ? decode_body<SubStartBody>(entry->record.body)
                             : std::nullopt;
            const bool fits =
                start && start->child == begin.record.run && entry->leaf_hash == body.origin_leaf;
            if (fits) return;
        }
    }
    find(begin, "no run of the bundle began this one");
}

void BundleChecker::check_sub_ended(const Entry& entry) {
    auto body = decode_body<SubEndedBody>(entry.record.body);
    if (!body) return;
    for (const auto& [run, entries] : runs_) {
        auto begin = decode_body<BeginBody>(entries.front()->record.body);
        const bool is_child = entries.front()->record.kind == RecordKind::Begin && begin &&
                              begin->origin_run == entry.record.run &&
                              begin->origin_seq == body->call;
        if (!is_child) continue;
        const auto& last = *entries.back();
        auto end = last.record.kind == RecordKind::End ? decode_body<EndBody>(last.record.body)
                                                       : std::nullopt;
        if (!end || end->status != body->status || last.leaf_hash != body->child_leaf) {
            find(entry, "the sub-run's end is not the one that was told");
        }
    }
}

void BundleChecker::check_approver(const Entry& entry, const SignedDecision& decision) {
    const auto& statement = decision.statement;
    if (!decision.problem.empty()) return find(entry, decision.problem);
    if (!approvers_.in_use(statement.key, entry.raw->leaf)) {
        return find(entry, "the key of the decision was not in use");
    }
    report_.decisions.push_back(
        {entry.record.run, entry.record.seq, statement.by, statement.key, statement.tree_size});
}

// The programs are those of the runs, from their begin on: what an image is of stands in it.
void BundleChecker::check_programs() {
    std::vector<Hash> programs;
    std::vector<Hash> images;
    std::set<Hash> wanted;
    for (const auto& begin : begins_) wanted.insert(begin.program);
    for (const auto& image : bundle_.images) {
        images.push_back(sha256(image));
        if (!images_.contains(images.back())) {
            find("image", to_hex(view(images.back())), "no run of the bundle is of it");
        }
        const auto head = image_head(image);
        if (!head) {
            find("image", to_hex(view(images.back())), "it is none");
            continue;
        }
        wanted.insert(head->program);
        for (const auto& begin : begins_) {
            if (begin.image == images.back() &&
                (begin.program != head->program || begin.semantics != head->semantics)) {
                find("image", to_hex(view(images.back())), "a run began under another one");
            }
        }
    }
    for (const auto& program : bundle_.programs) {
        programs.push_back(sha256(program.ir));
        if (!wanted.contains(programs.back())) {
            find("program", to_hex(view(programs.back())), "no run of the bundle is of it");
        }
    }
    for (const auto& program : wanted) {
        if (std::ranges::count(programs, program) != 1) {
            find("program", to_hex(view(program)), "it is not here, once");
        }
    }
    for (const auto& image : images_) {
        if (std::ranges::count(images, image) != 1) {
            find("image", to_hex(view(image)), "it is not here, once");
        }
    }
}

void BundleChecker::execute(const std::vector<const Entry*>& entries, BundledRun& out) {
    auto begin = decode_body<BeginBody>(entries.front()->record.body);
    RunHeader header;
    header.row.id = out.run;
    header.origin = std::make_shared<BundleSource>(bundle_, entries);
    auto image = header.origin->image(begin->image);
    if (!image) {
        return find("image", to_hex(view(begin->image)), "it is no image that this engine runs");
    }
    header.image = *image;
    header.first_image = *image;
    Replayer replayer(header);
    replayer.trace(trust_.tracer);
    for (const Entry* entry : entries) {
        auto record = read_of(*entry);
        auto same = replayer.take(record);
        if (!same) {
            // What is not here can't be executed.
            if (same.error().kind != ErrorKind::Refused) find(*entry, same.error().message);
            return;
        }
        if (!*same) break;
    }
    auto replayed = replayer.finish();
    if (replayed.divergence) {
        return find(*entries[std::min<std::size_t>(replayed.divergence->seq, entries.size() - 1)],
                    "replay diverges: " + replayed.divergence->what);
    }
    out.executed = true;
}

}  // namespace

Result<BundleReport> check_bundle(std::string_view bytes, const BundleTrust& trust) {
    WEFT_TRY(bundle, decode_bundle(bytes));
    return BundleChecker(bundle, trust).check();
}

}  // namespace weft::engine
