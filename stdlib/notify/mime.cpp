#include "stdlib/notify/mime.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <cctype>
#include <ctime>

namespace weft::stdlib::notify {

namespace {

constexpr std::size_t kLineMax = 76;  // RFC 2045: of an encoded line
constexpr std::string_view kUpperHex = "0123456789ABCDEF";

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string one_line(std::string_view text) {
    std::string out(text);
    std::ranges::replace_if(out, is_control, ' ');
    return out;
}

// Bytes of the code point that begins with `lead`.
std::size_t sequence_length(char lead) {
    const auto byte = static_cast<unsigned char>(lead);
    return byte < 0x80 ? 1U : byte < 0xE0 ? 2U : byte < 0xF0 ? 3U : 4U;
}

std::string base64_lines(std::string_view bytes) {
    const std::string all = base64(bytes);
    std::string out;
    out.reserve(all.size() + all.size() / kLineMax * 2 + 2);
    for (std::size_t at = 0; at < all.size(); at += kLineMax) {
        out.append(all, at, kLineMax).append("\r\n");
    }
    return out;
}

// Quoted-printable (RFC 2045, 6.7): readable as it stands, and no line can be taken for a boundary,
// since "=_" is not in its alphabet.
std::string quoted_printable(std::string_view text) {
    std::string out;
    std::size_t column = 0;
    const auto put = [&](std::string_view unit) {
        if (column + unit.size() > kLineMax - 1) {
            out.append("=\r\n");
            column = 0;
        }
        out.append(unit);
        column += unit.size();
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
        if (c == '\n') {
            out.append("\r\n");
            column = 0;
            continue;
        }
        const bool at_line_end = i + 1 == text.size() || text[i + 1] == '\n' || text[i + 1] == '\r';
        const bool blank = (c == ' ' || c == '\t') && !at_line_end;
        // A dot at a line's start is the SMTP end mark, "From " the mbox one. A full line is broken
        // before what comes next.
        const bool begins_line = column == 0 || column + 1 > kLineMax - 1;
        const bool risky = begins_line && (c == '.' || c == 'F');
        if (blank || (c > ' ' && c < 0x7F && c != '=' && !risky)) {
            put({&text[i], 1});
        } else {
            const auto byte = static_cast<unsigned char>(c);
            put(std::string{'=', kUpperHex[byte >> 4U], kUpperHex[byte & 15U]});
        }
    }
    return out.ends_with('\n') ? out : out + "\r\n";
}

// A short plain name as it is, any other by RFC 2231 alone: beside a plain form some readers ignore
// it. One that does not fit in a line is continued on further ones.
std::string file_name_parameter(std::string_view text) {
    constexpr std::size_t kPartMax = 54;  // with what stands around it a line of 76
    const std::string name = one_line(text);
    std::vector<std::string> parts(1);
    bool plain = name.size() <= kPartMax;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_token =
            byte < 0x80 && (std::isalnum(byte) != 0 || c == '.' || c == '-' || c == '_');
        plain = plain && (is_token || c == ' ');
        const auto written = is_token
                                 ? std::string{c}
                                 : std::string{'%', kUpperHex[byte >> 4U], kUpperHex[byte & 15U]};
        if (parts.back().size() + written.size() > kPartMax) parts.emplace_back();
        parts.back() += written;
    }
    if (plain) return "filename=\"" + name + "\"";
    if (parts.size() == 1) return "filename*=utf-8''" + parts.front();
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        out += fmt::format("{}filename*{}*={}{}", i == 0 ? "" : ";\r\n ", i,
                           i == 0 ? "utf-8''" : "", parts[i]);
    }
    return out;
}

// A media type is two tokens; anything else would be a parameter or a header of its own.
std::string media_type(std::string_view media) {
    constexpr std::size_t kTypeMax = 2 * 127 + 1;  // RFC 6838
    const auto is_token = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '/' || c == '-' ||
               c == '+' || c == '.';
    };
    const bool fits = media.size() <= kTypeMax && std::ranges::count(media, '/') == 1 &&
                      std::ranges::all_of(media, is_token);
    return fits ? std::string(media) : "application/octet-stream";
}

