// What the tests of the whole engine share: a folder of their own, programs from their text, and an
// engine's core with the workers that a test gives it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "api/program_data.h"
#include "engine/core.h"

namespace weft::testing {

class EngineFolder {
  public:
    EngineFolder() {
        path_ = (std::filesystem::temp_directory_path() / "weft-api-XXXXXX").string();
        if (::mkdtemp(path_.data()) == nullptr) std::abort();
    }
    ~EngineFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    EngineFolder(const EngineFolder&) = delete;
    EngineFolder& operator=(const EngineFolder&) = delete;
    [[nodiscard]] std::string store() const { return path_ + "/test.weft"; }

  private:
    std::string path_;
};

// Workers of every test: idempotent, so that what a killed engine left is sent again.
constexpr const char* kWorkers = R"wf(
worker test.note(text: Text) -> Text
  effect idempotent for 1d
  timeout 30s

worker test.erase(text: Text) -> Text
  effect idempotent for 1d
  timeout 30s

worker test.refuse(text: Text) -> Text
  effect idempotent for 1d
  timeout 30s
)wf";

// A request to start the workflow `main` of a program with these workers.
inline engine::StartRequest request_of(const std::string& source, std::string input) {
    const auto compiled = compile_text("test.wf", kWorkers + source);
    EXPECT_TRUE(compiled.program) << compiled.text;
    engine::StartRequest request;
    if (!compiled.program) return request;
    const auto& data = compiled.program->data();
    request.program = {data.image, data.encoded, data.ir, data.source};
    request.workflow = "main";
    request.input = std::move(input);
    request.actor = "tester";
    return request;
}

// {"texts": ["t0", "t1", …]}
inline std::string texts(unsigned count) {
    std::string out = R"({"texts":[)";
    for (unsigned i = 0; i < count; ++i) {
        if (i > 0) out += ',';
        out += "\"t";
        out += std::to_string(i);
        out += '"';
    }
    return out + "]}";
}

// `note` answers with its text unless it is replaced, `erase` too, `refuse` refuses.
inline std::unique_ptr<engine::Core> open_core(const std::string& store, unsigned threads,
                                               const WorkerFunction& note = {}) {
    engine::CoreOptions options;
    options.store = store;
    options.threads = threads;
    auto core = engine::Core::open(options);
    EXPECT_TRUE(core) << (core ? "" : core.error().message);
    if (!core) return nullptr;
    const WorkerFunction answer = [](const WorkerCall&) -> WorkerOutcome {
        return WorkerValue{"\"done\"", {}};
    };
    (*core)->add_worker("test.note", note ? note : answer);
    (*core)->add_worker("test.erase", answer);
    (*core)->add_worker("test.refuse", [](const WorkerCall&) -> WorkerOutcome {
        return std::unexpected(WorkerError{"Rejected", "no", true, {}, {}});
    });
    return std::move(*core);
}

// Turns until the run has ended; its status.
inline vm::RunStatus drive(engine::Core& core, const store::RunId& run) {
    while (core.live(run) != nullptr) {
        const auto done = core.turn(std::chrono::milliseconds(500));
        EXPECT_TRUE(done) << (done ? "" : done.error().message);
        if (!done) break;
    }
    const auto row = core.store().run(run);
    EXPECT_TRUE(row && *row);
    return row && *row ? static_cast<vm::RunStatus>((*row)->status) : vm::RunStatus::Running;
}

}  // namespace weft::testing
