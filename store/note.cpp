#include "store/note.h"

#include <sodium.h>

#include <charconv>

#include "base/hash.h"

namespace weft::store {

namespace {

constexpr std::string_view kDash = "\xE2\x80\x94 ";  // em dash, space

std::string key_bytes(const Hash& public_key) {
    return "\x01" + std::string(view(public_key));
}

std::string key_hash(const std::string& origin, const Hash& public_key) {
    return std::string(view(sha256(origin + "\n" + key_bytes(public_key))).substr(0, 4));
}

std::string note_text(const std::string& origin, std::uint64_t size, const Hash& root) {
    return origin + "\n" + std::to_string(size) + "\n" + to_base64(view(root)) + "\n";
}

std::string_view take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) return {};
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
}

}  // namespace

std::string to_base64(std::string_view bytes) {
    constexpr int variant = sodium_base64_VARIANT_ORIGINAL;
    std::string out(sodium_base64_encoded_len(bytes.size(), variant), '\0');
    sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()),
                      bytes.size(), variant);
    out.pop_back();  // its terminator
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    std::string out(text.size() / 4 * 3 + 3, '\0');
    std::size_t size = 0;
    const int rc =
        sodium_base642bin(reinterpret_cast<std::uint8_t*>(out.data()), out.size(), text.data(),
                          text.size(), nullptr, &size, nullptr, sodium_base64_VARIANT_ORIGINAL);
    if (rc != 0) return std::nullopt;
    out.resize(size);
    // One text for each value, or a changed byte of a note could go unseen.
    if (to_base64(out) != text) return std::nullopt;
    return out;
}

std::string make_note(const std::string& origin, std::uint64_t size, const Hash& root,
                      const Hash& public_key, const Signer& sign) {
    const std::string text = note_text(origin, size, root);
    return text + "\n" + std::string(kDash) + origin + " " +
           to_base64(key_hash(origin, public_key) + sign(text)) + "\n";
}

Result<Checkpoint> check_note(const std::string& origin, const Hash& public_key,
                              std::string_view note) {
    const auto bad = [](std::string_view why) {
        return fail(ErrorKind::Corrupt, "the checkpoint " + std::string(why));
    };
    std::string_view rest = note;
    if (take_line(rest) != origin) return bad("is of another origin");
    Checkpoint out;
    const auto size_text = take_line(rest);
    const auto* end = size_text.data() + size_text.size();
    const auto parsed = std::from_chars(size_text.data(), end, out.size);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return bad("has no size");
    const auto root = from_base64(take_line(rest));
    if (!root || root->size() != 32) return bad("has no root");
    out.root = to_array<32>(*root);
    const std::string text = note_text(origin, out.size, out.root);
    if (!note.starts_with(text + "\n")) return bad("is not in its one form");
    rest = note.substr(text.size() + 1);
    const std::string head = std::string(kDash) + origin + " ";
    const auto line = take_line(rest);
    if (!line.starts_with(head)) return bad("has no signature of the store");
    const auto sealed = from_base64(line.substr(head.size()));
    if (!sealed || sealed->size() != 4 + crypto_sign_BYTES ||
        !sealed->starts_with(key_hash(origin, public_key))) {
        return bad("is signed by another key");
    }
    const int rc = crypto_sign_verify_detached(
        reinterpret_cast<const std::uint8_t*>(sealed->data()) + 4,
        reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), public_key.data());
    if (rc != 0) return bad("has a wrong signature");
    while (!rest.empty()) {
        if (!take_line(rest).starts_with(kDash)) return bad("has something behind its signature");
    }
    out.note = std::string(note);
    return out;
}

std::string verifier_key(const std::string& origin, const Hash& public_key) {
    return origin + "+" + to_hex(key_hash(origin, public_key)) + "+" +
           to_base64(key_bytes(public_key));
}

}  // namespace weft::store
