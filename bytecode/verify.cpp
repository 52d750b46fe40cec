// verify_image, and its rules about tables.
#include "bytecode/verify.h"

#include <algorithm>
#include <optional>

#include "bytecode/opcode_info.h"

namespace weft {
namespace verify {
namespace {

// Longer than any workflow lives; keeps every sum of times far from overflow.
constexpr std::int64_t kDurationMaxMs = 1'000LL * 366 * 86'400'000;

std::unexpected<Error> bad(std::string what) {
    return fail(ErrorKind::Corrupt, std::move(what));
}

// name, message, step, attempts and the error's own fields
constexpr std::size_t kErrorParts = 5;

bool is_duration(std::int64_t ms) {
    return ms >= 0 && ms <= kDurationMaxMs;
}
// An empty text means none.
bool is_currency_or_none(const std::string& text) {
    return text.empty() || text.size() == 3;
}

class Tables {
  public:
    explicit Tables(const Image& image) : image_(image) {}

    Result<void> check() {
        if (image_.semantics != kSemantics) {
            return fail(ErrorKind::Unsupported,
                        "the image has semantics " + std::to_string(image_.semantics) +
                            ", this engine runs " + std::to_string(kSemantics));
        }
        if (image_.functions.size() > kFunctionsMax) return bad("too many functions");
        if (!types()) return bad(what_);
        if (!workers() || !steps() || !subs() || !forks() || !blocks() || !gates() || !reviews() ||
            !waits() || !events_and_prompts()) {
            return bad(what_);
        }
        for (std::size_t i = 0; i < image_.workflows.size(); ++i) {
            if (!workflow(i)) return bad("workflow " + std::to_string(i) + ": " + what_);
        }
        if (!schedules() || !errors() || !migrates()) return bad(what_);
        return {};
    }

  private:
    bool wrong(std::string what) {
        what_ = std::move(what);
        return false;
    }
    bool is_type(TypeId id) const { return id.index < image_.types.size(); }
    bool is_function(std::uint32_t row, FunctionKind kind) const {
        return row < image_.functions.size() && image_.functions[row].kind == kind;
    }

    // TypeTable::decode has proved the table's shape; predicates point into the image.
    bool types() {
        for (std::uint32_t i = 0; i < image_.types.size(); ++i) {
            for (const auto& constraint : image_.types[TypeId{i}].constraints) {
                if (constraint.kind != Constraint::Kind::Function) continue;
                if (!is_function(constraint.function, FunctionKind::Pure) ||
                    image_.functions[constraint.function].parameters != 1) {
                    return wrong("type " + std::to_string(i) +
                                 ": its predicate is no pure function of one value");
                }
            }
        }
        return true;
    }

    bool workers() {
        for (const auto& row : image_.workers) {
            if (row.effect > EffectClass::Transaction)
                return wrong(row.name + ": unknown effect class");
            const auto& pacing = row.pacing;
            if (!is_duration(row.window_ms) || !is_duration(row.settle_ms) ||
                !is_duration(pacing.rate_period_ms) || !is_duration(pacing.breaker_window_ms) ||
                !is_duration(pacing.breaker_open_ms)) {
                return wrong(row.name + ": a duration out of range");
            }
            if (row.reserve_micros < 0 || !is_currency_or_none(row.reserve_currency)) {
                return wrong(row.name + ": no sensible cost");
            }
            if (row.probe == WorkerRow::kNoRow) continue;
            if (row.probe >= image_.workers.size() ||
                image_.workers[row.probe].effect != EffectClass::Read) {
                return wrong(row.name + ": its probe is no read worker");
            }
        }
        return true;
    }

    bool steps() {
        for (const auto& row : image_.steps) {
            if (row.worker >= image_.workers.size()) return wrong(row.path + ": no such worker");
            if (row.argument_types.size() != image_.workers[row.worker].parameters.size()) {
                return wrong(row.path + ": not as many arguments as its worker has parameters");
            }
            if (!std::ranges::all_of(row.argument_types, [&](TypeId id) { return is_type(id); }) ||
                !is_type(row.result_type)) {
                return wrong(row.path + ": no such type");
            }
            if (!policy(row.policy) || !is_duration(row.cache_ms)) {
                return wrong(row.path + ": a duration out of range");
            }
            if (row.cache_ms > 0 && image_.workers[row.worker].effect != EffectClass::Read) {
                return wrong(row.path + ": caches an effect that is no read");
            }
        }
        return true;
    }

