// notify.email: the arguments and settings of one mail, made into a message and handed over.
#include <algorithm>
#include <cctype>

#include "stdlib/json_args.h"
#include "stdlib/notify/delivery.h"
#include "stdlib/notify/mime.h"
#include "stdlib/notify/settings.h"
#include "stdlib/notify/workers.h"

namespace weft::stdlib::notify {

namespace {

constexpr std::string_view kOutboxSender = "weft@localhost";

// "Name <address>" or an address alone.
bool split_sender(std::string_view text, Message& message) {
    const auto open = text.rfind('<');
    if (open != std::string_view::npos && text.ends_with('>')) {
        auto name = text.substr(0, open);
        while (name.ends_with(' ')) name.remove_suffix(1);
        message.from_name = name;
        text = text.substr(open + 1, text.size() - open - 2);
    }
    message.from = text;
    return is_plain_address(text);
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

// Each address once, in the order given. A bad one is named by its place: addresses are personal
// data and don't belong into an error.
std::expected<std::vector<std::string>, WorkerError> recipients(const Json& to) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < to.size(); ++i) {
        const std::string address = to[i].is_string() ? to[i].get<std::string>() : "";
        if (!is_plain_address(address)) {
            return worker_error("Rejected", "recipient " + std::to_string(i + 1) +
                                                " is not an address that mail can be sent to");
        }
        const auto same = [&](const std::string& other) { return lower(other) == lower(address); };
        if (std::ranges::none_of(out, same)) out.push_back(address);
    }
    return out;
}

std::expected<Message, WorkerError> read_message(const WorkerCall& call, const Json& settings) {
    WEFT_TRY(arguments, parse_arguments(call));
    WEFT_TRY(to, required_list(arguments, "to"));
    WEFT_TRY(subject, required_text(arguments, "subject"));
    Message message;
    message.key = call.key;
    message.time_ms = call.time_ms;
    message.subject = subject;
    message.body = text_or(arguments, "body");
    WEFT_TRY(addresses, recipients(to));
    message.to = addresses;
    if (!split_sender(text_or(settings, "from", std::string(kOutboxSender)), message)) {
        return worker_error("Rejected", "the setting `from` of notify.email is not an address");
    }
    for (const Json& file : member(arguments, "attach")) {
        WEFT_TRY(bytes, read_file(call, file));
        message.attachments.push_back(
            {text_or(file, "name", "attachment"), text_or(file, "media"), std::move(bytes)});
    }
    return message;
}

Json receipt_of(const Message& message, std::string_view channel) {
    return {{"id", message_id(message)}, {"channel", channel}, {"accepted", message.to.size()}};
}

std::expected<Parcel, WorkerError> smtp_parcel(const WorkerCall& call, const Json& settings,
                                               const Message& message) {
    if (!settings.contains("from")) {
        return worker_error("Rejected", "notify.email has `smtp` but no `from` in its settings");
    }
    const std::string tls = text_or(settings, "tls", "starttls");
    if (tls != "none" && tls != "starttls" && tls != "required") {
        return worker_error("Rejected",
                            "the setting `tls` of notify.email is none, starttls or required");
    }
    Parcel parcel;
    parcel.request = {
        {"channel", "smtp"}, {"url", text_or(settings, "smtp")},  {"from", message.from},
        {"to", message.to},  {"user", text_or(settings, "user")}, {"tls", tls}};
    parcel.request["ca"] = certificates(call, settings);
    if (settings.contains("password")) {
        WEFT_TRY(password, read_secret(call, text_or(settings, "password")));
        parcel.request["password"] = password;
    }
    parcel.body = write_message(message);
    parcel.receipt = receipt_of(message, "smtp");
    return parcel;
}

}  // namespace

WorkerOutcome email(const WorkerCall& call) {
    WEFT_TRY(settings, settings_of(call, "email"));
    WEFT_TRY(message, read_message(call, settings));
    message.has_envelope = settings.contains("smtp") && !message.to.empty();
    if (!message.has_envelope) {
        return put_into_outbox(
            call,
            {outbox_folder(call, settings) + "/" + message.key + ".eml", write_message(message)},
            receipt_of(message, "outbox"));
    }
    WEFT_TRY(parcel, smtp_parcel(call, settings, message));
    return deliver(call, parcel);
}

WorkerOutcome email_status(const WorkerCall& call) {
    WEFT_TRY(arguments, parse_arguments(call));
    WEFT_TRY(key, required_text(arguments, "key"));
    return delivery_status(call, key);
}

}  // namespace weft::stdlib::notify
