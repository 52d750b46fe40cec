// One POST over HTTP, on a handle of its own. Knows libcurl; must not know what is posted.
#pragma once

#include <atomic>
#include <chrono>
#include <expected>
#include <string>
#include <vector>

namespace weft::stdlib::llm::openai {

struct HttpRequest {
    std::string url;
    std::vector<std::string> headers;  // "Name: value"
    std::string body;
    std::chrono::milliseconds timeout{0};  // zero means none
    const std::atomic<bool>* cancelled = nullptr;
};

struct HttpReply {
    long status = 0;
    std::string body;
    std::string retry_after;  // the header as it came
};

struct HttpFailure {
    enum class Kind { Timeout, Cancelled, Unreachable };
    Kind kind = Kind::Unreachable;
    std::string message;
};

std::expected<HttpReply, HttpFailure> post(const HttpRequest& request);

}  // namespace weft::stdlib::llm::openai
