#include "stdlib/llm/offline/topics.h"

#include <algorithm>
#include <array>
#include <map>

#include "stdlib/llm/offline/questions.h"

namespace weft::stdlib::llm::offline {

namespace {

constexpr std::size_t kTopicWordsMax = 7;
constexpr std::size_t kTopicLengthMax = 60;

// Headings that name a part of a book, not a subject.
constexpr std::array<std::string_view, 42> kGeneric = {"introduction",
                                                       "overview",
                                                       "contents",
                                                       "table of contents",
                                                       "index",
                                                       "preface",
                                                       "foreword",
                                                       "appendix",
                                                       "glossary",
                                                       "references",
                                                       "summary",
                                                       "bibliography",
                                                       "conclusion",
                                                       "abstract",
                                                       "notes",
                                                       "copyright",
                                                       "license",
                                                       "history",
                                                       "changelog",
                                                       "faq",
                                                       "general",
                                                       "miscellaneous",
                                                       "other",
                                                       "scope",
                                                       "purpose",
                                                       "background",
                                                       "see also",
                                                       "examples",
                                                       "example",
                                                       "about",
                                                       "acknowledgements",
                                                       "colophon",
                                                       "footnotes",
                                                       "list of figures",
                                                       "list of tables",
                                                       "title",
                                                       "about this document",
                                                       "first things first",
                                                       "getting started",
                                                       "conventions",
                                                       "thanks",
                                                       "page"};

// Words that don't make a subject when they begin or end a phrase.
constexpr std::array<std::string_view, 64> kWeak = {
    "use",       "used",     "uses",     "using",    "make",      "made",      "makes",
    "making",    "new",      "many",     "several",  "number",    "way",       "ways",
    "case",      "cases",    "section",  "chapter",  "see",       "note",      "following",
    "example",   "examples", "first",    "second",   "last",      "next",      "two",
    "three",     "good",     "possible", "able",     "available", "need",      "needs",
    "needed",    "want",     "like",     "get",      "gets",      "set",       "provide",
    "provides",  "provided", "contain",  "contains", "include",   "includes",  "included",
    "different", "certain",  "current",  "usually",  "existing",  "given",     "take",
    "add",       "added",    "allow",    "allows",   "called",    "including", "recommended",
    "thing"};

bool is_weak(const rag::Word& word) {
    return word.is_stop || word.is_number || word.lower.size() < 3 || word.lower.ends_with("ly") ||
           std::ranges::find(kWeak, word.lower) != kWeak.end();
}

struct TopicCandidate {
    std::string text;
    std::set<std::string> stems;
    std::size_t first_source = 0;
    std::string document;
    double score = 0.0;
};

std::string with_capital(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
        text[0] = static_cast<char>(text[0] - 32);
    return text;
}

std::set<std::string> stems_of(std::string_view text) {
    const std::vector<std::string> stems = rag::content_stems(text);
    return {stems.begin(), stems.end()};
}

// "developers-reference.pdf" → "Developers reference"
std::string name_of_document(std::string_view document) {
    const std::size_t slash = document.find_last_of('/');
    if (slash != std::string_view::npos) document.remove_prefix(slash + 1);
    const std::size_t dot = document.find_last_of('.');
    if (dot != std::string_view::npos && dot > 0) document = document.substr(0, dot);
    std::string name(document);
    std::ranges::replace(name, '-', ' ');
    std::ranges::replace(name, '_', ' ');
    return with_capital(rag::single_spaced(name));
}

bool is_clean(std::string_view text) {
    return text.find_first_of("_\\{}<>=|$#*@~^[].;!%") == std::string_view::npos &&
           !text.contains("..") && rag::code_points(text) <= kTopicLengthMax;
}

// Sources that use all the words: a subject of the whole, not of one place.
std::size_t spread_of(const Material& material, const std::set<std::string>& stems) {
    std::set<std::size_t> sources;
    for (const Sentence& sentence : material.sentences) {
        const bool all = std::ranges::all_of(
            stems, [&](const auto& stem) { return sentence.stems.contains(stem); });
        if (all) sources.insert(sentence.source);
    }
    return sources.size();
}

// How well a phrase is made for a topic: two to five words, no signs, no small word in front.
double shape_of(std::string_view text) {
    const std::vector<rag::Word> words = rag::words_of(text);
    double shape = words.size() >= 2 && words.size() <= 5 ? 1.4 : 1.0;
    if (text.find_first_of("\"'/()&,") != std::string_view::npos) shape *= 0.6;
    // "On the web", "Be kind to translators": a place or an order, not a subject.
    if (words.empty() || words[0].is_stop || is_weak(words[0])) shape *= 0.6;
    return shape;
}

// Share of the candidate's words that its sources' sentences really use.
double dealt_with(const Material& material, const TopicCandidate& candidate, std::size_t& prose) {
    std::set<std::string> used;
    for (const Sentence& sentence : material.sentences) {
        const Source& source = material.sources[sentence.source];
        if (topic_of_heading(source.section) != candidate.text) continue;
        if (sentence.is_prose) ++prose;
        used.insert(sentence.stems.begin(), sentence.stems.end());
    }
    const auto hits = std::ranges::count_if(candidate.stems,
                                            [&](const auto& stem) { return used.contains(stem); });
    return candidate.stems.empty()
               ? 0.0
               : static_cast<double>(hits) / static_cast<double>(candidate.stems.size());
}

std::vector<TopicCandidate> heading_candidates(const Material& material) {
    std::vector<TopicCandidate> candidates;
    std::set<std::string> seen;
    for (std::size_t i = 0; i < material.sources.size(); ++i) {
        TopicCandidate candidate;
        candidate.text = topic_of_heading(material.sources[i].section);
        if (candidate.text.empty() || !seen.insert(rag::lower_case(candidate.text)).second)
            continue;
        candidate.stems = stems_of(candidate.text);
        candidate.first_source = i;
        candidate.document = material.sources[i].document;
        std::size_t prose = 0;
        const double share = dealt_with(material, candidate, prose);
        if (prose == 0 || share < 0.5) continue;
        // A document's own name is no subject in it.
        if (likeness(candidate.stems, stems_of(name_of_document(candidate.document))) >= 0.5)
            continue;
        const std::size_t spread = spread_of(material, candidate.stems);
        candidate.score = share * shape_of(candidate.text) *
                          (1.0 + 0.1 * static_cast<double>(std::min<std::size_t>(prose, 8)) +
                           0.15 * static_cast<double>(std::min<std::size_t>(spread, 4)));
        candidates.push_back(std::move(candidate));
    }
    return candidates;
}

struct PhraseCount {
    std::map<std::string, int> forms;
    std::set<std::size_t> sentences;
    std::size_t first_source = 0;
    std::size_t words = 0;
};

// Runs of two or three neighbouring words, counted by their stems.
std::map<std::string, PhraseCount> count_phrases(const Material& material) {
    std::map<std::string, PhraseCount> counts;
    for (std::size_t at = 0; at < material.sentences.size(); ++at) {
        const Sentence& sentence = material.sentences[at];
        if (!sentence.is_prose) continue;
        const std::vector<rag::Word> words = rag::words_of(sentence.shown);
        for (std::size_t first = 0; first < words.size(); ++first) {
            if (is_weak(words[first])) continue;
            std::string key = words[first].stem;
            for (std::size_t last = first + 1; last < std::min(first + 3, words.size()); ++last) {
                const std::size_t gap = words[last].start - words[last - 1].end;
                if (gap != 1 || sentence.shown[words[last - 1].end] != ' ') break;
                if (is_weak(words[last])) break;
                key += ' ' + words[last].stem;
                if (words[last].lower.ends_with("ed")) continue;
                PhraseCount& count = counts[key];
                if (count.sentences.empty()) count.first_source = sentence.source;
                count.sentences.insert(at);
                count.words = last - first + 1;
                ++count.forms[sentence.shown.substr(words[first].start,
                                                    words[last].end - words[first].start)];
            }
        }
    }
    return counts;
}

std::vector<TopicCandidate> phrase_candidates(const Material& material, std::size_t sentences_min) {
    std::vector<TopicCandidate> candidates;
    for (const auto& [key, count] : count_phrases(material)) {
        if (count.sentences.size() < sentences_min) continue;
        TopicCandidate candidate;
        const auto common = std::ranges::max_element(
            count.forms, [](const auto& a, const auto& b) { return a.second < b.second; });
        candidate.text = with_capital(common->first);
        candidate.stems = stems_of(candidate.text);
        if (!is_clean(candidate.text) || candidate.stems.size() < 2) continue;
        candidate.first_source = count.first_source;
        candidate.document = material.sources[count.first_source].document;
        candidate.score =
            static_cast<double>(count.sentences.size()) * (count.words == 3 ? 1.2 : 1.0);
        candidates.push_back(std::move(candidate));
    }
    return candidates;
}

// Single words, for short materials: the nouns (by their endings) and names that return.
std::vector<TopicCandidate> word_candidates(const Material& material) {
    std::map<std::string, TopicCandidate> by_stem;
    for (const Sentence& sentence : material.sentences) {
        for (const rag::Word& word : rag::words_of(sentence.shown)) {
            if (is_weak(word) || word.lower.size() < 5) continue;
            TopicCandidate& candidate = by_stem[word.stem];
            if (candidate.text.empty()) {
                candidate.text = with_capital(word.lower);
                candidate.stems = {word.stem};
                candidate.first_source = sentence.source;
                candidate.document = material.sources[sentence.source].document;
            }
            candidate.score += 1.0;
        }
    }
    std::vector<TopicCandidate> candidates;
    for (auto& [stem, candidate] : by_stem) candidates.push_back(std::move(candidate));
    return candidates;
}

bool is_new(const TopicCandidate& candidate, const std::vector<TopicCandidate>& chosen) {
    return std::ranges::none_of(chosen, [&](const TopicCandidate& other) {
        const auto& smaller = candidate.stems.size() < other.stems.size() ? candidate : other;
        const auto& larger = &smaller == &other ? candidate : other;
        const bool inside = std::ranges::all_of(
            smaller.stems, [&](const auto& stem) { return larger.stems.contains(stem); });
        return inside || likeness(candidate.stems, other.stems) >= 0.4;
    });
}

// The best first; no document takes more than its share while others have something to say.
void choose(std::vector<TopicCandidate> pool, std::size_t count,
            std::vector<TopicCandidate>& chosen) {
    std::ranges::stable_sort(pool, [](const auto& a, const auto& b) { return a.score > b.score; });
    std::set<std::string> documents;
    for (const TopicCandidate& candidate : pool) documents.insert(candidate.document);
    if (documents.empty()) return;
    const std::size_t share = (count + documents.size() - 1) / documents.size();
    std::map<std::string, std::size_t> taken;
    for (const std::size_t limit : {share, count}) {
        for (const TopicCandidate& candidate : pool) {
            if (chosen.size() >= count) return;
            if (taken[candidate.document] >= limit || !is_new(candidate, chosen)) continue;
            ++taken[candidate.document];
            chosen.push_back(candidate);
        }
    }
}

std::string list_of(const std::vector<std::string>& items) {
    std::string out;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) out += i + 1 == items.size() ? " and " : ", ";
        out += items[i];
    }
    return out;
}

}  // namespace

