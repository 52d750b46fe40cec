#include "tests/scenarios/stage.h"

#include <fmt/format.h>

#include <algorithm>

#include "tests/scenarios/effects.h"
#include "tests/scenarios/plain_answer.h"

namespace weft::scenarios {

Stage::Stage(const std::string& program, const Case& scene) : scene_(scene), world_(program) {
    if (!world_.program.image) return;
    for (const auto& worker : world_.program.image->workers) {
        world_.worker(worker.name, [this](const WorkerCall& call) { return work(call); });
    }
    set_waiter();
}

WorkerOutcome Stage::work(const WorkerCall& call) {
    const std::string worker(call.worker);
    const Json argument = argument_of(std::string(call.arguments));
    const auto does = next_behaviour(worker, argument);
    {
        std::lock_guard lock(mutex_);
        ++calls_[worker];
        keys_[worker].emplace(call.key);
        at_once_[worker] = std::max(at_once_[worker], ++now_[worker]);
    }
    const bool was_stopped = !sleep_until(call.time_ms + does.takes_ms, call);
    {
        std::lock_guard lock(mutex_);
        --now_[worker];
        // What a dropped engine has swallowed is said again to the next.
        if (was_stopped && is_closing_ && said_[does.list] > 0) --said_[does.list];
    }
    if (was_stopped && !does.is_done_when_stopped) {
        return std::unexpected(WorkerError{"Unavailable", "it was told to stop", true, {}, {}});
    }
    if (!does.error.empty()) {
        WorkerError error{does.error, "as told", does.is_sure, {}, {}};
        error.fields = does.fields;
        return std::unexpected(std::move(error));
    }
    std::string value = plainest(Json::parse(call.result_schema), worker);
    if (does.value) value = does.value->dump();
    if (does.echoes) value = argument.dump();
    return WorkerValue{std::move(value), {does.cost_micros, "USD"}};
}

// One an attempt, the last for ever; those for one argument are counted apart.
Behaviour Stage::next_behaviour(const std::string& worker, const Json& argument) {
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
    std::lock_guard lock(mutex_);
    const auto name = worker + (exact.empty() ? "" : argument.dump());
    auto& said = said_[name];
    Behaviour out = *list[std::min(said++, list.size() - 1)];
    out.list = name;
    return out;
}

// False when it was told to stop before.
bool Stage::sleep_until(std::int64_t due_ms, const WorkerCall& call) {
    std::unique_lock lock(mutex_);
    const auto self = sleepers_.insert(
        sleepers_.end(),
        {due_ms, std::string(call.worker), std::string(call.arguments), call.cancelled, false});
    // An engine that is dropped tells all to stop, also those that begin only then.
    const auto is_dropped = [&] { return is_closing_ && *call.cancelled; };
    while (!self->is_awake && !is_dropped()) wake_.wait_for(lock, std::chrono::milliseconds(1));
    const bool is_done = self->is_awake && world_.clock.now() >= due_ms;
    sleepers_.erase(self);
    return is_done;
}

void Stage::set_waiter() {
    world_.core().set_waiter([this](std::chrono::milliseconds most) { wait(most.count()); });
}

// The turn looks at its timers when this returns: so what comes from outside at a time comes first,
// then what workers have done, then the timers.
void Stage::wait(std::int64_t wait_ms) {
    if (!rest_until_all_sleep()) return;
    const bool has_event = next_event_ < scene_.events.size();
    const auto event_ms =
        has_event ? begun_ms_ + scene_.events[next_event_].at_ms : std::int64_t{INT64_MAX};
    const auto until_ms = std::min(event_ms, world_.clock.now() + wait_ms);
    if (wake_one(until_ms - (event_ms == until_ms ? 1 : 0))) return;
    if (event_ms <= until_ms) {
        world_.clock.pass(std::max<std::int64_t>(0, event_ms - world_.clock.now()));
        happen();
        return;
    }
    would_wait_ = !has_event && wait_ms > 0 && world_.core().in_flight() == 0;
    if (would_wait_ && scene_.expect.at("status") == "waiting") return;
    world_.clock.pass(wait_ms);
}

// False when there is something to take at once.
bool Stage::rest_until_all_sleep() {
    constexpr int kRealMsMax = 20'000;
    pollfd entry{world_.core().wake_fd(), POLLIN, 0};
    for (int real_ms = 0; real_ms < kRealMsMax; ++real_ms) {
        if (::poll(&entry, 1, 0) > 0) return false;
        {
            std::lock_guard lock(mutex_);
            const auto sleeping = std::ranges::count(sleepers_, false, &Sleeper::is_awake);
            if (static_cast<std::size_t>(sleeping) == world_.core().in_flight()) return true;
        }
        ::poll(&entry, 1, 1);
    }
    is_lost_ = true;
    return false;
}

// The first of those that were told to stop, or whose time comes by then.
bool Stage::wake_one(std::int64_t until_ms) {
    std::unique_lock lock(mutex_);
    Sleeper* first = nullptr;
    const auto rank = [this](const Sleeper& one) {
        const bool stops = one.told_to_stop != nullptr && *one.told_to_stop;
        const auto due_ms = stops ? world_.clock.now() : one.due_ms;
        return std::tuple(due_ms, one.worker, one.arguments);
    };
    for (auto& one : sleepers_) {
        if (one.is_awake || std::get<0>(rank(one)) > until_ms) continue;
        if (first == nullptr || rank(one) < rank(*first)) first = &one;
    }
    if (first == nullptr) return false;
    world_.clock.pass(std::max<std::int64_t>(0, std::get<0>(rank(*first)) - world_.clock.now()));
    if (scene_.crash && first->worker == scene_.crash->before_record_of && !has_crashed_) {
        is_due_to_crash_ = true;
        return true;
    }
    first->is_awake = true;
    lock.unlock();
    wake_.notify_all();
    rest_until_all_sleep();
    return true;
}

void Stage::happen() {
    const auto& event = scene_.events[next_event_++];
    happen(event.what);
}

void Stage::happen(const Json& event) {
    if (event.contains("signal")) {
        const std::string name = event.at("signal");
        Json parameters = {{"signal", name}, {"value", event.value("data", Json()).dump()}};
        if (event.contains("key")) parameters["key"] = event.at("key");
        return ask(name, "signal", parameters);
    }
    if (event.contains("review")) return decide(event);
    for (const char* method : {"cancel", "kill", "release", "hold"}) {
        if (event.contains(method)) return ask(method, method, {{"reason", "as told"}});
    }
    ask("settle", "settle",
        {{"site", event.at("settle")},
         {"verdict", event.at("verdict")},
         {"value", event.value("value", Json()).dump()},
         {"reason", "as told"}});
}

void Stage::ask(const std::string& what, const std::string& method, Json parameters) {
    if (!parameters.contains("task")) parameters["run"] = run_;
    if (!world_.try_ask(method, parameters)) refused_.push_back(what);
}

// Of the open task whose review or gate has this name.
void Stage::decide(const Json& event) {
    const std::string name = event.at("review");
    const std::string who = event.at("by");
    const Json tasks = world_.ask("reviews", Json::object()).at("tasks");
    for (const auto& task : tasks) {
        const std::string path = task.at("gate");
        if (path.substr(path.rfind('.') + 1) != name) continue;
        Json parameters = {{"task", task.at("task")},
                           {"decision", event.at("decision")},
                           {"role", event.at("role")},
                           {"reason", event.value("reason", "as told")},
                           {"as", who}};
        // The protocol wants each value as the text of its JSON.
        const Json values = event.value("values", Json::object());
        for (const auto& [key, value] : values.items()) parameters["values"][key] = value.dump();
        if (event.contains("form")) parameters["form"] = event.at("form").dump();
        return ask(fmt::format("{}:{}", name, who), "decide", parameters);
    }
    refused_.push_back(fmt::format("{}:{}", name, who));
}

// As a kill and a new owner.
bool Stage::crash_if_due() {
    if (!scene_.crash || has_crashed_) return false;
    const auto after = scene_.crash->after_effect;
    if (after > 0 && read_effects(world_.core().store()).size() >= after) is_due_to_crash_ = true;
    if (!is_due_to_crash_) return false;
    has_crashed_ = true;
    {
        std::lock_guard lock(mutex_);
        is_closing_ = true;
    }
    wake_.notify_all();
    world_.crash();
    {
        std::lock_guard lock(mutex_);
        is_closing_ = false;
    }
    set_waiter();
    return true;
}

bool Stage::is_over() {
    const auto status = world_.word(run_);
    const bool rests = status == "held" || status == "stuck";
    const bool has_ended = !rests && status != "running" && status != "waiting";
    const bool has_event = next_event_ < scene_.events.size();
    if (has_ended) {
        while (next_event_ < scene_.events.size()) happen();
        return !world_.core().busy();
    }
    if (has_event) return false;
    return (rests && !world_.core().busy()) ||
           (would_wait_ && scene_.expect.at("status") == "waiting");
}

Played Stage::play() {
    constexpr int kTurnsMax = 20'000;
    Played out;
    // Nothing is begun with a program that does not compile or verify; that is reported.
    if (!world_.program.image || !verify_image(*world_.program.image)) return out;
    begun_ms_ = world_.clock.now();
    run_ = world_.start(scene_.workflow, scene_.input.dump());
    if (run_.empty()) return out;
    for (int turns = 0; !is_over(); ++turns) {
        auto turned = world_.core().turn(std::chrono::milliseconds(100'000'000));
        if (!turned || is_lost_ || turns > kTurnsMax) {
            ADD_FAILURE() << (turned ? "it never ends" : turned.error().message);
            break;
        }
        crash_if_due();
    }
    // The replay calls nobody: attempts are counted after it.
    world_.expect_sound();
    gather(out);
    return out;
}

void Stage::gather(Played& out) {
    const auto status = world_.status(run_);
    out.status = status.at("status");
    if (status.contains("error") && status.at("error").is_object()) {
        out.error = status.at("error").value("name", "");
    }
    out.output = status.value("result", Json());
    const auto ended = status.value("ended", Json());
    const auto until_ms =
        ended.is_number() && ended != 0 ? ended.get<std::int64_t>() : world_.clock.now();
    out.elapsed_s = static_cast<double>(until_ms - begun_ms_) / 1000;
    out.effects = read_effects(world_.core().store());
    out.refused = refused_;
    const Json unread = status.value("unread", Json::array());
    for (const auto& one : unread) {
        out.unread.push_back(one.at("signal"));
    }
    std::lock_guard lock(mutex_);
    out.calls = calls_;
    for (const auto& [worker, keys] : keys_) out.keys[worker] = static_cast<int>(keys.size());
    out.at_once = at_once_;
}

}  // namespace weft::scenarios
