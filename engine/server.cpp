#include "engine/server.h"

#include <fmt/format.h>
#include <poll.h>
#include <pwd.h>

#include <algorithm>
#include <charconv>

#include "engine/request_context.h"
#include "value/json_text.h"

namespace weft::engine {
namespace {

std::string user_of(const store::Connection& connection) {
    auto peer = connection.peer();
    if (!peer) return "unknown";
    if (const passwd* entry = ::getpwuid(peer->uid)) return entry->pw_name;
    return "uid " + std::to_string(peer->uid);
}

std::string error_text(const Error& error) {
    Json out;
    out["kind"] = error_kind_name(error.kind);
    out["message"] = error.message;
    out["hint"] = error.hint;
    return json_line(out);
}

const JsonNode* member(const JsonNode& node, std::string_view name) {
    for (std::size_t i = 0; i < node.names.size(); ++i) {
        if (node.names[i] == name) return &node.items[i];
    }
    return nullptr;
}

std::string text_of(const JsonNode* node, std::string_view otherwise) {
    if (node == nullptr) return std::string(otherwise);
    std::string out;
    write_json(*node, out);
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
    // What some wait for may have come with the turn that is over.
    std::erase_if(peers_,
                  [this](const auto& peer) { return peer->rests() && !serve(*peer, false); });
    std::vector<pollfd> entries;
    entries.push_back({core_.wake_fd(), POLLIN, 0});
    entries.push_back({listener_.fd(), POLLIN, 0});
    bool jobs = false;
    for (const auto& peer : peers_) {
        short events = peer->closed ? 0 : POLLIN;
        if (peer->connection.wants_write()) events = static_cast<short>(events | POLLOUT);
        entries.push_back({peer->connection.fd(), events, 0});
        if (peer->job) at_most = std::min(at_most, peer->job->patience());
        jobs = jobs || peer->works();
    }
    int events = ::poll(entries.data(), entries.size(), static_cast<int>(at_most.count()));
    if (events <= 0 && !jobs) return;
    std::vector<std::unique_ptr<Peer>> kept;
    for (std::size_t i = 0; i < peers_.size(); ++i) {
        short got = events > 0 ? entries[i + 2].revents : static_cast<short>(0);
        bool quiet = got == 0 && !peers_[i]->works();
        if (quiet || serve(*peers_[i], got != 0)) kept.push_back(std::move(peers_[i]));
    }
    peers_ = std::move(kept);
    if (events > 0 && entries[1].revents != 0) accept_all();
}

void Server::accept_all() {
    constexpr std::size_t kConnectionsMax = 256;
    while (peers_.size() < kConnectionsMax) {
        auto connection = listener_.accept();
        if (!connection || !*connection) return;
        peers_.push_back(
            std::make_unique<Peer>(Peer{std::move(**connection), {}, {}, {}, 0, false}));
    }
}

bool Server::serve(Peer& peer, bool readable) {
    if (readable && !peer.closed) {
        auto open = peer.connection.fill();
        if (!open) return false;
        peer.closed = !*open;
    }
    while (true) {
        auto more = advance(peer);
        if (!more) return false;
        // A job has done a slice: the others are next.
        if (!*more || peer.job) break;
    }
    if (!peer.connection.flush()) return false;
    // Nobody is left to be told of what is waited for.
    return !peer.closed || peer.works() || peer.connection.wants_write();
}

Result<bool> Server::advance(Peer& peer) {
    if (peer.job) {
        auto done = requests_.advance(*peer.job);
        if (done && !*done) {
            say_busy(peer);
            return true;
        }
        peer.job.reset();
        reply(peer, done ? Result<std::string>(std::move(**done)) : std::unexpected(done.error()));
        return true;
    }
    if (peer.asked) {
        std::size_t left = peer.asked->body_bytes - peer.asked->params.size();
        std::string part = peer.connection.take_bytes(left);
        peer.asked->params += part;
        if (part.size() == left) begin(peer);
        return part.size() == left;
    }
    WEFT_TRY(line, peer.connection.take_line());
    if (!line) return false;
    take_request(peer, *line);
    return true;
}

// The parameters are handed on as they were written, so that no number passes through a double.
void Server::take_request(Peer& peer, const std::string& line) {
    auto request = parse_json(line);
    Asked asked;
    const JsonNode* method = request ? member(*request, "method") : nullptr;
    asked.id = text_of(request ? member(*request, "id") : nullptr, "null");
    peer.asked = asked;
    if (method == nullptr || method->kind != JsonNode::Kind::Text) {
        return reply(peer, fail(ErrorKind::Usage, "a request is a JSON object with a method"));
    }
    peer.asked->method = method->text;
    const JsonNode* bytes = member(*request, "bytes");
    if (bytes == nullptr) {
        peer.asked->params = text_of(member(*request, "params"), "{}");
        return begin(peer);
    }
    const std::string& digits = bytes->text;
    auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), peer.asked->body_bytes);
    bool whole = error == std::errc() && end == digits.data() + digits.size();
    if (!whole || peer.asked->body_bytes > kBodyBytesMax) {
        // What follows can't be told from requests.
        peer.closed = true;
        return reply(peer, fail(ErrorKind::Usage, "a request may have 256 MiB of parameters"));
    }
}

// A client that waits for a long answer is told once a second that this process is alive.
void Server::say_busy(Peer& peer) {
    constexpr std::int64_t kPauseMs = 1000;
    const std::int64_t now = core_.monotonic_ms();
    if (now - peer.said_busy_ms < kPauseMs || peer.connection.wants_write()) return;
    peer.said_busy_ms = now;
    peer.connection.queue_line(R"({"busy":true})");
}

void Server::begin(Peer& peer) {
    auto begun = requests_.begin(peer.asked->method, peer.asked->params, user_of(peer.connection),
                                 peer.uploads);
    if (!begun) return reply(peer, std::unexpected(begun.error()));
    if (auto* text = std::get_if<std::string>(&*begun)) return reply(peer, std::move(*text));
    peer.job = std::get<std::unique_ptr<Job>>(std::move(*begun));
    peer.said_busy_ms = core_.monotonic_ms();
}

// The answer is JSON text already; it is put in as it is, so that its numbers stay as written.
void Server::reply(Peer& peer, Result<std::string> result) {
    std::string id = std::move(peer.asked->id);
    peer.asked.reset();
    if (!result) {
        peer.connection.queue_line(
            fmt::format(R"({{"id":{},"error":{}}})", id, error_text(result.error())));
        return;
    }
    std::string line = fmt::format(R"({{"id":{},"result":{}}})", id, *result);
    if (line.size() <= store::kLineBytesMax) return peer.connection.queue_line(line);
    peer.connection.queue_line(fmt::format(R"({{"id":{},"bytes":{}}})", id, result->size()));
    peer.connection.queue_bytes(*result);
}

}  // namespace weft::engine
