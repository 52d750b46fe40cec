// The extractive engine, through the workers, on a handbook of our own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stdlib/llm/offline/questions.h"
#include "stdlib/llm/offline/topics.h"
#include "stdlib/rag/sentences.h"
#include "tests/unit/stdlib/rag_fixture.h"

namespace weft::stdlib {
namespace {

using fixture::call;
using fixture::find_worker;
using fixture::handbook;
using fixture::value_of;
using ::testing::HasSubstr;

const Json& brief_schema() {
    static const Json schema = Json::parse(R"({"type": "object", "additionalProperties": false,
        "properties": {"title": {"type": "string", "maxLength": 120},
                       "summary": {"type": "string", "minLength": 40, "maxLength": 2000},
                       "topics": {"type": "array", "items": {"type": "string"},
                                  "minItems": 1, "maxItems": 12}},
        "required": ["title", "summary", "topics"]})");
    return schema;
}

const Json& answer_schema() {
    static const Json schema = Json::parse(R"({"$ref": "#/$defs/Answer", "$defs": {
        "Answer": {"type": "object", "properties": {
            "question": {"type": "string"}, "answer": {"type": "string", "maxLength": 600},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            "answerable": {"type": "boolean"},
            "citations": {"type": "array", "items": {"$ref": "#/$defs/rag.Citation"},
                          "minItems": 1, "maxItems": 8}},
            "required": ["question", "answer", "citations"]},
        "rag.Citation": {"type": "object", "properties": {
            "passage": {"type": "string"}, "document": {"type": "string"},
            "page": {"type": "integer"}, "section": {"type": "string"}, "quote": {"type": "string"},
            "start": {"type": "integer"}, "end": {"type": "integer"}},
            "required": ["passage", "document", "page", "section", "quote", "start", "end"]}}})");
    return schema;
}

class Offline : public ::testing::Test {
  protected:
    void SetUp() override {
        index_ = value_of(call(find_worker("rag.index"), {{"documents", handbook()}}, &files_));
    }
    Json search(const std::string& query) {
        return value_of(
            call(find_worker("rag.search"), {{"index", index_}, {"query", query}}, &files_));
    }
    Json sample() {
        return value_of(
            call(find_worker("rag.sample"), {{"index", index_}, {"count", 20}}, &files_));
    }
    static WorkerOutcome ask(const Json& inputs, const Json& schema, double temperature = 0.0) {
        const Json prompt = {{"name", "p"}, {"schema", schema}, {"inputs", inputs}};
        return call(find_worker("llm.generate"), {{"prompt", prompt}, {"temperature", temperature}},
                    nullptr);
    }
    Json answer(const std::string& question) {
        return value_of(
            ask({{"question", question}, {"evidence", search(question)}}, answer_schema()));
    }
    static double judge(const Json& value, const std::string& rubric) {
        return value_of(
                   call(find_worker("llm.judge"), {{"value", value}, {"rubric", rubric}}, nullptr))
            .get<double>();
    }
    fixture::FolderFiles files_;
    Json index_;
};

TEST_F(Offline, WritesABriefFromWholeSentences) {
    const Json brief = value_of(ask({{"passages", sample()}}, brief_schema()));
    EXPECT_EQ(brief["topics"],
              (Json{"Refund period", "Shipping costs", "Warranty claims", "Opening hours"}));
    const std::string summary = brief["summary"];
    std::string all;
    for (const Json& document : handbook()) all += document["text"].get<std::string>() + "\n";
    for (const rag::Span& span : rag::sentences_of(summary)) {
        EXPECT_THAT(all, HasSubstr(summary.substr(span.start, span.end - span.start)));
    }
    EXPECT_LE(summary.size(), 900U);
    EXPECT_THAT(brief["title"].get<std::string>(), HasSubstr("hipping costs"));
    EXPECT_GE(judge(brief, "plain in tone"), 0.7);
}

TEST_F(Offline, AnswersWithTheSentenceThatAnswers) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"How long can I return a product?", "within 30 days of delivery"},
        {"When is the support desk open?", "from 8 to 18 hours"},
        {"What does a warranty claim need?", "the invoice"},
        {"Who leads the warranty team?", "Maria Keller"},
        {"Shipping costs", "4.90 EUR"},
        {"What do the documents say about shipping free of charge?", "above 50 EUR"}};
    for (const auto& [question, expected] : cases) {
        const Json found = answer(question);
        EXPECT_THAT(found["answer"].get<std::string>(), HasSubstr(expected)) << question;
        EXPECT_EQ(found["answerable"], true);
        EXPECT_GE(found["confidence"].get<double>(), 0.45);
    }
    EXPECT_EQ(answer("Shipping costs")["question"],
              "What do the documents say about shipping costs?");
}

