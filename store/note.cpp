#include "store/note.h"

#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <utility>

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

// Whether `line`, the last word of a signature line, is this key's signature of the text.
bool is_signed(const std::string& name, const Hash& public_key, std::string_view text,
               std::string_view line) {
    const auto sealed = from_base64(line);
    if (!sealed || sealed->size() != 4 + crypto_sign_BYTES ||
        !sealed->starts_with(key_hash(name, public_key))) {
        return false;
    }
    return crypto_sign_verify_detached(reinterpret_cast<const std::uint8_t*>(sealed->data()) + 4,
                                       reinterpret_cast<const std::uint8_t*>(text.data()),
                                       text.size(), public_key.data()) == 0;
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

std::string sign_note(const std::string& name, const Hash& public_key, const std::string& text,
                      const Signer& sign) {
    return text + "\n" + std::string(kDash) + name + " " +
           to_base64(key_hash(name, public_key) + sign(text)) + "\n";
}

std::string make_note(const std::string& origin, std::uint64_t size, const Hash& root,
                      const Hash& public_key, const Signer& sign) {
    return sign_note(origin, public_key, note_text(origin, size, root), sign);
}

std::optional<std::string> open_note(const std::string& name, const Hash& public_key,
                                     std::string_view note) {
    const std::string head = "\n" + std::string(kDash) + name + " ";
    const auto at = note.rfind(head);
    if (at == std::string_view::npos || at == 0 || !note.ends_with('\n')) return std::nullopt;
    auto line = note.substr(at + head.size());
    line.remove_suffix(1);
    if (!is_signed(name, public_key, note.substr(0, at), line)) return std::nullopt;
    return std::string(note.substr(0, at));
}

std::vector<std::string> split_notes(std::string_view text) {
    std::vector<std::string> out;
    bool in_signatures = false;
    std::string note;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
        const auto line = text.substr(0, end);
        text.remove_prefix(end);
        const bool is_signature = line.starts_with(kDash);
        if (in_signatures && !is_signature) {
            out.push_back(std::exchange(note, {}));
        }
        in_signatures = is_signature;
        if (note.empty() && line == "\n") continue;
        note += line;
    }
    if (!note.empty()) out.push_back(std::move(note));
    return out;
}

std::optional<Checkpoint> read_note(std::string_view note) {
    std::string_view rest = note;
    const std::string origin(take_line(rest));
    Checkpoint out;
    const auto size_text = take_line(rest);
    const auto* end = size_text.data() + size_text.size();
    const auto parsed = std::from_chars(size_text.data(), end, out.size);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    const auto root = from_base64(take_line(rest));
    if (!root || root->size() != 32) return std::nullopt;
    out.root = to_array<32>(*root);
    if (!note.starts_with(note_text(origin, out.size, out.root) + "\n")) return std::nullopt;
    out.note = std::string(note);
    return out;
}

Result<Checkpoint> check_note(const std::string& origin, const Hash& public_key,
                              std::string_view note) {
    const auto bad = [](std::string_view why) {
        return fail(ErrorKind::Corrupt, "the checkpoint " + std::string(why));
    };
    auto known = read_note(note);
    if (!known) return bad("is not in its one form");
    const std::string text = note_text(origin, known->size, known->root);
    if (!note.starts_with(text + "\n")) return bad("is of another origin");
    std::string_view rest = note;
    rest = note.substr(text.size() + 1);
    const std::string head = std::string(kDash) + origin + " ";
    const auto line = take_line(rest);
    if (!line.starts_with(head)) return bad("has no signature of the store");
    if (!is_signed(origin, public_key, text, line.substr(head.size()))) {
        return bad("has a wrong signature");
    }
    while (!rest.empty()) {
        if (!take_line(rest).starts_with(kDash)) return bad("has something behind its signature");
    }
    return std::move(*known);
}

std::string verifier_key(const std::string& origin, const Hash& public_key) {
    return origin + "+" + to_hex(key_hash(origin, public_key)) + "+" +
           to_base64(key_bytes(public_key));
}

std::optional<VerifierKey> parse_verifier_key(std::string_view line) {
    // Base64 may hold a plus as well, so the key is what follows the second one.
    const auto first = line.find('+');
    if (first == std::string_view::npos || line.size() < first + 10) return std::nullopt;
    const auto bytes = from_base64(line.substr(first + 10));
    if (!bytes || bytes->size() != 33) return std::nullopt;
    VerifierKey out{std::string(line.substr(0, first)), to_array<32>(bytes->substr(1))};
    if (out.origin.empty() || verifier_key(out.origin, out.public_key) != line) return std::nullopt;
    return out;
}

}  // namespace weft::store
