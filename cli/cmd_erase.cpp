// weft audit erase, hold, release, accept-clock: what goes for ever, and what must not go.
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

std::optional<int> whole_number(std::string_view text) {
    int out = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (text.empty() || code != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
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
    if (text.size() != 10 && text.size() != 16 && text.size() != 19) return std::nullopt;
    const auto part = [&](std::size_t at, std::size_t size) {
        return whole_number(text.substr(at, size));
    };
    const auto y = part(0, 4);
    const auto m = part(5, 2);
    const auto d = part(8, 2);
    if (!y || !m || !d || text[4] != '-' || text[7] != '-') return std::nullopt;
    const chrono::year_month_day date{chrono::year(*y), chrono::month(static_cast<unsigned>(*m)),
                                      chrono::day(static_cast<unsigned>(*d))};
    const auto hour = text.size() > 10 ? part(11, 2) : 0;
    const auto minute = text.size() > 10 ? part(14, 2) : 0;
    const auto second = text.size() > 16 ? part(17, 2) : 0;
    if (!date.ok() || !hour || !minute || !second) return std::nullopt;
    const auto time = chrono::sys_days(date).time_since_epoch() + chrono::hours(*hour) +
                      chrono::minutes(*minute) + chrono::seconds(*second);
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
    bool erased = answer->value("erased", false);
    if (erased && file) {
        auto written = file->finish(answer->value("receipt", ""));
        if (!written) return report(written.error());
    }
    if (options.common.json) {
        print_json(*answer);
        return kSuccess;
    }
    bool waits = answer->value("waits", false);
    print_runs((*answer)["runs"], erased ? "erased" : waits ? "waits" : "would be erased");
    print_runs((*answer)["live"], waits ? "erased when it has ended" : "has not ended");
    print_runs((*answer)["held"], "under a legal hold");
    print_runs((*answer)["apart"], "stays: it got values of these, and is about somebody else");
    if (!erased && !waits && !options.dry_run) print("nothing was there to erase\n");
    if (erased && options.receipt.empty()) print("\n" + answer->value("receipt", ""));
    return kSuccess;
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
