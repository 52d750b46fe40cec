#include "compiler/check/trial.h"

#include <algorithm>

namespace weft::check {

namespace {

bool holds(Span outer, Span inner) {
    return outer.file == inner.file && outer.begin <= inner.begin && inner.end <= outer.end;
}

// Messages about the span from a number on; those before it came from somewhere else.
struct Later {
    Span span;
    std::size_t first = 0;
    mutable std::size_t seen = 0;
};

bool is_about(const Diagnostic& diagnostic, const void* opaque) {
    const auto& later = *static_cast<const Later*>(opaque);
    return later.seen++ >= later.first && holds(later.span, diagnostic.span);
}

}  // namespace

Trial::Trial(Body& body)
    : body_(body),
      steps_(body.context.module.steps.size()),
      eaches_(body.context.module.eaches.size()),
      ifs_(body.context.module.ifs.size()),
      gates_(body.context.module.gates.size()),
      parallels_(body.context.module.parallels.size()),
      repeats_(body.context.module.repeats.size()),
      waits_(body.context.module.waits.size()),
      reviews_(body.context.module.reviews.size()),
      locks_(body.context.module.locks.size()),
      messages_(body.context.diagnostics.items().size()),
      watched_(body.context.watched.size()),
      paths_(body.workflow->paths) {}

void Trial::take_back(Span span) {
    Context& context = body_.context;
    ir::Module& module = context.module;
    module.steps.resize(steps_);
    module.eaches.resize(eaches_);
    context.eaches_noted = std::min(context.eaches_noted, eaches_);
    module.ifs.resize(ifs_);
    module.gates.resize(gates_);
    module.parallels.resize(parallels_);
    module.repeats.resize(repeats_);
    module.waits.resize(waits_);
    module.reviews.resize(reviews_);
    module.locks.resize(locks_);
    auto first = context.watched.begin() + static_cast<std::ptrdiff_t>(watched_);
    auto is_inside = [&](const Watched& watched) {
        return holds(span, module.locals[watched.local].span);
    };
    context.watched.erase(std::remove_if(first, context.watched.end(), is_inside),
                          context.watched.end());
    const Later later{span, messages_};
    context.diagnostics.remove_if(is_about, &later);
    body_.workflow->paths = paths_;
}

}  // namespace weft::check
