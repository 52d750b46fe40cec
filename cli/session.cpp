#include "cli/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <thread>

#include "weft/tools.h"

namespace weft::cli {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);
constexpr auto kFirstPause = std::chrono::milliseconds(10);
constexpr auto kLongestPause = std::chrono::milliseconds(400);

std::string random_id() {
    std::random_device random;
    std::string out;
    for (int i = 0; i < 4; ++i) out += fmt::format("{:08x}", random());
    return out;
}

}  // namespace

Session::~Session() {
    // A command that failed half way has said why already.
    if (engine_) static_cast<void>(engine_->close());
}

// False: somebody else has the store and can't be reached just now.
Result<bool> Session::try_open() {
    EngineOptions options;
    options.store = options_.store;
    options.config = options_.config;
    options.create = create_;
    options.brief = use_ == Use::Look;
    // A short command never turns the loop, so nobody could be answered through its socket.
    options.serve = use_ == Use::Drive;
    auto engine = Engine::open(options);
    if (engine) {
        engine_ = std::move(*engine);
        return true;
    }
    if (engine.error().kind != ErrorKind::Unavailable) return std::unexpected(engine.error());
    auto client = Client::connect(options);
    if (client) {
        client_ = std::move(*client);
        return true;
    }
    auto kind = client.error().kind;
    if (kind == ErrorKind::NotFound) return false;  // the owner left in between
    if (kind != ErrorKind::Unavailable) return std::unexpected(client.error());
    return false;
}

Result<void> Session::reopen() {
    engine_.reset();
    client_.reset();
    auto give_up = std::chrono::steady_clock::now() + kPatience;
    auto pause = kFirstPause;
    while (true) {
        auto open = try_open();
        if (!open) return std::unexpected(open.error());
        if (*open) return {};
        if (std::chrono::steady_clock::now() >= give_up) break;
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, kLongestPause);
    }
    EngineOptions options;
    options.store = options_.store;
    options.config = options_.config;
    options.create = create_;
    auto last = Engine::open(options);
    std::string who = last ? "another command" : last.error().message;
    if (last) static_cast<void>((*last)->close());
    return std::unexpected(Error{ErrorKind::Unavailable, "store busy: " + who,
                                 "it did not let go within ten seconds; try again when it has"});
}

Result<Session> Session::open(const StoreOptions& options, Use use, bool create) {
    Session session(options, use, create);
    auto opened = session.reopen();
    if (!opened) return std::unexpected(opened.error());
    return session;
}

Result<Json> Session::request(std::string_view method, Json params) {
    if (!options_.actor.empty()) params["as"] = options_.actor;
    std::string text = json_text(params);
    auto answer = engine_ ? engine_->request(method, text) : client_->request(method, text);
    if (!answer) return std::unexpected(answer.error());
    auto json = Json::parse(hide_numbers(*answer), nullptr, false);
    if (json.is_discarded()) {
        return std::unexpected(Error{ErrorKind::Unavailable,
                                     fmt::format("the answer to `{}` is not JSON", method),
                                     "is the owner of the store another version of weft?"});
    }
    return json;
}

Result<Json> Session::change(std::string_view method, Json params) {
    return change(method, std::move(params), [] { return Result<void>(); });
}

Result<Json> Session::change(std::string_view method, Json params,
                             const std::function<Result<void>()>& prepare) {
    params["request"] = options_.request_id.empty() ? random_id() : options_.request_id;
    const auto once = [&]() -> Result<Json> {
        auto prepared = prepare();
        if (!prepared) return std::unexpected(prepared.error());
        return request(method, params);
    };
    auto answer = once();
    bool lost = !answer && answer.error().kind == ErrorKind::Unavailable && client_ != nullptr;
    if (!lost) return answer;
    auto opened = reopen();
    if (!opened) return answer;
    return once();
}

Result<void> Session::serve(const Program& program, const std::string& name) {
    return engine_->serve(program, name);
}

bool Session::busy() const {
    return engine_ != nullptr && engine_->busy();
}

Result<void> Session::step(std::chrono::milliseconds time) {
    if (!engine_) {
        std::this_thread::sleep_for(time);
        return {};
    }
    auto end = std::chrono::steady_clock::now() + time;
    while (true) {
        auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            end - std::chrono::steady_clock::now());
        auto turned = engine_->turn(std::max(left, std::chrono::milliseconds(0)));
        if (!turned) return turned;
        if (left.count() <= 0) return {};
    }
}

std::string Session::flags() const {
    std::string out;
    if (!options_.store.empty()) out += " --store " + shell_word(options_.store);
    if (!options_.config.empty() && options_.config != "weft.toml") {
        out += " --config " + shell_word(options_.config);
    }
    return out;
}

Result<void> Session::close() {
    client_.reset();
    if (!engine_) return {};
    auto engine = std::move(engine_);
    return engine->close();
}

Result<Json> ask(const StoreOptions& options, std::string_view method, Json params) {
    auto session = Session::open(options, Use::Look);
    if (!session) return std::unexpected(session.error());
    auto answer = session->request(method, std::move(params));
    auto closed = session->close();
    if (answer && !closed) return std::unexpected(closed.error());
    return answer;
}

Result<Change> change(const StoreOptions& options, std::string_view method, Json params) {
    auto session = Session::open(options, Use::Look);
    if (!session) return std::unexpected(session.error());
    return close_with(*session, session->change(method, std::move(params)));
}

Result<Change> close_with(Session& session, Result<Json> answer) {
    const bool owner = session.owner();
    auto closed = session.close();
    if (!answer) return std::unexpected(answer.error());
    if (!closed) return std::unexpected(closed.error());
    return Change{std::move(*answer), owner, session.flags()};
}

}  // namespace weft::cli
