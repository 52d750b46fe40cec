// A whole engine in a test: a program's text is compiled, its workers are functions of the test,
// and time is the test's own: it passes when everybody waits for it. Dropping the engine without
// closing it is what a kill leaves behind.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "api/package_loader.h"
#include "compiler/compile.h"
#include "compiler/lower/lower.h"
#include "engine/core.h"
#include "engine/replay.h"
#include "engine/requests.h"
#include "engine/status.h"
#include "value/base64.h"

namespace weft::testing {

using Json = nlohmann::json;

class FakeClock : public engine::Clock {
  public:
    std::int64_t wall_ms() override { return now_ms_; }
    std::int64_t monotonic_ms() override { return now_ms_; }
    void pass(std::int64_t ms) { now_ms_ += ms; }
    [[nodiscard]] std::int64_t now() const { return now_ms_; }

  private:
    std::int64_t now_ms_ = 1'700'000'000'000;
};

inline store::RunId run_id(const std::string& hex) {
    std::string bytes;
    EXPECT_TRUE(from_hex(hex, bytes));
    return to_array<16>(bytes);
}

inline engine::RunnableProgram compile_program(const std::string& text) {
    FileLoader loader("test.wf", text);
    Compiled compiled = compile("test.wf", loader);
    std::string said;
    for (const auto& d : compiled.diagnostics.items()) {
        if (info(d.code).severity != Severity::Error) continue;
        said += render(d, compiled.module.sources, Colour::Never);
    }
    EXPECT_TRUE(compiled.ok) << said;
    if (!compiled.ok) return {};
    auto image = lower(compiled.module, compiled.diagnostics);
    EXPECT_TRUE(image.has_value());
    auto verified = verify_image(*image);
    EXPECT_TRUE(verified) << verified.error().message << "\n" << disassemble(*image);
    engine::RunnableProgram out;
    out.encoded = encode_image(*image);
    out.ir = ir::canonical_form(compiled.module);
    out.source = "{}";
    out.image = std::make_shared<const Image>(std::move(*image));
    return out;
}

class World {
  public:
    explicit World(const std::string& text) : program(compile_program(text)) {
        static int count = 0;
        folder_ = std::filesystem::temp_directory_path() /
                  ("weft_world_" + std::to_string(::getpid()) + "_" + std::to_string(count++));
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
        ::setenv("WEFT_WORLD_KEY", to_hex(kCanary).c_str(), 1);
        configure("");
        open();
    }
    ~World() {
        core_.reset();
        expect_no_secret_written();
        std::filesystem::remove_all(folder_);
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    // A worker of the test; what it did is noted in `effects`, in the order of its returns.
    void worker(const std::string& name, WorkerFunction function) {
        workers_[name] = function;
        core_->add_worker(name, noted(name, std::move(function)));
    }
    // One that is declared `effect transaction`.
    void transaction(const std::string& name, TransactionFunction function) {
        transactions_[name] = function;
        core_->add_transaction(name, std::move(function));
    }
    // One that gives this JSON.
    void gives(const std::string& name, const std::string& json) {
        worker(name, [json](const WorkerCall&) -> WorkerOutcome { return WorkerValue{json, {}}; });
    }
    void fails(const std::string& name, const std::string& error) {
        worker(name, [error](const WorkerCall&) -> WorkerOutcome {
            return std::unexpected(WorkerError{error, "as told", true, {}, {}});
        });
    }

    std::string start(const std::string& workflow, const std::string& input = "{}") {
        auto id = try_start(workflow, input);
        EXPECT_TRUE(id) << id.error().message;
        return id ? to_hex(view(*id)) : "";
    }
    Result<store::RunId> try_start(const std::string& workflow, const std::string& input) {
        engine::StartRequest request;
        request.program = program;
        request.workflow = workflow;
        request.input = input;
        request.actor = "tester";
        WEFT_TRY(started, core_->start(std::move(request)));
        return started.run;
    }
    Result<std::string> try_ask(const std::string& method, const Json& params) {
        return requests_->answer(method, params.dump(), "tester", uploads_);
    }
    Json ask(const std::string& method, const Json& params) {
        auto text = try_ask(method, params);
        EXPECT_TRUE(text) << method << ": " << text.error().message;
        return text ? Json::parse(*text) : Json{};
    }
    // … that is refused.
    void refuses(const std::string& method, const Json& params) {
        EXPECT_FALSE(requests_->answer(method, params.dump(), "tester", uploads_)) << method;
    }
    Json status(const std::string& run) { return ask("status", {{"run", run}}); }
    std::string word(const std::string& run) { return status(run)["status"]; }

    // Turns until `done`, or fails after a real while.
    void until(const std::function<bool()>& done) {
        for (int i = 0; i < 20'000; ++i) {
            if (done()) return;
            auto turned = core_->turn(std::chrono::milliseconds(100'000'000));
            ASSERT_TRUE(turned) << turned.error().message;
        }
        FAIL() << "it never came";
    }
    // Until the run has ended, or only a person can let it go on; its status.
    std::string finish(const std::string& run) {
        std::string now;
        until([&] {
            now = word(run);
            return now != "running" && now != "waiting";
        });
        return now;
    }
    // As a kill and a new owner, who takes up every run, or only those that must be in memory.
    void crash(bool only_active = false) {
        requests_.reset();
        core_.reset();
        open();
        for (auto& [name, function] : workers_) core_->add_worker(name, noted(name, function));
        for (auto& [name, function] : transactions_) core_->add_transaction(name, function);
        if (only_active) {
            auto active = core_->take_up_active();
            ASSERT_TRUE(active) << active.error().message;
            return;
        }
        auto taken = core_->take_up_all();
        ASSERT_TRUE(taken) << taken.error().message;
    }
    // Every run of the store executes again to the same records, byte for byte, and the store
    // verifies.
    void expect_sound() {
        auto found = ask("verify", {{"level", 3}});
        EXPECT_TRUE(found.value("ok", false)) << found.dump(1);
    }
    // Kinds of a run's records, "begin timer-set call start outcome end".
    std::string kinds(const std::string& run) {
        std::string out;
        auto entries = ask("log", {{"run", run}, {"limit", 10'000}})["entries"];
        for (const auto& entry : entries) {
            if (!out.empty()) out += ' ';
            out += entry["kind"].get<std::string>();
        }
        return out;
    }
    std::vector<std::string> effects() {
        std::lock_guard lock(mutex_);
        return effects_;
    }

    // What weft.toml says from the next owner on.
    void configure(const std::string& toml) {
        std::ofstream(folder_ / "weft.toml") << "[store]\nkeys = \"env:WEFT_WORLD_KEY\"\n" << toml;
    }

    engine::Core& core() { return *core_; }
    // Whether the run takes it.
    bool cancel(const store::RunId& run) {
        engine::Incoming asked;
        asked.kind = engine::InboxKind::Cancel;
        asked.facts = {vm::CancelFact{"ann", ""}};
        asked.actor = "ann";
        asked.tag = core_->request_tag("");
        return core_->take(run, asked).has_value();
    }
    engine::RunnableProgram program;
    FakeClock clock;

  private:
    // The key that wraps all keys of the store is outside of it: every test hands it over, and in
    // no file that it leaves may it stand.
    static constexpr std::string_view kCanary = "canary of the worlds, 32 bytes..";
    void expect_no_secret_written() const {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
            if (!entry.is_regular_file()) continue;
            std::ifstream in(entry.path(), std::ios::binary);
            std::string content((std::istreambuf_iterator<char>(in)), {});
            std::string wide;
            for (const char letter : to_hex(kCanary)) wide += {letter, '\0'};
            for (const auto& form :
                 {std::string(kCanary), to_hex(kCanary), to_base64(kCanary), wide}) {
                EXPECT_EQ(content.find(form), std::string::npos)
                    << "the secret stands in " << entry.path();
            }
        }
    }
    void open() {
        engine::CoreOptions options;
        options.store = (folder_ / "test.store").string();
        options.config = (folder_ / "weft.toml").string();
        options.clock = &clock;
        options.threads = 16;
        auto core = engine::Core::open(options);
        ASSERT_TRUE(core) << core.error().message;
        core_ = std::move(*core);
        requests_ = std::make_unique<engine::Requests>(*core_);
        core_->set_waiter([this](std::chrono::milliseconds wait) {
            pollfd entry{core_->wake_fd(), POLLIN, 0};
            const bool works = core_->busy();
            const int woken = ::poll(&entry, 1, works ? 20 : 0);
            if (woken == 0 && !works) clock.pass(std::min<std::int64_t>(wait.count(), 3'600'000));
        });
    }
    WorkerFunction noted(const std::string& name, WorkerFunction function) {
        return [this, name, function = std::move(function)](const WorkerCall& call) {
            auto out = function(call);
            std::lock_guard lock(mutex_);
            effects_.push_back(out ? "do:" + name : "fail:" + name + ":" + out.error().name);
            return out;
        };
    }

    std::filesystem::path folder_;
    std::map<std::string, WorkerFunction> workers_;
    std::map<std::string, TransactionFunction> transactions_;
    std::mutex mutex_;
    std::vector<std::string> effects_;
    std::unique_ptr<engine::Core> core_;
    std::unique_ptr<engine::Requests> requests_;
    engine::Uploads uploads_;
};

}  // namespace weft::testing
