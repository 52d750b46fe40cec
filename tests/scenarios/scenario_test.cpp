// Each scenario of this folder: a process as other engines' samples and the literature have it, its
// program, and what must come of it. Played in a whole engine; every play is then replayed from its
// log and verified.
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <filesystem>

#include "tests/scenarios/stage.h"

namespace weft::scenarios {
namespace {

std::vector<std::string> all_files() {
    std::vector<std::string> out;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(WEFT_SOURCE_DIR) + "/tests/scenarios")) {
        if (entry.path().extension() == ".json") out.push_back(entry.path().string());
    }
    std::ranges::sort(out);
    return out;
}

void compare(std::string& out, const std::string& what, const Json& expected, const Json& got) {
    if (expected == got) return;
    out += fmt::format("{}: expected {}, got {}\n", what, expected.dump(), got.dump());
}

// A line for all that is not as the case expects; what it does not name is not looked at, but for
// what should be empty then.
std::string judge(const Json& expect, const Played& played) {
    std::string out;
    compare(out, "status", expect.at("status"), played.status);
    out += difference(expect.at("effects"), played.effects);
    if (expect.contains("error")) compare(out, "error", expect["error"], played.error);
    if (expect.contains("output")) compare(out, "output", expect["output"], played.output);
    if (expect.contains("elapsed"))
        compare(out, "elapsed", expect["elapsed"].get<double>(), played.elapsed_s);
    if (expect.contains("elapsed_at_most") &&
        played.elapsed_s > expect["elapsed_at_most"].get<double>()) {
        out += fmt::format("elapsed: {} is more than {}\n", played.elapsed_s,
                           expect["elapsed_at_most"].dump());
    }
    compare(out, "refused", expect.value("refused", Json::array()), played.refused);
    compare(out, "unread", expect.value("unread", Json::array()), played.unread);
    const auto counts = [&](const char* what, const std::map<std::string, int>& got) {
        const Json expected = expect.value(what, Json::object());
        for (const auto& [worker, count] : expected.items()) {
            const auto found = got.find(worker);
            compare(out, fmt::format("{} of {}", what, worker), count,
                    found == got.end() ? 0 : found->second);
        }
    };
    counts("invocations", played.calls);
    counts("distinct_keys", played.keys);
    counts("at_once", played.at_once);
    return out;
}

std::string shown(const Played& played) {
    std::string out = "what came:\n";
    for (const auto& effect : played.effects) out += "  " + effect + "\n";
    return out + fmt::format("  {} {} {}, after {} s\n", played.status, played.error,
                             played.output.dump(), played.elapsed_s);
}

class ScenarioPlay : public ::testing::TestWithParam<std::string> {};

TEST_P(ScenarioPlay, CompilesWithoutSurprise) {
    const auto scenario = read_scenario(GetParam());
    FileLoader loader("scenario.wf", scenario.program);
    const Compiled compiled = compile("scenario.wf", loader);
    std::vector<std::string> came;
    std::string text;
    for (const auto& d : compiled.diagnostics.items()) {
        const auto at = compiled.module.sources[d.span.file].position(d.span.begin);
        came.push_back(fmt::format("{} {}:{}", info(d.code).name, at.line, at.column));
        text += render(d, compiled.module.sources, Colour::Never);
    }
    EXPECT_EQ(came, scenario.diagnostics) << text;
}

TEST_P(ScenarioPlay, HasTheEffectsInTheOrderThatIsExpected) {
    const auto scenario = read_scenario(GetParam());
    for (const auto& scene : scenario.cases) {
        SCOPED_TRACE(scene.title);
        const auto played = Stage(scenario.program, scene).play();
        const auto wrong = judge(scene.expect, played);
        EXPECT_TRUE(wrong.empty()) << wrong << shown(played);
        if (!scene.sweeps || !wrong.empty()) continue;
        for (std::size_t n = 1; n <= played.effects.size(); ++n) {
            Case crashed = scene;
            crashed.crash = Crash{n, ""};
            crashed.expect.erase("elapsed");  // what was under way is done anew
            crashed.expect.erase("elapsed_at_most");
            crashed.expect.erase("invocations");
            const auto again = Stage(scenario.program, crashed).play();
            EXPECT_EQ(judge(crashed.expect, again), "") << "with a crash after effect " << n << "\n"
                                                        << shown(again);
        }
    }
}

std::string name_of(const ::testing::TestParamInfo<std::string>& row) {
    return std::filesystem::path(row.param).stem().string();
}

INSTANTIATE_TEST_SUITE_P(Files, ScenarioPlay, ::testing::ValuesIn(all_files()), name_of);

}  // namespace
}  // namespace weft::scenarios
