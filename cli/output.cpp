#include "cli/output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "cli/exit_codes.h"
#include "weft/tools.h"

namespace weft::cli {
namespace {

int output_failure = 0;  // the error that standard output met first

void note_failure(std::FILE* stream) {
    if (stream == stdout && output_failure == 0) output_failure = errno;
}

struct CodePoint {
    char32_t value = 0;
    std::size_t bytes = 1;
};

// A byte that is no UTF-8 stands for itself: texts of the world are shown, never judged here.
CodePoint decode(std::string_view text) {
    auto first = static_cast<unsigned char>(text[0]);
    std::size_t bytes = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (bytes == 1 || first < 0xC2 || bytes > text.size()) return {first, 1};
    char32_t value = first & (0xFFU >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) {
        auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xC0U) != 0x80U) return {first, 1};
        value = (value << 6U) | (next & 0x3FU);
    }
    return {value, bytes};
}

std::size_t columns_of(char32_t c) {
    bool combines = (c >= 0x300 && c <= 0x36F) || (c >= 0x200B && c <= 0x200F) || c == 0xFEFF;
    if (combines) return 0;
    bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
                (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
                (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
                (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
    return wide ? 2 : 1;
}

bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

std::string format_time(std::int64_t unix_ms, const char* format) {
    auto seconds = static_cast<std::time_t>(unix_ms / 1000);
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    char text[64];
    return {text, std::strftime(text, sizeof text, format, &parts)};
}

}  // namespace

Terminal terminal_of(std::FILE* stream) {
    Terminal out;
    const char* kind = std::getenv("TERM");
    const char* no_colour = std::getenv("NO_COLOR");
    out.live =
        ::isatty(::fileno(stream)) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
    out.colour = out.live && (no_colour == nullptr || *no_colour == '\0');
    winsize size{};
    if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        out.width = size.ws_col;
    }
    return out;
}

std::string paint(Tone tone, std::string_view text, bool colour) {
    if (!colour || tone == Tone::Plain) return std::string(text);
    const char* code = "";
    switch (tone) {
        case Tone::Plain:
            break;
        case Tone::Bold:
            code = "1";
            break;
        case Tone::Dim:
            code = "2";
            break;
        case Tone::Good:
            code = "32";
            break;
        case Tone::Bad:
            code = "31";
            break;
        case Tone::Attention:
            code = "33";
            break;
    }
    return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

void put(std::FILE* stream, std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stream) != text.size()) note_failure(stream);
}

void hold_streams() {
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
        // Those below are open, so it gets this number.
        if (::fcntl(stream, F_GETFD) < 0) ::open("/dev/null", O_RDWR);
    }
}

bool is_output_lost() {
    return std::ferror(stdout) != 0;
}

int end_output(int code) {
    if (std::fflush(stdout) != 0) note_failure(stdout);
    if (!is_output_lost()) return code;
    const auto why = output_failure == 0 ? "" : ": " + std::string(std::strerror(output_failure));
    const int failed = report({ErrorKind::Environment, "standard output could not be written" + why,
                               "what was to be done is done; ask for what it says again"});
    return code == kSuccess ? failed : code;
}

void print(std::string_view text) {
    put(stdout, text);
    if (std::fflush(stdout) != 0) note_failure(stdout);
}

std::string json_text(const Json& json) {
    return reveal_numbers(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string pretty_json(const Json& json) {
    return reveal_numbers(json.dump(2, ' ', false, Json::error_handler_t::replace));
}

std::string plain(const Json& object, const char* name) {
    return one_line(object.value(name, ""));
}

std::string shown_json(const Json& json) {
    return one_line(json_text(json));
}

void print_json(const Json& json) {
    print(pretty_json(json) + "\n");
}

int report(const Error& error) {
    bool colour = terminal_of(stderr).colour;
    std::fflush(stdout);
    say(stderr, "{} {}\n", paint(Tone::Bad, "weft:", colour), one_line(error.message));
    if (!error.hint.empty()) say(stderr, "      {}\n", one_line(error.hint));
    return exit_code(error.kind);
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        auto point = decode(text);
        width += columns_of(point.value);
        text.remove_prefix(point.bytes);
    }
    return width;
}

std::string fit(std::string_view text, std::size_t width) {
    bool cut = display_width(text) > width;
    std::size_t room = cut && width > 0 ? width - 1 : width;
    std::string out;
    std::size_t used = 0;
    while (!text.empty()) {
        auto point = decode(text);
        used += columns_of(point.value);
        if (used > room) break;
        out += is_control(point.value) ? " " : std::string(text.substr(0, point.bytes));
        text.remove_prefix(point.bytes);
    }
    return cut && width > 0 ? out + "…" : out;
}

std::vector<std::string> wrap(std::string_view text, std::size_t width, std::size_t indent) {
    std::vector<std::string> rows(1);
    std::size_t used = 0;
    const auto next_row = [&] {
        rows.emplace_back(indent, ' ');
        used = indent;
    };
    const auto put = [&](std::string_view part) {
        rows.back() += part;
        used += display_width(part);
    };
    while (!text.empty()) {
        const std::size_t blanks = std::min(text.find_first_not_of(' '), text.size());
        const std::size_t end = std::min(text.find(' ', blanks), text.size());
        std::string_view word = text.substr(blanks, end - blanks);
        const std::size_t needed = blanks + display_width(word);
        // Blanks at a break go; those at the beginning of the text stay.
        if (used + needed <= width || used == 0) {
            put(text.substr(0, blanks));
        } else {
            next_row();
        }
        while (used + display_width(word) > width && width > indent + 1) {
            std::size_t bytes = 0;
            std::size_t columns = used;
            while (bytes < word.size()) {
                const auto point = decode(word.substr(bytes));
                if (columns + columns_of(point.value) > width) break;
                columns += columns_of(point.value);
                bytes += point.bytes;
            }
            put(word.substr(0, bytes));
            word.remove_prefix(bytes);
            next_row();
        }
        put(word);
        text.remove_prefix(end);
    }
    return rows;
}

std::string pad(std::string_view text, std::size_t width) {
    std::size_t used = display_width(text);
    return std::string(text) + std::string(used < width ? width - used : 0, ' ');
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], display_width(row[i]));
        }
    }
    std::string out;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            bool last = i + 1 == row.size();
            out += last ? row[i] : pad(row[i], widths[i]) + "  ";
        }
        while (!out.empty() && out.back() == ' ') out.pop_back();
        out += '\n';
    }
    return out;
}

std::string duration_text(std::int64_t ms) {
    if (ms < 1000) return fmt::format("{} ms", ms);
    if (ms < 60'000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
    std::int64_t seconds = ms / 1000;
    if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
    if (seconds < 86'400) return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
    return fmt::format("{} d {} h", seconds / 86'400, seconds / 3600 % 24);
}

std::string time_text(std::int64_t unix_ms) {
    return format_time(unix_ms, "%Y-%m-%d %H:%M:%S");
}

std::string clock_text(std::int64_t unix_ms) {
    return format_time(unix_ms, "%H:%M:%S");
}

std::string short_run(std::string_view run) {
    return std::string(run.substr(0, 8));
}

std::string shell_word(std::string_view text) {
    bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-_./:,=+@%").find(c) != std::string_view::npos;
    });
    if (plain) return std::string(text);
    std::string out = "'";
    for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

}  // namespace weft::cli
