#include "tests/simulation/outside.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "tests/scenarios/plain_answer.h"
#include "tests/simulation/sometimes.h"

namespace weft::simulation {

namespace {

constexpr std::int64_t kLateMs = 20'000;

// It does not say whether it was done.
bool is_scripted_doubt(const Behaviour& does) {
    return !does.error.empty() && !does.is_sure;
}

WorkerOutcome failed(const std::string& name, bool is_sure, const std::string& fields = {}) {
    WorkerError error{name, "as told", is_sure, {}, {}};
    error.fields = fields;
    return std::unexpected(std::move(error));
}

// What a worker is asked for, without the name that each start has for a secret that it was given.
std::string effect_of(const engine::Attempt& attempt) {
    static constexpr std::string_view kDeposit = "deposit:";
    std::string out = attempt.worker + " " + attempt.arguments;
    for (auto at = out.find(kDeposit); at != std::string::npos; at = out.find(kDeposit, at)) {
        at += kDeposit.size();
        out.erase(at, out.find_first_not_of("0123456789abcdef", at) - at);
    }
    return out;
}

}  // namespace

// One engine's end of the world.
class Runner final : public engine::AttemptRunner {
  public:
    explicit Runner(Outside& outside) : outside_(outside) {}
    ~Runner() override { outside_.engine_died(); }
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    void submit(std::vector<std::shared_ptr<engine::Attempt>> attempts) override {
        for (auto& attempt : attempts) outside_.submit(std::move(attempt));
    }
    std::vector<engine::Completion> take_completions() override {
        return std::exchange(outside_.done_, {});
    }
    [[nodiscard]] std::size_t size() const override { return 16; }
    [[nodiscard]] std::size_t in_flight() const override { return outside_.in_flight(); }
    void cancel_all() override {
        for (auto& one : outside_.pending_) one.attempt->cancelled = true;
    }

