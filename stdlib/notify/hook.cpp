#include "stdlib/notify/hook.h"

#include <sodium.h>

#include "base/hash.h"
#include "stdlib/notify/mime.h"

namespace weft::stdlib::notify {

namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::size_t kSecretBytesMin = 24;
constexpr std::size_t kSecretBytesMax = 64;

std::expected<std::string, std::string> decode_secret(std::string_view secret) {
    if (!secret.starts_with(kSecretPrefix)) {
        return std::unexpected("the webhook's secret does not begin with whsec_");
    }
    secret.remove_prefix(kSecretPrefix.size());
    std::string bytes(secret.size(), '\0');
    std::size_t length = 0;
    const char* end = nullptr;
    const int decoded = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()),
                                          bytes.size(), secret.data(), secret.size(), nullptr,
                                          &length, &end, sodium_base64_VARIANT_ORIGINAL);
    if (decoded != 0 || end != secret.data() + secret.size()) {
        return std::unexpected("the webhook's secret is not base64 after whsec_");
    }
    bytes.resize(length);
    if (length < kSecretBytesMin || length > kSecretBytesMax) {
        return std::unexpected("the webhook's secret is not of 24 to 64 bytes");
    }
    return bytes;
}

}  // namespace

std::expected<Hook, std::string> make_hook(std::string_view key, std::string body,
                                           std::string_view secret, std::int64_t time_ms) {
    Hook hook;
    hook.id = "msg_" + std::string(key);
    hook.body = std::move(body);
    const std::string stamp = std::to_string(time_ms / 1000);
    hook.headers = {{"content-type", "application/json"},
                    {"user-agent", "weft"},
                    {"webhook-id", hook.id},
                    {"webhook-timestamp", stamp}};
    if (secret.empty()) return hook;
    auto bytes = decode_secret(secret);
    if (!bytes) return std::unexpected(bytes.error());
    const Hash mac = hmac_sha256(*bytes, hook.id + "." + stamp + "." + hook.body);
    hook.headers.emplace_back("webhook-signature", "v1," + base64(view(mac)));
    return hook;
}

}  // namespace weft::stdlib::notify
