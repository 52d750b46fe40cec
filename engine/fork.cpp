#include "engine/fork.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "engine/short_id.h"
#include "engine/sites.h"

namespace weft::engine {
namespace {

std::optional<std::uint64_t> as_number(const std::string& text) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return out;
}

// Looks for the record in a log that is replayed, and keeps what is known of the past.
class Finder {
  public:
    explicit Finder(const std::string& from) : from_(from), number_(as_number(from)) {}

    void note(const ReadRecord& record, const Replayed& so_far) {
        const auto& at = record.record;
        if (at.kind == RecordKind::Migrated) {
            is_found_ = false;
            steps_.clear();
        }
        reader_.note(record, so_far.image);
        last_ = at.seq;
        ends_ = ends_ || at.kind == RecordKind::End;
        // Of a wait the first that is written down is its timer.
        const auto path = is_fact(at.kind) ? std::string() : site_path(*so_far.image, at.site);
        if (!path.empty()) steps_.insert(path);
        const bool is_it = number_ ? at.seq == *number_ && at.seq > 0 : is_named(path);
        if (is_found_ || !is_it) return;
        is_found_ = true;
        out_.seq = at.seq;
        out_.leaf = leaf_hash(record.bytes);
    }

    Result<ForkPoint> finish(Replayed replayed) {
        if (!is_found_) return nowhere();
        if (named_.size() > 1) {
            return fail(ErrorKind::Usage, fmt::format("more than one step is called `{}`", from_),
                        fmt::format("say which: {}", fmt::join(named_, ", ")));
        }
        out_.image = replayed.image;
        out_.begin = replayed.machine->begin();
        out_.past = reader_.finish(*replayed.machine);
        look_for_reasons();
        auto& events = out_.past.events;
        std::erase_if(events, [this](const PastEvent& event) { return !is_before(event); });
        return std::move(out_);
    }

  private:
    [[nodiscard]] Result<ForkPoint> nowhere() const {
        const auto steps =
            steps_.empty() ? "" : fmt::format("it came to {}", fmt::join(steps_, ", "));
        if (!number_) {
            return fail(ErrorKind::NotFound, fmt::format("it did not come to a step `{}`", from_),
                        steps);
        }
        const auto hint = fmt::format("name a record from 1 to {}, or a step{}{}", last_,
                                      steps.empty() ? "" : ": ", steps);
        if (*number_ == 0) {
            return fail(ErrorKind::Refused, "record 0 is its beginning, and nothing is before it",
                        hint);
        }
        return fail(ErrorKind::NotFound, fmt::format("it has no record {}", from_), hint);
    }

    // A step by its path, or by the end of it; a block that leaves no record of its own by what is
    // in it.
    bool is_named(const std::string& path) {
        if (path == from_ || path.starts_with(from_ + ".")) return true;
        const bool is_end = path.ends_with("." + from_);
        if (is_end) named_.insert(path);
        return is_end;
    }

    // A call that was made before is part of the past, whenever it was answered.
    [[nodiscard]] bool is_before(const PastEvent& event) const {
        const bool is_call =
            event.kind == PastEvent::Kind::Done || event.kind == PastEvent::Kind::Failed;
        return (is_call ? event.call : event.seq) < out_.seq;
    }

    void look_for_reasons() {
        auto& reasons = out_.reasons;
        bool changes = false;
        for (const auto& event : out_.past.events) {
            if (!is_before(event) || event.kind != PastEvent::Kind::Done || event.is_undo) continue;
            changes = changes || event.changes;
            if (event.undone_at < out_.seq) continue;
            reasons.push_back(fmt::format("what the step `{}` did was undone since (record {})",
                                          event.path, event.undone_at));
        }
        for (const auto& call : out_.past.unsettled) {
            if (call.call >= out_.seq) continue;
            reasons.push_back(
                fmt::format("the step `{}` is under way, or nobody knows whether it had its effect",
                            call.path));
        }
        if (changes && !ends_) {
            reasons.emplace_back(
                "it has not ended, and may still undo what it did (`weft kill` ends it, undoing "
                "nothing)");
        }
        if (out_.past.has_subs() && out_.past.first_sub < out_.seq) {
            reasons.emplace_back("it has begun runs of other workflows before that");
        }
    }

    const std::string& from_;
    std::optional<std::uint64_t> number_;
    PastReader reader_;
    std::set<std::string> steps_;
    std::set<std::string> named_;  // what `from_` is the end of
    std::uint64_t last_ = 0;       // record
    bool is_found_ = false;
    bool ends_ = false;
    ForkPoint out_;
};

}  // namespace

Result<ForkPoint> find_fork_point(store::Store& store, const RunHeader& header,
                                  const std::string& from) {
    Replayer replayer(header);
    Finder finder(from);
    WEFT_TRY_VOID(read_records(store, header, {}, [&](ReadRecord& record) -> Result<bool> {
        WEFT_TRY(same, replayer.take(record));
        if (same) finder.note(record, replayer.so_far());
        return same;
    }));
    auto replayed = replayer.finish();
    if (replayed.divergence || !replayed.machine) {
        return fail(ErrorKind::Corrupt,
                    fmt::format("run {} diverges from its own program at record {}",
                                short_id(header.row.id), replayed.head.next_seq));
    }
    return finder.finish(std::move(replayed));
}

}  // namespace weft::engine
