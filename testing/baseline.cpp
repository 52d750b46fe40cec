#include "testing/baseline.h"

#include <fmt/format.h>

#include "value/json_text.h"

namespace weft::test {
namespace {

const JsonNode* member(const JsonNode& node, std::string_view name) {
    for (std::size_t i = 0; i < node.names.size(); ++i) {
        if (node.names[i] == name) return &node.items[i];
    }
    return nullptr;
}

std::optional<Decimal> number(const JsonNode& node) {
    return node.kind == JsonNode::Kind::Number ? Decimal::parse(node.text) : std::nullopt;
}

std::string quoted(std::string_view text) {
    std::string out;
    write_json_string(text, out);
    return out;
}

}  // namespace

// One score to a line, so that a change reads well where files are compared.
std::string baseline_text(const std::string& eval, const Baseline& baseline) {
    std::string out = fmt::format("{{\n  \"eval\": {},\n  \"cases_sha256\": {},\n  \"scores\": {{",
                                  quoted(eval), quoted(baseline.cases_sha256));
    bool is_first = true;
    for (const auto& [name, average] : baseline.averages) {
        out += fmt::format("{}\n    {}: {{\"average\": {}, \"cases\": [", is_first ? "" : ",",
                           quoted(name), average.to_string());
        is_first = false;
        const auto found = baseline.each.find(name);
        if (found != baseline.each.end()) {
            for (std::size_t i = 0; i < found->second.size(); ++i) {
                out += (i > 0 ? ", " : "") + found->second[i].to_string();
            }
        }
        out += "]}";
    }
    return out + "\n  }\n}\n";
}

std::expected<Baseline, std::string> read_baseline(std::string_view text) {
    const auto root = parse_json(text);
    if (!root) return std::unexpected("it is not JSON: " + root.error());
    Baseline out;
    if (const auto* hash = member(*root, "cases_sha256")) out.cases_sha256 = hash->text;
    const auto* scores = member(*root, "scores");
    if (scores == nullptr || scores->kind != JsonNode::Kind::Object) {
        return std::unexpected("it has no object `scores`");
    }
    for (std::size_t i = 0; i < scores->names.size(); ++i) {
        const auto& name = scores->names[i];
        const auto* average = member(scores->items[i], "average");
        const auto value = average == nullptr ? std::nullopt : number(*average);
        if (!value) {
            return std::unexpected(fmt::format("the score `{}` has no number `average`", name));
        }
        out.averages[name] = *value;
        const auto* cases = member(scores->items[i], "cases");
        if (cases == nullptr) continue;
        for (const auto& one : cases->items) {
            const auto each = number(one);
            if (!each) {
                return std::unexpected(
                    fmt::format("the `cases` of the score `{}` are not all numbers", name));
            }
            out.each[name].push_back(*each);
        }
    }
    return out;
}

}  // namespace weft::test
