// The looks of a pack. Colours keep a contrast of at least 4.5 to 1 on their ground; sizes follow
// one scale; the print part is for A4 and for WeasyPrint's margin boxes.
#include <algorithm>
#include <array>
#include <utility>

#include "stdlib/pack/page.h"

namespace weft::stdlib::pack {

namespace {

// The sheets below name colours and faces by "$word"; WeasyPrint 57 does not take CSS variables in
// shorthands.
struct Theme {
    std::string_view name;
    std::string_view ink, soft, line, ground, accent;
    std::string_view heading, text;
};

constexpr std::string_view kSans = R"("Lato","Segoe UI","Helvetica Neue",Arial,sans-serif)";
constexpr std::string_view kSerif = R"("DejaVu Serif",Georgia,"Times New Roman",serif)";

constexpr std::array<Theme, 2> kThemes{{
    {"plain", "#1d2129", "#565d6b", "#d3d8e0", "#f3f5f8", "#1f4e79", kSans, kSans},
    {"serif", "#231f1b", "#625950", "#d8cfc3", "#f8f5f0", "#7a2e1d", kSerif, kSerif},
}};

std::string filled_in(std::string_view sheet, const Theme& theme) {
    const std::array<std::pair<std::string_view, std::string_view>, 7> words{
        {{"ink", theme.ink},
         {"soft", theme.soft},
         {"line", theme.line},
         {"ground", theme.ground},
         {"accent", theme.accent},
         {"heading", theme.heading},
         {"text", theme.text}}};
    std::string out;
    while (!sheet.empty()) {
        const auto mark = std::min(sheet.find('$'), sheet.size());
        out += sheet.substr(0, mark);
        sheet.remove_prefix(std::min(mark + 1, sheet.size()));
        for (const auto& [word, value] : words) {
            if (sheet.starts_with(word)) {
                out += value;
                sheet.remove_prefix(word.size());
                break;
            }
        }
    }
    return out;
}

constexpr std::string_view kScreen = R"(
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;color:$ink;background:#fff;font:400 1rem/1.6 $text;
overflow-wrap:break-word}
main,footer.colophon{max-width:44rem;margin:0 auto;padding:0 1.25rem}
header.cover{padding:3.5rem 0 1.5rem;border-bottom:3px solid $accent}
.kicker{margin:0 0 .75rem;color:$accent;font:700 .8125rem/1.4 $heading;letter-spacing:.08em;text-transform:uppercase}
h1,h2,h3,h4{font-family:$heading;line-height:1.25;color:$ink}
h1{margin:0;font-size:2.125rem;font-weight:700;letter-spacing:-.01em}
h2{margin:3rem 0 1rem;font-size:1.375rem;font-weight:700;color:$accent}
h3{margin:0;font-size:1.125rem;font-weight:700}
h4{margin:1.75rem 0 .5rem;font-size:1rem;font-weight:700}
p{margin:0 0 .75rem}
.facts{margin:1rem 0 0;color:$soft;font-size:.9375rem}
.summary p:first-child{font-size:1.125rem}
a{color:$accent;text-decoration-thickness:1px;text-underline-offset:.15em}
a:focus-visible{outline:2px solid $accent;outline-offset:2px}
.topics{display:block;margin:0;padding:0;list-style:none}
.topics li{display:inline-block;margin:0 .375rem .5rem 0;padding:.125rem .75rem;border:1px solid $line;border-radius:1rem;background:$ground;font-size:.9375rem}
.contents{margin:0;padding:0;list-style:none;counter-reset:none}
.contents li{margin:0;border-bottom:1px solid $line}
.contents a{display:block;padding:.5rem 0 .5rem 2.25rem;color:inherit;text-decoration:none}
.contents a:hover{color:$accent}
.contents .number{display:inline-block;width:2.25rem;margin-left:-2.25rem;color:$soft;font-variant-numeric:tabular-nums}
.entry{position:relative;margin:0 0 2rem;padding-left:2.75rem}
.entry>.number{position:absolute;left:0;top:0;color:$accent;font:700 1.125rem/1.25 $heading;font-variant-numeric:tabular-nums}
.entry .answer{margin-top:.5rem}
.mark{font-size:.75em;line-height:0;vertical-align:.4em;white-space:nowrap}
.mark a{text-decoration:none;padding:0 .0625rem}
.from{margin:.75rem 0 0;padding:0;list-style:none;color:$soft;font-size:.875rem}
.from li{margin:0 0 .25rem}
.from a{text-decoration:none}
table.extra{margin:.75rem 0 0;border-collapse:collapse;font-size:.875rem}
table.extra th,table.extra td{padding:.25rem .75rem .25rem 0;border-top:1px solid $line;text-align:left;vertical-align:top}
table.extra th{font-weight:400;color:$soft;white-space:nowrap}
.source{margin:0 0 1.25rem;padding-left:2.75rem;position:relative}
.source>.number{position:absolute;left:0;top:0;color:$accent;font-weight:700;font-variant-numeric:tabular-nums}
.source .place{margin:0 0 .25rem;color:$soft;font-size:.875rem}
.source blockquote{margin:0;padding:.125rem 0 .125rem .875rem;border-left:3px solid $line;white-space:pre-line}
:target{background:#fff6d6}
footer.colophon{padding-top:1.5rem;padding-bottom:3rem;color:$soft;font-size:.875rem}
footer.colophon p{padding-top:1rem;border-top:1px solid $line}
@media (max-width:30rem){header.cover{padding-top:2rem}h1{font-size:1.625rem}.entry,.source{padding-left:2rem}}
)";

constexpr std::string_view kPrint = R"(
@page{size:A4;margin:24mm 22mm 26mm;
@bottom-left{content:string(engine);width:130mm;color:$soft;font:8pt $text;vertical-align:top;padding-top:5mm}
@bottom-right{content:counter(page) " / " counter(pages);color:$soft;font:8pt $text;vertical-align:top;padding-top:5mm}
@top-left{content:string(title);width:150mm;color:$soft;font:8pt $text;vertical-align:bottom;padding-bottom:6mm}}
@page:first{@top-left{content:none}}
@media print{
html{font-size:10.5pt}
body{line-height:1.5;orphans:3;widows:3}
main,footer.colophon{max-width:none;padding-left:0;padding-right:0}
h1{string-set:title content();hyphens:none}
footer.colophon{display:none}
.engine{string-set:engine content()}
header.cover{padding-top:0}
h2{margin-top:2.25rem}
.entry:first-of-type,.annex>p,.annex h4+.source{break-before:avoid}
h2,h3,h4,.place{break-after:avoid}
.summary,.answer{hyphens:auto}
.topics,.from,.facts{hyphens:none}
.entry{break-inside:avoid-page}
.source{break-inside:avoid}
.contents li{break-inside:avoid}
.contents a::after{content:target-counter(attr(href),page);float:right;color:$soft;font-variant-numeric:tabular-nums}
a{text-decoration:none}
:target{background:none}
})";

}  // namespace

std::vector<std::string> theme_names() {
    std::vector<std::string> names;
    for (const Theme& theme : kThemes) names.emplace_back(theme.name);
    return names;
}

std::optional<std::string> style_of(std::string_view name) {
    for (const Theme& theme : kThemes) {
        if (theme.name != name) continue;
        return filled_in(kScreen, theme) + filled_in(kPrint, theme);
    }
    return std::nullopt;
}

}  // namespace weft::stdlib::pack
