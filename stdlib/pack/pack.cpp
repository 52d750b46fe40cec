// pack.build and pack.delete.
#include "base/hash.h"
#include "stdlib/json_args.h"
#include "stdlib/llm/engine_label.h"
#include "stdlib/native.h"
#include "stdlib/pack/model.h"
#include "stdlib/pack/page.h"
#include "stdlib/pack/render.h"

namespace weft::stdlib {

namespace pack {

namespace {

std::expected<Content, WorkerError> read_arguments(const WorkerCall& call, std::string& theme) {
    // Members in the order in which the record declares them: extra fields are shown in it.
    const auto arguments = nlohmann::ordered_json::parse(call.arguments, nullptr, false);
    if (!arguments.is_object() || !arguments.contains("brief") || !arguments.contains("answers")) {
        return worker_error("Rejected", "pack.build needs a `brief` and `answers`");
    }
    if (arguments.contains("theme")) theme = arguments["theme"].get<std::string>();
    auto content = read_content(arguments["brief"], arguments["answers"]);
    if (!content) return worker_error("Rejected", content.error());
    return std::move(*content);
}

std::expected<std::string, WorkerError> style_for(const std::string& theme) {
    if (auto style = style_of(theme)) return std::move(*style);
    std::string known;
    for (const auto& name : theme_names()) known += (known.empty() ? "" : ", ") + name;
    return worker_error("Rejected", "there is no theme `" + theme + "`; the themes are " + known);
}

// What wrote the answers: said outright, or by the section that binds llm. Without either nothing
// is claimed.
std::string engine_of(const Json& settings) {
    std::string engine = text_or(settings, "engine");
    if (!engine.empty()) return engine;
    const Json& llm = member(settings, "llm");
    return llm.is_object() ? llm::engine_label(dump_json(llm)) : "";
}

Json manifest_of(const Content& content, const Pdf& pdf, std::string_view html,
                 const std::string& engine) {
    return {{"title", content.title},
            {"pages", pdf.pages},
            {"answers", content.questions.size()},
            {"citations", content.citations},
            {"documents", content.documents.size()},
            {"pdf_sha256", to_hex(view(sha256(pdf.bytes)))},
            {"html_sha256", to_hex(view(sha256(html)))},
            {"engine", engine}};
}

WorkerOutcome build(const WorkerCall& call) {
    std::string theme = theme_names().front();
    WEFT_TRY(content, read_arguments(call, theme));
    WEFT_TRY(style, style_for(theme));
    WEFT_TRY(settings, parse_settings(call));
    const std::string engine = engine_of(settings);
    const std::string html = write_page(content, engine, style);
    WEFT_TRY(pdf, render_pdf(call, html, text_or(settings, "weasyprint", "/usr/bin/weasyprint")));
    WEFT_TRY(pdf_file, write_file(call, pdf.bytes, "pack.pdf", "application/pdf"));
    WEFT_TRY(html_file, write_file(call, html, "pack.html", "text/html"));
    return worker_value({{"pdf", pdf_file},
                         {"html", html_file},
                         {"manifest", manifest_of(content, pdf, html, engine)}});
}

// Artifacts belong to their run and go with it (retention, erasure), so giving a pack up has
// nothing to take away: afterwards no step refers to it.
WorkerOutcome remove(const WorkerCall& call) {
    WEFT_TRY(arguments, parse_arguments(call));
    return worker_value(member(arguments, "pack").is_object());
}

}  // namespace

}  // namespace pack

std::vector<NativeWorker> pack_workers() {
    const auto wrapped = [](WorkerOutcome (*worker)(const WorkerCall&)) {
        return [worker](const WorkerCall& call) {
            return guarded(call, [&] { return worker(call); });
        };
    };
    return {{"pack.build", wrapped(pack::build)}, {"pack.delete", wrapped(pack::remove)}};
}

}  // namespace weft::stdlib
