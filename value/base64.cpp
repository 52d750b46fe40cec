#include "value/base64.h"

#include <array>
#include <cstdint>

namespace weft {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> make_digits() {
    std::array<std::uint8_t, 256> out{};
    out.fill(kNoDigit);
    for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
        out[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
    }
    return out;
}
constexpr auto kDigits = make_digits();

}  // namespace

std::string to_base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto group = bytes.substr(i, 3);
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            bits = (bits << 8U) | (k < group.size() ? static_cast<std::uint8_t>(group[k]) : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            out += k <= group.size() ? kAlphabet[(bits >> (18 - 6 * k)) & 0x3FU] : '=';
        }
    }
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
        ++padding;
    const std::size_t digits = text.size() - padding;
    std::string out;
    out.reserve(text.size() / 4 * 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        const auto digit = kDigits[static_cast<std::uint8_t>(text[i])];
        if (digit == kNoDigit) return std::nullopt;
        bits = (bits << 6U) | digit;
        // The first digit of four completes no byte; each of the others completes one.
        if (i % 4 != 0) out += static_cast<char>((bits >> (6 - 2 * (i % 4))) & 0xFFU);
    }
    const std::uint32_t stray = padding == 1 ? bits & 0x3U : padding == 2 ? bits & 0xFU : 0U;
    if (stray != 0) return std::nullopt;
    return out;
}

}  // namespace weft
