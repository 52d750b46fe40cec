// Taking in what comes from outside: requests as they arrive, and rows that a former owner wrote
// and did not take.
#include <fmt/format.h>

#include "engine/core_gathered.h"
#include "engine/short_id.h"
#include "store/key_file.h"
#include "vm/limits.h"

namespace weft::engine {

Result<std::optional<Taken>> Core::taken_before(InboxKind kind, const store::Tag& tag) {
    WEFT_TRY(row, store_->inbox_by_tag(tag));
    if (!row) return std::optional<Taken>();
    if (row->kind != static_cast<std::int32_t>(kind)) {
        return fail(ErrorKind::Refused, "the request's id belongs to another request",
                    "give each request an id of its own, and the same one only to send it again");
    }
    return std::optional(Taken{row->run, row->seq, true});
}

store::Tag Core::request_tag(const std::string& request) {
    // Without an id nobody can send it again, so any tag will do.
    if (request.empty()) return store_->entropy().bytes<16>();
    return store_->keys().tag("request", request);
}

Result<void> Core::check_room() const {
    if (store_->space() == store::Space::Plenty) return {};
    return fail(
        ErrorKind::Environment,
        fmt::format("the disk of {} is nearly full; nothing new is taken in", store_->path()),
        "free at least 64 MiB");
}

Result<Taken> Core::take(const store::RunId& id, const Incoming& incoming) {
    WEFT_TRY(before, taken_before(incoming.kind, incoming.tag));
    if (before) return *before;
    LiveRun* run = live(id);
    if (run == nullptr) return fail(ErrorKind::NotFound, "the run is not live in this engine");
    if (!run->machine().accepts(incoming.facts.back())) {
        return fail(ErrorKind::Refused, fmt::format("run {} does not take this now", short_id(id)),
                    "look at it with `weft show`");
    }
    WEFT_TRY_VOID(check_room());
    Gathered batch(*this);
    std::int64_t now = time_->now();
    FactContext context = incoming.context;
    WEFT_TRY(actor, system_->actor(incoming.actor, now, batch));
    context.actor = actor;
    const auto appends = batch.appends.size();
    const auto changes = static_cast<std::ptrdiff_t>(batch.changes.size());
    batch.changes.insert(batch.changes.end(), incoming.changes.begin(), incoming.changes.end());
    batch.inbox.push_back(
        {id, static_cast<std::int32_t>(incoming.kind), incoming.tag, "", std::nullopt});
    const auto tell = [&]() -> Result<void> {
        for (const auto& fact : incoming.facts) {
            batch.inbox.back().seq = run->next_seq();
            if (const auto* kill = std::get_if<vm::KillFact>(&fact)) {
                WEFT_TRY_VOID(kill_subs(*run, *kill, context, batch));
            }
            WEFT_TRY_VOID(feed_run(*run, fact, context, batch));
        }
        return {};
    };
    const auto told = tell();
    if (!told && batch.appends.size() == appends) {
        // A file of it could not be written, and nothing has happened: what others do stays.
        batch.inbox.pop_back();
        batch.changes.erase(batch.changes.begin() + changes, batch.changes.end());
        begun_ = batch.take();
    }
    if (!told) return std::unexpected(told.error());
    const Taken taken{id, batch.inbox.back().seq, false};
    touched_.insert(id);
    WEFT_TRY_VOID(launch(batch));
    WEFT_TRY_VOID(commit(batch));
    return taken;
}

Result<Taken> Core::leave(const RunHeader& header, Incoming incoming) {
    WEFT_TRY(before, taken_before(incoming.kind, incoming.tag));
    if (before) return *before;
    WEFT_TRY_VOID(check_room());
    const store::RunId& id = header.row.id;
    WEFT_TRY(waiting, store_->inbox_of(id, vm::kMailboxMax));
    if (waiting.size() >= vm::kMailboxMax) {
        return fail(ErrorKind::Refused, fmt::format("run {} has too many unread", short_id(id)));
    }
    Gathered batch(*this);
    WEFT_TRY(actor, system_->actor(incoming.actor, time_->now(), batch));
    incoming.context.actor = actor;
    batch.changes.insert(batch.changes.end(), incoming.changes.begin(), incoming.changes.end());
    std::vector<InboxFact> facts;
    for (auto& fact : incoming.facts) {
        FactRecord record = encode_fact(fact, incoming.context);
        facts.push_back({std::move(fact), std::move(record)});
    }
    std::string box = store::seal_bytes(store_->entropy(), *header.key,
                                        store::inbox_context(incoming.tag), encode_incoming(facts));
    batch.inbox.push_back(
        {id, static_cast<std::int32_t>(incoming.kind), incoming.tag, std::move(box), std::nullopt});
    WEFT_TRY_VOID(commit(batch));
    return Taken{id, std::nullopt, false};
}

// Rows that were written while nobody drove the run, in the order of their arrival.
Result<std::vector<InboxLetter>> Core::read_inbox(const RunHeader& header) {
    std::vector<InboxLetter> out;
    WEFT_TRY(rows, store_->inbox_of(header.row.id, vm::kMailboxMax));
    for (const auto& row : rows) {
        WEFT_TRY(bytes, store::open_bytes(*header.key, store::inbox_context(row.tag), row.box));
        WEFT_TRY(facts, decode_incoming(bytes));
        out.push_back({row.id, std::move(facts)});
    }
    return out;
}

// As facts. One that the run does not take any more stays without a record.
Result<void> Core::take_inbox(LiveRun& run, std::vector<InboxLetter> letters, store::Batch& batch) {
    for (auto& [row, facts] : letters) {
        store::InboxTaken taken{row, std::nullopt};
        if (!run.ended() && run.machine().accepts(facts.back().fact)) {
            for (auto& [fact, record] : facts) {
                taken.seq = run.next_seq();
                WEFT_TRY_VOID(run.apply_encoded(fact, std::move(record), time_->now(), batch));
                WEFT_TRY_VOID(after_fact(run, batch));
            }
        }
        batch.inbox_taken.push_back(taken);
    }
    return {};
}

}  // namespace weft::engine
