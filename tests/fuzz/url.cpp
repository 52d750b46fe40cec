// Addresses, of the web and of people: what is taken for one can stand in a request, a header and
// a page as it is, whoever reads it there sees the same host, and it stays one through JSON.
#include <algorithm>

#include "stdlib/notify/mime.h"
#include "tests/fuzz/target.h"
#include "value/shapes.h"
#include "value/type.h"

namespace weft::fuzz {

namespace {

bool is_one_of(char c, std::string_view all) {
    return all.find(c) != std::string_view::npos;
}

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// RFC 3986, letter by letter: a scheme, an authority that is not empty, and no letter that some
// reader takes for an end or for another slash.
void check_url(std::string_view text) {
    std::size_t at = 0;
    while (text[at] != ':') {
        WEFT_CHECK(is_alphanumeric(text[at]) || (at > 0 && is_one_of(text[at], "+-.")));
        WEFT_CHECK(++at < text.size());
    }
    WEFT_CHECK(at > 0 && !(text[0] >= '0' && text[0] <= '9'));
    WEFT_CHECK(text.substr(at).starts_with("://"));
    for (const char c : text) {
        WEFT_CHECK(is_alphanumeric(c) || is_one_of(c, "-._~:/?#[]@!$&'()*+,;=%"));
    }
    const auto authority = text.substr(at + 3, text.substr(at + 3).find_first_of("/?#"));
    const auto user = authority.rfind('@');
    const auto host = user == std::string_view::npos ? authority : authority.substr(user + 1);
    WEFT_CHECK(!host.empty() && host[0] != ':');
}

void check_email(std::string_view text) {
    WEFT_CHECK(std::ranges::count(text, '@') == 1);
    WEFT_CHECK(!is_one_of(text[0], "@."));
    for (const char c : text) {
        WEFT_CHECK(is_alphanumeric(c) || is_one_of(c, "!#$%&'*+-/=?^_`{|}~.@"));
    }
    // What the guard lets pass, the mail worker can send to.
    WEFT_CHECK(stdlib::notify::is_plain_address(text));
}

struct Types {
    TypeTable table;
    TypeId url;
    TypeId email;

    Types() {
        Type type;
        type.kind = TypeKind::Url;
        url = table.add(type);
        type.kind = TypeKind::Email;
        email = table.add(type);
    }
};

void check_type(const TypeTable& table, TypeId type, std::string_view text, bool is_one) {
    const auto value = Value::text(std::string(text));
    WEFT_CHECK(is_one == !check_value(table, type, value));
    if (!is_one) return;
    const auto json = to_json(table, type, value);
    // No letter of it has an escape, but that of the quotes around it.
    WEFT_CHECK(json == '"' + std::string(text) + '"');
    const auto again = from_json(table, type, json);
    WEFT_CHECK(again.has_value() && again->as_text() == text);
}

}  // namespace

std::vector<std::string> seeds() {
    return {"https://x.example/a/b?q=%20&r=1#f",
            "http://user:pw@127.0.0.1:8080/",
            "http://[::1]/",
            "mailto:a@b.example",
            "a@b.example",
            "a.b+c@d-e.f.example",
            "ftp://@x",
            "x+y.z://h"};
}

std::vector<std::string> dictionary() {
    return {"://", "@", ":",    "[", "]", "%00", "%2f",      "..",  "\\",
            "#",   "?", "\r\n", " ", "-", "[::", ".example", "http"};
}

}  // namespace weft::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weft;
    static const fuzz::Types types;
    const auto text = fuzz::text_of(data, size);
    const bool is_ascii = std::ranges::all_of(data, data + size, [](auto c) { return c < 0x80; });
    if (is_url(text)) fuzz::check_url(text);
    if (is_email(text)) fuzz::check_email(text);
    if (!is_ascii) {
        WEFT_CHECK(!is_url(text) && !is_email(text));
        return 0;
    }
    fuzz::check_type(types.table, types.url, text, is_url(text));
    fuzz::check_type(types.table, types.email, text, is_email(text));
    return 0;
}
