// The timeline as a picture, and as a page that holds the picture and the same facts as a table.
#include <fmt/format.h>

#include <algorithm>

#include "weft/markup.h"

#include "cli/timeline.h"

namespace weft::cli {
namespace {

constexpr double kWidth = 960;
constexpr double kLabels = 240;  // left of the bars
constexpr double kTimes = 110;   // right of them
constexpr double kTop = 84;
constexpr double kRow = 26;
constexpr double kBar = 14;
constexpr double kLegend = 68;
constexpr double kBarsEnd = kWidth - kTimes;
constexpr std::size_t kLabelColumns = 32;
constexpr std::size_t kTicksMax = 7;

constexpr auto kStyle =
    R"(text{font:12px system-ui,"Segoe UI","DejaVu Sans",sans-serif;fill:#27313b}
.title{font-size:17px;font-weight:600}.quiet{fill:#66717d}.grid{stroke:#e3e7eb}.end{text-anchor:end}
.middle{text-anchor:middle}.stripe{fill:#f6f8f9}.running{fill:#2f6f9f}.failed{fill:#b3442f}
.doubt{fill:#8a5fa8}.backoff{fill:#e3bd72}.waiting{fill:#b9c4ce}.undo{fill:url(#hatch)}
.passed{fill:#3b8a5d}.missed{fill:#b3442f}.accepted{fill:#d99a2b}.cancelled{fill:#8793a0}.fold{fill:#eef1f3;opacity:.75})";

const char* bar_class(const TimelineRow& row, const TimelineBar& bar) {
    if (bar.state == "backoff") return "backoff";
    if (bar.state == "waiting") return "waiting";
    if (row.kind == "undo") return "undo";
    if (bar.outcome == "failed") return "failed";
    if (bar.outcome == "in doubt") return "doubt";
    if (bar.outcome == "cancelled" || bar.outcome == "late") return "cancelled";
    return "running";
}

const char* gate_class(const TimelineBar& bar) {
    if (bar.outcome == "missed") return "missed";
    return bar.outcome == "accepted" ? "accepted" : "passed";
}

std::string summary(const Timeline& timeline) {
    return fmt::format("{}, {}, {} in {}", timeline.workflow, short_run(timeline.run),
                       timeline.status, duration_text(timeline.length_ms()));
}

class Picture {
  public:
    explicit Picture(const Timeline& timeline) : timeline_(timeline), scale_(timeline) {
        bottom_ = kTop + kRow * static_cast<double>(timeline.rows.size());
    }

    std::string draw() {
        head();
        grid();
        folds();
        double y = kTop;
        for (const auto& row : timeline_.rows) {
            draw_row(row, y);
            y += kRow;
        }
        legend(bottom_ + 46);
        return out_ + "</svg>\n";
    }

  private:
    [[nodiscard]] double x_of(std::int64_t since_ms) const {
        return kLabels + scale_.share(since_ms) * (kBarsEnd - kLabels);
    }

    void head() {
        out_ = fmt::format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
            "width=\"{0:.0f}\" height=\"{1:.0f}\" role=\"img\" aria-labelledby=\"title desc\">\n"
            "<title id=\"title\">Timeline of {2}</title>\n<desc id=\"desc\">{3}</desc>\n"
            "<style>{4}</style>\n"
            "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
            "patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\" fill=\"#f2d5cd\"/>"
            "<rect width=\"2.5\" height=\"6\" fill=\"#b3442f\"/></pattern></defs>\n"
            "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
            kWidth, bottom_ + kLegend, escape_markup(summary(timeline_)),
            escape_markup(description()), kStyle);
        out_ += fmt::format(
            "<text x=\"20\" y=\"32\" class=\"title\">{}</text>"
            "<text x=\"20\" y=\"52\" class=\"quiet\">{} in {} · run {} · begun {}</text>\n",
            escape_markup(timeline_.workflow), escape_markup(timeline_.status),
            duration_text(timeline_.length_ms()), escape_markup(short_run(timeline_.run)),
            time_text(timeline_.begun_ms));
    }

    // The same facts in words, for those who don't see the picture.
    [[nodiscard]] std::string description() const {
        std::string out;
        for (const auto& row : timeline_.rows) {
            out += out.empty() ? "" : "; ";
            out += row.label + ": ";
            for (std::size_t i = 0; i < row.bars.size(); ++i) {
                out += (i > 0 ? ", then " : "") + bar_text(row.bars[i]);
            }
        }
        return out;
    }

    void grid() {
        for (std::size_t i = 0; i < timeline_.rows.size(); i += 2) {
            out_ += fmt::format(
                "<rect x=\"12\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
                "class=\"stripe\"/>\n",
                kTop + kRow * static_cast<double>(i), kWidth - 24, kRow);
        }
        for (const auto& tick : scale_.ticks(kTicksMax)) {
            double x = x_of(tick.at_ms);
            out_ += fmt::format(
                "<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\" class=\"grid\"/>"
                "<text x=\"{0:.1f}\" y=\"{3:.1f}\" class=\"quiet middle\">{4}</text>\n",
                x, kTop - 4, bottom_, kTop - 10, tick.text);
        }
    }

    void draw_row(const TimelineRow& row, double y) {
        double middle = y + kRow / 2;
        out_ += fmt::format("<text x=\"20\" y=\"{:.1f}\">{}</text>\n", middle + 4,
                            escape_markup(fit(row.label, kLabelColumns)));
        std::int64_t total = 0;
        for (const auto& bar : row.bars) {
            double from = x_of(bar.from_ms - timeline_.begun_ms);
            double to = x_of(bar.to_ms - timeline_.begun_ms);
            std::string title =
                "<title>" + escape_markup(row.label + ": " + bar_text(bar)) + "</title>";
            total += bar.to_ms - bar.from_ms;
            if (row.kind == "gate") {
                out_ += fmt::format(
                    "<path d=\"M{0:.1f} {1:.1f}l8 8l-8 8l-8 -8z\" class=\"{2}\">{3}"
                    "</path>\n",
                    from, middle - 8, gate_class(bar), title);
                continue;
            }
            constexpr double kNarrowest = 2;
            double width = std::max(to - from, kNarrowest);
            out_ += fmt::format(
                "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.0f}\" "
                "rx=\"{:.1f}\" class=\"{}\">{}</rect>\n",
                std::min(from, kBarsEnd - kNarrowest), middle - kBar / 2, width, kBar,
                std::min(3.0, width / 2), bar_class(row, bar), title);
        }
        bool gate = row.kind == "gate" && !row.bars.empty();
        out_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"quiet end\">{}</text>\n",
                            kWidth - 20, middle + 4,
                            escape_markup(gate ? row.bars.back().outcome : duration_text(total)));
    }

    void legend(double y) {
        double x = 20;
        for (const auto& [name, text] :
             {std::pair{"running", "running"}, std::pair{"failed", "failed"},
              std::pair{"doubt", "in doubt"}, std::pair{"backoff", "backoff"},
              std::pair{"waiting", "waiting"}, std::pair{"undo", "undo"}}) {
            out_ += fmt::format(
                "<rect x=\"{:.0f}\" y=\"{:.1f}\" width=\"22\" height=\"12\" rx=\"3\" "
                "class=\"{}\"/><text x=\"{:.0f}\" y=\"{:.1f}\">{}</text>\n",
                x, y - 10, name, x + 28, y, text);
            x += 96;
        }
        for (const auto& [name, text] :
             {std::pair{"passed", "gate passed"}, std::pair{"missed", "gate missed"}}) {
            out_ += fmt::format(
                "<path d=\"M{:.0f} {:.1f}l7 7l-7 7l-7 -7z\" class=\"{}\"/>"
                "<text x=\"{:.0f}\" y=\"{:.1f}\">{}</text>\n",
                x + 8, y - 11, name, x + 22, y, text);
            x += 120;
        }
    }

    // A pause that is drawn short is shaded, and says how long it was.
    void folds() {
        for (const auto& fold : scale_.folds()) {
            double from = x_of(fold.from_ms);
            double to = x_of(fold.to_ms);
            out_ += fmt::format(
                "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
                "class=\"fold\"/>"
                "<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"quiet middle\">⋯ {} ⋯</text>\n",
                from, kTop - 4, to - from, bottom_ - kTop + 4, (from + to) / 2, bottom_ + 14,
                duration_text(fold.to_ms - fold.from_ms));
        }
    }

    const Timeline& timeline_;
    TimeScale scale_;
    double bottom_ = 0;
    std::string out_;
};

constexpr auto kPageStyle =
    R"(body{font:15px/1.5 system-ui,"Segoe UI","DejaVu Sans",sans-serif;color:#27313b;background:#f2f4f6;
margin:0;padding:32px 16px}main{max-width:1000px;margin:auto;background:#fff;border:1px solid #dfe4e8;
border-radius:10px;padding:12px 20px 28px}svg{width:100%;height:auto}table{border-collapse:collapse;
width:100%;font-size:14px}caption{text-align:left;font-weight:600;padding:16px 0 8px}
th,td{text-align:left;padding:5px 14px 5px 0;border-bottom:1px solid #e9edf0;vertical-align:top}
th{color:#66717d;font-weight:500})";

}  // namespace

std::string timeline_svg(const Timeline& timeline) {
    return Picture(timeline).draw();
}

std::string timeline_html(const Timeline& timeline) {
    std::string rows;
    for (const auto& row : timeline.rows) {
        std::string what;
        for (const auto& bar : row.bars) {
            what += (what.empty() ? "" : "<br>") + escape_markup(bar_text(bar));
        }
        std::int64_t since = row.bars.empty() ? 0 : row.bars.front().from_ms - timeline.begun_ms;
        rows += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                            escape_markup(row.label), escape_markup(row.kind), duration_text(since),
                            what);
    }
    return fmt::format(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width\"><title>Timeline of {}</title>"
        "<style>{}</style></head>\n<body><main>\n{}<table><caption>What happened</caption>\n"
        "<tr><th>Step</th><th>Kind</th><th>After</th><th>Course</th></tr>\n{}</table>\n"
        "</main></body></html>\n",
        escape_markup(summary(timeline)), kPageStyle, timeline_svg(timeline), rows);
}

}  // namespace weft::cli
