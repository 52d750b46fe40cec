// Statements that hold blocks: side by side, in passes, by choice; gates, reviews, waits, locks.
#include <fmt/format.h>

#include "tests/differential/phrase.h"
#include "tests/differential/writer.h"

namespace weft::differential {

void Writer::each(Lines& out, const Place& place, Inner inner) {
    const auto name = fresh("l");
    const auto item = fresh("i");
    const bool collects = inner == Inner::Collecting;
    Place body_place = inside(place, collects ? Outer::Collecting : Outer::Each);
    body_place.may_return = body_place.may_lock = body_place.in_repeat = false;
    body_place.item = item;
    const auto list = list_expr();
    out.push_back(fmt::format("step {} = each {} in {}, {} at once{} {{", name, item, list,
                              1 + draw(3), collects ? ", collecting errors up to 1" : ""));
    const auto body = block(body_place, Ends::WithInt, {{item, Kind::Int, true}});
    add(out, body.lines);
    out.push_back("}");
    if (inner == Inner::EachUndone) {
        declared_.insert("w.undo");
        out.push_back(fmt::format("  compensate w.undo(count({}))", name));
    }
    if (!collects) {
        if (!body.leaves) define(name, Kind::IntList, false);
        return;
    }
    if (place.is_line || body.leaves) return;
    const auto done = fresh("v");
    out.push_back(fmt::format("let {} = count(values({})) - count(errors({}))", done, name, name));
    define(done, Kind::Int, true);
}

void Writer::parallel(Lines& out, const Place& place, Inner inner) {
    Outer outer = Outer::All;
    std::string head = "parallel {";
    const auto name = fresh("p");
    if (inner == Inner::FirstOk) {
        outer = Outer::FirstOk;
        head = fmt::format("step {} = parallel first ok {{", name);
    } else if (inner == Inner::CountOk) {
        outer = Outer::CountOk;
        head = fmt::format("step {} = parallel 2 ok {{", name);
    } else if (inner == Inner::Settle) {
        outer = Outer::Settle;
        head = "parallel settle {";
    }
    const bool races = outer == Outer::FirstOk || outer == Outer::CountOk;
    Place line = inside(place, outer);
    line.may_return = line.may_lock = line.in_repeat = false;
    line.is_line = true;
    line.can_lose = place.can_lose || races;
    const auto mark = scope_.size();
    const bool is_target = aims_at(outer);
    const auto target = is_target ? target_->second : Inner::Read;
    if (is_target) is_hit_ = true;
    Lines lines;
    bool gives_ints = true;
    const auto count = 2 + draw(2) + (outer == Outer::CountOk ? 1 : 0);
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto one = is_target && (i == 0 || races) ? target : line_of(line, place.is_line);
        gives_ints = gives_ints && gives_an_int(one);
        program_.nested.emplace(outer, one);
        --budget_;
        // Now and then a line names one before it, and waits for it.
        const std::vector<Variable> before(scope_.begin() + static_cast<std::ptrdiff_t>(mark),
                                           scope_.end());
        const bool may_name_others = outer != Outer::Settle && chance(30);
        if (!may_name_others) scope_.resize(mark);
        const auto own = scope_.size();
        statement(lines, line, one);
        if (!is_step(one)) {  // what it defines ends with it
            const auto sum = unread(own);
            scope_.resize(own);
            if (!sum.empty()) {
                const auto reader = fresh("s");
                lines.push_back(fmt::format("step {} = w.look({})", reader, sum));
                declared_.insert({"w.look", "Oops", "Nope"});
                define(reader, Kind::Int, true);
            }
        }
        if (!may_name_others) {
            scope_.insert(scope_.begin() + static_cast<std::ptrdiff_t>(mark), before.begin(),
                          before.end());
        }
    }
    const std::vector<Variable> defined(scope_.begin() + static_cast<std::ptrdiff_t>(mark),
                                        scope_.end());
    scope_.resize(mark);
    out.push_back(head);
    add(out, lines);
    out.push_back("}");
    if (races) {
        if (gives_ints && outer == Outer::FirstOk) define(name, Kind::Int, true);
        if (gives_ints && outer == Outer::CountOk) define(name, Kind::IntList, false);
        return;
    }
    if (place.is_line) return;
    if (outer == Outer::All) {
        scope_.insert(scope_.end(), defined.begin(), defined.end());
        return;
    }
    for (const auto& variable : defined) {
        if (variable.kind != Kind::Int && variable.kind != Kind::OptionalInt) continue;
        const auto value = fresh("v");
        const auto inside_name = fresh("x");
        out.push_back(fmt::format("let {} = match {} {{", value, variable.name));
        out.push_back(fmt::format("  Done({0}) => {0}{1}", inside_name,
                                  variable.kind == Kind::Int ? "" : " ?? 0"));
        out.push_back("  Failed(_) => 0");
        out.push_back("}");
        define(value, Kind::Int, true);
    }
}

