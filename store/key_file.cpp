#include "store/key_file.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "base/check.h"
#include "base/hash.h"
#include "store/box.h"
#include "store/key_layout.h"

namespace weft::store {

namespace {

constexpr std::size_t kSecretsMax = 16;

Result<Key> outside_key(const std::string& source) {
    constexpr std::string_view prefix = "env:";
    if (!source.starts_with(prefix)) {
        return fail(ErrorKind::Usage, "`keys = \"" + source + "\"` names no place of a key",
                    "write `env:NAME`, or leave it out to keep the key in the key file");
    }
    const std::string name = source.substr(prefix.size());
    const char* text = std::getenv(name.c_str());
    std::string bytes;
    if (text == nullptr || !from_hex(text, bytes) || bytes.size() != 32) {
        return fail(ErrorKind::Environment,
                    "the wrapping key in " + name + " is missing or is not 64 hex digits",
                    "set " + name + " to the key this store was made with");
    }
    Key key(bytes);
    sodium_memzero(bytes.data(), bytes.size());
    return key;
}

}  // namespace

std::optional<std::uint64_t> valid_page(std::string_view page) {
    if (page.size() != kPageBytes || !page.starts_with(kKeyFileMagic)) return std::nullopt;
    if (view(sha256(page.substr(0, kDigestAt))) != page.substr(kDigestAt)) return std::nullopt;
    ByteReader in(page.substr(16));
    return in.u64();
}

std::string KeyFile::wrap_context(std::string_view use, std::uint64_t number) const {
    ByteWriter out;
    out.raw(use);
    out.raw(view(store_id_));
    out.u64(number);
    return out.take();
}

std::string KeyFile::slot_bytes(std::uint64_t slot, const Key& key, Entropy& entropy) const {
    ByteWriter out;
    out.u8(static_cast<std::uint8_t>(SlotState::Live));
    out.u8(1);
    out.u16(wrapping_id_);
    out.u32(0);
    out.raw(seal_bytes(entropy, wrapping_, wrap_context("slot", slot), key.bytes()));
    out.zeros(kSlotBytes - out.size());
    return out.take();
}

std::string KeyFile::secrets_plain() const {
    ByteWriter out;
    for (const auto* list : {&dedupe_, &seeds_}) {
        out.u16(static_cast<std::uint16_t>(list->size()));
        for (const Secret& secret : *list) {
            out.u32(secret.version);
            out.raw(secret.key.bytes());
        }
    }
    return out.take();
}

Result<void> KeyFile::read_secrets(std::string_view plain) {
    ByteReader in(plain);
    for (auto* list : {&dedupe_, &seeds_}) {
        list->clear();
        const std::size_t count = in.u16();
        for (std::size_t i = 0; i < count && in.ok(); ++i) {
            Secret secret;
            secret.version = in.u32();
            secret.key = Key(in.raw(32));
            list->push_back(secret);
        }
    }
    if (!in.at_end() || dedupe_.empty() || seeds_.empty()) {
        return fail(ErrorKind::Corrupt, "the secrets in " + path_ + " are damaged");
    }
    derive_public_key();
    return {};
}

std::string KeyFile::header_page() const {
    ByteWriter out;
    out.raw(kKeyFileMagic);
    out.u16(1);
    out.u16(wrapping_id_);
    out.u8(outside_ ? 1 : 0);
    out.u8(tagged_rows_ ? 1 : 0);
    out.zeros(2);
    out.u64(sequence_);
    out.raw(view(store_id_));
    if (outside_) {
        out.zeros(32);
    } else {
        out.raw(wrapping_.bytes());
    }
    out.u32(static_cast<std::uint32_t>(sealed_secrets_.size()));
    out.u32(static_cast<std::uint32_t>(checkpoint_.size()));
    out.raw(sealed_secrets_);
    out.raw(checkpoint_);
    WEFT_CHECK(out.size() <= kDigestAt);
    out.zeros(kDigestAt - out.size());
    out.raw(view(sha256(out.bytes())));
    return out.take();
}

Result<void> KeyFile::write_header(Entropy* reseal) {
    if (reseal != nullptr) {
        std::string plain = secrets_plain();
        sealed_secrets_ = seal_bytes(*reseal, wrapping_, wrap_context("secrets", 0), plain);
        sodium_memzero(plain.data(), plain.size());
    }
    ++sequence_;
    auto done = write_at(fd_, (sequence_ % 2) * kPageBytes, header_page(), path_);
    if (done) done = sync_data(fd_, path_);
    // The next one goes to the same page: the other may be the only one that is on the disk.
    if (!done) --sequence_;
    return done;
}

Result<void> KeyFile::read_header(const std::string& source) {
    WEFT_TRY(pages, read_at(fd_, 0, 2 * kPageBytes, path_));
    std::string_view best;
    std::uint64_t best_sequence = 0;
    for (std::size_t at : {std::size_t{0}, kPageBytes}) {
        if (pages.size() < at + kPageBytes) continue;
        const auto page = std::string_view(pages).substr(at, kPageBytes);
        const auto sequence = valid_page(page);
        if (sequence && *sequence >= best_sequence) {
            best = page;
            best_sequence = *sequence;
        }
    }
    if (best.empty()) {
        return fail(ErrorKind::Corrupt,
                    "the key file " + path_ + " is damaged: no header page fits",
                    "restore the key file from its backup");
    }
    ByteReader in(best);
    in.raw(kKeyFileMagic.size());
    if (in.u16() != 1) {
        return fail(ErrorKind::Unsupported,
                    "the key file " + path_ + " was written by a newer version");
    }
    wrapping_id_ = in.u16();
    outside_ = in.u8() != 0;
    tagged_rows_ = in.u8() != 0;
    in.raw(2);
    sequence_ = in.u64();
    store_id_ = to_array<16>(in.raw(16));
    wrapping_ = Key(in.raw(32));
    const std::size_t secrets_size = in.u32();
    const std::size_t checkpoint_size = in.u32();
    sealed_secrets_ = std::string(in.raw(secrets_size));
    checkpoint_ = std::string(in.raw(checkpoint_size));
    if (!in.ok()) return fail(ErrorKind::Corrupt, "the key file " + path_ + " is damaged");
    if (outside_) {
        if (source.empty()) {
            return fail(ErrorKind::Environment,
                        "the wrapping key of " + path_ + " is kept outside and no place is given",
                        "set `keys = \"env:NAME\"` in weft.toml");
        }
        WEFT_TRY(key, outside_key(source));
        wrapping_ = key;
    }
    auto plain = open_bytes(wrapping_, wrap_context("secrets", 0), sealed_secrets_);
    if (!plain) {
        return fail(ErrorKind::Refused, "the wrapping key does not fit " + path_ + " (key " +
                                            std::to_string(wrapping_id_) + ")");
    }
    auto read = read_secrets(*plain);
    sodium_memzero(plain->data(), plain->size());
    return read;
}

Result<std::unique_ptr<KeyFile>> KeyFile::create(const std::string& path, const Bytes16& store_id,
                                                 const std::string& source, Entropy& entropy) {
    std::unique_ptr<KeyFile> keys(new KeyFile);
    keys->path_ = path;
    keys->store_id_ = store_id;
    keys->outside_ = !source.empty();
    keys->tagged_rows_ = true;
    if (keys->outside_) {
        WEFT_TRY(key, outside_key(source));
        keys->wrapping_ = key;
    } else {
        keys->wrapping_ = Key(entropy.text(32));
    }
    keys->dedupe_.push_back({1, Key(entropy.text(32))});
    keys->seeds_.push_back({1, Key(entropy.text(32))});
    keys->derive_public_key();
    // Made under another name, so that a crash leaves no half a key file under the real one.
    const std::string fresh = path + ".new";
    ::unlink(fresh.c_str());
    WEFT_TRY(fd, open_file(fresh, O_RDWR | O_CREAT | O_EXCL));
    keys->fd_ = std::move(fd);
    WEFT_TRY_VOID(keys->write_header(&entropy));
    WEFT_TRY_VOID(keys->write_header(nullptr));
    WEFT_TRY_VOID(keys->make_ahead(0, entropy));
    // link, not rename: an existing key file must never be replaced by a new one.
    if (::link(fresh.c_str(), path.c_str()) != 0) return fail_errno("make", path);
    ::unlink(fresh.c_str());
    WEFT_TRY_VOID(sync_folder_of(path));
    return keys;
}

Result<std::unique_ptr<KeyFile>> KeyFile::open(const std::string& path, const std::string& source) {
    std::unique_ptr<KeyFile> keys(new KeyFile);
    keys->path_ = path;
    WEFT_TRY(fd, open_file(path, O_RDWR));
    keys->fd_ = std::move(fd);
    struct stat info{};
    if (::fstat(keys->fd_.get(), &info) != 0) return fail_errno("look at", path);
    if ((info.st_mode & 077) != 0) {
        return fail(ErrorKind::Refused, "the key file " + path + " can be read by others",
                    "chmod 600 " + path);
    }
    WEFT_TRY_VOID(keys->read_header(source));
    const auto size = static_cast<std::uint64_t>(info.st_size);
    keys->slot_count_ = size > kSlotsAt ? (size - kSlotsAt) / kSlotBytes : 0;
    return keys;
}

Result<void> KeyFile::make_ahead(std::uint64_t next, Entropy& entropy) {
    if (slot_count_ >= next + kSlotsAhead / 2) return {};
    const std::uint64_t first = slot_count_;
    const std::uint64_t end = next + kSlotsAhead;
    std::string bytes;
    bytes.reserve((end - first) * kSlotBytes);
    for (std::uint64_t slot = first; slot < end; ++slot) {
        bytes += slot_bytes(slot, Key(entropy.text(32)), entropy);
    }
    auto made = write_at(fd_, slot_offset(first), bytes, path_);
    if (made) made = sync_data(fd_, path_);
    if (!made) {
        // They may stand in the system's memory and nowhere else: the next owner must not use them.
        (void)::ftruncate(fd_.get(), static_cast<off_t>(slot_offset(first)));
        return made;
    }
    slot_count_ = end;
    return {};
}

Result<void> KeyFile::forget_unmade(std::uint64_t next, bool torn_too) {
    if (next >= slot_count_) return {};
    WEFT_TRY(bytes, read_at(fd_, slot_offset(next), (slot_count_ - next) * kSlotBytes, path_));
    for (std::size_t at = 0; at < bytes.size(); at += kSlotBytes) {
        const std::uint64_t slot = next + at / kSlotBytes;
        const auto one = std::string_view(bytes).substr(at, kSlotBytes);
        const bool is_torn = torn_too && !wrong_slot(slot, one).empty();
        if (static_cast<SlotState>(one[0]) != SlotState::None && !is_torn) continue;
        slot_count_ = slot;
        // Nobody has had a key of these, so that nothing is lost with them.
        if (is_torn && ::ftruncate(fd_.get(), static_cast<off_t>(slot_offset(slot))) != 0) {
            return fail_errno("shorten", path_);
        }
        break;
    }
    return {};
}

Result<SlotState> KeyFile::slot_state(std::uint64_t slot) const {
    if (slot >= slot_count_) return SlotState::None;
    WEFT_TRY(byte, read_at(fd_, slot_offset(slot), 1, path_));
    const auto state = byte.empty() ? 0 : static_cast<unsigned char>(byte[0]);
    if (state > 2)
        return fail(ErrorKind::Corrupt, "key slot " + std::to_string(slot) + " is damaged");
    return static_cast<SlotState>(state);
}

Result<Key> KeyFile::slot_key(std::uint64_t slot) const {
    WEFT_TRY(state, slot_state(slot));
    if (state == SlotState::Destroyed) {
        return fail(ErrorKind::Refused,
                    "the key in slot " + std::to_string(slot) + " was destroyed");
    }
    if (state == SlotState::None) {
        return fail(ErrorKind::Corrupt, "key slot " + std::to_string(slot) + " was never made",
                    "restore the key file that belongs to this store");
    }
    WEFT_TRY(bytes, read_at(fd_, slot_offset(slot), kSlotBytes, path_));
    ByteReader in(bytes);
    in.raw(8);
    auto plain = open_bytes(wrapping_, wrap_context("slot", slot), in.raw(kWrappedBytes));
    if (!in.ok() || !plain || plain->size() != 32) {
        return fail(ErrorKind::Corrupt, "key slot " + std::to_string(slot) + " is damaged",
                    "restore the key file from its backup");
    }
    Key key(*plain);
    sodium_memzero(plain->data(), plain->size());
    return key;
}

Result<void> KeyFile::destroy(std::span<const std::uint64_t> slots) {
    std::string gone(kSlotBytes, '\0');
    gone[0] = static_cast<char>(SlotState::Destroyed);
    for (const std::uint64_t slot : slots) {
        WEFT_CHECK(slot != kSystemSlot);
        if (slot >= slot_count_) continue;
        WEFT_TRY_VOID(write_at(fd_, slot_offset(slot), gone, path_));
    }
    return sync_data(fd_, path_);
}

namespace {

Tag make_tag(const Key& secret, std::string_view use, std::string_view bytes) {
    ByteWriter text;
    text.block(use);
    text.raw(bytes);
    return to_array<16>(view(hmac_sha256(secret.bytes(), text.bytes())));
}

}  // namespace

Tag KeyFile::tag(std::string_view use, std::string_view bytes) const {
    return make_tag(dedupe_.back().key, use, bytes);
}

std::vector<Tag> KeyFile::tags(std::string_view use, std::string_view bytes) const {
    std::vector<Tag> out;
    for (auto it = dedupe_.rbegin(); it != dedupe_.rend(); ++it) {
        out.push_back(make_tag(it->key, use, bytes));
    }
    return out;
}

Result<void> KeyFile::rotate_dedupe(Entropy& entropy) {
    if (dedupe_.size() == kSecretsMax) {
        return fail(ErrorKind::Refused, "the key file holds 16 de-duplication secrets already",
                    "forget old ones first");
    }
    dedupe_.push_back({dedupe_.back().version + 1, Key(entropy.text(32))});
    return write_header(&entropy);
}

Result<void> KeyFile::forget_dedupe_below(std::uint32_t version) {
    std::erase_if(dedupe_, [&](const Secret& s) {
        return s.version < version && s.version != dedupe_.back().version;
    });
    auto entropy = system_entropy();
    // Twice: the older page still holds what is to be forgotten.
    WEFT_TRY_VOID(write_header(entropy.get()));
    return write_header(nullptr);
}

// What libsodium calls the secret key is the seed and the public key behind it.
std::string KeyFile::sign(std::string_view text) const {
    std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret{};
    static_assert(crypto_sign_SECRETKEYBYTES == 64 && crypto_sign_SEEDBYTES == 32);
    std::memcpy(secret.data(), seeds_.back().key.data(), 32);
    std::memcpy(secret.data() + 32, public_key_.data(), 32);
    std::string out(crypto_sign_BYTES, '\0');
    crypto_sign_detached(reinterpret_cast<std::uint8_t*>(out.data()), nullptr,
                         reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                         secret.data());
    sodium_memzero(secret.data(), secret.size());
    return out;
}

void KeyFile::derive_public_key() {
    std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret{};
    crypto_sign_seed_keypair(public_key_.data(), secret.data(), seeds_.back().key.data());
    sodium_memzero(secret.data(), secret.size());
}

Result<void> KeyFile::note_tagged_rows() {
    tagged_rows_ = true;
    return write_header(nullptr);
}

Result<void> KeyFile::set_last_checkpoint(const std::string& note) {
    checkpoint_ = note;
    return write_header(nullptr);
}

Result<void> KeyFile::rewrap(const std::string& new_source, Entropy& entropy) {
    KeyFile next;
    next.path_ = path_ + ".new";
    next.store_id_ = store_id_;
    next.sequence_ = sequence_;
    next.wrapping_id_ = static_cast<std::uint16_t>(wrapping_id_ + 1);
    next.outside_ = !new_source.empty();
    next.tagged_rows_ = tagged_rows_;
    if (next.outside_) {
        WEFT_TRY(key, outside_key(new_source));
        next.wrapping_ = key;
    } else {
        next.wrapping_ = Key(entropy.text(32));
    }
    next.dedupe_ = dedupe_;
    next.seeds_ = seeds_;
    next.public_key_ = public_key_;
    next.checkpoint_ = checkpoint_;
    ::unlink(next.path_.c_str());
    WEFT_TRY(fd, open_file(next.path_, O_RDWR | O_CREAT | O_EXCL));
    next.fd_ = std::move(fd);
    std::string bytes;
    for (std::uint64_t slot = 0; slot < slot_count_; ++slot) {
        WEFT_TRY(state, slot_state(slot));
        if (state == SlotState::Live) {
            WEFT_TRY(key, slot_key(slot));
            bytes += next.slot_bytes(slot, key, entropy);
        } else {
            std::string gone(kSlotBytes, '\0');
            gone[0] = static_cast<char>(state);
            bytes += gone;
        }
    }
    next.slot_count_ = slot_count_;
    WEFT_TRY_VOID(write_at(next.fd_, kSlotsAt, bytes, next.path_));
    WEFT_TRY_VOID(next.write_header(&entropy));
    WEFT_TRY_VOID(next.write_header(nullptr));
    if (::rename(next.path_.c_str(), path_.c_str()) != 0) return fail_errno("rename", next.path_);
    next.path_ = path_;
    *this = std::move(next);
    return sync_folder_of(path_);
}

}  // namespace weft::store
