#include "stdlib/notify/delivery.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "stdlib/json_args.h"
#include "stdlib/notify/durable.h"
#include "stdlib/notify/journal.h"
#include "stdlib/process.h"

namespace weft::stdlib::notify {

namespace {

using std::chrono::milliseconds;

// The sender stops by itself this long before the engine would stop it, so that it can still say
// how far it came.
constexpr milliseconds kMargin{2'000};
constexpr milliseconds kTimeoutDefault{60'000};
constexpr milliseconds kPollInterval{20};

std::unexpected<WorkerError> environment_error(const Error& error, bool surely_not_done = true) {
    return worker_error("Unavailable", error.message, surely_not_done);
}

std::unexpected<WorkerError> busy() {
    return worker_error("Unavailable",
                        "another sender is at work on this message; what becomes of it is not "
                        "known yet",
                        false);
}

std::unexpected<WorkerError> in_doubt() {
    return worker_error("Unavailable",
                        "an earlier attempt was handed over and did not say how it ended; the "
                        "receiver can tell whether it has the message",
                        false);
}

std::expected<Journal, WorkerError> open_locked(const WorkerCall& call) {
    while (true) {
        auto journal = Journal::open(call.state_directory, call.key, true);
        if (!journal) return environment_error(journal.error());
        const auto locked = journal->try_lock();
        if (!locked) return environment_error(locked.error());
        if (!*locked) return busy();
        if (!journal->is_gone()) return std::move(*journal);
    }
}

milliseconds time_for_sender(const WorkerCall& call) {
    if (call.timeout.count() <= 0) return kTimeoutDefault;
    return std::max(call.timeout - kMargin, call.timeout / 2);
}

std::expected<ProcessResult, WorkerError> run_sender(const WorkerCall& call, const Parcel& parcel,
                                                     const Journal& journal) {
    const auto helper = find_helper();
    if (!helper) return environment_error(helper.error());
    Json header = parcel.request;
    header["journal_fd"] = journal.descriptor();
    header["timeout_ms"] = time_for_sender(call).count();
    header["body_bytes"] = parcel.body.size();
    header["receipt"] = parcel.receipt;
    header["repeatable"] = parcel.repeatable;
    const std::string input = dump_json(header) + "\n" + parcel.body;

    ProcessRequest request;
    request.argv = {*helper, "notify"};
    request.input = input;
    request.inherited = {journal.descriptor()};
    request.dies_with_parent = false;
    request.timeout = call.timeout.count() > 0 ? call.timeout : kTimeoutDefault + kMargin;
    request.cancelled = call.cancelled;
    request.children_lock = call.children_lock;
    auto result = run_process(request);
    if (!result) return environment_error(result.error());
    return std::move(*result);
}

// The error that the sender reported, or one about how it ended. Whether the message went is for
// the journal to say, not for this.
WorkerError sender_error(const ProcessResult& result) {
    WorkerError error;
    const Json reply = Json::parse(result.output, nullptr, false);
    if (result.end == ProcessEnd::Exited && text_or(reply, "status") == "failed") {
        error.name = text_or(reply, "error", "Unavailable");
        error.message = text_or(reply, "message");
        if (reply.contains("retry_after_ms")) {
            error.retry_after = milliseconds(int_or(reply, "retry_after_ms"));
        }
        return error;
    }
    error.name = result.end == ProcessEnd::TimedOut ? "Timeout" : "Unavailable";
    error.message = "the sender ended by " + describe(result);
    return error;
}

}  // namespace

WorkerOutcome deliver(const WorkerCall& call, const Parcel& parcel) {
    auto journal = open_locked(call);
    if (!journal) return std::unexpected(journal.error());
    const auto before = journal->read();
    if (!before) return environment_error(before.error(), false);
    if (before->stage == Stage::Accepted) return worker_value(before->receipt);
    if (before->stage == Stage::Intended && !parcel.repeatable) return in_doubt();

    auto result = run_sender(call, parcel, *journal);
    if (!result) {
        result.error().surely_not_done = before->stage == Stage::Untouched;
        return std::unexpected(result.error());
    }
    const auto after = journal->read();
    if (!after) return environment_error(after.error(), false);
    if (after->stage == Stage::Accepted) return worker_value(after->receipt);
    WorkerError error = sender_error(*result);
    error.surely_not_done = after->stage == Stage::Untouched;
    return std::unexpected(std::move(error));
}

WorkerOutcome put_into_outbox(const WorkerCall& call, const OutboxFile& file, const Json& receipt) {
    auto journal = open_locked(call);
    if (!journal) return std::unexpected(journal.error());
    const auto state = journal->read();
    if (!state) return environment_error(state.error(), false);
    if (state->stage == Stage::Accepted) return worker_value(state->receipt);
    // Handed to a server earlier, under other settings: the outbox must not get a second copy.
    if (state->stage == Stage::Intended && !state->intent.contains("outbox")) return in_doubt();

    const auto written = [&]() -> Result<void> {
        const Json intent = {{"outbox", std::filesystem::absolute(file.path).string()},
                             {"receipt_then", receipt}};
        WEFT_TRY_VOID(make_durable_folder(std::filesystem::path(file.path).parent_path().string()));
        WEFT_TRY_VOID(journal->write_intent(intent));
        WEFT_TRY_VOID(write_file_once(file.path, file.bytes));
        return journal->write_receipt(receipt);
    }();
    if (!written) return environment_error(written.error(), !file_exists(file.path));
    return worker_value(receipt);
}

WorkerOutcome delivery_status(const WorkerCall& call, const std::string& key) {
    auto journal = Journal::open(call.state_directory, key, false);
    if (!journal && journal.error().kind == ErrorKind::NotFound) return worker_value(nullptr);
    if (!journal) return environment_error(journal.error());

    const auto patience = time_for_sender(call);
    for (auto waited = milliseconds{0};; waited += kPollInterval) {
        const auto locked = journal->try_lock();
        if (!locked) return environment_error(locked.error());
        if (*locked) break;
        if (waited >= patience || is_cancelled(call)) return busy();
        std::this_thread::sleep_for(kPollInterval);
    }
    const auto state = journal->read();
    if (!state) return environment_error(state.error());
    if (state->stage == Stage::Accepted) return worker_value(state->receipt);
    if (state->stage == Stage::Untouched) return worker_value(nullptr);
    // The outbox is ours to look at, so it leaves no doubt: the file is there or it isn't.
    const std::string outbox_path = text_or(state->intent, "outbox");
    if (outbox_path.empty()) return in_doubt();
    const bool there = file_exists(outbox_path);
    const Json receipt = there ? member(state->intent, "receipt_then") : Json();
    const auto noted = there ? journal->write_receipt(receipt) : journal->write_failed();
    if (!noted) return environment_error(noted.error());
    return worker_value(receipt);
}

}  // namespace weft::stdlib::notify
