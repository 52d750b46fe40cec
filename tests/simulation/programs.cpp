#include "tests/simulation/programs.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "api/package_loader.h"
#include "compiler/compile.h"
#include "compiler/lower/lower.h"
#include "tests/simulation/plain.h"

namespace weft::simulation {

namespace fs = std::filesystem;
using scenarios::Json;

namespace {

std::optional<engine::RunnableProgram> compile_program(const std::string& text) {
    FileLoader loader("test.wf", text);
    Compiled compiled = compile("test.wf", loader);
    if (!compiled.ok) return std::nullopt;
    auto image = lower(compiled.module, compiled.diagnostics);
    if (!image) return std::nullopt;
    engine::RunnableProgram out;
    out.encoded = encode_image(*image);
    out.ir = ir::canonical_form(compiled.module);
    out.source = "{}";
    out.image = std::make_shared<const Image>(std::move(*image));
    return out;
}

std::vector<std::string> files(const std::string& folder, const std::string& ending) {
    std::vector<std::string> out;
    const auto root = std::string(WEFT_SOURCE_DIR) + "/" + folder;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        if (entry.path().extension() == ending) out.push_back(entry.path().string());
    }
    std::ranges::sort(out);
    return out;
}

void add_scenario(const std::string& path, const std::string& only, std::vector<Play>& out) {
    const auto scenario = scenarios::read_scenario(path);
    const auto stem = fs::path(path).stem().string();
    if (scenario.cases.empty() || stem.find(only) == std::string::npos) return;
    const auto program = compile_program(scenario.program);
    if (!program) return;
    for (const auto& scene : scenario.cases) {
        out.push_back({stem + " " + scene.title, *program, scene, scene.sweeps});
    }
}

std::optional<Json> plain_input(const Image& image, const WorkflowRow& workflow) {
    Json out = Json::object();
    for (const auto& parameter : workflow.parameters) {
        if (parameter.has_default) continue;
        const auto value = plain_json(image.types, parameter.type);
        if (!value) return std::nullopt;
        out[parameter.name] = Json::parse(*value);
    }
    return out;
}

// Each workflow of an example or golden, with workers that give the plainest result.
void add_example(const std::string& path, const std::string& only, std::vector<Play>& out) {
    const auto stem = fs::path(path).stem().string();
    if (stem.find(only) == std::string::npos) return;
    // A golden's program ends where what is expected of it begins.
    const auto text = scenarios::read_text(path);
    const auto program = compile_program(text.substr(0, text.find("\n//---")));
    if (!program) return;
    const Image& image = *program->image;
    scenarios::Case scene;
    scene.expect = {{"plain", true}};
    for (const auto& step : image.steps) {
        const auto value = plain_json(image.types, step.result_type);
        auto& list = scene.workers[image.workers[step.worker].name];
        if (!value || !list.empty()) continue;
        list.emplace_back().value = Json::parse(*value);
    }
    for (const auto& workflow : image.workflows) {
        const auto input = plain_input(image, workflow);
        if (!input) continue;
        scene.title = "example " + stem + " " + workflow.name;
        scene.workflow = workflow.name;
        scene.input = *input;
        out.push_back({scene.title, *program, scene, true});
    }
}

}  // namespace

std::vector<Play> read_plays(const std::string& only) {
    std::vector<Play> out;
    for (const auto& path : files("tests/scenarios", ".json")) add_scenario(path, only, out);
    for (const auto& path : files("examples", ".wf")) add_example(path, only, out);
    return out;
}

std::vector<Play> read_goldens(const std::string& only) {
    std::vector<Play> out;
    for (const auto* folder : {"tests/golden/constructs", "tests/golden/run"}) {
        for (const auto& path : files(folder, ".wf")) add_example(path, only, out);
    }
    return out;
}

}  // namespace weft::simulation
