#include <algorithm>

#include "base/hash.h"
#include "bytecode/verify.h"
#include "compiler/lower/emitter.h"

namespace weft::lowering {

ImageTables::ImageTables(const ir::Module& m) : module(m), proofs_(prove(m)) {
    image.types = m.types;
    image.errors = m.errors;
    image.program = ir::program_hash(m);
    for (std::uint32_t i = 0; i < m.sources.size(); ++i) {
        image.files.push_back(m.sources[FileId{i}].path());
    }
}

std::uint32_t ImageTables::constant(const Value& value) {
    auto [found, added] =
        constants_.emplace(canonical(value), static_cast<std::uint32_t>(image.constants.size()));
    if (added) image.constants.push_back(value);
    return found->second;
}

std::uint32_t ImageTables::worker(ir::WorkerId id) {
    auto found = workers_.find(id);
    if (found != workers_.end()) return found->second;
    auto number = static_cast<std::uint32_t>(image.workers.size());
    workers_.emplace(id, number);
    const auto& worker = module.workers[id];
    image.workers.push_back(worker.row);
    std::uint32_t probe = worker.probe.has_value() ? this->worker(worker.probe) : WorkerRow::kNoRow;
    image.workers[number].probe = probe;
    return number;
}

std::uint32_t ImageTables::prompt_function(ir::PromptId id) {
    auto found = prompts_.find(id);
    if (found != prompts_.end()) return found->second;
    const auto& prompt = module.prompts[id];
    image.prompts.push_back({prompt.name, sha256(prompt.template_source), prompt.type});
    auto row = static_cast<std::uint32_t>(image.prompts.size() - 1);
    Emitter emitter(*this, prompt.name, FunctionKind::Pure);
    prompts_.emplace(id, emitter.number());
    for (auto parameter : prompt.parameters) emitter.parameter(parameter);
    emitter.finish_with_prompt(id, row);
    return emitter.number();
}

std::uint32_t ImageTables::fn(ir::FnId id) {
    auto found = fns_.find(id);
    if (found != fns_.end()) return found->second;
    const auto& fn = module.fns[id];
    Emitter emitter(*this, fn.name, FunctionKind::Pure);
    fns_.emplace(id, emitter.number());
    for (auto parameter : fn.parameters) emitter.parameter(parameter);
    emitter.finish_with_expression(fn.body);
    return emitter.number();
}

std::uint32_t ImageTables::reserve_function() {
    image.functions.emplace_back();
    return static_cast<std::uint32_t>(image.functions.size() - 1);
}

void ImageTables::put_function(std::uint32_t number, FunctionBuilder& builder) {
    auto function = builder.finish();
    if (!function || function->registers > verify::kRegistersMax) {
        too_large = true;
        return;
    }
    image.functions[number] = std::move(*function);
}

std::uint32_t ImageTables::site(SiteKind kind, std::uint32_t row, std::uint32_t function,
                                std::uint32_t pc) {
    image.sites.push_back({kind, row, function, pc});
    return static_cast<std::uint32_t>(image.sites.size() - 1);
}

SourcePlace ImageTables::place(Span span) {
    if (!span.file.has_value()) return {};
    auto at = module.sources[span.file].position(span.begin);
    return {span.file.index, at.line, at.column};
}

void ImageTables::certify(const ir::Step& step, std::uint32_t site) {
    const auto& facts = proofs_.steps[static_cast<std::size_t>(&step - module.steps.data())];
    CallProof proof;
    proof.site = site;
    proof.attempts = step.workflow != ir::kNoWorkflow ? 1 : std::uint32_t{1} + step.policy.retries;
    proof.times = facts.times;
    proof.remedy = facts.remedy;
    proof.past_return = facts.past_return;
    proof.labels = argument_labels(module, step);
    image.certificate.calls.push_back(std::move(proof));
}

void ImageTables::certify(const ir::Each& each, std::uint32_t site) {
    image.certificate.forks.push_back({site, each.items_max});
}

void ImageTables::finish_certificate() {
    image.certificate.workflows = proofs_.workflows;
    // Functions are numbered as they are begun, and filled as they are needed.
    std::ranges::sort(image.certificate.fails, [](const FailProof& a, const FailProof& b) {
        return std::pair(a.function, a.pc) < std::pair(b.function, b.pc);
    });
}

}  // namespace weft::lowering
