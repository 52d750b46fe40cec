// What workers, people and the keeper of keys answer.
#include <fmt/format.h>

#include <algorithm>

#include "tests/differential/world.h"

namespace weft::differential {

using reference::Answer;
using reference::Ask;
using reference::Fact;
using reference::KeyNote;

namespace {

std::string key_name(std::string_view worker, std::string_view path, const Value& key) {
    return fmt::format("{} {} {}", worker, path, canonical(key));
}

}  // namespace

bool World::attempt(Running& run, const Ask& ask) {
    Fact start;
    start.kind = RecordKind::Start;
    start.number = ask.number;
    start.attempt = ask.attempt;
    if (!run.pair->accepts(start)) return false;
    if (ask.attempt == 1 && ask.direction != Direction::Probe) {
        bool waits = false;
        if (hit(run, ask, waits)) return true;
        if (waits) return false;
        if (ask.author_key) {
            uses_.try_emplace(key_name(ask.worker, ask.path, *ask.author_key),
                              Use{run.beginning.run, ask.number,
                                  canonical(Value::list(ask.arguments)), std::nullopt});
        }
    }
    run.told_to_stop.erase(ask.number);
    answer(run, ask);
    feed(run, start);
    return true;
}

// The author's key, or the cache, has the answer already.
bool World::hit(Running& run, const Ask& ask, bool& waits) {
    Fact fact;
    fact.kind = RecordKind::Hit;
    fact.number = ask.number;
    const auto arguments = canonical(Value::list(ask.arguments));
    if (ask.author_key) {
        const auto found = uses_.find(key_name(ask.worker, ask.path, *ask.author_key));
        if (found != uses_.end()) {
            const Use& use = found->second;
            if (use.run == run.beginning.run && use.call == ask.number) return false;
            waits = use.arguments == arguments && !use.value;
            if (waits) return false;
            fact.origin_run = use.run;
            fact.origin_seq = use.call;
            if (use.arguments != arguments) {
                fact.refused = "its key was used with other arguments before";
            } else {
                fact.value = *use.value;
            }
            if (run.pair->accepts(fact)) feed(run, fact);
            return true;
        }
    }
    if (!ask.cache_key) return false;
    const auto found = cache_.find(key_name(ask.worker, ask.path, *ask.cache_key));
    if (found == cache_.end() || found->second.expires_ms <= now_ms_) return false;
    fact.source = HitSource::Cache;
    fact.origin_run = found->second.run;
    fact.origin_seq = found->second.call;
    fact.value = found->second.value;
    if (run.pair->accepts(fact)) feed(run, fact);
    return true;
}

void World::note_keys(const Running& run, const reference::Out& out, const Value& given) {
    for (const auto& note : out.keys) {
        const auto& holder = note.run == Bytes16{} ? run.beginning.run : note.run;
        for (auto use = uses_.begin(); use != uses_.end();) {
            const bool is_it = use->second.run == holder && use->second.call == note.call;
            if (is_it && note.what == KeyNote::What::Done) use->second.value = given;
            const bool is_spent = is_it && note.what != KeyNote::What::Done;
            use = is_spent ? uses_.erase(use) : std::next(use);
        }
        if (note.what != KeyNote::What::Done || !note.cache_key) continue;
        cache_[key_name(note.worker, note.path, *note.cache_key)] =
            Cached{holder, note.call, given, now_ms_ + note.cache_ms};
    }
}

// What becomes of an attempt, and when. Who fails too often is let through at last.
void World::answer(const Running& run, const Ask& ask) {
    static constexpr std::int64_t kTakes[] = {0, 0, 1, 10, 500, 1000, 1000, 5000, 20'000};
    static const std::vector<std::string> kBuiltIn = {"Transient", "Timeout", "Unavailable",
                                                      "Guard", "Rejected"};
    const auto& worker = worker_of(ask.worker);
    const bool is_probe = ask.direction == Direction::Probe;
    Fact fact;
    fact.kind = RecordKind::Outcome;
    fact.number = ask.number;
    fact.attempt = ask.attempt;
    fact.cost_micros = worker.row.reserve_micros;
    fact.currency = worker.row.reserve_currency;
    auto takes_ms = kTakes[draw_for(ask, "takes", std::size(kTakes))];
    const bool goes_wrong = ask.attempt < 7 && draw_for(ask, "trouble", 100) < trouble_;
    const auto how = draw_for(ask, "how", 20);
    if (!goes_wrong) {
        const bool none = is_probe && draw_for(ask, "none", 2) == 0;
        if (!none) fact.value = value_of(ask.result_type, ask.path);
    } else if (how < 12) {
        fact.answer = Answer::Failed;
        auto names = kBuiltIn;
        const auto& fails = worker.row.fails;
        for (int i = 0; i < 3; ++i) names.insert(names.end(), fails.begin(), fails.end());
        fact.error = names[draw_for(ask, "error", names.size())];
        fact.message = "it said " + fact.error;
        const auto row = std::ranges::find(module_.errors, fact.error, &ErrorRow::name);
        if (row != module_.errors.end()) fact.detail = value_of(row->fields, ask.path);
        if (draw_for(ask, "asks", 6) == 0) {
            fact.asked_delay_ms = static_cast<std::int64_t>(draw_for(ask, "delay", 90'000));
        }
    } else if (how < 16) {
        fact.answer = Answer::Unknown;
        // An answer that does not fit says nothing of what was done, either.
        const bool answered = !is_read(ask.worker) && draw_for(ask, "guard", 3) == 0;
        fact.error = answered ? "Guard" : "Timeout";
        fact.message = answered ? "the answer does not fit" : "it did not say";
    } else {
        takes_ms = ask.timeout_ms + static_cast<std::int64_t>(draw_for(ask, "late", 40'000));
        fact.value = value_of(ask.result_type, ask.path);
        if (is_probe) fact.value = Value();
    }
    const bool is_late = ask.timeout_ms > 0 && takes_ms > ask.timeout_ms;
    if (is_late) {
        Fact late = fact;
        late.answer = is_read(ask.worker) ? Answer::Failed : Answer::Unknown;
        late.value = Value();
        late.error = "Timeout";
        late.message = fmt::format("no answer within {} ms", ask.timeout_ms);
        plan(run, ask.timeout_ms, late);
        if (how == 19) return;  // it never answers
    }
    plan(run, takes_ms, fact);
}

// A read is let go of; of others some say that they did nothing.
bool World::cancel(Running& run, const Ask& ask) {
    if (!run.told_to_stop.insert(ask.number).second) return false;
    if (!is_read(ask.worker) && draw_for(ask, "cancel", 3) > 0) return false;
    std::erase_if(agenda_, [&](const auto& entry) {
        return entry.second.run == run.number && entry.second.fact.kind == RecordKind::Outcome &&
               entry.second.fact.number == ask.number;
    });
    Fact fact;
    fact.kind = RecordKind::Outcome;
    fact.number = ask.number;
    fact.attempt = ask.attempt;
    fact.answer = Answer::Cancelled;
    fact.error = "Cancelled";
    fact.message = "it was told to stop";
    feed(run, fact);
    return true;
}

bool World::decide(Running& run, const Ask& ask) {
    static const std::vector<std::string> kPeople = {"ann", "ben", "cleo", "dan"};
    auto& made = run.decisions[ask.number];
    if (made > 6 || !run.open_decisions.insert(ask.number).second) return false;
    ++made;
    const auto how = draw("decision", 12);
    Fact fact;
    fact.kind = RecordKind::Decision;
    fact.number = ask.number;
    fact.by = kPeople[draw("person", kPeople.size())];
    fact.reason = "as it is";
    fact.role = ask.roles[draw("role", ask.roles.size())];
    if (draw("role", 12) == 0) fact.role = "nobody";
    if (how < 2) return true;  // silence
    if (how < 4) fact.decision = DecisionCode::Reject;
    if (how == 4 || how == 5) {
        fact.decision = DecisionCode::Revise;
        for (const auto type : ask.types) fact.values.push_back(value_of(type, "revised"));
    } else if (ask.form.has_value()) {
        fact.values.push_back(value_of(ask.form, "form"));
    }
    static constexpr std::int64_t kAfter[] = {0, 1000, 60'000, 1'800'000, 7'200'000};
    plan(run, kAfter[draw("after", std::size(kAfter))], fact);
    return true;
}

bool World::sub_ended(Running& run, const Ask& ask) {
    const auto child = std::ranges::find_if(
        runs_, [&](const auto& other) { return other->beginning.run == ask.run; });
    if (child == runs_.end() || !(*child)->pair->ended()) return false;
    Fact fact;
    fact.kind = RecordKind::SubEnded;
    fact.number = ask.number;
    fact.child = (*child)->pair.get();
    fact.cost_micros = (*child)->pair->spent_micros();
    fact.currency = module_.workflows[(*child)->beginning.workflow].budget_currency;
    if (!run.pair->accepts(fact)) return false;
    feed(run, fact);
    return true;
}

bool World::cancel_sub(Running& run, const Ask& ask) {
    if (sub_ended(run, ask)) return true;
    const auto child = std::ranges::find_if(
        runs_, [&](const auto& other) { return other->beginning.run == ask.run; });
    if (child == runs_.end() || (*child)->pair->ended()) return false;
    Fact fact;
    fact.kind = RecordKind::Cancel;
    fact.by = "the run that started it";
    fact.reason = "that run has stopped";
    if (!(*child)->pair->accepts(fact)) return false;
    feed(**child, fact);
    return true;
}

// Any value of the type; of a refined one the first of some that fits.
Value World::value_of(TypeId id, std::string_view about, int depth) {
    static const std::vector<std::string> kTexts = {"", "a", "b", "low", "a longer text", "late"};
    const auto& type = module_.types[id];
    const auto pick = [&](std::uint64_t below) { return draw(about, below); };
    switch (type.kind) {
        case TypeKind::Bool:
            return Value::boolean(pick(2) == 0);
        case TypeKind::Int:
            return Value::integer(static_cast<std::int64_t>(pick(12)) - 2);
        case TypeKind::Decimal: {
            // One after the other: compilers differ in which argument comes first.
            const auto tenths = pick(10);
            return Value::decimal(*Decimal::parse(fmt::format("{}.{}", pick(2), tenths)));
        }
        case TypeKind::Money:
            return Value::money(*Decimal::parse(fmt::format("{}.50", pick(900))),
                                type.currency.empty() ? "EUR" : type.currency);
        case TypeKind::Text:
            return Value::text(kTexts[pick(kTexts.size())]);
        case TypeKind::Duration:
            return Value::duration(static_cast<std::int64_t>(pick(7'200)) * 1000);
        case TypeKind::Date:
            return Value::date(20'500 + static_cast<std::int32_t>(pick(100)));
        case TypeKind::Time:
            return Value::time(now_ms_ + (static_cast<std::int64_t>(pick(7200)) - 600) * 1000);
        case TypeKind::Optional:
            return pick(3) == 0 ? Value() : value_of(type.element, about, depth + 1);
        case TypeKind::List: {
            std::vector<Value> items;
            for (auto i = pick(4); i > 0; --i) {
                items.push_back(value_of(type.element, about, depth + 1));
            }
            return Value::list(std::move(items));
        }
        case TypeKind::Record: {
            std::vector<Value> fields;
            for (const auto& field : type.fields) {
                fields.push_back(value_of(field.type, about, depth + 1));
            }
            return Value::record(std::move(fields));
        }
        case TypeKind::Enum: {
            const auto number = static_cast<std::uint32_t>(pick(type.cases.size()));
            std::vector<Value> fields;
            for (const auto& field : type.cases[number].fields) {
                fields.push_back(value_of(field.type, about, depth + 1));
            }
            return Value::enum_case(number, std::move(fields));
        }
        case TypeKind::Refined:
            for (;;) {
                Value value = value_of(type.element, about, depth + 1);
                if (!check_value(module_.types, id, value)) return value;
            }
        case TypeKind::Labelled:
            return value_of(type.element, about, depth + 1);
        default:
            return {};
    }
}

}  // namespace weft::differential
