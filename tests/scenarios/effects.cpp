#include "tests/scenarios/effects.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "bytecode/record.h"
#include "engine/history.h"
#include "engine/run_reader.h"

namespace weft::scenarios {
namespace {

using engine::HistoryEntry;

constexpr std::uint8_t kUndo = 1;
constexpr std::uint8_t kProbe = 2;

std::string last_word(const std::string& path) {
    const auto dot = path.rfind('.');
    return dot == std::string::npos ? path : path.substr(dot + 1);
}

// "ann" of `approved by ann as "clerk": because`.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
    const auto from = text.find(begin);
    if (from == std::string::npos) return "";
    const auto start = from + begin.size();
    return text.substr(start, text.find(end, start) - start);
}

class EffectReader {
  public:
    explicit EffectReader(const engine::RunHeader& header) : header_(header) {}

    // Empty: nobody sees it.
    std::string read(const HistoryEntry& entry) {
        switch (entry.kind) {
            case RecordKind::Call:
                note_call(entry);
                return "";
            case RecordKind::Outcome:
                return outcome(entry);
            case RecordKind::UndoBegin:
            case RecordKind::UndoEnd:
                return undo(entry);
            case RecordKind::SignalTaken:
                return "signal:" + between(entry.text, "the signal ", " of");
            case RecordKind::TimerSet:
                timers_[entry.timer] = {between(entry.text, "(", ")"),
                                        (entry.due_ms - entry.time_ms) / 1000, entry.call != 0};
                return "";
            case RecordKind::TimerFired:
                return timer(entry);
            case RecordKind::Gate:
                return gate(entry);
            case RecordKind::ReviewOpen:
                return open(entry);
            case RecordKind::Decision:
                return decision(entry);
            case RecordKind::Event:
                return "emit:" + entry.text.substr(0, entry.text.find(':'));
            default:
                return "";
        }
    }

  private:
    struct SeenCall {
        std::string worker;  // with its tag
        std::uint8_t direction = 0;
    };
    struct SeenTimer {
        std::string purpose;
        std::int64_t seconds = 0;
        bool is_of_call = false;  // of an attempt, a retry, a doubt
    };

    // A worker with a parameter `tag` is shown with its argument.
    void note_call(const HistoryEntry& entry) {
        std::string name = entry.worker;
        Value arguments;
        for (const auto& worker : header_.image->workers) {
            if (worker.name != entry.worker) continue;
            const auto tag = std::ranges::find(worker.parameters, "tag");
            if (tag == worker.parameters.end()) break;
            if (!decode_canonical(entry.payload, arguments)) break;
            const auto at = static_cast<std::size_t>(tag - worker.parameters.begin());
            const Value& value = arguments.items()[at];
            name += fmt::format("[{}]", value.tag() == Tag::Text  ? value.as_text()
                                        : value.tag() == Tag::Int ? std::to_string(value.as_int())
                                                                  : std::string("?"));
        }
        calls_[entry.seq] = {name, entry.direction};
    }

    std::string outcome(const HistoryEntry& entry) {
        const auto& call = calls_[entry.call];
        if (call.direction == kProbe) return "";
        const bool is_undo = call.direction == kUndo;
        const std::string prefix = is_undo ? "undo" : "";
        switch (static_cast<OutcomeCode>(entry.status)) {
            case OutcomeCode::Ok:
                return (is_undo ? "undo:" : "do:") + call.worker;
            case OutcomeCode::Cancelled:
                return prefix + "cancel:" + call.worker;
            case OutcomeCode::Late:
                return prefix + "late:" + call.worker;
            case OutcomeCode::Unknown:
                // What an engine left that was killed is sent again, or asked after: nobody sees
                // it.
                if (entry.text.find("the engine ended while") != std::string::npos) return "";
                if (entry.error == "Timeout") return prefix + "timeout:" + call.worker;
                return prefix + "doubt:" + call.worker;
            case OutcomeCode::Failed:
                if (entry.error == "Timeout") return prefix + "timeout:" + call.worker;
                return fmt::format("{}fail:{}:{}", prefix, call.worker, entry.error);
        }
        return "";
    }

    std::string undo(const HistoryEntry& entry) {
        if (entry.kind == RecordKind::UndoEnd && entry.text == "could not be undone") {
            return "dead:" + calls_[entry.call].worker;
        }
        return "";
    }

    std::string timer(const HistoryEntry& entry) {
        const auto& timer = timers_[entry.timer];
        if (timer.purpose == "review deadline") return "overdue:" + last_word(entry.step);
        const bool is_of_run = timer.purpose == "deadline" && entry.step.empty();
        if (is_of_run) return "deadline";
        const bool ends_wait = timer.purpose == "timeout" || timer.purpose == "deadline";
        if (ends_wait && !timer.is_of_call) return fmt::format("timer:{}", timer.seconds);
        return "";
    }

    static std::string gate(const HistoryEntry& entry) {
        static constexpr std::array<const char*, 3> kWords = {"pass", "fail", "accept"};
        return fmt::format("gate:{}:{}", last_word(entry.step), kWords.at(entry.status));
    }

    std::string open(const HistoryEntry& entry) {
        const std::string name = last_word(entry.step);
        names_[entry.task] = name;
        auto roles = between(entry.text, "of \"", "\", ");
        for (auto at = roles.find("\", \""); at != std::string::npos; at = roles.find("\", \"")) {
            roles.replace(at, 4, "+");
        }
        const bool is_new = entry.task == entry.seq;
        const bool is_same = std::exchange(asked_[entry.task], roles) == roles;
        const char* what = is_new ? "open" : is_same ? "again" : "escalate";
        return fmt::format("review:{}:{}:{}", what, name, roles);
    }

    std::string decision(const HistoryEntry& entry) {
        static constexpr std::array<const char*, 4> kWords = {"approve", "reject", "expired",
                                                              "revise"};
        const auto by = between(entry.text, " by ", " as ");
        return fmt::format("review:{}:{}{}{}", kWords.at(entry.status), names_[entry.task],
                           by.empty() ? "" : ":", by);
    }

    const engine::RunHeader& header_;
    std::map<std::uint64_t, SeenCall> calls_;
    std::map<std::uint64_t, SeenTimer> timers_;
    std::map<std::uint64_t, std::string> names_;  // of tasks
    std::map<std::uint64_t, std::string> asked_;  // likewise: the roles asked last
};

}  // namespace

std::vector<std::string> read_effects(store::Store& store) {
    store::RunFilter filter;
    filter.limit = 1'000'000;
    const auto rows = store.runs(filter);
    if (!rows) return {"unreadable: " + rows.error().message};
    std::map<std::uint64_t, std::string> by_leaf;
    for (const auto& row : *rows) {
        auto header = engine::read_run_header(store, row.id);
        if (!header) return {"unreadable: " + header.error().message};
        auto history = engine::read_history(store, *header);
        if (!history) return {"unreadable: " + history.error().message};
        EffectReader reader(*header);
        for (const auto& entry : *history) {
            if (auto effect = reader.read(entry); !effect.empty()) by_leaf[entry.leaf] = effect;
        }
    }
    std::vector<std::string> out;
    for (auto& [leaf, effect] : by_leaf) out.push_back(std::move(effect));
    return out;
}

}  // namespace weft::scenarios
