// Every byte of the key file, for level one of the audit.
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "store/box.h"
#include "store/key_file.h"
#include "store/key_layout.h"

namespace weft::store {

namespace {

constexpr std::uint64_t kSlotsAtOnce = 256;

bool is_zero(std::string_view bytes) {
    return std::ranges::all_of(bytes, [](char byte) { return byte == 0; });
}

std::string slot_name(std::uint64_t slot) {
    return "slot " + std::to_string(slot);
}

}  // namespace

// One was written after the other, so both are whole but for a power failure in between; an owner
// that begins to work writes such a page anew.
std::optional<std::string> KeyFile::wrong_pages(std::string_view pages) {
    std::array<std::optional<std::uint64_t>, 2> sequences;
    for (std::size_t i = 0; i < 2; ++i) {
        if (pages.size() < (i + 1) * kPageBytes) return "it is too short";
        sequences[i] = valid_page(pages.substr(i * kPageBytes, kPageBytes));
    }
    if (!sequences[0] || !sequences[1]) {
        return "a page of its header was changed, or the power failed while it was written";
    }
    const auto [low, high] = std::minmax(*sequences[0], *sequences[1]);
    if (high - low != 1) return "one of the two pages of its header is an older one";
    return std::nullopt;
}

std::string KeyFile::wrong_slot(std::uint64_t slot, std::string_view bytes) const {
    const auto state = static_cast<std::uint8_t>(bytes[0]);
    if (state == static_cast<std::uint8_t>(SlotState::Destroyed)) {
        return is_zero(bytes.substr(1)) ? "" : "it was destroyed, but is not empty";
    }
    // The power failed while slots were made ahead: they are made anew when they come near.
    const bool is_unmade = slot >= slot_count_ && is_zero(bytes);
    if (is_unmade) return "";
    if (state != static_cast<std::uint8_t>(SlotState::Live)) return "its state is none";
    ByteReader in(bytes.substr(1));
    const bool fits = in.u8() == 1 && in.u16() == wrapping_id_ && in.u32() == 0 &&
                      is_zero(bytes.substr(8 + kWrappedBytes));
    if (!fits) return "it was changed";
    const auto plain =
        open_bytes(wrapping_, wrap_context("slot", slot), bytes.substr(8, kWrappedBytes));
    return plain && plain->size() == 32 ? "" : "its key does not open";
}

Result<std::vector<KeyFile::Damage>> KeyFile::check(std::uint64_t& slot, bool& done) const {
    std::vector<Damage> out;
    struct stat info{};
    if (::fstat(fd_.get(), &info) != 0) return fail_errno("look at", path_);
    const auto size = static_cast<std::uint64_t>(info.st_size);
    const std::uint64_t slots = size > kSlotsAt ? (size - kSlotsAt) / kSlotBytes : 0;
    if (slot == 0) {
        WEFT_TRY(pages, read_at(fd_, 0, 2 * kPageBytes, path_));
        if (auto wrong = wrong_pages(pages)) out.push_back({"header", std::move(*wrong)});
        if (size != slot_offset(slots)) {
            out.push_back({"end", "bytes follow its last slot"});
        }
    }
    const std::uint64_t end = std::min(slots, slot + kSlotsAtOnce);
    WEFT_TRY(bytes, read_at(fd_, slot_offset(slot), (end - slot) * kSlotBytes, path_));
    for (std::size_t at = 0; slot < end; ++slot, at += kSlotBytes) {
        const auto one = std::string_view(bytes).substr(at, kSlotBytes);
        auto wrong = one.size() == kSlotBytes ? wrong_slot(slot, one) : "it can't be read";
        if (!wrong.empty()) out.push_back({slot_name(slot), std::move(wrong)});
    }
    done = slot >= slots;
    return out;
}

// Of the two pages the one that is not in use, and is written next.
Result<void> KeyFile::mend_header() {
    WEFT_TRY(pages, read_at(fd_, 0, 2 * kPageBytes, path_));
    return wrong_pages(pages) ? write_header(nullptr) : Result<void>{};
}

}  // namespace weft::store
