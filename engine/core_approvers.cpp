// The keys with which people sign their decisions: their first use and their revocation stand in
// the log. Which key is whose says weft.toml; that a revoked one is of no more use does not depend
// on it.
#include <fmt/format.h>

#include "engine/approver_log.h"
#include "engine/core_gathered.h"
#include "store/note.h"

namespace weft::engine {
namespace {

constexpr const char* kUsed = "used";
constexpr const char* kRevoked = "revoked";

std::string row_of(const Hash& key) {
    return "approver " + store::to_base64(view(key));
}

}  // namespace

Result<void> Core::use_approver_key(const std::string& name, const Hash& key) {
    const std::string text = store::to_base64(view(key));
    const auto known = config_.approvers.find(name);
    if (known == config_.approvers.end()) {
        return fail(ErrorKind::Refused, fmt::format("weft.toml names no key of {}", name),
                    fmt::format("[approvers]\n\"{}\" = \"{}\"", name, text));
    }
    if (known->second != text) {
        return fail(ErrorKind::Refused, fmt::format("weft.toml has another key of {}", name));
    }
    WEFT_TRY(state, store_->meta(row_of(key)));
    if (state == kRevoked) {
        return fail(ErrorKind::Refused, fmt::format("the key of {} was revoked", name),
                    "`weft review key FILE` makes another one");
    }
    if (state) return {};
    Gathered batch(*this);
    WEFT_TRY_VOID(system_->approver(name, key, time_->now(), batch));
    batch.changes.emplace_back(store::MetaRow{row_of(key), kUsed});
    return commit(batch);
}

Result<Core::Revoked> Core::revoke_approver_key(const std::string& named, const std::string& by,
                                                const std::string& reason) {
    const auto known = config_.approvers.find(named);
    const auto bytes = store::from_base64(known == config_.approvers.end() ? named : known->second);
    if (!bytes || bytes->size() != 32) {
        return fail(ErrorKind::NotFound,
                    fmt::format("`{}` is neither a key nor an approver of weft.toml", named),
                    "a key is the text that `weft review key FILE` prints");
    }
    const auto key = to_array<32>(*bytes);
    WEFT_TRY(state, store_->meta(row_of(key)));
    if (state == kRevoked) return Revoked{key, true};
    WEFT_TRY(keys, read_approver_keys(*store_));
    auto id = keys.id_of(key);
    // One that was never used is made known first, so that it never can be.
    if (!id) {
        Gathered batch(*this);
        WEFT_TRY_VOID(system_->approver(known == config_.approvers.end() ? "" : named, key,
                                        time_->now(), batch));
        batch.changes.emplace_back(store::MetaRow{row_of(key), kUsed});
        WEFT_TRY_VOID(commit(batch));
        WEFT_TRY(again, read_approver_keys(*store_));
        id = again.id_of(key);
    }
    Gathered batch(*this);
    WEFT_TRY_VOID(system_->approver_revoked(*id, by, reason, time_->now(), batch));
    batch.changes.emplace_back(store::MetaRow{row_of(key), kRevoked});
    WEFT_TRY_VOID(commit(batch));
    return Revoked{key, false};
}

}  // namespace weft::engine
