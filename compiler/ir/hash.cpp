// The canonical form that names a program: every table of the module in order, field by field, with
// lengths before lists, and nothing that only people see (spans, doc comments, texts "as written").
// The store keeps it with each program so that the hash can be checked; it has no reader, but it
// must not change for equal programs.
#include "base/hash.h"
#include "base/bytes.h"
#include "compiler/ir/module.h"

namespace weft::ir {

namespace {

constexpr std::string_view kForm = "weft program 1";

class Canonical {
  public:
    std::string of(const Module& module) {
        write(std::string(kForm));
        std::string types;
        module.types.encode(types);
        write(types);
        each(module.locals);
        each(module.exprs);
        each(module.stmts);
        each(module.blocks);
        each(module.lambdas);
        each(module.fns);
        each(module.predicates);
        each(module.prompts);
        each(module.workers);
        each(module.steps);
        each(module.eaches);
        each(module.ifs);
        each(module.gates);
        each(module.parallels);
        each(module.repeats);
        each(module.waits);
        each(module.reviews);
        each(module.locks);
        each(module.workflows);
        each(module.schedules);
        if (!module.errors.empty()) each(module.errors);
        // Came later: a program without any has the hash that it had before.
        if (!module.migrates.empty()) each(module.migrates);
        return out_.take();
    }

  private:
    template <typename List>
    void each(const List& list) {
        out_.u32(static_cast<std::uint32_t>(list.size()));
        for (const auto& item : list) write(item);
    }
    template <typename... Parts>
    void all(const Parts&... parts) {
        (write(parts), ...);
    }

    void write(bool v) { out_.u8(v ? 1 : 0); }
    void write(std::uint16_t v) { out_.u16(v); }
    void write(std::uint32_t v) { out_.u32(v); }
    void write(std::int64_t v) { out_.i64(v); }
    void write(const std::string& v) { out_.block(v); }
    void write(const Value& v) { out_.block(canonical(v)); }
    template <typename Tag>
    void write(Id<Tag> id) {
        out_.u32(id.index);
    }
    template <typename Enum>
        requires std::is_enum_v<Enum>
    void write(Enum e) {
        out_.u8(static_cast<std::uint8_t>(e));
    }
    template <typename T>
    void write(const std::vector<T>& list) {
        each(list);
    }
    template <typename A, typename B>
    void write(const std::pair<A, B>& pair) {
        all(pair.first, pair.second);
    }
    template <typename T>
    void write(const std::optional<T>& v) {
        write(v.has_value());
        if (v) write(*v);
    }

    void write(const Local& v) { all(v.was.empty() ? v.name : v.was, v.type); }
    void write(const Expr& v) {
        all(v.kind, v.type, v.a, v.b, v.args, v.local, v.index, v.extra, v.list_op, v.value,
            v.text);
    }
    void write(const Lambda& v) { all(v.parameters, v.body); }
    void write(const Fn& v) { all(v.name, v.parameters, v.result, v.body); }
    void write(const Predicate& v) { all(v.it, v.body); }
    void write(const Prompt& v) { all(v.name, v.parameters, v.type, v.system, v.user); }
    void write(const Handler& v) { all(v.errors, v.error, v.body); }
    void write(const Undo& v) { all(v.kind, v.reason, v.even_in_doubt, v.body); }
    void write(const Policy& v) {
        all(v.timeout_ms, v.within_ms, v.retries, v.retry_on, v.backoff_first_ms, v.backoff_cap_ms,
            v.then_hold);
    }
    void write(const Step& v) {
        all(v.path, v.result, v.worker, v.workflow, v.detached, v.args, v.argument_types,
            v.result_type, v.body, v.when, v.until, v.key, v.cache, v.cache_ms, v.policy,
            v.handlers, v.undo);
    }
    void write(const Each& v) {
        all(v.path, v.result, v.item, v.list, v.limit, v.collects, v.errors_max, v.body, v.undo);
    }
    void write(const ParallelBranch& v) { all(v.path, v.body, v.value, v.result); }
    void write(const Parallel& v) {
        all(v.path, v.join, v.needed, v.gives_one, v.branches, v.result);
    }
    void write(const Repeat& v) {
        all(v.path, v.item, v.initial, v.times, v.body, v.else_block, v.result);
    }
    void write(const Requirement& v) { all(v.steps, v.condition, v.score, v.threshold, v.op); }
    void write(const Rung& v) {
        all(v.kind, v.from, v.with, v.times, v.values, v.terms, v.value, v.body);
    }
    void write(const ReviewLine& v) { all(v.roles, v.deadline); }
    void write(const ReviewTerms& v) { all(v.lines, v.end, v.approvals_needed, v.except, v.form); }
    void write(const Review& v) { all(v.path, v.values, v.names, v.terms, v.result, v.reviewed); }
    void write(const Signal& v) { all(v.was.empty() ? v.name : v.was, v.type); }
    void write(const WaitArm& v) { all(v.signal, v.value, v.body); }
    void write(const Wait& v) { all(v.path, v.arms, v.deadline, v.else_block, v.result); }
    void write(const Lock& v) { all(v.path, v.keys, v.deadline, v.else_block); }
    void write(const Gate& v) { all(v.path, v.name, v.verdict, v.requirements, v.rungs); }
    void write(const If& v) { all(v.condition, v.then_block, v.else_block, v.result); }
    void write(const Stmt& v) { all(v.kind, v.row, v.local, v.expr, v.name); }
    void write(const Block& v) { all(v.stmts, v.value, v.type, v.leaves); }
    void write(const WorkflowParameter& v) { all(v.local, v.default_value); }
    void write(const Workflow& v) {
        all(v.name, v.parameters, v.tunes, v.result, v.within_ms, v.has_budget, v.budget_micros,
            v.budget_currency, v.retain_ms, v.signals, v.key, v.subject, v.strict_order, v.body,
            v.before_step, v.after_step, v.on_retry, v.on_failure, v.finally);
        if (v.until.has_value()) write(v.until);
    }
    void write(const Hook& v) { all(v.own, v.steps, v.body); }
    void write(const Schedule& v) {
        all(v.row.name, v.row.workflow, v.row.input, v.row.at_minutes, v.row.every_ms, v.row.zone,
            v.row.overlap, v.row.catch_up_ms);
    }
    void write(const Migrate& v) { all(v.workflow, v.from, v.mappings); }
    void write(const Migrate::Mapping& v) { all(v.path, v.value, v.reads, v.paths); }
    void write(const WorkerRow& v) {
        all(v.was.empty() ? v.name : v.was, v.effect, v.window_ms, v.irreversible, v.untrusted,
            v.settle_ms, v.fails, v.parameters, v.reserve_micros, v.reserve_currency, v.pacing);
    }
    void write(const Pacing& v) {
        all(v.at_once, v.rate_count, v.rate_period_ms, v.breaker_failures, v.breaker_window_ms,
            v.breaker_open_ms);
    }
    void write(const ErrorRow& v) { all(v.name, v.fields, v.whole); }
    void write(const Worker& v) { all(v.row, v.probe, v.policy, v.parameter_types); }

    ByteWriter out_;
};

}  // namespace

std::string canonical_form(const Module& module) {
    return Canonical().of(module);
}

Hash program_hash(const Module& module) {
    return sha256(canonical_form(module));
}

}  // namespace weft::ir
