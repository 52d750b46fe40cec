#include "weft/audit.h"

#include <nlohmann/json.hpp>

#include "engine/approval.h"
#include "engine/bundle_check.h"
#include "engine/finding_json.h"
#include "engine/status.h"
#include "store/approver_key.h"
#include "store/note.h"

namespace weft {
namespace {

using BundleJson = nlohmann::ordered_json;

BundleJson run_json(const engine::BundledRun& run) {
    BundleJson out;
    out["run"] = to_hex(view(run.run));
    if (run.status >= 0) {
        out["status"] = engine::status_name(static_cast<vm::RunStatus>(run.status));
    }
    out["records"] = run.records;
    out["payloads"] = run.payloads;
    out["left_out"] = run.left_out;
    out["erased"] = run.erased;
    out["executed"] = run.executed;
    return out;
}

}  // namespace

Result<std::string> verify_bundle(std::string_view bytes, const BundleTrust& trust) {
    auto report = engine::check_bundle(bytes, {trust.key, trust.witness, trust.level});
    if (!report) return std::unexpected(report.error());
    BundleJson out;
    out["ok"] = report->findings.empty();
    out["level"] = trust.level;
    out["key"] = report->verifier_key;
    out["trusted"] = !trust.key.empty();
    out["tree_size"] = report->tree_size;
    out["root"] = to_hex(view(report->root));
    out["witnessed"] = report->witnessed;
    out["runs"] = BundleJson::array();
    for (const auto& run : report->runs) out["runs"].push_back(run_json(run));
    out["decisions"] = BundleJson::array();
    for (const auto& decision : report->decisions) {
        BundleJson row;
        row["run"] = to_hex(view(decision.run));
        row["seq"] = decision.seq;
        row["by"] = decision.by;
        row["key"] = store::to_base64(view(decision.key));
        row["tree_size"] = decision.tree_size;
        out["decisions"].push_back(std::move(row));
    }
    out["findings"] = BundleJson::array();
    for (const auto& finding : report->findings)
        out["findings"].push_back(engine::finding_json(finding));
    return out.dump(-1, ' ', false, BundleJson::error_handler_t::replace);
}

struct SigningKey::Impl {
    store::ApproverKey key;
};

SigningKey::SigningKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

Result<SigningKey> SigningKey::create(const std::string& path) {
    auto key = store::ApproverKey::create(path);
    if (!key) return std::unexpected(key.error());
    return SigningKey(std::make_unique<Impl>(Impl{std::move(*key)}));
}

Result<SigningKey> SigningKey::read(const std::string& path) {
    auto key = store::ApproverKey::read(path);
    if (!key) return std::unexpected(key.error());
    return SigningKey(std::make_unique<Impl>(Impl{std::move(*key)}));
}

std::string SigningKey::public_key() const {
    return store::to_base64(view(impl_->key.public_key()));
}

std::string SigningKey::sign(const std::string& statement) const {
    return store::sign_note(std::string(engine::kApproverName), impl_->key.public_key(), statement,
                            [this](std::string_view text) { return impl_->key.sign(text); });
}

}  // namespace weft
