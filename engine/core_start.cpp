// Opening an engine, beginning runs, taking runs up again.
#include <fmt/format.h>
#include <sys/eventfd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/hash.h"
#include "engine/core_gathered.h"
#include "engine/run_input.h"
#include "engine/worker_pool.h"
#include "store/key_file.h"
#include "vm/worker_border.h"

namespace weft::engine {
namespace {

// By status, of which there is an index: a store may hold many runs that have ended.
Result<bool> has_live_run(store::Store& store) {
    using enum vm::RunStatus;
    for (const auto status : {Running, Waiting, Held, Stuck}) {
        store::RunFilter filter;
        filter.statuses = {static_cast<std::int32_t>(status)};
        filter.limit = 1;
        WEFT_TRY(rows, store.runs(filter));
        if (!rows.empty()) return true;
    }
    return false;
}

template <typename Rows>
void add_rows(Rows& to, Rows& rows) {
    to.insert(to.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
}

void add_to(store::Batch& batch, store::Batch own) {
    add_rows(batch.runs, own.runs);
    add_rows(batch.appends, own.appends);
    add_rows(batch.wakes, own.wakes);
    add_rows(batch.inbox, own.inbox);
    add_rows(batch.inbox_taken, own.inbox_taken);
    add_rows(batch.changes, own.changes);
}

}  // namespace

Result<std::unique_ptr<Core>> Core::open(const CoreOptions& options) {
    WEFT_TRY(config, load_config(options.config));
    CoreOptions settled = options;
    if (settled.store.empty()) settled.store = config.store.empty() ? "weft.store" : config.store;
    if (!options.create && !std::filesystem::exists(settled.store)) {
        return fail(ErrorKind::NotFound, fmt::format("there is no store at {}", settled.store),
                    "`weft run` makes one; --store names another");
    }
    WEFT_TRY(lock, store::OwnerLock::acquire(settled.store));
    // Gone through and let go: no child of a former engine is left once it was ours alone.
    WEFT_TRY(alone, store::ChildrenLock::wait_alone(settled.store, 5000));
    static_cast<void>(alone);
    auto core = std::unique_ptr<Core>(new Core(settled, config, std::move(lock)));
    store::OpenOptions open;
    open.keys = config.keys;
    open.create = options.create;
    open.brief = options.brief;
    open.accept_damage = options.accept_damage;
    open.entropy = options.entropy;
    WEFT_TRY(opened, store::open_sqlite_store(settled.store, open));
    core->store_ = std::move(opened);
    core->size_at_open_ = core->store_->log_size();
    core->places_ = {core->store_->path() + ".state", core->store_->path() + ".children"};
    core->wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (core->wake_fd_ < 0) return fail(ErrorKind::Environment, "eventfd failed");
    const auto notify = [core = core.get()] { core->wake(); };
    core->pool_ = options.runner
                      ? options.runner(notify)
                      : std::make_unique<WorkerPool>(options.brief ? 0 : options.threads, notify);
    if (!options.brief && options.threads > 0 && core->pool_->size() == 0) {
        return fail(ErrorKind::Environment, "the system gives no thread for workers",
                    "end other programs, or raise the limit of processes (`ulimit -u`)");
    }
    core->ledger_ = std::make_unique<KeyLedger>(*core->store_);
    core->secrets_ = std::make_unique<SecretDesk>(*core->store_, core->config_);
    WEFT_TRY(system, SystemChain::open(*core->store_));
    core->system_ = std::move(system);
    core->locks_ = std::make_unique<LockTable>(*core->store_);
    WEFT_TRY(is_guarded, has_live_run(*core->store_));
    core->time_ =
        std::make_unique<EngineTime>(options.clock != nullptr ? *options.clock : system_clock(),
                                     core->system_->last_time_ms(), is_guarded);
    WEFT_TRY(redone, Erasure(*core->store_, *core->system_).redo(core->system_->last_time_ms()));
    static_cast<void>(redone);
    if (!options.brief) {
        WEFT_TRY_VOID(core->doubt_clock(core->system_->last_time_ms()));
        store::Batch batch;
        WEFT_TRY_VOID(core->system_->opened(core->time_->now(), batch));
        WEFT_TRY_VOID(core->commit(batch));
        WEFT_TRY_VOID(core->take_over_breakers());
    }
    return core;
}

Result<Core::Started> Core::start(StartRequest request) {
    WEFT_TRY(started, begin_run(std::move(request), begun_));
    WEFT_TRY_VOID(commit_begun());
    if (started.existed) WEFT_TRY_VOID(take_up(started.run));
    return started;
}

Result<void> Core::commit_begun() {
    Gathered batch(*this);
    WEFT_TRY_VOID(launch(batch));
    return commit(batch);
}

// A turn with more than that would keep what others wait for, and each keyed start looks at all.
constexpr std::size_t kBegunTogether = 1000;

Result<Core::Started> Core::start_soon(StartRequest request) {
    if (begun_.runs.size() >= kBegunTogether) WEFT_TRY_VOID(commit_begun());
    WEFT_TRY(started, begin_run(std::move(request), begun_));
    if (started.existed) WEFT_TRY_VOID(take_up(started.run));
    return started;
}

// The run that this very request began, also in a turn that is not committed yet.
Result<std::optional<Core::Started>> Core::started_before(const store::Tag& tag,
                                                          const store::Batch& batch) {
    for (const auto& row : batch.inbox) {
        if (row.tag == tag) return Started{row.run, true, true};
    }
    WEFT_TRY(before, taken_before(InboxKind::Start, tag));
    if (!before) return std::optional<Started>();
    return Started{before->run, true, true};
}

void Core::put_start(const store::RunId& run, const store::Tag& tag,
                     std::optional<std::uint64_t> seq, store::Batch& batch) {
    batch.inbox.push_back({run, static_cast<std::int32_t>(InboxKind::Start), tag, "", seq});
}

// Everything of a start but its commit. One that fails leaves nothing in the batch, which may hold
// what others have begun.
Result<Core::Started> Core::begin_run(StartRequest request, store::Batch& batch) {
    const Image& image = *request.program.image;
    const auto found = std::ranges::find(image.workflows, request.workflow, &WorkflowRow::name);
    if (found == image.workflows.end()) {
        return fail(ErrorKind::NotFound,
                    fmt::format("the program has no workflow `{}`", request.workflow));
    }
    if (store_->space() != store::Space::Plenty) {
        return fail(
            ErrorKind::Environment,
            fmt::format("the disk of {} is nearly full; no new run is taken", store_->path()),
            "free at least 64 MiB");
    }
    if (request.tag) {
        WEFT_TRY(before, started_before(*request.tag, batch));
        if (before) return *before;
    }
    store::Batch own;
    auto started = begin_new_run(request, *found, batch, own);
    if (!started) {
        for (const auto& row : own.runs) forget_begun(row.id);
        return started;
    }
    add_to(batch, std::move(own));
    return started;
}

Result<Core::Started> Core::begin_new_run(const StartRequest& request, const WorkflowRow& workflow,
                                          store::Batch& batch, store::Batch& own) {
    const Image& image = *request.program.image;
    std::int64_t now = time_->now();
    store::RunRow row;
    row.id = store_->entropy().bytes<16>();
    row.image = image_hash(request.program.encoded);
    row.begun_ms = now;
    WEFT_TRY(slot, store_->take_slot());
    row.slot = slot;
    WEFT_TRY(key, store_->keys().slot_key(slot));
    auto files = std::make_shared<RunFiles>(store_->files_folder(), row.id, key);
    store::Batch deposits;
    WEFT_TRY(given, read_run_input(image, workflow, request, *files, *secrets_));
    WEFT_TRY(input, secrets_->deposit_input(row, key, image, workflow, given, deposits));
    store::Batch freed;
    WEFT_TRY(known, run_of_key(image, workflow, input, row, batch, freed));
    if (known) {
        if (request.tag) put_start(*known, *request.tag, std::nullopt, own);
        return Started{*known, true, false};
    }
    WEFT_TRY(subjects, subjects_of(image, workflow, input));
    // The system chain has gone on by it in memory: it stands, whatever comes of the run.
    WEFT_TRY(actor, system_->actor(request.actor, now, batch));

    vm::Begin begin;
    begin.run = row.id;
    begin.seed = store_->entropy().bytes<32>();
    begin.workflow = static_cast<std::uint32_t>(&workflow - image.workflows.data());
    begin.input = std::move(input);
    std::vector<Value> tunes;
    for (const auto& tune : workflow.tunes) tunes.push_back(tune.default_value);
    begin.tunes = Value::record(std::move(tunes));
    begin.starter = request.actor;
    begin.subjects = std::move(subjects);
    begin.time_ms = now;

    own.changes.emplace_back(
        store::ProgramRow{image.program, request.program.ir, request.program.source});
    own.changes.emplace_back(
        store::ImageRow{row.image, image.program, image.semantics, request.program.encoded});
    for (const auto& file : files->take_new()) own.changes.emplace_back(file);
    for (auto& deposit : deposits.changes) own.changes.push_back(std::move(deposit));
    store::RunId id = row.id;
    BeginBody body;
    body.program = image.program;
    body.image = row.image;
    body.policy = sha256(config_.digest());
    body.semantics = image.semantics;
    body.actor = actor;
    body.start_tag = row.start_tag.value_or(store::Tag{});
    put_subjects(id, begin.subjects, own);
    if (request.tag) put_start(id, *request.tag, 0, own);
    WEFT_TRY(placed, place_run(row, key, request.program.image, begin, encode_body(body),
                               std::move(files), own));
    WEFT_TRY_VOID(begin_subs(*placed, own));
    // The key is theirs until it is this run's.
    own.runs.insert(own.runs.begin(), freed.runs.begin(), freed.runs.end());
    return Started{id, false, false};
}

Result<LiveRun*> Core::place_run(const store::RunRow& row, const store::Key& key,
                                 const std::shared_ptr<const Image>& image, const vm::Begin& begin,
                                 const std::string& body, std::shared_ptr<RunFiles> files,
                                 store::Batch& batch) {
    WEFT_TRY(run, LiveRun::begin(*store_, row, key, image, begin, body, batch));
    run->files = std::move(files);
    auto& placed = *runs_.emplace(row.id, std::move(run)).first->second;
    placed.arrival = ++arrivals_;
    touched_.insert(row.id);
    return &placed;
}

Result<void> Core::take_up(const store::RunId& id) {
    if (live(id) != nullptr) return {};
    Gathered batch(*this);
    auto loaded = load(id, batch);
    // What others have begun meanwhile is not lost with it.
    if (!loaded || *loaded == nullptr) {
        begun_ = batch.take();
        return loaded ? Result<void>() : std::unexpected(loaded.error());
    }
    const auto parent = (*loaded)->row().parent;
    WEFT_TRY_VOID(launch(batch));
    WEFT_TRY_VOID(commit(batch));
    // Whoever waits for it must be there when it ends; that one can't be taken up is its own
    // affair.
    if (parent) static_cast<void>(take_up(*parent));
    return take_up_subs(id);
}

// What the former owner had started and not seen the end of is in doubt; its children are dead (the
// children lock was waited for). The machine settles each by its class.
Result<void> Core::adopt(LiveRun& run, store::Batch& batch) {
    WEFT_TRY_VOID(feed_run(run, vm::ResumedFact{}, {}, batch));
    auto wants = run.machine().wants();
    for (const auto& want : wants) {
        if (want.kind != vm::WantKind::Outcome && want.kind != vm::WantKind::Cancel) continue;
        const auto lost = vm::unheard(want, "the engine ended while this attempt was under way");
        WEFT_TRY_VOID(feed_run(run, lost, {}, batch));
    }
    return {};
}

Result<std::size_t> Core::take_up_all() {
    store::RunFilter filter;
    filter.ended = false;
    filter.limit = 1'000'000;
    WEFT_TRY(rows, store_->runs(filter));
    std::size_t count = 0;
    for (const auto& row : rows) {
        WEFT_TRY_VOID(take_up(row.id));
        ++count;
    }
    return count;
}

}  // namespace weft::engine
