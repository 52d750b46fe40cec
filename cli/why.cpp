#include "cli/why.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/progress.h"

namespace weft::cli {
namespace {

std::string joined(const Json& names, std::string_view between = ", ") {
    std::string out;
    for (const auto& name : names) {
        if (!out.empty()) out += between;
        out += name.get<std::string>();
    }
    return out;
}

std::string in_brackets(const std::string& text) {
    return text.empty() ? "" : " (" + text + ")";
}

// "Transient: the bank is away"
std::string error_of(const Json& wait) {
    auto name = plain(wait, "error");
    auto message = plain(wait, "message");
    if (name.empty()) return message;
    return message.empty() ? name : name + ": " + message;
}

class Teller {
  public:
    Teller(const Json& status, const WhyOptions& options)
        : status_(status),
          options_(options),
          run_(short_run(status.value("run", ""))),
          is_live_(status.value("live", false)) {}

    std::vector<std::string> all() {
        for (const auto& wait : status_.value("waits", Json::array())) tell(wait);
        tell_ending();
        tell_deadlines();
        if (const auto count = status_.value("inbox", 0); count > 0) {
            say(fmt::format("{} request{} that came meanwhile wait{} to be taken in", count,
                            count == 1 ? "" : "s", count == 1 ? "s" : ""));
        }
        if (!is_live_ && !options_.is_past) {
            say("no engine drives it now: nothing of this happens until one does");
            // Naming a held run to `resume` would release it as well, and that is said above.
            if (!is_held()) command("resume " + run_);
            command("serve");
        }
        return std::move(out_);
    }

  private:
    [[nodiscard]] bool is_held() const {
        const auto waits = status_.value("waits", Json::array());
        return std::ranges::any_of(
            waits, [](const Json& wait) { return wait.value("kind", "") == "release"; });
    }
    void say(std::string text) { out_.push_back(std::move(text)); }
    void add(const std::string& text) { out_.push_back("  " + text); }
    void command(const std::string& text) {
        if (!options_.is_past) out_.push_back("    weft " + text + options_.flags);
    }
    void nobody() {
        if (!options_.is_past) add("nobody need do anything");
    }

    // "at 2026-01-02 14:03:09, in 5 min"
    [[nodiscard]] std::string moment(std::int64_t at_ms) const {
        if (options_.is_past) return "at " + time_text(at_ms);
        const auto left_ms = at_ms - options_.now_ms;
        return fmt::format("at {}, {}", time_text(at_ms),
                           left_ms > 0 ? "in " + duration_text(left_ms) : "which has come");
    }
    void since(const Json& wait) {
        const auto at_ms = wait.value("since", std::int64_t{0});
        if (at_ms <= 0) return;
        const auto ago_ms = options_.now_ms - at_ms;
        add(fmt::format(
            "since {}{}", time_text(at_ms),
            ago_ms > 0 && !options_.is_past ? ", " + duration_text(ago_ms) + " ago" : ""));
    }
    static std::string place(const Json& wait) { return in_brackets(wait.value("place", "")); }

    void tell(const Json& wait) {
        const auto kind = wait.value("kind", "");
        if (kind == "attempt") tell_attempt(wait);
        if (kind == "start") tell_start(wait);
        if (kind == "key") tell_key(wait);
        if (kind == "limit" || kind == "breaker") tell_pace(wait, kind == "breaker");
        if (kind == "settle") tell_doubt(wait);
        if (kind == "timer") tell_timer(wait);
        if (kind == "signal") tell_signal(wait);
        if (kind == "review") tell_review(wait);
        if (kind == "lock") tell_lock(wait);
        if (kind == "run") tell_run(wait);
        if (kind == "release") tell_release(wait);
    }

    static std::string_view errand(const Json& wait) {
        const auto direction = wait.value("direction", "");
        if (direction == "undo") return " to undo what was done";
        return direction == "probe" ? " to say what became of it" : "";
    }

