#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stdlib/rag/chunks.h"
#include "stdlib/rag/words.h"
#include "tests/unit/stdlib/rag_fixture.h"

namespace weft::stdlib {
namespace {

using fixture::call;
using fixture::document;
using fixture::find_worker;
using fixture::handbook;
using fixture::value_of;

class Rag : public ::testing::Test {
  protected:
    Json index(const Json& documents, const Json& more = Json::object()) {
        Json arguments = more;
        arguments["documents"] = documents;
        return value_of(call(find_worker("rag.index"), arguments, &files_));
    }
    Json search(const Json& of, const std::string& query, int top = 6) {
        return value_of(call(find_worker("rag.search"),
                             {{"index", of}, {"query", query}, {"top", top}}, &files_));
    }
    double grounded(const Json& of, const Json& answers) {
        return value_of(call(find_worker("rag.grounded"), {{"index", of}, {"answers", answers}},
                             &files_))
            .get<double>();
    }
    fixture::FolderFiles files_;
};

Json answer(const std::string& text, const Json& passage, const std::string& quote) {
    return {
        {"question", "What?"},
        {"answer", text},
        {"citations",
         Json::array(
             {{{"passage", passage["id"]}, {"document", passage["document"]}, {"quote", quote}}})}};
}

TEST_F(Rag, FindsTheRightPassageFirst) {
    const Json made = index(handbook());
    EXPECT_EQ(made["documents"], 2);
    EXPECT_EQ(made["passages"], 5);
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"How long can I return a product?", "Refund period"},
        {"shipping to islands", "Shipping costs"},
        {"What does a warranty claim need?", "Warranty claims"},
        {"When is the support desk open?", "Opening hours"}};
    for (const auto& [query, section] : cases) {
        const Json found = search(made, query);
        ASSERT_FALSE(found.empty()) << query;
        EXPECT_EQ(found[0]["section"], section) << query;
    }
    EXPECT_TRUE(search(made, "the of and").empty());
    EXPECT_TRUE(search(made, "photosynthesis \" OR body:* NEAR(").empty());
    EXPECT_EQ(search(made, "working days", 1).size(), 1U);
}

TEST_F(Rag, ATableOfContentsDoesNotWin) {
    const Json found = search(index(handbook()), "refund period shipping costs");
    ASSERT_GE(found.size(), 3U);
    EXPECT_NE(found[0]["section"], "Contents");
    EXPECT_NE(found[1]["section"], "Contents");
}

TEST_F(Rag, APassageIsARangeOfItsDocument) {
    const Json documents = handbook();
    const Json made = index(documents, {{"chunk", 120}, {"overlap", 40}});
    const Json all =
        value_of(call(find_worker("rag.sample"), {{"index", made}, {"count", 100}}, &files_));
    EXPECT_EQ(Json(all.size()), made["passages"].get<std::size_t>() - 1);  // without the contents
    for (const Json& passage : all) {
        const Json& source = passage["document"] == "orders.md" ? documents[0] : documents[1];
        const auto start = passage["start"].get<std::size_t>();
        const auto end = passage["end"].get<std::size_t>();
        EXPECT_EQ(passage["text"], source["text"].get<std::string>().substr(start, end - start));
        EXPECT_LE(rag::code_points(passage["text"].get<std::string>()), 120U);
    }
}

TEST_F(Rag, TheSameDocumentsGiveTheSameBytes) {
    const Json first = index(handbook());
    const Json second = index(handbook());
    EXPECT_EQ(*files_.read(first["file"]["id"].get<std::string>()),
              *files_.read(second["file"]["id"].get<std::string>()));
}

TEST_F(Rag, AnIndexIsReadOnceAndReadAgainAfterDrop) {
    const Json made = index(handbook());
    const auto find = find_worker("rag.search");
    for (int i = 0; i < 3; ++i)
        value_of(call(find, {{"index", made}, {"query", "refund"}}, &files_));
    EXPECT_EQ(files_.reads, 1);
    EXPECT_EQ(value_of(call(find_worker("rag.drop"), {{"index", made}}, &files_)), true);
}

TEST_F(Rag, RefusesWhatIsNoIndex) {
    const Json file = Json::parse(*files_.write("hello", "x.index", "text/plain"));
    Json fake = {{"file", file}, {"documents", 1}, {"passages", 1}};
    auto outcome = call(find_worker("rag.search"), {{"index", fake}, {"query", "x"}}, &files_);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().name, "Rejected");
    std::string broken = *files_.read(index(handbook())["file"]["id"].get<std::string>());
    for (std::size_t i = 100; i < broken.size(); i += 7) broken[i] = static_cast<char>(i * 31);
    fake["file"] = Json::parse(*files_.write(broken, "y.index", "text/plain"));
    outcome = call(find_worker("rag.search"), {{"index", fake}, {"query", "refund"}}, &files_);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().name, "Rejected");
    fake["file"]["id"] = "gone";
    outcome = call(find_worker("rag.search"), {{"index", fake}, {"query", "refund"}}, &files_);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().name, "Unavailable");
    outcome =
        call(find_worker("rag.index"), {{"documents", handbook()}, {"overlap", 500}}, &files_);
    ASSERT_FALSE(outcome);
    EXPECT_THAT(outcome.error().message, ::testing::HasSubstr("overlap is 500"));
}

