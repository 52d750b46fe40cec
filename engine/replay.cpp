#include "engine/replay.h"

#include <fmt/format.h>

#include "engine/carry.h"
#include "engine/facts.h"
#include "engine/record_writer.h"

namespace weft::engine {
namespace {

std::string_view kind_of(const vm::Command& command) {
    return kind_name(static_cast<RecordKind>(command.kind));
}

std::string_view difference(const Record& a, const Record& b) {
    if (a.site != b.site) return "site";
    if (a.branch != b.branch) return "branch";
    if (a.body != b.body) return "body";
    if (a.fuel != b.fuel) return "fuel";
    if (a.commitment != b.commitment) return "payload";
    if (a.time_ms != b.time_ms) return "time";
    return "chain";
}

}  // namespace

Result<bool> Replayer::take(ReadRecord& record) {
    if (!expected_.empty()) {
        compare(record);
    } else {
        WEFT_TRY_VOID(feed(record));
    }
    if (out_.divergence) return false;
    if (on_record_) on_record_(record, *out_.machine);
    out_.head.next_seq = record.record.seq + 1;
    out_.head.last_hash = leaf_hash(record.bytes);
    out_.head.last_leaf = record.leaf;
    ++out_.records;
    return true;
}

Replayed Replayer::finish() {
    if (!out_.divergence && !expected_.empty()) {
        out_.divergence = Divergence{
            out_.head.next_seq, out_.head.last_leaf, 0xFFFF'FFFF,
            fmt::format("the log ends where the machine makes `{}`", kind_of(expected_.front()))};
    }
    return std::move(out_);
}

void Replayer::diverge(const ReadRecord& record, std::string what) {
    out_.divergence =
        Divergence{record.record.seq, record.leaf, record.record.site, std::move(what)};
}

void Replayer::compare(ReadRecord& record) {
    vm::Command command = std::move(expected_.front());
    expected_.pop_front();
    Record made = command_record(command, header_.row.id, record.record.seq, out_.last_time_ms,
                                 out_.head.last_hash, record.salt);
    if (made.kind != record.record.kind) {
        return diverge(record, fmt::format("the machine makes `{}` where the log has `{}`",
                                           kind_of(command), kind_name(record.record.kind)));
    }
    bool erased = record.payload_state == PayloadState::Erased;
    if (erased) made.commitment = record.record.commitment;
    if (encode_record(made) != record.bytes) {
        return diverge(record, fmt::format("`{}` is made with other {}", kind_of(command),
                                           difference(made, record.record)));
    }
    const bool checked = !erased && record.record.has_payload && record.has_check;
    if (checked && record.check != command.check) {
        return diverge(record, fmt::format("the machine's state after `{}` is not the recorded one",
                                           kind_of(command)));
    }
    record.payload = std::move(command.payload);
    if (record.record.has_payload) record.payload_state = PayloadState::Here;
}

Result<void> Replayer::feed(const ReadRecord& record) {
    out_.last_time_ms = record.record.time_ms;
    if (record.payload_state == PayloadState::Erased) {
        return fail(ErrorKind::Refused,
                    fmt::format("record {} of run {} was erased; the run can't be replayed",
                                record.record.seq, to_hex(view(header_.row.id)).substr(0, 8)));
    }
    if (record.record.seq == 0) return feed_begin(record);
    if (!is_fact(record.record.kind)) {
        diverge(record, fmt::format("the log has the command `{}` where the machine rests",
                                    kind_name(record.record.kind)));
        return {};
    }
    bool checked = record.payload_state == PayloadState::Here && record.has_check;
    if (checked && record.check != out_.machine->check()) {
        diverge(record, fmt::format("the machine's state before `{}` is not the recorded one",
                                    kind_name(record.record.kind)));
        return {};
    }
    const bool changes =
        record.record.kind == RecordKind::Adopted || record.record.kind == RecordKind::Migrated;
    if (changes) return change_program(record);
    WEFT_TRY(fact, decode_fact(record.record, record.payload));
    expect(out_.machine->apply(fact, record.record.time_ms));
    return {};
}

void Replayer::expect(vm::Progress progress) {
    for (auto& command : progress.commands) expected_.push_back(std::move(command));
    keyed_.insert(keyed_.end(), progress.keyed.begin(), progress.keyed.end());
}

Result<void> Replayer::feed_begin(const ReadRecord& record) {
    if (record.record.kind != RecordKind::Begin) {
        return fail(ErrorKind::Corrupt, "the first record of a run is not its begin");
    }
    out_.image = header_.first_image;
    const auto body = decode_body<BeginBody>(record.record.body);
    if (body &&
        (body->program != out_.image->program || body->semantics != out_.image->semantics)) {
        diverge(record, "the run began under another program or semantics than its image has");
        return {};
    }
    WEFT_TRY(begin, decode_begin(*out_.image, record.record, record.payload));
    out_.machine.emplace(out_.image, std::move(begin));
    out_.machine->trace(tracer_);
    out_.segment = Segment{{}, {}, out_.image};
    expect(out_.machine->start());
    return {};
}

// The image of the record takes the place of the machine's (docs/machine.md).
Result<void> Replayer::change_program(const ReadRecord& record) {
    const auto adopted = decode_body<AdoptedBody>(record.record.body);
    const auto migrated = decode_body<MigratedBody>(record.record.body);
    const bool is_adoption = record.record.kind == RecordKind::Adopted;
    if (is_adoption ? !adopted : !migrated) {
        return fail(ErrorKind::Corrupt, "the record of a change of program is malformed");
    }
    WEFT_TRY(image, header_.origin->image(is_adoption ? adopted->image : migrated->to_image));
    return is_adoption ? adopt(record, image) : migrate(record, image);
}

Result<void> Replayer::adopt(const ReadRecord& record, const std::shared_ptr<const Image>& image) {
    if (!out_.segment) {
        diverge(record, "the run's snapshot does not reach back to its beginning");
        return {};
    }
    WEFT_TRY(followed, follow(header_, *out_.segment, {out_.image, out_.machine->begin()}, image,
                              record.record.seq));
    if (followed.difference) {
        diverge(record, fmt::format("the adopted program parts from the log at record {}: {}",
                                    followed.difference->seq, followed.difference->what));
        return {};
    }
    out_.machine = std::move(*followed.machine);
    out_.machine->trace(tracer_);
    out_.image = image;
    expect(out_.machine->apply(vm::ResumedFact{}, record.record.time_ms));
    return {};
}

Result<void> Replayer::migrate(const ReadRecord& record,
                               const std::shared_ptr<const Image>& image) {
    auto begin = carry_begin(*out_.image, *image, out_.machine->begin());
    if (!begin) {
        diverge(record, "the run can't have been migrated: " + begin.error());
        return {};
    }
    Segment segment{out_.head, out_.machine->counters(), image};
    segment.counters.next_seq = record.record.seq + 1;
    out_.machine.emplace(image, std::move(*begin));
    out_.machine->trace(tracer_);
    out_.image = image;
    expect(out_.machine->start_again(segment.counters, record.record.time_ms));
    out_.segment = std::move(segment);
    return {};
}

Result<Replayed> replay(store::Store& store, const RunHeader& header,
                        const RecordObserver& on_record) {
    Replayer replayer(header, on_record);
    WEFT_TRY_VOID(
        read_records(store, header, {}, [&](ReadRecord& record) { return replayer.take(record); }));
    return replayer.finish();
}

Result<Replayed> replay_on(store::Store& store, const RunHeader& header, Replayed from) {
    const store::RunHead after = from.head;
    Replayer replayer(header, {}, std::move(from));
    WEFT_TRY_VOID(read_records(store, header, after,
                               [&](ReadRecord& record) { return replayer.take(record); }));
    return replayer.finish();
}

}  // namespace weft::engine