    void tell_attempt(const Json& wait) {
        const auto worker = wait.value("worker", "");
        const auto step = wait.value("step", "");
        if (!is_live_ && !options_.is_past) {
            say(fmt::format("{} was at work on {} when the engine ended", worker, step));
            since(wait);
            add("whoever takes the run up finds out first what became of that");
            return;
        }
        say(fmt::format("{} is at work on {}{}, attempt {} of {}", worker, step, errand(wait),
                        wait.value("attempt", 1), wait.value("attempts", 1)));
        since(wait);
        if (wait.value("cancelled", false)) add("it was told to stop; its answer is awaited");
        const auto timeout_ms = wait.value("timeout", std::int64_t{0});
        const auto since_ms = wait.value("since", std::int64_t{0});
        if (timeout_ms > 0 && since_ms > 0) {
            add(fmt::format("it is stopped {}, when it has not answered",
                            moment(since_ms + timeout_ms)));
        }
    }

    void tell_start(const Json& wait) {
        say(fmt::format("next {} calls {}{}, attempt {} of {}", wait.value("step", ""),
                        wait.value("worker", ""), errand(wait), wait.value("attempt", 1),
                        wait.value("attempts", 1)));
    }

    void tell_key(const Json& wait) {
        const auto other = short_run(wait.value("run", ""));
        say(fmt::format("{} waits for run {}, which used its key first", wait.value("step", ""),
                        other));
        since(wait);
        add("it takes that run's result, or makes the call itself when that had no effect");
        command("why " + other);
    }

    void tell_pace(const Json& wait, bool is_breaker) {
        std::string declared;
        if (!is_breaker && wait.contains("at_once")) {
            declared = fmt::format("{} at once", wait["at_once"].get<int>());
        }
        if (!is_breaker && wait.contains("rate")) {
            declared +=
                fmt::format("{}{} in {}", declared.empty() ? "" : ", ", wait["rate"].get<int>(),
                            duration_text(wait.value("period", std::int64_t{0})));
        }
        say(fmt::format("{} waits behind the {} of {}{}", wait.value("step", ""),
                        is_breaker ? "breaker" : "limit", wait.value("worker", ""),
                        in_brackets(declared)));
        if (is_breaker) add("too many attempts of that worker have failed, of whatever run");
        since(wait);
        if (wait.contains("due")) {
            add(fmt::format("the next attempts are let through {}",
                            moment(wait["due"].get<std::int64_t>())));
        } else {
            add(is_breaker ? "it leaves when those let through before it have been answered"
                           : "it leaves when an attempt before it has ended");
        }
        nobody();
    }

    void tell_doubt(const Json& wait) {
        const auto step = wait.value("step", "");
        say(fmt::format("in doubt: did {} have its effect?{}", step,
                        in_brackets(plain(wait, "reason"))));
        since(wait);
        add(fmt::format("somebody finds out at the receiver of {}, by the key {}, and says so",
                        wait.value("worker", ""), wait.value("key", "")));
        const auto type = wait.value("type", "");
        const bool is_one = count_doubts(step) == 1;
        const auto site = is_one ? step : std::to_string(wait.value("call", std::uint64_t{0}));
        command(fmt::format("settle {} {} done{} --reason \"…\"", run_, shell_word(site),
                            type.empty() ? "" : " VALUE"));
        command(fmt::format("settle {} {} not-done --reason \"…\"", run_, shell_word(site)));
        if (!type.empty()) add(fmt::format("  VALUE is the {} that the step gives, as JSON", type));
    }
    [[nodiscard]] std::size_t count_doubts(const std::string& step) const {
        std::size_t count = 0;
        for (const auto& wait : status_["waits"]) {
            if (wait.value("kind", "") == "settle" && wait.value("step", "") == step) ++count;
        }
        return count;
    }

    void tell_timer(const Json& wait) {
        const auto purpose = wait.value("purpose", "");
        const auto step = wait.value("step", "");
        const auto due = moment(wait.value("due", std::int64_t{0}));
        if (purpose == "backoff" && wait.value("in_doubt", false)) {
            say(fmt::format("in doubt: did {} have its effect?{}", step,
                            in_brackets(plain(wait, "message"))));
            since(wait);
            add(fmt::format("{} is sent it again under the same key {}", wait.value("worker", ""),
                            due));
        } else if (purpose == "backoff") {
            say(fmt::format("attempt {} of {} of {} failed{}", wait.value("attempt", 1),
                            wait.value("attempts", 1), step, in_brackets(error_of(wait))));
            since(wait);
            add(fmt::format("it is tried again {}", due));
        } else if (purpose == "settling") {
            say(fmt::format("in doubt: did {} have its effect?{}", step,
                            in_brackets(plain(wait, "message"))));
            since(wait);
            add(fmt::format("{} is asked that {}", wait.value("probe", "its probe"), due));
        } else if (purpose == "sleep") {
            say(fmt::format("waits for the time{}", place(wait)));
            since(wait);
            add(fmt::format("goes on by itself {}", due));
        } else if (purpose == "block-backoff") {
            say(fmt::format("the block {} failed{}", step, place(wait)));
            since(wait);
            add(fmt::format("it is run again {}", due));
        } else {
            return;
        }
        nobody();
    }

