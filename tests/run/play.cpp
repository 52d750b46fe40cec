#include "tests/run/play.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "bytecode/record.h"
#include "vm/machine.h"

namespace weft::play {
namespace {

using vm::WantKind;

std::string_view trim(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

// At `separator` outside of brackets and texts.
std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> out;
    std::size_t begin = 0;
    int depth = 0;
    bool in_text = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"') in_text = !in_text;
        if (in_text) continue;
        if (c == '(' || c == '[' || c == '{') ++depth;
        if (c == ')' || c == ']' || c == '}') --depth;
        if (c != separator || depth > 0) continue;
        out.push_back(trim(text.substr(begin, i - begin)));
        begin = i + 1;
    }
    out.push_back(trim(text.substr(begin)));
    return out;
}

std::int64_t duration_ms(std::string_view text) {
    std::int64_t number = 0;
    while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
        number = number * 10 + (text[0] - '0');
        text.remove_prefix(1);
    }
    if (text == "ms") return number;
    if (text == "m") return number * 60'000;
    if (text == "h") return number * 3'600'000;
    return number * 1000;
}

Behaviour read_behaviour(std::string_view text) {
    Behaviour out;
    if (const auto at = text.rfind(" in "); at != std::string_view::npos) {
        out.takes_ms = duration_ms(trim(text.substr(at + 4)));
        text = trim(text.substr(0, at));
    }
    if (text.starts_with("late ")) {
        out.done_when_cancelled = true;
        text.remove_prefix(5);
    }
    if (text.starts_with("fail ")) out.error = trim(text.substr(5));
    if (text.starts_with("ok ")) out.json = trim(text.substr(3));
    if (text == "unknown") out.unknown = true;
    return out;
}

// The smallest value of a type.
Value smallest(const TypeTable& types, TypeId id) {
    const auto& type = types[types.base(id)];
    switch (type.kind) {
        case TypeKind::Bool:
            return Value::boolean(true);
        case TypeKind::Int:
            return Value::integer(0);
        case TypeKind::Text:
            return Value::text("");
        case TypeKind::List:
            return Value::list({});
        case TypeKind::Record: {
            std::vector<Value> fields;
            for (const auto& field : type.fields) fields.push_back(smallest(types, field.type));
            return Value::record(std::move(fields));
        }
        default:
            return {};
    }
}

struct Pending {
    std::int64_t due_ms = 0;
    std::uint64_t order = 0;
    vm::Want want;
    Behaviour behaviour;
};

class Player {
  public:
    Player(const Image& image, const Script& script)
        : image_(std::make_shared<const Image>(image)), script_(script) {
        begin_.run = to_array<16>("run 1 of the test");
        begin_.seed = to_array<32>("a seed of thirty-two bytes, yes.");
        begin_.starter = "tester";
        begin_.time_ms = 0;
    }

    std::string play() {
        if (!find_workflow()) return out_;
        machine_ = std::make_unique<vm::Machine>(image_, begin_);
        machine_->check_itself(true);
        take(machine_->start());
        events_ = script_.events;
        while (!vm::is_ended(machine_->status()) && advance()) {
        }
        line("{}", ending());
        replay();
        return out_;
    }

  private:
    template <typename... Args>
    void line(fmt::format_string<Args...> format, Args&&... args) {
        const auto seconds = static_cast<double>(now_ms_) / 1000;
        out_ += fmt::format("{}s ", seconds);
        out_ += fmt::format(format, std::forward<Args>(args)...);
        out_ += '\n';
    }

    bool find_workflow() {
        for (std::uint32_t i = 0; i < image_->workflows.size(); ++i) {
            const auto& row = image_->workflows[i];
            if (row.name != script_.workflow) continue;
            begin_.workflow = i;
            Type input;
            input.kind = TypeKind::Record;
            for (const auto& parameter : row.parameters) {
                std::optional<Value> default_value;
                if (parameter.has_default) default_value = parameter.default_value;
                input.fields.push_back(
                    {parameter.name, parameter.name, parameter.type, default_value});
            }
            auto types = image_->types;
            const auto json = script_.input.empty() ? std::string("{}") : script_.input;
            auto value = from_json(types, types.add(std::move(input)), json);
            if (!value) {
                out_ += "bad input" + value.error().path + ": " + value.error().message + "\n";
                return false;
            }
            begin_.input = *value;
            std::vector<Value> tunes;
            for (const auto& tune : row.tunes) tunes.push_back(tune.default_value);
            begin_.tunes = Value::record(std::move(tunes));
            return true;
        }
        out_ += "there is no workflow " + script_.workflow + "\n";
        return false;
    }

