#include "tests/reference/run.h"

#include <algorithm>

#include "base/hash.h"

namespace weft::reference {
namespace {

Value this_run(const Beginning& beginning) {
    return Value::record({Value::text(to_hex(view(beginning.run))), Value::text(beginning.starter),
                          Value::time(beginning.time_ms)});
}

}  // namespace

const std::vector<Scope*>& Branch::own_scopes() const {
    const Frame* lowest = frame;
    while (lowest->below != nullptr) lowest = lowest->below;
    return lowest->scopes;
}

Run::Run(const ir::Module& module, Beginning beginning)
    : module_(module),
      workflow_(module.workflows.at(beginning.workflow)),
      beginning_(std::move(beginning)),
      evaluator_(module, this_run(beginning_)),
      now_ms_(beginning_.time_ms) {}

// What a suspended branch closes as it goes is still there.
Run::~Run() {
    branches_.clear();
    gone_.clear();
}

Out Run::start() {
    branches_[0] = std::make_unique<Branch>();
    root().main = root_main();
    root().waiting = root().main.handle();
    make_ready(root());
    run_ready();
    return std::exchange(out_, {});
}

Out Run::apply(const Fact& fact, std::int64_t time_ms) {
    const bool fits = accepts(fact);
    ++next_seq_;  // the fact's own record
    now_ms_ = time_ms;
    if (fits) on(fact);
    run_ready();
    return std::exchange(out_, {});
}

std::uint64_t Run::log_bytes(RecordKind kind, const std::string& place, BranchId branch,
                             std::string body, const Value* payload, const std::string& worker) {
    // Where a hold stands depends on the instruction at which the machine's code rests.
    const auto& named = kind == RecordKind::Hold ? std::string() : place;
    out_.records.push_back({next_seq_, kind, branch, named, worker, std::move(body),
                            payload != nullptr ? canonical(*payload) : std::string()});
    return next_seq_++;
}

std::uint64_t Run::set_timer(Timer timer, TimerPurpose purpose, const std::string& place) {
    const auto id = next_timer_++;
    TimerSetBody body;
    body.timer = id;
    body.due_ms = timer.due_ms;
    body.purpose = purpose;
    body.call = timer.number;
    log(RecordKind::TimerSet, place, timer.branch != nullptr ? timer.branch->id : 0, body);
    timers_.emplace(id, timer);
    return id;
}

void Run::drop_timer(std::uint64_t& timer) {
    timers_.erase(timer);
    timer = 0;
}

// HMAC-SHA256(seed, label ‖ run ‖ number), its first 16 bytes.
Bytes16 Run::named(std::string_view label, std::uint64_t seq) const {
    ByteWriter input;
    input.raw(label);
    input.raw(view(beginning_.run));
    input.u64(seq);
    return to_array<16>(view(hmac_sha256(view(beginning_.seed), input.bytes())));
}

std::int64_t Run::draw(std::int64_t bound) {
    const auto bytes = named("weft-draw-1", draws_++);
    const auto number = ByteReader(view(bytes)).u64();
    return static_cast<std::int64_t>(number % (static_cast<std::uint64_t>(bound) + 1));
}

// 0 … min(cap, first × 2^(number - 1)).
std::int64_t Run::jitter(const Policy& policy, std::uint16_t number) {
    std::int64_t bound = policy.backoff_first_ms;
    for (int i = 1; i < number && bound < policy.backoff_cap_ms; ++i) bound *= 2;
    return draw(std::min(bound, policy.backoff_cap_ms));
}

// Every branch that can goes on, the lowest first, until all rest.
void Run::run_ready() {
    while (!ready_.empty() && !ended_) {
        const auto id = *ready_.begin();
        ready_.erase(ready_.begin());
        auto& branch = *branches_.at(id);
        std::exchange(branch.waiting, {}).resume();
    }
    // What the interpreter itself did wrong must not pass for a run that waits.
    for (const auto& [id, branch] : branches_) {
        if (branch->main.handle().done()) branch->main.rethrow();
    }
    gone_.clear();
}

void Run::make_ready(Branch& branch, Event event) {
    branch.rest = Rest::Ready;
    branch.event = std::move(event);
    ready_.insert(branch.id);
}

// Now, as part of the fact that is being applied.
void Run::resume(Branch& branch, Event event) {
    branch.event = std::move(event);
    std::exchange(branch.waiting, {}).resume();
}

Task<> Run::next_turn(Branch& branch) {
    make_ready(branch);
    co_await rest(branch, Rest::Ready);
}

}  // namespace weft::reference