    void tell_signal(const Json& wait) {
        say(fmt::format("waits for the signal {}{}", joined(wait["signals"], " or "), place(wait)));
        since(wait);
        add(fmt::format("the wait is over {}", moment(wait.value("due", std::int64_t{0}))));
        const auto types = wait.value("types", Json::array());
        for (std::size_t i = 0; i < wait["signals"].size(); ++i) {
            const auto type = i < types.size() ? types[i].get<std::string>() : std::string();
            command(fmt::format("signal {} {}{}", run_, wait["signals"][i].get<std::string>(),
                                type.empty() ? "" : " VALUE"));
            if (!type.empty()) out_.back() += fmt::format("     (VALUE is a {})", type);
        }
    }

    void tell_review(const Json& wait) {
        const auto title = plain(wait, "title");
        say(fmt::format("waits for \"{}\"{}", joined(wait["roles"], "\" or \""),
                        title.empty() ? "" : ": " + title));
        since(wait);
        const auto needed = wait.value("needed", 1);
        if (needed > 1) {
            const auto by = joined(wait.value("approved_by", Json::array()));
            add(fmt::format("{} approvals are needed{}", needed,
                            by.empty() ? ", none is there" : ", so far by " + by));
        }
        if (wait.contains("except")) add("not by " + joined(wait["except"], " nor "));
        const auto then = wait.value("then", "");
        const auto due = moment(wait.value("due", std::int64_t{0}));
        if (then == "ask") {
            add(fmt::format("\"{}\" is asked {}, when nobody has decided",
                            joined(wait["then_roles"], "\" or \""), due));
        } else {
            add(fmt::format("{} {}, when nobody has decided",
                            then == "approve"  ? "it counts as approved"
                            : then == "reject" ? "it counts as rejected"
                            : then == "expire" ? "it fails with Expired"
                                               : "the next rung of the gate is taken",
                            due));
        }
        const auto task = wait.value("task", "");
        command("review show " + task);
        command(fmt::format("review approve {} --reason \"…\"", task));
        command(fmt::format("review reject {} --reason \"…\"", task));
    }

    void tell_lock(const Json& wait) {
        const auto holders = wait.value("holders", Json::array());
        std::string who;
        for (const auto& holder : holders) {
            who += (who.empty() ? ", which run " : " and ") + short_run(holder.get<std::string>());
        }
        say(fmt::format("waits for the lock on {}{}{}{}", joined(wait["keys"]), who,
                        who.empty() ? "" : " has", place(wait)));
        since(wait);
        add(fmt::format("the wait is over {}", moment(wait.value("due", std::int64_t{0}))));
        for (const auto& holder : holders) {
            command("why " + short_run(holder.get<std::string>()));
        }
    }

    void tell_run(const Json& wait) {
        const auto other = short_run(wait.value("run", ""));
        say(fmt::format("{} waits for run {} of {}{}", wait.value("step", ""), other,
                        wait.value("workflow", ""),
                        wait.value("cancelled", false) ? ", which was told to stop" : ""));
        since(wait);
        command("why " + other);
    }

