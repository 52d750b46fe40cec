#include "cli/serve_screen.h"

#include <fmt/format.h>

#include <chrono>

#include "cli/progress.h"
#include "cli/summary.h"

namespace weft::cli {
namespace {

std::int64_t wall_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::string counted(std::size_t count, const char* noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

ServeScreen::ServeScreen(bool quiet, bool json)
    : terminal_(terminal_of(stdout)), quiet_(quiet || json), json_(json) {}

ServeScreen::~ServeScreen() {
    erase();
    std::fflush(stdout);
}

Result<void> ServeScreen::begin(Session& session) {
    auto hello = session.request("hello");
    if (!hello) return std::unexpected(hello.error());
    store_ = hello->value("path", "");
    auto changes = session.request("changes");
    if (!changes) return std::unexpected(changes.error());
    next_ = changes->value("next", std::uint64_t{0});
    return {};
}

Result<void> ServeScreen::opened(Session& session, const std::vector<std::string>& taken_up,
                                 std::size_t parked) {
    const auto count = taken_up.size() + parked;
    for (const auto& run : taken_up) runs_[run].status = "waiting";
    // What taking them up has led to is told by their number.
    learns_ = true;
    auto learned = show_news(session);
    learns_ = false;
    if (!learned) return learned;
    auto answer = session.request("schedules");
    if (!answer) return std::unexpected(answer.error());
    const auto& schedules = (*answer)["schedules"];
    if (json_) {
        print(json_text({{"serves", store_}, {"resumed", count}, {"schedules", schedules}}) + "\n");
    }
    line(wall_ms(), fmt::format("serves {}, {} taken up", store_, counted(count, "run")));
    auto clock = look_at_clock(session);
    if (!clock) return clock;
    for (const auto& schedule : schedules) {
        line(wall_ms(), fmt::format("{} runs {}, {}; next {}", schedule.value("schedule", ""),
                                    schedule.value("workflow", ""), schedule.value("when", ""),
                                    time_text(schedule.value("next", std::int64_t{0}))));
    }
    return show_news(session);
}

// Told when it begins, also to who wants to hear little else: nothing is erased meanwhile.
Result<void> ServeScreen::look_at_clock(Session& session) {
    constexpr std::int64_t kEveryMs = 60'000;
    if (std::abs(wall_ms() - clock_seen_ms_) < kEveryMs) return {};
    clock_seen_ms_ = wall_ms();
    auto hello = session.request("hello");
    if (!hello) return std::unexpected(hello.error());
    const bool is_doubted = hello->value("clock_doubted", false);
    if (is_doubted && !clock_doubted_) {
        erase();
        report({ErrorKind::Environment, std::string(kClockDoubted), std::string(kAcceptClock)});
    }
    clock_doubted_ = is_doubted;
    return {};
}

Result<void> ServeScreen::show_news(Session& session) {
    if (!learns_) {
        auto clock = look_at_clock(session);
        if (!clock) return clock;
    }
    constexpr int kAtOnce = 500;
    while (true) {
        auto answer = session.request("changes", {{"from", next_}, {"limit", kAtOnce}});
        if (!answer) return std::unexpected(answer.error());
        next_ = answer->value("next", next_);
        const auto& changes = (*answer)["changes"];
        for (const auto& change : changes) {
            auto shown = show(session, change);
            if (!shown) return shown;
        }
        if (changes.size() < kAtOnce) break;
    }
    if (quiet_ || learns_ || !terminal_.live) return {};
    auto schedules = session.request("schedules");
    if (!schedules) return std::unexpected(schedules.error());
    next_due_ms_ = 0;
    for (const auto& schedule : (*schedules)["schedules"]) {
        const auto due = schedule.value("next", std::int64_t{0});
        if (next_due_ms_ != 0 && next_due_ms_ <= due) continue;
        next_due_ms_ = due;
        next_schedule_ = schedule.value("schedule", "");
    }
    draw_state();
    return {};
}

Result<void> ServeScreen::show(Session& session, const Json& change) {
    if (json_ && !learns_) print(json_text(change) + "\n");
    if (change.contains("schedule")) {
        show_schedule(change);
        return {};
    }
    return show_run(session, change);
}

void ServeScreen::show_schedule(const Json& change) {
    const std::string what = change.value("what", "");
    const bool good = what == "started" || what == "queued";
    const std::string sign = paint(good ? Tone::Good : Tone::Attention, "◷", terminal_.colour);
    std::string text = fmt::format("{} {}  {}", sign, change.value("schedule", ""), what);
    if (change.contains("run")) text += " run " + short_run(change.value("run", ""));
    const auto due = change.value("due", std::int64_t{0});
    const auto time = change.value("time", std::int64_t{0});
    // A time that was waited for is told by the line's own.
    if (time - due > 1000) text += ", due " + time_text(due);
    line(time, text);
}

Result<void> ServeScreen::show_run(Session& session, const Json& change) {
    const std::string run = change.value("run", "");
    const std::string status = change.value("status", "");
    const auto time = change.value("time", std::int64_t{0});
    auto [known, is_new] = runs_.emplace(run, Known{change.value("workflow", ""), time, ""});
    const std::string name =
        fmt::format("{}  {}", paint(Tone::Dim, short_run(run), terminal_.colour),
                    paint(Tone::Bold, known->second.workflow, terminal_.colour));
    known->second.status = status;
    if (known->second.workflow.empty()) known->second.workflow = change.value("workflow", "");
    const bool over = is_ended(status);
    if (learns_ || quiet_) {
        if (over) runs_.erase(known);
        return {};
    }
    if (is_new && !over) line(time, name + "  ▸ goes on");
    if (status == "running") return {};
    auto answer = session.request("status", {{"run", run}});
    if (!answer) return std::unexpected(answer.error());
    if (over) {
        const auto begun = answer->value("begun", time);
        line(time, fmt::format("{}  {} in {}", name, status_word(status, terminal_.colour),
                               duration_text(answer->value("ended", time) - begun)));
        if (answer->contains("error")) {
            line(time, fmt::format("          {}: {}", (*answer)["error"].value("name", ""),
                                   plain((*answer)["error"], "message")));
        }
        runs_.erase(known);
        return {};
    }
    if (!rests_for_person(*answer)) return {};
    line(time, fmt::format("{}  {}", name, status_word(status, terminal_.colour)));
    for (const auto& text : wait_lines(*answer, session.flags())) line(time, "          " + text);
    return {};
}

void ServeScreen::complain(const std::string& text) const {
    report({ErrorKind::Corrupt, text, "the others go on"});
}

void ServeScreen::stopping() {
    line(wall_ms(), "stops: what is under way may end first (again to leave at once)");
}

void ServeScreen::line(std::int64_t time_ms, const std::string& text) {
    if (quiet_) return;
    erase();
    drawn_text_.clear();
    say(stdout, "{}  {}\n", paint(Tone::Dim, clock_text(time_ms), terminal_.colour), text);
    std::fflush(stdout);
}

// Redrawn when it says something else; it takes one row.
void ServeScreen::draw_state() {
    std::size_t rest = 0;
    for (const auto& [run, known] : runs_) rest += known.status == "running" ? 0U : 1U;
    std::string text = fmt::format("  {} under way", counted(runs_.size() - rest, "run"));
    if (rest > 0) text += fmt::format(", {} waiting", rest);
    if (next_due_ms_ > 0) {
        const auto left = std::max<std::int64_t>(0, next_due_ms_ - wall_ms()) / 1000 * 1000;
        text += fmt::format("; {} in {}", next_schedule_,
                            left < 1000 ? "a moment" : duration_text(left));
    }
    terminal_.width = terminal_of(stdout).width;
    text = fit(text, terminal_.width > 1 ? terminal_.width - 1 : 1);
    if (text == drawn_text_) return;
    erase();
    say(stdout, "{}\n", paint(Tone::Dim, text, terminal_.colour));
    std::fflush(stdout);
    drawn_ = 1;
    drawn_text_ = std::move(text);
}

void ServeScreen::erase() {
    if (drawn_ > 0) say(stdout, "\x1b[{}A\r\x1b[J", drawn_);
    drawn_ = 0;
}

}  // namespace weft::cli