    bool subs() {
        for (const auto& row : image_.subs) {
            if (row.workflow >= image_.workflows.size()) return wrong(row.path + ": runs nothing");
            if (!is_duration(row.within_ms)) return wrong(row.path + ": a duration out of range");
        }
        return true;
    }

    static bool policy(const Policy& policy) {
        return is_duration(policy.timeout_ms) && is_duration(policy.within_ms) &&
               is_duration(policy.backoff_first_ms) && is_duration(policy.backoff_cap_ms);
    }

    bool forks() {
        for (const auto& row : image_.forks) {
            if (row.limit == 0) return wrong(row.path + ": runs no branch at once");
            if (!is_type(row.result_type)) return wrong(row.path + ": no such type");
            if (row.branches.empty()) {
                if (row.join != JoinRule::All && row.join != JoinRule::Collect) {
                    return wrong(row.path + ": no such join over a list");
                }
                if (!is_function(row.function, FunctionKind::Branch)) {
                    return wrong(row.path + ": forks no branch function");
                }
                if (image_.functions[row.function].parameters == 0) {
                    return wrong(row.path + ": a branch without its item");
                }
            } else if (!branches(row)) {
                return false;
            }
        }
        return true;
    }

    bool branches(const ForkRow& row) {
        if (row.branches.size() > kBranchesMax) return wrong(row.path + ": too many branches");
        if (row.join >= JoinRule::Collect) return wrong(row.path + ": no such join of branches");
        if (row.join == JoinRule::Ok && (row.bound == 0 || row.bound > row.branches.size())) {
            return wrong(row.path + ": its join can never be met");
        }
        std::optional<std::uint32_t> captures;
        for (const auto& branch : row.branches) {
            if (!is_function(branch.function, FunctionKind::Branch)) {
                return wrong(row.path + ": forks no branch function");
            }
            for (const auto other : branch.after) {
                if (other >= row.branches.size()) return wrong(row.path + ": no such branch");
            }
            const std::uint32_t parameters = image_.functions[branch.function].parameters;
            const auto waits = static_cast<std::uint32_t>(branch.after.size());
            if (parameters < waits || captures.value_or(parameters - waits) != parameters - waits) {
                return wrong(row.path + ": its branches do not take the same captures");
            }
            captures = parameters - waits;
        }
        return can_all_start(row.branches) ||
               wrong(row.path + ": its branches wait for each other");
    }

    static bool can_all_start(const std::vector<BranchRow>& branches) {
        std::vector<std::size_t> waits;
        std::vector<std::vector<std::size_t>> waited_for(branches.size());
        std::vector<std::size_t> able;
        for (std::size_t i = 0; i < branches.size(); ++i) {
            waits.push_back(branches[i].after.size());
            for (const auto other : branches[i].after) waited_for[other].push_back(i);
            if (waits.back() == 0) able.push_back(i);
        }
        std::size_t started = 0;
        while (!able.empty()) {
            const auto next = able.back();
            able.pop_back();
            ++started;
            for (const auto other : waited_for[next]) {
                if (--waits[other] == 0) able.push_back(other);
            }
        }
        return started == branches.size();
    }

    bool blocks() {
        for (const auto& row : image_.blocks) {
            if (!policy(row.policy)) return wrong(row.path + ": a duration out of range");
        }
        return true;
    }

    bool gates() {
        for (const auto& row : image_.gates) {
            if (row.requirements.size() > 255) return wrong(row.path + ": too many requirements");
        }
        return true;
    }

    bool reviews() {
        for (const auto& row : image_.reviews) {
            if (row.names.size() != row.types.size()) {
                return wrong(row.path + ": not one name a value");
            }
            if (!std::ranges::all_of(row.types, [&](TypeId id) { return is_type(id); })) {
                return wrong(row.path + ": no such type");
            }
            if (row.roles.empty() || row.roles.size() > 0xFFFF || row.approvals_needed == 0) {
                return wrong(row.path + ": nobody can approve");
            }
            if (!is_duration(row.within_ms)) return wrong(row.path + ": a duration out of range");
            if (row.end > ReviewEnd::Reject) return wrong(row.path + ": an unknown end");
            if (row.form.has_value() && !is_type(row.form)) {
                return wrong(row.path + ": no such type");
            }
            if (!std::ranges::all_of(row.lines, [](const ReviewLine& line) {
                    return !line.roles.empty() && line.roles.size() <= 0xFFFF;
                })) {
                return wrong(row.path + ": nobody can approve");
            }
        }
        return true;
    }

