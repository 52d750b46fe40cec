// Packs as files: what is in them, that every text is escaped, that the same input gives the same
// bytes, and that the PDF is one that other programs read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "notify_support.h"
#include "stdlib/pack/model.h"
#include "stdlib/pack/page.h"

namespace weft::stdlib::test {
namespace {

using testing::HasSubstr;
using testing::Not;

Json citation(const std::string& document, int page, const std::string& section,
              const std::string& quote, int start) {
    return {{"passage", "1"},
            {"document", document},
            {"page", page},
            {"section", section},
            {"quote", quote},
            {"start", start},
            {"end", start + static_cast<int>(quote.size())}};
}

Json sample_brief() {
    return {{"title", "Handbook of the Lindenhof archive"},
            {"summary",
             "The archive lends photographs and sound recordings to members and schools. Loans are "
             "free for four weeks.\n\nDamage is reported the same day, and the reading room opens "
             "on three afternoons a week."},
            {"topics", {"Loan periods", "Fees & fines", "Reading room"}}};
}

Json sample_answers() {
    const auto loans =
        citation("loans.pdf", 2, "Loans > Periods", "A loan runs for four weeks.", 120);
    return {
        {{"question", "How long does a loan run?"},
         {"answer", "A loan runs for four weeks. It can be extended once."},
         {"citations",
          {loans, citation("loans.pdf", 3, "Loans > Extensions",
                           "A loan can be extended once, by two weeks.", 300)}}},
        {{"question", "What does <script>alert(1)</script> cost & why?"},
         {"answer", "Nothing \"at all\"."},
         {"citations", {loans, citation("fees & fines.docx", 1, "", "Nothing </blockquote>", 9)}},
         {"confidence", 0.8},
         {"review_state", "checked"}}};
}

std::string page_of(const Json& brief, const Json& answers) {
    const auto content = pack::read_content(nlohmann::ordered_json::parse(brief.dump()),
                                            nlohmann::ordered_json::parse(answers.dump()));
    EXPECT_TRUE(content) << (content ? "" : content.error());
    return pack::write_page(*content, "extractive engine, no language model",
                            *pack::style_of("plain"));
}

struct PackTest : testing::Test {
    Bench bench;
    Json arguments = {{"brief", sample_brief()}, {"answers", sample_answers()}};

