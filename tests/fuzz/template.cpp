// Texts with holes: any text, written down as a literal of each form, is that text again when the
// program runs, with the values of its holes in their places; and so it is when the program was
// laid out anew.
//
// An input is a byte that says which form, then pieces of text with a hole behind each byte 1.
#include "compiler/compile.h"
#include "compiler/format/format.h"
#include "compiler/lower/lower.h"
#include "grammar/parse.h"
#include "tests/fuzz/target.h"
#include "tests/unit/compiler/check_support.h"
#include "value/utf8.h"
#include "vm/machine.h"

namespace weft::fuzz {

namespace {

constexpr std::size_t kLongest = 3000;
constexpr std::string_view kNamed = "<\"\\${t}\n'>";  // what the parameter `t` is
constexpr std::int64_t kCount = 7;                    // what `n` is

struct Form {
    bool is_block = false;
    bool has_fence_mark = false;  // #""" with #${…}
    bool spells = false;          // letters beyond ASCII as \u{…}
};

struct Hole {
    const char* source;
    std::string value;
};

const std::vector<Hole>& holes() {
    static const std::vector<Hole> all = {
        {"{t}", std::string(kNamed)},
        {"{n}", std::to_string(kCount)},
        {"{n * 6 + 1}", "43"},
        {"{\"a ${\"${n}\"} \\${t}\"}", "a 7 ${t}"},
    };
    return all;
}

// Each code point, and for what is none '?'.
std::vector<std::uint32_t> code_points(std::string_view bytes) {
    std::vector<std::uint32_t> out;
    while (!bytes.empty()) {
        const auto first = static_cast<unsigned char>(bytes[0]);
        const std::size_t length = first < 0x80   ? 1
                                   : first < 0xC0 ? 0
                                   : first < 0xE0 ? 2
                                   : first < 0xF0 ? 3
                                                  : 4;
        const auto part = bytes.substr(0, length);
        if (length == 0 || part.size() < length || !is_utf8(part)) {
            out.push_back('?');
            bytes.remove_prefix(1);
            continue;
        }
        std::uint32_t point = length == 1 ? first : first & (0xFFU >> (length + 1));
        for (const char c : part.substr(1)) {
            point = (point << 6U) | (static_cast<unsigned char>(c) & 0x3FU);
        }
        out.push_back(point);
        bytes.remove_prefix(length);
    }
    return out;
}

std::string utf8(std::uint32_t point) {
    std::string out;
    const auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (point < 0x80) {
        add(point);
    } else if (point < 0x800) {
        add(0xC0U | (point >> 6U));
    } else if (point < 0x10000) {
        add(0xE0U | (point >> 12U));
    } else {
        add(0xF0U | (point >> 18U));
        add(0x80U | ((point >> 12U) & 0x3FU));
    }
    if (point >= 0x800) add(0x80U | ((point >> 6U) & 0x3FU));
    if (point >= 0x80) add(0x80U | (point & 0x3FU));
    return out;
}

std::string spelled(std::uint32_t point) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    std::string digits;
    do {
        digits.insert(digits.begin(), kHex[point % 16]);
        point /= 16;
    } while (point > 0);
    return "\\u{" + digits + "}";
}

// A code point as it stands in the source, before another.
std::string written(std::uint32_t point, std::uint32_t next, const Form& form) {
    if (point == '\n') return form.is_block ? "\n    " : "\\n";
    if (point == '\t') return "\\t";
    const bool is_hole = point == '$' && next == '{';
    if (point == '"' || point == '\\' || is_hole) return {'\\', static_cast<char>(point)};
    const bool is_plain = point >= 0x20 && point < 0x7F;
    const bool is_letter = point >= 0xA0 && point != 0xAD && point != 0xFEFF;
    return is_plain || (is_letter && !form.spells) ? utf8(point) : spelled(point);
}

struct Literal {
    std::string source;
    std::string value;
    bool has_raw_letters = false;
};

Literal literal_of(std::string_view input, const Form& form) {
    Literal out;
    const std::string mark = form.is_block && form.has_fence_mark ? "#" : "";
    out.source = form.is_block ? mark + "\"\"\"\n    " : "\"";
    std::size_t hole = 0;
    const auto points = code_points(input);
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto point = points[i];
        if (point == 1) {
            const auto& one = holes()[hole++ % holes().size()];
            out.source += mark + "$" + one.source;
            out.value += one.value;
            continue;
        }
        const auto text = written(point, i + 1 < points.size() ? points[i + 1] : 0, form);
        out.has_raw_letters = out.has_raw_letters || (point >= 0x80 && text[0] != '\\');
        out.source += text;
        out.value += utf8(point);
    }
    out.source += form.is_block ? "\n    \"\"\"" : "\"";
    return out;
}

// What the program returns; nothing when it has mistakes.
std::optional<std::string> run(const std::string& source) {
    auto compiled = compile_text(source);
    if (!compiled.ok) return std::nullopt;
    auto image = lower(compiled.module, compiled.diagnostics);
    if (!image) return std::nullopt;
    WEFT_CHECK(verify_image(*image).has_value());
    vm::Begin begin;
    begin.input = Value::record({Value::text(std::string(kNamed)), Value::integer(kCount)});
    begin.tunes = Value::record({});
    vm::Machine machine(std::make_shared<const Image>(std::move(*image)), begin);
    machine.start();
    WEFT_CHECK(machine.status() == vm::RunStatus::Completed);
    return std::string(machine.result().as_text());
}

std::string laid_out(const std::string& text) {
    SourceSet sources;
    Diagnostics diagnostics;
    const auto file = sources.add("main.wf", text);
    const auto parsed = parse(file, sources[file], diagnostics);
    WEFT_CHECK(!parsed.has_errors);
    return format(parsed);
}

}  // namespace

std::vector<std::string> seeds() {
    const std::vector<std::string> texts = {
        "",
        "plain",
        "a\1b\1c\1d\1",
        "two\nlines\n\n  and more \n",
        "\"\"\" #\"\"\" ${t} #${t} \\n \\u{e9} $ {} }",
        "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x92\xB6\1\xE2\x80\xA8\xEF\xBB\xBF",
        "${each x in xs}\n${if c}\n${else}\n${end}",
        std::string("\0\r\n\x7f", 4)};
    std::vector<std::string> out;
    for (char form = 0; form < 8; ++form) {
        for (const auto& text : texts) out.push_back(form + text);
    }
    return out;
}

std::vector<std::string> dictionary() {
    return {"${",   "#${", "}",         "\"\"\"",     "\\",     "\\u{", "\n", "\n    ",
            "\r\n", "\1",  "${each x ", "${if true}", "${end}", "//",   "\t", "#"};
}

}  // namespace weft::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weft;
    if (size == 0 || size > fuzz::kLongest) return 0;
    const fuzz::Form form{(data[0] & 1U) != 0, (data[0] & 2U) != 0, (data[0] & 4U) != 0};
    const auto literal = fuzz::literal_of(fuzz::text_of(data + 1, size - 1), form);
    const auto source =
        "workflow main(t: Text where length in 0..99, n: Int where it in 0..9) -> Text\n"
        "  within 1h\n{\n  return " +
        literal.source + "\n}\n";
    const auto said = fuzz::run(source);
    // Letters that look like others, or turn the line around, are refused as they are.
    if (!said && literal.has_raw_letters) return 0;
    WEFT_CHECK(said == literal.value);
    const auto again = fuzz::laid_out(source);
    WEFT_CHECK(fuzz::laid_out(again) == again);
    WEFT_CHECK(fuzz::run(again) == literal.value);
    return 0;
}