TEST_F(Rag, ASampleIsSpreadOverDocumentsAndSections) {
    const Json made = index(handbook());
    const auto sample = [&](int count) {
        std::vector<std::string> sections;
        for (const Json& passage : value_of(
                 call(find_worker("rag.sample"), {{"index", made}, {"count", count}}, &files_))) {
            sections.push_back(passage["section"]);
        }
        return sections;
    };
    EXPECT_EQ(sample(2), (std::vector<std::string>{"Refund period", "Warranty claims"}));
    EXPECT_EQ(sample(4), (std::vector<std::string>{"Refund period", "Shipping costs",
                                                   "Warranty claims", "Opening hours"}));
    EXPECT_EQ(sample(99).size(), 4U);
    EXPECT_TRUE(sample(0).empty());
}

TEST_F(Rag, GroundedTellsTrueAnswersFromAlteredOnes) {
    const Json made = index(handbook());
    const Json refund = search(made, "return product")[0];
    const Json claim = search(made, "warranty invoice")[0];
    const std::string quote = "Customers may return a product within 30 days of delivery.";
    EXPECT_GE(grounded(made, Json::array({answer(quote, refund, quote)})), 0.99);
    EXPECT_GE(grounded(made, Json::array({answer("A product may be returned by customers within 30 "
                                                 "days of its delivery.",
                                                 refund, quote)})),
              0.9);
    const std::string warranty = "The warranty lasts two years from the date of purchase.";
    const std::vector<Json> wrong = {
        answer("Customers may return a product within 90 days of delivery.", refund, quote),
        answer("Customers may not return a product within 30 days of delivery.", refund, quote),
        answer("Peter Huber leads the warranty team in Lucerne.", claim, warranty),
        answer("Unicorns graze on moonlit meadows.", refund, quote),
        answer(quote, refund, "Customers may return a product within 31 days."),
        answer(quote, claim, quote)};
    for (const Json& one : wrong) EXPECT_LT(grounded(made, Json::array({one})), 0.65) << one;
}

TEST_F(Rag, AnAnswerThatClaimsNothingDoesNotCount) {
    const Json made = index(handbook());
    const Json refund = search(made, "return product")[0];
    const std::string quote = "Opened software can not be returned.";
    const Json honest = answer("The documents do not answer this.", refund, "whatever");
    EXPECT_GE(grounded(made, Json::array({honest, answer(quote, refund, quote)})), 0.99);
    EXPECT_EQ(grounded(made, Json::array({honest})), 0.0);
    EXPECT_EQ(grounded(made, Json::array()), 0.0);
    // Without citations the index itself is asked.
    EXPECT_GE(grounded(made, Json::array({{{"answer", quote}}})), 0.99);
}

TEST(RagChunks, StayOnTheirPageAndRepeatWholeSentences) {
    std::string long_paragraph;
    for (int i = 1; i <= 12; ++i) {
        long_paragraph += "Sentence number " + std::to_string(i) + " has a few words. ";
    }
    const Json made =
        document("long.md", "# One\n" + long_paragraph + "\n---\nThe next page goes on.\n");
    std::vector<rag::Passage> passages;
    rag::cut_document(made, {160, 50}, passages);
    ASSERT_GE(passages.size(), 3U);
    for (std::size_t i = 0; i + 1 < passages.size(); ++i) {
        EXPECT_EQ(passages[i].page, 1);
        EXPECT_TRUE(passages[i].text.starts_with("Sentence number")) << passages[i].text;
        EXPECT_TRUE(passages[i].text.ends_with("words.")) << passages[i].text;
        if (i > 0) {
            EXPECT_LT(passages[i].start, passages[i - 1].end);
        }
    }
    EXPECT_EQ(passages.back().page, 2);
    EXPECT_EQ(passages.back().text, "The next page goes on.");
}

TEST(RagChunks, TakeAnyText) {
    std::vector<rag::Passage> passages;
    std::string umlauts;
    for (int i = 0; i < 3000; ++i) umlauts += "ü";
    rag::cut_document(Json{{"name", "x"}, {"text", umlauts}}, {100, 50}, passages);
    std::string joined;
    for (const rag::Passage& passage : passages) {
        EXPECT_LE(rag::code_points(passage.text), 101U);
        EXPECT_EQ(passage.text.size() % 2, 0U);
    }
    EXPECT_GE(passages.size(), 29U);
    passages.clear();
    rag::cut_document(Json{{"name", "empty"}, {"text", ""}}, {}, passages);
    EXPECT_TRUE(passages.empty());
    Json odd = document("odd.md", "Only one line here.");
    odd["blocks"][0]["end"] = 100000;
    rag::cut_document(odd, {}, passages);
    EXPECT_EQ(passages.size(), 1U);
}

}  // namespace
}  // namespace weft::stdlib