    bool waits() {
        for (const auto& row : image_.waits) {
            if (row.signals.empty()) return wrong(row.path + ": waits for nothing");
        }
        return true;
    }

    bool events_and_prompts() {
        for (const auto& row : image_.events) {
            if (!is_type(row.type)) return wrong(row.name + ": no such type");
        }
        for (const auto& row : image_.prompts) {
            if (!is_type(row.type) || image_.types[row.type].kind != TypeKind::Prompt) {
                return wrong(row.name + ": its type is no prompt");
            }
        }
        return true;
    }

    bool parameter(const ParameterRow& row, bool needs_default) {
        if (!is_type(row.type)) return wrong(row.name + ": no such type");
        if (needs_default && !row.has_default) return wrong(row.name + ": has no default");
        if (row.has_default && check_value(image_.types, row.type, row.default_value)) {
            return wrong(row.name + ": its default does not fit its type");
        }
        return true;
    }

    bool is_input_function(std::uint32_t function, const WorkflowRow& row) const {
        return function == WorkerRow::kNoRow ||
               (is_function(function, FunctionKind::Pure) &&
                image_.functions[function].parameters == row.parameters.size());
    }

    bool hook(const WorkflowRow& row, std::uint32_t function, std::size_t own,
              const std::vector<std::uint16_t>& slots) const {
        if (function == WorkerRow::kNoRow) return slots.empty();
        const auto expected = own + row.parameters.size() + row.tunes.size() + slots.size();
        const auto named = image_.functions[row.function].named_slots;
        return is_function(function, FunctionKind::Hook) &&
               image_.functions[function].parameters == expected &&
               std::ranges::all_of(slots, [&](std::uint16_t slot) { return slot < named; });
    }

    bool workflow(std::size_t number) {
        const auto& row = image_.workflows[number];
        if (!is_function(row.function, FunctionKind::Workflow)) return wrong("no such function");
        if (image_.functions[row.function].parameters != row.parameters.size() + row.tunes.size()) {
            return wrong("its function does not take its parameters and tune values");
        }
        for (const auto& item : row.parameters) {
            if (!parameter(item, false)) return false;
        }
        for (const auto& item : row.tunes) {
            if (!parameter(item, true)) return false;
        }
        if (!is_type(row.result_type)) return wrong("no such type");
        for (const auto& signal : row.signals) {
            if (!is_type(signal.type)) return wrong(signal.name + ": no such type");
        }
        if (!is_duration(row.within_ms) || !is_duration(row.retain_ms)) {
            return wrong("a duration out of range");
        }
        if (!is_input_function(row.key_function, row) ||
            !is_input_function(row.subject_function, row) ||
            !is_input_function(row.until_function, row)) {
            return wrong("its key, subject or last moment is no pure function of its parameters");
        }
        if (!hook(row, row.before_function, 1, {}) || !hook(row, row.after_function, 2, {}) ||
            !hook(row, row.retry_function, 2, {}) ||
            !hook(row, row.failure_function, 1, row.failure_slots) ||
            !hook(row, row.finally_function, 0, row.finally_slots)) {
            return wrong("a hook of it is no hook, or takes other values");
        }
        if (row.has_budget && (row.budget_micros < 0 || row.budget_currency.size() != 3)) {
            return wrong("no sensible budget");
        }
        return true;
    }

    bool errors() {
        for (const auto& row : image_.errors) {
            const bool is_known = is_type(row.fields) && is_type(row.whole);
            if (!is_known || image_.types[row.fields].kind != TypeKind::Record) {
                return wrong(row.name + ": its fields are no record");
            }
            const auto& whole = image_.types[row.whole];
            if (whole.kind != TypeKind::Record || whole.fields.size() != kErrorParts ||
                whole.fields.back().type != row.fields) {
                return wrong(row.name + ": its type is not that of an error");
            }
        }
        return true;
    }

