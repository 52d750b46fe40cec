// `<store>.keys`: everything that must be apart from the store, in one small file of mode 0600.
//
// Two header pages of 4,096 bytes are written in turn; the one with the higher sequence whose
// digest fits counts. Little-endian:
//     0  8  "weftkeys"            16  8  sequence
//     8  2  format = 1            24 16  store id
//    10  2  wrapping key id       40 32  wrapping key (zero when it is outside)
//    12  1  0 here, 1 outside     72  4  length of the secrets     76  4  length of the checkpoint
//    13  1  1: rows of the store are tagged (schema 3 on)
//    14  2  zero                  80     secrets, sealed under the wrapping key; then the last
//                                        signed checkpoint (a note); zeros
//  4064 32  SHA-256 of the bytes before it
// Secrets: count 2, then version 4 and secret 32 for each de-duplication secret; count 2, then the
// same for each Ed25519 seed. The last of each is the one in use.
//
// From 8,192 on, slots of 128 bytes: state 1 (0 none, 1 live, 2 destroyed), version 1, wrapping key
// id 2, zero 4, nonce 24, wrapped key 32, tag 16, spare 48. A slot's key is wrapped with its number
// and the store's id as associated data. Slots are made 1,024 ahead; a destroyed one is zeros but
// for its state and is never used again.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "store/entropy.h"
#include "store/file_io.h"
#include "store/key.h"
#include "store/rows.h"

namespace weft::store {

constexpr std::uint64_t kSlotsAhead = 1024;
constexpr std::uint64_t kSystemSlot = 0;

enum class SlotState : std::uint8_t { None = 0, Live = 1, Destroyed = 2 };

class KeyFile {
  public:
    // `source`: empty (the wrapping key stands in the file) or "env:NAME" (64 hex digits there).
    static Result<std::unique_ptr<KeyFile>> create(const std::string& path, const Bytes16& store_id,
                                                   const std::string& source, Entropy& entropy);
    static Result<std::unique_ptr<KeyFile>> open(const std::string& path,
                                                 const std::string& source);

    [[nodiscard]] const Bytes16& store_id() const { return store_id_; }
    [[nodiscard]] const std::string& path() const { return path_; }

    // Slots.
    [[nodiscard]] std::uint64_t slot_count() const { return slot_count_; }
    // At least kSlotsAhead / 2 live slots stand from `next` on when this returns.
    Result<void> make_ahead(std::uint64_t next, Entropy& entropy);
    // Of those from `next` on, which no run has taken, the power may have left some unwritten: they
    // and all behind them are made anew. An owner that begins to work also lets go of one that was
    // torn; for who only looks, it stays to be told.
    Result<void> forget_unmade(std::uint64_t next, bool torn_too);
    Result<SlotState> slot_state(std::uint64_t slot) const;
    // Refused: destroyed. Corrupt: doesn't unwrap.
    Result<Key> slot_key(std::uint64_t slot) const;
    Result<void> destroy(std::span<const std::uint64_t> slots);

    // HMAC under the de-duplication secret in use, cut to 16 bytes. `use` keeps kinds of tag apart.
    [[nodiscard]] Tag tag(std::string_view use, std::string_view bytes) const;
    // Under every version, newest first: what an older row may carry.
    [[nodiscard]] std::vector<Tag> tags(std::string_view use, std::string_view bytes) const;
    [[nodiscard]] std::uint32_t dedupe_version() const { return dedupe_.back().version; }
    Result<void> rotate_dedupe(Entropy& entropy);
    Result<void> forget_dedupe_below(std::uint32_t version);

    // Ed25519 under the seed in use.
    [[nodiscard]] std::string sign(std::string_view text) const;  // 64 bytes
    [[nodiscard]] const Hash& public_key() const { return public_key_; }

    [[nodiscard]] const std::string& last_checkpoint() const { return checkpoint_; }
    Result<void> set_last_checkpoint(const std::string& note);

    // Whether the store's rows are tagged (row_tags.h): then an older form of its tables is forged.
    [[nodiscard]] bool rows_are_tagged() const { return tagged_rows_; }
    Result<void> note_tagged_rows();

    struct Damage {
        std::string place;  // "header", "slot 7"
        std::string what;
    };
    // Every byte of the header, then of the slots from `slot` on, some at a time.
    Result<std::vector<Damage>> check(std::uint64_t& slot, bool& done) const;
    // Writes a page of the header anew that the power left half written.
    Result<void> mend_header();

    // A new wrapping key: live slots wrapped anew into a new file, renamed over this one.
    Result<void> rewrap(const std::string& new_source, Entropy& entropy);

  private:
    struct Secret {
        std::uint32_t version = 1;
        Key key;
    };

    KeyFile() = default;
    Result<void> write_header(Entropy* reseal);
    [[nodiscard]] std::string header_page() const;
    Result<void> read_header(const std::string& source);
    Result<void> read_secrets(std::string_view plain);
    void derive_public_key();
    [[nodiscard]] std::string secrets_plain() const;
    [[nodiscard]] std::string wrap_context(std::string_view use, std::uint64_t number) const;
    static std::optional<std::string> wrong_pages(std::string_view pages);
    [[nodiscard]] std::string wrong_slot(std::uint64_t slot, std::string_view bytes) const;
    [[nodiscard]] std::string slot_bytes(std::uint64_t slot, const Key& key,
                                         Entropy& entropy) const;

    std::string path_;
    Fd fd_;
    Bytes16 store_id_{};
    std::uint64_t sequence_ = 0;
    std::uint16_t wrapping_id_ = 1;
    bool outside_ = false;
    bool tagged_rows_ = false;
    Key wrapping_;
    std::vector<Secret> dedupe_;
    std::vector<Secret> seeds_;
    Hash public_key_{};  // of the last seed; deriving it costs as much as signing
    std::string sealed_secrets_;
    std::string checkpoint_;
    std::uint64_t slot_count_ = 0;
};

}  // namespace weft::store
