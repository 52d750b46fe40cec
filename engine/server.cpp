#include "engine/server.h"

#include <poll.h>
#include <pwd.h>

#include <nlohmann/json.hpp>

#include "engine/request_context.h"

namespace weft::engine {
namespace {

std::string user_of(const store::Connection& connection) {
    auto peer = connection.peer();
    if (!peer) return "unknown";
    if (const passwd* entry = ::getpwuid(peer->uid)) return entry->pw_name;
    return "uid " + std::to_string(peer->uid);
}

Json error_json(const Error& error) {
    Json out;
    out["kind"] = error_kind_name(error.kind);
    out["message"] = error.message;
    out["hint"] = error.hint;
    return out;
}

}  // namespace

Server::Server(Core& core, Requests& requests, store::Listener listener)
    : core_(core), requests_(requests), listener_(std::move(listener)) {
    core_.set_waiter([this](std::chrono::milliseconds at_most) { wait(at_most); });
}

Server::~Server() {
    core_.set_waiter({});
}

Result<std::unique_ptr<Server>> Server::open(Core& core, Requests& requests) {
    WEFT_TRY(path, store::socket_path(core.store().path()));
    WEFT_TRY(listener, store::Listener::bind(path));
    store::OwnerText text = store::this_process();
    text.started_ms = core.now_ms();
    text.socket = path;
    text.protocol = "1";
    text.engine = "weft " WEFT_VERSION;
    text.config_digest = core.config().digest();
    WEFT_TRY_VOID(core.lock().write_text(text));
    return std::unique_ptr<Server>(new Server(core, requests, std::move(listener)));
}

void Server::wait(std::chrono::milliseconds at_most) {
    std::vector<pollfd> entries;
    entries.push_back({core_.wake_fd(), POLLIN, 0});
    entries.push_back({listener_.fd(), POLLIN, 0});
    for (const auto& connection : connections_) {
        short events = POLLIN;
        if (connection.wants_write()) events = static_cast<short>(events | POLLOUT);
        entries.push_back({connection.fd(), events, 0});
    }
    if (::poll(entries.data(), entries.size(), static_cast<int>(at_most.count())) <= 0) return;
    std::vector<store::Connection> kept;
    for (std::size_t i = 0; i < connections_.size(); ++i) {
        bool quiet = entries[i + 2].revents == 0;
        if (quiet || serve(connections_[i])) kept.push_back(std::move(connections_[i]));
    }
    connections_ = std::move(kept);
    if (entries[1].revents != 0) accept_all();
}

void Server::accept_all() {
    constexpr std::size_t kConnectionsMax = 256;
    while (connections_.size() < kConnectionsMax) {
        auto connection = listener_.accept();
        if (!connection || !*connection) return;
        connections_.push_back(std::move(**connection));
    }
}

bool Server::serve(store::Connection& connection) {
    auto open = connection.fill();
    if (!open) return false;
    while (true) {
        auto line = connection.take_line();
        if (!line) return false;
        if (!*line) break;
        connection.queue_line(answer(connection, **line));
    }
    return connection.flush().has_value() && *open;
}

std::string Server::answer(store::Connection& connection, const std::string& line) {
    Json request = Json::parse(line, nullptr, false);
    Json reply;
    bool valid = request.is_object() && request.contains("method") && request["method"].is_string();
    if (!valid) {
        reply["error"] =
            error_json({ErrorKind::Usage, "a request is a JSON object with a method", ""});
        return reply.dump();
    }
    reply["id"] = request.contains("id") ? request["id"] : Json();
    Json params = request.contains("params") ? request["params"] : Json::object();
    auto result =
        requests_.answer(request["method"].get<std::string>(), params.dump(), user_of(connection));
    // The result is JSON text already; it is put in as it is, so that its numbers stay as written.
    if (result) return "{\"id\":" + reply["id"].dump() + ",\"result\":" + *result + "}";
    reply["error"] = error_json(result.error());
    return reply.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace weft::engine
