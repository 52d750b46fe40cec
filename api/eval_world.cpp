#include "api/eval_world.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <thread>

#include "api/standard_workers.h"
#include "base/hash.h"
#include "engine/media.h"
#include "value/json_text.h"
#include "vm/worker_border.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

// An effect stays inside of the run when all that it changes are the run's own files.
bool stays_inside(const WorkerRow& worker) {
    return worker.effect == EffectClass::Read || worker.name.starts_with("rag.") ||
           worker.name.starts_with("pack.");
}

fs::path make_scratch() {
    std::error_code code;
    auto pattern = (fs::temp_directory_path(code) / "weft-eval.XXXXXX").string();
    if (code || ::mkdtemp(pattern.data()) == nullptr) return {};
    // Children of workers hold this file's lock.
    std::ofstream(fs::path(pattern) / "children");
    return pattern;
}

// {"path": "…"} becomes a File.
std::expected<void, std::string> take_paths(JsonNode& node, const fs::path& folder,
                                            MemoryFiles& files) {
    const bool is_path = node.kind == JsonNode::Kind::Object && node.names.size() == 1 &&
                         node.names[0] == "path" && node.items[0].kind == JsonNode::Kind::Text;
    if (is_path) {
        const auto json = files.take(folder / node.items[0].text);
        if (!json) return std::unexpected(json.error());
        auto file = parse_json(*json);
        if (!file) return std::unexpected(file.error());
        node = std::move(*file);
        return {};
    }
    for (auto& child : node.items) {
        if (auto taken = take_paths(child, folder, files); !taken) return taken;
    }
    return {};
}

}  // namespace

std::expected<std::string, std::string> MemoryFiles::read(std::string_view id) {
    const auto found = files_.find(id);
    if (found == files_.end()) return std::unexpected(fmt::format("the run has no file {}", id));
    return found->second;
}

// The id is made of what the file is, so that the same run always has the same ones.
std::expected<std::string, std::string> MemoryFiles::write(std::string_view bytes,
                                                           std::string_view name,
                                                           std::string_view media) {
    const auto digest = to_hex(view(sha256(bytes)));
    const auto id =
        to_hex(view(sha256(fmt::format("{} {} {}", name, media, digest)))).substr(0, 32);
    files_[id] = bytes;
    std::string out = "{\"id\":\"" + id + "\",\"name\":";
    write_json_string(name, out);
    out += ",\"media\":";
    write_json_string(media, out);
    return out + fmt::format(",\"size\":{},\"sha256\":\"{}\"}}", bytes.size(), digest);
}

std::expected<std::string, std::string> MemoryFiles::take(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    if (!in.is_open() || in.bad()) {
        return std::unexpected(fmt::format("{} cannot be read", path.string()));
    }
    const auto name = path.filename().string();
    return write(bytes, name, engine::media_type(name));
}

RealWorld::RealWorld(engine::Config config, fs::path folder)
    : config_(std::move(config)), folder_(std::move(folder)), scratch_(make_scratch()) {
    for (auto& worker : standard_workers(config_)) workers_[worker.name] = std::move(worker.run);
}

RealWorld::~RealWorld() {
    std::error_code ignored;
    if (!scratch_.empty()) fs::remove_all(scratch_, ignored);
}

std::expected<std::string, std::string> RealWorld::read_case(std::string_view line) {
    auto tree = parse_json(line);
    if (!tree) return std::unexpected(tree.error());
    if (auto taken = take_paths(*tree, folder_, files_); !taken) {
        return std::unexpected(taken.error());
    }
    std::string out;
    write_json(*tree, out);
    return out;
}

void RealWorld::begin_case() {
    answered_ms_.clear();
}

// The time of an eval is virtual, that of a provider which asks for patience is not.
void RealWorld::wait_between_attempts(const vm::Want& want, std::int64_t now_ms) {
    constexpr std::int64_t kWaitMaxMs = 60'000;
    const auto last = answered_ms_.find(want.call);
    if (last == answered_ms_.end() || config_.path.empty()) return;
    const auto wait = std::clamp<std::int64_t>(now_ms - last->second, 0, kWaitMaxMs);
    std::this_thread::sleep_for(std::chrono::milliseconds(wait));
}

std::optional<WorkerOutcome> RealWorld::call(const Image& image, const vm::Want& want,
                                             const Bytes16& run, std::int64_t now_ms) {
    const auto& worker = image.workers[want.worker];
    const auto function = workers_.find(worker.name);
    if (!stays_inside(worker) || function == workers_.end()) return std::nullopt;
    wait_between_attempts(want, now_ms);
    const auto& step = image.steps[want.step];
    const std::string arguments = vm::worker_arguments(image, want, want.key);
    const std::string schema = json_schema(image.types, step.result_type);
    const std::string key = to_hex(view(want.key));
    const std::string run_id = to_hex(view(run));
    const std::string settings = config_.settings(worker.name);
    const std::string directory = config_.directory.empty() ? folder_.string() : config_.directory;
    const std::string state = (scratch_ / "state").string();
    const std::string lock = (scratch_ / "children").string();
    WorkerCall call;
    call.worker = worker.name;
    call.arguments = arguments;
    call.result_schema = schema;
    call.key = key;
    call.run = run_id;
    call.attempt = want.attempt;
    call.time_ms = now_ms;
    call.timeout = std::chrono::milliseconds(step.policy.timeout_ms);
    call.settings = settings;
    call.directory = directory;
    call.state_directory = state;
    call.children_lock = lock;
    call.files = &files_;
    call.cancelled = &cancelled_;
    auto out = function->second(call);
    answered_ms_[want.call] = now_ms;
    return out;
}

}  // namespace weft
