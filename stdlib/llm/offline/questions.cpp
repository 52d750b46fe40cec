#include "stdlib/llm/offline/questions.h"

#include <algorithm>
#include <array>

#include "stdlib/rag/words.h"

namespace weft::stdlib::llm::offline {

namespace {

constexpr std::string_view kFrame = "What do the documents say about ";

constexpr std::array<std::string_view, 18> kQuestionWords = {
    "what", "who", "whom", "whose", "which", "when", "where", "why",    "how",
    "is",   "are", "can",  "do",    "does",  "may",  "must",  "should", "did"};

constexpr std::array<std::string_view, 24> kSecondWords = {
    "is",   "are",  "was",    "were",  "can",   "do",   "does", "did",
    "may",  "must", "should", "will",  "would", "has",  "have", "happens",
    "long", "much", "many",   "often", "far",   "soon", "the",  "it"};

// Nouns that stand for one thing of a known kind, so that "the" before them reads well.
constexpr std::array<std::string_view, 58> kCountable = {
    "period",  "policy",   "process", "procedure", "team",    "file",     "format",   "system",
    "field",   "list",     "page",    "archive",   "account", "key",      "contract", "plan",
    "report",  "limit",    "date",    "deadline",  "price",   "fee",      "number",   "budget",
    "rate",    "desk",     "script",  "package",   "server",  "name",     "document", "version",
    "address", "manual",   "guide",   "hierarchy", "manager", "tracker",  "database", "committee",
    "board",   "project",  "program", "service",   "form",    "rule",     "standard", "structure",
    "cycle",   "schedule", "window",  "agreement", "term",    "director", "queue",    "interface",
    "status",  "target"};

bool needs_article(std::string_view phrase) {
    const std::vector<rag::Word> words = rag::words_of(phrase);
    if (words.size() < 2) return false;
    // A phrase with a small word inside ("Types of packages") or a verb in front has its own shape.
    for (const rag::Word& word : words) {
        if (word.is_stop) return false;
    }
    if (words[0].lower.ends_with("ing")) return false;
    return std::ranges::find(kCountable, words.back().lower) != kCountable.end();
}

}  // namespace

std::string lower_first(std::string_view phrase) {
    std::string text(phrase);
    const std::size_t end = std::min(text.find(' '), text.size());
    const auto inner = std::string_view(text).substr(0, end);
    const bool plain = std::ranges::none_of(
        inner.substr(std::min<std::size_t>(1, inner.size())),
        [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
    // "Debian Policy Manual" is a name, and a single capital ("C library") is one as well.
    const std::vector<rag::Word> words = rag::words_of(text);
    if (words.size() > 1 && words[1].is_capital && !words[0].is_stop) return text;
    if (!plain || inner.size() < 2 || text[0] < 'A' || text[0] > 'Z') return text;
    text[0] = static_cast<char>(text[0] + 32);
    return text;
}

bool is_question(std::string_view text) {
    if (text.ends_with('?')) return true;
    const std::vector<rag::Word> words = rag::words_of(text);
    if (words.size() < 4) return false;
    // "When and how to upload" is a heading: a question's second word is a verb, or "how long".
    const auto holds = [](const auto& list, std::string_view word) {
        return std::ranges::find(list, word) != list.end();
    };
    return holds(kQuestionWords, words[0].lower) &&
           (holds(kSecondWords, words[1].lower) || words[0].lower == "which");
}

std::string question_about(std::string_view topic, bool begins_with_name) {
    const std::string text = rag::single_spaced(topic);
    if (is_question(text)) return text.ends_with('?') ? text : text + "?";
    const std::string inner = begins_with_name ? text : lower_first(text);
    if (inner.starts_with("how to ")) return "How do you " + inner.substr(7) + "?";
    return std::string(kFrame) + (needs_article(text) ? "the " : "") + inner + "?";
}

std::string subject_of(std::string_view question) {
    std::string subject(question);
    if (subject.starts_with(kFrame)) subject.erase(0, kFrame.size());
    while (subject.ends_with('?') || subject.ends_with(' ')) subject.pop_back();
    return subject;
}

}  // namespace weft::stdlib::llm::offline
