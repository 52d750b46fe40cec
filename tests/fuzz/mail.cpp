// Messages out of texts that somebody else wrote: no text ends a header or a line, and the body and
// the attachment are what they were.
//
// An input is the fields, with a byte 1 behind each.
#include <algorithm>
#include <array>

#include "stdlib/notify/mime.h"
#include "tests/fuzz/target.h"
#include "value/base64.h"
#include "value/utf8.h"

namespace weft::fuzz {

namespace {

using stdlib::notify::Message;

constexpr std::size_t kLineMax = 998;  // RFC 5322
constexpr std::string_view kLineEnd = "\r\n";

std::vector<std::string> fields_of(std::string_view input) {
    std::vector<std::string> out(6);
    for (auto& field : out) {
        const auto end = std::min(input.find('\1'), input.size());
        field = input.substr(0, end);
        input.remove_prefix(std::min(end + 1, input.size()));
    }
    return out;
}

// The next line, without its end; the text must have one.
std::string_view take_line(std::string_view& text, bool may_tab = false) {
    const auto end = text.find(kLineEnd);
    WEFT_CHECK(end != std::string_view::npos);
    const auto line = text.substr(0, end);
    text.remove_prefix(end + kLineEnd.size());
    WEFT_CHECK(line.size() <= kLineMax);
    for (const char c : line) {
        const auto byte = static_cast<unsigned char>(c);
        WEFT_CHECK((byte >= 0x20 && byte < 0x7F) || (may_tab && c == '\t'));
    }
    return line;
}

// Headers up to the empty line, which must be just these.
void check_headers(std::string_view& text, const std::vector<std::string_view>& names) {
    std::size_t seen = 0;
    while (true) {
        const auto line = take_line(text);
        if (line.empty()) break;
        if (line.front() == ' ') {
            WEFT_CHECK(seen > 0 && line.find_first_not_of(' ') != std::string_view::npos);
            continue;
        }
        WEFT_CHECK(seen < names.size());
        WEFT_CHECK(line.starts_with(names[seen]) && line.substr(names[seen].size())[0] == ':');
        ++seen;
    }
    WEFT_CHECK(seen == names.size());
}

int digit(char c) {
    const auto at = std::string_view("0123456789ABCDEF").find(c);
    WEFT_CHECK(at != std::string_view::npos);
    return static_cast<int>(at);
}

std::string from_quoted(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto line = take_line(text, true);
        WEFT_CHECK(line.size() <= 76 && !line.starts_with('.'));
        bool is_soft = false;
        for (std::size_t i = 0; i < line.size(); ++i) {
            if (line[i] != '=') {
                out += line[i];
            } else if (i + 1 == line.size()) {
                is_soft = true;
            } else {
                WEFT_CHECK(i + 2 < line.size());
                out += static_cast<char>(digit(line[i + 1]) * 16 + digit(line[i + 2]));
                i += 2;
            }
        }
        if (!is_soft) out += '\n';
    }
    return out;
}

std::string with_plain_lines(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
        out += text[i];
    }
    return out.ends_with('\n') ? out : out + '\n';
}

std::string from_lines(std::string_view text) {
    std::string all;
    while (!text.empty()) {
        const auto line = take_line(text);
        WEFT_CHECK(line.size() <= 76);
        all += line;
    }
    const auto bytes = from_base64(all);
    WEFT_CHECK(bytes.has_value());
    return *bytes;
}

std::vector<std::string_view> headers_of(const Message& message) {
    std::vector<std::string_view> out = {"Message-ID", "Date", "From", "To"};
    if (message.to.size() > 1 && !message.has_envelope) out.emplace_back("Bcc");
    for (const auto* name : {"Subject", "Auto-Submitted", "MIME-Version", "Content-Type"}) {
        out.emplace_back(name);
    }
    return out;
}

void check_message(const Message& message) {
    const auto written = stdlib::notify::write_message(message);
    std::string_view text = written;
    auto names = headers_of(message);
    if (message.attachments.empty()) names.emplace_back("Content-Transfer-Encoding");
    check_headers(text, names);
    if (message.attachments.empty()) {
        WEFT_CHECK(from_quoted(text) == with_plain_lines(message.body));
        return;
    }
    const auto boundary = "--=_weft_" + message.key;
    WEFT_CHECK(take_line(text) == boundary);
    check_headers(text, {"Content-Type", "Content-Transfer-Encoding"});
    const auto next = text.find("\r\n" + boundary + "\r\n");
    WEFT_CHECK(next != std::string_view::npos);
    WEFT_CHECK(from_quoted(text.substr(0, next)) == with_plain_lines(message.body));
    text.remove_prefix(next + 2 * kLineEnd.size() + boundary.size());
    check_headers(text, {"Content-Type", "Content-Transfer-Encoding", "Content-Disposition"});
    const auto end = text.find(boundary + "--\r\n");
    WEFT_CHECK(end != std::string_view::npos);
    WEFT_CHECK(from_lines(text.substr(0, end)) == message.attachments.front().bytes);
    WEFT_CHECK(text.substr(end) == boundary + "--\r\n");
}

}  // namespace

std::vector<std::string> seeds() {
    return {
        "Ann\1It is done\1All of it.\1a.pdf\1application/pdf\1bytes",
        "A \"B\" C\1Caf\xC3\xA9 =?UTF-8?B?eA==?=\1.\r\n\r\n.\r\nFrom me\n\1na me.txt\1text/plain\1",
        "\1x\r\nBcc: e@example.org\1--=_weft_\n a \t\n\1\"; x=\"\1a/b; c=d\1\xFF\xFE",
        std::string(1, '\1') + std::string(200, 'x') + "\1" + std::string(300, ' ') + "\1" +
            std::string(1200, 'n') + "\1x/" + std::string(1100, 'y') + "\1"};
}

std::vector<std::string> dictionary() {
    return {
        "\r\n", "\n",    "\r",    "\1",  "=?UTF-8?Q?", "?=",        "\"",       "\\",
        "=",    "=\r\n", "Bcc: ", "\n.", "\nFrom ",    "--=_weft_", "\xC3\xA9", "\xF0\x9F\x92\xB6"};
}

}  // namespace weft::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weft;
    if (size > 20'000) return 0;
    const auto fields = fuzz::fields_of(fuzz::text_of(data, size));
    // Texts of programs are UTF-8; a file's bytes are any.
    for (std::size_t i = 0; i < 5; ++i) {
        if (!is_utf8(fields[i])) return 0;
    }
    stdlib::notify::Message message;
    message.key = "00112233445566778899aabbccddeeff";
    message.from = "weft@example.org";
    message.from_name = fields[0];
    message.to = {"a@example.org"};
    if (fields[1].size() % 2 == 1) message.to.emplace_back("b@example.org");
    message.has_envelope = fields[2].size() % 2 == 0;
    message.subject = fields[1];
    message.body = fields[2];
    message.time_ms = 1'764'000'000'000;
    if (!fields[3].empty()) message.attachments.push_back({fields[3], fields[4], fields[5]});
    fuzz::check_message(message);
    return 0;
}
