// What `weft serve` shows: a line for each change that a person would want to know of, and on a
// terminal one line below them that says how things stand.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/session.h"

namespace weft::cli {

class ServeScreen {
  public:
    ServeScreen(bool quiet, bool json);
    ~ServeScreen();
    ServeScreen(const ServeScreen&) = delete;
    ServeScreen& operator=(const ServeScreen&) = delete;

    // From now on changes are news.
    Result<void> begin(Session& session);
    // `parked`: how many more wait in the store for their time.
    Result<void> opened(Session& session, const std::vector<std::string>& taken_up,
                        std::size_t parked);
    Result<void> show_news(Session& session);
    void complain(const std::string& text) const;
    void stopping();

  private:
    struct Known {
        std::string workflow;
        std::int64_t since_ms = 0;
        std::string status;
    };
    Result<void> look_at_clock(Session& session);
    Result<void> show(Session& session, const Json& change);
    Result<void> show_run(Session& session, const Json& change);
    void show_schedule(const Json& change);
    void line(std::int64_t time_ms, const std::string& text);
    void draw_state();
    void erase();

    Terminal terminal_;
    bool quiet_;
    bool json_;
    bool learns_ = false;  // what goes on, without showing it
    std::string store_;
    std::uint64_t next_ = 0;
    std::map<std::string, Known> runs_;  // that go on
    std::string next_schedule_;
    std::int64_t clock_seen_ms_ = 0;
    bool clock_doubted_ = false;
    std::int64_t next_due_ms_ = 0;
    std::size_t drawn_ = 0;  // rows on the screen
    std::string drawn_text_;
};

}  // namespace weft::cli
