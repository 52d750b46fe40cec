// How a body's fields become bytes and come back: encode_body, decode_body, body_bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "bytecode/record_bodies.h"

namespace weft {

namespace record_io {

class Writer {
  public:
    void operator()(const auto&... fields) { (put(fields), ...); }
    std::string take() { return out_.take(); }

  private:
    void put(std::uint8_t v) { out_.u8(v); }
    void put(std::uint16_t v) { out_.u16(v); }
    void put(std::uint32_t v) { out_.u32(v); }
    void put(std::uint64_t v) { out_.u64(v); }
    void put(std::int64_t v) { out_.i64(v); }
    void put(bool v) { out_.u8(v ? 1 : 0); }
    template <std::size_t N>
    void put(const std::array<std::uint8_t, N>& v) {
        out_.raw(view(v));
    }
    template <std::size_t N>
    void put(const Zeros<N>&) {
        out_.zeros(N);
    }
    template <typename Code>
        requires std::is_enum_v<Code>
    void put(Code v) {
        put(static_cast<std::underlying_type_t<Code>>(v));
    }

    ByteWriter out_;
};

class Reader {
  public:
    explicit Reader(std::string_view bytes) : in_(bytes) {}
    void operator()(auto&&... fields) { (get(fields), ...); }
    [[nodiscard]] bool at_end() const { return in_.at_end(); }

  private:
    void get(std::uint8_t& v) { v = in_.u8(); }
    void get(std::uint16_t& v) { v = in_.u16(); }
    void get(std::uint32_t& v) { v = in_.u32(); }
    void get(std::uint64_t& v) { v = in_.u64(); }
    void get(std::int64_t& v) { v = in_.i64(); }
    void get(bool& v) {
        const auto byte = in_.u8();
        if (byte > 1) in_.set_bad();
        v = byte == 1;
    }
    template <std::size_t N>
    void get(std::array<std::uint8_t, N>& v) {
        v = to_array<N>(in_.raw(N));
    }
    template <std::size_t N>
    void get(const Zeros<N>&) {
        if (in_.raw(N).find_first_not_of('\0') != std::string_view::npos) in_.set_bad();
    }
    template <typename Code>
        requires std::is_enum_v<Code>
    void get(Code& v) {
        std::underlying_type_t<Code> number{};
        get(number);
        v = static_cast<Code>(number);
        if (v < kFirstCode<Code> || v > kLastCode<Code>) in_.set_bad();
    }

    ByteReader in_;
};

}  // namespace record_io

template <typename Body>
std::string encode_body(const Body& body) {
    record_io::Writer out;
    Body::fields(body, out);
    return out.take();
}

// Nothing for another length, a code that isn't in its list, or padding that isn't zero.
template <typename Body>
std::optional<Body> decode_body(std::string_view bytes) {
    record_io::Reader in(bytes);
    Body body;
    Body::fields(body, in);
    if (!in.at_end()) return std::nullopt;
    return body;
}

template <typename Body>
std::size_t body_bytes() {
    static const std::size_t size = encode_body(Body{}).size();
    return size;
}

}  // namespace weft