    // One thing that happens, the earliest: starts, stops, events from outside, outcomes, timers.
    bool advance() {
        std::optional<vm::Want> timer;
        for (const auto& want : machine_->wants()) {
            if (want.kind == WantKind::Attempt) return start(want);
            if (want.kind == WantKind::Cancel) return cancel(want);
            if (want.kind == WantKind::Timer && (!timer || want.due_ms < timer->due_ms)) {
                timer = want;
            }
        }
        const auto pending = std::ranges::min_element(
            pending_, {}, [](const Pending& p) { return std::pair(p.due_ms, p.order); });
        const bool has_pending = pending != pending_.end();
        const bool has_event = !events_.empty();
        const auto due = [](bool there, std::int64_t ms) { return there ? ms : INT64_MAX; };
        const auto outcome_ms = due(has_pending, has_pending ? pending->due_ms : 0);
        const auto event_ms = due(has_event, has_event ? events_.front().at_ms : 0);
        const auto timer_ms = due(timer.has_value(), timer ? timer->due_ms : 0);
        if (!has_pending && !has_event && !timer) return false;
        now_ms_ = std::max(now_ms_, std::min({outcome_ms, event_ms, timer_ms}));
        if (has_event && event_ms <= std::min(outcome_ms, timer_ms)) return happen();
        if (has_pending && outcome_ms <= timer_ms) {
            const Pending one = *pending;
            pending_.erase(pending);
            return end(one, one.behaviour);
        }
        return feed(vm::TimerFiredFact{timer->timer});
    }

    bool start(const vm::Want& want) {
        feed(vm::StartFact{want.call, want.attempt});
        const auto behaviour = next_behaviour(want);
        pending_.push_back({now_ms_ + behaviour.takes_ms, order_++, want, behaviour});
        return true;
    }

    bool cancel(const vm::Want& want) {
        const auto found =
            std::ranges::find(pending_, want.call, [](const Pending& p) { return p.want.call; });
        Pending one = *found;
        pending_.erase(found);
        if (one.behaviour.done_when_cancelled) {
            one.behaviour.error.clear();
            return end(one, one.behaviour);
        }
        line("cancel {}", call_text(one.want));
        vm::OutcomeFact fact;
        fact.call = want.call;
        fact.attempt = want.attempt;
        fact.status = vm::OutcomeStatus::Cancelled;
        return feed(fact);
    }

    bool happen() {
        const auto event = events_.front();
        events_.erase(events_.begin());
        line("{}", event.what);
        if (event.what == "cancel") return feed(vm::CancelFact{"tester", "because"});
        if (event.what == "kill") return feed(vm::KillFact{"tester", "because"});
        return feed(vm::ReleasedFact{"tester"});
    }

    bool end(const Pending& one, const Behaviour& behaviour) {
        vm::OutcomeFact fact;
        fact.call = one.want.call;
        fact.attempt = one.want.attempt;
        const std::string what = call_text(one.want);
        if (behaviour.unknown) {
            fact.status = vm::OutcomeStatus::Unknown;
            fact.error = "Timeout";
            line("doubt {}", what);
        } else if (!behaviour.error.empty()) {
            fact.status = vm::OutcomeStatus::Failed;
            fact.error = behaviour.error;
            fact.message = "it said " + behaviour.error;
            line("{} {}: {}", one.want.direction == 1 ? "undo fails" : "fail", what,
                 behaviour.error);
        } else {
            const auto type = image_->steps[one.want.step].result_type;
            fact.value = smallest(image_->types, type);
            if (!behaviour.json.empty()) {
                auto value = from_json(image_->types, type, behaviour.json);
                if (value) {
                    fact.value = *value;
                } else {
                    line("bad value {}: {}", behaviour.json, value.error().message);
                }
            }
            line("{} {}", one.want.direction == 1 ? "undo" : "do", what);
        }
        return feed(fact);
    }

    Behaviour next_behaviour(const vm::Want& want) {
        const auto with_arguments = script_.workers.find(call_text(want));
        const auto plain = script_.workers.find(worker_name(want));
        const bool exact = with_arguments != script_.workers.end();
        if (!exact && plain == script_.workers.end()) return {};
        const auto& list = exact ? with_arguments->second : plain->second;
        auto& used = used_[exact ? with_arguments->first : plain->first];
        const auto at = std::min(used, list.size() - 1);
        ++used;
        return list[at];
    }

    std::string worker_name(const vm::Want& want) const {
        const auto& name = image_->workers[want.worker].name;
        const auto dot = name.rfind('.');
        return dot == std::string::npos ? name : name.substr(dot + 1);
    }

