// The public Engine and Client over the engine's core, requests and socket.
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "api/program_data.h"
#include "api/standard_workers.h"
#include "engine/client.h"
#include "engine/core.h"
#include "engine/exact_numbers.h"
#include "engine/requests.h"
#include "engine/run_end.h"
#include "engine/server.h"
#include "engine/status.h"
#include "stdlib/native.h"
#include "value/json_text.h"
#include "weft/engine.h"

namespace weft {
namespace {

std::string user_name() {
    if (const passwd* entry = ::getpwuid(::geteuid())) return entry->pw_name;
    return fmt::format("uid {}", ::geteuid());
}

engine::CoreOptions core_options(const EngineOptions& options) {
    engine::CoreOptions out;
    out.store = options.store;
    out.config = options.config;
    out.create = options.create;
    out.brief = options.brief;
    out.threads = options.threads;
    return out;
}

void add_standard_library(engine::Core& core) {
    for (auto& worker : standard_workers(core.config())) {
        core.add_worker(worker.name, std::move(worker.run));
    }
    core.keep_notes("notify.", stdlib::notify_notes());
}

// {"path": "…"} becomes {"upload": "n"}, its bytes go to the request.
Result<void> read_paths(JsonNode& node, engine::StartRequest& request) {
    bool path = node.kind == JsonNode::Kind::Object && node.names.size() == 1 &&
                node.names[0] == "path" && node.items[0].kind == JsonNode::Kind::Text;
    if (path) {
        std::filesystem::path file(node.items[0].text);
        std::ifstream in(file, std::ios::binary);
        std::stringstream bytes;
        bytes << in.rdbuf();
        if (!in || !bytes) {
            return fail(ErrorKind::NotFound, fmt::format("{} cannot be read", file.string()));
        }
        std::string id = std::to_string(request.uploads.size());
        request.uploads[id] = {file.filename().string(), bytes.str()};
        node.names[0] = "upload";
        node.items[0].text = id;
        return {};
    }
    for (auto& child : node.items) WEFT_TRY_VOID(read_paths(child, request));
    return {};
}

}  // namespace

struct Engine::Impl {
    using Told = std::function<void(const RunReport&)>;

    std::unique_ptr<engine::Core> core;
    std::unique_ptr<engine::Requests> requests;
    engine::Uploads uploads;
    std::unique_ptr<engine::Server> server;
    std::multimap<store::RunId, Told> awaited;
    std::vector<std::pair<Told, RunReport>> ended;  // in the turn that is under way

