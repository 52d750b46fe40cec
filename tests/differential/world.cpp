#include "tests/differential/world.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"

namespace weft::differential {

using reference::Answer;
using reference::Ask;
using reference::Fact;

namespace {

constexpr std::size_t kFactsMax = 1500;
// Long enough ago that every clock of the programs lies ahead of it.
constexpr std::int64_t kBeginMs = 1'767'225'600'000;  // 2026-01-01

std::uint64_t mixed(std::uint64_t x) {
    x += 0x9E37'79B9'7F4A'7C15U;
    x = (x ^ (x >> 30U)) * 0xBF58'476D'1CE4'E5B9U;
    x = (x ^ (x >> 27U)) * 0x94D0'49BB'1331'11EBU;
    return x ^ (x >> 31U);
}

std::uint64_t mixed_with(std::uint64_t seed, std::string_view text) {
    std::uint64_t out = seed;
    for (const char c : text) out = mixed(out ^ static_cast<unsigned char>(c));
    return mixed(out);
}

}  // namespace

World::World(const ir::Module& module, std::shared_ptr<const Image> image, std::uint64_t seed,
             bool keeps_history)
    : module_(module), image_(std::move(image)), seed_(mixed(seed)), keeps_history_(keeps_history) {
    static constexpr std::uint64_t kTroubles[] = {0, 5, 15, 30, 50};
    trouble_ = kTroubles[draw("trouble", 5)];
    if (draw("crashes", 3) == 0) {
        for (int i = 0; i < 3; ++i) crashes_at_.insert(1 + draw("crash", 40));
    }
}

std::uint64_t World::draw(std::string_view about, std::uint64_t below) {
    return mixed_with(seed_ + draws_++, about) % below;
}

// The same for the same question, whatever happened before.
std::uint64_t World::draw_for(const Ask& ask, std::string_view what, std::uint64_t below) {
    const auto about = fmt::format(
        "{} {} {} {} {} {}", ask.path, ask.worker, ask.attempt, static_cast<int>(ask.direction),
        what, ask.direction == Direction::Probe ? "" : text_of(Value::list(ask.arguments)));
    return mixed_with(seed_, about) % below;
}

void World::write(const std::string& line) {
    if (keeps_history_) played_.history += fmt::format("{:>9} {}\n", now_ms_ - kBeginMs, line);
}

const ir::Worker& World::worker_of(const std::string& name) const {
    return *std::ranges::find_if(module_.workers,
                                 [&](const ir::Worker& w) { return w.row.name == name; });
}

bool World::is_read(const std::string& worker) const {
    return worker_of(worker).row.effect == EffectClass::Read;
}

Played World::play(std::string_view workflow) {
    try {
        reference::Beginning beginning;
        const auto found = std::ranges::find(module_.workflows, workflow, &ir::Workflow::name);
        beginning.workflow = static_cast<std::uint32_t>(found - module_.workflows.begin());
        beginning.run = to_array<16>(view(sha256(fmt::format("run {}", seed_))));
        beginning.starter = "ann";
        beginning.time_ms = now_ms_ = kBeginMs;
        for (const auto& parameter : found->parameters) {
            beginning.input.push_back(value_of(module_.locals[parameter.local].type, "input"));
        }
        begin(std::move(beginning));
        while (!runs_.front()->pair->ended() && (act() || happen())) {
        }
        played_.status = runs_.front()->pair->ended();
    } catch (const Difference& difference) {
        played_.difference = difference.text;
    }
    return std::move(played_);
}

void World::begin(reference::Beginning beginning) {
    beginning.seed = sha256(view(beginning.run));
    for (const auto& tune : module_.workflows[beginning.workflow].tunes) {
        beginning.tunes.push_back(*tune.default_value);
    }
    auto& run = *runs_.emplace_back(std::make_unique<Running>());
    run.number = runs_.size() - 1;
    run.beginning = beginning;
    run.pair = std::make_unique<Pair>(module_, image_, beginning);
    run.pair->watch(visits_);
    plan_outside(run);
    take(run, run.pair->start());
}

// Signals, a cancel, a hold or a kill at some time.
void World::plan_outside(const Running& run) {
    const auto& workflow = module_.workflows[run.beginning.workflow];
    for (std::size_t i = 0; i < workflow.signals.size(); ++i) {
        const auto count = draw("signals", 4);
        for (std::uint64_t k = 0; k < count; ++k) {
            Fact fact;
            fact.kind = RecordKind::Signal;
            fact.number = i;
            fact.value = value_of(workflow.signals[i].type, "signal");
            fact.by = "ben";
            fact.tag = to_array<16>(view(sha256(fmt::format("{} {}", i, draw("tag", 3)))));
            const auto pace = draw("when", 8);
            plan(run, static_cast<std::int64_t>(pace * draw("when", 900'000)), fact);
        }
    }
    if (run.number > 0) return;
    Fact fact;
    fact.by = "op";
    fact.reason = "because";
    const auto kind = draw("outside", 20);
    if (kind < 4) fact.kind = RecordKind::Cancel;
    if (kind == 4) fact.kind = RecordKind::Kill;
    if (kind == 5 || kind == 6) fact.kind = RecordKind::HeldByOperator;
    if (kind > 6) return;
    const auto pace = draw("when", 4);
    plan(run, static_cast<std::int64_t>(pace * draw("when", 100'000)), fact);
}

void World::plan(const Running& run, std::int64_t after_ms, Fact fact) {
    agenda_.emplace(now_ms_ + after_ms, Planned{run.number, std::move(fact)});
}

// What is done at once; then everything is asked anew.
bool World::act() {
    for (std::size_t i = 0; i < runs_.size(); ++i) {
        if (runs_[i]->pair->ended()) continue;
        for (const auto& ask : runs_[i]->pair->asks()) {
            if (act_on(*runs_[i], ask)) return true;
        }
    }
    return false;
}

bool World::act_on(Running& run, const Ask& ask) {
    switch (ask.kind) {
        case Ask::Kind::Attempt:
            return attempt(run, ask);
        case Ask::Kind::Cancel:
            return cancel(run, ask);
        case Ask::Kind::Decision:
            return decide(run, ask);
        case Ask::Kind::Sub:
            return sub_ended(run, ask);
        case Ask::Kind::CancelSub:
            return cancel_sub(run, ask);
        case Ask::Kind::Release:
            return release(run);
        case Ask::Kind::Lock: {
            if (!run.locking.insert(ask.number).second || draw("lock", 3) == 0) return false;
            Fact fact;
            fact.kind = RecordKind::LockGot;
            fact.number = ask.number;
            plan(run, static_cast<std::int64_t>(draw("lock", 400'000)), fact);
            return true;
        }
        case Ask::Kind::Settle: {
            if (!run.settling.insert(ask.number).second) return false;
            Fact fact;
            fact.kind = RecordKind::Settled;
            fact.number = ask.number;
            fact.is_done = draw_for(ask, "settled", 2) == 0;
            if (fact.is_done) fact.value = value_of(ask.result_type, ask.path);
            plan(run, static_cast<std::int64_t>(draw("settled", 100'000)), fact);
            return true;
        }
        case Ask::Kind::Outcome:
        case Ask::Kind::Timer:
            return false;
    }
    return false;
}

bool World::release(Running& run) {
    if (std::exchange(run.is_release_planned, true)) return false;
    Fact fact;
    fact.kind = ++run.releases > 3 ? RecordKind::Kill : RecordKind::Released;
    const auto stuck = run.pair->stuck();
    if (!stuck.empty() && draw("stuck", 3) == 0) {
        fact.kind = RecordKind::Settled;
        fact.number = stuck[draw("stuck", stuck.size())];
        fact.is_done = draw("stuck", 2) == 0;
    }
    fact.by = "op";
    fact.reason = "seen to";
    plan(run, static_cast<std::int64_t>(draw("release", 100'000)), fact);
    return true;
}

// The next thing on the agenda or the next timer; of those at one time, any.
bool World::happen() {
    struct Choice {
        std::size_t run = 0;
        Fact fact;
        bool is_planned = false;
        std::multimap<std::int64_t, Planned>::iterator planned{};
    };
    std::int64_t first_ms = agenda_.empty() ? INT64_MAX : agenda_.begin()->first;
    std::vector<std::pair<std::int64_t, Choice>> timers;
    for (const auto& run : runs_) {
        if (run->pair->ended()) continue;
        for (const auto& ask : run->pair->asks()) {
            if (ask.kind != Ask::Kind::Timer) continue;
            Fact fact;
            fact.kind = RecordKind::TimerFired;
            fact.number = ask.number;
            first_ms = std::min(first_ms, ask.due_ms);
            timers.push_back({ask.due_ms, Choice{run->number, fact}});
        }
    }
    if (first_ms == INT64_MAX) return false;
    std::vector<Choice> choices;
    for (auto& [due_ms, choice] : timers) {
        if (due_ms <= std::max(first_ms, now_ms_)) choices.push_back(std::move(choice));
    }
    const auto [begin, end] = agenda_.equal_range(first_ms);
    for (auto it = begin; it != end; ++it) {
        choices.push_back({it->second.run, it->second.fact, true, it});
    }
    auto& chosen = choices[draw("choice", choices.size())];
    now_ms_ = std::max(now_ms_, first_ms);
    if (chosen.is_planned) agenda_.erase(chosen.planned);
    Running& run = *runs_[chosen.run];
    const auto kind = chosen.fact.kind;
    if (kind == RecordKind::Decision) run.open_decisions.erase(chosen.fact.number);
    if (kind == RecordKind::Released || kind == RecordKind::Kill) run.is_release_planned = false;
    // Either a doubt was settled, or the compensation that was stuck.
    if (kind == RecordKind::Settled && run.settling.erase(chosen.fact.number) == 0) {
        run.is_release_planned = false;
    }
    if (!run.pair->ended() && run.pair->accepts(chosen.fact)) feed(run, chosen.fact);
    return true;
}

void World::feed(Running& run, const Fact& fact) {
    write(fmt::format("r{} > {}", run.number, text_of(fact)));
    ++played_.facts;
    const auto out = run.pair->apply(fact, now_ms_);
    note_keys(run, out, fact.value);
    take(run, out);
    if (crashes_at_.contains(played_.facts)) crash();
    if (played_.facts == kFactsMax && !run.pair->ended()) {
        Fact kill;
        kill.kind = RecordKind::Kill;
        kill.by = "op";
        kill.reason = "it goes on and on";
        feed(*runs_.front(), kill);
    }
}

void World::take(const Running& run, const reference::Out& out) {
    for (const auto& made : out.records) write(fmt::format("r{}   {}", run.number, text_of(made)));
    played_.records += out.records.size();
    for (const auto& sub : out.subs) {
        reference::Beginning beginning;
        beginning.run = sub.run;
        beginning.workflow = sub.workflow;
        beginning.input = sub.arguments;
        beginning.starter = run.beginning.starter;
        beginning.time_ms = now_ms_;
        begin(std::move(beginning));
    }
}

// The engine is gone and another one takes everything up: what was under way is in doubt.
void World::crash() {
    write("crash");
    for (const auto& run : runs_) run->pair->crash(draw("snapshot", 2) == 0);
    std::erase_if(agenda_,
                  [](const auto& entry) { return entry.second.fact.kind == RecordKind::Outcome; });
    for (std::size_t i = 0; i < runs_.size(); ++i) {
        Running& run = *runs_[i];
        if (run.pair->ended()) continue;
        run.told_to_stop.clear();
        feed(run, Fact{});
        for (const auto& ask : run.pair->asks()) {
            if (ask.kind != Ask::Kind::Outcome && ask.kind != Ask::Kind::Cancel) continue;
            Fact lost;
            lost.kind = RecordKind::Outcome;
            lost.number = ask.number;
            lost.attempt = ask.attempt;
            lost.answer = Answer::Unknown;
            lost.error = "Unavailable";
            lost.message = "the engine ended while this attempt was under way";
            if (!run.pair->ended() && run.pair->accepts(lost)) feed(run, lost);
        }
    }
}

}  // namespace weft::differential
