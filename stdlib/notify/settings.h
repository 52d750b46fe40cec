// What weft.toml says about mail and hooks. It sends nothing.
#pragma once

#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "weft/worker.h"

namespace weft::stdlib::notify {

// The settings of `part` ("email", "webhook"): the section itself, or its member of that name when
// one section serves all of `notify`; `outbox` may stand on either level.
std::expected<nlohmann::json, WorkerError> settings_of(const WorkerCall& call,
                                                       std::string_view part);

// The value behind "env:NAME" or "file:PATH". A literal is refused: secrets don't stand in
// weft.toml. Messages name the place, never the value.
std::expected<std::string, WorkerError> read_secret(const WorkerCall& call,
                                                    const std::string& handle);

// Settings "ca": a file of certificates to trust instead of the system's; empty when absent.
std::string certificates(const WorkerCall& call, const nlohmann::json& settings);

// The outbox folder: settings "outbox", else "outbox" beside weft.toml.
std::string outbox_folder(const WorkerCall& call, const nlohmann::json& settings);

}  // namespace weft::stdlib::notify