std::string topic_of_heading(std::string_view section) {
    for (const std::string_view separator : {" > ", " \xE2\x80\xBA ", " / ", " » "}) {
        const std::size_t at = section.rfind(separator);
        if (at != std::string_view::npos) section.remove_prefix(at + separator.size());
    }
    std::string heading = rag::single_spaced(section);
    const std::string lower = rag::lower_case(heading);
    for (const std::string_view part : {"chapter ", "appendix ", "section ", "part "}) {
        if (!lower.starts_with(part)) continue;
        const std::size_t after = heading.find_first_of(" .:", part.size());
        heading = after == std::string::npos ? "" : heading.substr(after + 1);
        break;
    }
    const std::size_t number_end = heading.find_first_not_of("0123456789.§ ");
    heading = number_end == std::string::npos ? "" : heading.substr(number_end);
    while (!heading.empty() && std::string_view(" .:;,-").contains(heading.back()))
        heading.pop_back();
    while (!heading.empty() && std::string_view(" .:;,-").contains(heading.front())) {
        heading.erase(0, 1);
    }
    const bool is_quoted = heading.size() > 2 && heading.front() == '"' && heading.back() == '"';
    if (is_quoted) heading = heading.substr(1, heading.size() - 2);
    if (!is_clean(heading) || rag::content_stems(heading).empty()) return {};
    if (rag::words_of(heading).size() > kTopicWordsMax) return {};
    if (std::ranges::find(kGeneric, rag::lower_case(heading)) != kGeneric.end()) return {};
    return with_capital(heading);
}

