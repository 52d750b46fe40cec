// The owner's end of the socket: every engine that stays serves it, so that other commands on the
// same store go through the engine that owns it. It runs inside the core's waits; it has no thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/core.h"
#include "engine/requests.h"
#include "store/socket.h"

namespace weft::engine {

// Parameters or an answer of more than a line can hold follow it as that many bytes.
constexpr std::size_t kBodyBytesMax = 256UL << 20;

class Server {
  public:
    // Binds beside the store and hooks into the core's waits.
    static Result<std::unique_ptr<Server>> open(Core& core, Requests& requests);
    ~Server();

  private:
    // A request as its line announced it.
    struct Asked {
        std::string id;  // JSON
        std::string method;
        std::string params;          // JSON
        std::size_t body_bytes = 0;  // of the parameters, still to come; 0: they are here
    };
    // One client. Its requests are answered one after the other.
    struct Peer {
        store::Connection connection;
        Uploads uploads;
        std::optional<Asked> asked;  // waits for its body, or for its job
        std::unique_ptr<Job> job;
        std::int64_t said_busy_ms = 0;  // while it waits for its job
        bool closed = false;            // nothing more comes; what was asked is still answered

        [[nodiscard]] bool rests() const { return job && job->patience().count() > 0; }
        [[nodiscard]] bool works() const { return job && !rests(); }
    };

    Server(Core& core, Requests& requests, store::Listener listener);
    void wait(std::chrono::milliseconds at_most);
    void accept_all();
    // False: the connection is done with.
    bool serve(Peer& peer, bool readable);
    // True: something was done, and there may be more to do.
    Result<bool> advance(Peer& peer);
    void take_request(Peer& peer, const std::string& line);
    void begin(Peer& peer);
    void say_busy(Peer& peer);
    static void reply(Peer& peer, Result<std::string> result);

    Core& core_;
    Requests& requests_;
    store::Listener listener_;
    std::vector<std::unique_ptr<Peer>> peers_;
};

}  // namespace weft::engine
