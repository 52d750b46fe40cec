#include "helper/notify_send.h"

namespace weft::helper {

namespace {

constexpr std::int64_t kSecondMs = 1'000;

bool is_temporary(long status) {
    return status >= 500 || status == 408 || status == 425 || status == 429;
}

SendResult classify(CURLcode code, long status, const Upload& upload) {
    if (status >= 200 && status < 300) return {.fate = Fate::Accepted};
    if (status < 200 && upload.intent_written) {
        return {.fate = Fate::Unknown,
                .error = code == CURLE_OPERATION_TIMEDOUT ? "Timeout" : "Unavailable",
                .message = "the webhook's receiver got the whole request and did not answer"};
    }
    if (status < 200) return not_sent(code, "webhook's receiver");
    SendResult result;
    result.error = is_temporary(status) ? "Transient" : "Rejected";
    result.message = "the webhook's receiver answered " + std::to_string(status);
    if (status < 400) result.message += "; redirects are not followed";
    // These two come from a gateway, which can't know what the receiver behind it did.
    if (status == 502 || status == 504) result.fate = Fate::Unknown;
    return result;
}

}  // namespace

SendResult send_hook(const nlohmann::json& request, Upload& upload) {
    CurlHandle handle = make_handle(request, upload);
    CURL* curl = handle.get();
    CurlList headers(nullptr, &curl_slist_free_all);
    for (const auto& header : request.at("headers")) {
        append(headers, header.at(0).get<std::string>() + ": " + header.at(1).get<std::string>());
    }
    append(headers, "Expect:");
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(upload.body.size()));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());

    const CURLcode code = perform(handle, upload);
    long status = 0;
    curl_off_t retry_after_s = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after_s);
    SendResult result = classify(code, status, upload);
    if (retry_after_s > 0) result.retry_after_ms = retry_after_s * kSecondMs;
    return finish(std::move(result), std::move(handle));
}

}  // namespace weft::helper
