// One delivery of a Standard Webhooks 1.0.0 hook: its body, id and signature. The signature is over
// the very bytes that are sent. It sends nothing.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::stdlib::notify {

struct Hook {
    std::string
        id;  // made from the effect key: the same for every attempt, so receivers drop repeats
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
};

// `secret` is "whsec_" and base64 of 24 to 64 bytes; empty: the hook goes unsigned. The failure is
// a sentence that does not show the secret. `time_ms` is that of this attempt: receivers refuse
// stamps older than some minutes, so a repeat is signed anew.
std::expected<Hook, std::string> make_hook(std::string_view key, std::string body,
                                           std::string_view secret, std::int64_t time_ms);

}  // namespace weft::stdlib::notify