    bool schedules() {
        constexpr std::uint16_t kMinutesOfDay = 24 * 60;
        constexpr std::int64_t kOftenMs = 1000;  // once a second
        for (const auto& row : image_.schedules) {
            if (row.workflow >= image_.workflows.size()) return wrong(row.name + ": runs nothing");
            const auto& parameters = image_.workflows[row.workflow].parameters;
            if (row.input.tag() != Tag::Record || row.input.items().size() != parameters.size()) {
                return wrong(row.name + ": not one value a parameter");
            }
            for (std::size_t i = 0; i < parameters.size(); ++i) {
                if (check_value(image_.types, parameters[i].type, row.input.items()[i])) {
                    return wrong(row.name + ": a value that does not fit its parameter");
                }
            }
            if (!is_duration(row.every_ms) || !is_duration(row.catch_up_ms) ||
                (row.every_ms > 0 && row.every_ms < kOftenMs) || row.overlap > Overlap::Allow ||
                (row.every_ms == 0) == row.at_minutes.empty() ||
                !std::ranges::all_of(row.at_minutes,
                                     [](auto minute) { return minute < kMinutesOfDay; })) {
                return wrong(row.name + ": no sensible time");
            }
        }
        return true;
    }

    bool migrates() {
        for (const auto& row : image_.migrates) {
            if (row.workflow >= image_.workflows.size()) return wrong("a migration of nothing");
            for (const auto& step : row.steps) {
                const auto known = [&](const StepRow& other) { return other.path == step.path; };
                if (!std::ranges::any_of(image_.steps, known)) {
                    return wrong(step.path + ": a migration of no step");
                }
                if (!is_function(step.function, FunctionKind::Pure) ||
                    image_.functions[step.function].parameters != step.reads.size() ||
                    step.types.size() != step.reads.size()) {
                    return wrong(step.path + ": its migration is no function of what it reads");
                }
                if (!std::ranges::all_of(step.types, [&](TypeId id) { return is_type(id); })) {
                    return wrong(step.path + ": no such type");
                }
            }
        }
        return true;
    }

    const Image& image_;
    std::string what_;
};

}  // namespace

std::unexpected<Error> bad_code(const Image& image, std::uint32_t function, std::uint32_t pc,
                                const std::string& what) {
    const auto& row = image.functions[function];
    std::string where = "function " + std::to_string(function) + " (" + row.name + ")";
    if (pc < row.code.size()) {
        const auto* info = opcode_info(row.code[pc].op);
        where += ", instruction " + std::to_string(pc);
        if (info != nullptr) where += " (" + std::string(info->mnemonic) + ")";
    }
    return bad(where + ": " + what);
}

std::uint32_t registers_behind(const Image& image, const Instruction& x) {
    if (x.op == Opcode::Gate || x.op == Opcode::RunSubUntil) return 1;
    const bool calls = x.op == Opcode::CallStep || x.op == Opcode::CallUntil;
    if (!calls || x.d >= image.sites.size()) return 0;
    const auto& site = image.sites[x.d];
    const bool is_step = site.kind == SiteKind::Step && site.row < image.steps.size();
    if (!is_step) return 0;
    return image.steps[site.row].key_registers() + (x.op == Opcode::CallUntil ? 1U : 0U);
}

std::uint32_t captures_of(const Image& image, const ForkRow& row) {
    if (row.branches.empty()) return image.functions[row.function].parameters - 1U;
    const auto& first = row.branches.front();
    return image.functions[first.function].parameters -
           static_cast<std::uint32_t>(first.after.size());
}

Result<void> tables(const Image& image) {
    return Tables(image).check();
}

}  // namespace verify

Result<void> verify_image(const Image& image) {
    WEFT_TRY_VOID(verify::tables(image));
    const auto count = static_cast<std::uint32_t>(image.functions.size());
    for (std::uint32_t i = 0; i < count; ++i) WEFT_TRY_VOID(verify::code(image, i));
    WEFT_TRY_VOID(verify::sites(image));
    WEFT_TRY_VOID(verify::no_recursion(image));
    for (std::uint32_t i = 0; i < count; ++i) WEFT_TRY_VOID(verify::flow(image, i));
    WEFT_TRY_VOID(verify::certificate(image));
    return verify::labels(image);
}

}  // namespace weft
