#include "engine/approval.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/hash.h"
#include "engine/history_text.h"
#include "store/note.h"

namespace weft::engine {
namespace {

constexpr std::array<std::string_view, 4> kDecisionWords = {"approve", "reject", "expired",
                                                            "revise"};
constexpr std::size_t kSignedFields = 5;  // by, reason, role, values, the signed note

std::string_view take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) return {};
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
}

std::optional<Hash> read_hash(std::string_view base64) {
    const auto bytes = store::from_base64(base64);
    if (!bytes || bytes->size() != 32) return std::nullopt;
    return to_array<32>(*bytes);
}

bool read_tree(std::string_view line, Statement& out) {
    constexpr std::string_view kHead = "tree ";
    const auto space = line.rfind(' ');
    if (!line.starts_with(kHead) || space < kHead.size()) return false;
    const char* begin = line.data() + kHead.size();
    const char* end = line.data() + space;
    const auto parsed = std::from_chars(begin, end, out.tree_size);
    const auto root = read_hash(line.substr(space + 1));
    if (parsed.ec != std::errc{} || parsed.ptr != end || !root) return false;
    out.tree_root = *root;
    return true;
}

}  // namespace

std::string statement_text(const Statement& statement) {
    return fmt::format(
        "weft decision 1\norigin {}\nrun {}\ntask {}\nreview {}\ndecision {}\nby {}\nrole {}\n"
        "reason {}\nvalues {}\ntree {} {}\nkey {}\n",
        statement.origin, to_hex(view(statement.run)), statement.task,
        to_hex(view(statement.review)),
        kDecisionWords[static_cast<std::size_t>(statement.decision)], statement.by, statement.role,
        to_hex(view(statement.reason)), to_hex(view(statement.values)), statement.tree_size,
        store::to_base64(view(statement.tree_root)), store::to_base64(view(statement.key)));
}

std::optional<Statement> read_statement(std::string_view text) {
    Statement out;
    std::string_view tree;
    std::string_view key;
    while (!text.empty()) {
        const auto line = take_line(text);
        if (line.empty()) return std::nullopt;
        tree = std::exchange(key, line);
    }
    constexpr std::string_view kHead = "key ";
    if (!key.starts_with(kHead) || !read_tree(tree, out)) return std::nullopt;
    const auto public_key = read_hash(key.substr(kHead.size()));
    if (!public_key) return std::nullopt;
    out.key = *public_key;
    return out;
}

std::string signed_statement(const std::vector<Value>& payload) {
    if (payload.size() != kSignedFields || payload.back().tag() != Tag::Text) return {};
    return payload.back().as_text();
}

void ApproverKeys::take(const Record& record, std::uint64_t leaf) {
    if (record.kind == RecordKind::KeyAdded) {
        const auto body = decode_body<KeyAddedBody>(record.body);
        if (body && body->purpose == KeyPurpose::Approver) {
            added_.emplace(body->public_key, Added{leaf, body->key_id});
        }
    }
    if (record.kind == RecordKind::KeyRevoked) {
        const auto body = decode_body<KeyRevokedBody>(record.body);
        if (body && body->purpose == KeyPurpose::Approver) revoked_.emplace(body->key_id, leaf);
    }
}

bool ApproverKeys::in_use(const Hash& key, std::uint64_t leaf) const {
    const auto added = added_.find(key);
    if (added == added_.end() || added->second.leaf >= leaf) return false;
    const auto revoked = revoked_.find(added->second.id);
    return revoked == revoked_.end() || leaf < revoked->second;
}

std::optional<Bytes16> ApproverKeys::id_of(const Hash& key) const {
    const auto added = added_.find(key);
    return added == added_.end() ? std::nullopt : std::optional(added->second.id);
}

std::optional<SignedDecision> DecisionCheck::take(const Record& record, std::uint64_t leaf,
                                                  const Hash& leaf_hash,
                                                  const std::string* payload) {
    if (record.kind == RecordKind::ReviewOpen) {
        if (auto opened = decode_body<ReviewOpenBody>(record.body)) {
            reviews_[opened->task] = {leaf, leaf_hash};
        }
        return std::nullopt;
    }
    if (record.kind != RecordKind::Decision || payload == nullptr) return std::nullopt;
    auto body = decode_body<DecisionBody>(record.body);
    auto review = body ? reviews_.find(body->task) : reviews_.end();
    if (review == reviews_.end()) return std::nullopt;  // the protocol's check says so
    return check(*body, *payload, review->second);
}

std::optional<SignedDecision> DecisionCheck::check(const DecisionBody& body,
                                                   const std::string& payload,
                                                   const Review& review) const {
    const auto fields = payload_fields(payload);
    if (fields.size() != kSignedFields) return std::nullopt;
    const std::string note = signed_statement(fields);
    SignedDecision out;
    const auto wrong = [&](std::string_view what) {
        out.problem = what;
        return out;
    };
    // The text of the note stands before its empty line.
    const auto tail = read_statement(std::string_view(note).substr(0, note.find("\n\n") + 1));
    if (!tail) return wrong("what was signed is no statement of a decision");
    out.statement = *tail;
    out.statement.origin = origin_;
    out.statement.run = run_;
    out.statement.task = body.task;
    out.statement.review = review.leaf_hash;
    out.statement.decision = body.decision;
    out.statement.by = text_field(fields, 0);
    out.statement.reason = sha256(text_field(fields, 1));
    out.statement.role = text_field(fields, 2);
    out.statement.values = sha256(canonical(fields[3]));
    const auto text = store::open_note(std::string(kApproverName), tail->key, note);
    if (!text) return wrong("the decision's signature is wrong");
    if (*text != statement_text(out.statement)) return wrong("another decision was signed");
    if (tail->tree_size <= review.leaf) {
        return wrong("the tree that was seen does not hold the review");
    }
    const auto root = root_at_(tail->tree_size);
    if (!root || *root != tail->tree_root) {
        return wrong("the tree that was seen is not shown to belong to this log");
    }
    return out;
}

}  // namespace weft::engine