    void tell_release(const Json& wait) {
        const auto cause = wait.value("cause", "");
        const auto step = wait.value("step", "");
        const auto reason = in_brackets(plain(wait, "reason"));
        const auto at = step.empty() ? place(wait) : " at " + step;
        if (cause == "operator") {
            const auto act = wait.value("act", "");
            say(act.empty() ? "held by an operator" + reason : act);
        } else if (cause == "deadline") {
            say("held: its time was over past the point of no return" + reason);
        } else if (cause == "then-hold") {
            say(fmt::format("held{}: its attempts are used up{}", at, reason));
        } else if (cause == "stuck") {
            say(fmt::format("stuck: what {} did could not be undone{}",
                            joined(wait.value("stuck", Json::array()), ", "), reason));
        } else {
            say(fmt::format("held{}: it failed past the point of no return{}", at, reason));
        }
        since(wait);
        if (cause == "stuck") {
            add("an operator undoes it by other means, leaves it, or lets it be tried again");
            for (const auto& site : wait.value("stuck", Json::array())) {
                command(fmt::format("settle {} {} undone|left --reason \"…\"", run_,
                                    shell_word(site.get<std::string>())));
            }
        } else {
            add(cause == "operator" ? "an operator lets it go on"
                : cause == "deadline"
                    ? "an operator lets it go on without a deadline"
                    : "an operator mends what is wrong and lets it be tried again");
        }
        command(fmt::format("resume {} --reason \"…\"", run_));
    }

    // It goes to its end already.
    void tell_ending() {
        if (!status_.contains("ending")) return;
        const auto& ending = status_["ending"];
        const auto how = ending.value("how", "");
        std::string text = how == "cancelled" ? "it was cancelled"
                           : how == "fails"   ? "it fails"
                                              : "";
        if (text.empty()) return;
        if (status_.contains("cancelled_by")) text = plain(status_["cancelled_by"], "text");
        if (ending.contains("error") && how == "fails") {
            text += fmt::format(": {}: {}", ending["error"].value("name", ""),
                                plain(ending["error"], "message"));
        }
        say(text);
        std::vector<std::string> steps;
        for (const auto& entry : ending.value("undo", Json::array())) {
            steps.push_back(entry.value("step", ""));
        }
        if (!steps.empty()) add(fmt::format("still to be undone: {}", fmt::join(steps, ", ")));
    }

    void tell_deadlines() {
        for (const auto& wait : status_.value("waits", Json::array())) {
            if (wait.value("kind", "") != "timer") continue;
            const auto purpose = wait.value("purpose", "");
            const auto step = wait.value("step", "");
            const auto whose = purpose == "deadline"         ? std::string("the run")
                               : purpose == "step-deadline"  ? "the step " + step
                               : purpose == "run-deadline"   ? "the run that " + step + " began"
                               : purpose == "block-deadline" ? "the block " + step
                                                             : std::string();
            // An end that has begun is not reached by the run's own time.
            const bool is_over = purpose == "deadline" && status_.contains("ending");
            if (whose.empty() || is_over) continue;
            const bool holds = purpose == "deadline" && status_.value("past_no_return", false);
            say(fmt::format("the time of {} is over {}; then it {}", whose,
                            moment(wait.value("due", std::int64_t{0})),
                            holds ? "is held for an operator" : "fails with Timeout"));
        }
    }

    const Json& status_;
    const WhyOptions& options_;
    std::string run_;
    bool is_live_;
    std::vector<std::string> out_;
};

}  // namespace

std::vector<std::string> why_lines(const Json& status, const WhyOptions& options) {
    if (is_ended(status.value("status", ""))) return {};
    return Teller(status, options).all();
}

std::vector<std::string> end_lines(const Json& status) {
    std::vector<std::string> out;
    for (const auto* act : {"cancelled_by", "killed_by"}) {
        if (!status.contains(act)) continue;
        const auto& entry = status[act];
        out.push_back(fmt::format("{}  (record {}, {})", plain(entry, "text"),
                                  entry.value("seq", std::uint64_t{0}),
                                  time_text(entry.value("time", std::int64_t{0}))));
    }
    if (status.contains("undone")) out.push_back("undone: " + joined(status["undone"]));
    if (status.contains("left")) out.push_back("left as it is: " + joined(status["left"]));
    return out;
}

std::string origin_text(const Json& status) {
    if (!status.contains("origin")) return "";
    const auto& origin = status["origin"];
    const auto run = short_run(origin.value("run", ""));
    const auto seq = origin.value("seq", std::uint64_t{0});
    const auto kind = origin.value("kind", "");
    if (kind == "fork") return fmt::format("forked from run {} before its record {}", run, seq);
    if (kind == "sub-run") return fmt::format("begun by run {} in its record {}", run, seq);
    return "taken over from another store";
}

}  // namespace weft::cli
