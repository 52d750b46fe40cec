#include "cli/display.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace weft::cli {
namespace {

constexpr std::array<const char*, 8> kBeats = {"⠋", "⠙", "⠸", "⠴", "⠦", "⠇", "⠏", "⠹"};
constexpr std::size_t kLiveLinesMax = 12;
constexpr std::size_t kTextMax = 4000;

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
    } else if (kind == "timer-set" && (!step.empty() || terminal_.live)) {
        // A pause without a name is told by what the run waits for.
        if (step.empty()) return;
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

// A step and what it did stand on one line, or as paragraphs below each other's beginning. The sign
// and the name are coloured after the line was broken, so that no code counts as a column.
void Display::done_line(const std::string& run, const Json& entry, const char* sign, Tone tone) {
    std::string step = step_name(entry);
    std::string text = step.empty() ? "" : step + "  ";
    text += fit(member(entry, "text"), kTextMax);
    std::vector<std::string> rows = {text};
    const std::string head = many_ ? short_run(run) + "  " : "";
    const std::size_t set_in = head.size() + 2;
    if (terminal_.live) {
        terminal_.width = terminal_of(stream_).width;
        rows = wrap(text, terminal_.width > set_in + 10 ? terminal_.width - set_in : 10, 0);
    }
    std::string line =
        terminal_.live ? "" : clock_text(entry.value("time", std::int64_t{0})) + "  ";
    line += paint(Tone::Dim, head, terminal_.colour) + paint(tone, sign, terminal_.colour) + " ";
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const bool has_name = i == 0 && !step.empty() && rows[0].starts_with(step);
        line += i > 0 ? "\n" + std::string(set_in, ' ') : "";
        line += has_name ? paint(Tone::Bold, step, terminal_.colour) + rows[0].substr(step.size())
                         : rows[i];
    }
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
    say(stream_, "{}\n", text);
    std::fflush(stream_);
}

// Only when it says something else: who wants to mark and copy a line is not disturbed.
void Display::redraw() {
    if (quiet_ || !terminal_.live) return;
    terminal_.width = terminal_of(stream_).width;
    ++beat_;
    auto lines = live_lines();
    if (lines == drawn_) return;
    erase();
    for (const auto& [text, tone] : lines) {
        say(stream_, "{}\n", paint(tone, text, terminal_.colour));
    }
    drawn_ = std::move(lines);
    std::fflush(stream_);
}

// A terminal that was made narrower has broken the lines anew, so the rows are counted by its width
// now.
void Display::erase() {
    if (drawn_.empty()) return;
    const std::size_t width = std::max<std::size_t>(1, terminal_of(stream_).width);
    std::size_t rows = 0;
    for (const auto& line : drawn_) {
        const std::size_t columns = display_width(line.text);
        rows += columns == 0 ? 1 : (columns + width - 1) / width;
    }
    say(stream_, "\x1b[{}A\r\x1b[J", rows);
    drawn_.clear();
}

std::vector<Display::Line> Display::live_lines() const {
    std::vector<Line> out;
    const std::size_t width = terminal_.width > 1 ? terminal_.width - 1 : 1;
    std::size_t shown = 0;
    for (const auto& [key, item] : running_) {
        if (shown++ == kLiveLinesMax) break;
        auto time =
            std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - item.since);
        // The time stays when the rest has to be cut.
        const std::string tail = "  " + duration_text(time.count());
        const std::size_t room = width > tail.size() ? width - tail.size() : 0;
        const char* beat = kBeats[beat_ % kBeats.size()];
        out.push_back({fit(fmt::format("{} {}  {}", beat, item.step, item.doing), room) + tail});
    }
    if (running_.size() > kLiveLinesMax) {
        const auto more = fmt::format("  and {} more", running_.size() - kLiveLinesMax);
        out.push_back({fit(more, width), Tone::Dim});
    }
    // A command to copy must not be cut, nor broken by us: the terminal breaks it.
    for (const auto& [run, lines] : waits_) {
        for (const auto& line : lines) {
            const bool is_command = line.starts_with("  ");
            auto rows = is_command ? std::vector<std::string>{line} : wrap(line, width, 2);
            for (auto& row : rows) out.push_back({std::move(row), Tone::Attention});
        }
    }
    return out;
}

}  // namespace weft::cli
