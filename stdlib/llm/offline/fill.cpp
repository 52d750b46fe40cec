#include "stdlib/llm/offline/fill.h"

#include <fmt/format.h>

#include <algorithm>

#include "stdlib/llm/offline/cite.h"
#include "stdlib/llm/offline/extract.h"
#include "stdlib/llm/offline/questions.h"
#include "stdlib/llm/offline/summary.h"
#include "stdlib/llm/offline/topics.h"
#include "stdlib/rag/chunks.h"
#include "stdlib/rag/support.h"

namespace weft::stdlib::llm::offline {

namespace {

constexpr std::size_t kSummaryLengthMax = 900;  // what a reader takes in, if the schema allows more
constexpr std::size_t kTopicsMax = 10;
constexpr std::size_t kHighlightsMax = 6;
constexpr std::size_t kCitationsMax = 4;
constexpr std::string_view kNoSummary = "The documents hold no text that could be summarised.";

std::unexpected<WorkerError> no_capability(const std::string& path, std::string_view why) {
    return worker_error("NoCapability", fmt::format("the extractive engine can't fill `{}`: {}",
                                                    path.empty() ? "the result" : path, why));
}

// A text the schema takes, or the reason why not.
Filler::Filled fitting(std::string text, const Bounds& bounds, const std::string& path) {
    const std::size_t length = rag::code_points(text);
    if (length < bounds.length_min || length > bounds.length_max) {
        return no_capability(
            path, fmt::format("the text found has {} characters, wanted are {} to {}", length,
                              bounds.length_min, bounds.length_max));
    }
    return OrderedJson(std::move(text));
}

bool requires_member(const OrderedJson& schema, const std::string& name) {
    if (!schema.contains("required")) return false;
    return std::ranges::any_of(schema["required"],
                               [&](const OrderedJson& one) { return one == name; });
}

}  // namespace

void Filler::ask(std::string question) {
    question_ = std::move(question);
    answer_.reset();
}

const Answer& Filler::answer() {
    if (!answer_) answer_ = answer_to(material_, question_.value_or(""), temperature_);
    return *answer_;
}

Filler::Filled Filler::fill(const OrderedJson& schema, const std::string& field,
                            const std::string& path) {
    const OrderedJson& target = resolve_schema(schema, root_);
    const Bounds bounds = bounds_of(target);
    if (!bounds.choices.empty()) return choice(bounds, field, path);
    if (bounds.type == "object") return object(target, path);
    if (bounds.type == "array") return array(target, bounds, field, path);
    if (bounds.type == "string") return text(bounds, field, path);
    if (bounds.type == "number" || bounds.type == "integer") return number(bounds, field, path);
    if (bounds.type == "boolean") {
        if (role_of(field) == Role::Answered) return OrderedJson(answer().has_answer);
        const std::string asked = words_of_field(field);
        return OrderedJson(answer_to(material_, asked, 0.0).has_answer);
    }
    return no_capability(path, "its type is open");
}

Filler::Filled Filler::object(const OrderedJson& schema, const std::string& path) {
    if (!schema.contains("properties")) return no_capability(path, "its members are not declared");
    OrderedJson out = OrderedJson::object();
    for (const auto& [name, inner] : schema["properties"].items()) {
        Filled value = fill(inner, name, path.empty() ? name : fmt::format("{}.{}", path, name));
        if (value) {
            out[name] = std::move(*value);
        } else if (requires_member(schema, name)) {
            return value;
        }
    }
    return out;
}

Filler::Filled Filler::array(const OrderedJson& schema, const Bounds& bounds,
                             const std::string& field, const std::string& path) {
    if (!schema.contains("items")) return no_capability(path, "the type of its items is open");
    const OrderedJson& items = resolve_schema(schema["items"], root_);
    const Bounds item = bounds_of(items);
    const Role role = role_of(field);
    if (item.type == "object") {
        if (takes_quote(items)) return citations(items, bounds, path);
        return items_by_topic(items, bounds, path);
    }
    if (item.type == "string" && item.choices.empty()) {
        return items_of_texts(bounds, item, role, path);
    }
    if (bounds.items_min == 0) return OrderedJson::array();
    return no_capability(path, "a list of this kind can't be found in texts");
}

Filler::Filled Filler::items_of_texts(const Bounds& bounds, const Bounds& item, Role role,
                                      const std::string& path) {
    OrderedJson out = OrderedJson::array();
    const auto add = [&](const std::string& text) {
        const std::size_t length = rag::code_points(text);
        if (out.size() < bounds.items_max && length >= item.length_min &&
            length <= item.length_max) {
            out.push_back(text);
        }
    };
    if (role == Role::Topics || role == Role::Question) {
        const std::size_t wanted =
            std::min(bounds.items_max, std::max(kTopicsMax, bounds.items_min));
        for (const std::string& topic : topics_of(material_, wanted)) {
            add(role == Role::Topics ? topic
                                     : question_about(topic, material_.begins_with_name(topic)));
        }
    } else {
        std::vector<std::size_t> chosen;
        const bool quotes = role == Role::Citations || role == Role::Quote || role == Role::Answer;
        if (quotes && question_) {
            chosen = answer().sentences;
        } else {
            SummaryBounds wanted;
            wanted.length_max = 100'000;
            wanted.sentences_max =
                std::min(bounds.items_max, std::max(kHighlightsMax, bounds.items_min));
            chosen = summary_of(material_, wanted, temperature_);
        }
        for (const std::size_t at : chosen) add(material_.sentences[at].shown);
    }
    if (out.size() < bounds.items_min) {
        return no_capability(
            path, fmt::format("the material gives {} items, wanted are at least {}", out.size(),
                              bounds.items_min));
    }
    return out;
}

Filler::Filled Filler::items_by_topic(const OrderedJson& items, const Bounds& bounds,
                                      const std::string& path) {
    OrderedJson out = OrderedJson::array();
    const std::size_t wanted = std::min(bounds.items_max, std::max(kTopicsMax, bounds.items_min));
    for (const std::string& topic : topics_of(material_, wanted)) {
        Filler inner(material_, root_, temperature_);
        inner.ask(topic);
        if (!inner.answer().has_answer) continue;
        Filled value = inner.fill(items, "", path + "[]");
        if (!value) return value;
        out.push_back(std::move(*value));
    }
    if (out.size() < bounds.items_min) {
        return no_capability(
            path, fmt::format("the material gives {} items, wanted are at least {}", out.size(),
                              bounds.items_min));
    }
    return out;
}

Filler::Filled Filler::citations(const OrderedJson& items, const Bounds& bounds,
                                 const std::string& path) {
    std::vector<std::size_t> cited = question_ ? answer().cited() : std::vector<std::size_t>();
    if (!question_) cited = summary_of(material_, {}, temperature_);
    // Where a citation is demanded the nearest sentence is one, even if it is no answer.
    if (cited.size() < bounds.items_min && !material_.sentences.empty()) {
        for (const std::size_t at : nearest(material_, answer().best, bounds.items_min)) {
            if (std::ranges::find(cited, at) == cited.end()) cited.push_back(at);
        }
    }
    OrderedJson out = OrderedJson::array();
    for (const std::size_t at : cited) {
        if (out.size() >= std::min(bounds.items_max, std::max(kCitationsMax, bounds.items_min)))
            break;
        Filled one = citation(material_, at, items, path);
        if (!one) return one;
        out.push_back(std::move(*one));
    }
    if (out.size() < bounds.items_min) {
        return no_capability(path, "there is no evidence that could be cited");
    }
    return out;
}

std::string Filler::summary(const Bounds& bounds) const {
    SummaryBounds wanted;
    wanted.length_min = bounds.length_min;
    wanted.length_max =
        std::min(bounds.length_max, std::max(kSummaryLengthMax, bounds.length_min * 2));
    const std::string found =
        text_of(material_, summary_of(material_, wanted, temperature_), wanted.length_max);
    return found.empty() ? std::string(kNoSummary) : found;
}

std::string Filler::answer_text(const Bounds& bounds) {
    if (!question_) return summary(bounds);
    if (!answer().has_answer) return std::string(rag::kNoAnswer);
    const std::string found = text_of(material_, answer(), bounds.length_max);
    return found.empty() ? std::string(rag::kNoAnswer) : found;
}

Filler::Filled Filler::text(const Bounds& bounds, const std::string& field,
                            const std::string& path) {
    if (!bounds.format.empty() || bounds.has_pattern) return extracted(bounds, field, path);
    switch (path.empty() ? Role::Answer : role_of(field)) {
        case Role::Title: {
            const std::string title = title_of(material_, bounds.length_max);
            if (title.empty()) return no_capability(path, "the material names no subject");
            return fitting(title, bounds, path);
        }
        case Role::Summary:
            return fitting(
                question_ && !material_.has_prose() ? std::string(rag::kNoAnswer) : summary(bounds),
                bounds, path);
        case Role::Topics: {
            const auto topics = topics_of(material_, 1);
            if (question_) return fitting(subject_of(*question_), bounds, path);
            if (topics.empty()) return no_capability(path, "the material names no subject");
            return fitting(topics.front(), bounds, path);
        }
        case Role::Question: {
            const auto topics = topics_of(material_, 1);
            if (question_)
                return fitting(question_about(*question_, material_.begins_with_name(*question_)),
                               bounds, path);
            if (topics.empty()) return no_capability(path, "the material names no subject");
            return fitting(
                question_about(topics.front(), material_.begins_with_name(topics.front())), bounds,
                path);
        }
        case Role::Quote: {
            if (!answer().has_answer) return fitting(std::string(), bounds, path);
            return fitting(quote_of(material_, answer().best), bounds, path);
        }
        case Role::Answer:
            return fitting(answer_text(bounds), bounds, path);
        default:
            return extracted(bounds, field, path);
    }
}

Filler::Filled Filler::extracted(const Bounds& bounds, const std::string& field,
                                 const std::string& path) {
    const std::string found = extract(material_, words_of_field(field), bounds);
    if (found.empty()) return no_capability(path, "nothing in the material fits its name");
    return fitting(found, bounds, path);
}

Filler::Filled Filler::number(const Bounds& bounds, const std::string& field,
                              const std::string& path) {
    const Role role = role_of(field);
    if (role == Role::Score) {
        const double share = answer().has_answer ? std::min(1.0, answer().support) : 0.0;
        const double value = bounds.minimum + share * (bounds.maximum - bounds.minimum);
        if (bounds.type == "integer") return OrderedJson(static_cast<std::int64_t>(value));
        return OrderedJson(rag::rounded(value));
    }
    if (role == Role::Count) return OrderedJson(material_.sources.size());
    const std::string found = extract_number(material_, words_of_field(field));
    OrderedJson value = OrderedJson::parse(found, nullptr, false);
    const bool fits = value.is_number() && (bounds.type == "number" || value.is_number_integer());
    const bool in_range = fits && (!bounds.has_range || (value.get<double>() >= bounds.minimum &&
                                                         value.get<double>() <= bounds.maximum));
    if (!in_range) return no_capability(path, "no such number stands beside its name");
    return value;
}

Filler::Filled Filler::choice(const Bounds& bounds, const std::string& field,
                              const std::string& path) {
    const std::string found = choose_case(material_, bounds.choices, field);
    if (found.empty()) {
        return no_capability(path, "no word of the material tells which case applies");
    }
    return OrderedJson(found);
}

}  // namespace weft::stdlib::llm::offline
