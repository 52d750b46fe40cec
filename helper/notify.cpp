#include "helper/notify.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>

#include "helper/notify_send.h"

namespace weft::helper {

namespace {

using Json = nlohmann::json;
using stdlib::notify::Journal;
using stdlib::notify::Stage;

constexpr std::size_t kReadBytes = std::size_t{64} << 10U;

std::string read_input() {
    std::string input;
    std::string buffer(kReadBytes, '\0');
    for (;;) {
        const auto count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return input;
        input.append(buffer, 0, static_cast<std::size_t>(count));
    }
}

Json failed(const std::string& error, const std::string& message) {
    return {{"status", "failed"}, {"error", error}, {"message", message}};
}

void on_terminate(int) {
    request_stop();
}

// The terminal's end must not stop a delivery, nor an engine that no longer reads our answer.
void set_signals() {
    std::signal(SIGHUP, SIG_IGN);
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGTERM, &on_terminate);
}

Json note_result(Journal& journal, const SendResult& result, const Json& receipt, bool in_doubt,
                 bool intent_written) {
    if (result.fate == Fate::Accepted) {
        if (!journal.write_receipt(receipt)) {
            return failed("Unavailable", "the message was accepted, and that could not be noted");
        }
        return {{"status", "accepted"}};
    }
    // A refusal clears the intent of this attempt, not one that an earlier attempt has left.
    if (result.fate == Fate::Refused && intent_written && !in_doubt) {
        static_cast<void>(journal.write_failed());
    }
    Json reply = failed(result.error, result.message);
    if (result.retry_after_ms) reply["retry_after_ms"] = *result.retry_after_ms;
    return reply;
}

Json send(const std::string& input) {
    const auto line_end = input.find('\n');
    if (line_end == std::string::npos) return failed("Rejected", "the request is cut short");
    const Json request = Json::parse(input.substr(0, line_end));
    const std::string_view body = std::string_view(input).substr(line_end + 1);
    if (body.size() != request.at("body_bytes").get<std::size_t>()) {
        return failed("Rejected", "the request is cut short");
    }
    Journal journal = Journal::adopt(request.at("journal_fd").get<int>());
    const auto locked = journal.try_lock();
    if (!locked || !*locked) return failed("Unavailable", "another sender has this message");
    const auto state = journal.read();
    if (!state) return failed("Unavailable", state.error().message);
    if (state->stage == Stage::Accepted) return {{"status", "accepted"}};
    const bool in_doubt = state->stage == Stage::Intended;
    if (in_doubt && !request.value("repeatable", false)) {
        return failed("Unavailable", "an earlier attempt may have delivered this message");
    }

    curl_global_init(CURL_GLOBAL_DEFAULT);
    Upload upload{.body = body, .journal = &journal};
    const bool is_mail = request.at("channel").get<std::string>() == "smtp";
    const auto result = is_mail ? send_mail(request, upload) : send_hook(request, upload);
    return note_result(journal, result, request.at("receipt"), in_doubt, upload.intent_written);
}

}  // namespace

int notify_main() {
    set_signals();
    Json reply;
    try {
        reply = send(read_input());
    } catch (const std::exception& problem) {
        reply = failed("Rejected", std::string("the request makes no sense: ") + problem.what());
    }
    std::puts(reply.dump().c_str());
    return 0;
}

}  // namespace weft::helper