    void note_end(const engine::LiveRun& run);
    Result<engine::Core::Started> start(const Program& program, std::string_view workflow,
                                        std::string_view input, bool soon);
    Result<void> turn(std::chrono::milliseconds wait_at_most);
};

namespace {

// Of a status as the protocol has it.
RunReport report_of(const nlohmann::ordered_json& status) {
    RunReport report;
    report.run = status["run"];
    const std::string word = status["status"];
    for (int i = 0; i <= static_cast<int>(RunState::Killed); ++i) {
        if (engine::status_name(static_cast<vm::RunStatus>(i)) == word)
            report.state = static_cast<RunState>(i);
    }
    if (status.contains("result")) report.result = reveal_numbers(status["result"].dump());
    if (status.contains("error")) report.result = reveal_numbers(status["error"].dump());
    report.spent_micros = status["spent_micros"];
    report.currency = status["currency"];
    return report;
}

}  // namespace

void Engine::Impl::note_end(const engine::LiveRun& run) {
    const auto [first, last] = awaited.equal_range(run.id());
    if (first == last) return;
    nlohmann::ordered_json status;
    status["run"] = to_hex(view(run.id()));
    status["status"] = engine::status_name(run.machine().status());
    engine::put_end(run.image(), run.workflow(), run.machine(), status);
    const auto report = report_of(status);
    for (auto told = first; told != last; ++told)
        ended.emplace_back(std::move(told->second), report);
    awaited.erase(first, last);
}

Result<void> Engine::Impl::turn(std::chrono::milliseconds wait_at_most) {
    auto done = core->turn(ended.empty() ? wait_at_most : std::chrono::milliseconds(0));
    const auto over = std::exchange(ended, {});
    // An end that is not written is none.
    if (core->failure()) return done;
    for (const auto& [told, report] : over) told(report);
    return done;
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::open(const EngineOptions& options) {
    auto impl = std::make_unique<Impl>();
    WEFT_TRY(core, engine::Core::open(core_options(options)));
    impl->core = std::move(core);
    add_standard_library(*impl->core);
    impl->requests = std::make_unique<engine::Requests>(*impl->core);
    impl->core->on_end([impl = impl.get()](const engine::LiveRun& run) { impl->note_end(run); });
    if (options.serve) {
        WEFT_TRY(server, engine::Server::open(*impl->core, *impl->requests));
        impl->server = std::move(server);
    }
    return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

void Engine::add_worker(std::string name, WorkerFunction function) {
    impl_->core->add_worker(std::move(name), std::move(function));
}

void Engine::add_transaction(std::string name, TransactionFunction function) {
    impl_->core->add_transaction(std::move(name), std::move(function));
}

Result<void> Engine::transact(const std::function<Result<void>(Transaction&)>& work) {
    return impl_->core->transact(work);
}

Result<engine::Core::Started> Engine::Impl::start(const Program& program, std::string_view workflow,
                                                  std::string_view input, bool soon) {
    engine::StartRequest request;
    const auto& data = program.data();
    request.program = {data.image, data.encoded, data.ir, data.source};
    request.workflow = workflow;
    request.actor = user_name();
    auto tree = parse_json(input.empty() ? "{}" : input);
    if (!tree) return fail(ErrorKind::Usage, "the input is not JSON: " + tree.error());
    WEFT_TRY_VOID(read_paths(*tree, request));
    write_json(*tree, request.input);
    return soon ? core->start_soon(std::move(request)) : core->start(std::move(request));
}

Result<std::string> Engine::start(const Program& program, std::string_view workflow,
                                  std::string_view input) {
    WEFT_TRY(started, impl_->start(program, workflow, input, false));
    return to_hex(view(started.run));
}

Result<std::string> Engine::start_soon(const Program& program, std::string_view workflow,
                                       std::string_view input,
                                       std::function<void(const RunReport&)> ended) {
    WEFT_TRY(started, impl_->start(program, workflow, input, true));
    std::string run = to_hex(view(started.run));
    if (!ended) return run;
    if (started.existed && impl_->core->live(started.run) == nullptr) {
        // A run that has this key may have ended long ago.
        WEFT_TRY(text, request("status", nlohmann::json{{"run", run}}.dump()));
        const auto status = nlohmann::ordered_json::parse(hide_numbers(text));
        if (status.contains("ended")) {
            impl_->ended.emplace_back(std::move(ended), report_of(status));
            return run;
        }
    }
    impl_->awaited.emplace(started.run, std::move(ended));
    return run;
}

Result<void> Engine::serve(const Program& program, std::string_view name) {
    const auto& data = program.data();
    return impl_->core->serve(std::string(name), {data.image, data.encoded, data.ir, data.source});
}

bool Engine::busy() const {
    return !impl_->ended.empty() || impl_->core->busy();
}

Result<void> Engine::turn(std::chrono::milliseconds wait_at_most) {
    return impl_->turn(wait_at_most);
}

Result<RunReport> Engine::wait(std::string_view run) {
    // What was begun since the last turn is in the store then.
    WEFT_TRY_VOID(impl_->turn(std::chrono::milliseconds(0)));
    while (true) {
        nlohmann::json params = {{"run", run}};
        WEFT_TRY(text, request("status", params.dump()));
        const auto status = nlohmann::ordered_json::parse(hide_numbers(text));
        const std::string word = status["status"];
        if (status.contains("ended") || word == "held" || word == "stuck") return report_of(status);
        WEFT_TRY_VOID(impl_->turn(std::chrono::milliseconds(500)));
    }
}

Result<std::string> Engine::request(std::string_view method, std::string_view parameters) {
    WEFT_TRY(begun, impl_->requests->begin(method, parameters, user_name(), impl_->uploads));
    if (auto* text = std::get_if<std::string>(&begun)) return std::move(*text);
    auto& job = std::get<std::unique_ptr<engine::Job>>(begun);
    while (true) {
        WEFT_TRY(text, impl_->requests->advance(*job));
        if (text) return std::move(*text);
        // What others have asked for, and their runs, go on between the slices; and what is waited
        // for comes by a turn.
        const auto patience = job->patience();
        if (impl_->server || patience.count() > 0) WEFT_TRY_VOID(impl_->turn(patience));
    }
}

Result<void> Engine::close() {
    impl_->server.reset();
    return impl_->core->close();
}

Result<std::unique_ptr<Client>> Client::connect(const EngineOptions& options) {
    return engine::connect_client(core_options(options));
}

}  // namespace weft
