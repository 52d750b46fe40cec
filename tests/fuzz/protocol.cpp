// What comes through a store's socket: lines, and bytes after lines. Whatever one client sends, the
// owner answers the next.
#include <poll.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "engine/requests.h"
#include "engine/server.h"
#include "store/socket.h"
#include "tests/fuzz/target.h"
#include "tests/unit/api/world.h"
#include "value/base64.h"

namespace weft::fuzz {

namespace {

namespace fs = std::filesystem;

constexpr const char* kProgram = R"(
workflow flow(n: Int where it in 1..9 = 3) -> Int
  within 1h
{
  signal go: Int
  emit one(n)
  step seen = review "the number" by "clerk" within 30m
  step told = wait go within 10m
  return n
}
)";

// An owner with its socket. A new one after so many inputs: its store only grows.
class Owner {
  public:
    Owner() : world_(kProgram) {
        server_ = std::move(*engine::Server::open(world_.core(), requests_));
        path_ = *store::socket_path(world_.core().store().path());
        world_.start("flow");
    }

    // Sends it, lets the owner work, closes.
    void hear(std::string_view bytes) {
        auto client = store::connect_to(path_, 1000);
        WEFT_CHECK(client);
        client->queue_bytes(bytes);
        for (int i = 0; i < 6; ++i) {
            static_cast<void>(client->flush());
            work();
            static_cast<void>(client->fill());
        }
    }
    void expect_answer() {
        auto client = store::connect_to(path_, 1000);
        WEFT_CHECK(client);
        client->queue_line(R"({"id":1,"method":"hello"})");
        WEFT_CHECK(client->flush());
        for (int i = 0; i < 50; ++i) {
            work();
            static_cast<void>(client->fill());
            const auto line = client->take_line();
            WEFT_CHECK(line);
            if (!*line) continue;
            WEFT_CHECK((*line)->starts_with(R"({"id":1,"result":{)"));
            return;
        }
        WEFT_CHECK(false);
    }

  private:
    void work() {
        const auto turned = world_.core().turn(std::chrono::milliseconds(0));
        WEFT_CHECK(turned);
    }

    weft::testing::World world_;
    engine::Requests requests_{world_.core()};
    std::unique_ptr<engine::Server> server_;
    std::string path_;
};

std::string line(const std::string& method, const std::string& params) {
    return R"({"id":1,"method":")" + method + R"(","params":)" + params + "}\n";
}

}  // namespace

std::vector<std::string> seeds() {
    std::vector<std::string> out;
    for (const auto* method :
         {"hello", "runs", "reviews", "resume", "checkpoint", "keys", "schedules", "changes"}) {
        out.push_back(line(method, "{}"));
    }
    // "0" to "f" are prefixes of runs; some are right.
    for (const auto* method : {"status", "log", "replay", "timeline", "cost", "proof", "export"}) {
        for (const char digit : std::string("0123456789abcdef")) {
            out.push_back(line(method, std::string(R"({"run":")") + digit + R"(","seq":1})"));
        }
    }
    out.push_back(
        line("signal", R"({"run":"1","signal":"go","value":"3","key":"k","request":"r"})"));
    out.push_back(
        line("decide", R"({"task":"1:3","decision":"approve","role":"clerk","reason":"x"})"));
    out.push_back(line("cancel", R"({"run":"2","reason":"no","request":"c"})"));
    out.push_back(
        line("settle", R"({"run":"2","site":"flow.a","verdict":"done","value":"1","reason":"r"})"));
    out.push_back(line("verify", R"({"level":3})"));
    out.push_back(line("erase", R"({"run":"3","reason":"gone","dry_run":true})"));
    out.push_back(line("upload", R"({"id":"u","name":"../../x","data":"aGVsbG8=","last":true})"));
    out.push_back(line("status", R"({"run":"1","at":2,"values":true})"));
    out.push_back("{\"id\":7,\"method\":\"status\",\"bytes\":11}\n{\"run\":\"1\"}" +
                  line("hello", "{}"));
    const auto program = weft::testing::compile_program(kProgram);
    out.push_back(line("start", R"({"workflow":"flow","input":{"n":4},"source":"{}","image":")" +
                                    to_base64(program.encoded) + R"(","ir":")" +
                                    to_base64(program.ir) + R"("})"));
    return out;
}

std::vector<std::string> dictionary() {
    return {"\"method\":", "\"params\":", "\"bytes\":", "\"run\":", "\"request\":", "\"as\":",
            "\"start\"",   "\"erase\"",   "\"kill\"",   "\"hold\"", "null",         "1e400",
            "[[[[[[",      "\\ud800",     "{}\n",       "\n"};
}

}  // namespace weft::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weft;
    constexpr int kInputsOfAnOwner = 1000;
    static std::unique_ptr<fuzz::Owner> owner;
    static int left = 0;
    if (left-- == 0) {
        owner.reset();
        owner = std::make_unique<fuzz::Owner>();
        left = kInputsOfAnOwner;
    }
    owner->hear(fuzz::text_of(data, size));
    owner->expect_answer();
    return 0;
}
