// The one little-endian codec. Writers append to a std::string of bytes; readers check every length
// and turn sticky-bad instead of reading past the end.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace weft {

class ByteWriter {
  public:
    ByteWriter() = default;
    // With room for so many bytes, for what is written often.
    explicit ByteWriter(std::size_t room) { out_.reserve(room); }
    void u8(std::uint8_t v) { out_.push_back(static_cast<char>(v)); }
    void u16(std::uint16_t v) { little(v); }
    void u32(std::uint32_t v) { little(v); }
    void u64(std::uint64_t v) { little(v); }
    void i64(std::int64_t v) { u64(static_cast<std::uint64_t>(v)); }
    void raw(std::string_view bytes) { out_.append(bytes); }
    // Length (u32), then the bytes.
    void block(std::string_view bytes) {
        u32(static_cast<std::uint32_t>(bytes.size()));
        raw(bytes);
    }
    void zeros(std::size_t count) { out_.append(count, '\0'); }
    [[nodiscard]] const std::string& bytes() const { return out_; }
    std::string take() { return std::move(out_); }
    [[nodiscard]] std::size_t size() const { return out_.size(); }

  private:
    template <typename Number>
    void little(Number v) {
        if constexpr (std::endian::native == std::endian::little) {
            out_.append(reinterpret_cast<const char*>(&v), sizeof v);
        } else {
            for (std::size_t i = 0; i < sizeof v; ++i)
                u8(static_cast<std::uint8_t>((v >> (8 * i)) & 0xFF));
        }
    }
    std::string out_;
};

class ByteReader {
  public:
    explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

    std::uint8_t u8() { return static_cast<std::uint8_t>(little(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(little(2)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(little(4)); }
    std::uint64_t u64() { return little(8); }
    std::int64_t i64() { return static_cast<std::int64_t>(little(8)); }
    std::string_view raw(std::size_t count) {
        if (count > bytes_.size()) {
            ok_ = false;
            bytes_ = {};
            return {};
        }
        auto out = bytes_.substr(0, count);
        bytes_.remove_prefix(count);
        return out;
    }
    std::string_view block() { return raw(u32()); }
    [[nodiscard]] bool ok() const { return ok_; }
    void set_bad() { ok_ = false; }
    [[nodiscard]] std::size_t left() const { return bytes_.size(); }
    [[nodiscard]] bool at_end() const { return ok_ && bytes_.empty(); }

  private:
    std::uint64_t little(std::size_t count) {
        auto part = raw(count);
        std::uint64_t v = 0;
        for (std::size_t i = 0; i < part.size(); ++i) {
            v |= static_cast<std::uint64_t>(static_cast<unsigned char>(part[i])) << (8 * i);
        }
        return v;
    }
    std::string_view bytes_;
    bool ok_ = true;
};

// 16 and 32 byte names: run ids, keys, hashes. Compared and ordered bytewise.
using Bytes16 = std::array<std::uint8_t, 16>;
using Hash = std::array<std::uint8_t, 32>;

template <std::size_t N>
std::string_view view(const std::array<std::uint8_t, N>& a) {
    return {reinterpret_cast<const char*>(a.data()), N};
}

// Exactly N bytes; missing ones are zero.
template <std::size_t N>
std::array<std::uint8_t, N> to_array(std::string_view bytes) {
    std::array<std::uint8_t, N> out{};
    bytes.copy(reinterpret_cast<char*>(out.data()), N);
    return out;
}

std::string to_hex(std::string_view bytes);
// False when the text is not pairs of hex digits.
bool from_hex(std::string_view text, std::string& out);

}  // namespace weft
