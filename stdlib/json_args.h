// Reading the arguments of a native worker and making its outcome. Shared by all modules of the
// standard library; it knows JSON and include/weft/worker.h, and nothing of any module.
#pragma once

#include <cstdint>
#include <exception>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"  // WEFT_TRY serves every std::expected
#include "weft/worker.h"

namespace weft::stdlib {

using Json = nlohmann::json;

// A failed attempt. `name` is a built-in error or one that the worker lists under `fails`.
inline std::unexpected<WorkerError> worker_error(std::string name, std::string message,
                                                 bool surely_not_done = true) {
    WorkerError error;
    error.name = std::move(name);
    error.message = std::move(message);
    error.surely_not_done = surely_not_done;
    return std::unexpected(std::move(error));
}

// Compact text; a byte that is no UTF-8 becomes U+FFFD rather than an exception.
inline std::string dump_json(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

inline WorkerOutcome worker_value(const Json& value, Cost cost = {}) {
    return WorkerValue{dump_json(value), std::move(cost)};
}

// A JSON object out of text that came over the border; `what` names it in the message.
inline std::expected<Json, WorkerError> parse_object(std::string_view text, std::string_view what) {
    Json value = Json::parse(text, nullptr, false);
    if (value.is_object()) return value;
    return worker_error("Rejected", std::string(what) + " is not a JSON object");
}

inline std::expected<Json, WorkerError> parse_arguments(const WorkerCall& call) {
    return parse_object(call.arguments, "the list of arguments of " + std::string(call.worker));
}

// The worker's section of weft.toml; an absent one is an empty object.
inline std::expected<Json, WorkerError> parse_settings(const WorkerCall& call) {
    if (call.settings.empty()) return Json::object();
    return parse_object(call.settings, "the settings of " + std::string(call.worker));
}

// The member `name` of an object, or null when it is absent (a none field is left out in JSON).
inline const Json& member(const Json& object, std::string_view name) {
    static const Json null;
    if (!object.is_object()) return null;
    const auto found = object.find(name);
    return found == object.end() ? null : *found;
}

// Members with a default for absent ones and for those of another kind: the engine has checked the
// types of a worker's arguments, so only settings can be of another kind.
inline std::string text_or(const Json& object, std::string_view name, std::string fallback = {}) {
    const Json& value = member(object, name);
    return value.is_string() ? value.get<std::string>() : std::move(fallback);
}

// An Int travels as a number, or as text when it is larger than 2^53.
inline std::int64_t int_or(const Json& object, std::string_view name, std::int64_t fallback = 0) {
    const Json& value = member(object, name);
    if (value.is_number()) return value.get<std::int64_t>();
    if (!value.is_string()) return fallback;
    const Json inner = Json::parse(value.get_ref<const std::string&>(), nullptr, false);
    return inner.is_number_integer() ? inner.get<std::int64_t>() : fallback;
}

inline double number_or(const Json& object, std::string_view name, double fallback = 0.0) {
    const Json& value = member(object, name);
    return value.is_number() ? value.get<double>() : fallback;
}

inline bool bool_or(const Json& object, std::string_view name, bool fallback = false) {
    const Json& value = member(object, name);
    return value.is_boolean() ? value.get<bool>() : fallback;
}

inline std::expected<std::string, WorkerError> required_text(const Json& object,
                                                             std::string_view name) {
    const Json& value = member(object, name);
    if (value.is_string()) return value.get<std::string>();
    return worker_error("Rejected", "the text `" + std::string(name) + "` is missing");
}

inline std::expected<Json, WorkerError> required_list(const Json& object, std::string_view name) {
    const Json& value = member(object, name);
    if (value.is_array()) return value;
    return worker_error("Rejected", "the list `" + std::string(name) + "` is missing");
}

inline bool is_cancelled(const WorkerCall& call) {
    return call.cancelled != nullptr && call.cancelled->load(std::memory_order_relaxed);
}

// The whole content of a File argument ({"id", "name", …}).
inline std::expected<std::string, WorkerError> read_file(const WorkerCall& call, const Json& file) {
    if (call.files == nullptr) return worker_error("Unavailable", "files can't be read here");
    auto id = required_text(file, "id");
    if (!id) return std::unexpected(id.error());
    auto bytes = call.files->read(*id);
    if (bytes) return std::move(*bytes);
    return worker_error("Unavailable", "the file `" + text_or(file, "name", *id) +
                                           "` can't be read: " + bytes.error());
}

// Stores bytes as an artifact and gives its File value.
inline std::expected<Json, WorkerError> write_file(const WorkerCall& call, std::string_view bytes,
                                                   std::string_view name, std::string_view media) {
    if (call.files == nullptr) return worker_error("Unavailable", "files can't be stored here");
    auto file = call.files->write(bytes, name, media);
    if (!file) {
        return worker_error(
            "Unavailable", "the file `" + std::string(name) + "` can't be stored: " + file.error());
    }
    return parse_object(*file, "the stored file");
}

// Runs a worker's body; what a third-party library throws becomes a permanent error with its text.
template <typename Body>
WorkerOutcome guarded(const WorkerCall& call, Body&& body) {
    try {
        return std::forward<Body>(body)();
    } catch (const std::exception& problem) {
        return worker_error("Rejected", std::string(call.worker) + ": " + problem.what());
    }
}

}  // namespace weft::stdlib