    WorkerOutcome build() {
        const std::string arguments_text = arguments.dump();
        const std::string settings_text = bench.settings.dump();
        WorkerCall call;
        call.worker = "pack.build";
        call.arguments = arguments_text;
        call.settings = settings_text;
        call.timeout = milliseconds{60'000};
        call.files = &bench.files;
        return pack_workers().front().run(call);
    }
    std::string bytes_of(const Json& file) {
        return *bench.files.read(file["id"].get<std::string>());
    }
};

TEST_F(PackTest, TheSameInputGivesTheSameBytes) {
    bench.settings = {{"engine", "extractive engine, no language model"}};
    const auto first = build();
    ASSERT_TRUE(first) << first.error().message;
    std::this_thread::sleep_for(milliseconds{1'100});
    const auto second = build();
    ASSERT_TRUE(second);
    EXPECT_EQ(first->json, second->json);

    const Json pack = Json::parse(first->json);
    const std::string pdf = bytes_of(pack["pdf"]);
    EXPECT_EQ(pack["manifest"]["pdf_sha256"], to_hex(view(sha256(pdf))));
    EXPECT_EQ(pack["manifest"]["html_sha256"], to_hex(view(sha256(bytes_of(pack["html"])))));
    EXPECT_EQ(pack["manifest"]["answers"], 2);
    EXPECT_EQ(pack["manifest"]["citations"], 4);
    EXPECT_EQ(pack["manifest"]["documents"], 2);
    EXPECT_EQ(pack["manifest"]["engine"], "extractive engine, no language model");
    EXPECT_EQ(pack["pdf"]["media"], "application/pdf");

    const auto path = bench.folder.path() / "pack.pdf";
    write_text(path, pdf);
    const auto info = run_program({"/usr/bin/pdfinfo", path.string()});
    ASSERT_EQ(info.first, 0);
    EXPECT_THAT(info.second, HasSubstr("Pages:           " + pack["manifest"]["pages"].dump()));
    EXPECT_THAT(info.second, HasSubstr("A4"));
    EXPECT_THAT(info.second, Not(HasSubstr("CreationDate")));
    const auto text = run_program({"/usr/bin/pdftotext", "-layout", path.string(), "-"}).second;
    EXPECT_THAT(text, HasSubstr("How long does a loan run?"));
    EXPECT_THAT(text, HasSubstr("<script>alert(1)</script>"));
    EXPECT_THAT(text, HasSubstr("Produced by extractive engine, no language model"));
    const std::regex number("\\b1 ?/ ?" + pack["manifest"]["pages"].dump() + "\\b");
    EXPECT_TRUE(std::regex_search(text, number)) << text;
}

TEST_F(PackTest, AnotherInputGivesOtherBytesAndTheEngineIsThatOfTheBinding) {
    bench.settings = {{"llm", {{"provider", "offline"}}}};
    const auto first = build();
    arguments["answers"][0]["answer"] = "A loan runs for five weeks.";
    bench.settings = {{"llm", {{"provider", "openai"}, {"model", "some-model"}}}};
    const auto second = build();
    ASSERT_TRUE(first && second);
    const Json one = Json::parse(first->json)["manifest"];
    const Json other = Json::parse(second->json)["manifest"];
    EXPECT_NE(one["pdf_sha256"], other["pdf_sha256"]);
    EXPECT_EQ(one["engine"], "extractive engine, no language model");
    EXPECT_THAT(other["engine"].get<std::string>(), HasSubstr("some-model"));
}

TEST_F(PackTest, MistakesAreSaid) {
    arguments["theme"] = "gaudy";
    auto outcome = build();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message, "there is no theme `gaudy`; the themes are plain, serif");
    arguments.erase("theme");
    bench.settings = {{"weasyprint", "/nowhere/weasyprint"}};
    outcome = build();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().name, "Unavailable");
    EXPECT_THAT(outcome.error().message, HasSubstr("weasyprint"));
    bench.settings = {{"weasyprint", "/bin/false"}};
    EXPECT_EQ(build().error().name, "Rejected");
    arguments["brief"].erase("title");
    EXPECT_THAT(build().error().message, HasSubstr("`title`"));
}

TEST(PackPage, EveryTextIsEscapedAndEveryLinkResolves) {
    const std::string html = page_of(sample_brief(), sample_answers());
    EXPECT_THAT(html, Not(HasSubstr("<script")));
    EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt; cost &amp; why?"));
    EXPECT_THAT(html, HasSubstr("Nothing &lt;/blockquote&gt;"));
    EXPECT_THAT(html, HasSubstr("Nothing &quot;at all&quot;."));
    EXPECT_THAT(html, Not(HasSubstr("http")));
    std::set<std::string> ids;
    const std::regex id_pattern(R"rx( id="([^"]+)")rx");
    for (std::sregex_iterator i(html.begin(), html.end(), id_pattern), end; i != end; ++i) {
        EXPECT_TRUE(ids.insert((*i)[1]).second) << (*i)[1];
    }
    int links = 0;
    const std::regex link_pattern(R"rx(href="#([^"]+)")rx");
    for (std::sregex_iterator i(html.begin(), html.end(), link_pattern), end; i != end; ++i) {
        ++links;
        EXPECT_TRUE(ids.contains((*i)[1])) << (*i)[1];
    }
    EXPECT_GT(links, 10);
}

TEST(PackPage, AMarkStandsBehindItsQuoteAndASharedSourceHasOneNumber) {
    const std::string html = page_of(sample_brief(), sample_answers());
    EXPECT_THAT(
        html,
        HasSubstr("A loan runs for four weeks.&#8288;<sup class=\"mark\"><a href=\"#source-1\""));
    EXPECT_THAT(html, HasSubstr("extended once.&#8288;<sup class=\"mark\"><a href=\"#source-2\""));
    EXPECT_THAT(html, HasSubstr("cited for <a href=\"#question-1\">question 1</a>, "
                                "<a href=\"#question-2\">question 2</a>"));
    EXPECT_THAT(html, HasSubstr("2 questions · 3 quoted sources · 2 documents"));
}

TEST(PackPage, FurtherFieldsAreATable) {
    const std::string html = page_of(sample_brief(), sample_answers());
    EXPECT_THAT(html, HasSubstr("<th scope=\"row\">Confidence</th><td>0.8</td>"));
    EXPECT_THAT(html, HasSubstr("<th scope=\"row\">Review state</th><td>checked</td>"));
}

TEST(PackPage, AnswersOfSeveralParagraphsKeepTheirMarks) {
    auto answers = sample_answers();
    answers[0]["answer"] =
        "First.\n\nA loan runs for four weeks.\n\nA loan runs for four weeks. End";
    const std::string html = page_of(sample_brief(), answers);
    EXPECT_THAT(html, HasSubstr("<p class=\"answer\">First.</p>"));
    EXPECT_THAT(html,
                HasSubstr("weeks.&#8288;<sup class=\"mark\"><a href=\"#source-1\" id=\"use-1-1\""));
    EXPECT_THAT(html, HasSubstr("End&#8288;<sup class=\"mark\"><a href=\"#source-2\""));
}

TEST(PackPage, NoCitationsAndNoTopicsIsStillAPage) {
    const Json brief = {{"title", "Empty"}, {"summary", ""}, {"topics", Json::array()}};
    const std::string html = page_of(brief, Json::array());
    EXPECT_THAT(html, HasSubstr("0 questions"));
    const pack::Content nothing;
    EXPECT_THAT(pack::write_page(nothing, "", ""), Not(HasSubstr("Produced by")));
    EXPECT_THAT(html, Not(HasSubstr("id=\"topics\"")));
}

}  // namespace
}  // namespace weft::stdlib::test
