#include "tests/differential/writer.h"
#include "tests/differential/phrase.h"

#include <fmt/format.h>

#include <algorithm>

namespace weft::differential {

Writer::Writer(std::uint64_t seed, std::optional<NestedPair> target)
    : state_(seed * 2 + 1), target_(target) {
    budget_ = target ? 6 : 6 + static_cast<int>(draw(14));
}

std::uint64_t Writer::draw(std::uint64_t below) {
    state_ += 0x9E37'79B9'7F4A'7C15U;
    std::uint64_t x = state_;
    x = (x ^ (x >> 30U)) * 0xBF58'476D'1CE4'E5B9U;
    x = (x ^ (x >> 27U)) * 0x94D0'49BB'1331'11EBU;
    return (x ^ (x >> 31U)) % below;
}

std::string Writer::fresh(std::string_view stem) {
    return fmt::format("{}{}", stem, ++names_);
}

void Writer::add(Lines& out, const Lines& lines, int indent) {
    for (const auto& line : lines) {
        out.push_back(std::string(static_cast<std::size_t>(indent), ' ') + line);
    }
}

bool Writer::aims_at(Outer outer) const {
    return target_ && !is_hit_ && target_->first == outer;
}

Place Writer::inside(const Place& place, Outer outer) const {
    Place out = place;
    out.outer = outer;
    out.depth = place.depth + 1;
    out.is_line = false;
    return out;
}

Program Writer::write() {
    std::string main = workflow("main", false);
    std::string child;
    if (needs_child_) {
        target_.reset();
        is_child_ = true;
        child = workflow("child", true);
    }
    program_.text = declarations() + child + main;
    return std::move(program_);
}

std::string Writer::declarations() const {
    std::string out;
    for (const auto& name : declared_) out += library().at(name) + "\n";
    return out;
}

std::string Writer::workflow(const std::string& name, bool is_child) {
    scope_.clear();
    parameters_.clear();
    signals_.clear();
    tunes_.clear();
    own_steps_.clear();
    is_locked_ = has_ship_ = has_budget_ = false;
    if (is_child) budget_ = 2 + static_cast<int>(draw(5));
    scope_ = {{"n", Kind::Int, false}, {"t", Kind::Text, false}, {"xs", Kind::IntList, false}};
    const std::string top = hooks_at_top(name);
    Place place;
    place.may_lock = true;
    place.may_ship = !is_child && chance(20);
    place.is_retried = is_child && child_is_retried_;
    if (target_ && target_->second == Inner::Ship) place.may_ship = true;
    if (place.may_ship) place.may_fail = false;
    const auto body = block(place, Ends::Nothing);
    Lines lines;
    add(lines, body.lines);
    if (!body.leaves) {
        const auto last = fresh("last");
        declared_.insert({"w.look", "Oops", "Nope"});
        lines.push_back(fmt::format("  step {} = w.look({})", last, int_name()));
        use("n");
        add(lines, hooks_at_end());
        lines.push_back(fmt::format("  return {} + n", last));
    } else {
        add(lines, hooks_at_end());
    }
    std::string out = header(name, is_child) + top;
    for (const auto& line : lines) out += line + "\n";
    return out + "}\n\n";
}

std::string Writer::header(const std::string& name, bool is_child) {
    static const std::map<std::string, std::string> kParameters = {
        {"n", "n: Int"},      {"t", "t: Text"},       {"xs", "xs: List<Int> where length in 0..4"},
        {"due", "due: Time"}, {"flag", "flag: Bool"},
    };
    std::string list;
    for (const auto& parameter : parameters_) {
        list += (list.empty() ? "" : ", ") + kParameters.at(parameter);
    }
    if (is_child) list = "n: Int";
    std::string out = fmt::format("workflow {}({}) -> Int\n", name, list);
    static constexpr std::string_view kTimes[] = {"3650d", "3650d", "3650d", "2d", "4h"};
    out += fmt::format("  within {}\n", kTimes[draw(std::size(kTimes))]);
    if (has_budget_)
        out += fmt::format("  costing at most {} EUR\n", chance(50) ? "0.35" : "90.00");
    if (chance(10)) out += "  compensate in strict order\n";
    out += "{\n";
    for (const auto& signal : signals_) {
        out += fmt::format("  signal {}: {}\n", signal, signal == "told" ? "Text" : "Int");
    }
    for (const auto& tune : tunes_) out += fmt::format("  tune {}: Int = 1\n", tune);
    return out;
}

std::string Writer::hooks_at_top(const std::string&) {
    std::string out;
    if (aims_at(Outer::BeforeStep) || chance(12)) {
        out += hook("before step (s)", Outer::BeforeStep, "\"${s.name} ${s.attempt}\"");
    }
    if (aims_at(Outer::AfterStep) || chance(12)) {
        out += hook("after step (s, o)", Outer::AfterStep, "\"${s.worker} ${o.ok} ${o.error}\"");
    }
    if (aims_at(Outer::OnRetry) || chance(12)) {
        out += hook("on retry (s, e)", Outer::OnRetry, "\"${s.generation} ${e.message}\"");
    }
    return out;
}

std::string Writer::hook(std::string_view head, Outer outer, std::string_view said) {
    Place place;
    place.outer = outer;
    place.depth = 2;
    place.in_hook = true;
    place.may_return = place.may_fail = false;
    Lines lines;
    lines.push_back(fmt::format("emit {}({})", fresh("said"), said));
    const auto inner = block(place, Ends::Nothing);
    add(lines, inner.lines, 0);
    std::string out = fmt::format("  {} {{\n", head);
    for (const auto& line : lines) out += "    " + line + "\n";
    return out + "  }\n";
}

Writer::Lines Writer::hooks_at_end() {
    Lines out;
    std::string seen = "\"over\"";
    if (!own_steps_.empty()) {
        seen = fmt::format("\"over ${{{} ?? 0}}\"", own_steps_[draw(own_steps_.size())]);
    }
    const auto scope = scope_;
    // The names of steps are optional there; only parameters are as they were.
    scope_.resize(3);
    const auto put = [&](std::string_view head, Outer outer, const std::string& said) {
        const std::string text = hook(head, outer, said);
        std::size_t begin = 0;
        while (begin < text.size()) {
            const auto end = text.find('\n', begin);
            out.push_back(text.substr(begin + 2, end - begin - 2));
            begin = end + 1;
        }
    };
    if (aims_at(Outer::OnFailure) || chance(15)) {
        put("on failure (e)", Outer::OnFailure, "\"${e.name}\"");
    }
    if (aims_at(Outer::Finally) || chance(15)) put("finally", Outer::Finally, seen);
    scope_ = scope;
    return out;
}

// Statements, then what makes all that they define read, then the block's end.
Writer::Block Writer::block(Place place, Ends ends, const std::vector<Variable>& given) {
    const auto mark = scope_.size();
    scope_.insert(scope_.end(), given.begin(), given.end());
    Block out;
    std::vector<Inner> plan;
    if (target_ && !is_hit_ && place.outer == Outer::Workflow &&
        target_->first != Outer::Workflow) {
        const bool in_pass = target_->second == Inner::Next || target_->second == Inner::Done;
        plan.push_back(in_pass && target_->first != Outer::Repeat ? Inner::Repeat
                                                                  : construct_with(target_->first));
    } else if (target_ && !is_hit_ && in_way_to_target(place)) {
        plan.push_back(construct_with(target_->first));
    }
    if (aims_at(place.outer)) {
        is_hit_ = true;
        plan = {target_->second};
    }
    const auto more = place.depth > 3 ? draw(2) : 1 + draw(4);
    for (std::uint64_t i = 0; i < more; ++i) plan.push_back(Inner::kCount_);
    for (const auto wanted : plan) {
        if (wanted == Inner::kCount_ && budget_ <= 0) break;
        --budget_;
        const auto inner = wanted == Inner::kCount_ ? choose(place) : wanted;
        program_.nested.emplace(place.outer, inner);
        out.leaves = statement(out.lines, place, inner);
        if (out.leaves) break;
    }
    if (!out.leaves) {
        const auto sum = unread(mark);
        if (ends == Ends::WithInt) {
            out.lines.push_back(sum.empty() ? int_expr() : sum);
        } else {
            if (!sum.empty()) out.lines.push_back(fmt::format("emit {}({})", fresh("seen"), sum));
            if (ends == Ends::Leaving || ends == Ends::Pass) {
                auto how = chance(60) ? Inner::Next : Inner::Done;
                if (ends == Ends::Leaving) {
                    how = place.may_fail && !has_ship_ && chance(60) ? Inner::Fail : Inner::Return;
                    if (!place.may_return) how = Inner::Fail;
                }
                program_.nested.emplace(place.outer, how);
                out.leaves = leave(out.lines, place, how);
            }
        }
    }
    if (out.lines.empty()) out.lines.push_back(Phrase{"emit {}({})", fresh("seen"), int_expr()});
    scope_.resize(mark);
    return out;
}

// In a pass that was opened so that the target can stand inside.
bool Writer::in_way_to_target(const Place& place) const {
    return place.outer == Outer::Repeat && place.depth == 1 && target_->first != Outer::Repeat &&
           (target_->second == Inner::Next || target_->second == Inner::Done);
}

// All names since `from` that nothing has read yet, as one number.
std::string Writer::unread(std::size_t from) {
    std::string sum;
    for (std::size_t i = from; i < scope_.size(); ++i) {
        auto& variable = scope_[i];
        if (!std::exchange(variable.must_be_read, false)) continue;
        std::string one = variable.name;
        if (variable.kind == Kind::OptionalInt) one = fmt::format("({} ?? 0)", one);
        if (variable.kind == Kind::Text) one = fmt::format("length({})", one);
        if (variable.kind == Kind::IntList) one = fmt::format("count({})", one);
        sum += (sum.empty() ? "" : " + ") + one;
    }
    return sum;
}

// A statement whose block is the outer of the target.
Inner Writer::construct_with(Outer outer) const {
    switch (outer) {
        case Outer::Retried:
            return Inner::CompositeRetry;
        case Outer::Timed:
            return Inner::CompositeWithin;
        case Outer::Guarded:
            return Inner::CompositeOn;
        case Outer::Undone:
            return Inner::CompositeUndone;
        case Outer::Held:
            return Inner::CompositeHold;
        case Outer::Handler:
            return Inner::On;
        case Outer::Compensation:
            return Inner::UndoBlock;
        case Outer::Each:
            return Inner::Each;
        case Outer::Collecting:
            return Inner::Collecting;
        case Outer::All:
            return Inner::All;
        case Outer::FirstOk:
            return Inner::FirstOk;
        case Outer::CountOk:
            return Inner::CountOk;
        case Outer::Settle:
            return Inner::Settle;
        case Outer::Repeat:
        case Outer::RepeatElse:
            return Inner::Repeat;
        case Outer::Then:
        case Outer::Else:
            return Inner::If;
        case Outer::IfLet:
            return Inner::IfLet;
        case Outer::MatchArm:
            return Inner::Match;
        case Outer::WaitArm:
            return Inner::WaitMany;
        case Outer::WaitElse:
            return Inner::WaitElse;
        case Outer::LockElse:
            return Inner::Lock;
        case Outer::RungBlock:
            return Inner::GateBlock;
        case Outer::Composite:
            return Inner::Composite;
        default:
            return Inner::Read;
    }
}

bool Writer::fits(const Place& place, Inner inner) const {
    if (!impossible(place.outer, inner).empty()) return false;
    if (place.in_undo && !impossible(Outer::Compensation, inner).empty()) return false;
    if (place.in_hook && !impossible(Outer::Finally, inner).empty()) return false;
    switch (inner) {
        case Inner::Ship:
            return place.may_ship && !place.can_lose && !place.is_retried;
        case Inner::FailAgain:
            return place.may_fail && !has_ship_ && !place.error.empty();
        case Inner::Fail:
        case Inner::GateFail:
            return place.may_fail && !has_ship_;
        case Inner::Return:
        case Inner::GateReturn:
            return place.may_return;
        case Inner::GateBlock:
            return place.may_return || (place.may_fail && !has_ship_);
        case Inner::Next:
        case Inner::Done:
            return place.in_repeat;
        case Inner::Until:
        case Inner::CompositeUntil:
        case Inner::SleepUntil:
            return !is_child_;
        case Inner::Lock:
            return place.may_lock && !is_locked_ &&
                   (place.may_return || (place.may_fail && !has_ship_));
        case Inner::UndoNone:
        case Inner::Detached:
            return !place.is_retried && (inner == Inner::UndoNone || !is_child_);
        case Inner::Run:
        case Inner::RunWithin:
        case Inner::RunUntil:
        case Inner::RunRetry:
        case Inner::RunUndone:
            return !is_child_;
        default:
            return true;
    }
}

Inner Writer::choose(const Place& place) {
    static constexpr Inner kSimple[] = {Inner::Read,   Inner::Put,   Inner::Emit, Inner::Let,
                                        Inner::When,   Inner::Retry, Inner::On,   Inner::UndoBlock,
                                        Inner::Within, Inner::If};
    for (int tries = 0; tries < 50; ++tries) {
        auto inner = static_cast<Inner>(draw(kInners));
        if (place.depth > 3 || chance(20)) inner = kSimple[draw(std::size(kSimple))];
        const bool leaves = inner == Inner::Fail || inner == Inner::FailAgain ||
                            inner == Inner::Return || inner == Inner::Next || inner == Inner::Done;
        if (leaves && (place.outer == Outer::Workflow || !chance(25))) continue;
        if (fits(place, inner)) return inner;
    }
    return place.in_undo || place.in_hook ? Inner::Emit : Inner::Read;
}

bool Writer::statement(Lines& out, const Place& place, Inner inner) {
    switch (inner) {
        case Inner::Composite:
        case Inner::CompositeWhen:
        case Inner::CompositeRetry:
        case Inner::CompositeWithin:
        case Inner::CompositeUntil:
        case Inner::CompositeOn:
        case Inner::CompositeUndone:
        case Inner::CompositeHold:
        case Inner::Nameless:
            return composite(out, place, inner);
        case Inner::Each:
        case Inner::Collecting:
        case Inner::EachUndone:
            each(out, place, inner);
            return false;
        case Inner::All:
        case Inner::FirstOk:
        case Inner::CountOk:
        case Inner::Settle:
            parallel(out, place, inner);
            return false;
        case Inner::Repeat:
            repeat(out, place);
            return false;
        case Inner::If:
        case Inner::IfValue:
        case Inner::IfLet:
        case Inner::Match:
        case Inner::MatchValue:
            return choice(out, place, inner);
        case Inner::GateFail:
        case Inner::GateReturn:
        case Inner::GateAccept:
        case Inner::GateBlock:
        case Inner::GateRetry:
        case Inner::GateReview:
        case Inner::GateWorker:
            gate(out, place, inner);
            return false;
        case Inner::Review:
        case Inner::ReviewForm:
        case Inner::ReviewLines:
        case Inner::ReviewMany:
            review(out, place, inner);
            return false;
        case Inner::WaitOne:
        case Inner::WaitElse:
        case Inner::WaitMany:
        case Inner::Lock:
            wait(out, place, inner);
            return false;
        case Inner::Sleep:
            out.push_back(chance(50) ? "sleep 1m" : "sleep 2s");
            return false;
        case Inner::SleepUntil:
            use("due");
            out.push_back(chance(50) ? "sleep until due" : "sleep until due + 1h");
            return false;
        case Inner::Run:
        case Inner::RunWithin:
        case Inner::RunUntil:
        case Inner::RunRetry:
        case Inner::RunUndone:
        case Inner::Detached:
            sub_run(out, place, inner);
            return false;
        case Inner::Emit:
            out.push_back(Phrase{"emit {}({})", fresh("told"),
                                 chance(40)   ? any_expr()
                                 : chance(50) ? int_expr()
                                              : text_expr()});
            return false;
        case Inner::Let: {
            const auto name = fresh("v");
            out.push_back(fmt::format("let {} = {}", name, int_expr(1)));
            define(name, Kind::Int, true);
            return false;
        }
        case Inner::Fail:
        case Inner::FailAgain:
        case Inner::Return:
        case Inner::Next:
        case Inner::Done:
            return leave(out, place, inner);
        default:
            call(out, place, inner);
            return false;
    }
}

bool Writer::leave(Lines& out, const Place& place, Inner inner) {
    // What was defined before is read by how the block ends.
    auto expr = unread(3);
    if (expr.empty()) expr = int_expr();
    switch (inner) {
        case Inner::Fail:
            if (chance(50)) {
                out.push_back(fmt::format("fail \"no ${{{}}}\"", expr));
                return true;
            }
            declared_.insert("Oops");
            out.push_back(fmt::format("fail Oops(why: \"${{{}}}\")", expr));
            return true;
        case Inner::FailAgain:
            out.push_back(fmt::format("emit {}({})", fresh("seen"), expr));
            out.push_back("fail " + place.error);
            return true;
        case Inner::Return:
            out.push_back("return " + expr);
            return true;
        case Inner::Next:
            out.push_back("next " + expr);
            return true;
        default:
            out.push_back("done " + expr);
            return true;
    }
}

}  // namespace weft::differential
