// An engine over a store in a folder of its own, with a clock that the test moves, for programs
// made by hand.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/hash.h"
#include "engine/core.h"
#include "tests/support/image_builder.h"

namespace weft::engine::testing {

class FakeClock final : public Clock {
  public:
    std::int64_t wall_ms() override { return wall; }
    std::int64_t monotonic_ms() override { return monotonic; }
    void advance(std::int64_t ms) {
        wall += ms;
        monotonic += ms;
    }
    std::int64_t wall = 1'800'000'000'000;
    std::int64_t monotonic = 50;
};

class CoreTest : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "weft-core-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
        open();
    }
    void TearDown() override {
        core_.reset();
        std::filesystem::remove_all(folder_);
    }
    // As after SIGKILL when there was one before: nothing is closed in order.
    void open(bool brief = false) {
        core_.reset();
        CoreOptions options;
        options.store = folder_ + "/s.store";
        options.threads = 1;
        options.clock = &clock_;
        options.brief = brief;
        // These tests look at machines in memory, however long they rest.
        options.park_after_ms = std::int64_t{1} << 60U;
        auto core = Core::open(options);
        ASSERT_TRUE(core) << core.error().message;
        core_ = std::move(*core);
    }
    void open_again() {
        open();
        auto up = core_->take_up_all();
        ASSERT_TRUE(up) << up.error().message;
    }
    store::RunId start(const weft::testing::ImageBuilder& program) {
        StartRequest start;
        Image image = program.image;
        image.program = sha256(start.program.ir);
        start.program.encoded = encode_image(image);
        start.program.image = std::make_shared<const Image>(std::move(image));
        start.workflow = "flow";
        start.input = R"({"p0": 7})";
        start.actor = "tester";
        auto run = core_->start(std::move(start));
        EXPECT_TRUE(run) << (run ? "" : run.error().message);
        return run ? run->run : store::RunId{};
    }
    void turn() {
        auto done = core_->turn(std::chrono::milliseconds(0));
        ASSERT_TRUE(done) << done.error().message;
    }
    [[nodiscard]] vm::RunStatus status(const store::RunId& run) const {
        if (LiveRun* live = core_->live(run)) return live->machine().status();
        return static_cast<vm::RunStatus>((*core_->store().run(run))->status);
    }
    [[nodiscard]] std::vector<vm::Want> wants(const store::RunId& run, vm::WantKind kind) const {
        std::vector<vm::Want> out;
        if (LiveRun* live = core_->live(run)) {
            for (auto& want : live->machine().wants()) {
                if (want.kind == kind) out.push_back(std::move(want));
            }
        }
        return out;
    }

    std::string folder_;
    FakeClock clock_;
    std::unique_ptr<Core> core_;
};

}  // namespace weft::engine::testing
