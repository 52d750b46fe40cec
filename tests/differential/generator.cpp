#include "tests/differential/generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "tests/differential/writer.h"

namespace weft::differential {
namespace {

constexpr std::string_view kOuterTexts[] = {
#define X(Name, text) text,
#include "tests/differential/outers.def"
#undef X
};
constexpr std::string_view kInnerTexts[] = {
#define X(Name, text) text,
#include "tests/differential/inners.def"
#undef X
};

bool is_parallel(Outer outer) {
    return outer == Outer::All || outer == Outer::FirstOk || outer == Outer::CountOk ||
           outer == Outer::Settle;
}

bool is_hook(Outer outer) {
    return outer >= Outer::BeforeStep;
}

bool is_gate(Inner inner) {
    return inner >= Inner::GateFail && inner <= Inner::GateWorker;
}

bool is_review(Inner inner) {
    return inner >= Inner::Review && inner <= Inner::ReviewMany;
}

bool is_wait(Inner inner) {
    return inner >= Inner::WaitOne && inner <= Inner::WaitMany;
}

bool is_run(Inner inner) {
    return inner >= Inner::Run && inner <= Inner::Detached;
}

bool may_stand_in_hook(Inner inner) {
    switch (inner) {
        case Inner::Read:
        case Inner::UndoNone:
        case Inner::Once:
        case Inner::Priced:
        case Inner::When:
        case Inner::Key:
        case Inner::Cache:
        case Inner::Timeout:
        case Inner::Within:
        case Inner::Until:
        case Inner::Retry:
        case Inner::Hold:
        case Inner::On:
        case Inner::OnFields:
        case Inner::If:
        case Inner::IfValue:
        case Inner::IfLet:
        case Inner::Match:
        case Inner::MatchValue:
        case Inner::Emit:
        case Inner::Let:
            return true;
        default:
            return false;
    }
}

std::string_view in_compensation(Inner inner) {
    switch (inner) {
        case Inner::Put:
        case Inner::UndoBlock:
        case Inner::UndoNone:
        case Inner::UndoInDoubt:
        case Inner::CompositeUndone:
        case Inner::EachUndone:
        case Inner::RunUndone:
            return "what a compensation does is not undone itself";
        case Inner::CompositeWithin:
        case Inner::CompositeUntil:
            return "no time bounds what is undone";
        case Inner::Once:
            return "what a compensation does is not undone itself";
        case Inner::Return:
        case Inner::GateReturn:
            return "`return` is refused inside a compensation";
        case Inner::Next:
        case Inner::Done:
            return "a pass does not end in what undoes";
        default:
            break;
    }
    if (is_gate(inner) || is_review(inner) || is_wait(inner) || is_run(inner) ||
        inner == Inner::Lock) {
        return "nothing is decided, waited for or run inside a compensation";
    }
    return "";
}

}  // namespace

std::string_view text_of(Outer outer) {
    return kOuterTexts[static_cast<std::size_t>(outer)];
}
std::string_view text_of(Inner inner) {
    return kInnerTexts[static_cast<std::size_t>(inner)];
}

std::string_view impossible(Outer outer, Inner inner) {
    if (is_hook(outer) && !may_stand_in_hook(inner)) {
        return "a hook changes nothing in the run";
    }
    if (outer == Outer::Compensation) {
        if (const auto why = in_compensation(inner); !why.empty()) return why;
    }
    if (is_parallel(outer)) {
        if (is_gate(inner) || inner == Inner::Fail || inner == Inner::Return ||
            inner == Inner::Next || inner == Inner::Done || inner == Inner::Lock) {
            return "it is nothing that runs beside other steps";
        }
    }
    if (inner == Inner::FailAgain && outer != Outer::Handler) return "there is no error to raise";
    const bool is_items = outer == Outer::Each || outer == Outer::Collecting;
    if (is_items) {
        if (inner == Inner::Return || inner == Inner::GateReturn) {
            return "`return` is refused inside `each`";
        }
        if (inner == Inner::Next || inner == Inner::Done) {
            return "a pass does not end in an item of it";
        }
        if (inner == Inner::Lock) return "each item would ask for a lock of its own";
    }
    if (inner == Inner::Next || inner == Inner::Done) {
        if (outer == Outer::Workflow) return "there is no pass to end";
        if (outer == Outer::LockElse) return "each pass would ask for a lock of its own";
    }
    if (inner == Inner::Lock) {
        if (outer == Outer::Repeat || outer == Outer::Retried || outer == Outer::Held) {
            return "each pass would ask for a lock of its own";
        }
        if (outer == Outer::LockElse) return "a second lock on one path";
    }
    const bool lasts = inner == Inner::Ship || inner == Inner::UndoNone || inner == Inner::Detached;
    if (lasts && (outer == Outer::Retried || outer == Outer::Held)) {
        return "it is run again, and nothing undoes it";
    }
    if (inner == Inner::Ship) {
        if (outer == Outer::FirstOk || outer == Outer::CountOk) {
            return "a branch that can lose holds nothing irreversible";
        }
    }
    return "";
}

Program generate(std::uint64_t seed, std::optional<NestedPair> target) {
    Writer writer(seed, target);
    return writer.write();
}

}  // namespace weft::differential
