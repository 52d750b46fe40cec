#include "cli/story.h"

#include <fmt/format.h>

#include <algorithm>

namespace weft::cli {
namespace {

// The value of an outcome or a hit; nothing when that is no success.
const Json* given_value(const Json& entry) {
    if (!entry.contains("payload") || !entry["payload"].is_array() || entry["payload"].empty()) {
        return nullptr;
    }
    const auto& payload = entry["payload"];
    const bool is_refused = payload.size() > 1 && payload[1].is_string() &&
                            !payload[1].get_ref<const std::string&>().empty();
    return is_refused ? nullptr : &payload[0];
}

bool is_silent(const std::string& kind) {
    return kind == "resumed" || kind == "start" || kind == "operator";
}

// An attempt that only an engine's end cut off is made again.
bool is_restart(const Json& entry) {
    return entry.value("kind", "") == "outcome" &&
           entry.value("text", "").starts_with("in doubt: the engine ended");
}

bool is_hex(const Json& json, std::size_t size) {
    if (!json.is_string()) return false;
    const auto& text = json.get_ref<const std::string&>();
    return text.size() == size && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// Without the ids of files, which are drawn: what a file holds its hash says.
Json without_file_ids(Json value) {
    if (!value.is_structured()) return value;
    const bool is_file = value.is_array() && value.size() == 5 && is_hex(value[0], 32) &&
                         value[3].is_number() && is_hex(value[4], 64);
    if (is_file) value[0] = "…";
    for (auto& part : value) part = without_file_ids(std::move(part));
    return value;
}

std::string compared_json(const Json& value) {
    return shown_json(without_file_ids(value));
}

std::string line_of(const Json& entry) {
    const auto kind = entry.value("kind", "");
    const auto step = entry.value("step", "");
    auto text = plain(entry, "text");
    const bool is_taken_over = kind == "hit" && text.starts_with("taken over from ");
    if ((kind == "outcome" && text.starts_with("done in ")) || is_taken_over) {
        const auto* value = given_value(entry);
        return fmt::format("gives {}{}", step, value == nullptr ? "" : " " + compared_json(*value));
    }
    // How long an attempt took, and when a timer is due, is no decision.
    if (kind == "timer-set" || kind == "outcome") {
        const auto why = text.find(": ");
        const auto time = text.find_first_of("0123456789");
        const auto rest = why == std::string::npos ? "" : text.substr(why);
        text = text.substr(0, std::min(time, why)) + rest;
    }
    auto out = fmt::format("{} {} {}", kind, step, text);
    const bool shows = entry.contains("payload") && kind != "timer-set" && kind != "outcome";
    return shows ? out + " " + compared_json(entry["payload"]) : out;
}

}  // namespace

std::vector<StoryLine> story_of(const Json& status, const Json& log) {
    std::vector<StoryLine> out;
    std::vector<std::pair<std::uint32_t, StoryLine>> beside;  // in branches, until they join
    const auto flush = [&] {
        std::ranges::stable_sort(beside, {}, &std::pair<std::uint32_t, StoryLine>::first);
        for (auto& [branch, line] : beside) out.push_back(std::move(line));
        beside.clear();
    };
    for (const auto& entry : log["entries"]) {
        const auto kind = entry.value("kind", "");
        const auto seq = entry.value("seq", std::uint64_t{0});
        if (is_silent(kind) || is_restart(entry)) continue;
        if (kind == "begin") {
            out.push_back({"begin " + compared_json(status.value("input", Json::object())), seq});
            continue;
        }
        const auto branch = entry.value("branch", std::uint32_t{0});
        StoryLine line{line_of(entry), seq};
        if (branch == 0) {
            flush();
            out.push_back(std::move(line));
        } else {
            beside.emplace_back(branch, std::move(line));
        }
    }
    flush();
    return out;
}

std::string text_of(const std::vector<StoryLine>& story) {
    std::string out;
    for (const auto& line : story) out += line.text + "\n";
    return out;
}

}  // namespace weft::cli