TEST_F(Offline, CitesWordForWordWithTheRightPlace) {
    for (const char* question : {"How long can I return a product?", "warranty claim invoice"}) {
        const Json evidence = search(question);
        const Json found = answer(question);
        ASSERT_FALSE(found["citations"].empty());
        for (const Json& citation : found["citations"]) {
            const std::string quote = citation["quote"];
            const Json documents = handbook();
            const Json& document = documents[citation["document"] == "orders.md" ? 0 : 1];
            const auto start = citation["start"].get<std::size_t>();
            const auto end = citation["end"].get<std::size_t>();
            EXPECT_EQ(document["text"].get<std::string>().substr(start, end - start), quote);
            EXPECT_THAT(found["answer"].get<std::string>(), HasSubstr(quote));
        }
        const double grounded =
            value_of(call(find_worker("rag.grounded"),
                          {{"index", index_}, {"answers", Json::array({found})}}, &files_))
                .get<double>();
        EXPECT_GE(grounded, 0.99);
    }
}

TEST_F(Offline, AdmitsThatThereIsNoAnswer) {
    for (const char* question : {"Who is the chief executive of Contoso?",
                                 "How long does the delivery of a product to Mars take?",
                                 "Which colours are offered for the product?"}) {
        const Json found = value_of(ask(
            {{"question", question}, {"evidence", search("product delivery")}}, answer_schema()));
        EXPECT_EQ(found["answer"], "The documents do not answer this.") << question;
        EXPECT_EQ(found["answerable"], false);
        EXPECT_EQ(found["confidence"], 0.0);
        EXPECT_EQ(found["citations"].size(), 1U);  // the schema demands one: the nearest true quote
    }
}

TEST_F(Offline, InventsNothingFromNothing) {
    const auto none =
        ask({{"question", "What is it?"}, {"evidence", Json::array()}}, answer_schema());
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().name, "NoCapability");
    EXPECT_THAT(none.error().message, HasSubstr("`citations`"));
    const Json text_only = Json::parse(R"({"type": "string"})");
    EXPECT_EQ(value_of(ask({{"question", "What is it?"}, {"evidence", Json::array()}}, text_only)),
              "The documents do not answer this.");
    const Json garbage = Json::array({"..... 12 ....", "7", "Page 3 of 9", "a_b{c}=d;"});
    EXPECT_EQ(value_of(ask({{"passages", garbage}}, Json::parse(R"({"type": "object", "properties":
              {"summary": {"type": "string", "minLength": 40}}, "required": ["summary"]})")))
                  ["summary"],
              "The documents hold no text that could be summarised.");
}

TEST_F(Offline, SaysWhichFieldNeedsWriting) {
    const auto poem = ask({{"passages", sample()}}, Json::parse(R"({"type": "object",
        "properties": {"limerick": {"type": "string"}}, "required": ["limerick"]})"));
    ASSERT_FALSE(poem);
    EXPECT_EQ(poem.error().name, "NoCapability");
    EXPECT_THAT(poem.error().message, HasSubstr("`limerick`"));
    const auto optional = ask({{"passages", sample()}}, Json::parse(R"({"type": "object",
        "properties": {"limerick": {"type": "string"}}})"));
    ASSERT_TRUE(optional);
    EXPECT_EQ(optional->json, "{}");
}

