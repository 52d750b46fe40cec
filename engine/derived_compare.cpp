// What was taken in, against the tables.
#include <algorithm>

#include "engine/derived_check.h"
#include "engine/inbox.h"
#include "engine/schedules.h"
#include "store/key_file.h"
#include "store/note.h"
#include "store/row_tags.h"
#include "vm/machine.h"

namespace weft::engine {
namespace {

// What a request of this kind becomes.
bool may_become(InboxKind kind, RecordKind record) {
    switch (kind) {
        case InboxKind::Start:
            return record == RecordKind::Begin;
        case InboxKind::Decision:
            return record == RecordKind::Decision;
        case InboxKind::Cancel:
            return record == RecordKind::Cancel;
        case InboxKind::Kill:
            return record == RecordKind::Kill;
        case InboxKind::Hold:
            return record == RecordKind::HeldByOperator;
        case InboxKind::Release:
            return record == RecordKind::Released;
        case InboxKind::Settle:
            return record == RecordKind::Settled || record == RecordKind::Operator;
        case InboxKind::Signal:
            return record == RecordKind::Signal;
    }
    return false;
}

constexpr std::string_view kApprover = "approver ";
constexpr std::string_view kSchedule = "schedule/";

}  // namespace

void DerivedCheck::found(const char* table, std::string row, std::string what,
                         const std::optional<store::RunId>& run) {
    store::Finding finding;
    finding.table = table;
    finding.row = std::move(row);
    finding.run = run;
    finding.what = std::move(what);
    findings_.push_back(std::move(finding));
}

Result<std::vector<store::Finding>> DerivedCheck::finish() {
    WEFT_TRY(system, read_system_facts(store_));
    system_ = std::move(system);
    WEFT_TRY_VOID(compare_runs());
    WEFT_TRY_VOID(compare_flows());
    WEFT_TRY_VOID(compare_subjects());
    WEFT_TRY_VOID(compare_programs());
    WEFT_TRY_VOID(compare_actors());
    WEFT_TRY_VOID(compare_meta());
    WEFT_TRY_VOID(compare_inbox());
    WEFT_TRY_VOID(compare_ready());
    WEFT_TRY_VOID(compare_files());
    return std::move(findings_);
}

// Legal holds, dates of retention, and that no key went but by an order.
Result<void> DerivedCheck::compare_runs() {
    store::RunFilter filter;
    filter.limit = 1'000'000'000;
    WEFT_TRY(rows, store_.runs(filter));
    for (const auto& row : rows) {
        const auto name = to_hex(view(row.id));
        WEFT_TRY(head, store_.head(row.id));
        if (head.next_seq == 0) found("run", name, "the log has no records of it", row.id);
        const auto hold = system_.holds.find(row.id);
        const bool is_held = hold != system_.holds.end() && hold->second;
        if ((row.hold != 0) != is_held || row.hold > 1 || row.hold < 0) {
            found("run", name, "its legal hold is not the one that the log has", row.id);
        }
        const auto state = store_.keys().slot_state(row.slot);
        const bool is_erased = state && *state == store::SlotState::Destroyed;
        if (is_erased && system_.is_whole && !system_.ordered.contains(row.id)) {
            found("run", name, "its key was destroyed, and the log has no order to erase it",
                  row.id);
        }
        if (!is_erased && system_.erased.contains(row.id)) {
            found("run", name, "the log says that it was erased, but its key is there", row.id);
        }
        WEFT_TRY(settled, checked_.is_settled(row.id));
        if (!settled) continue;
        const auto ended = ended_.find(row.id);
        const auto due =
            ended == ended_.end() || is_erased ? std::nullopt : ended->second.retain_until_ms;
        if (row.retain_until_ms != due) {
            found("run", name, "its row says that it is kept until another time", row.id);
        }
    }
    return {};
}

Result<void> DerivedCheck::compare_flows() {
    WEFT_TRY(rows, store_.all_flows());
    std::set<Flow> there;
    for (const auto& row : rows) {
        const Flow flow{row.from, row.to};
        there.insert(flow);
        if (flows_.contains(flow) || perhaps_.contains(flow)) continue;
        WEFT_TRY(to, store_.run(row.to));
        WEFT_TRY(settled, checked_.is_settled(row.to));
        if (!settled && to) continue;
        found("flow", to_hex(view(row.from)) + "/" + to_hex(view(row.to)),
              "no value flowed from the one run to the other", row.to);
    }
    for (const auto& flow : flows_) {
        if (there.contains(flow)) continue;
        found("flow", to_hex(view(flow.first)) + "/" + to_hex(view(flow.second)),
              "that values flowed from the one run to the other is missing", flow.second);
    }
    return {};
}

Result<void> DerivedCheck::compare_subjects() {
    WEFT_TRY(rows, store_.all_subjects());
    std::map<store::RunId, std::set<store::Tag>> there;
    for (const auto& row : rows) {
        there[row.run].insert(row.tag);
        WEFT_TRY(run, store_.run(row.run));
        WEFT_TRY(settled, checked_.is_settled(row.run));
        if (!settled && run) continue;
        const auto known = subjects_.find(row.run);
        const bool is_its =
            known != subjects_.end() && std::ranges::any_of(known->second, [&](const auto& tags) {
                return std::ranges::find(tags, row.tag) != tags.end();
            });
        if (is_its) continue;
        found("subject", to_hex(view(row.tag)) + "/" + to_hex(view(row.run)),
              "the run is not about this subject", row.run);
    }
    for (const auto& [run, subjects] : subjects_) {
        WEFT_TRY(row, store_.run(run));
        const auto state = row ? store_.keys().slot_state(row->slot)
                               : Result<store::SlotState>(store::SlotState::None);
        // Erased since it was read.
        if (!state || *state != store::SlotState::Live) continue;
        for (const auto& tags : subjects) {
            const bool is_there = std::ranges::any_of(
                tags, [&](const auto& tag) { return there[run].contains(tag); });
            if (is_there) continue;
            found("subject", to_hex(view(tags.front())) + "/" + to_hex(view(run)),
                  "whom the run is about is missing", run);
        }
    }
    return {};
}

// A row that no run needs is another's text under a name that fits.
Result<void> DerivedCheck::compare_programs() {
    if (has_gaps_) return {};
    std::set<Hash> programs = programs_;
    WEFT_TRY(images, store_.image_hashes());
    std::vector<Hash> later;
    for (const auto& hash : images) {
        WEFT_TRY(row, store_.image(hash));
        if (row && images_.contains(hash)) programs.insert(row->program);
        if (!images_.contains(hash)) later.push_back(hash);
    }
    // Of runs that began, or went on under another program, since.
    store::RunFilter filter;
    filter.limit = 1'000'000'000;
    WEFT_TRY(rows, store_.runs(filter));
    std::set<Hash> current;
    for (const auto& row : rows) {
        WEFT_TRY(settled, checked_.is_settled(row.id));
        if (!settled) current.insert(row.image);
    }
    for (const auto& hash : later) {
        WEFT_TRY(row, store_.image(hash));
        if (current.contains(hash)) {
            if (row) programs.insert(row->program);
            continue;
        }
        found("image", to_hex(view(hash)), "no run belongs to it");
    }
    WEFT_TRY(hashes, store_.program_hashes());
    for (const auto& hash : hashes) {
        if (!programs.contains(hash)) {
            found("program", to_hex(view(hash)), "no run belongs to it");
        }
    }
    return {};
}

Result<void> DerivedCheck::compare_actors() {
    WEFT_TRY(rows, store_.actors());
    auto left = system_.actors;
    for (const auto& row : rows) {
        if (left.erase(row.id) == 0) {
            found("actor", to_hex(view(row.id)), "the log has no such actor");
        }
    }
    for (const auto& id : left) found("actor", to_hex(view(id)), "it is missing");
    return {};
}

Result<void> DerivedCheck::compare_meta() {
    // Their tags say that the owner wrote them; some are compared in level one.
    static const std::set<std::string> kKnown = {"store_id", "edge", store::kCheckpointsRow,
                                                 "erase_when_ended", "clock_doubt"};
    WEFT_TRY(rows, store_.all_meta());
    auto approvers = system_.approvers;
    auto schedules = system_.schedules;
    for (const auto& row : rows) {
        if (kKnown.contains(row.name)) continue;
        if (row.name == "erasing") {
            if (!row.value.empty()) found("meta", row.name, "no erasure is under way");
        } else if (row.name.starts_with(kApprover)) {
            const auto key = store::from_base64(row.name.substr(kApprover.size()));
            const auto known =
                key && key->size() == 32 ? approvers.find(to_array<32>(*key)) : approvers.end();
            if (known == approvers.end() || row.value != (known->second ? "revoked" : "used")) {
                found("meta", row.name, "it does not say of the key what the log says");
            }
            if (known != approvers.end()) approvers.erase(known);
        } else if (row.name.starts_with(kSchedule)) {
            compare_schedule(row);
            std::string tag;
            const bool is_tag = from_hex(row.name.substr(kSchedule.size()), tag);
            if (is_tag && tag.size() == 16) schedules.erase(to_array<16>(tag));
        } else {
            found("meta", row.name, "no store has it");
        }
    }
    for (const auto& [key, revoked] : approvers) {
        found("meta", std::string(kApprover) + store::to_base64(view(key)), "it is missing");
    }
    for (const auto& tag : schedules) {
        found("meta", std::string(kSchedule) + to_hex(view(tag)), "it is missing");
    }
    return {};
}

void DerivedCheck::compare_schedule(const store::MetaRow& row) {
    std::string tag;
    const auto state = decode_schedule_state(row.value);
    const bool is_tag = from_hex(row.name.substr(kSchedule.size()), tag) && tag.size() == 16;
    if (!state || !is_tag) {
        found("meta", row.name, "it does not have its shape");
        return;
    }
    const auto begun = system_.begun.find(to_array<16>(tag));
    const auto last = begun == system_.begun.end() ? ScheduledBody{} : begun->second;
    if (state->last_run != last.run || state->last_ms != last.due_ms) {
        found("meta", row.name, "the schedule began another run last");
    }
}

Result<void> DerivedCheck::compare_inbox() {
    constexpr std::uint32_t kSlice = 1000;
    for (std::uint64_t last = 0;;) {
        WEFT_TRY(rows, store_.inbox_after(last, kSlice));
        for (const auto& row : rows) {
            last = row.id;
            WEFT_TRY_VOID(row.box.empty() ? compare_taken(row) : compare_waiting(row));
        }
        if (rows.size() < kSlice) break;
    }
    for (const auto& [at, asked] : asked_) {
        if (!asked.needs_row || rows_.contains(at)) continue;
        WEFT_TRY(row, store_.run(at.first));
        const auto state = row ? store_.keys().slot_state(row->slot)
                               : Result<store::SlotState>(store::SlotState::None);
        // Rows go with their run's erasure.
        if (!state || *state != store::SlotState::Live) continue;
        found("inbox", to_hex(view(at.first)) + "/" + std::to_string(at.second),
              "the row of the request that became this record is missing", at.first);
    }
    return {};
}

Result<void> DerivedCheck::compare_taken(const store::InboxRow& row) {
    if (!row.seq) return {};
    const std::pair at{row.run, *row.seq};
    WEFT_TRY(settled, checked_.is_settled(row.run));
    const auto asked = asked_.find(at);
    if (asked == asked_.end() && !settled) return {};
    const bool fits =
        asked != asked_.end() && may_become(static_cast<InboxKind>(row.kind), asked->second.kind);
    if (!fits) {
        found("inbox", std::to_string(row.id), "its request did not become that record", row.run);
    } else if (!rows_.insert(at).second) {
        found("inbox", std::to_string(row.id), "another request became that record", row.run);
    }
    return {};
}

// The box is its owner's; here is whether it belongs to this kind, and was not taken before.
Result<void> DerivedCheck::compare_waiting(const store::InboxRow& row) {
    const auto name = std::to_string(row.id);
    if (row.seq) found("inbox", name, "it waits and was taken", row.run);
    const auto key = store_.run_key(row.run);
    if (!key && key.error().kind == ErrorKind::Environment) return std::unexpected(key.error());
    if (!key) return {};
    const auto bytes = store::open_bytes(*key, store::inbox_context(row.tag), row.box);
    if (!bytes) return {};  // level one says so
    const auto facts = decode_incoming(*bytes);
    const bool fits =
        facts && may_become(static_cast<InboxKind>(row.kind), facts->back().record.kind);
    if (!fits) {
        found("inbox", name, "what waits is no request of its kind", row.run);
        return {};
    }
    const auto& record = facts->back().record;
    if (record.kind != RecordKind::Signal) return {};  // of others the run may take the same twice
    for (auto at = asked_.lower_bound({row.run, 0});
         at != asked_.end() && at->first.first == row.run; ++at) {
        if (at->second.kind != record.kind || at->second.body != record.body) continue;
        found("inbox", name, "it waits, but its run has taken it", row.run);
        break;
    }
    return {};
}

// A file that a value names is there, unless it went with a run that was erased.
Result<void> DerivedCheck::compare_files() {
    if (files_.empty()) return {};
    store::RunFilter filter;
    filter.limit = 1'000'000'000;
    WEFT_TRY(rows, store_.runs(filter));
    std::set<Bytes16> there;
    for (const auto& row : rows) {
        WEFT_TRY(files, store_.files(row.id));
        for (const auto& file : files) there.insert(file.id);
    }
    for (const auto& [id, run] : files_) {
        if (there.contains(id)) continue;
        WEFT_TRY(gone, may_be_gone(run));
        if (!gone) found("file", to_hex(view(id)), "a value names it, but it is missing", run);
    }
    return {};
}

Result<bool> DerivedCheck::may_be_gone(const store::RunId& run) {
    std::vector<store::RunId> open{run};
    std::set<store::RunId> seen{run};
    while (!open.empty()) {
        const auto id = open.back();
        open.pop_back();
        if (system_.ordered.contains(id)) return true;
        WEFT_TRY(flows, store_.flows(id));
        for (const auto& flow : flows) {
            if (flow.to == id && seen.insert(flow.from).second) open.push_back(flow.from);
        }
    }
    return false;
}

// Workers that poll are none of this version: nothing puts a row here.
Result<void> DerivedCheck::compare_ready() {
    WEFT_TRY(rows, store_.all_ready());
    for (const auto& row : rows) {
        found("ready", std::to_string(row.id), "no attempt waits for a worker here", row.run);
    }
    return {};
}

}  // namespace weft::engine
