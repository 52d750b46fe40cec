// weft audit erase, receipt, hold, release, accept-clock: what goes for ever, and what must not go.
#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "cli/audit_commands.h"
#include "cli/exit_codes.h"
#include "cli/output_file.h"

namespace weft::cli {
namespace {

struct EraseOptions {
    StoreCommand common;
    std::string run;
    std::string subject;
    std::string after;
    std::string before;
    std::string reason;
    std::string receipt;
    bool when_ended = false;
    bool kill = false;
    bool dry_run = false;
};

// Digits alone: from_chars would take a sign.
std::optional<int> whole_number(std::string_view text) {
    int out = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
    const bool is_signed = text.starts_with('-');
    if (is_signed || code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return out;
}

// "2026-01-31", "2026-01-31T10:30" or "…T10:30:00" (UTC), or "90d": so many days ago.
std::optional<std::int64_t> point_in_time(std::string_view text) {
    namespace chrono = std::chrono;
    if (text.ends_with('d')) {
        const auto count = whole_number(text.substr(0, text.size() - 1));
        if (!count || *count > 100'000) return std::nullopt;
        const auto then = chrono::system_clock::now() - chrono::days(*count);
        return chrono::duration_cast<chrono::milliseconds>(then.time_since_epoch()).count();
    }
    if (text.ends_with('Z')) text.remove_suffix(1);
    constexpr std::string_view kForm = "0000-00-00T00:00:00";
    if (text.size() != 10 && text.size() != 16 && text.size() != 19) return std::nullopt;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (kForm[i] == '0' ? !is_digit : text[i] != kForm[i]) return std::nullopt;
    }
    const auto part = [&](std::size_t at, std::size_t size) {
        return text.size() > at ? whole_number(text.substr(at, size)).value_or(0) : 0;
    };
    const chrono::year_month_day date{chrono::year(part(0, 4)),
                                      chrono::month(static_cast<unsigned>(part(5, 2))),
                                      chrono::day(static_cast<unsigned>(part(8, 2)))};
    const int hour = part(11, 2);
    const int minute = part(14, 2);
    const int second = part(17, 2);
    if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
    const auto time = chrono::sys_days(date).time_since_epoch() + chrono::hours(hour) +
                      chrono::minutes(minute) + chrono::seconds(second);
    return chrono::duration_cast<chrono::milliseconds>(time).count();
}

Result<Json> erase_params(const EraseOptions& options) {
    Json params = {{"reason", options.reason},
                   {"when_ended", options.when_ended},
                   {"kill", options.kill},
                   {"dry_run", options.dry_run}};
    if (!options.run.empty()) params["run"] = options.run;
    if (!options.subject.empty()) params["subject"] = options.subject;
    for (const auto& [name, text] :
         {std::pair("after", options.after), std::pair("before", options.before)}) {
        if (text.empty()) continue;
        const auto time = point_in_time(text);
        if (!time) {
            return std::unexpected(Error{ErrorKind::Usage, fmt::format("`{}` is no time", text),
                                         "2026-01-31, 2026-01-31T10:30:00Z, or 90d for days ago"});
        }
        params[name] = *time;
    }
    return params;
}

void print_runs(const Json& runs, std::string_view what) {
    for (const auto& run : runs) print(fmt::format("{}  {}\n", run.get<std::string>(), what));
}

void print_erasure(const EraseOptions& options, const Json& answer) {
    const bool erased = answer.value("erased", false);
    const bool waits = answer.value("waits", false);
    const char* would = options.dry_run ? "would be " : "";
    print_runs(answer["runs"], erased ? "erased" : waits ? "waits" : "would be erased");
    print_runs(answer["live"],
               waits ? fmt::format("{}erased when it has ended", would) : "has not ended");
    print_runs(answer["held"], "under a legal hold");
    print_runs(answer["apart"], "stays: it got values of these, and is about somebody else");
    if (!erased && !waits && answer["runs"].empty() && !answer.contains("refused")) {
        print(fmt::format("nothing {} there to erase\n", options.dry_run ? "is" : "was"));
    }
}

// What the order would be answered, which was only looked at.
int refusal(const Json& refused) {
    const bool passes = refused.value("kind", "") == "unavailable";
    return report({passes ? ErrorKind::Unavailable : ErrorKind::Refused,
                   refused.value("message", ""), refused.value("hint", "")});
}

// The erasure is done: what can't be written any more is printed.
int hand_over(OutputFile& file, const EraseOptions& options, const Json& answer) {
    const auto& runs = answer["runs"];
    auto written = file.finish(answer.value("receipt", ""));
    if (written) return kSuccess;
    if (!options.common.json) print("\n" + answer.value("receipt", ""));
    auto error = written.error();
    error.message += runs.size() == 1 ? "; the run was erased"
                                      : fmt::format("; {} runs were erased", runs.size());
    error.hint = fmt::format("`weft audit receipt {}` gives it again",
                             short_run(runs[0].get<std::string>()));
    return report(error);
}

int erase(const EraseOptions& options) {
    auto params = erase_params(options);
    if (!params) return report(params.error());
    // What can't be written is told before anything goes.
    std::optional<OutputFile> file;
    if (!options.receipt.empty()) {
        auto place = OutputFile::open(options.receipt);
        if (!place) return report(place.error());
        file.emplace(std::move(*place));
    }
    auto answer = ask(options.common.store, "erase", std::move(*params));
    if (!answer) return report(answer.error());
    if (options.common.json) {
        print_json(*answer);
    } else {
        print_erasure(options, *answer);
    }
    if (answer->contains("refused")) return refusal((*answer)["refused"]);
    if (answer->value("erased", false)) {
        if (file) return hand_over(*file, options, *answer);
        if (!options.common.json) print("\n" + answer->value("receipt", ""));
    } else if (file && answer->value("waits", false) && !options.dry_run) {
        say(stderr, "no receipt yet: `weft audit receipt RUN` gives it then\n");
    }
    return kSuccess;
}

struct ReceiptOptions {
    StoreCommand common;
    std::string run;
    std::string out;
};

int receipt(const ReceiptOptions& options) {
    auto answer = ask(options.common.store, "receipt", {{"run", options.run}});
    if (!answer) return report(answer.error());
    if (options.common.json) return show_text(options.out, pretty_json(*answer) + "\n");
    return show_text(options.out, answer->value("receipt", ""));
}

struct HoldOptions {
    StoreCommand common;
    std::string run;
    std::string reason;
    bool lift = false;
};

int change_hold(const HoldOptions& options) {
    auto answer = ask(options.common.store, "legal-hold",
                      {{"run", options.run}, {"reason", options.reason}, {"lift", options.lift}});
    if (!answer) return report(answer.error());
    if (options.common.json) {
        print_json(*answer);
    } else {
        print(fmt::format("{}: {}\n", answer->value("run", ""),
                          options.lift ? "may be erased again" : "is not erased until released"));
    }
    return kSuccess;
}

struct ClockOptions {
    StoreCommand common;
    std::string reason;
};

int accept_clock(const ClockOptions& options) {
    auto answer = ask(options.common.store, "accept_clock", {{"reason", options.reason}});
    if (!answer) return report(answer.error());
    if (options.common.json) {
        print_json(*answer);
    } else {
        print("retention and named times go by the clock again\n");
    }
    return kSuccess;
}

void add_hold_command(CLI::App& audit, Chosen& chosen, const char* name, const char* about,
                      bool lift) {
    auto options = std::make_shared<HoldOptions>();
    options->lift = lift;
    auto* command = audit.add_subcommand(name, about);
    command->add_option("RUN", options->run, "the run")->required();
    command->add_option("--reason", options->reason, "why; it stands in the log")->required();
    command->add_option("--as", options->common.store.actor, "who says so, if not you");
    add_store_options(*command, options->common);
    choose(*command, chosen, options, change_hold);
}

}  // namespace

void add_erasure(CLI::App& audit, Chosen& chosen) {
    auto options = std::make_shared<EraseOptions>();
    auto* command = audit.add_subcommand("erase", "make the data of runs unreadable, everywhere");
    command->add_option("RUN", options->run, "one run, with those that got values of it");
    command->add_option("--subject", options->subject, "all runs about this subject");
    command->add_option("--after", options->after, "runs that ended then or later");
    command->add_option("--before", options->before,
                        "runs that ended then or before: 2026-01-31, or 90d for days ago");
    command->add_option("--reason", options->reason,
                        "why; it stays in the log, so it names nobody");
    command->add_flag("--when-ended", options->when_ended,
                      "those that go on: when they have ended");
    command->add_flag("--kill", options->kill, "those that go on: end them now, undoing nothing")
        ->excludes("--when-ended");
    command->add_flag("--dry-run", options->dry_run, "only say which runs");
    command->add_option("--receipt", options->receipt, "FILE for the signed receipt");
    command->add_option("--as", options->common.store.actor, "who says so, if not you");
    add_store_options(*command, options->common);
    choose(*command, chosen, options, erase);

    auto again = std::make_shared<ReceiptOptions>();
    command = audit.add_subcommand("receipt", "the receipt of the order that erased a run, again");
    command->add_option("RUN", again->run, "the run that was erased")->required();
    command->add_option("-o,--out", again->out, "write to this file");
    add_store_options(*command, again->common);
    choose(*command, chosen, again, receipt);

    add_hold_command(audit, chosen, "hold", "a run is not erased until it is released", false);
    add_hold_command(audit, chosen, "release", "a run may be erased again", true);

    auto clock = std::make_shared<ClockOptions>();
    command = audit.add_subcommand("accept-clock",
                                   "the clock's leap is right: retention and named times go on");
    command->add_option("--reason", clock->reason, "why; it stands in the log")->required();
    command->add_option("--as", clock->common.store.actor, "who says so, if not you");
    add_store_options(*command, clock->common);
    choose(*command, chosen, clock, accept_clock);
}

}  // namespace weft::cli
