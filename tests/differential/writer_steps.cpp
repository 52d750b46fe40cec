// Steps with their clauses, and composite steps.
#include <fmt/format.h>

#include "tests/differential/writer.h"

namespace weft::differential {

// `on …` with a block that gives a value.
Writer::Lines Writer::handler(const Place& place, bool gives_value, bool shows_fields) {
    static constexpr std::string_view kErrors[] = {"Oops", "Nope", "Oops, Timeout", "Error"};
    auto errors = std::string(kErrors[draw(shows_fields ? 2 : 4)]);
    if (errors.find("Oops") != std::string::npos) declared_.insert("Oops");
    if (errors.find("Nope") != std::string::npos) declared_.insert("Nope");
    Place inner = inside(place, Outer::Handler);
    const auto e = fresh("e");
    Lines out;
    out.push_back(fmt::format("  on {} ({}) {{", errors, e));
    out.push_back(
        fmt::format("    emit {}(\"${{{}.name}} ${{{}.message}}\")", fresh("took"), e, e));
    if (errors == "Nope" && (shows_fields || chance(50))) {
        out.push_back(fmt::format("    emit {}({}.code + 1)", fresh("told"), e));
    } else if (errors == "Oops" && (shows_fields || chance(50))) {
        out.push_back(fmt::format("    emit {}(\"so ${{{}.why}}\")", fresh("told"), e));
    } else if (errors.find(',') != std::string::npos && chance(50)) {
        out.push_back(fmt::format("    if let own = Oops.from({}) {{", e));
        out.push_back(fmt::format("      emit {}(own.why)", fresh("told")));
        out.push_back("    }");
    }
    inner.error = e;
    const auto body = block(inner, gives_value ? Ends::WithInt : Ends::Nothing);
    add(out, body.lines, 4);
    out.push_back("  }");
    return out;
}

Writer::Lines Writer::undo(const Place& place, const std::string& value, bool is_optional,
                           bool as_block) {
    declared_.insert("w.undo");
    const auto argument = is_optional ? fmt::format("{} ?? 0", value) : value;
    if (!as_block) return {fmt::format("  compensate w.undo({})", argument)};
    Place inner = inside(place, Outer::Compensation);
    inner.in_undo = true;
    inner.may_return = inner.may_ship = inner.may_lock = inner.in_repeat = false;
    inner.may_fail = false;
    if (aims_at(Outer::Compensation)) {
        inner.may_fail = target_->second != Inner::Ship;
        inner.may_ship = target_->second == Inner::Ship;
    }
    Lines out{"  compensate {"};
    const auto body = block(inner, Ends::Nothing);
    if (!body.leaves || chance(50)) {
        out.push_back(fmt::format("    step {} = w.undo({})", fresh("undo"), argument));
    }
    add(out, body.lines, 4);
    out.push_back("  }");
    return out;
}

void Writer::call(Lines& out, const Place& place, Inner inner) {
    const auto name = fresh("s");
    std::string worker = "w.look";
    bool lasts = false;
    switch (inner) {
        case Inner::Put:
        case Inner::UndoBlock:
        case Inner::UndoNone:
            worker = chance(70) ? "w.put" : "w.brief";
            lasts = true;
            break;
        case Inner::UndoInDoubt:
            worker = chance(50) ? "w.once" : "w.brief";
            lasts = true;
            break;
        case Inner::Once:
            worker = "w.once";
            lasts = true;
            break;
        case Inner::Ship:
            worker = chance(60) ? "w.ship" : "w.sell";
            has_ship_ = true;
            break;
        case Inner::Priced:
            worker = "w.price";
            has_budget_ = true;
            break;
        default:
            if (inner != Inner::Read && inner != Inner::Cache && !place.in_hook && chance(30)) {
                worker = "w.put";
                lasts = true;
            }
            break;
    }
    declared_.insert({worker, "Oops", "Nope"});
    if (worker == "w.once" || worker == "w.sell") declared_.insert("w.asked");
    const bool is_read = worker == "w.look" || worker == "w.price";
    const auto with = [&](Inner clause, int percent) { return inner == clause || chance(percent); };
    out.push_back(fmt::format("step {} = {}({})", name, worker, int_expr()));
    const bool has_when = inner == Inner::When || (!place.is_line && chance(6));
    if (has_when) out.push_back("  when " + bool_expr());
    if (with(Inner::Key, 4)) {
        const auto item = place.item.empty() ? int_name() : place.item;
        use(item);
        out.push_back(fmt::format("  key \"k${{{}}}\"", item));
    }
    if (with(Inner::Timeout, 6)) out.push_back("  timeout 15s");
    if (with(Inner::Within, 8) && inner != Inner::Until) {
        out.push_back(chance(40) ? "  within 1m" : "  within 10m");
    } else if (!is_child_ && with(Inner::Until, 5)) {
        use("due");
        out.push_back("  until due + 30m");
    }
    if (with(Inner::Retry, 15) || inner == Inner::Hold) {
        std::string clause = fmt::format("  retry {} times", 1 + draw(3));
        if (chance(40)) clause += " on Oops, Transient";
        if (chance(50)) clause += ", backoff 1s to 20s";
        if (inner == Inner::Hold || chance(10)) clause += ", then hold";
        out.push_back(clause);
    }
    if (is_read && with(Inner::Cache, 3)) {
        out.push_back(fmt::format("  cache 1h by \"c${{{}}}\"", int_name()));
    }
    if (inner == Inner::OnFields || with(Inner::On, 8)) {
        add(out, handler(place, true, inner == Inner::OnFields), 0);
    }
    if (lasts && !place.in_undo) {
        if (inner == Inner::UndoNone || place.in_hook) {
            out.push_back("  compensate none \"it may stand\"");
        } else if (inner == Inner::UndoInDoubt) {
            declared_.insert("w.undo");
            out.push_back(fmt::format("  compensate even in doubt w.undo({} ?? 0)", name));
        } else {
            add(out, undo(place, name, false, inner == Inner::UndoBlock || chance(10)), 0);
        }
    }
    if (place.outer == Outer::Workflow && place.depth == 0 && !has_when) own_steps_.push_back(name);
    define(name, has_when ? Kind::OptionalInt : Kind::Int, true);
}

bool Writer::composite(Lines& out, const Place& place, Inner inner) {
    const auto name = fresh("c");
    const auto with = [&](Inner clause, int percent) { return inner == clause || chance(percent); };
    const bool has_when = inner == Inner::CompositeWhen || (!place.is_line && chance(4));
    const bool has_until = !is_child_ && !place.in_undo && with(Inner::CompositeUntil, 4);
    const bool has_within = !has_until && !place.in_undo && with(Inner::CompositeWithin, 10);
    const bool is_nameless = inner == Inner::Nameless;
    const bool holds = with(Inner::CompositeHold, 3);
    bool is_retried = holds || with(Inner::CompositeRetry, 10);
    const bool handles = with(Inner::CompositeOn, 10);
    const bool is_undone = !place.in_undo && with(Inner::CompositeUndone, 8);
    if (place.may_ship && inner != Inner::CompositeRetry && inner != Inner::CompositeHold) {
        is_retried = false;
    }
    Outer outer = Outer::Composite;
    if (inner == Inner::CompositeRetry) outer = Outer::Retried;
    if (inner == Inner::CompositeWithin || inner == Inner::CompositeUntil) outer = Outer::Timed;
    if (inner == Inner::CompositeOn) outer = Outer::Guarded;
    if (inner == Inner::CompositeUndone) outer = Outer::Undone;
    if (inner == Inner::CompositeHold) outer = Outer::Held;
    Place body_place = inside(place, outer);
    body_place.may_ship = place.may_ship && !is_undone && !is_retried;
    body_place.is_retried = place.is_retried || is_retried;
    body_place.may_lock = place.may_lock && !is_retried;
    out.push_back(is_nameless ? "step {" : fmt::format("step {} {{", name));
    const auto body = block(body_place, is_nameless ? Ends::Nothing : Ends::WithInt);
    add(out, body.lines);
    out.push_back("}");
    if (has_when) out.push_back("  when " + bool_expr());
    if (has_within) out.push_back(chance(50) ? "  within 40m" : "  within 3h");
    if (has_until) {
        use("due");
        out.push_back(chance(50) ? "  until due + 30m" : "  until due + 4h");
    }
    if (is_retried) {
        const bool names_errors = chance(70);
        if (names_errors) declared_.insert({"Oops", "Nope"});
        out.push_back(fmt::format("  retry {} times{}, backoff 1s to 30s{}", 1 + draw(2),
                                  names_errors ? " on Oops, Nope, Transient" : "",
                                  holds ? ", then hold" : ""));
    }
    if (handles) add(out, handler(place, !body.leaves && !is_nameless, chance(20)), 0);
    if (is_undone) {
        if (body.leaves || is_nameless) {
            declared_.insert("w.undo");
            out.push_back(fmt::format("  compensate w.undo({})", int_name()));
        } else {
            add(out, undo(place, name, false, chance(25)), 0);
        }
    }
    const bool leaves = body.leaves && !handles && !has_when;
    if (!body.leaves && !is_nameless) define(name, has_when ? Kind::OptionalInt : Kind::Int, true);
    return leaves;
}

void Writer::sub_run(Lines& out, const Place& place, Inner inner) {
    needs_child_ = true;
    child_is_retried_ = child_is_retried_ || place.is_retried || inner == Inner::RunRetry;
    const auto name = fresh("r");
    if (inner == Inner::Detached) {
        out.push_back(fmt::format("step {} = run detached child({})", name, int_expr()));
        define(name, Kind::Text, true);
        return;
    }
    out.push_back(fmt::format("step {} = run child({})", name, int_expr()));
    if (inner == Inner::RunUntil) {
        use("due");
        out.push_back("  until due + 20m");
    } else if (inner == Inner::RunWithin || chance(10)) {
        out.push_back("  within 20m");
    }
    if (inner == Inner::RunRetry) {
        declared_.insert("Oops");
        out.push_back("  retry 1 times on Oops, Failed, backoff 1s to 5s");
    }
    if (chance(15)) add(out, handler(place, true, false), 0);
    if (inner == Inner::RunUndone) add(out, undo(place, name, false, false), 0);
    define(name, Kind::Int, true);
}

}  // namespace weft::differential