    // "charge(12)"; a want for an attempt has the arguments.
    std::string call_text(const vm::Want& want) const {
        const auto& step = image_->steps[want.step];
        std::string out = worker_name(want) + "(";
        for (std::size_t i = 0; i < want.arguments.size(); ++i) {
            if (i > 0) out += ", ";
            out += i < step.argument_types.size()
                       ? to_json(image_->types, step.argument_types[i], want.arguments[i])
                       : "?";
        }
        return out + ")";
    }

    bool feed(const vm::Fact& fact) {
        facts_.emplace_back(fact, now_ms_);
        take(machine_->apply(fact, now_ms_));
        return true;
    }

    void take(vm::Progress progress) {
        for (auto& command : progress.commands) {
            const auto kind = static_cast<RecordKind>(command.kind);
            if (kind == RecordKind::Hold) line("held: {}", payload_text(command));
            if (kind == RecordKind::Event) line("event {}", payload_text(command));
            if (kind == RecordKind::TimerSet) note_timer(command);
            commands_.push_back(std::move(command));
        }
    }

    // Waits of blocks and backoffs are seen; jitter is not shown, since it is only drawn.
    void note_timer(const vm::Command& command) {
        const auto body = decode_body<TimerSetBody>(command.body);
        if (body && body->purpose == TimerPurpose::Backoff) line("waits for the next pass or try");
    }

    static std::string payload_text(const vm::Command& command) {
        Value value;
        if (!decode_canonical(command.payload, value)) return "?";
        if (value.tag() == Tag::Record && value.items().size() == 5) {
            return value.items()[0].as_text();
        }
        if (value.tag() == Tag::Text) return value.as_text();
        if (value.tag() == Tag::Int) return std::to_string(value.as_int());
        return "of another kind";
    }

    std::string ending() const {
        static constexpr std::string_view kNames[] = {"running",     "waiting",   "held",
                                                      "stuck",       "completed", "failed",
                                                      "compensated", "cancelled", "killed"};
        std::string out(kNames[static_cast<std::size_t>(machine_->status())]);
        const auto& result = machine_->result();
        if (machine_->status() == vm::RunStatus::Completed) {
            const auto& types = image_->types;
            const auto type = image_->workflows[begin_.workflow].result_type;
            if (auto misfit = check_value(types, type, result)) {
                return out + " with a result that does not fit: " + misfit->path + misfit->message;
            }
            return out + " " + to_json(types, type, result);
        }
        if (result.tag() != Tag::Record || result.items().size() != 5) return out;
        return out + " " + result.items()[0].as_text() + ": " + result.items()[1].as_text();
    }

    void replay() {
        vm::Machine again(image_, begin_);
        std::vector<vm::Command> made;
        const auto keep = [&made](vm::Progress progress) {
            for (auto& command : progress.commands) made.push_back(std::move(command));
        };
        keep(again.start());
        for (const auto& [fact, time_ms] : facts_) keep(again.apply(fact, time_ms));
        const auto same = [](const vm::Command& a, const vm::Command& b) {
            return a.kind == b.kind && a.site == b.site && a.branch == b.branch &&
                   a.fuel == b.fuel && a.body == b.body && a.payload == b.payload &&
                   a.check == b.check;
        };
        if (!std::ranges::equal(made, commands_, same) || again.check() != machine_->check() ||
            again.wants() != machine_->wants()) {
            out_ += "the replay differs\n";
        }
    }

    std::shared_ptr<const Image> image_;
    const Script& script_;
    vm::Begin begin_;
    std::unique_ptr<vm::Machine> machine_;
    std::int64_t now_ms_ = 0;
    std::uint64_t order_ = 0;
    std::vector<Pending> pending_;
    std::vector<Event> events_;
    std::map<std::string, std::size_t, std::less<>> used_;
    std::vector<std::pair<vm::Fact, std::int64_t>> facts_;
    std::vector<vm::Command> commands_;
    std::string out_;
};

}  // namespace

Script read_script(std::string_view text) {
    Script out;
    const auto parts = split(text, ';');
    const auto space = parts[0].find(' ');
    out.workflow = parts[0].substr(0, space);
    if (space != std::string_view::npos) out.input = trim(parts[0].substr(space));
    for (std::size_t i = 1; i < parts.size(); ++i) {
        if (const auto at = parts[i].find(" at "); at != std::string_view::npos) {
            out.events.push_back(
                {duration_ms(parts[i].substr(at + 4)), std::string(parts[i].substr(0, at))});
            continue;
        }
        const auto pieces = split(parts[i], ':');
        auto& list = out.workers[std::string(pieces[0])];
        const auto rest = trim(parts[i].substr(pieces[0].size() + 1));
        for (const auto one : split(rest, ',')) list.push_back(read_behaviour(one));
    }
    return out;
}

std::string play(const Image& image, const Script& script) {
    return Player(image, script).play();
}

}  // namespace weft::play
