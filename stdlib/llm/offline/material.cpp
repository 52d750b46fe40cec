#include "stdlib/llm/offline/material.h"

#include <algorithm>

#include "stdlib/llm/offline/roles.h"
#include "stdlib/rag/chunks.h"

namespace weft::stdlib::llm::offline {

namespace {

constexpr std::size_t kQuestionLengthMax = 300;
constexpr std::size_t kTextLengthMin = 40;  // shorter texts inside records are names and labels
constexpr std::size_t kStudiedSentencesMax = 2000;

struct Asking {
    std::string parameter;
    bool is_certain = false;  // its name or its last sign says that it is the question
};

bool could_be_question(const OrderedJson& value) {
    if (!value.is_string()) return false;
    const std::string text = value.get<std::string>();
    return rag::code_points(text) <= kQuestionLengthMax && rag::sentences_of(text).size() <= 2;
}

// The parameter that asks: one named so, else one that ends in a question mark, else the first
// short text in the order of declaration.
std::optional<Asking> question_among(const OrderedJson& inputs) {
    std::optional<Asking> marked;
    std::optional<Asking> first;
    for (const auto& [name, value] : inputs.items()) {
        if (!value.is_string()) continue;
        if (role_of(name) == Role::Question) return Asking{name, true};
        if (!could_be_question(value)) continue;
        if (!marked && rag::single_spaced(value.get<std::string>()).ends_with('?')) {
            marked = Asking{name, true};
        }
        if (!first) first = Asking{name, false};
    }
    return marked ? marked : first;
}

class Reader {
  public:
    explicit Reader(Material& material) : material_(material) {}

    // A parameter's value is material unless it is the question.
    void parameter(const std::string& name, const Json& value) {
        if (value.is_string()) {
            add_text(name, value.get<std::string>());
        } else {
            inner(name, value);
        }
    }

  private:
    void inner(const std::string& name, const Json& value) {
        if (value.is_string()) {
            const std::string text = value.get<std::string>();
            if (text.size() >= kTextLengthMin) add_text(name, text);
        } else if (value.is_array()) {
            for (const Json& item : value) inner(name, item);
        } else if (value.is_object()) {
            object(value);
        }
    }

    void object(const Json& value) {
        if (!member(value, "text").is_string()) {
            for (const auto& [key, field] : value.items()) inner(key, field);
            return;
        }
        if (member(value, "blocks").is_array()) {
            document(value);
            return;
        }
        Source source;
        source.id = text_or(value, "id");
        source.document = text_or(value, "document");
        source.page = int_or(value, "page");
        source.section = text_or(value, "section");
        source.start = int_or(value, "start");
        source.text = text_or(value, "text");
        source.score = number_or(value, "score");
        material_.sources.push_back(std::move(source));
    }

    void document(const Json& value) {
        const std::string title = text_or(value, "title");
        if (!title.empty()) material_.titles.push_back(title);
        std::vector<rag::Passage> passages;
        rag::cut_document(value, {800, 0}, passages);
        for (rag::Passage& passage : passages) {
            material_.sources.push_back({"", std::move(passage.document), passage.page,
                                         std::move(passage.section), passage.start,
                                         std::move(passage.text), 0.0});
        }
    }

    void add_text(const std::string& name, const std::string& text) {
        Source source;
        source.document = name;
        source.text = text;
        material_.sources.push_back(std::move(source));
    }

    Material& material_;
};

void cut_sentences(Material& material) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < material.sources.size(); ++i) {
        const Source& source = material.sources[i];
        std::size_t place = 0;
        for (const rag::Span& span : rag::sentences_of(source.text)) {
            if (material.sentences.size() >= kStudiedSentencesMax) return;
            const std::string_view text =
                std::string_view(source.text).substr(span.start, span.end - span.start);
            Sentence sentence;
            sentence.source = i;
            sentence.span = span;
            sentence.shown = rag::single_spaced(text);
            sentence.place = place++;
            // Passages overlap: a sentence counts once.
            if (!seen.insert(sentence.shown).second) continue;
            const std::vector<std::string> stems = rag::content_stems(sentence.shown);
            sentence.stems = {stems.begin(), stems.end()};
            sentence.words = rag::words_of(sentence.shown).size();
            sentence.is_prose = rag::reads_as_prose(sentence.shown);
            sentence.is_leaning = rag::leans_on_previous(sentence.shown);
            material.rarity.add(sentence.shown);
            material.sentences.push_back(std::move(sentence));
        }
    }
}

}  // namespace

bool Material::has_prose() const {
    return std::ranges::any_of(sentences, &Sentence::is_prose);
}

bool Material::begins_with_name(std::string_view phrase) const {
    const std::vector<rag::Word> wanted = rag::words_of(phrase);
    if (wanted.empty() || wanted[0].is_stop) return false;
    int capital = 0;
    int small = 0;
    for (const Sentence& sentence : sentences) {
        if (!sentence.is_prose || !sentence.stems.contains(wanted[0].stem)) continue;
        const std::vector<rag::Word> words = rag::words_of(sentence.shown);
        for (std::size_t i = 1; i < words.size(); ++i) {
            if (words[i].lower == wanted[0].lower) ++(words[i].is_capital ? capital : small);
        }
    }
    return capital > small;
}

Material read_material(const OrderedJson& inputs) {
    Material material;
    const std::optional<Asking> asking = question_among(inputs);
    Reader reader(material);
    for (const auto& [name, value] : inputs.items()) {
        if (asking && name == asking->parameter) continue;
        reader.parameter(name, Json::parse(value.dump()));
    }
    if (asking) {
        const std::string text = inputs[asking->parameter].get<std::string>();
        material.question = rag::single_spaced(text);
        const bool only_texts = std::ranges::all_of(
            inputs, [](const OrderedJson& value) { return could_be_question(value); });
        // Short texts alone are what the prompt is about, unless one of them asks about the others.
        const bool is_subject = material.sources.empty() || (only_texts && !asking->is_certain);
        if (is_subject && only_texts) reader.parameter(asking->parameter, text);
    }
    cut_sentences(material);
    return material;
}

double likeness(const std::set<std::string>& a, const std::set<std::string>& b) {
    if (a.empty() || b.empty()) return 0.0;
    const auto shared =
        std::ranges::count_if(a, [&](const auto& stem) { return b.contains(stem); });
    return static_cast<double>(shared) /
           static_cast<double>(a.size() + b.size() - static_cast<std::size_t>(shared));
}

}  // namespace weft::stdlib::llm::offline
