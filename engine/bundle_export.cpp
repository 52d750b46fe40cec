#include "engine/bundle_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/hash.h"
#include "engine/approval.h"
#include "engine/history_text.h"
#include "engine/run_reader.h"
#include "store/key_file.h"

namespace weft::engine {
namespace {

constexpr std::uint64_t kBundleBytesMax = 200ULL << 20;

// Whether a list of run ids, as payloads of the system chain have it, names one of these.
bool names_one_of(const Value& list, const std::vector<store::RunId>& runs) {
    if (list.tag() != Tag::List) return false;
    return std::any_of(list.items().begin(), list.items().end(), [&](const Value& item) {
        return item.tag() == Tag::Bytes && item.as_text().size() == 16 &&
               std::find(runs.begin(), runs.end(), to_array<16>(item.as_text())) != runs.end();
    });
}

}  // namespace

Result<std::string> system_payload(store::Store& store, const store::StoredRecord& stored,
                                   const Record& record, Bytes16& salt) {
    if (!record.has_payload) return std::string();
    WEFT_TRY(sealed, store.payload(stored.leaf));
    if (!sealed) return fail(ErrorKind::Corrupt, "a payload of the system chain is not there");
    WEFT_TRY(key, store.keys().slot_key(store::kSystemSlot));
    WEFT_TRY(box, store::open_box(key, record.run, record.seq, *sealed));
    salt = box.salt;
    return std::move(box.body);
}

Result<void> BundleExport::begin(const store::RunId& run) {
    WEFT_TRY(checkpoint, store_.sign_checkpoint());
    checkpoint_ = std::move(checkpoint);
    bundle_.verifier_key = store_.verifier_key();
    bundle_.checkpoint = checkpoint_.note;
    runs_.push_back(run);
    return add_descendants(run);
}

Result<void> BundleExport::add_descendants(const store::RunId& run) {
    store::RunFilter filter;
    filter.parent = run;
    filter.limit = 1'000'000;
    WEFT_TRY(rows, store_.runs(filter));
    for (const auto& row : rows) {
        runs_.push_back(row.id);
        WEFT_TRY_VOID(add_descendants(row.id));
    }
    return {};
}

Result<void> BundleExport::open_run(const store::RunId& run) {
    WEFT_TRY(header, read_run_header(store_, run));
    header_ = std::make_unique<RunHeader>(std::move(header));
    head_ = {};
    secrets_ = std::make_unique<SecretView>(header_->first_image);
    replayer_ = options_.payloads && header_->key ? std::make_unique<Replayer>(*header_) : nullptr;
    return add_program(header_->first_image->program);
}

Result<void> BundleExport::add_program(const Hash& name) {
    if (!programs_.insert(name).second) return {};
    WEFT_TRY(program, store_.program(name));
    if (!program) return fail(ErrorKind::Corrupt, "the program of the run is not in the store");
    bundle_.programs.push_back({std::move(program->ir), std::move(program->source)});
    return {};
}

Result<void> BundleExport::add_image(const Hash& hash) {
    if (!images_.insert(hash).second) return {};
    WEFT_TRY(image, store_.image(hash));
    if (!image) return fail(ErrorKind::Corrupt, "the image of the run is not in the store");
    bundle_.images.push_back(std::move(image->code));
    return {};
}

Result<bool> BundleExport::advance() {
    if (!header_) {
        if (next_ == runs_.size()) return false;
        WEFT_TRY_VOID(open_run(runs_[next_++]));
    }
    std::size_t read = 0;
    WEFT_TRY_VOID(read_records(store_, *header_, head_, [&](ReadRecord& record) -> Result<bool> {
        // What came after the signed tree isn't part of it.
        if (record.leaf >= checkpoint_.size) return false;
        head_ = {record.record.seq + 1, leaf_hash(record.bytes), record.leaf};
        if (replayer_) {
            auto same = replayer_->take(record);
            if (!same || !*same) replayer_.reset();
        }
        note_decision(record);
        if (const auto hash = image_from(record.record)) {
            WEFT_TRY(image, load_image(store_, *hash));
            if (auto kept = add_program(image->program); !kept) {
                return std::unexpected(kept.error());
            }
            if (record.record.kind != RecordKind::Begin) secrets_->use(std::move(image));
            if (auto added = add_image(*hash); !added) return std::unexpected(added.error());
        }
        add(record);
        return ++read < kRecordSlice;
    }));
    if (read < kRecordSlice) header_.reset();
    return true;
}

void BundleExport::note_decision(const ReadRecord& record) {
    if (record.record.kind != RecordKind::Decision) return;
    const auto note = signed_statement(payload_fields(record.payload));
    if (note.empty()) return;
    const auto statement = read_statement(std::string_view(note).substr(0, note.find("\n\n") + 1));
    if (!statement) return;
    seen_sizes_.insert(statement->tree_size);
    seen_keys_.insert(statement->key);
}

void BundleExport::add(ReadRecord& record) {
    BundleRecord entry;
    entry.leaf = record.leaf;
    if (record.record.has_payload) {
        const bool erased = record.payload_state == PayloadState::Erased;
        // A commitment is to the whole payload, so one with a secret in it is not handed out.
        const bool has_secret = secrets_->hide(record.record, record.payload).has_value();
        const bool here =
            record.payload_state == PayloadState::Here && options_.payloads && !has_secret;
        entry.state = erased ? BundledPayload::Erased
                      : here ? BundledPayload::Here
                             : BundledPayload::LeftOut;
        if (here) {
            entry.salt = record.salt;
            entry.payload = std::move(record.payload);
        }
    }
    entry.record = std::move(record.bytes);
    bundle_.records.push_back(std::move(entry));
}

// Of the system chain: which store this is, keys of approvers who signed, and what was done to
// these runs.
bool BundleExport::concerns(const Record& record, const std::string& payload) const {
    if (record.seq == 0) return true;
    if (record.kind == RecordKind::KeyAdded) {
        auto body = decode_body<KeyAddedBody>(record.body);
        return body && seen_keys_.contains(body->public_key);
    }
    // Whether it was before or after a decision, who reads the bundle sees.
    if (record.kind == RecordKind::KeyRevoked) {
        auto body = decode_body<KeyRevokedBody>(record.body);
        return body && body->purpose == KeyPurpose::Approver;
    }
    const auto has = [&](const store::RunId& run) {
        return std::find(runs_.begin(), runs_.end(), run) != runs_.end();
    };
    if (record.kind == RecordKind::Attested) {
        auto body = decode_body<AttestedBody>(record.body);
        return body && has(body->run);
    }
    if (record.kind == RecordKind::LegalHold) {
        auto body = decode_body<LegalHoldBody>(record.body);
        return body && has(body->run);
    }
    if (record.kind != RecordKind::Erase && record.kind != RecordKind::Retained) return false;
    const auto fields = payload_fields(payload);
    return !fields.empty() && names_one_of(fields.front(), runs_);
}

Result<void> BundleExport::add_system_records() {
    std::set<std::uint64_t> orders;  // erase and retained records, by seq
    for (std::uint64_t seq = 0;;) {
        WEFT_TRY(slice, store_.read_run(store::RunId{}, seq, kRecordSlice));
        if (slice.empty()) return {};
        seq += slice.size();
        for (auto& stored : slice) {
            if (stored.leaf >= checkpoint_.size) return {};
            WEFT_TRY(record, decode_record(stored.record));
            BundleRecord entry;
            WEFT_TRY(payload, system_payload(store_, stored, record, entry.salt));
            bool wanted = concerns(record, payload);
            const bool ordered =
                record.kind == RecordKind::Erase || record.kind == RecordKind::Retained;
            if (wanted && ordered) orders.insert(record.seq);
            if (record.kind == RecordKind::Erased) {
                auto body = decode_body<ErasedBody>(record.body);
                wanted = body && orders.contains(body->erase);
            }
            if (!wanted) continue;
            entry.leaf = stored.leaf;
            entry.record = std::move(stored.record);
            // An erasure names other runs, too: what it did stands in its record.
            const bool here = options_.payloads && record.kind == RecordKind::KeyAdded;
            if (record.has_payload) {
                entry.state = here ? BundledPayload::Here : BundledPayload::LeftOut;
            }
            if (here) entry.payload = std::move(payload);
            bundle_.records.push_back(std::move(entry));
        }
    }
}

// The checkpoints that approvers saw and that witnesses hold, each with its proof.
Result<void> BundleExport::prove_earlier() {
    std::map<std::uint64_t, std::string> notes;
    for (const auto size : seen_sizes_) {
        WEFT_TRY(found, store_.checkpoints(size, 1));
        if (!found.empty() && found.front().size == size) notes[size] = found.front().note;
    }
    for (const auto& note : store::split_notes(options_.witness)) {
        const auto known = store::read_note(note);
        if (!known) return fail(ErrorKind::Usage, "the witness file holds no signed checkpoints");
        if (known->size > checkpoint_.size) {
            return fail(ErrorKind::Corrupt,
                        fmt::format("a tree of {} records was witnessed, this log has {}",
                                    known->size, checkpoint_.size),
                        "the store was put back from an older copy, or it is another one");
        }
        WEFT_TRY(root, store_.root(known->size));
        if (root != known->root) {
            return fail(
                ErrorKind::Corrupt,
                fmt::format("the log is not the one that was witnessed at {} records", known->size),
                "it was changed, or the file is another store's");
        }
        notes[known->size] = note;
    }
    notes.erase(checkpoint_.size);
    for (auto& [size, note] : notes) {
        WEFT_TRY(proof, store_.consistency_proof(size, checkpoint_.size));
        bundle_.earlier.push_back({std::move(note), std::move(proof)});
    }
    return {};
}

Result<Bundle> BundleExport::finish() {
    WEFT_TRY_VOID(add_system_records());
    std::sort(bundle_.records.begin(), bundle_.records.end(),
              [](const auto& a, const auto& b) { return a.leaf < b.leaf; });
    std::vector<std::uint64_t> leaves;
    std::uint64_t bytes = 0;
    for (const auto& entry : bundle_.records) {
        leaves.push_back(entry.leaf);
        bytes += entry.record.size() + entry.payload.size();
    }
    if (bytes > kBundleBytesMax) {
        return fail(ErrorKind::Refused, "the run is too large for a bundle with its payloads",
                    "`--no-payloads` leaves them out");
    }
    WEFT_TRY(path, store_.cover_proof(leaves, checkpoint_.size));
    bundle_.path = std::move(path);
    WEFT_TRY_VOID(prove_earlier());
    auto& keys = store_.keys();
    seal_bundle(bundle_, keys.public_key(), [&](std::string_view text) { return keys.sign(text); });
    return std::move(bundle_);
}

}  // namespace weft::engine
