#include "stdlib/pack/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <compare>

#include "weft/markup.h"

namespace weft::stdlib::pack {

namespace {

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

// Blank lines part paragraphs, as in every text that people type.
std::vector<std::string> paragraphs_of(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const auto end = std::min(text.find("\n\n"), text.size());
        const auto part = text.substr(0, end);
        if (part.find_first_not_of(" \t\r\n") != std::string_view::npos) out.emplace_back(part);
        text.remove_prefix(std::min(end + 2, text.size()));
    }
    return out;
}

std::string mark_of(std::size_t source, std::size_t question) {
    return fmt::format(
        R"(&#8288;<sup class="mark"><a href="#source-{0}" id="use-{1}-{0}" aria-label="Source {0}">[{0}]</a></sup>)",
        source, question);
}

struct Mark {
    std::size_t place = 0;  // bytes of the answer before it
    std::size_t order = 0;  // among those at one place
    std::size_t source = 0;
    auto operator<=>(const Mark&) const = default;
};

// Where each mark stands in the answer: right behind its quote where the answer repeats it, else at
// the answer's end.
std::vector<Mark> place_marks(const Content& content, const Question& question) {
    std::vector<Mark> marks;
    for (const std::size_t source : question.sources) {
        const std::string& quote = content.sources[source - 1].quote;
        const auto found = quote.empty() ? std::string::npos : question.answer.find(quote);
        auto place = question.answer.size();
        if (found != std::string::npos) place = found + quote.size();
        marks.push_back({.place = place, .order = marks.size(), .source = source});
    }
    std::ranges::sort(marks);
    return marks;
}

std::string answer_html(const Content& content, const Question& question) {
    std::string out;
    std::size_t offset = 0;
    const auto marks = place_marks(content, question);
    auto next = marks.begin();
    const auto paragraphs = paragraphs_of(question.answer);
    for (std::size_t i = 0; i < paragraphs.size(); ++i) {
        const std::string& text = paragraphs[i];
        const auto begin = question.answer.find(text, offset);
        std::size_t written = 0;
        out += R"(<p class="answer">)";
        const bool is_last = i + 1 == paragraphs.size();
        while (next != marks.end() && (is_last || next->place <= begin + text.size())) {
            const auto cut = std::min(std::max(next->place, begin) - begin, text.size());
            out += escape_markup(text.substr(written, cut - written));
            out += mark_of(next->source, question.number);
            written = cut;
            ++next;
        }
        out += escape_markup(text.substr(written)) + "</p>\n";
        offset = begin + text.size();
    }
    return out;
}

// "Loans > Periods" with an arrow that reads better.
std::string section_html(const std::string& section) {
    std::string out = escape_markup(section);
    constexpr std::string_view kPlain = " &gt; ";
    for (auto at = out.find(kPlain); at != std::string::npos; at = out.find(kPlain, at)) {
        out.replace(at, kPlain.size(), " › ");
    }
    return out;
}

// "handbook.pdf, page 3, Refunds": what is known of the place.
std::string place_of(const Source& source, bool with_document) {
    std::string out;
    const auto add = [&](const std::string& part) {
        if (part.empty()) return;
        out += out.empty() ? part : ", " + part;
    };
    if (with_document) add(escape_markup(source.document));
    if (source.page > 0) add(fmt::format("page {}", source.page));
    add(section_html(source.section));
    return out;
}

std::string extras_html(const std::vector<Extra>& extras) {
    if (extras.empty()) return {};
    std::string out = R"(<table class="extra"><tbody>)";
    for (const auto& [label, value] : extras) {
        out += fmt::format(R"(<tr><th scope="row">{}</th><td>{}</td></tr>)", escape_markup(label),
                           escape_markup(value));
    }
    return out + "</tbody></table>\n";
}

// The engine's name stands on the first page, for readers and since print footers repeat what has
// been read so far.
std::string cover_html(const Content& content, std::string_view produced) {
    std::string out = fmt::format(
        "<header class=\"cover\">\n<p class=\"kicker\">Questions and answers with sources</p>\n"
        "<h1>{}</h1>\n<p class=\"facts\">{} · {} · {}<br>\n<span class=\"engine\">{}</span></p>\n"
        "</header>\n",
        escape_markup(content.title), counted(content.questions.size(), "question", "questions"),
        counted(content.sources.size(), "quoted source", "quoted sources"),
        counted(content.documents.size(), "document", "documents"), produced);
    out +=
        "<section class=\"summary\" aria-labelledby=\"summary\">\n<h2 id=\"summary\">In "
        "brief</h2>\n<div>";
    for (const auto& text : paragraphs_of(content.summary)) {
        out += "<p>" + escape_markup(text) + "</p>\n";
    }
    out += "</div>\n" + extras_html(content.extras) + "</section>\n";
    if (content.topics.empty()) return out;
    out +=
        "<section aria-labelledby=\"topics\">\n<h2 id=\"topics\">Topics</h2>\n<ul "
        "class=\"topics\">\n";
    for (const auto& topic : content.topics) out += "<li>" + escape_markup(topic) + "</li>\n";
    return out + "</ul>\n</section>\n";
}

std::string contents_html(const Content& content) {
    std::string out =
        "<nav aria-labelledby=\"contents\">\n<h2 id=\"contents\">Contents</h2>\n<ol "
        "class=\"contents\">\n";
    for (const auto& question : content.questions) {
        out += fmt::format(
            "<li><a href=\"#question-{0}\"><span class=\"number\">{0}</span>{1}</a></li>\n",
            question.number, escape_markup(question.question));
    }
    out += "<li><a href=\"#sources\"><span class=\"number\"></span>Sources</a></li>\n";
    return out + "</ol>\n</nav>\n";
}

// Where the answer comes from: each place once, with the numbers of what is quoted there.
std::string places_html(const Content& content, const Question& question) {
    std::vector<std::pair<std::string, std::string>> places;  // place, links
    for (const std::size_t number : question.sources) {
        const std::string place = place_of(content.sources[number - 1], true);
        auto found = std::ranges::find(places, place, &std::pair<std::string, std::string>::first);
        if (found == places.end()) found = places.insert(found, {place, ""});
        found->second += fmt::format("<a href=\"#source-{0}\">[{0}]</a> ", number);
    }
    if (places.empty()) return {};
    std::string out = "<ul class=\"from\">\n";
    for (const auto& [place, links] : places) out += fmt::format("<li>{}{}</li>\n", links, place);
    return out + "</ul>\n";
}

std::string questions_html(const Content& content) {
    std::string out =
        "<section aria-labelledby=\"questions\">\n<h2 id=\"questions\">Questions and "
        "answers</h2>\n";
    for (const auto& question : content.questions) {
        out += fmt::format(
            "<article class=\"entry\" id=\"question-{0}\">\n<div class=\"number\">{0}</div>\n"
            "<h3>{1}</h3>\n",
            question.number, escape_markup(question.question));
        out += answer_html(content, question) + extras_html(question.extras);
        out += places_html(content, question);
        out += "</article>\n";
    }
    return out + "</section>\n";
}

std::string source_html(const Source& source) {
    std::string uses;
    for (const std::size_t question : source.cited_by) {
        uses += fmt::format("{0}<a href=\"#question-{1}\">question {1}</a>",
                            uses.empty() ? "" : ", ", question);
    }
    std::string place = place_of(source, false);
    if (!place.empty()) place += " · ";
    return fmt::format(
        "<div class=\"source\" id=\"source-{0}\">\n<div class=\"number\">[{0}]</div>\n"
        "<p class=\"place\">{1}cited for {2}</p>\n<blockquote>{3}</blockquote>\n</div>\n",
        source.number, place, uses, escape_markup(source.quote));
}

std::string annex_html(const Content& content) {
    std::string out =
        "<section class=\"annex\" aria-labelledby=\"sources\">\n<h2 id=\"sources\">Sources</h2>\n"
        "<p>Every quote below stands word for word in the document named above it.</p>\n";
    for (const auto& document : content.documents) {
        out += "<h4>" + escape_markup(document.name) + "</h4>\n";
        for (const std::size_t number : document.sources) {
            out += source_html(content.sources[number - 1]);
        }
    }
    return out + "</section>\n";
}

}  // namespace

std::string write_page(const Content& content, std::string_view engine, std::string_view style) {
    const std::string produced =
        engine.empty() ? "Produced with Weft" : "Produced by " + escape_markup(engine);
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"generator\" "
        "content=\"Weft\">\n<title>{}</title>\n<style>{}</style>\n</head>\n"
        "<body>\n<main>\n{}{}{}{}</main>\n<footer "
        "class=\"colophon\"><p>{}</p></footer>\n</body>\n</html>\n",
        escape_markup(content.title), style, cover_html(content, produced), contents_html(content),
        questions_html(content), annex_html(content), produced);
}

}  // namespace weft::stdlib::pack
