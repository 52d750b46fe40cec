#include "engine/client.h"

#include <fmt/format.h>

#include <cstdlib>

#include "engine/requests.h"
#include "engine/server.h"
#include "store/socket.h"
#include "value/json_text.h"

namespace weft::engine {
namespace {

constexpr std::int64_t kConnectMs = 2000;
constexpr std::int64_t kAnswerMs = 10'000;
constexpr std::int64_t kBodyMs = 60'000;  // for what does not fit in a line

class SocketClient final : public Client {
  public:
    SocketClient(store::Connection connection, std::int64_t owner)
        : connection_(std::move(connection)), owner_(owner) {}

    Result<std::string> request(std::string_view method, std::string_view parameters) override {
        WEFT_TRY_VOID(send(method, parameters));
        while (true) {
            auto line = connection_.read_line(kAnswerMs);
            if (!line) return no_answer();
            // The tree keeps numbers as they were written.
            auto reply = parse_json(*line);
            if (!reply || reply->kind != JsonNode::Kind::Object) {
                return fail(ErrorKind::Unavailable,
                            "the owner of the store answered no JSON object");
            }
            // It is alive and has more to do.
            if (!reply->names.empty() && reply->names[0] == "busy") continue;
            return read_reply(*reply);
        }
    }

  private:
    Result<void> send(std::string_view method, std::string_view parameters) {
        std::string line = fmt::format("{{\"id\":{},\"method\":", ++last_id_);
        write_json_string(method, line);
        if (parameters.empty()) parameters = "{}";
        bool fits = line.size() + parameters.size() + 16 < store::kLineBytesMax;
        if (fits) {
            line += fmt::format(",\"params\":{}}}", parameters);
            return connection_.write_line(line, kAnswerMs);
        }
        if (parameters.size() > kBodyBytesMax) {
            return fail(ErrorKind::Usage, "the request is larger than 256 MiB");
        }
        line += fmt::format(",\"bytes\":{}}}", parameters.size());
        connection_.queue_line(line);
        connection_.queue_bytes(parameters);
        return connection_.drain(kBodyMs);
    }

    Result<std::string> read_reply(const JsonNode& reply) {
        for (std::size_t i = 0; i < reply.names.size(); ++i) {
            if (reply.names[i] == "result") {
                std::string out;
                write_json(reply.items[i], out);
                return out;
            }
            if (reply.names[i] == "bytes") {
                auto out = connection_.read_bytes(
                    std::strtoull(reply.items[i].text.c_str(), nullptr, 10), kBodyMs);
                if (!out) return no_answer();
                return out;
            }
            if (reply.names[i] == "error") return read_error(reply.items[i]);
        }
        return fail(ErrorKind::Unavailable, "the owner of the store answered without a result");
    }

    [[nodiscard]] std::unexpected<Error> no_answer() const {
        return fail(ErrorKind::Unavailable,
                    fmt::format("process {}, which owns the store, does not respond", owner_),
                    "look at what it does; the request may have been carried out");
    }

    static std::unexpected<Error> read_error(const JsonNode& node) {
        Error error;
        for (std::size_t i = 0; i < node.names.size(); ++i) {
            if (node.names[i] == "kind") error.kind = error_kind_from(node.items[i].text);
            if (node.names[i] == "message") error.message = node.items[i].text;
            if (node.names[i] == "hint") error.hint = node.items[i].text;
        }
        return std::unexpected(error);
    }

    store::Connection connection_;
    std::int64_t owner_;
    std::uint64_t last_id_ = 0;
};

}  // namespace

Result<std::unique_ptr<Client>> connect_client(const CoreOptions& options) {
    WEFT_TRY(config, load_config(options.config));
    std::string path = options.store;
    if (path.empty()) path = config.store.empty() ? "weft.store" : config.store;
    WEFT_TRY(held, store::owner_lock_held(path));
    if (!held) return fail(ErrorKind::NotFound, fmt::format("nobody owns {}", path));
    WEFT_TRY(owner, store::read_owner(path));
    if (!owner || owner->socket.empty()) {
        return fail(ErrorKind::Unavailable, fmt::format("{} is in use by a short command", path),
                    "try again in a moment");
    }
    // A short command runs nothing itself, so it has no configuration that could differ.
    if (!options.brief && owner->config_digest != config.digest()) {
        return fail(ErrorKind::Refused,
                    fmt::format("process {} owns {} with another weft.toml than {}", owner->pid,
                                path, config.path.empty() ? "none" : config.path),
                    "name the same one with --config");
    }
    WEFT_TRY(connection, store::connect_to(owner->socket, kConnectMs));
    return std::make_unique<SocketClient>(std::move(connection), owner->pid);
}

}  // namespace weft::engine
