// The owner's end of the socket: every engine that stays serves it, so that other commands on the
// same store go through the engine that owns it. It runs inside the core's waits; it has no thread.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "base/result.h"
#include "engine/core.h"
#include "engine/requests.h"
#include "store/socket.h"

namespace weft::engine {

class Server {
  public:
    // Binds beside the store and hooks into the core's waits.
    static Result<std::unique_ptr<Server>> open(Core& core, Requests& requests);
    ~Server();

  private:
    Server(Core& core, Requests& requests, store::Listener listener);
    void wait(std::chrono::milliseconds at_most);
    void accept_all();
    // False: the connection is done with.
    bool serve(store::Connection& connection);
    std::string answer(store::Connection& connection, const std::string& line);

    Core& core_;
    Requests& requests_;
    store::Listener listener_;
    std::vector<store::Connection> connections_;
};

}  // namespace weft::engine
