#include "stdlib/llm/openai/http.h"

#include <curl/curl.h>

#include <memory>
#include <mutex>
#include <string_view>

namespace weft::stdlib::llm::openai {

namespace {

constexpr std::size_t kReplyMax = 16U << 20U;  // more than any value may hold
constexpr long kConnectTimeoutMs = 15'000;

struct CloseHandle {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* target) {
    auto& body = *static_cast<std::string*>(target);
    if (body.size() + size * count > kReplyMax) return 0;
    body.append(data, size * count);
    return size * count;
}

int check_cancelled(void* flag, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const auto* cancelled = static_cast<const std::atomic<bool>*>(flag);
    return cancelled != nullptr && cancelled->load(std::memory_order_relaxed) ? 1 : 0;
}

HttpFailure failure_of(CURLcode code, const char* detail) {
    const std::string text = *detail != '\0' ? detail : curl_easy_strerror(code);
    if (code == CURLE_OPERATION_TIMEDOUT) return {HttpFailure::Kind::Timeout, text};
    if (code == CURLE_ABORTED_BY_CALLBACK) return {HttpFailure::Kind::Cancelled, "cancelled"};
    return {HttpFailure::Kind::Unreachable, text};
}

void set_options(CURL* handle, const HttpRequest& request, std::string& body, char* detail) {
    curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.c_str());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    // A redirect would carry the key to a host that nobody named.
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, check_cancelled);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, request.cancelled);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, detail);
}

}  // namespace

std::expected<HttpReply, HttpFailure> post(const HttpRequest& request) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    const std::unique_ptr<CURL, CloseHandle> handle(curl_easy_init());
    if (!handle) return std::unexpected(HttpFailure{{}, "there is no memory for a connection"});
    HttpReply reply;
    char detail[CURL_ERROR_SIZE] = "";
    set_options(handle.get(), request, reply.body, detail);
    std::unique_ptr<curl_slist, FreeList> headers;
    for (const std::string& header : request.headers) {
        curl_slist* longer = curl_slist_append(headers.get(), header.c_str());
        if (longer == nullptr) continue;
        static_cast<void>(headers.release());
        headers.reset(longer);
    }
    curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
    const CURLcode code = curl_easy_perform(handle.get());
    if (code != CURLE_OK) return std::unexpected(failure_of(code, detail));
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &reply.status);
    curl_header* header = nullptr;
    if (curl_easy_header(handle.get(), "Retry-After", 0, CURLH_HEADER, -1, &header) == CURLHE_OK) {
        reply.retry_after = header->value;
    }
    return reply;
}

}  // namespace weft::stdlib::llm::openai
