// docs.parse as a worker, with the real helper on real files that tests/documents makes.
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "stdlib/docs/parse.h"
#include "stdlib/native.h"
#include "tests/support/needs.h"

namespace weft::stdlib {
namespace {

namespace fs = std::filesystem;

// Files of a folder by their names.
class FolderFiles : public FileAccess {
  public:
    explicit FolderFiles(fs::path folder) : folder_(std::move(folder)) {}
    std::expected<std::string, std::string> read(std::string_view id) override {
        std::ifstream file(folder_ / id, std::ios::binary);
        if (!file) return std::unexpected("no such file");
        return std::string{std::istreambuf_iterator<char>(file), {}};
    }
    std::expected<std::string, std::string> write(std::string_view, std::string_view,
                                                  std::string_view) override {
        return std::unexpected("read only");
    }

  private:
    fs::path folder_;
};

class DocsParse : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        folder_ = fs::temp_directory_path() / ("weft-docs-" + std::to_string(::getpid()));
        const std::string command =
            "python3 " WEFT_SOURCE_DIR "/tests/documents/make_documents.py " + folder_.string();
        ASSERT_EQ(std::system(command.c_str()), 0);
    }
    static void TearDownTestSuite() { fs::remove_all(folder_); }

    static WorkerOutcome parse(const std::string& name, std::string_view media = "") {
        FolderFiles files(folder_);
        const std::string arguments =
            dump_json({{"file", {{"id", name}, {"name", name}, {"media", media}}}});
        WorkerCall call;
        call.worker = "docs.parse";
        call.arguments = arguments;
        call.files = &files;
        call.timeout = std::chrono::seconds(60);
        return docs_workers().at(0).run(call);
    }

    static Json document(const std::string& name) {
        auto outcome = parse(name);
        if (!outcome) {
            ADD_FAILURE() << outcome.error().name << ": " << outcome.error().message;
            return Json::object();
        }
        return Json::parse(outcome->json);
    }

    static void put(const std::string& name, const std::string& text) {
        std::ofstream(folder_ / name, std::ios::binary) << text;
    }

    static std::string text_of(const Json& document, const Json& block) {
        const auto start = block.at("start").get<std::size_t>();
        const auto end = block.at("end").get<std::size_t>();
        return document.at("text").get<std::string>().substr(start, end - start);
    }

    // "Kind level page section: text" of each block.
    static std::vector<std::string> outline(const Json& document) {
        std::vector<std::string> out;
        for (const auto& block : document.at("blocks")) {
            out.push_back(block.at("kind").get<std::string>() + " " +
                          std::to_string(block.at("level").get<int>()) + " " +
                          std::to_string(block.at("page").get<int>()) + ": " +
                          text_of(document, block));
        }
        return out;
    }

    static void expect_error(const std::string& file, const std::string& error) {
        const auto outcome = parse(file);
        ASSERT_FALSE(outcome.has_value()) << file << " was read: " << outcome->json;
        EXPECT_EQ(outcome.error().name, error) << file << ": " << outcome.error().message;
        EXPECT_NE(outcome.error().message.find("`" + file + "`"), std::string::npos)
            << outcome.error().message;
    }

    static inline fs::path folder_;
};

