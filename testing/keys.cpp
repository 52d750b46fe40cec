#include "testing/keys.h"

#include "bytecode/record_codes.h"

namespace weft::test {
namespace {

vm::HitFact hit_of(std::uint64_t call, HitSource source, const Bytes16& run, std::uint64_t seq) {
    vm::HitFact hit;
    hit.call = call;
    hit.source = static_cast<std::uint8_t>(source);
    hit.origin_run = run;
    hit.origin_seq = seq;
    return hit;
}

}  // namespace

// The worker and the step's path are part of every key.
std::string Keys::name(const Image& image, std::uint32_t step, const Value& key) {
    const auto& row = image.steps[step];
    ByteWriter out;
    out.block(image.workers[row.worker].name);
    out.block(row.path);
    out.block(canonical(key));
    return out.take();
}

Keys::Answer Keys::ask(const Image& image, const Bytes16& run, const vm::Want& want,
                       std::int64_t now_ms) {
    Answer out;
    if (want.author_key) {
        const auto found = uses_.find(name(image, want.step, *want.author_key));
        if (found != uses_.end()) {
            const Use& use = found->second;
            if (use.run == run && use.call == want.call) return out;
            if (use.arguments == canonical(Value::list(want.arguments)) && !use.value) {
                out.waits = true;
                return out;
            }
            out.hit = hit_of(want.call, HitSource::Key, use.run, use.call);
            if (use.arguments != canonical(Value::list(want.arguments))) {
                out.hit->refused = "its key was used with other arguments before";
            } else {
                out.hit->value = *use.value;
            }
            return out;
        }
    }
    if (want.cache_key) {
        const auto found = cache_.find(name(image, want.step, *want.cache_key));
        if (found != cache_.end() && found->second.expires_ms > now_ms) {
            const Cached& had = found->second;
            out.hit = hit_of(want.call, HitSource::Cache, had.run, had.call);
            out.hit->value = had.value;
        }
    }
    return out;
}

void Keys::open(const Image& image, const Bytes16& run, const vm::Want& want) {
    if (!want.author_key) return;
    uses_.try_emplace(name(image, want.step, *want.author_key),
                      Use{run, want.call, canonical(Value::list(want.arguments)), std::nullopt});
}

void Keys::note(const Image& image, const Bytes16& run, const vm::KeyedCall& call,
                const Value& value, std::int64_t now_ms) {
    const Bytes16& holder = call.run == Bytes16{} ? run : call.run;
    for (auto use = uses_.begin(); use != uses_.end();) {
        const bool is_it = use->second.run == holder && use->second.call == call.call;
        if (is_it && call.what == vm::KeyedCall::What::Done) use->second.value = value;
        // A compensated use of a key is spent, and one that was not done was none.
        use = is_it && call.what != vm::KeyedCall::What::Done ? uses_.erase(use) : std::next(use);
    }
    if (call.what != vm::KeyedCall::What::Done || !call.cache_key) return;
    cache_[name(image, call.step, *call.cache_key)] =
        Cached{holder, call.call, value, now_ms + image.steps[call.step].cache_ms};
}

}  // namespace weft::test
