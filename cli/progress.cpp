#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/display.h"
#include "cli/interrupts.h"

namespace weft::cli {
namespace {

using namespace std::chrono_literals;

class Follower {
  public:
    Follower(Session& session, const std::vector<std::string>& runs, const FollowOptions& options)
        : session_(session),
          options_(options),
          display_(options.to_stderr ? stderr : stdout, options.quiet, runs.size() > 1) {
        for (const auto& run : runs) open_[run] = 0;
    }

    Result<Followed> follow() {
        auto slice = std::chrono::milliseconds(5);
        while (!open_.empty() && !is_interrupted()) {
            auto polled = poll_all();
            if (!polled) {
                auto again = recover(polled.error());
                if (!again) return std::unexpected(again.error());
                continue;
            }
            display_.redraw();
            if (open_.empty()) break;
            // A short run ends at once; a long one is looked at as often as an eye can follow.
            slice = std::min(slice * 2, 120ms);
            auto stepped = session_.step(slice);
            if (!stepped) return std::unexpected(stepped.error());
        }
        out_.interrupted = is_interrupted();
        if (out_.interrupted) {
            display_.note(session_.owner()
                              ? "interrupted: what is under way may end first (again to "
                                "leave at once)"
                              : "interrupted: the owner of the store goes on");
        }
        return std::move(out_);
    }

  private:
    Result<void> poll_all() {
        std::vector<std::string> runs;
        for (const auto& [run, from] : open_) runs.push_back(run);
        for (const auto& run : runs) {
            auto polled = poll(run);
            if (!polled) return polled;
        }
        return {};
    }

    Result<void> poll(const std::string& run) {
        constexpr int kEntriesAtOnce = 500;  // so that an answer stays below a line's 1 MiB
        while (true) {
            auto log = session_.request(
                "log", {{"run", run}, {"from", open_[run]}, {"limit", kEntriesAtOnce}});
            if (!log) return std::unexpected(log.error());
            for (const auto& entry : (*log)["entries"]) display_.entry(run, entry);
            tell(log->value("notice", ""));
            bool news = !(*log)["entries"].empty();
            bool more = (*log)["entries"].size() == kEntriesAtOnce;
            open_[run] = (*log)["next"].get<std::uint64_t>();
            if (more) continue;
            std::string word = (*log)["status"];
            if (!news && word == words_[run]) return {};
            words_[run] = word;
            return word == "running" ? Result<void>{} : look(run, word);
        }
    }

    // Said once, and when it is over.
    void tell(const std::string& notice) {
        if (notice == notice_) return;
        display_.note(notice.empty() ? "the disk has space again" : notice);
        notice_ = notice;
    }

    // The run is not simply running: it ended, or waits for something.
    Result<void> look(const std::string& run, const std::string& word) {
        auto status = session_.request("status", {{"run", run}});
        if (!status) return std::unexpected(status.error());
        bool rests =
            word == "held" || word == "stuck" || (options_.no_wait && rests_for_person(*status));
        if (is_ended(word) || rests) {
            display_.ended(run);
            open_.erase(run);
        } else {
            display_.waits(run, wait_lines(*status, session_.flags()));
        }
        out_.status[run] = std::move(*status);
        return {};
    }

    // The owner went away: the next one to own the store takes the runs up.
    Result<void> recover(const Error& error) {
        if (session_.owner() || error.kind != ErrorKind::Unavailable) return std::unexpected(error);
        auto opened = session_.reopen();
        if (!opened) return opened;
        for (const auto& [run, from] : open_) {
            if (!session_.owner()) break;
            auto taken = session_.request("resume", {{"run", run}});
            if (!taken) return std::unexpected(taken.error());
        }
        return {};
    }

