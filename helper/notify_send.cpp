#include "helper/notify_send.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

namespace weft::helper {

namespace {

constexpr long kConnectTimeoutMs = 20'000;

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

std::size_t read_body(char* buffer, std::size_t size, std::size_t count, void* context) {
    auto& upload = *static_cast<Upload*>(context);
    const auto part = upload.body.substr(upload.sent, size * count);
    const bool is_last = upload.sent + part.size() == upload.body.size();
    if (is_last && !upload.intent_written) {
        if (!upload.journal->write_intent({})) return CURL_READFUNC_ABORT;
        upload.intent_written = true;
    }
    std::memcpy(buffer, part.data(), part.size());
    upload.sent += part.size();
    return part.size();
}

// What a server says is not kept: receipts and errors hold no text of others.
std::size_t ignore_body(char*, std::size_t size, std::size_t count, void*) {
    return size * count;
}

bool is_late(const Upload& upload) {
    return std::chrono::steady_clock::now() >= upload.deadline;
}

int on_progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const auto& upload = *static_cast<const Upload*>(context);
    return is_late(upload) || (stop_requested.load() && !upload.intent_written) ? 1 : 0;
}

}  // namespace

void request_stop() {
    stop_requested.store(true);
}

void append(CurlList& list, const std::string& text) {
    curl_slist* longer = curl_slist_append(list.get(), text.c_str());
    static_cast<void>(list.release());
    list.reset(longer);
}

CurlHandle make_handle(const nlohmann::json& request, Upload& upload) {
    CurlHandle handle(curl_easy_init(), &curl_easy_cleanup);
    CURL* curl = handle.get();
    curl_easy_setopt(curl, CURLOPT_URL, request.value("url", "").c_str());
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
    const long timeout_ms = request.value("timeout_ms", 0L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms);
    if (timeout_ms > 0) {
        upload.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds{timeout_ms};
    }
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, &read_body);
    curl_easy_setopt(curl, CURLOPT_READDATA, &upload);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &ignore_body);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &upload);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    const std::string authority = request.value("ca", "");
    if (!authority.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, authority.c_str());
    return handle;
}

CURLcode perform(const CurlHandle& handle, const Upload& upload) {
    const CURLcode code = curl_easy_perform(handle.get());
    return code == CURLE_ABORTED_BY_CALLBACK && is_late(upload) ? CURLE_OPERATION_TIMEDOUT : code;
}

SendResult finish(SendResult result, CurlHandle handle) {
    // What the callbacks look at does not live as long as the handle.
    curl_easy_setopt(handle.get(), CURLOPT_VERBOSE, 0L);
    curl_easy_setopt(handle.get(), CURLOPT_NOPROGRESS, 1L);
    if (result.fate == Fate::Accepted) {
        result.connection = std::move(handle);
    } else {
        static_cast<void>(handle.release());
    }
    return result;
}

SendResult not_sent(CURLcode code, std::string_view server) {
    const std::string name(server);
    switch (code) {
        case CURLE_OPERATION_TIMEDOUT:
            return {.error = "Timeout", .message = "the " + name + " did not answer in time"};
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_URL_MALFORMAT:
            return {.error = "Rejected", .message = "the url of the " + name + " is not one"};
        case CURLE_USE_SSL_FAILED:
            return {.error = "Rejected", .message = "the " + name + " does not offer STARTTLS"};
        case CURLE_ABORTED_BY_CALLBACK:
            return {.error = "Unavailable",
                    .message = "stopped or unable to note the intent before the message was sent"};
        default:
            return {.error = "Unavailable",
                    .message = "the " + name + " can't be reached: " + curl_easy_strerror(code)};
    }
}

}  // namespace weft::helper
