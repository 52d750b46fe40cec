#include "engine/signed_decision.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "store/note.h"

namespace weft::engine {
namespace {

struct Review {
    std::uint64_t leaf = 0;
    Hash leaf_hash{};
};

// The newest review-open record of the task.
Result<Review> newest_review(store::Store& store, const store::RunId& run, std::uint64_t task) {
    Review out;
    for (std::uint64_t seq = task;;) {
        WEFT_TRY(slice, store.read_run(run, seq, 1000));
        if (slice.empty()) return out;
        seq += slice.size();
        for (const auto& stored : slice) {
            WEFT_TRY(record, decode_record(stored.record));
            if (record.kind != RecordKind::ReviewOpen) continue;
            auto body = decode_body<ReviewOpenBody>(record.body);
            if (body && body->task == task) out = {stored.leaf, leaf_hash(stored.record)};
        }
    }
}

// All but tree and key.
Result<Statement> statement_of(Core& core, const store::RunId& run, const vm::DecisionFact& fact,
                               const Review& review) {
    const auto is_one_line = [](const std::string& text) {
        return std::none_of(text.begin(), text.end(),
                            [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    };
    if (!is_one_line(fact.by) || !is_one_line(fact.role)) {
        return fail(ErrorKind::Usage, "a name that signs is one line");
    }
    const auto key = store::parse_verifier_key(core.store().verifier_key());
    Statement out;
    out.origin = key->origin;
    out.run = run;
    out.task = fact.task;
    out.review = review.leaf_hash;
    out.decision = static_cast<DecisionCode>(fact.decision);
    out.by = fact.by;
    out.role = fact.role;
    out.reason = sha256(fact.reason);
    out.values = sha256(canonical(Value::list(fact.values)));
    return out;
}

}  // namespace

Result<std::string> prepare_statement(Core& core, const store::RunId& run,
                                      const vm::DecisionFact& fact, const Hash& key) {
    WEFT_TRY(review, newest_review(core.store(), run, fact.task));
    WEFT_TRY(statement, statement_of(core, run, fact, review));
    WEFT_TRY(checkpoint, core.sign_now());
    statement.tree_size = checkpoint.size;
    statement.tree_root = checkpoint.root;
    statement.key = key;
    return statement_text(statement);
}

Result<void> accept_signature(Core& core, const store::RunId& run, const vm::DecisionFact& fact,
                              const std::string& note) {
    if (note.empty()) {
        if (!core.config().approvers.contains(fact.by)) return {};
        return fail(ErrorKind::Refused, fmt::format("{} signs decisions with a key", fact.by),
                    "weft.toml names it; decide with `--sign-with FILE`");
    }
    const auto tail = read_statement(std::string_view(note).substr(0, note.find("\n\n") + 1));
    const auto text =
        tail ? store::open_note(std::string(kApproverName), tail->key, note) : std::nullopt;
    if (!text) return fail(ErrorKind::Refused, "the decision's signature is wrong");
    WEFT_TRY(review, newest_review(core.store(), run, fact.task));
    WEFT_TRY(statement, statement_of(core, run, fact, review));
    statement.tree_size = tail->tree_size;
    statement.tree_root = tail->tree_root;
    statement.key = tail->key;
    if (*text != statement_text(statement)) {
        return fail(ErrorKind::Refused, "another decision was signed",
                    "the task may have changed meanwhile; look at it again");
    }
    WEFT_TRY(seen, core.store().checkpoints(tail->tree_size, 1));
    const bool is_ours = !seen.empty() && seen.front().size == tail->tree_size &&
                         seen.front().root == tail->tree_root && tail->tree_size > review.leaf;
    if (!is_ours) return fail(ErrorKind::Refused, "the tree that was signed is not this store's");
    return core.use_approver_key(fact.by, tail->key);
}

}  // namespace weft::engine