    Session& session_;
    FollowOptions options_;
    Display display_;
    std::map<std::string, std::uint64_t> open_;  // run -> next seq
    std::map<std::string, std::string> words_;   // its status when last read
    std::string notice_;                         // the owner's, when last read
    Followed out_;
};

}  // namespace

Result<Followed> follow(Session& session, const std::vector<std::string>& runs,
                        const FollowOptions& options) {
    const Interrupts interrupts;
    return Follower(session, runs, options).follow();
}

bool is_ended(const std::string& status) {
    constexpr std::array<std::string_view, 5> kEnded = {"completed", "failed", "compensated",
                                                        "cancelled", "killed"};
    return std::find(kEnded.begin(), kEnded.end(), status) != kEnded.end();
}

bool rests_for_person(const Json& status) {
    std::string word = status.value("status", "");
    if (word == "held" || word == "stuck") return true;
    if (word != "waiting" || !status.contains("waits")) return false;
    return std::any_of(status["waits"].begin(), status["waits"].end(), [](const Json& wait) {
        std::string kind = wait.value("kind", "");
        return kind == "review" || kind == "settle" || kind == "release" || kind == "signal";
    });
}

std::vector<std::string> wait_lines(const Json& status, const std::string& flags) {
    std::vector<std::string> out;
    std::string run = short_run(status.value("run", ""));
    auto until = [](const Json& wait) {
        auto due = wait.value("due", std::int64_t{0});
        return due > 0 ? ", until " + time_text(due) : std::string();
    };
    bool person = rests_for_person(status);
    // Of several times the first is what comes next; the others may be deadlines.
    std::int64_t first_due = INT64_MAX;
    for (const auto& wait : status.value("waits", Json::array())) {
        if (wait.value("kind", "") != "timer") continue;
        first_due = std::min(first_due, wait.value("due", INT64_MAX));
    }
    for (const auto& wait : status.value("waits", Json::array())) {
        std::string kind = wait.value("kind", "");
        // Deadlines run beside every task; they are news only when nothing else is waited for.
        const bool is_first = wait.value("due", INT64_MAX) == first_due;
        if (kind == "timer" && (person || !out.empty() || !is_first)) continue;
        std::string reason = plain(wait, "reason");
        if (kind == "review") {
            std::string roles;
            for (const auto& role : wait.value("roles", Json::array())) {
                roles += (roles.empty() ? "\"" : " or \"") + role.get<std::string>() + "\"";
            }
            std::string title = plain(wait, "title");
            out.push_back(fmt::format("waits for {}{}{}", roles, title.empty() ? "" : ": " + title,
                                      until(wait)));
            out.push_back(fmt::format("  weft review approve {} --reason \"…\"{}",
                                      wait.value("task", ""), flags));
        } else if (kind == "signal") {
            std::string first;
            std::string names;
            for (const auto& name : wait.value("signals", Json::array())) {
                if (first.empty()) first = name.get<std::string>();
                names += (names.empty() ? "" : " or ") + name.get<std::string>();
            }
            out.push_back(fmt::format("waits for the signal {}{}", names, until(wait)));
            out.push_back(fmt::format("  weft signal {} {} VALUE{}", run, first, flags));
        } else if (kind == "lock") {
            std::string holders;
            for (const auto& holder : wait.value("holders", Json::array())) {
                holders += (holders.empty() ? ", which run " : ", ") +
                           short_run(holder.get<std::string>());
            }
            if (!holders.empty()) holders += " has";
            out.push_back(fmt::format("waits for a lock{}{}", holders, until(wait)));
        } else if (kind == "timer") {
            out.push_back("waits for the time" + until(wait));
        } else if (kind == "limit" || kind == "breaker") {
            out.push_back(fmt::format("{} waits behind the {} of {}", wait.value("step", ""), kind,
                                      wait.value("worker", "")));
        } else if (kind == "run") {
            out.push_back(fmt::format("{} waits for run {} of {}", wait.value("step", ""),
                                      short_run(wait.value("run", "")),
                                      wait.value("workflow", "")));
        } else if (kind == "release") {
            out.push_back("held for an operator" + (reason.empty() ? "" : ": " + reason));
            out.push_back(fmt::format("  weft resume {}{}", run, flags));
        } else if (kind == "settle") {
            out.push_back(fmt::format("in doubt: did {} have its effect?{}", wait.value("step", ""),
                                      reason.empty() ? "" : " (" + reason + ")"));
            out.push_back(fmt::format("  weft settle {} {} done|not-done --reason \"…\"{}", run,
                                      wait.value("step", ""), flags));
        }
    }
    return out;
}

}  // namespace weft::cli
