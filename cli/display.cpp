#include "cli/display.h"

#include <fmt/format.h>

#include <array>

namespace weft::cli {
namespace {

constexpr std::array<const char*, 8> kBeats = {"⠋", "⠙", "⠸", "⠴", "⠦", "⠇", "⠏", "⠹"};
constexpr std::size_t kLiveLinesMax = 12;

std::string member(const Json& entry, const char* name) {
    auto found = entry.find(name);
    return found != entry.end() && found->is_string() ? found->get<std::string>() : "";
}

// A step's path begins with its workflow, which the first line of a run has named.
std::string step_name(const Json& entry) {
    std::string path = member(entry, "step");
    auto dot = path.find('.');
    return dot == std::string::npos ? path : path.substr(dot + 1);
}

}  // namespace

Display::Display(std::FILE* stream, bool quiet, bool many_runs)
    : stream_(stream), terminal_(terminal_of(stream)), quiet_(quiet), many_(many_runs) {}

Display::~Display() {
    if (terminal_.live && !quiet_) erase();
}

void Display::entry(const std::string& run, const Json& entry) {
    std::string kind = member(entry, "kind");
    std::string text = member(entry, "text");
    std::string step = step_name(entry);
    std::string key = fmt::format("{} {} {}", run, entry.value("branch", 0), step);
    waits_.erase(run);
    if (kind == "start") {
        running_[key] = {step, text, Clock::now()};
        if (!terminal_.live) done_line(run, entry, "·", Tone::Dim);
    } else if (kind == "outcome") {
        running_.erase(key);
        bool good = text.starts_with("done");
        bool doubt = text.starts_with("in doubt");
        done_line(run, entry,
                  good    ? "✓"
                  : doubt ? "?"
                          : "✗",
                  good    ? Tone::Good
                  : doubt ? Tone::Attention
                          : Tone::Bad);
    } else if (kind == "timer-set" && (text.ends_with("deadline)") || text.ends_with("timeout)"))) {
        return;  // bounds, not pauses
    } else if (kind == "timer-set" && !step.empty()) {
        running_[key] = {step, text, Clock::now()};
        if (!terminal_.live) done_line(run, entry, "·", Tone::Dim);
    } else if (kind == "timer-fired") {
        running_.erase(key);
    } else if (kind == "gate") {
        bool passed = text.starts_with("passed");
        done_line(run, entry, "◆", passed ? Tone::Good : Tone::Attention);
    } else if (kind == "decision") {
        bool good = text.starts_with("approved") || text.starts_with("revised");
        done_line(run, entry, good ? "✓" : "✗", good ? Tone::Good : Tone::Bad);
    } else if (kind == "review-open" || kind == "hold" || kind == "doubt" || kind == "budget") {
        done_line(run, entry, "‖", Tone::Attention);
    } else if (kind == "undo-begin" || kind == "undo-end") {
        done_line(run, entry, "↶", Tone::Attention);
    } else if (kind != "call" && kind != "end" && kind != "begin") {
        done_line(run, entry, "·", Tone::Dim);
    }
}

void Display::done_line(const std::string& run, const Json& entry, const char* sign, Tone tone) {
    std::string step = step_name(entry);
    std::string line;
    if (!terminal_.live) line += clock_text(entry.value("time", std::int64_t{0})) + "  ";
    if (many_) line += paint(Tone::Dim, short_run(run), terminal_.colour) + "  ";
    line += paint(tone, sign, terminal_.colour) + " ";
    if (!step.empty()) line += paint(Tone::Bold, step, terminal_.colour) + "  ";
    line += fit(member(entry, "text"), 4000);
    write_line(line);
}

void Display::waits(const std::string& run, std::vector<std::string> lines) {
    if (waits_[run] == lines) return;
    if (!terminal_.live) {
        for (const auto& line : lines) write_line("          " + line);
    }
    waits_[run] = std::move(lines);
}

void Display::ended(const std::string& run) {
    std::erase_if(running_, [&](const auto& item) { return item.first.starts_with(run); });
    waits_.erase(run);
}

void Display::note(const std::string& text) {
    write_line(text);
}

void Display::write_line(const std::string& text) {
    if (quiet_) return;
    erase();
    fmt::print(stream_, "{}\n", text);
    std::fflush(stream_);
}

void Display::redraw() {
    if (quiet_ || !terminal_.live) return;
    erase();
    draw();
}

void Display::erase() {
    if (drawn_ > 0) fmt::print(stream_, "\x1b[{}A\r\x1b[J", drawn_);
    drawn_ = 0;
}

void Display::draw() {
    terminal_.width = terminal_of(stream_).width;
    ++beat_;
    std::size_t width = terminal_.width > 1 ? terminal_.width - 1 : 1;
    auto put = [&](const std::string& text, Tone tone) {
        fmt::print(stream_, "{}\n", paint(tone, fit(text, width), terminal_.colour));
        ++drawn_;
    };
    std::size_t shown = 0;
    for (const auto& [key, item] : running_) {
        if (shown++ == kLiveLinesMax) break;
        auto time =
            std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - item.since);
        put(fmt::format("{} {}  {}  {}", kBeats[beat_ % kBeats.size()], item.step, item.doing,
                        duration_text(time.count())),
            Tone::Plain);
    }
    if (running_.size() > kLiveLinesMax) {
        put(fmt::format("  and {} more", running_.size() - kLiveLinesMax), Tone::Dim);
    }
    // A command to copy must not be cut: it may wrap, and its rows count.
    for (const auto& [run, lines] : waits_) {
        for (const auto& line : lines) {
            fmt::print(stream_, "{}\n", paint(Tone::Attention, line, terminal_.colour));
            drawn_ += 1 + (display_width(line) - (line.empty() ? 0 : 1)) / terminal_.width;
        }
    }
    std::fflush(stream_);
}

}  // namespace weft::cli