  private:
    Outside& outside_;
};

std::unique_ptr<engine::AttemptRunner> Outside::runner() {
    return std::make_unique<Runner>(*this);
}

const WorkerRow& Outside::row(const std::string& worker) const {
    const auto found = std::ranges::find(image_.workers, worker, &WorkerRow::name);
    WEFT_CHECK(found != image_.workers.end());
    return *found;
}

// One an attempt, the last for ever; those for one argument are counted apart.
Behaviour Outside::behaviour(const std::string& worker, const Json& argument) {
    const auto found = scene_.workers.find(worker);
    if (found == scene_.workers.end()) return {};
    std::vector<const Behaviour*> exact;
    std::vector<const Behaviour*> plain;
    for (const auto& one : found->second) {
        if (!one.only_for) plain.push_back(&one);
        if (one.only_for && *one.only_for == argument) exact.push_back(&one);
    }
    const auto& list = exact.empty() ? plain : exact;
    if (list.empty()) return {};
    const auto name = worker + (exact.empty() ? "" : argument.dump());
    auto& said = said_[name];
    Behaviour out = *list[std::min(said++, list.size() - 1)];
    out.list = name;
    return out;
}

void Outside::unsay(const std::string& list) {
    if (auto found = said_.find(list); found != said_.end() && found->second > 0) --found->second;
}

void Outside::submit(std::shared_ptr<engine::Attempt> attempt) {
    keys_[{attempt->run, attempt->call}] = attempt->key;
    sent_[{attempt->run, attempt->call}] = attempt->number;
    note_sending(*attempt);
    Pending one;
    one.due_ms = attempt->time_ms;
    const bool is_known = results_.contains(attempt->key) || probed(*attempt);
    if (!is_known) {
        one.does = behaviour(attempt->worker, scenarios::argument_of(attempt->arguments));
        one.due_ms += one.does.takes_ms;
    }
    // Work that was under way when the engine died goes on where it is done.
    if (const auto due = due_of_.find(attempt->key); due != due_of_.end()) {
        one.due_ms = std::max(attempt->time_ms, due->second);
        due_of_.erase(due);
    }
    one.attempt = std::move(attempt);
    if (!is_known) draw_weather(one);
    pending_.push_back(std::move(one));
}

void Outside::found_not_done(const Bytes16& run, std::uint64_t call) {
    const auto key = keys_.find({run, call});
    if (key == keys_.end()) return;
    first_ms_.erase(key->second);
    may_be_done_.erase(key->second);
}

// A receiver knows a key again for so long only.
void Outside::note_sending(const engine::Attempt& attempt) {
    const auto [first, is_new] = first_ms_.emplace(attempt.key, attempt.time_ms);
    const auto& worker = row(attempt.worker);
    if (is_new || worker.effect != EffectClass::Idempotent || worker.window_ms == 0) return;
    SOMETIMES("a key is sent again");
    // What surely was not done so far may be tried at any time.
    if (!may_be_done_.contains(attempt.key)) return;
    if (attempt.time_ms - first->second <= worker.window_ms) return;
    violations_.push_back(attempt.worker + " " + attempt.arguments +
                          " was sent again when its receiver may have forgotten the key");
}

void Outside::draw_weather(Pending& one) {
    if (!one.does.error.empty()) return;  // the script has its own
    if (static_cast<int>(random_.below(100)) < weather_.late) {
        SOMETIMES("an answer comes late");
        one.due_ms += kLateMs + static_cast<std::int64_t>(random_.below(600'000));
    }
    if (static_cast<int>(random_.below(100)) < weather_.refused) {
        SOMETIMES("a receiver refuses for now");
        unsay(one.does.list);
        one.does = Behaviour{};
        one.does.error = "Transient";
    } else if (static_cast<int>(random_.below(100)) < weather_.uncertain) {
        SOMETIMES("an error does not say whether it was done");
        one.is_uncertain = true;
    } else if (static_cast<int>(random_.below(100)) < weather_.lost) {
        SOMETIMES("an answer is lost");
        one.is_lost = true;
        one.due_ms = INT64_MAX;
    }
}

// The answer of a probe that is asked about what was under way at a crash.
std::optional<std::string> Outside::probed(const engine::Attempt& attempt) const {
    const auto argument = scenarios::argument_of(attempt.arguments);
    if (!argument.is_string() || !doubted_.contains(argument.get<std::string>())) return {};
    const auto index = static_cast<std::uint32_t>(&row(attempt.worker) - image_.workers.data());
    const auto is_asked = [&](const WorkerRow& other) { return other.probe == index; };
    if (!std::ranges::any_of(image_.workers, is_asked)) return {};
    SOMETIMES("a probe is asked after a crash");
    const auto found = results_.find(argument.get<std::string>());
    return found == results_.end() ? "null" : found->second;
}

std::size_t Outside::find_next(std::int64_t now_ms) const {
    const auto rank = [&](const Pending& one) {
        const auto due_ms = one.attempt->cancelled ? now_ms : one.due_ms;
        return std::tuple(due_ms, std::string_view(one.attempt->worker),
                          std::string_view(one.attempt->arguments));
    };
    std::size_t first = pending_.size();
    for (std::size_t i = 0; i < pending_.size(); ++i) {
        if (first == pending_.size() || rank(pending_[i]) < rank(pending_[first])) first = i;
    }
    return first;
}

std::int64_t Outside::next_ms(std::int64_t now_ms) const {
    const auto next = find_next(now_ms);
    if (next == pending_.size()) return INT64_MAX;
    return pending_[next].attempt->cancelled ? now_ms : pending_[next].due_ms;
}

void Outside::finish_next(std::int64_t now_ms) {
    const auto next = find_next(now_ms);
    WEFT_CHECK(next < pending_.size());
    Pending one = std::move(pending_[next]);
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(next));
    const bool is_stopped = one.attempt->cancelled && now_ms < one.due_ms;
    Answered note{one.attempt, one.does.list, false, is_scripted_doubt(one.does)};
    auto outcome = answer(one, is_stopped, note);
    if (note.was_effect || (!outcome && !outcome.error().surely_not_done)) {
        may_be_done_.insert(one.attempt->key);
    }
    answered_.push_back(std::move(note));
    done_.push_back({std::move(one.attempt), std::move(outcome)});
}

WorkerOutcome Outside::answer(Pending& one, bool is_stopped, Answered& note) {
    const auto& attempt = *one.attempt;
    if (const auto truth = probed(attempt)) return WorkerValue{*truth, {}};
    if (const auto known = results_.find(attempt.key); known != results_.end()) {
        if (row(attempt.worker).effect == EffectClass::Once) {
            violations_.push_back(attempt.worker + " " + attempt.arguments +
                                  " was sent again although it was done");
        }
        SOMETIMES("a receiver knows a key again");
        return WorkerValue{known->second, {one.does.cost_micros, "USD"}};
    }
    // Nobody hears of it: the engine stops waiting.
    if (one.is_lost) {
        note.was_effect = true;
        apply(attempt, one.does);
        return failed("Unavailable", false);
    }
    if (is_stopped && !one.does.is_done_when_stopped) return failed("Unavailable", true);
    if (one.is_uncertain) {
        note.was_effect = random_.below(2) == 0;
        if (note.was_effect) apply(attempt, one.does);
        return failed("Unavailable", false);
    }
    if (!one.does.error.empty()) {
        return failed(one.does.error, one.does.is_sure, one.does.fields);
    }
    note.was_effect = true;
    return WorkerValue{apply(attempt, one.does), {one.does.cost_micros, "USD"}};
}

// It is done now.
std::string Outside::apply(const engine::Attempt& attempt, const Behaviour& does) {
    std::string value = scenarios::plainest(Json::parse(*attempt.result_schema), attempt.worker);
    if (does.value) value = does.value->dump();
    if (does.echoes) value = scenarios::argument_of(attempt.arguments).dump();
    if (row(attempt.worker).effect == EffectClass::Read) return value;
    effects_.push_back(effect_of(attempt));
    results_[attempt.key] = value;
    return value;
}

void Outside::engine_died() {
    done_.clear();
    for (auto& one : std::exchange(pending_, {})) {
        const auto effect = row(one.attempt->worker).effect;
        if (effect == EffectClass::Read) {
            unsay(one.does.list);
            due_of_[one.attempt->key] = one.due_ms;
            continue;
        }
        SOMETIMES("an effect is under way at a crash");
        // What the script leaves in doubt, its own probe settles.
        if (is_scripted_doubt(one.does)) continue;
        doubted_.insert(one.attempt->key);
        may_be_done_.insert(one.attempt->key);
        if (can_be_done(one) && (one.is_lost || random_.below(2) == 0)) {
            SOMETIMES("it was done although the engine died");
            apply(*one.attempt, one.does);
        } else {
            unsay(one.does.list);
            if (effect == EffectClass::Idempotent) due_of_[one.attempt->key] = one.due_ms;
        }
    }
}

bool Outside::can_be_done(const Pending& one) const {
    const auto& attempt = *one.attempt;
    if (!one.does.error.empty() || results_.contains(attempt.key)) return false;
    const auto name = effect_of(attempt);
    return !allowed_ || std::ranges::find(*allowed_, name) != allowed_->end();
}

void Outside::engine_came(const Knows& knows) {
    for (const auto& one : std::exchange(answered_, {})) {
        if (knows(*one.attempt)) continue;
        SOMETIMES("an answer was heard and not kept");
        if (one.is_scripted_doubt) continue;
        doubted_.insert(one.attempt->key);
        may_be_done_.insert(one.attempt->key);
        if (!one.was_effect || row(one.attempt->worker).effect == EffectClass::Read) {
            unsay(one.list);
        }
    }
}

bool Outside::is_crash_doubt(const Bytes16& run, std::uint64_t call, std::uint16_t attempt) const {
    const auto sent = sent_.find({run, call});
    // The engine died between the start that it wrote and the attempt.
    if (sent == sent_.end() || sent->second < attempt) return true;
    return doubted_.contains(keys_.at({run, call}));
}

const std::string* Outside::truth(const Bytes16& run, std::uint64_t call) const {
    const auto key = keys_.find({run, call});
    if (key == keys_.end()) return nullptr;
    const auto found = results_.find(key->second);
    return found == results_.end() ? nullptr : &found->second;
}

std::vector<std::string> Outside::effects() const {
    auto out = effects_;
    std::ranges::sort(out);
    return out;
}

}  // namespace weft::simulation
