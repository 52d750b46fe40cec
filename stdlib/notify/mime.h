// Writes one internet message (RFC 5322, MIME) whose bytes are a function of what it is given: the
// boundary and the Message-ID come from the effect key, the date from the engine's time. libcurl's
// own MIME parts have random boundaries, so they are not used. It sends nothing and reads no file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weft::stdlib::notify {

struct Attachment {
    std::string name;
    std::string media;
    std::string bytes;
};

struct Message {
    std::string key;        // 32 hex digits
    std::string from;       // the address
    std::string from_name;  // may be empty
    std::vector<std::string> to;
    // Several recipients don't see each other: the header names none of them. In the outbox, where
    // no envelope says whom it is for, a Bcc header does.
    bool has_envelope = true;
    std::string subject;
    std::string body;
    std::vector<Attachment> attachments;
    std::int64_t time_ms = 0;
};

// True for an address that can stand in a header and in an SMTP command as it is: one local part,
// one domain, printable ASCII without any character that has a meaning there.
bool is_plain_address(std::string_view address);

// "<key@domain of the sender>", the same for every attempt: a receiver that sees it twice can tell.
std::string message_id(const Message& message);

// Addresses must be plain. Control characters in other texts become spaces, so no text can end a
// header. Lines end in CR LF and none is longer than RFC 5322 allows.
std::string write_message(const Message& message);

// "text" as header text: itself when plain, else RFC 2047 encoded words.
std::string encode_header_text(std::string_view text, std::size_t name_length);

std::string base64(std::string_view bytes);

}  // namespace weft::stdlib::notify
