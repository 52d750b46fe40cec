// What the tests of mail and hooks share: real servers on loopback, a worker call with real
// folders.
#pragma once

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "stdlib/json_args.h"
#include "stdlib/native.h"
#include "stdlib/process.h"

namespace weft::stdlib::test {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

inline const std::string kScripts = std::string(WEFT_SOURCE_DIR) + "/tests/e2e/notify/";

inline std::string read_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_text(const fs::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}

class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string name = (fs::temp_directory_path() / "weft-notify-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] fs::path path() const { return path_; }

  private:
    fs::path path_;
};

// A server script as a child process; it prints its port and is ended with the object.
class Server {
  public:
    Server(const std::string& script, const fs::path& folder, std::vector<std::string> more = {})
        : folder_(folder) {
        fs::create_directories(folder);
        int ends[2];
        if (::pipe(ends) != 0) return;
        const std::string path = kScripts + script;
        std::vector<std::string> words{"/usr/bin/python3", path, folder.string()};
        words.insert(words.end(), more.begin(), more.end());
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(ends[1], STDOUT_FILENO);
            ::close(ends[0]);
            std::vector<char*> argv;
            for (auto& word : words) argv.push_back(word.data());
            argv.push_back(nullptr);
            ::execv(argv[0], argv.data());
            ::_exit(127);
        }
        ::close(ends[1]);
        FILE* out = ::fdopen(ends[0], "r");
        if (::fscanf(out, "%d", &port_) != 1) port_ = 0;
        ::fclose(out);
    }
    ~Server() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    void behave(const Json& rules) const {
        // Renamed into place: the server reads it at any moment.
        write_text(folder_ / "behaviour.new", rules.dump());
        fs::rename(folder_ / "behaviour.new", folder_ / "behaviour.json");
    }
    // Messages that the server has.
    [[nodiscard]] int delivered() const {
        int count = 0;
        for (const auto& entry : fs::directory_iterator(folder_)) {
            const auto name = entry.path().filename().string();
            if (name.starts_with("message-") || name.starts_with("hook-")) ++count;
        }
        return count;
    }
    [[nodiscard]] bool wait_for_stage(const std::string& name) const {
        for (int i = 0; i < 2000; ++i) {
            if (fs::exists(folder_ / ("stage-" + name))) return true;
            std::this_thread::sleep_for(milliseconds{2});
        }
        return false;
    }
    [[nodiscard]] fs::path folder() const { return folder_; }

  private:
    fs::path folder_;
    pid_t pid_ = -1;
    int port_ = 0;
};

class MemoryFiles final : public FileAccess {
  public:
    std::expected<std::string, std::string> read(std::string_view id) override {
        const auto found = contents_.find(std::string(id));
        if (found == contents_.end()) return std::unexpected("no such file");
        return found->second;
    }
    std::expected<std::string, std::string> write(std::string_view bytes, std::string_view name,
                                                  std::string_view media) override {
        const std::string id = to_hex(view(sha256(bytes))).substr(0, 32);
        contents_[id] = bytes;
        return Json{{"id", id},
                    {"name", name},
                    {"media", media},
                    {"size", bytes.size()},
                    {"sha256", to_hex(view(sha256(bytes)))}}
            .dump();
    }

  private:
    std::map<std::string, std::string> contents_;
};

// One engine, as far as a worker sees it: folders, files, settings.
struct Bench {
    TemporaryFolder folder;
    MemoryFiles files;
    Json settings = Json::object();
    std::int64_t time_ms = 1'790'000'000'000;
    milliseconds timeout{20'000};
    std::atomic<bool> cancelled{false};

    [[nodiscard]] fs::path state() const { return folder.path() / "store.state"; }
    [[nodiscard]] fs::path outbox() const { return folder.path() / "outbox"; }

    WorkerOutcome call(const std::string& worker, const Json& arguments, const std::string& key,
                       int attempt = 1) {
        const std::string arguments_text = arguments.dump();
        const std::string settings_text = settings.dump();
        const std::string state_text = state().string();
        const std::string directory_text = folder.path().string();
        const std::string lock_text = (folder.path() / "store.children").string();
        WorkerCall call;
        call.worker = worker;
        call.arguments = arguments_text;
        call.settings = settings_text;
        call.key = key;
        call.attempt = attempt;
        call.time_ms = time_ms;
        call.timeout = timeout;
        call.directory = directory_text;
        call.state_directory = state_text;
        call.children_lock = lock_text;
        call.files = &files;
        call.cancelled = &cancelled;
        for (const auto& native : notify_workers()) {
            if (native.name == worker) return native.run(call);
        }
        return worker_error("NoSuchWorker", worker);
    }
    // The probe's answer: "none", "receipt" or the name of its error.
    std::string probe(const std::string& key) {
        const auto answer = call("notify.email_status", {{"key", key}}, std::string(32, 'f'));
        if (!answer) return answer.error().name;
        return answer->json == "null" ? "none" : "receipt";
    }
};

inline std::string key_of(int number) {
    return to_hex(view(sha256(std::to_string(number)))).substr(0, 32);
}

// Exit code of a program with this standard input, and what it printed.
inline std::pair<int, std::string> run_program(std::vector<std::string> argv,
                                               std::string_view input = {}) {
    ProcessRequest request;
    request.argv = std::move(argv);
    request.input = input;
    const auto result = run_process(request);
    if (!result) return {-1, result.error().message};
    return {result->code, result->output};
}

inline Json read_mail(const fs::path& path) {
    return Json::parse(
        run_program({"/usr/bin/python3", kScripts + "read_mail.py", path.string()}).second, nullptr,
        false);
}

}  // namespace weft::stdlib::test
