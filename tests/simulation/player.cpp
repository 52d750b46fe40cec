#include "tests/simulation/player.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/hash.h"
#include "bytecode/record.h"
#include "engine/bundle_export.h"
#include "engine/replay.h"
#include "engine/run_reader.h"
#include "engine/status.h"
#include "tests/scenarios/effects.h"
#include "tests/simulation/people.h"
#include "tests/simulation/sometimes.h"

namespace weft::simulation {

namespace fs = std::filesystem;

namespace {

constexpr int kTurnsMax = 100'000;
constexpr std::size_t kEnginesMax = 60;
constexpr std::int64_t kJumpsMs[] = {-3'600'000, -1'500, 1'500, 60'000, 3'600'000};

store::RunId run_of(const std::string& hex) {
    std::string bytes;
    from_hex(hex, bytes);
    return to_array<16>(bytes);
}

// Whether the log has what came of an attempt, as the worker said it.
bool knows(store::Store& store, const engine::Attempt& attempt) {
    auto rows = store.read_run(attempt.run, attempt.call, 100'000);
    if (!rows) return false;
    return std::ranges::any_of(*rows, [&](const store::StoredRecord& row) {
        const auto record = decode_record(row.record);
        if (!record || record->kind != RecordKind::Outcome) return false;
        const auto body = decode_body<OutcomeBody>(record->body);
        return body && body->call == attempt.call && body->attempt == attempt.number;
    });
}

// Of a run and those below it; nothing when there is none.
std::string bundle_of(store::Store& store, const store::RunId& run) {
    engine::BundleExport job(store, {});
    if (!job.begin(run)) return {};
    while (true) {
        const auto more = job.advance();
        if (!more) return {};
        if (!*more) break;
    }
    const auto bundle = job.finish();
    return bundle ? engine::encode_bundle(*bundle) : std::string();
}

}  // namespace

Player::Player(std::string folder, const engine::RunnableProgram& program,
               const scenarios::Case& scene, std::uint64_t seed)
    : folder_(std::move(folder)),
      program_(program),
      scene_(scene),
      random_(seed),
      entropy_(store::seeded_entropy(seed)),
      disk_(folder_),
      outside_(*program.image, scene, seed) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
}

void Player::died() {
    SOMETIMES("an engine dies");
    requests_.reset();
    core_.reset();
}

// A new owner; false when it dies as well.
bool Player::open_engine() {
    const bool has_fault = engines_ < trouble_.disk.size();
    if (engines_ > 0) ending_.calls.push_back(disk_.calls());
    disk_.arm(has_fault ? trouble_.disk[engines_] : DiskFault{});
    ++engines_;
    engine::CoreOptions options;
    options.store = folder_ + "/s.store";
    options.config = folder_ + "/weft.toml";
    options.clock = &clock_;
    options.entropy = entropy_.get();
    // Plain people look at the runs that are in memory.
    if (scene_.expect.value("plain", false)) options.park_after_ms = INT64_MAX / 4;
    options.runner = [this](const std::function<void()>&) { return outside_.runner(); };
    auto core = engine::Core::open(options);
    if (!core) {
        if (!disk_.was_hit()) ending_.wrong.push_back("it does not open: " + core.error().message);
        if (engines_ > 1) SOMETIMES("an engine dies while it recovers");
        return false;
    }
    core_ = std::move(*core);
    requests_ = std::make_unique<engine::Requests>(*core_);
    core_->set_waiter([this](std::chrono::milliseconds most) { wait(most.count()); });
    // What the former owner knew is read before this one says that its attempts are lost.
    outside_.engine_came(
        [this](const engine::Attempt& attempt) { return knows(core_->store(), attempt); });
    auto taken = core_->take_up_all();
    if (!taken || *taken > 0) SOMETIMES("a run is taken up");
    if (!taken && !disk_.was_hit()) {
        ending_.wrong.push_back("runs can't be taken up: " + taken.error().message);
    }
    if (!taken) died();
    return taken.has_value();
}

bool Player::begin_run() {
    engine::StartRequest request;
    request.program = program_;
    request.workflow = scene_.workflow;
    request.input = scene_.input.dump();
    request.actor = "tester";
    request.tag = core_->request_tag("the start");
    auto started = core_->start(std::move(request));
    if (!started) {
        if (!disk_.was_hit()) ending_.wrong.push_back("no start: " + started.error().message);
        return false;
    }
    if (started->is_repeat) SOMETIMES("a start is sent again");
    run_ = to_hex(view(started->run));
    return true;
}

bool Player::turn() {
    auto turned = core_->turn(std::chrono::milliseconds(100'000'000));
    if (turned) {
        outside_.turn_is_durable();
        return true;
    }
    if (!disk_.was_hit()) ending_.wrong.push_back("a turn fails: " + turned.error().message);
    return false;
}

void Player::let_pass(std::int64_t ms) {
    clock_.pass(std::max<std::int64_t>(0, ms));
    if (static_cast<int>(random_.below(100)) >= trouble_.clock_jumps) return;
    if (clock_.now() - begun_ms_ > trouble_.until_ms) return;
    SOMETIMES("the wall clock is set");
    clock_.jump(kJumpsMs[random_.below(std::size(kJumpsMs))]);
}

// At one time what comes from outside is first, then what workers have done, then the timers.
void Player::wait(std::int64_t wait_ms) {
    if (!disk_.has_room() && random_.below(4) == 0) disk_.make_room();
    // Who was refused asks again, and no time passes before that.
    if (!settle_doubts() || !believe_clock() || !help() || !hold_for_a_while()) return;
    const auto now = clock_.now();
    if (release_at_ms_ > now) wait_ms = std::min(wait_ms, release_at_ms_ - now);
    const bool has_event = next_event_ < scene_.events.size();
    const auto event_ms =
        has_event ? begun_ms_ + scene_.events[next_event_].at_ms : std::int64_t{INT64_MAX};
    const auto until_ms = std::min(event_ms, now + wait_ms);
    const auto work_ms = std::max(now, outside_.next_ms(now));
    if (work_ms <= until_ms - (event_ms == until_ms ? 1 : 0)) {
        let_pass(work_ms - now);
        outside_.finish_next(clock_.now());
        return;
    }
    if (event_ms <= until_ms) {
        let_pass(event_ms - now);
        if (happen()) ++next_event_;
        return;
    }
    would_wait_ = !has_event && release_at_ms_ == 0 && wait_ms > 0 && outside_.in_flight() == 0;
    if (would_wait_ && scene_.expect.value("status", "") == "waiting") return;
    let_pass(wait_ms);
}

Result<std::string> Player::ask(const std::string& method, Json parameters, const std::string& id) {
    if (!parameters.contains("task")) parameters["run"] = run_;
    parameters["request"] = id;
    return requests_->answer(method, parameters.dump(), "tester", uploads_);
}

Result<std::string> Player::send(const Json& event, const std::string& id) {
    if (event.contains("signal")) {
        Json parameters = {{"signal", event.at("signal")},
                           {"value", event.value("data", Json()).dump()}};
        if (event.contains("key")) parameters["key"] = event.at("key");
        return ask("signal", parameters, id);
    }
    if (event.contains("review")) return decide(event, id);
    for (const char* method : {"cancel", "kill", "release", "hold"}) {
        if (event.contains(method)) return ask(method, {{"reason", "as told"}}, id);
    }
    return ask("settle",
               {{"site", event.at("settle")},
                {"verdict", event.at("verdict")},
                {"value", event.value("value", Json()).dump()},
                {"reason", "as told"}},
               id);
}

Result<std::string> Player::decide(const Json& event, const std::string& id) {
    const std::string name = event.at("review");
    WEFT_TRY(text, requests_->answer("reviews", "{}", "tester", uploads_));
    const Json tasks = Json::parse(text).at("tasks");
    for (const auto& task : tasks) {
        const std::string path = task.at("gate");
        if (path.substr(path.rfind('.') + 1) != name) continue;
        Json parameters = {{"task", task.at("task")},
                           {"decision", event.at("decision")},
                           {"role", event.at("role")},
                           {"reason", event.value("reason", "as told")},
                           {"as", event.at("by")}};
        const Json values = event.value("values", Json::object());
        for (const auto& [key, value] : values.items()) parameters["values"][key] = value.dump();
        if (event.contains("form")) parameters["form"] = event.at("form");
        return ask("decide", parameters, id);
    }
    return fail(ErrorKind::NotFound, "no such task is open");
}

// The owner may not have seen yet that there is room again.
bool Player::is_short_of_room() {
    return !disk_.has_room() || core_->store().space() != store::Space::Plenty;
}

// Who is told that the disk is full frees it, and asks again.
void Player::make_room() {
    SOMETIMES("a request is refused on a full disk");
    disk_.make_room();
    clock_.pass(1000);  // the owner looks at its disk once a second
}

// False: the engine died of it, and it is sent again to the next.
bool Player::happen() {
    const auto& event = scene_.events[next_event_].what;
    const std::string id = "event " + std::to_string(next_event_);
    auto answered = send(event, id);
    if (!answered && core_->store().poisoned()) {
        SOMETIMES("an event is sent to an engine that dies of it");
        return false;
    }
    if (!answered && is_short_of_room()) {
        make_room();
        return false;
    }
    if (answered && static_cast<int>(random_.below(100)) < trouble_.repeats) {
        SOMETIMES("an event is sent twice");
        auto again = send(event, id);
        // A task that was decided is no longer listed: then it is not found.
        if (again && *again != *answered && !event.contains("review") &&
            !Json::parse(*again).value("repeat", false)) {
            ending_.wrong.push_back("an event that was sent twice counts twice: " + event.dump());
        }
    }
    return true;
}

// What a person finds out at the receiver about the steps that nobody else can settle.
bool Player::settle_doubts() {
    if (run_.empty() || core_ == nullptr) return true;
    store::RunFilter filter;
    filter.ended = false;
    filter.limit = 1000;
    auto rows = core_->store().runs(filter);
    if (!rows) return true;
    for (const auto& row : *rows) {
        engine::LiveRun* live = core_->live(row.id);
        if (live == nullptr) continue;
        for (const auto& want : live->machine().wants()) {
            if (want.kind != vm::WantKind::Settle) continue;
            const bool is_ours =
                outside_.is_crash_doubt(row.id, want.call, want.attempt) || trouble_.is_weather();
            if (!is_ours) continue;
            const std::string* truth = outside_.truth(row.id, want.call);
            SOMETIMES("a person settles a doubt");
            // It may be sent again before the request is answered.
            if (truth == nullptr) outside_.found_not_done(row.id, want.call);
            Json parameters = {{"run", to_hex(view(row.id))},
                               {"site", std::to_string(want.call)},
                               {"verdict", truth != nullptr ? "done" : "not-done"},
                               {"value", truth != nullptr ? *truth : "null"},
                               {"reason", "as the receiver has it"},
                               {"request", "doubt " + std::to_string(want.call)}};
            auto done = requests_->answer("settle", parameters.dump(), "tester", uploads_);
            if (!done && is_short_of_room() && !core_->store().poisoned()) {
                make_room();
            } else if (!done && !core_->store().poisoned()) {
                ending_.wrong.push_back("a doubt can't be settled: " + done.error().message);
            }
            return done.has_value();  // the wants are others now
        }
    }
    return true;
}

// An operator says that a clock which has leapt is right; so long nothing waits for it in vain.
bool Player::believe_clock() {
    if (core_->notice().find("accept-clock") == std::string::npos) return true;
    SOMETIMES("an operator believes a clock that has leapt");
    auto accepted = core_->accept_clock("operator", "as told");
    if (!accepted && !disk_.was_hit() && disk_.has_room()) {
        ending_.wrong.push_back("the clock is not accepted: " + accepted.error().message);
    }
    return accepted.has_value();
}

// An operator looks at a run, and lets it go on after a while.
bool Player::hold_for_a_while() {
    if (run_.empty() || !trouble_.is_weather()) return true;
    const auto now = clock_.now();
    if (release_at_ms_ == 0) {
        const bool is_fair = now - begun_ms_ > trouble_.until_ms;
        if (is_fair || static_cast<int>(random_.below(100)) >= trouble_.holds) return true;
        if (!ask("hold", {{"reason", "a look"}}, "hold " + std::to_string(now))) return true;
        SOMETIMES("an operator holds a run");
        release_at_ms_ = now + 1 + static_cast<std::int64_t>(random_.below(600'000));
        return true;
    }
    if (now < release_at_ms_) return true;
    auto done = ask("release", {{"reason", "seen"}}, "release " + std::to_string(release_at_ms_));
    const auto status = done ? std::string() : status_word();
    // It has ended meanwhile, or was not held after all.
    if (done || (status != "held" && status != "stuck")) release_at_ms_ = 0;
    if (!done && is_short_of_room() && !core_->store().poisoned()) make_room();
    return done.has_value() || release_at_ms_ == 0;
}

// People without a script do what they can as soon as they can.
bool Player::help() {
    if (run_.empty() || !scene_.expect.value("plain", false)) return true;
    bool is_refused = false;
    const auto ask = [&](const std::string& method, const Json& parameters) {
        auto done = requests_->answer(method, parameters.dump(), "tester", uploads_);
        if (!done && is_short_of_room() && !core_->store().poisoned()) {
            make_room();
        } else if (!done && !core_->store().poisoned()) {
            ending_.wrong.push_back(method + " is refused: " + done.error().message);
        }
        is_refused = !done;
    };
    store::RunFilter filter;
    filter.ended = false;
    filter.limit = 1000;
    const auto rows = core_->store().runs(filter);
    for (std::size_t i = 0; rows && i < rows->size(); ++i) {
        engine::LiveRun* live = core_->live((*rows)[i].id);
        if (live != nullptr && help_run(*live, ask)) return !is_refused;
    }
    return true;
}

std::string Player::status_word() {
    const auto id = run_of(run_);
    if (engine::LiveRun* live = core_->live(id)) {
        return std::string(engine::status_name(live->machine().status()));
    }
    auto row = core_->store().run(id);
    if (!row || !*row) return "lost";
    return std::string(engine::status_name(static_cast<vm::RunStatus>((*row)->status)));
}

// A run below it that only a person lets go on, for which it waits; empty when there is none.
std::string Player::stuck_below() {
    store::RunFilter filter;
    filter.statuses = {static_cast<std::int32_t>(vm::RunStatus::Held),
                       static_cast<std::int32_t>(vm::RunStatus::Stuck)};
    const auto rows = core_->store().runs(filter);
    if (!rows || rows->empty()) return {};
    return std::string(engine::status_name(static_cast<vm::RunStatus>(rows->front().status)));
}

bool Player::is_over() {
    const auto status = status_word();
    const bool goes_on = status == "running" || status == "waiting";
    const bool rests =
        status == "held" || status == "stuck" || (goes_on && !stuck_below().empty() && would_wait_);
    const bool has_ended = !rests && !goes_on;
    const bool has_event = next_event_ < scene_.events.size();
    if (has_ended) {
        while (next_event_ < scene_.events.size()) {
            if (!happen()) return false;
            ++next_event_;
        }
        return !core_->busy();
    }
    if (has_event || release_at_ms_ > 0) return false;
    return (rests && !core_->busy()) ||
           (would_wait_ && scene_.expect.value("status", "") == "waiting");
}

Ending Player::play(const Trouble& trouble) {
    trouble_ = trouble;
    outside_.set_weather(trouble.weather);
    if (trouble.effects) outside_.allow_at_death(*trouble.effects);
    begun_ms_ = clock_.now();
    for (int turns = 0;; ++turns) {
        if (turns > kTurnsMax || engines_ > kEnginesMax) {
            ending_.wrong.push_back("it never ends: " + std::to_string(turns) + " turns, " +
                                    std::to_string(engines_) + " engines, after " +
                                    std::to_string((clock_.now() - begun_ms_) / 1000) + " s");
            break;
        }
        if (!ending_.wrong.empty()) break;
        if (clock_.now() - begun_ms_ > trouble_.until_ms) outside_.set_weather({});
        if (core_ == nullptr && !open_engine()) continue;
        const bool goes_on = (!run_.empty() || begin_run()) && turn();
        // A run that is held for one is not at its end.
        const bool is_settled = !goes_on || settle_doubts();
        if (!goes_on || core_->store().poisoned()) {
            died();
            continue;
        }
        if (is_settled && is_over()) break;
    }
    gather(ending_);
    return std::move(ending_);
}

// The store verifies, and every run executes again to the same records.
void Player::verify() {
    auto found = requests_->answer("verify", R"({"level": 3})", "tester", uploads_);
    if (!found) {
        ending_.wrong.push_back("the audit: " + found.error().message);
    } else if (!Json::parse(*found).value("ok", false)) {
        ending_.wrong.push_back("the audit: " + Json::parse(*found).at("findings").dump());
    }
}

void Player::gather(Ending& out) {
    for (const auto& one : outside_.violations()) out.wrong.push_back(one);
    out.took_ms = clock_.now() - begun_ms_;
    out.calls.push_back(disk_.calls());
    if (core_ == nullptr || run_.empty()) return;
    // It is looked at without faults.
    disk_.arm({});
    verify();
    auto text = ask("status", {}, "");
    if (text) {
        const Json status = Json::parse(*text);
        out.status = status.at("status");
        const auto below = stuck_below();
        if (trouble_.is_weather() && out.status == "waiting" && !below.empty()) out.status = below;
        if (status.contains("error") && status.at("error").is_object()) {
            out.error = status.at("error").value("name", "");
        }
        out.output = status.value("result", Json());
    }
    out.effects = outside_.effects();
    out.log_effects = scenarios::read_effects(core_->store());
    auto rows = core_->store().read_log(0, 1'000'000);
    std::string all;  // but for the system's chain, which says what process there was
    for (std::size_t i = 0; rows && i < rows->size(); ++i) {
        const auto record = decode_record((*rows)[i].record);
        if (record && record->run != store::RunId{}) all += (*rows)[i].record;
    }
    out.log_hash = to_hex(view(sha256(all)));
    if (trouble_.wants_bundle) out.bundle = bundle_of(core_->store(), run_of(run_));
    requests_.reset();
    core_.reset();
}

}  // namespace weft::simulation
