#include "value/json_text.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "value/value.h"

namespace weft {

namespace {

// long double, because the lexer refuses numbers beyond the range of its float type even when the
// handler only wants their text.
using Json = nlohmann::basic_json<std::map, std::vector, std::string, bool, std::int64_t,
                                  std::uint64_t, long double>;

class TreeBuilder : public nlohmann::json_sax<Json> {
  public:
    JsonNode take() { return std::move(root_); }
    [[nodiscard]] const std::string& error() const { return error_; }

    bool null() override { return leaf(JsonNode::Kind::Null, {}); }
    bool boolean(bool v) override {
        return leaf(v ? JsonNode::Kind::True : JsonNode::Kind::False, {});
    }
    bool number_integer(std::int64_t v) override {
        return leaf(JsonNode::Kind::Number, std::to_string(v));
    }
    bool number_unsigned(std::uint64_t v) override {
        return leaf(JsonNode::Kind::Number, std::to_string(v));
    }
    bool number_float(long double, const std::string& source) override {
        return leaf(JsonNode::Kind::Number, source);
    }
    bool string(std::string& v) override { return leaf(JsonNode::Kind::Text, std::move(v)); }
    bool binary(Json::binary_t&) override { return stop("holds binary data"); }
    bool start_object(std::size_t) override { return open(JsonNode::Kind::Object); }
    bool start_array(std::size_t) override { return open(JsonNode::Kind::Array); }
    bool key(std::string& name) override {
        open_.back()->names.push_back(std::move(name));
        return true;
    }
    bool end_array() override {
        open_.pop_back();
        return true;
    }
    bool end_object() override {
        auto names = open_.back()->names;
        std::sort(names.begin(), names.end());
        if (std::adjacent_find(names.begin(), names.end()) != names.end()) {
            return stop("an object has the same member twice");
        }
        open_.pop_back();
        return true;
    }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception& cause) override {
        constexpr int kNumberOutOfRange = 406;
        if (cause.id == kNumberOutOfRange) return stop("a number is out of range");
        return stop("not well-formed JSON at byte " + std::to_string(position));
    }

  private:
    bool stop(std::string error) {
        error_ = std::move(error);
        return false;
    }
    JsonNode& place(JsonNode node) {
        if (open_.empty()) {
            root_ = std::move(node);
            return root_;
        }
        open_.back()->items.push_back(std::move(node));
        return open_.back()->items.back();
    }
    bool leaf(JsonNode::Kind kind, std::string text) {
        place({kind, std::move(text), {}, {}});
        return true;
    }
    // The pointers stay valid: a node's siblings are added only after it is closed.
    bool open(JsonNode::Kind kind) {
        if (open_.size() >= kValueDepthMax) return stop("nested too deeply");
        open_.push_back(&place({kind, {}, {}, {}}));
        return true;
    }

    JsonNode root_;
    std::vector<JsonNode*> open_;
    std::string error_;
};

}  // namespace

std::expected<JsonNode, std::string> parse_json(std::string_view text) {
    TreeBuilder builder;
    if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
        return std::unexpected(builder.error());
    }
    return builder.take();
}

void write_json_string(std::string_view text, std::string& out) {
    constexpr std::string_view kHex = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\b':
                out += "\\b";
                break;
            case '\f':
                out += "\\f";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default: {
                const auto byte = static_cast<std::uint8_t>(c);
                if (byte >= 0x20) {
                    out += c;
                } else {
                    out += "\\u00";
                    out += kHex[byte >> 4U];
                    out += kHex[byte & 0xFU];
                }
            }
        }
    }
    out += '"';
}

void write_json(const JsonNode& node, std::string& out) {
    switch (node.kind) {
        case JsonNode::Kind::Null:
            out += "null";
            return;
        case JsonNode::Kind::False:
            out += "false";
            return;
        case JsonNode::Kind::True:
            out += "true";
            return;
        case JsonNode::Kind::Number:
            out += node.text;
            return;
        case JsonNode::Kind::Text:
            write_json_string(node.text, out);
            return;
        case JsonNode::Kind::Array:
        case JsonNode::Kind::Object:
            break;
    }
    const bool object = node.kind == JsonNode::Kind::Object;
    out += object ? '{' : '[';
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        if (i != 0) out += ',';
        if (object) {
            write_json_string(node.names[i], out);
            out += ':';
        }
        write_json(node.items[i], out);
    }
    out += object ? '}' : ']';
}

}  // namespace weft
