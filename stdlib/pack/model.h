// The content of a pack as the page shows it: questions and answers numbered, each cited quote
// numbered once, sources by document. It knows the shape of a citation and of a brief, and nothing
// of HTML.
#pragma once

#include <cstddef>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::stdlib::pack {

// A field that the page has no place of its own for: its label and its value as text.
using Extra = std::pair<std::string, std::string>;

struct Source {
    std::size_t number = 0;  // from 1, in the order of first use
    std::string document;
    std::int64_t page = 0;
    std::string section;
    std::string quote;
    std::int64_t start = 0;
    std::int64_t end = 0;
    std::vector<std::size_t> cited_by;  // numbers of questions
};

struct Question {
    std::size_t number = 0;  // from 1
    std::string question;
    std::string answer;
    std::vector<std::size_t> sources;  // numbers, in the order of the citations
    std::vector<Extra> extras;
};

struct Document {
    std::string name;
    std::vector<std::size_t> sources;  // numbers, by page and place
};

struct Content {
    std::string title;
    std::string summary;
    std::vector<std::string> topics;
    std::vector<Extra> extras;
    std::vector<Question> questions;
    std::vector<Source> sources;      // sources[n - 1] has number n
    std::vector<Document> documents;  // in the order of first use
    std::size_t citations = 0;        // uses, so not fewer than sources
};

// `brief` and `answers` as the worker got them. The failure says which part has another shape.
std::expected<Content, std::string> read_content(const nlohmann::ordered_json& brief,
                                                 const nlohmann::ordered_json& answers);

}  // namespace weft::stdlib::pack
