#include "tests/fuzz/play_image.h"

#include "compiler/compile.h"
#include "compiler/lower/lower.h"
#include "tests/fuzz/target.h"
#include "tests/support/golden.h"
#include "tests/unit/compiler/check_support.h"
#include "vm/machine.h"

namespace weft::fuzz {

namespace {

// Some value of a type; refinements are not looked at, so it may not fit.
Value some_value(const TypeTable& types, TypeId id) {
    const auto& type = types[types.base(id)];
    switch (type.kind) {
        case TypeKind::Bool:
            return Value::boolean(true);
        case TypeKind::Int:
            return Value::integer(1);
        case TypeKind::Text:
            return Value::text("a");
        case TypeKind::Record: {
            std::vector<Value> fields;
            for (const auto& field : type.fields) fields.push_back(some_value(types, field.type));
            return Value::record(std::move(fields));
        }
        case TypeKind::List:
            return Value::list({some_value(types, type.element)});
        default:
            return {};
    }
}

std::optional<Value> parameters(const Image& image, const std::vector<ParameterRow>& rows) {
    std::vector<Value> values;
    for (const auto& row : rows) {
        values.push_back(row.has_default ? row.default_value : some_value(image.types, row.type));
        if (check_value(image.types, row.type, values.back())) return std::nullopt;
    }
    return Value::record(std::move(values));
}

// What the world answers to a want, if it can.
std::optional<vm::Fact> answer(const Image& image, const vm::Want& want) {
    if (want.kind == vm::WantKind::Attempt) return vm::StartFact{want.call, want.attempt};
    if (want.kind == vm::WantKind::Timer) return vm::TimerFiredFact{want.timer};
    if (want.kind == vm::WantKind::Lock) return vm::LockGotFact{want.lock};
    if (want.kind != vm::WantKind::Outcome && want.kind != vm::WantKind::Cancel)
        return std::nullopt;
    vm::OutcomeFact outcome;
    outcome.call = want.call;
    outcome.attempt = want.attempt;
    outcome.status =
        want.kind == vm::WantKind::Cancel ? vm::OutcomeStatus::Cancelled : vm::OutcomeStatus::Ok;
    const auto type = image.steps[want.step].result_type;
    outcome.value = some_value(image.types, type);
    if (outcome.status == vm::OutcomeStatus::Ok && check_value(image.types, type, outcome.value)) {
        outcome.status = vm::OutcomeStatus::Failed;
        outcome.value = {};
        outcome.error = "Invalid";
    }
    return outcome;
}

void run(const std::shared_ptr<const Image>& image, std::uint32_t workflow) {
    constexpr int kFactsMax = 40;
    const auto& row = image->workflows[workflow];
    vm::Begin begin;
    begin.workflow = workflow;
    auto input = parameters(*image, row.parameters);
    auto tunes = parameters(*image, row.tunes);
    if (!input || !tunes) return;
    begin.input = *input;
    begin.tunes = *tunes;
    vm::Machine machine(image, begin);
    machine.start();
    std::int64_t now_ms = 0;
    for (int i = 0; i < kFactsMax && !vm::is_ended(machine.status()); ++i) {
        std::optional<vm::Fact> fact;
        for (const auto& want : machine.wants()) {
            if (want.kind == vm::WantKind::Timer) now_ms = std::max(now_ms, want.due_ms);
            if ((fact = answer(*image, want))) break;
        }
        if (!fact) fact = vm::CancelFact{"fuzz", "nothing else can happen"};
        machine.apply(*fact, now_ms);
    }
}

// A golden's program ends where what is expected of it begins.
std::string image_of(const std::string& source) {
    auto compiled = compile_text(source.substr(0, source.find("\n//---")));
    if (!compiled.ok) return {};
    const auto image = lower(compiled.module, compiled.diagnostics);
    return image ? encode_image(*image) : std::string();
}

}  // namespace

void play_image(const std::shared_ptr<const Image>& image) {
    for (std::uint32_t i = 0; i < image->workflows.size() && i < 4; ++i) run(image, i);
}

std::vector<std::string> images_under(const std::vector<std::string>& folders) {
    std::vector<std::string> out;
    for (const auto& folder : folders) {
        for (const auto& source : files_under(folder, ".wf")) {
            if (auto bytes = image_of(source); !bytes.empty()) out.push_back(std::move(bytes));
        }
    }
    return out;
}

}  // namespace weft::fuzz
