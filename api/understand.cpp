// What a program means to people: its flow, and what another version of it changes.
#include "compiler/compat/compat.h"

#include <fmt/format.h>

#include "api/package_loader.h"
#include "compiler/compile.h"
#include "compiler/plan/flow.h"
#include "weft/tools.h"

namespace weft {
namespace {

Result<Compiled> compile_whole(const std::string& path) {
    FileLoader loader(path);
    Compiled compiled = compile(path, loader);
    if (!compiled.ok) {
        return fail(ErrorKind::Usage, fmt::format("{} has errors", path),
                    fmt::format("`weft check {}` shows them", path));
    }
    return compiled;
}

std::string place_of(const ir::Module& module, Span span) {
    if (!span.file.has_value()) return "";
    const auto& file = module.sources[span.file];
    return fmt::format("{}:{}", file.path(), file.position(span.begin).line);
}

}  // namespace

Result<Compatibility> compare_files(const std::string& old_path, const std::string& new_path) {
    WEFT_TRY(old, compile_whole(old_path));
    WEFT_TRY(next, compile_whole(new_path));
    Compatibility out;
    out.old_hash = to_hex(view(ir::program_hash(old.module)));
    out.new_hash = to_hex(view(ir::program_hash(next.module)));
    for (auto& finding : compat::compare(old.module, next.module)) {
        out.findings.push_back(
            {finding.code ? code_text(*finding.code) : "", std::move(finding.name),
             std::string(compat::class_name(finding.cls)), std::move(finding.construct),
             std::move(finding.what), std::move(finding.reason),
             place_of(old.module, finding.old_span), place_of(next.module, finding.new_span)});
    }
    out.program = compile_file(new_path).program;
    return out;
}

Result<std::string> plan_file(const std::string& path, PlanFormat format,
                              const std::string& workflow) {
    WEFT_TRY(compiled, compile_whole(path));
    std::vector<plan::Flow> flows;
    std::vector<std::string> names;
    for (const auto& row : compiled.module.workflows) {
        names.push_back(row.name);
        if (workflow.empty() || row.name == workflow) {
            flows.push_back(plan::flow_of(compiled.module, row));
        }
    }
    if (flows.empty()) {
        return fail(ErrorKind::NotFound,
                    workflow.empty() ? fmt::format("{} has no workflow", path)
                                     : fmt::format("{} has no workflow `{}`", path, workflow),
                    names.empty() ? "" : fmt::format("it has {}", fmt::join(names, ", ")));
    }
    if (format == PlanFormat::Mermaid) return plan::to_mermaid(flows);
    if (format == PlanFormat::Svg) return plan::to_svg(flows);
    std::string out;
    for (const auto& flow : flows) out += (out.empty() ? "" : "\n") + plan::to_text(flow);
    return out;
}

}  // namespace weft
