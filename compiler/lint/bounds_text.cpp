// Bounds as people read them, and as JSON.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

#include "compiler/lint/bounds.h"

namespace weft::lint {

namespace {

using NumberText = std::function<std::string(std::int64_t)>;

std::string sum_text(const Quantity& quantity, const NumberText& number, bool is_count) {
    std::string out;
    for (const auto& [symbols, factor] : quantity.terms()) {
        if (!out.empty()) out += " + ";
        bool is_hidden = is_count && factor == 1 && !symbols.empty();
        if (!is_hidden) out += number(factor);
        for (std::size_t i = 0; i < symbols.size(); ++i) {
            if (i > 0 || !is_hidden) out += " × ";
            out += symbols[i];
        }
    }
    return out.empty() ? number(0) : out;
}

std::string duration_text(std::int64_t ms) {
    struct Unit {
        std::int64_t ms;
        std::string_view name;
    };
    constexpr std::array<Unit, 5> kUnits = {
        {{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}, {1, "ms"}}};
    std::string out;
    for (const auto& unit : kUnits) {
        std::int64_t count = ms / unit.ms;
        ms %= unit.ms;
        if (count == 0) continue;
        if (!out.empty()) out += ' ';
        out += fmt::format("{}{}", count, unit.name);
    }
    return out.empty() ? "0s" : out;
}

std::string amount_text(std::int64_t micros, std::string_view currency) {
    constexpr std::int64_t kMicros = 1'000'000;
    constexpr std::int64_t kCent = 10'000;
    auto places = micros % kCent == 0 ? 2 : 6;
    auto part = micros % kCent == 0 ? micros % kMicros / kCent : micros % kMicros;
    return fmt::format("{}.{:0{}} {}", micros / kMicros, part, places, currency);
}

std::string escaped(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) < 0x20) {
            out += ' ';
        } else {
            out += c;
        }
    }
    return out;
}

// {"number": 5} or, where a list isn't bounded, {"terms": [{"factor": 3, "times": ["…"]}]}.
std::string quantity_json(const Quantity& quantity) {
    if (auto number = quantity.number()) return fmt::format(R"({{"number":{}}})", *number);
    std::string out = R"({"terms":[)";
    bool first = true;
    for (const auto& [symbols, factor] : quantity.terms()) {
        if (!first) out += ',';
        first = false;
        out += fmt::format(R"({{"factor":{},"times":[)", factor);
        for (std::size_t i = 0; i < symbols.size(); ++i) {
            if (i > 0) out += ',';
            out += fmt::format(R"("{}")", escaped(symbols[i]));
        }
        out += "]}";
    }
    return out + "]}";
}

std::string usage_json(const Usage& usage) {
    std::string out = fmt::format(R"({{"attempts":{},"effects":{},"time_ms":{},"micros":{{)",
                                  quantity_json(usage.attempts), quantity_json(usage.effects),
                                  quantity_json(usage.time_ms));
    bool first = true;
    for (const auto& [currency, amount] : usage.micros) {
        if (!first) out += ',';
        first = false;
        out += fmt::format(R"("{}":{})", currency, quantity_json(amount));
    }
    return out + "}}";
}

// Columns as wide as what stands in them: code points, since a sum may hold signs.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

std::string table(const std::vector<std::array<std::string, 5>>& rows) {
    std::array<std::size_t, 5> widths{};
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
    }
    std::string out;
    for (const auto& row : rows) {
        std::string line = " ";
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += ' ';
            line += row[i];
            line.append(widths[i] - width(row[i]) + 1, ' ');
        }
        line.resize(line.find_last_not_of(' ') + 1);
        out += line;
        out += '\n';
    }
    return out;
}

}  // namespace

std::string count_text(const Quantity& quantity) {
    return sum_text(quantity, [](std::int64_t n) { return fmt::format("{}", n); }, true);
}

std::string time_text(const Quantity& quantity_ms) {
    return sum_text(quantity_ms, duration_text, false);
}

std::string money_text(const std::map<std::string, Quantity>& micros) {
    std::string out;
    for (const auto& [currency, amount] : micros) {
        if (!out.empty()) out += " + ";
        auto in_currency = [&](std::int64_t n) { return amount_text(n, currency); };
        out += sum_text(amount, in_currency, false);
    }
    return out.empty() ? "nothing" : out;
}

std::string bounds_text(const std::vector<WorkflowBounds>& all) {
    std::string out;
    for (const auto& row : all) {
        std::string within = row.within_ms > 0 ? time_text(Quantity(row.within_ms)) : "";
        std::string budget =
            row.has_budget ? money_text({{row.budget_currency, Quantity(row.budget_micros)}}) : "";
        if (!out.empty()) out += '\n';
        out += row.workflow;
        out += '\n';
        out += table({
            {"", "happy path", "worst case", "compensation", "allowed"},
            {"attempts", count_text(row.happy.attempts), count_text(row.worst.attempts),
             count_text(row.undo.attempts), ""},
            {"effects", count_text(row.happy.effects), count_text(row.worst.effects),
             count_text(row.undo.effects), ""},
            {"wall time", time_text(row.happy.time_ms), time_text(row.worst.time_ms),
             time_text(row.undo.time_ms), within},
            {"spend", money_text(row.happy.micros), money_text(row.worst.micros),
             money_text(row.undo.micros), budget},
        });
    }
    return out;
}

std::string bounds_json(const std::vector<WorkflowBounds>& all) {
    std::string out = "[";
    for (const auto& row : all) {
        if (out.size() > 1) out += ',';
        out += fmt::format(
            R"({{"workflow":"{}","happy":{},"worst":{},"compensation":{},"within_ms":{})",
            row.workflow, usage_json(row.happy), usage_json(row.worst), usage_json(row.undo),
            row.within_ms);
        if (row.has_budget) {
            out += fmt::format(R"(,"budget":{{"micros":{},"currency":"{}"}})", row.budget_micros,
                               row.budget_currency);
        }
        out += '}';
    }
    return out + "]";
}

}  // namespace weft::lint
