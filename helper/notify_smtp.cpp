#include <cctype>
#include <vector>

#include "helper/notify_send.h"

namespace weft::helper {

namespace {

// Follows the dialogue: which recipient was named last, and the last refusal.
struct Dialogue {
    std::size_t recipients_named = 0;
    std::string last_refusal;
};

int on_dialogue(CURL*, curl_infotype type, char* data, std::size_t size, void* context) {
    auto& dialogue = *static_cast<Dialogue*>(context);
    const std::string_view text(data, size);
    if (type == CURLINFO_HEADER_OUT && text.starts_with("RCPT TO:")) ++dialogue.recipients_named;
    // Not the 221 of the farewell after it.
    const bool is_refusal = text.starts_with('4') || text.starts_with('5');
    if (type == CURLINFO_HEADER_IN && is_refusal) dialogue.last_refusal = text;
    return 0;
}

// "550 5.1.1": the reply code and the enhanced code (RFC 3463), which are numbers; the rest of an
// answer is the server's text and may repeat an address.
std::string codes_of(std::string_view answer) {
    std::string out(answer.substr(0, 3));
    std::size_t end = 4;
    while (end < answer.size() &&
           (std::isdigit(static_cast<unsigned char>(answer[end])) != 0 || answer[end] == '.')) {
        ++end;
    }
    if (end >= 9) out += " " + std::string(answer.substr(4, end - 4));
    return out;
}

void set_security(CURL* curl, const nlohmann::json& request) {
    const std::string user = request.value("user", "");
    const std::string password = request.value("password", "");
    const std::string tls = request.value("tls", "starttls");
    // A password never goes in the clear because somebody in between has hidden STARTTLS.
    const bool must = tls == "required" || (tls == "starttls" && !user.empty());
    const long level = tls == "none" ? CURLUSESSL_NONE : must ? CURLUSESSL_ALL : CURLUSESSL_TRY;
    curl_easy_setopt(curl, CURLOPT_USE_SSL, level);
    if (user.empty()) return;
    curl_easy_setopt(curl, CURLOPT_USERNAME, user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, password.c_str());
}

SendResult classify(CURLcode code, long answer, const Upload& upload, const Dialogue& dialogue) {
    if (code == CURLE_OK) return {.fate = Fate::Accepted};
    // 354 asked for the message, so any later answer is about it.
    if (upload.intent_written && answer < 400) {
        return {.fate = Fate::Unknown,
                .error = code == CURLE_OPERATION_TIMEDOUT ? "Timeout" : "Unavailable",
                .message = "the mail server got the whole message and did not answer"};
    }
    if (answer < 400) return not_sent(code, "mail server");
    std::string what = "the message";
    if (!upload.intent_written && dialogue.recipients_named > 0) {
        what = "recipient " + std::to_string(dialogue.recipients_named);
    }
    if (code == CURLE_LOGIN_DENIED) what = "the login";
    return {.error = answer < 500 ? "Transient" : "Rejected",
            .message =
                "the mail server refused " + what + " (" + codes_of(dialogue.last_refusal) + ")"};
}

}  // namespace

SendResult send_mail(const nlohmann::json& request, Upload& upload) {
    CurlHandle handle = make_handle(request, upload);
    CURL* curl = handle.get();
    CurlList recipients(nullptr, &curl_slist_free_all);
    for (const auto& address : request.at("to")) {
        append(recipients, "<" + address.get<std::string>() + ">");
    }
    const std::string from = "<" + request.at("from").get<std::string>() + ">";
    Dialogue dialogue;
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from.c_str());
    // One refused recipient refuses the message: it goes to all of them or to none.
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients.get());
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    // Announced with MAIL FROM (RFC 1870), so that too large a message is refused early.
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(upload.body.size()));
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, &on_dialogue);
    curl_easy_setopt(curl, CURLOPT_DEBUGDATA, &dialogue);
    set_security(curl, request);

    const CURLcode code = perform(handle, upload);
    long answer = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
    return finish(classify(code, answer, upload, dialogue), std::move(handle));
}

}  // namespace weft::helper
