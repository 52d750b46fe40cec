// The lines of progress: what is done scrolls by, what is under way is redrawn below on a terminal.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "cli/output.h"

namespace weft::cli {

class Display {
  public:
    Display(std::FILE* stream, bool quiet, bool many_runs);
    ~Display();
    Display(const Display&) = delete;
    Display& operator=(const Display&) = delete;

    void entry(const std::string& run, const Json& entry);
    // What a run waits for; shown until it changes.
    void waits(const std::string& run, std::vector<std::string> lines);
    void ended(const std::string& run);
    void note(const std::string& text);
    void redraw();

  private:
    using Clock = std::chrono::steady_clock;
    struct Running {
        std::string step;
        std::string doing;
        Clock::time_point since;
    };
    struct Line {
        std::string text;
        Tone tone = Tone::Plain;
        bool operator==(const Line&) const = default;
    };
    void done_line(const std::string& run, const Json& entry, const char* sign, Tone tone);
    void write_line(const std::string& text);
    [[nodiscard]] std::vector<Line> live_lines() const;
    void erase();

    std::FILE* stream_;
    Terminal terminal_;
    bool quiet_;
    bool many_;
    std::map<std::string, Running> running_;  // by run, branch and step
    std::map<std::string, std::vector<std::string>> waits_;
    std::vector<Line> drawn_;  // the live part as it is on the screen
    std::size_t beat_ = 0;
};

}  // namespace weft::cli
