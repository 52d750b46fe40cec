#include <gtest/gtest.h>

#include "stdlib/rag/names.h"
#include "stdlib/rag/sentences.h"
#include "stdlib/rag/words.h"

namespace weft::stdlib::rag {
namespace {

std::vector<std::string> sentences(std::string_view text) {
    std::vector<std::string> out;
    for (const Span& span : sentences_of(text)) {
        out.emplace_back(text.substr(span.start, span.end - span.start));
    }
    return out;
}

TEST(RagWords, StemsAsPorterDid) {
    // Pairs of the paper's own examples.
    const std::vector<std::pair<std::string, std::string>> pairs = {
        {"caresses", "caress"},    {"ponies", "poni"},
        {"cats", "cat"},           {"agreed", "agre"},
        {"plastered", "plaster"},  {"motoring", "motor"},
        {"sing", "sing"},          {"conflated", "conflat"},
        {"hopping", "hop"},        {"falling", "fall"},
        {"filing", "file"},        {"happy", "happi"},
        {"relational", "relat"},   {"vietnamization", "vietnam"},
        {"triplicate", "triplic"}, {"hopefulness", "hope"},
        {"adjustment", "adjust"},  {"adoption", "adopt"},
        {"effective", "effect"},   {"probate", "probat"},
        {"controll", "control"},   {"generalizations", "gener"}};
    for (const auto& [word, stem] : pairs) EXPECT_EQ(stem_of(word), stem) << word;
    EXPECT_EQ(stem_of("größe"), "größe");
}

TEST(RagWords, FindsWordsWithTheirPlaces) {
    const std::string text = "“Version 4.6.2” of Zürich’s X11—it's 1,000 EUR.";
    std::vector<std::string> lower;
    for (const Word& word : words_of(text)) {
        lower.push_back(word.lower);
        EXPECT_EQ(lower_case(text.substr(word.start, word.end - word.start)), word.lower);
    }
    EXPECT_EQ(lower, (std::vector<std::string>{"version", "4.6.2", "of", "zürich", "s", "x11", "it",
                                               "s", "1,000", "eur"}));
    EXPECT_EQ(lower_case("ÄÖÜ ×"), "äöü ×");
    EXPECT_EQ(content_stems("The refunds and the refund of it"),
              std::vector<std::string>{"refund"});
}

TEST(RagSentences, EndsThemWhereAReaderWould) {
    EXPECT_EQ(sentences("Ask Dr. Keller, e.g. by mail. She answers (see p. 4). Is that so? Yes!"),
              (std::vector<std::string>{"Ask Dr. Keller, e.g. by mail.", "She answers (see p. 4).",
                                        "Is that so?", "Yes!"}));
    EXPECT_EQ(
        sentences("Version 2.1 is out.\nA line goes\non here.\n\nA title\n\n- one item\n- two"),
        (std::vector<std::string>{"Version 2.1 is out.", "A line goes\non here.", "A title",
                                  "one item", "two"}));
    EXPECT_TRUE(sentences("  \n ").empty());
}

TEST(RagSentences, DoNotEndAtInitialsAndTitles) {
    for (const char* whole :
         {"The bill passed the U.S. Senate in May.", "Gen. Ode met Lt. Col. Rask below Mt. Sill.",
          "On 3 Apr. 1911 Gov. Lind came.", "She holds a Ph.D. from Lund.",
          "Ask J. Keller or R. B. Moe.", "Carl Voss Jr. signed it."}) {
        EXPECT_EQ(sentences(whole), std::vector<std::string>{whole});
    }
    EXPECT_EQ(sentences("He moved to Port D.C. The town grew. It needs vitamin C. It helps."),
              (std::vector<std::string>{"He moved to Port D.C.", "The town grew.",
                                        "It needs vitamin C.", "It helps."}));
    EXPECT_EQ(sentences("Divide it by base q. Rask proved it. She said no. Lind agreed."),
              (std::vector<std::string>{"Divide it by base q.", "Rask proved it.", "She said no.",
                                        "Lind agreed."}));
}

TEST(RagSentences, KeepFactorialsWholeAndNotesInside) {
    EXPECT_EQ(sentences("The value (n - 1)! + 1 is odd. Stop! Go on."),
              (std::vector<std::string>{"The value (n - 1)! + 1 is odd.", "Stop!", "Go on."}));
    EXPECT_EQ(sentences("Voss came in 1856.[4] The hall burned.[12][3] It was rebuilt."),
              (std::vector<std::string>{"Voss came in 1856.[4]", "The hall burned.[12][3]",
                                        "It was rebuilt."}));
}

TEST(RagNames, KnowOtherSpellingsAndNoOtherNames) {
    EXPECT_EQ(folded("Łódź, Straße, Søren, Ærø, Frédéric, e\xCC\x81"),
              "lodz, strasse, soren, aero, frederic, e");
    Names names;
    names.add(
        "Frédéric Żelazny of Łódź met the Italian Kellar, Egypt's envoy, near a marsh in Iran "
        "and the barman Fordham.");
    for (const char* known : {"Frederic", "ŻELAZNY", "Lodz", "Italy", "Keller", "Egyptian"}) {
        EXPECT_TRUE(names.knows(known)) << known;
    }
    for (const char* unknown : {"Mars", "Iraq", "Bar", "Ford", "Norway"}) {
        EXPECT_FALSE(names.knows(unknown)) << unknown;
    }
}

TEST(RagSentences, TellProseFromPageFurniture) {
    EXPECT_TRUE(reads_as_prose("The refund is paid within 5 working days."));
    EXPECT_FALSE(reads_as_prose("Refund period ................. 12."));
    EXPECT_FALSE(reads_as_prose("is paid to the original means of payment."));
    EXPECT_FALSE(reads_as_prose("The refund is paid to the original means of"));
    EXPECT_FALSE(reads_as_prose("DEBIAN DEVELOPERS REFERENCE, RELEASE 12.18."));
    EXPECT_FALSE(reads_as_prose("if (x[i] == y[i]) { return x->z; }"));
    EXPECT_TRUE(leans_on_previous("However, this is rare."));
    EXPECT_TRUE(leans_on_previous("For example, a mail can be sent."));
    EXPECT_FALSE(leans_on_previous("Refunds are paid quickly."));
}

}  // namespace
}  // namespace weft::stdlib::rag
