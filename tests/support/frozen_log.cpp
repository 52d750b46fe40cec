#include "tests/support/frozen_log.h"

#include <algorithm>

#include "bytecode/opcode_info.h"
#include "bytecode/record.h"
#include "engine/bundle_check.h"
#include "vm/tracer.h"

namespace weft::frozen {
namespace {

class Executed final : public vm::Tracer {
  public:
    explicit Executed(std::set<std::string>& out) : out_(out) {}
    void in_branch(std::uint32_t /*branch*/, std::uint64_t /*seq*/) override {}
    void executes(const Function& function, std::uint32_t pc,
                  const vm::Registers& /*registers*/) override {
        const auto& code = function.code[pc];
        out_.insert("opcode " + std::string(opcode_info(code.op)->mnemonic));
        if (code.op == Opcode::Builtin) {
            out_.insert("builtin " + std::string(builtin_info(code.d)->name));
        }
    }
    void gives(const Function& /*function*/, std::uint32_t /*pc*/,
               const Value& /*value*/) override {}

  private:
    std::set<std::string>& out_;
};

}  // namespace

std::set<std::string> holdings(std::string_view bundle) {
    std::set<std::string> out;
    Executed executed(out);
    engine::BundleTrust trust;
    trust.tracer = &executed;
    const auto report = engine::check_bundle(bundle, trust);
    const auto decoded = engine::decode_bundle(bundle);
    if (!report || !report->findings.empty() || !decoded) return {};
    if (!std::ranges::all_of(report->runs, &engine::BundledRun::executed)) return {};
    for (const auto& entry : decoded->records) {
        const auto record = decode_record(entry.record);
        if (record) out.insert("record " + std::string(kind_name(record->kind)));
    }
    return out;
}

}  // namespace weft::frozen
