// What a server sends back to a POST, byte for byte: headers, lengths, chunks, and the reply of a
// model's provider in it. Each ends in a reply or a failure, in time, and in memory of one answer.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>

#include "stdlib/llm/openai/http.h"
#include "stdlib/llm/openai/openai.h"
#include "tests/fuzz/target.h"

namespace weft::fuzz {

namespace {

// Answers each connection with the bytes of the moment, once the request's head was there.
class Server {
  public:
    Server() {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        WEFT_CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        WEFT_CHECK(::listen(listener_, 16) == 0);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port = ntohs(address.sin_port);
        std::thread([this] { serve(); }).detach();
    }

    // A request that was given up may still be answered with those of before.
    void answer_with(std::string bytes) {
        const std::lock_guard guard(mutex_);
        bytes_ = std::move(bytes);
    }
    int port = 0;

  private:
    [[noreturn]] void serve() {
        while (true) {
            const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (client < 0) continue;
            std::string head;
            char part[4096];
            while (head.find("\r\n\r\n") == std::string::npos) {
                const auto got = ::read(client, part, sizeof part);
                if (got <= 0) break;
                head.append(part, static_cast<std::size_t>(got));
            }
            const auto bytes = answer();
            static_cast<void>(::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL));
            ::shutdown(client, SHUT_WR);
            // Until the other end closes: a reset would take away what it has not read yet.
            while (::read(client, part, sizeof part) > 0) {
            }
            ::close(client);
        }
    }

    std::string answer() {
        const std::lock_guard guard(mutex_);
        return bytes_;
    }

    std::mutex mutex_;
    std::string bytes_;
    int listener_ = -1;
};

std::string with_length(const std::string& status, const std::string& body) {
    return "HTTP/1.1 " + status +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

}  // namespace

std::vector<std::string> seeds() {
    const std::string reply =
        R"({"id":"c","model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":)"
        R"("assistant","content":"{\"title\":\"a\",\"note\":\"b\"}"}}],"usage":{"prompt_tokens":10,)"
        R"("completion_tokens":5,"prompt_tokens_details":{"cached_tokens":2}}})";
    return {
        with_length("200 OK", reply),
        with_length("429 Too Many Requests", R"({"error":{"message":"slow down"}})"),
        "HTTP/1.1 503 No\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n2\r\n1}\r\n0\r\n\r\n",
        "HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\n" + reply};
}

std::vector<std::string> dictionary() {
    return {"\r\n\r\n",
            "Content-Length: 99999999999999\r\n",
            "Retry-After: -1\r\n",
            "Retry-After: Wed, 21 Oct 2099 07:28:00 GMT\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Content-Encoding: gzip\r\n",
            "FFFFFFFFFFFFFFFF\r\n",
            "\"content\":null",
            "\"usage\":{}",
            "\"choices\":[]",
            "1e309",
            "-1",
            "\"prompt_tokens\":9223372036854775807"};
}

}  // namespace weft::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weft;
    namespace llm = stdlib::llm;
    static auto* server = new fuzz::Server;
    static const int key_set = ::setenv("WEFT_FUZZ_KEY", "sk-fuzz", 1);
    WEFT_CHECK(key_set == 0);
    server->answer_with(std::string(fuzz::text_of(data, size)));
    const stdlib::Json settings = {{"provider", "openai"},
                                   {"base_url", "http://127.0.0.1:" + std::to_string(server->port)},
                                   {"model", "m"},
                                   {"key", "env:WEFT_FUZZ_KEY"},
                                   {"prices",
                                    {{"input_per_million", 2.0},
                                     {"cached_input_per_million", 1.0},
                                     {"output_per_million", 10.0}}}};
    WorkerCall call;
    call.worker = "llm.generate";
    call.arguments = "{}";
    call.result_schema =
        R"({"type":"object","properties":{"title":{"type":"string"},"note":{"type":"string"}}})";
    call.timeout = std::chrono::milliseconds(500);
    llm::Prompt prompt;
    const auto outcome = llm::openai::generate(call, settings, prompt, 0.0);
    if (!outcome) {
        WEFT_CHECK(!outcome.error().name.empty());
        WEFT_CHECK(outcome.error().message.find("sk-fuzz") == std::string::npos);
    }
    const auto& cost = outcome ? outcome->cost : outcome.error().cost;
    WEFT_CHECK(cost.micros >= 0);
    return 0;
}
