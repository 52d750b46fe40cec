#include "stdlib/pack/model.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <tuple>

namespace weft::stdlib::pack {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 3> kBriefFields{"title", "summary", "topics"};
constexpr std::array<std::string_view, 3> kAnswerFields{"question", "answer", "citations"};

std::string text_of(const Json& object, std::string_view name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::int64_t int_of(const Json& object, std::string_view name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

// "review_date" is "Review date".
std::string label_of(std::string name) {
    std::ranges::replace(name, '_', ' ');
    if (!name.empty()) {
        name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
    }
    return name;
}

std::string plain_text(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    if (value.is_null()) return "none";
    const auto join = [](std::string& out, const std::string& part) {
        out += out.empty() ? part : "; " + part;
    };
    std::string out;
    if (value.is_array()) {
        for (const auto& item : value) join(out, plain_text(item));
        return out;
    }
    if (!value.is_object()) return value.dump();
    for (const auto& [name, item] : value.items()) {
        join(out, label_of(name) + ": " + plain_text(item));
    }
    return out;
}

std::vector<Extra> extras_of(const Json& object, std::span<const std::string_view> known) {
    std::vector<Extra> extras;
    for (const auto& [name, value] : object.items()) {
        if (std::ranges::find(known, name) != known.end()) continue;
        extras.emplace_back(label_of(name), plain_text(value));
    }
    return extras;
}

// The number of the source that a citation names: the same quote at the same place is one source.
std::size_t number_of(Content& content, const Json& citation) {
    Source source;
    source.document = text_of(citation, "document");
    source.page = int_of(citation, "page");
    source.section = text_of(citation, "section");
    source.quote = text_of(citation, "quote");
    source.start = int_of(citation, "start");
    source.end = int_of(citation, "end");
    const auto same = [&](const Source& other) {
        return other.document == source.document && other.start == source.start &&
               other.end == source.end && other.quote == source.quote;
    };
    const auto found = std::ranges::find_if(content.sources, same);
    if (found != content.sources.end()) return found->number;
    source.number = content.sources.size() + 1;
    content.sources.push_back(source);

    auto document = std::ranges::find(content.documents, source.document, &Document::name);
    if (document == content.documents.end()) {
        document = content.documents.insert(document, {.name = source.document, .sources = {}});
    }
    document->sources.push_back(source.number);
    return source.number;
}

void add_question(Content& content, const Json& answer) {
    Question question;
    question.number = content.questions.size() + 1;
    question.question = text_of(answer, "question");
    question.answer = text_of(answer, "answer");
    question.extras = extras_of(answer, kAnswerFields);
    const auto citations = answer.find("citations");
    if (citations != answer.end() && citations->is_array()) {
        for (const auto& citation : *citations) {
            if (!citation.is_object()) continue;
            const std::size_t number = number_of(content, citation);
            ++content.citations;
            if (std::ranges::find(question.sources, number) != question.sources.end()) continue;
            question.sources.push_back(number);
            content.sources[number - 1].cited_by.push_back(question.number);
        }
    }
    content.questions.push_back(std::move(question));
}

}  // namespace

std::expected<Content, std::string> read_content(const Json& brief, const Json& answers) {
    if (!brief.is_object() || text_of(brief, "title").empty()) {
        return std::unexpected("the brief has no `title`");
    }
    if (!answers.is_array()) return std::unexpected("the answers are not a list");
    Content content;
    content.title = text_of(brief, "title");
    content.summary = text_of(brief, "summary");
    content.extras = extras_of(brief, kBriefFields);
    const auto topics = brief.find("topics");
    if (topics != brief.end() && topics->is_array()) {
        for (const auto& topic : *topics) content.topics.push_back(plain_text(topic));
    }
    for (const auto& answer : answers) {
        if (!answer.is_object() || text_of(answer, "question").empty()) {
            return std::unexpected("an answer has no `question`");
        }
        add_question(content, answer);
    }
    const auto place = [&](std::size_t number) {
        const Source& source = content.sources[number - 1];
        return std::tuple(source.page, source.start, number);
    };
    for (auto& document : content.documents) std::ranges::sort(document.sources, {}, place);
    return content;
}

}  // namespace weft::stdlib::pack