TEST_F(DocsParse, ReadsAPdfWithHeadingsListsTablesAndColumns) {
    const Json report = document("report.pdf");
    EXPECT_EQ(report.at("title"), "Harbour report");
    EXPECT_EQ(report.at("pages"), 4);
    EXPECT_EQ(report.at("media"), "application/pdf");
    EXPECT_EQ(report.at("source").at("id"), "report.pdf");
    EXPECT_EQ(report.at("meta").at("author"), "A. Writer");
    const auto blocks = outline(report);
    const std::vector<std::string> first(blocks.begin(), blocks.begin() + 9);
    EXPECT_EQ(first,
              (std::vector<std::string>{
                  "Heading 1 1: 1 Boats",
                  "Paragraph 0 1: The harbour counted more boats than ever. Most came in the "
                  "summer, and a well-known few stayed over the winter.",
                  "Paragraph 0 1: A well-known pilot retired.",
                  "Heading 2 1: 1.1 Fees",
                  "Item 1 1: small boats pay ten",
                  "Item 1 1: large boats pay twenty a night",
                  "Heading 1 2: 2 Berths",
                  "Table 0 2: Pier | Berths | Remark\nNorth | 12 | deep water\n"
                  "South | 7 | shallow\nEast | 31 | being repaired",
                  "Heading 1 3: 3 Rules",
              }));
    EXPECT_EQ(blocks.at(9),
              "Table 0 3: Term | Meaning\nbuoy | a float that marks a channel\n"
              "quay | a wall along which ships lie\nmole | a wall against waves\n"
              "slip | a ramp into the water");
    ASSERT_EQ(blocks.size(), 12U);
    EXPECT_TRUE(blocks[10].ends_with("Here the left one ends."));
    EXPECT_TRUE(blocks[11].starts_with("Paragraph 0 4: Omega begins"));
    EXPECT_EQ(report.at("blocks").at(5).at("section"), "1 Boats > 1.1 Fees");
    EXPECT_EQ(report.at("text").get<std::string>().find("Yearly report"), std::string::npos);
}

TEST_F(DocsParse, ReadsAWordDocument) {
    const Json rules = document("rules.docx");
    EXPECT_EQ(rules.at("title"), "Harbour rules");
    EXPECT_EQ(outline(rules), (std::vector<std::string>{
                                  "Heading 1 1: Mooring",
                                  "Paragraph 0 1: Speed is five knots.[1]",
                                  "Heading 2 1: Ropes",
                                  "Item 1 1: bow",
                                  "Item 2 1: spring",
                                  "Item 1 1: 1. arrive",
                                  "Item 1 1: 2. tie up",
                                  "Table 0 1: Pier | Depth\nNorth | 4 m",
                                  "Paragraph 0 1: Boxed once.",
                                  "Paragraph 0 1: [1] Counted at noon.",
                              }));
    EXPECT_EQ(rules.at("blocks").at(2).at("element"), "h2[1]");
}

TEST_F(DocsParse, ReadsHtml) {
    put("page.html",
        "<!DOCTYPE html><html lang=\"de-CH\"><head><title>Hafen &amp; See</title>"
        "<style>p{}</style></head><body><nav>Menu</nav><h1>Hafen</h1><script>evil()</script>"
        "<p>Ein pro<b>\xEF\xAC\x81"
        "t</b>ables   Boot.<p hidden>unseen<ul><li>eins<ul><li>tief</ul><li>zwei</ul>"
        "<ol><li>first</ol><h2>Preise</h2><table><tr><th>Ort<th>Preis<tr><td>Nord<td>10</table>"
        "<pre>a\n  b</pre></body></html>");
    const Json page = document("page.html");
    EXPECT_EQ(page.at("title"), "Hafen & See");
    EXPECT_EQ(page.at("meta").at("lang"), "de-CH");
    EXPECT_EQ(outline(page),
              (std::vector<std::string>{
                  "Heading 1 1: Hafen", "Paragraph 0 1: Ein profitables Boot.", "Item 1 1: eins",
                  "Item 2 1: tief", "Item 1 1: zwei", "Item 1 1: 1. first", "Heading 2 1: Preise",
                  "Table 0 1: Ort | Preis\nNord | 10", "Code 0 1: a\n  b"}));
    EXPECT_EQ(page.at("blocks").at(7).at("section"), "Hafen > Preise");
}

TEST_F(DocsParse, ReadsMarkdown) {
    put("notes.md",
        "---\ntitle: \"Notes\"\nauthor: Me\n---\n# Top\n\nSome *text* and\n`code`.\n\n- one\n"
        "  - two\n\n3. three\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\n```\nx  y\n```\n");
    const Json notes = document("notes.md");
    EXPECT_EQ(notes.at("title"), "Notes");
    EXPECT_EQ(notes.at("meta").at("author"), "Me");
    EXPECT_EQ(outline(notes),
              (std::vector<std::string>{"Heading 1 1: Top", "Paragraph 0 1: Some text and code.",
                                        "Item 1 1: one", "Item 2 1: two", "Item 1 1: 3. three",
                                        "Table 0 1: A | B\n1 | 2", "Code 0 1: x  y"}));
}

