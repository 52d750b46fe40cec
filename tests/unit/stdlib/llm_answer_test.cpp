// How the extractive engine finds the answer to a question, and when it says that there is none.
#include <gtest/gtest.h>

#include "stdlib/llm/offline/answer.h"
#include "stdlib/llm/offline/asked.h"
#include "stdlib/llm/offline/material.h"
#include "tests/unit/stdlib/rag_fixture.h"

namespace weft::stdlib::llm::offline {
namespace {

using stdlib::fixture::call;
using stdlib::fixture::find_worker;
using stdlib::fixture::value_of;

Material material_of(std::string_view question, const std::vector<std::string>& texts) {
    OrderedJson evidence = OrderedJson::array();
    for (const std::string& text : texts) {
        evidence.push_back({{"id", std::to_string(evidence.size() + 1)}, {"text", text}});
    }
    return read_material({{"question", question}, {"evidence", evidence}});
}

struct Found {
    bool has_answer = false;
    double support = 0.0;
    std::string first;  // what is cited first
    std::string text;
};

Found ask(std::string_view question, const std::vector<std::string>& texts,
          std::size_t length_max = 2000) {
    const Material material = material_of(question, texts);
    const Answer answer = answer_to(material, question, 0.0);
    Found found{answer.has_answer, answer.support, "", ""};
    if (!answer.has_answer) return found;
    found.first = material.sentences[answer.cited().front()].shown;
    found.text = text_of(material, answer, length_max);
    return found;
}

// The bridge of a town that does not exist.
const std::vector<std::string> kBridge = {
    "The Ostrand bridge was planned by Ilse Møller. It was opened in 1911 after four winters of "
    "work. The toll was paid at a hut of stone. Carts with iron wheels were not allowed on it."};

TEST(OfflineAnswer, IsSupportedByTheWholePassage) {
    // No sentence holds half of the question's words, the four together hold all.
    const Found found = ask("Whose Ostrand plan was opened in 1911 and had a hut?", kBridge);
    EXPECT_TRUE(found.has_answer);
    EXPECT_GE(found.support, 0.40);
    EXPECT_EQ(found.first, "The Ostrand bridge was planned by Ilse Møller.");
    EXPECT_FALSE(ask("Which fish is sold at the harbour market?", kBridge).has_answer);
}

TEST(OfflineAnswer, RanksByRareWords) {
    const std::vector<std::string> texts = {
        "The ferry company owns a ferry for the island. The ferry company paints each ferry white. "
        "A pilot steers the ferry company's ship through the Gull sound."};
    EXPECT_EQ(ask("Who steers the ferry company ferry?", texts).first,
              "A pilot steers the ferry company's ship through the Gull sound.");
}

TEST(OfflineAnswer, KnowsNamesInOtherSpellings) {
    EXPECT_TRUE(ask("What did Ilse Moller plan at the Ostrand bridge?", kBridge).has_answer);
    EXPECT_TRUE(ask("Was the Ostrand bridge opened in 1912?", kBridge).has_answer);
    // Part of another word is not the name.
    EXPECT_FALSE(ask("Was the toll of the bridge paid to Ron at a hut?", kBridge).has_answer);
    EXPECT_FALSE(ask("Was the toll of the Ulmen bridge paid at a hut?", kBridge).has_answer);
}

TEST(OfflineAnswer, DoesNotTakeANegatedQuestionForItsOpposite) {
    EXPECT_FALSE(ask("When was the Ostrand bridge not opened?", kBridge).has_answer);
    EXPECT_EQ(ask("Which carts were not allowed on the bridge?", kBridge).first,
              "Carts with iron wheels were not allowed on it.");
}

TEST(OfflineAnswer, MayBeALineThatIsNoProse) {
    const Found found = ask(
        "What is the depth of the Gull sound?",
        {"The sound has a strong current in spring.\n\ndepth of the Gull sound: 41 m at low tide"});
    EXPECT_EQ(found.first, "depth of the Gull sound: 41 m at low tide");
}

TEST(OfflineAnswer, CitesTheBestSentenceFirstAndReadsInOrder) {
    const std::vector<std::string> texts = {
        "The mill pond at Rask belongs to the miller. It was dug by the miller's uncle in 1790."};
    const std::string question = "In what year was the pond dug by the uncle?";
    const std::string best = "It was dug by the miller's uncle in 1790.";
    const Found found = ask(question, texts);
    EXPECT_EQ(found.first, best);
    EXPECT_EQ(found.text, texts[0]);
    // Where not both have room, the answer is kept.
    EXPECT_EQ(ask(question, texts, 60).text, best);
    const Json prompt = {
        {"name", "p"},
        {"schema", Json::parse(R"({"type": "object", "required": ["quote", "citations"],
            "properties": {"quote": {"type": "string"}, "citations": {"type": "array",
             "items": {"type": "object", "properties": {"quote": {"type": "string"}}}}}})")},
        {"inputs", {{"question", question}, {"evidence", Json::array({{{"text", texts[0]}}})}}}};
    const Json made = value_of(call(find_worker("llm.generate"), {{"prompt", prompt}}, nullptr));
    EXPECT_EQ(made["quote"], best);
    EXPECT_EQ(made["citations"][0]["quote"], best);
}

TEST(OfflineAnswer, TellsASectionInItsOrder) {
    const OrderedJson section = {{"section", "Depth of the locks"},
                                 {"text",
                                  "The upper lock is 4 m deep. The lower lock is 7 m deep. "
                                  "The keeper writes the depth into a book of depths."}};
    const Material material = read_material(
        {{"question", "Depth of the locks"}, {"evidence", OrderedJson::array({section})}});
    const Answer answer = answer_to(material, "Depth of the locks", 0.0);
    EXPECT_EQ(answer.best, 0U);
    EXPECT_EQ(answer.sentences, (std::vector<std::size_t>{0, 1, 2}));
}

TEST(OfflineAnswer, ReadsWhatKindOfThingIsAsked) {
    const rag::Rarity rarity;
    for (const char* question :
         {"In what year was it dug?", "What century is it from?", "How old is the mill?",
          "How far is the sound?", "What percentage of the toll is kept?", "When did it close?"}) {
        EXPECT_TRUE(read_question(rarity, question).wants_number) << question;
    }
    EXPECT_TRUE(read_question(rarity, "To whom does it belong?").wants_name);
    EXPECT_TRUE(read_question(rarity, "Whose pond is it?").wants_name);
    EXPECT_FALSE(read_question(rarity, "What is the pond for?").wants_number);
    // Words that only make the question are not looked for, unless it is made of them alone.
    const auto words_of = [&](std::string_view question) {
        std::vector<std::string> lower;
        for (const AskedWord& one : read_question(rarity, question).words) {
            lower.push_back(one.word.lower);
        }
        return lower;
    };
    EXPECT_EQ(words_of("What type of stone was used for how many huts?"),
              (std::vector<std::string>{"stone", "huts"}));
    EXPECT_EQ(words_of("What happened to the person?"),
              (std::vector<std::string>{"happened", "person"}));
    EXPECT_EQ(words_of("Types of stone"), (std::vector<std::string>{"types", "stone"}));
}

TEST(OfflineMaterial, TakesTheParameterThatAsksForTheQuestion) {
    const auto question_of = [](const OrderedJson& inputs) {
        return read_material(inputs).question.value_or("");
    };
    const std::string note = "The pond freezes in January.";
    EXPECT_EQ(question_of({{"audience", "Anglers"}, {"query", "the pond"}, {"note", note}}),
              "the pond");
    EXPECT_EQ(question_of({{"audience", "Anglers"}, {"wish", "When does it freeze?"}}),
              "When does it freeze?");
    EXPECT_EQ(question_of({{"subject", "The pond"}, {"audience", "Anglers"}}), "The pond");
    // The others are material, however short.
    const Material material =
        read_material({{"note", note}, {"question", "When does the pond freeze?"}});
    ASSERT_EQ(material.sources.size(), 1U);
    EXPECT_EQ(material.sources[0].text, note);
    // Nothing says that one of them asks: all are what the prompt is about.
    EXPECT_EQ(read_material({{"subject", "The pond"}, {"note", note}}).sources.size(), 2U);
}

}  // namespace
}  // namespace weft::stdlib::llm::offline