std::string date_header(std::int64_t time_ms) {
    const std::time_t seconds = time_ms / 1000;
    return fmt::format("{:%a, %d %b %Y %H:%M:%S} +0000", fmt::gmtime(seconds));
}

std::string sender_header(const Message& message) {
    if (message.from_name.empty()) return message.from;
    std::string name = encode_header_text(message.from_name, 6);
    if (!name.starts_with("=?")) {
        std::erase_if(name, [](char c) { return c == '"' || c == '\\'; });
        name = '"' + name + '"';
    }
    return name + "\r\n <" + message.from + ">";
}

std::string recipients_headers(const Message& message) {
    if (message.to.size() == 1) return "To: " + message.to.front() + "\r\n";
    std::string out = "To: undisclosed-recipients:;\r\n";
    if (message.has_envelope || message.to.empty()) return out;
    return out + fmt::format("Bcc: {}\r\n", fmt::join(message.to, ",\r\n "));
}

}  // namespace

std::string base64(std::string_view bytes) {
    std::string out(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                      bytes.size(), sodium_base64_VARIANT_ORIGINAL);
    out.pop_back();  // its terminating zero
    return out;
}

bool is_plain_address(std::string_view address) {
    const auto at = address.find('@');
    if (at == std::string_view::npos || at == 0 || address.size() > 254) return false;
    const auto domain = address.substr(at + 1);
    const auto is_local = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               std::string_view("!#$%&'*+-/=?^_`{|}~.").contains(c);
    };
    const auto is_domain = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.';
    };
    return !domain.empty() && domain.front() != '.' && domain.back() != '.' && is_ascii(address) &&
           std::ranges::all_of(address.substr(0, at), is_local) &&
           std::ranges::all_of(domain, is_domain);
}

std::string message_id(const Message& message) {
    const auto at = message.from.find('@');
    return fmt::format("<{}@{}>", message.key, message.from.substr(at + 1));
}

std::string encode_header_text(std::string_view text, std::size_t name_length) {
    std::string line = one_line(text);
    const bool plain = is_ascii(line) && !line.contains("=?") && line.size() + name_length <= 76;
    if (plain) return line;
    // 45 bytes are 60 of base64 and a word of 72; a code point is never cut.
    constexpr std::size_t kWordBytesMax = 45;
    std::string out;
    for (std::size_t begin = 0; begin < line.size();) {
        std::size_t end = begin;
        const std::size_t room = out.empty() ? kWordBytesMax - 12 : kWordBytesMax;
        while (end < line.size() && end + sequence_length(line[end]) - begin <= room) {
            end += sequence_length(line[end]);
        }
        end = std::min(end, line.size());
        if (!out.empty()) out += "\r\n ";
        out += "=?UTF-8?B?" + base64(std::string_view(line).substr(begin, end - begin)) + "?=";
        begin = end;
    }
    return out;
}

std::string write_message(const Message& message) {
    std::string out;
    out += "Message-ID: " + message_id(message) + "\r\n";
    out += "Date: " + date_header(message.time_ms) + "\r\n";
    out += "From: " + sender_header(message) + "\r\n";
    out += recipients_headers(message);
    out += "Subject: " + encode_header_text(message.subject, 9) + "\r\n";
    // RFC 3834: no vacation reply to a machine.
    out += "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n";
    const std::string text_part =
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n" +
        quoted_printable(message.body);
    if (message.attachments.empty()) return out + text_part;

    const std::string boundary = "=_weft_" + message.key;
    out += "Content-Type: multipart/mixed;\r\n boundary=\"" + boundary + "\"\r\n\r\n";
    // The line end before a boundary belongs to the boundary.
    out += "--" + boundary + "\r\n" + text_part + "\r\n";
    for (const auto& attachment : message.attachments) {
        out += "--" + boundary + "\r\nContent-Type: " + media_type(attachment.media) + "\r\n";
        out += "Content-Transfer-Encoding: base64\r\n";
        out += "Content-Disposition: attachment;\r\n " + file_name_parameter(attachment.name) +
               "\r\n\r\n";
        out += base64_lines(attachment.bytes);
    }
    return out + "--" + boundary + "--\r\n";
}

}  // namespace weft::stdlib::notify