// What can run side by side with others. In a parallel that is itself such a line nothing reads the
// names inside, so that reads make no sense there.
Inner Writer::line_of(const Place& line, bool is_nested) {
    static constexpr Inner kLines[] = {Inner::Read,      Inner::Put,     Inner::Within,
                                       Inner::Composite, Inner::IfValue, Inner::CompositeOn,
                                       Inner::Repeat,    Inner::Retry,   Inner::UndoBlock};
    if (is_nested) return chance(50) ? Inner::Put : Inner::UndoBlock;
    const auto one = kLines[draw(std::size(kLines))];
    return fits(line, one) ? one : Inner::Read;
}

// Whether the statement has a name, which others may read.
bool Writer::is_step(Inner inner) {
    switch (inner) {
        case Inner::Emit:
        case Inner::Sleep:
        case Inner::SleepUntil:
        case Inner::If:
        case Inner::IfLet:
        case Inner::Match:
        case Inner::All:
        case Inner::Settle:
        case Inner::Let:
            return false;
        default:
            return true;
    }
}

bool Writer::gives_an_int(Inner inner) {
    switch (inner) {
        case Inner::When:
        case Inner::CompositeWhen:
        case Inner::Nameless:
        case Inner::Each:
        case Inner::Collecting:
        case Inner::EachUndone:
        case Inner::CountOk:
        case Inner::Detached:
        case Inner::Review:
        case Inner::ReviewForm:
        case Inner::ReviewLines:
        case Inner::ReviewMany:
            return false;
        default:
            return is_step(inner);
    }
}

void Writer::repeat(Lines& out, const Place& place) {
    const auto name = fresh("q");
    const auto item = fresh("i");
    Place pass = inside(place, Outer::Repeat);
    pass.may_lock = false;
    pass.in_repeat = true;
    out.push_back(
        Phrase{"step {} = repeat {} = {}, up to {} times {{", name, item, int_name(), 1 + draw(3)});
    const auto body = block(pass, Ends::Pass, {{item, Kind::Int, true}});
    add(out, body.lines);
    out.push_back("} else {");
    Place rest = inside(place, Outer::RepeatElse);
    const auto otherwise = block(rest, Ends::WithInt, {{item, Kind::Int, false}});
    add(out, otherwise.lines);
    out.push_back("}");
    if (!otherwise.leaves) define(name, Kind::Int, true);
}

bool Writer::choice(Lines& out, const Place& place, Inner inner) {
    const bool gives = inner == Inner::IfValue || inner == Inner::MatchValue;
    const auto ends = gives ? Ends::WithInt : Ends::Nothing;
    const auto name = fresh("b");
    const std::string head = gives ? fmt::format("step {} = ", name) : "";
    bool leaves = false;
    if (inner == Inner::Match || inner == Inner::MatchValue) {
        out.push_back(fmt::format("{}match {} {{", head, int_name()));
        out.push_back("  0 => {");
        const auto first = block(inside(place, Outer::MatchArm), ends);
        add(out, first.lines, 4);
        out.push_back("  }");
        if (gives) out.push_back("  1 | 2 => 7");
        const auto other = fresh("m");
        out.push_back(fmt::format("  {} => {{", other));
        const auto last = block(inside(place, Outer::MatchArm), ends, {{other, Kind::Int, true}});
        add(out, last.lines, 4);
        out.push_back("  }");
        out.push_back("}");
        leaves = first.leaves && last.leaves && !gives;
    } else if (inner == Inner::IfLet) {
        const auto some = fresh("o");
        out.push_back(fmt::format("if let {} = first({}) {{", some, list_expr()));
        add(out, block(inside(place, Outer::IfLet), ends, {{some, Kind::Int, true}}).lines);
        out.push_back("}");
    } else {
        out.push_back(fmt::format("{}if {} {{", head, bool_expr()));
        const auto then = block(inside(place, Outer::Then), ends);
        add(out, then.lines);
        const bool has_else = gives || aims_at(Outer::Else) || chance(40);
        if (has_else) {
            out.push_back("} else {");
            const auto otherwise = block(inside(place, Outer::Else), ends);
            add(out, otherwise.lines);
            leaves = then.leaves && otherwise.leaves;
        }
        out.push_back("}");
    }
    if (gives && !leaves) define(name, Kind::Int, true);
    return leaves;
}

