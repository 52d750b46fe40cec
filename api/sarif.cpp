// SARIF 2.1.0 (OASIS standard): the results of one compilation, and the log around those of
// several.
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/diagnostics.h"
#include "base/explain.h"
#include "base/hash.h"
#include "weft/tools.h"

namespace weft {
namespace {

using Json = nlohmann::ordered_json;

std::string level(Severity severity) {
    switch (severity) {
        case Severity::Error:
            return "error";
        case Severity::Warning:
            return "warning";
        case Severity::Hint:
            return "note";
    }
    return "error";
}

// A path as a URI reference (RFC 3986).
std::string uri(std::string_view path) {
    constexpr std::string_view kPlain = "-._~/";
    std::string out = path.starts_with('/') ? "file://" : "";
    for (char c : path) {
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || kPlain.find(c) != std::string_view::npos;
        if (is_plain) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

Json region(const Span& span, const SourceFile& file) {
    auto begin = file.position(span.begin);
    auto end = file.position(span.end);
    return {{"startLine", begin.line},
            {"startColumn", begin.column},
            {"endLine", end.line},
            {"endColumn", end.column}};
}

Json location(const Span& span, const SourceSet& sources) {
    const auto& file = sources[span.file];
    Json physical;
    physical["artifactLocation"]["uri"] = uri(file.path());
    physical["region"] = region(span, file);
    Json out;
    out["physicalLocation"] = std::move(physical);
    return out;
}

std::string trimmed(std::string_view line) {
    auto first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return "";
    return std::string(line.substr(first, line.find_last_not_of(" \t\r") + 1 - first));
}

// A file by its way from the working directory, however it was named: the same in every checkout.
std::string plain_path(const std::string& path) {
    namespace fs = std::filesystem;
    std::error_code code;
    const auto here = fs::current_path(code);
    const auto whole = fs::path(path).is_absolute() ? fs::path(path) : here / path;
    const auto way = whole.lexically_normal().lexically_relative(here);
    return code || way.empty() ? path : way.generic_string();
}

// The same for the same mistake when lines are put in or taken out elsewhere: check, file, the text
// of the line, and how many like it came before.
class Fingerprints {
  public:
    std::string of(const Diagnostic& d, const SourceSet& sources) {
        std::string text(info(d.code).name);
        if (d.span.file.has_value()) {
            const auto& file = sources[d.span.file];
            text += '\n';
            text += plain_path(file.path());
            text += '\n';
            text += trimmed(file.line(file.position(d.span.begin).line));
        }
        int number = seen_[text]++;
        text += fmt::format("\n{}", number);
        constexpr std::size_t kDigits = 32;
        return to_hex(view(sha256(text))).substr(0, kDigits);
    }

  private:
    std::map<std::string, int> seen_;
};

Json fix_json(const Fix& fix, const SourceSet& sources) {
    std::map<FileId, Json> by_file;
    for (const auto& edit : fix.edits) {
        Json replacement;
        replacement["deletedRegion"] = region(edit.span, sources[edit.span.file]);
        replacement["insertedContent"]["text"] = edit.text;
        by_file[edit.span.file].push_back(std::move(replacement));
    }
    Json changes = Json::array();
    for (auto& [file, replacements] : by_file) {
        Json change;
        change["artifactLocation"]["uri"] = uri(sources[file].path());
        change["replacements"] = std::move(replacements);
        changes.push_back(std::move(change));
    }
    Json out;
    out["description"]["text"] = fix.title;
    out["artifactChanges"] = std::move(changes);
    return out;
}

std::size_t rule_index(DiagnosticCode code) {
    const auto& rows = all_diagnostics();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].code == code) return i;
    }
    return 0;
}

Json result_json(const Diagnostic& d, const SourceSet& sources, Fingerprints& fingerprints) {
    Json out;
    out["ruleId"] = code_text(d.code);
    out["ruleIndex"] = rule_index(d.code);
    out["level"] = level(info(d.code).severity);
    std::string text = d.message;
    for (const auto& note : d.notes) text += "\n" + note;
    if (!d.help.empty()) text += "\n" + d.help;
    out["message"]["text"] = std::move(text);
    if (d.span.file.has_value()) out["locations"] = Json::array({location(d.span, sources)});
    Json related = Json::array();
    for (const auto& label : d.secondary) {
        Json at = location(label.span, sources);
        at["id"] = related.size() + 1;
        at["message"]["text"] = label.text;
        related.push_back(std::move(at));
    }
    if (!related.empty()) out["relatedLocations"] = std::move(related);
    out["partialFingerprints"]["weft/v1"] = fingerprints.of(d, sources);
    if (d.fix) out["fixes"] = Json::array({fix_json(*d.fix, sources)});
    return out;
}

Json rules_json() {
    Json out = Json::array();
    for (const auto& row : all_diagnostics()) {
        Json rule;
        rule["id"] = code_text(row.code);
        rule["name"] = row.name;
        rule["shortDescription"]["text"] = row.summary;
        for (const auto& text : all_explanations()) {
            if (text.code != row.code) continue;
            rule["fullDescription"]["text"] = text.cause;
            rule["help"]["text"] = text.cure;
        }
        rule["defaultConfiguration"]["level"] = level(row.severity);
        out.push_back(std::move(rule));
    }
    return out;
}

std::string dump(const Json& json, int indent) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string render_sarif(const Diagnostics& diagnostics, const SourceSet& sources) {
    Json out = Json::array();
    Fingerprints fingerprints;
    for (const auto& d : diagnostics.items()) {
        out.push_back(result_json(d, sources, fingerprints));
    }
    return dump(out, -1);
}

std::string sarif_log(const std::vector<std::string>& results) {
    Json all = Json::array();
    for (const auto& text : results) {
        for (auto& result : Json::parse(text, nullptr, false)) all.push_back(std::move(result));
    }
    Json run;
    run["tool"]["driver"]["name"] = "weft";
    run["tool"]["driver"]["rules"] = rules_json();
    run["columnKind"] = "unicodeCodePoints";
    run["results"] = std::move(all);
    Json log;
    log["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json";
    log["version"] = "2.1.0";
    log["runs"] = Json::array({std::move(run)});
    constexpr int kIndent = 2;
    return dump(log, kIndent) + "\n";
}

}  // namespace weft