TEST_F(DocsParse, ReadsPlainTextInOldCharacterSets) {
    put("letter.txt", "Title\n=====\n\nCaf\xE9 and\r\nbar.\r\n\r\n- one\r\n- two\r\n");
    const Json letter = document("letter.txt");
    EXPECT_EQ(letter.at("meta").at("charset"), "windows-1252");
    EXPECT_EQ(outline(letter),
              (std::vector<std::string>{"Heading 1 1: Title", "Paragraph 0 1: Café and bar.",
                                        "Item 1 1: one", "Item 1 1: two"}));
}

TEST_F(DocsParse, BlocksAreExactRangesPartedByBlankLines) {
    for (const char* name : {"report.pdf", "rules.docx"}) {
        const Json parsed = document(name);
        std::string joined;
        for (const auto& block : parsed.at("blocks")) {
            if (!joined.empty()) joined += "\n\n";
            EXPECT_EQ(block.at("start").get<std::size_t>(), joined.size());
            joined += text_of(parsed, block);
        }
        EXPECT_EQ(joined, parsed.at("text").get<std::string>());
    }
}

TEST_F(DocsParse, NamesWhatIsWrongWithAFile) {
    put("nothing.txt", "");
    put("blank.md", " \n\n");
    put("picture.txt", "\x89PNG\r\n\x1A\n\x01\x02\x03");
    const std::map<std::string, std::string> expected = {{"empty.pdf", "Empty"},
                                                         {"nothing.txt", "Empty"},
                                                         {"blank.md", "Empty"},
                                                         {"scanned.pdf", "Scanned"},
                                                         {"truncated.pdf", "Broken"},
                                                         {"corrupt.pdf", "Broken"},
                                                         {"renamed.pdf", "Broken"},
                                                         {"bomb.docx", "Broken"},
                                                         {"main_bomb.docx", "Broken"},
                                                         {"entities.docx", "Broken"},
                                                         {"deep.docx", "Broken"},
                                                         {"truncated.docx", "Broken"},
                                                         {"deep.html", "Broken"},
                                                         {"random.bin", "UnsupportedFormat"},
                                                         {"picture.txt", "UnsupportedFormat"}};
    for (const auto& [file, error] : expected) expect_error(file, error);
}

TEST_F(DocsParse, TellsANarrowColumnFromTheNext) {
    const auto blocks = outline(document("narrow.pdf"));
    ASSERT_EQ(blocks.size(), 2U);
    EXPECT_EQ(
        blocks[1],
        "Table 0 1: value | name | action | note\n0 | NONE | no signal is sent | is it running\n"
        "1 | HUP | end the work | hung up\n2 | INT | end the work | from keys\n"
        "9 | KILL | end the work | at once");
}

TEST_F(DocsParse, SaysThatAPasswordIsNeeded) {
    WEFT_TEST_NEEDS(fs::exists(folder_ / "encrypted.pdf"), "qpdf");
    expect_error("encrypted.pdf", "Encrypted");
}

TEST_F(DocsParse, BoundsMemoryTimeAndTakesACancel) {
    FolderFiles files(folder_);
    const auto report = files.read("report.pdf");
    WorkerCall call;
    call.timeout = std::chrono::milliseconds(1);
    auto late = parse_document(call, *report, "report.pdf", "");
    ASSERT_FALSE(late.has_value());
    EXPECT_EQ(late.error().name, "Timeout");

    const std::atomic<bool> cancelled = true;
    call.timeout = std::chrono::seconds(60);
    call.cancelled = &cancelled;
    auto stopped = parse_document(call, *report, "report.pdf", "");
    ASSERT_FALSE(stopped.has_value());
    EXPECT_EQ(stopped.error().name, "Transient");

    call.cancelled = nullptr;
    const std::string large = "<html><p>" + std::string(15U << 20U, 'x');
    auto hungry = parse_document(call, large, "large.html", "", {std::uint64_t{96} << 20U, 60});
    ASSERT_FALSE(hungry.has_value());
    EXPECT_EQ(hungry.error().name, "Broken") << hungry.error().message;
}

}  // namespace
}  // namespace weft::stdlib
