#include "store/approver_key.h"

#include <fcntl.h>
#include <sodium.h>

#include <array>

#include "store/entropy.h"
#include "store/file_io.h"
#include "store/note.h"

namespace weft::store {

namespace {

constexpr std::string_view kBegin = "-----BEGIN PRIVATE KEY-----\n";
constexpr std::string_view kEnd = "-----END PRIVATE KEY-----\n";
// PrivateKeyInfo of RFC 8410 for Ed25519, up to the seed.
constexpr std::array<unsigned char, 16> kPrefix = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                                   0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};

std::string_view prefix() {
    return {reinterpret_cast<const char*>(kPrefix.data()), kPrefix.size()};
}

}  // namespace

ApproverKey::ApproverKey(const Key& seed) : seed_(seed) {
    std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret{};
    crypto_sign_seed_keypair(public_key_.data(), secret.data(), seed_.data());
    sodium_memzero(secret.data(), secret.size());
}

Result<ApproverKey> ApproverKey::create(const std::string& path) {
    WEFT_TRY(fd, open_file(path, O_WRONLY | O_CREAT | O_EXCL));
    const Key seed(system_entropy()->text(32));
    std::string text(kBegin);
    text += to_base64(std::string(prefix()) + std::string(seed.bytes())) + "\n";
    text += kEnd;
    WEFT_TRY_VOID(write_at(fd, 0, text, path));
    sodium_memzero(text.data(), text.size());
    return ApproverKey(seed);
}

Result<ApproverKey> ApproverKey::read(const std::string& path) {
    WEFT_TRY(fd, open_file(path, O_RDONLY));
    WEFT_TRY(text, read_at(fd, 0, 1024, path));
    std::string_view body = text;
    const bool is_pem = body.starts_with(kBegin) && body.ends_with(kEnd);
    if (is_pem) {
        body.remove_prefix(kBegin.size());
        body.remove_suffix(kEnd.size());
    }
    while (body.ends_with('\n')) body.remove_suffix(1);
    const auto bytes = is_pem ? from_base64(body) : std::nullopt;
    sodium_memzero(text.data(), text.size());
    if (!bytes || bytes->size() != kPrefix.size() + 32 || !bytes->starts_with(prefix())) {
        return fail(ErrorKind::Usage, path + " holds no Ed25519 key",
                    "`weft review key FILE` makes one");
    }
    return ApproverKey(Key(std::string_view(*bytes).substr(kPrefix.size())));
}

std::string ApproverKey::sign(std::string_view text) const {
    std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret{};
    Hash ignored{};
    crypto_sign_seed_keypair(ignored.data(), secret.data(), seed_.data());
    std::string out(crypto_sign_BYTES, '\0');
    crypto_sign_detached(reinterpret_cast<std::uint8_t*>(out.data()), nullptr,
                         reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                         secret.data());
    sodium_memzero(secret.data(), secret.size());
    return out;
}

}  // namespace weft::store
