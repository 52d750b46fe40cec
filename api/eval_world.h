// What an eval meets of the world: the workers that read, called here and now, and files that are
// kept in memory as long as one run goes on. It must not know what is measured.
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <string>

#include "engine/config.h"
#include "testing/eval.h"

namespace weft {

class MemoryFiles final : public FileAccess {
  public:
    std::expected<std::string, std::string> read(std::string_view id) override;
    std::expected<std::string, std::string> write(std::string_view bytes, std::string_view name,
                                                  std::string_view media) override;
    // The one that stands at the path.
    std::expected<std::string, std::string> take(const std::filesystem::path& path);

  private:
    std::map<std::string, std::string, std::less<>> files_;  // by id
};

class RealWorld final : public test::EvalWorld {
  public:
    // Paths of cases are relative to `folder`, that of the program.
    RealWorld(engine::Config config, std::filesystem::path folder);
    ~RealWorld() override;
    RealWorld(const RealWorld&) = delete;
    RealWorld& operator=(const RealWorld&) = delete;

    std::optional<WorkerOutcome> call(const Image& image, const vm::Want& want, const Bytes16& run,
                                      std::int64_t now_ms) override;
    std::expected<std::string, std::string> read_case(std::string_view line) override;
    void begin_case() override;

  private:
    void wait_between_attempts(const vm::Want& want, std::int64_t now_ms);

    engine::Config config_;
    std::filesystem::path folder_;
    std::filesystem::path scratch_;  // for workers that want a folder; empty: none could be made
    std::map<std::string, WorkerFunction, std::less<>> workers_;
    MemoryFiles files_;
    std::map<std::uint64_t, std::int64_t> answered_ms_;  // by call: virtual time of its last answer
    std::atomic<bool> cancelled_ = false;
};

}  // namespace weft