void Writer::gate(Lines& out, const Place& place, Inner inner) {
    const auto name = fresh("g");
    const bool may_fail = place.may_fail && !has_ship_;
    std::string shown;
    std::string from;
    declared_.insert({"w.look", "Oops", "Nope"});
    shown = fresh("s");
    std::string tune;
    if (inner == Inner::GateRetry) {
        tune = fresh("tune");
        tunes_.insert(tune);
    }
    out.push_back(
        fmt::format("step {} = w.look({}{})", shown, int_name(), tune.empty() ? "" : " + " + tune));
    define(shown, Kind::Int, false);
    if (inner == Inner::GateRetry && chance(50)) {
        Place between = place;
        call(out, between, Inner::Put);
    }
    out.push_back(fmt::format("gate {} {{", name));
    out.push_back(fmt::format("  require {} >= {}", shown, 1 + draw(7)));
    if (inner == Inner::GateWorker || chance(15)) {
        declared_.insert("w.score");
        out.push_back(fmt::format("  require w.score({}) >= 0.5", shown));
    }
    if (inner == Inner::GateRetry) {
        out.push_back(Phrase{"  otherwise retry from {} with {} = {}, up to {} times", shown, tune,
                             2 + draw(4), 1 + draw(2)});
    }
    if (inner == Inner::GateReview) {
        out.push_back(fmt::format("  otherwise review {} by \"clerk\" within 20m", shown));
        if (chance(40)) {
            out.push_back(fmt::format("  otherwise review {} by \"chief\" within 20m", shown));
            if (chance(40)) out.push_back("    needing 2 approvals");
        }
    }
    const bool returns =
        inner == Inner::GateReturn || (inner != Inner::GateFail && place.may_return && chance(25));
    if (inner == Inner::GateBlock) {
        Place rung = inside(place, Outer::RungBlock);
        rung.may_fail = may_fail;
        out.push_back("  otherwise {");
        add(out, block(rung, Ends::Leaving).lines, 4);
        out.push_back("  }");
    } else if (inner == Inner::GateAccept || (!may_fail && !returns)) {
        out.push_back("  otherwise accept \"so be it\"");
    } else if (returns) {
        out.push_back("  otherwise return " + int_expr());
    } else {
        out.push_back("  otherwise fail \"it is not good\"");
    }
    out.push_back("}");
    if (chance(40)) {
        out.push_back(fmt::format("emit {}(\"${{{}.accepted}} ${{count({}.reasons)}}\")",
                                  fresh("judged"), name, name));
    }
}

void Writer::review(Lines& out, const Place& place, Inner inner) {
    const auto name = fresh("a");
    out.push_back(fmt::format("step {} = review {} by \"clerk\" within 20m", name, int_name()));
    if (inner == Inner::ReviewMany) {
        out.push_back("  needing 2 approvals");
        if (chance(50)) out.push_back("  except this_run.starter");
    }
    if (inner == Inner::ReviewForm) out.push_back("  asking Int");
    if (inner == Inner::ReviewLines) {
        out.push_back("  overdue by \"chief\" within 30m");
        if (chance(60)) out.push_back(chance(50) ? "  overdue approve" : "  overdue reject");
    }
    if (place.is_line) return;
    const auto value = fresh("v");
    out.push_back(fmt::format("let {} = {}.value", value, name));
    define(value, Kind::Int, true);
}

void Writer::wait(Lines& out, const Place& place, Inner inner) {
    if (inner == Inner::Lock) {
        is_locked_ = true;
        out.push_back(fmt::format("lock \"k${{{}}}\", \"all\" within 5m else {{", int_name()));
        add(out, block(inside(place, Outer::LockElse), Ends::Leaving).lines);
        out.push_back("}");
        return;
    }
    const auto name = fresh("u");
    signals_.insert("paid");
    if (inner == Inner::WaitMany) {
        signals_.insert("told");
        out.push_back(fmt::format("step {} = wait within 30m {{", name));
        const auto amount = fresh("x");
        const auto text = fresh("x");
        out.push_back(fmt::format("  on paid ({}) {{", amount));
        out.push_back(fmt::format("    emit {}({})", fresh("got"), amount));
        add(out, block(inside(place, Outer::WaitArm), Ends::WithInt).lines, 4);
        out.push_back("  }");
        out.push_back(fmt::format("  on told ({}) {{", text));
        out.push_back(fmt::format("    emit {}({})", fresh("got"), text));
        add(out, block(inside(place, Outer::WaitArm), Ends::WithInt).lines, 4);
        out.push_back("  }");
        out.push_back("} else {");
        add(out, block(inside(place, Outer::WaitElse), Ends::WithInt).lines);
        out.push_back("}");
    } else if (inner == Inner::WaitElse) {
        out.push_back(fmt::format("step {} = wait paid within 40m else {{", name));
        add(out, block(inside(place, Outer::WaitElse), Ends::WithInt).lines);
        out.push_back("}");
    } else {
        out.push_back(fmt::format("step {} = wait paid within 40m", name));
    }
    define(name, Kind::Int, true);
}

}  // namespace weft::differential
