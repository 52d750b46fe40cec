// notify.webhook: the arguments and settings of one hook, signed and handed over.
#include "stdlib/json_args.h"
#include "stdlib/notify/delivery.h"
#include "stdlib/notify/hook.h"
#include "stdlib/notify/settings.h"
#include "stdlib/notify/workers.h"

namespace weft::stdlib::notify {

namespace {

// Members in the order in which the engine wrote them: people read hooks in their logs.
std::expected<std::string, WorkerError> hook_body(const WorkerCall& call) {
    const auto arguments = nlohmann::ordered_json::parse(call.arguments, nullptr, false);
    if (!arguments.is_object() || !arguments.contains("event") || !arguments.contains("body")) {
        return worker_error("Rejected", "notify.webhook needs an `event` and a `body`");
    }
    const nlohmann::ordered_json body = {{"type", arguments["event"]}, {"data", arguments["body"]}};
    return body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::expected<Hook, WorkerError> signed_hook(const WorkerCall& call, const Json& settings,
                                             std::string body) {
    std::string secret;
    if (settings.contains("secret")) {
        WEFT_TRY(value, read_secret(call, text_or(settings, "secret")));
        secret = std::move(value);
    } else if (settings.contains("url") && !bool_or(settings, "unsigned")) {
        return worker_error("Rejected",
                            "notify.webhook has a `url` but no `secret`; name one "
                            "(\"env:NAME\"), or say `unsigned = true`");
    }
    auto hook = make_hook(call.key, std::move(body), secret, call.time_ms);
    if (!hook) return worker_error("Rejected", hook.error());
    return std::move(*hook);
}

}  // namespace

WorkerOutcome webhook(const WorkerCall& call) {
    WEFT_TRY(settings, settings_of(call, "webhook"));
    WEFT_TRY(body, hook_body(call));
    WEFT_TRY(hook, signed_hook(call, settings, std::move(body)));
    const auto receipt = [&](std::string_view channel) {
        return Json{{"id", hook.id}, {"channel", channel}, {"accepted", 1}};
    };
    if (!settings.contains("url")) {
        nlohmann::ordered_json file;
        for (const auto& [name, value] : hook.headers) file["headers"][name] = value;
        // As text: a reader of the file can check the signature over these very bytes.
        file["body"] = hook.body;
        return put_into_outbox(
            call,
            {outbox_folder(call, settings) + "/" + std::string(call.key) + ".json",
             file.dump(2) + "\n"},
            receipt("outbox"));
    }
    Parcel parcel;
    parcel.request = {
        {"channel", "http"}, {"url", text_or(settings, "url")}, {"headers", hook.headers}};
    parcel.request["ca"] = certificates(call, settings);
    parcel.body = hook.body;
    parcel.receipt = receipt("http");
    parcel.repeatable = true;
    return deliver(call, parcel);
}

}  // namespace weft::stdlib::notify
