#include "tests/scenarios/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>

namespace weft::scenarios {
namespace {

std::int64_t ms_of(const Json& seconds) {
    return static_cast<std::int64_t>(seconds.get<double>() * 1000 + 0.5);
}

Behaviour read_behaviour(const Json& from) {
    Behaviour out;
    for (const auto& [key, value] : from.items()) {
        if (key == "for") out.only_for = value;
        if (key == "ok") out.value = value;
        if (key == "echo") out.echoes = value.get<bool>();
        if (key == "err") out.error = value.get<std::string>();
        if (key == "fields") out.fields = value.dump();
        if (key == "sure") out.is_sure = value.get<bool>();
        if (key == "done_when_stopped") out.is_done_when_stopped = value.get<bool>();
        if (key == "takes") out.takes_ms = ms_of(value);
        if (key == "cost") out.cost_micros = 1000 * ms_of(value);
    }
    return out;
}

Case read_case(const Json& from) {
    Case out;
    out.title = from.at("title");
    out.workflow = from.value("workflow", "flow");
    out.input = from.value("input", Json::object());
    const Json workers = from.value("workers", Json::object());
    for (const auto& [worker, behaviours] : workers.items()) {
        for (const auto& one : behaviours) out.workers[worker].push_back(read_behaviour(one));
    }
    const Json events = from.value("events", Json::array());
    for (const auto& event : events) {
        out.events.push_back({ms_of(event.at("at")), event});
    }
    std::ranges::stable_sort(out.events, {}, &Event::at_ms);
    if (const auto crash = from.find("crash"); crash != from.end()) {
        out.sweeps = crash->value("sweep", false);
        Crash at{crash->value("after_effect", std::size_t{0}),
                 crash->value("before_record_of", std::string())};
        if (at.after_effect > 0 || !at.before_record_of.empty()) out.crash = at;
    }
    out.expect = from.at("expect");
    return out;
}

std::vector<std::string> names_of(const Json& list) {
    std::vector<std::string> out;
    for (const auto& one : list) out.push_back(one.get<std::string>());
    return out;
}

// Whether what came from `at` on, so long as all of them together, mixes the lists.
bool is_mixed(std::vector<std::vector<std::string>>& lists, const std::vector<std::string>& came,
              std::size_t at) {
    bool all_empty = true;
    for (auto& list : lists) {
        if (list.empty()) continue;
        all_empty = false;
        if (at >= came.size() || list.front() != came[at]) continue;
        const auto first = list.front();
        list.erase(list.begin());
        const bool fits = is_mixed(lists, came, at + 1);
        list.insert(list.begin(), first);
        if (fits) return true;
    }
    return all_empty;
}

}  // namespace

std::string read_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream out;
    out << file.rdbuf();
    return out.str();
}

Scenario read_scenario(const std::string& json_path) {
    const auto stem = json_path.substr(0, json_path.size() - std::string(".json").size());
    const Json json = Json::parse(read_text(json_path));
    Scenario out;
    out.program = read_text(stem + ".wf");
    out.diagnostics = names_of(json.value("diagnostics", Json::array()));
    const auto cases = json.find("cases");
    if (cases == json.end()) {
        if (json.contains("expect")) out.cases.push_back(read_case(json));
        return out;
    }
    for (std::size_t i = 0; i < cases->size(); ++i) {
        Json one = json;
        one.erase("cases");
        for (const auto& [key, value] : (*cases)[i].items()) one[key] = value;
        auto title = json.at("title").get<std::string>();
        if (one["title"] != json["title"]) title += ": " + one["title"].get<std::string>();
        one["title"] = fmt::format("{} (case {})", title, i + 1);
        out.cases.push_back(read_case(one));
    }
    return out;
}

std::string difference(const Json& expected, const std::vector<std::string>& came) {
    std::string out;
    std::size_t at = 0;
    for (const auto& one : expected) {
        if (one.is_string()) {
            const auto got = at < came.size() ? came[at] : std::string("nothing more");
            const auto wanted = one.get<std::string>();
            if (got != wanted) {
                out += fmt::format("effect {}: expected {}, got {}\n", at + 1, wanted, got);
                return out;
            }
            ++at;
            continue;
        }
        std::vector<std::vector<std::string>> lists;
        std::size_t count = 0;
        for (const auto& list : one.at("par")) {
            lists.push_back(names_of(list));
            count += lists.back().size();
        }
        if (!is_mixed(lists, came, at)) {
            return fmt::format("effects from {} on: expected a mixture of {}\n", at + 1,
                               one.at("par").dump());
        }
        at += count;
    }
    if (at < came.size()) out += fmt::format("effect {}: {} was not expected\n", at + 1, came[at]);
    return out;
}

}  // namespace weft::scenarios
