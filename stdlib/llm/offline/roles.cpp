#include "stdlib/llm/offline/roles.h"

#include <algorithm>
#include <array>
#include <utility>

#include "stdlib/rag/words.h"

namespace weft::stdlib::llm::offline {

namespace {

using Row = std::pair<std::string_view, Role>;

constexpr std::array<Row, 62> kRoles = {
    {{"title", Role::Title},         {"headline", Role::Title},
     {"heading", Role::Title},       {"subject", Role::Title},
     {"summary", Role::Summary},     {"abstract", Role::Summary},
     {"overview", Role::Summary},    {"brief", Role::Summary},
     {"synopsis", Role::Summary},    {"digest", Role::Summary},
     {"gist", Role::Summary},        {"topics", Role::Topics},
     {"topic", Role::Topics},        {"themes", Role::Topics},
     {"theme", Role::Topics},        {"keywords", Role::Topics},
     {"tags", Role::Topics},         {"subjects", Role::Topics},
     {"keyphrases", Role::Topics},   {"highlights", Role::Highlights},
     {"points", Role::Highlights},   {"findings", Role::Highlights},
     {"facts", Role::Highlights},    {"takeaways", Role::Highlights},
     {"bullets", Role::Highlights},  {"claims", Role::Highlights},
     {"question", Role::Question},   {"questions", Role::Question},
     {"query", Role::Question},      {"answer", Role::Answer},
     {"response", Role::Answer},     {"reply", Role::Answer},
     {"explanation", Role::Answer},  {"reason", Role::Answer},
     {"reasoning", Role::Answer},    {"rationale", Role::Answer},
     {"text", Role::Answer},         {"body", Role::Answer},
     {"content", Role::Answer},      {"result", Role::Answer},
     {"quote", Role::Quote},         {"quotation", Role::Quote},
     {"excerpt", Role::Quote},       {"passage", Role::Quote},
     {"citations", Role::Citations}, {"citation", Role::Citations},
     {"sources", Role::Citations},   {"source", Role::Citations},
     {"evidence", Role::Citations},  {"references", Role::Citations},
     {"quotes", Role::Citations},    {"score", Role::Score},
     {"confidence", Role::Score},    {"relevance", Role::Score},
     {"certainty", Role::Score},     {"support", Role::Score},
     {"answerable", Role::Answered}, {"answered", Role::Answered},
     {"found", Role::Answered},      {"supported", Role::Answered},
     {"count", Role::Count},         {"total", Role::Count}}};

}  // namespace

std::string words_of_field(std::string_view field) {
    std::string words;
    for (const char c : field) {
        const bool upper = c >= 'A' && c <= 'Z';
        if (upper && !words.empty() && words.back() != ' ') words += ' ';
        words += c == '_' || c == '-' ? ' ' : upper ? static_cast<char>(c + 32) : c;
    }
    return words;
}

Role role_of(std::string_view field) {
    // The last word is the noun: "key_points" are points, "short_answer" is an answer.
    const std::string words = words_of_field(field);
    const std::string last = words.substr(words.find_last_of(' ') + 1);
    const auto* found = std::ranges::find(kRoles, std::string_view(last), &Row::first);
    return found == kRoles.end() ? Role::Other : found->second;
}

}  // namespace weft::stdlib::llm::offline
