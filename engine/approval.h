// Signed decisions: what a person signs with a key of their own, and whether a decision's payload
// holds such a signature. The statement names the task by the leaf hash of its review-open record,
// which covers the run's whole history up to there, and the signed tree that the person was shown:
// so every signed decision also pins the log, outside of the operator's reach. Pure functions.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "bytecode/record.h"
#include "value/value.h"

namespace weft::engine {

// The name under which the statement is signed.
inline constexpr std::string_view kApproverName = "approver";

struct Statement {
    std::string origin;  // of the store's checkpoints
    Bytes16 run{};
    std::uint64_t task = 0;
    Hash review{};  // leaf hash of the newest review-open record of the task
    DecisionCode decision = DecisionCode::Approve;
    std::string by;
    std::string role;
    Hash reason{};  // SHA-256 of its text
    Hash values{};  // SHA-256 of the canonical bytes of their list
    std::uint64_t tree_size = 0;
    Hash tree_root{};
    Hash key{};  // Ed25519, of whoever signs
};

std::string statement_text(const Statement& statement);
// Of a statement's text, what can't be known from the run: tree and key. The rest is left empty.
std::optional<Statement> read_statement(std::string_view text);
// The text of the note that a decision's payload ends with; empty: it is not signed.
std::string signed_statement(const std::vector<Value>& payload);

// The tree of that size, as the log or the bundle shows it.
using RootAt = std::function<std::optional<Hash>(std::uint64_t size)>;

struct SignedDecision {
    Statement statement;
    std::string problem;  // one sentence; empty: the signature holds
};

// Which keys of approvers were in use when: what the system chain's records say, in their order. A
// key that was revoked stays so; what was signed with it before holds.
class ApproverKeys {
  public:
    void take(const Record& record, std::uint64_t leaf);
    [[nodiscard]] bool in_use(const Hash& key, std::uint64_t leaf) const;
    // The id of a key that was added; nothing: it never was.
    [[nodiscard]] std::optional<Bytes16> id_of(const Hash& key) const;

  private:
    struct Added {
        std::uint64_t leaf = 0;
        Bytes16 id{};
    };
    std::map<Hash, Added> added_;
    std::map<Bytes16, std::uint64_t> revoked_;  // by the key's id
};

// Follows the records of one run and checks the decisions that are signed.
class DecisionCheck {
  public:
    DecisionCheck(std::string origin, const Bytes16& run, RootAt root_at)
        : origin_(std::move(origin)), run_(run), root_at_(std::move(root_at)) {}

    // `payload`: plaintext, or null when it is not here. Nothing when it is no signed decision.
    std::optional<SignedDecision> take(const Record& record, std::uint64_t leaf,
                                       const Hash& leaf_hash, const std::string* payload);

  private:
    struct Review {
        std::uint64_t leaf = 0;
        Hash leaf_hash{};
    };
    [[nodiscard]] std::optional<SignedDecision> check(const DecisionBody& body,
                                                      const std::string& payload,
                                                      const Review& review) const;

    std::string origin_;
    Bytes16 run_{};
    RootAt root_at_;
    std::map<std::uint64_t, Review> reviews_;  // the newest of each task
};

}  // namespace weft::engine