TEST_F(Offline, ExtractsFieldsByTheirNames) {
    const Json inputs = {{"message",
                          "The order 4711 of 2026-03-05 arrived broken and the delivery was two "
                          "weeks late. I am very "
                          "disappointed and demand a refund. The quantity was 12 pieces in total. "
                          "You can reach me at "
                          "anna@example.org at any time."}};
    const Json found = value_of(ask({{"ticket", inputs}}, Json::parse(R"({"type": "object",
        "properties": {"ordered_on": {"type": "string", "format": "date"},
                       "contact": {"type": "string", "format": "email"},
                       "quantity": {"type": "integer"},
                       "mood": {"enum": ["Positive", "Negative", "Neutral"]},
                       "delivery": {"type": "string"}},
        "required": ["ordered_on", "contact", "quantity", "mood", "delivery"]})")));
    EXPECT_EQ(found["ordered_on"], "2026-03-05");
    EXPECT_EQ(found["contact"], "anna@example.org");
    EXPECT_EQ(found["quantity"], 12);
    EXPECT_EQ(found["mood"], "Negative");
    EXPECT_THAT(found["delivery"].get<std::string>(), HasSubstr("two weeks late"));
}

TEST_F(Offline, ServesListsOfRecordsByTopic) {
    const Json found = value_of(ask({{"passages", sample()}}, Json::parse(R"({"type": "object",
        "properties": {"entries": {"type": "array", "minItems": 2, "maxItems": 3, "items":
            {"type": "object", "properties": {"topic": {"type": "string"},
             "question": {"type": "string"}, "answer": {"type": "string"}},
             "required": ["topic", "question", "answer"]}}}, "required": ["entries"]})")));
    ASSERT_GE(found["entries"].size(), 2U);
    for (const Json& entry : found["entries"]) {
        EXPECT_THAT(entry["question"].get<std::string>(),
                    HasSubstr("What do the documents say about"));
        EXPECT_NE(entry["answer"], "The documents do not answer this.");
    }
}

TEST_F(Offline, IsDeterministicAndHeatWidensTheChoice) {
    const Json inputs = {{"passages", sample()}};
    Json schema = brief_schema();
    schema["properties"]["summary"]["maxLength"] = 200;
    EXPECT_EQ(ask(inputs, schema)->json, ask(inputs, schema)->json);
    EXPECT_EQ(ask(inputs, schema, 0.9)->json, ask(inputs, schema, 0.9)->json);
    EXPECT_EQ(ask(inputs, schema)->cost.micros, 0);
}

TEST_F(Offline, JudgesByTheRubric) {
    const Json plain = {{"summary", "We pay the refund in five days. Send us the invoice first."}};
    const Json heavy = {
        {"summary",
         "Notwithstanding the aforementioned stipulations, the organisational commitment pursuant "
         "to "
         "contractual considerations necessitates proactively utilising institutional "
         "synergies, whereas reimbursement of expenditures incurred heretofore in consideration of "
         "supplementary administrative procedures remains conditional upon documentation."}};
    EXPECT_GE(judge(plain, "plain in tone"), 0.9);
    EXPECT_LE(judge(heavy, "plain in tone"), 0.4);
    EXPECT_GE(judge(plain, "neutral and concise"), 0.9);
    EXPECT_LT(judge({{"summary",
                      "This is an amazing, incredible and revolutionary offer! Wow, so "
                      "stunning and fantastic!"}},
                    "neutral"),
              0.4);
    EXPECT_EQ(judge(plain, "mentions refunds and the invoice"), 1.0);
    EXPECT_EQ(judge(plain, "mentions shipping and the invoice"), 0.5);
    const auto odd =
        call(find_worker("llm.judge"), {{"value", plain}, {"rubric", "like a poet"}}, nullptr);
    ASSERT_FALSE(odd);
    EXPECT_EQ(odd.error().name, "NoCapability");
}

TEST(OfflineQuestions, ReadNaturally) {
    using namespace llm::offline;
    EXPECT_EQ(question_about("Refund period"),
              "What do the documents say about the refund period?");
    EXPECT_EQ(question_about("Shipping costs"), "What do the documents say about shipping costs?");
    EXPECT_EQ(question_about("How to report bugs"), "How do you report bugs?");
    EXPECT_EQ(question_about("What is an index?"), "What is an index?");
    EXPECT_EQ(question_about("API keys"), "What do the documents say about API keys?");
    EXPECT_EQ(question_about("Debian Policy Manual"),
              "What do the documents say about the Debian Policy Manual?");
    EXPECT_EQ(question_about("When and how to upload"),
              "What do the documents say about when and how to upload?");
    EXPECT_EQ(question_about("The long way"), "What do the documents say about the long way?");
    EXPECT_EQ(question_about("Lucerne office", true),
              "What do the documents say about Lucerne office?");
    EXPECT_EQ(subject_of("What do the documents say about API keys?"), "API keys");
}

TEST(OfflineTopics, ComeFromHeadings) {
    using llm::offline::topic_of_heading;
    EXPECT_EQ(topic_of_heading("4.2.1. refund period"), "Refund period");
    EXPECT_EQ(topic_of_heading("Handbook > Orders > Refund period:"), "Refund period");
    EXPECT_EQ(topic_of_heading("Chapter 3: Uploading packages"), "Uploading packages");
    EXPECT_EQ(topic_of_heading("\"debhelper\""), "Debhelper");
    EXPECT_EQ(topic_of_heading("Table of contents"), "");
    EXPECT_EQ(topic_of_heading("1. Introduction"), "");
    EXPECT_EQ(topic_of_heading("12"), "");
    EXPECT_EQ(topic_of_heading("DEB_BUILD_OPTIONS"), "");
}

}  // namespace
}  // namespace weft::stdlib
