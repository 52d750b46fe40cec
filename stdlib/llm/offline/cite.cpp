#include "stdlib/llm/offline/cite.h"

#include <fmt/format.h>

#include <algorithm>

#include "stdlib/llm/offline/bounds.h"

namespace weft::stdlib::llm::offline {

namespace {

// The member `name` of a citation of `sentence`; null when a citation has no such member.
OrderedJson part(const Material& material, std::size_t at, const std::string& name,
                 const std::string& type) {
    const Sentence& sentence = material.sentences[at];
    const Source& source = material.sources[sentence.source];
    if (name == "quote" || name == "text") return quote_of(material, at);
    if (name == "passage" || name == "id" || name == "source") {
        const std::string id = source.id.empty() ? std::to_string(sentence.source + 1) : source.id;
        return type == "integer" ? OrderedJson::parse(id, nullptr, false) : OrderedJson(id);
    }
    if (name == "document" || name == "name" || name == "title") return source.document;
    if (name == "page") return source.page;
    if (name == "section") return source.section;
    if (name == "start") return source.start + static_cast<std::int64_t>(sentence.span.start);
    if (name == "end") return source.start + static_cast<std::int64_t>(sentence.span.end);
    if (name == "score") return source.score;
    return nullptr;
}

}  // namespace

bool takes_quote(const OrderedJson& schema) {
    return schema.contains("properties") && schema["properties"].contains("quote");
}

std::string quote_of(const Material& material, std::size_t at) {
    const Sentence& sentence = material.sentences[at];
    const std::string& text = material.sources[sentence.source].text;
    return text.substr(sentence.span.start, sentence.span.end - sentence.span.start);
}

std::expected<OrderedJson, WorkerError> citation(const Material& material, std::size_t sentence,
                                                 const OrderedJson& schema,
                                                 const std::string& path) {
    OrderedJson out = OrderedJson::object();
    for (const auto& [name, inner] : schema["properties"].items()) {
        OrderedJson value = part(material, sentence, name, bounds_of(inner).type);
        if (!value.is_null() && !value.is_discarded()) {
            out[name] = std::move(value);
            continue;
        }
        const bool required = schema.contains("required") &&
                              std::ranges::any_of(schema["required"], [&](const OrderedJson& one) {
                                  return one == name;
                              });
        if (required) {
            return worker_error("NoCapability",
                                fmt::format("the extractive engine can't fill `{}[].{}`: a "
                                            "citation has no such member",
                                            path, name));
        }
    }
    return out;
}

std::vector<std::size_t> nearest(const Material& material, std::size_t sentence,
                                 std::size_t count) {
    std::vector<std::size_t> found = {sentence};
    const std::size_t size = material.sentences.size();
    for (std::size_t step = 1; step < size && found.size() < count; ++step) {
        if (sentence + step < size) found.push_back(sentence + step);
        if (step <= sentence && found.size() < count) found.push_back(sentence - step);
    }
    return found;
}

}  // namespace weft::stdlib::llm::offline
