// One attempt to hand a message to a server. The rule that makes the journal right: the intent is
// durable before the last byte of the message is given away. Without that byte no server has the
// message (SMTP lacks the end mark, HTTP some of the announced length); after it, it may.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "stdlib/notify/journal.h"

namespace weft::helper {

enum class Fate {
    Accepted,
    Refused,  // surely not delivered
    Unknown,  // given away, and no answer came
};

// The body on its way, as libcurl's callbacks see it.
struct Upload {
    std::string_view body;
    std::size_t sent = 0;
    stdlib::notify::Journal* journal = nullptr;
    bool intent_written = false;
    // libcurl's own time limit does not cover the wait for a mail server's last answer.
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

using CurlHandle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

struct SendResult {
    Fate fate = Fate::Refused;
    std::string error = {};    // "Transient", "Rejected", "Timeout", "Unavailable"
    std::string message = {};  // names no address and repeats no text of the server
    std::optional<std::int64_t> retry_after_ms = {};
    // Ending it says goodbye to the server and waits for the answer, so it ends after the result
    // has been noted.
    CurlHandle connection{nullptr, &curl_easy_cleanup};
};

using CurlList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

void append(CurlList& list, const std::string& text);

// A handle with what both channels need: url, times, the upload, a stop that is heard only while
// the message has not been given away.
CurlHandle make_handle(const nlohmann::json& request, Upload& upload);

CURLcode perform(const CurlHandle& handle, const Upload& upload);

// Keeps the connection of a success; a server that has failed us is left without a goodbye, for
// which libcurl would wait two minutes.
SendResult finish(SendResult result, CurlHandle handle);

// For an attempt that ended before the message was given away and without a server's refusal.
SendResult not_sent(CURLcode code, std::string_view server);

SendResult send_mail(const nlohmann::json& request, Upload& upload);
SendResult send_hook(const nlohmann::json& request, Upload& upload);

// Asks a running attempt to stop; callable from a signal handler.
void request_stop();

}  // namespace weft::helper
