#include "engine/protocol_check.h"

#include <fmt/format.h>

#include "engine/record_rules.h"

namespace weft::engine {

void ProtocolCheck::find(const Record& record, std::uint64_t leaf, std::string what) {
    store::Finding finding;
    finding.table = "log";
    finding.row = std::to_string(leaf);
    finding.leaf = leaf;
    finding.run = run_;
    finding.seq = record.seq;
    finding.what = std::move(what);
    findings_.push_back(std::move(finding));
}

void ProtocolCheck::take(const Record& record, std::uint64_t leaf) {
    if (ended_) find(record, leaf, "a record stands after the run's end");
    if (auto broken = broken_rule(record); !broken.empty()) find(record, leaf, std::move(broken));
    if (record.seq == 0 && record.kind != RecordKind::Begin) {
        find(record, leaf, "the run does not start with its begin record");
    }
    if (record.kind == RecordKind::Begin) {
        const auto begin = decode_body<BeginBody>(record.body);
        if (begin && begin->origin == Origin::Fork) {
            fork_ = ForkedFrom{begin->origin_run, begin->origin_seq};
        }
    }
    check_answered(record, leaf);
    switch (record.kind) {
        case RecordKind::Call:
        case RecordKind::Start:
            take_effect(record, leaf);
            break;
        case RecordKind::Outcome:
            take_outcome(record, leaf);
            break;
        case RecordKind::Doubt:
        case RecordKind::Settled:
            take_doubt(record, leaf);
            break;
        case RecordKind::Hit:
            take_hit(record, leaf);
            break;
        case RecordKind::SubStart:
        case RecordKind::SubEnded:
            take_sub(record, leaf);
            break;
        case RecordKind::ReviewOpen:
        case RecordKind::Decision:
            take_people(record, leaf);
            break;
        case RecordKind::UndoBegin:
            take_undo(record, leaf);
            break;
        case RecordKind::TimerSet:
        case RecordKind::TimerFired:
            take_timer(record, leaf);
            break;
        case RecordKind::Signal:
        case RecordKind::SignalTaken:
            take_signal(record, leaf);
            break;
        case RecordKind::LockAsk:
        case RecordKind::LockGot:
        case RecordKind::LockFreed:
            take_lock(record, leaf);
            break;
        case RecordKind::Migrated:
            // What was told before is told again, and locks are asked for again.
            letters_.clear();
            signal_tags_.clear();
            asked_lock_ = 0;
            held_lock_ = 0;
            break;
        case RecordKind::End:
            take_end(record, leaf);
            break;
        default:
            break;
    }
}

void ProtocolCheck::check_answered(const Record& record, std::uint64_t leaf) {
    switch (record.kind) {
        case RecordKind::Call:
        case RecordKind::Fork:
        case RecordKind::Gate:
        case RecordKind::ReviewOpen:
        case RecordKind::UndoBegin:
        case RecordKind::LockAsk:
        case RecordKind::SubStart:
            if (busy_.contains(record.branch)) {
                find(record, leaf, "the branch goes on without the outcome of what it started");
            }
            break;
        default:
            break;
    }
}

// A kill leaves everything as it is.
void ProtocolCheck::take_end(const Record& record, std::uint64_t leaf) {
    ended_ = true;
    if (held_lock_ != 0) find(record, leaf, "the run ends with its lock");
    const auto body = decode_body<EndBody>(record.body);
    if (body && body->status == EndStatus::Killed) return;
    if (!busy_.empty()) {
        find(record, leaf, "the run ends without the outcome of an attempt that was started");
    }
    if (!subs_.empty()) {
        find(record, leaf, "the run ends without the end of a run that it waits for");
    }
}

void ProtocolCheck::close(Call& call) {
    call.open = false;
    busy_.erase(call.branch);
}

void ProtocolCheck::take_effect(const Record& record, std::uint64_t leaf) {
    if (record.kind == RecordKind::Call) {
        auto body = decode_body<CallBody>(record.body);
        if (!body) return find(record, leaf, "the call's body is malformed");
        if (!keys_.insert(body->key).second) {
            find(record, leaf, "the call's key was used by an earlier call");
        }
        calls_[record.seq].branch = record.branch;
        return;
    }
    auto body = decode_body<StartBody>(record.body);
    auto call = body ? calls_.find(body->call) : calls_.end();
    if (call == calls_.end()) return find(record, leaf, "the start belongs to no call");
    if (call->second.open) find(record, leaf, "the attempt starts while another is open");
    if (call->second.done) find(record, leaf, "the attempt starts after the call was done");
    if (body->attempt != call->second.attempts + 1) {
        find(record, leaf,
             fmt::format("attempt {} follows attempt {}", body->attempt, call->second.attempts));
    }
    call->second.attempts = body->attempt;
    call->second.open = true;
    busy_.insert(call->second.branch);
}

void ProtocolCheck::take_outcome(const Record& record, std::uint64_t leaf) {
    auto body = decode_body<OutcomeBody>(record.body);
    auto call = body ? calls_.find(body->call) : calls_.end();
    if (call == calls_.end()) return find(record, leaf, "the outcome belongs to no call");
    if (body->status == OutcomeCode::Late) return;
    if (!call->second.open || body->attempt != call->second.attempts) {
        return find(record, leaf, "the outcome belongs to no started attempt");
    }
    close(call->second);
    call->second.in_doubt = body->status == OutcomeCode::Unknown;
    if (body->status == OutcomeCode::Ok) {
        call->second.done = true;
        call->second.order = ++outcomes_;
    }
}

void ProtocolCheck::take_doubt(const Record& record, std::uint64_t leaf) {
    if (record.kind == RecordKind::Doubt) {
        auto body = decode_body<DoubtBody>(record.body);
        if (!body || !calls_.contains(body->call)) find(record, leaf, "the doubt is of no call");
        return;
    }
    auto body = decode_body<SettledBody>(record.body);
    if (body && body->call == 0) return;  // a block's compensation that was stuck
    auto call = body ? calls_.find(body->call) : calls_.end();
    if (call == calls_.end()) return find(record, leaf, "the settlement is of no call");
    // Of a call that is done it is the compensation, which was stuck.
    if (call->second.done && !call->second.in_doubt) return;
    close(call->second);
    call->second.in_doubt = false;
    // A doubt that was settled as done is as good as an outcome that says so.
    if (body->verdict == SettledVerdict::Done) {
        call->second.done = true;
        call->second.order = ++outcomes_;
    }
}

void ProtocolCheck::take_hit(const Record& record, std::uint64_t leaf) {
    auto body = decode_body<HitBody>(record.body);
    auto call = body ? calls_.find(body->call) : calls_.end();
    if (call == calls_.end()) return find(record, leaf, "the hit belongs to no call");
    if (call->second.attempts > 0) find(record, leaf, "the hit answers a call that was started");
    if (body->source == HitSource::Fork) {
        const bool is_origin = fork_ && body->origin_run == fork_->run && body->origin_seq > 0 &&
                               body->origin_seq < fork_->seq;
        if (!is_origin) find(record, leaf, "the hit is of no run that this one was forked from");
    }
    // Made from nothing that was done, by the program's word, it has no origin.
    const bool is_own = body->source == HitSource::Migration && body->origin_seq != 0;
    if (is_own && (body->origin_run != run_ || !calls_.contains(body->origin_seq))) {
        find(record, leaf, "what a migration takes over is no call of the run");
    }
    call->second.done = true;
}

void ProtocolCheck::take_sub(const Record& record, std::uint64_t leaf) {
    if (record.kind == RecordKind::SubStart) {
        const auto begun = decode_body<SubStartBody>(record.body);
        if (!begun || !begun->detached) subs_.insert(record.seq);
        return;
    }
    auto body = decode_body<SubEndedBody>(record.body);
    if (!body || subs_.erase(body->call) == 0) {
        find(record, leaf, "the sub-run that ended was not begun");
    }
}

void ProtocolCheck::take_people(const Record& record, std::uint64_t leaf) {
    if (record.kind == RecordKind::ReviewOpen) {
        auto opened = decode_body<ReviewOpenBody>(record.body);
        // Asked again of others, or with other values, it is the same task.
        if (!opened || (opened->task != record.seq && !tasks_.contains(opened->task))) {
            return find(record, leaf, "the review belongs to no task");
        }
        tasks_.insert(opened->task);
        return;
    }
    auto body = decode_body<DecisionBody>(record.body);
    if (!body || !tasks_.contains(body->task)) {
        find(record, leaf, "the decision answers no open task");
    }
}

void ProtocolCheck::take_undo(const Record& record, std::uint64_t leaf) {
    auto body = decode_body<UndoBeginBody>(record.body);
    if (!body) return find(record, leaf, "the undo's body is malformed");
    auto call = calls_.find(body->call);
    if (call == calls_.end()) return;  // a composite's own compensation names no call
    // `compensate even in doubt` does not wait for the doubt to be settled.
    const bool may_be_done = call->second.done || call->second.open || call->second.in_doubt;
    if (!may_be_done && call->second.attempts > 0) {
        find(record, leaf, "a call that was not done is undone");
    }
}

void ProtocolCheck::take_timer(const Record& record, std::uint64_t leaf) {
    if (record.kind == RecordKind::TimerSet) {
        if (auto body = decode_body<TimerSetBody>(record.body)) timers_.insert(body->timer);
        return;
    }
    auto body = decode_body<TimerFiredBody>(record.body);
    if (!body || timers_.erase(body->timer) == 0) {
        find(record, leaf, "the timer that fired was not set");
    }
}

void ProtocolCheck::take_signal(const Record& record, std::uint64_t leaf) {
    if (record.kind == RecordKind::Signal) {
        auto body = decode_body<SignalBody>(record.body);
        if (body && signal_tags_.insert(body->tag).second) letters_[record.seq] = body->signal;
        return;
    }
    auto body = decode_body<SignalTakenBody>(record.body);
    auto letter = body ? letters_.find(body->letter) : letters_.end();
    if (letter == letters_.end() || letter->second != body->signal) {
        return find(record, leaf, "the signal that was taken did not come, or was taken before");
    }
    letters_.erase(letter);
}

void ProtocolCheck::take_lock(const Record& record, std::uint64_t leaf) {
    if (record.kind == RecordKind::LockAsk) {
        if (auto body = decode_body<LockAskBody>(record.body)) asked_lock_ = body->lock;
        return;
    }
    if (record.kind == RecordKind::LockGot) {
        auto body = decode_body<LockGotBody>(record.body);
        if (!body || asked_lock_ != body->lock) find(record, leaf, "the lock was not asked for");
        if (body) held_lock_ = body->lock;
        asked_lock_ = 0;
        return;
    }
    auto body = decode_body<LockFreedBody>(record.body);
    if (!body || held_lock_ != body->lock) find(record, leaf, "the lock was not held");
    held_lock_ = 0;
}

}  // namespace weft::engine