std::vector<std::string> topics_of(const Material& material, std::size_t count) {
    std::vector<TopicCandidate> chosen;
    choose(heading_candidates(material), count, chosen);
    // Headings name subjects better than phrases do: phrases only where headings are few.
    constexpr std::size_t kEnough = 8;
    const std::size_t wanted = std::min(count, kEnough);
    if (chosen.size() < wanted) {
        // Beside headings a phrase must return more often to be a subject of its own.
        const std::size_t sentences_min = chosen.size() >= 3 ? 4 : 2;
        choose(phrase_candidates(material, sentences_min), wanted, chosen);
    }
    if (chosen.size() < std::min<std::size_t>(wanted, 3)) {
        choose(word_candidates(material), std::min<std::size_t>(wanted, 3), chosen);
    }
    std::ranges::stable_sort(chosen, {}, &TopicCandidate::first_source);
    std::vector<std::string> topics;
    for (TopicCandidate& candidate : chosen) topics.push_back(std::move(candidate.text));
    return topics;
}

std::string title_of(const Material& material, std::size_t length_max) {
    std::set<std::string> documents;
    for (const Source& source : material.sources) documents.insert(source.document);
    std::string head;
    if (material.titles.size() == 1) {
        head = rag::single_spaced(material.titles[0]);
    } else if (documents.size() == 1) {
        head = name_of_document(*documents.begin());
    }
    if (rag::code_points(head) > length_max) head.clear();
    std::vector<std::string> topics = topics_of(material, 3);
    while (!topics.empty()) {
        std::vector<std::string> shown = topics;
        for (std::size_t i = head.empty() ? 1 : 0; i < shown.size(); ++i) {
            if (!material.begins_with_name(shown[i])) shown[i] = lower_first(shown[i]);
        }
        const std::string title = head.empty() ? list_of(shown) : head + ": " + list_of(shown);
        if (rag::code_points(title) <= length_max) return title;
        topics.pop_back();
    }
    return head;
}

}  // namespace weft::stdlib::llm::offline
