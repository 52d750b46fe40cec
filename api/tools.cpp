#include "weft/tools.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/diagnostics.h"
#include "api/package_loader.h"
#include "api/program_data.h"
#include "base/explain.h"
#include "compiler/compile.h"
#include "compiler/format/format.h"
#include "compiler/lower/lower.h"
#include "engine/exact_numbers.h"
#include "grammar/parse.h"
#include "store/store_files.h"
#include "value/base64.h"

namespace weft {
namespace {

struct Parsed {
    SourceSet sources;
    Diagnostics diagnostics;
    std::optional<ParsedFile> file;
};

Parsed parse_text(const std::string& path, std::string text) {
    Parsed out;
    FileId id = out.sources.add(path, std::move(text));
    out.file = parse(id, out.sources[id], out.diagnostics);
    out.diagnostics.sort();
    return out;
}

}  // namespace

FormattedSource format_source(const std::string& path, std::string text, bool colour) {
    Parsed parsed = parse_text(path, std::move(text));
    FormattedSource out;
    out.ok = !parsed.file->has_errors;
    out.text = format(*parsed.file);
    out.diagnostics = render_all(parsed.diagnostics, parsed.sources, colour);
    return out;
}

DumpedProgram dump_file(const std::string& path, DumpKind kind, bool colour) {
    FileLoader loader(path);
    DumpedProgram out;
    if (kind == DumpKind::Tree) {
        auto text = loader.read_file(path);
        if (!text) {
            out.diagnostics = "weft: " + text.error().message + "\n";
            return out;
        }
        Parsed parsed = parse_text(path, std::move(*text));
        out.ok = !parsed.file->has_errors;
        out.text = dump_tree(parsed.file->tree);
        out.diagnostics = render_all(parsed.diagnostics, parsed.sources, colour);
        return out;
    }
    Compiled compiled = compile(path, loader);
    out.ok = compiled.ok;
    if (compiled.ok && kind == DumpKind::Ir) out.text = ir::print(compiled.module);
    if (compiled.ok && kind == DumpKind::Bytecode) {
        auto image = lower(compiled.module, compiled.diagnostics);
        out.ok = image.has_value();
        if (image) out.text = disassemble(*image);
    }
    out.diagnostics = render_all(compiled.diagnostics, compiled.module.sources, colour);
    return out;
}

std::vector<ExplainedDiagnostic> explained_diagnostics() {
    std::vector<ExplainedDiagnostic> out;
    for (const auto& row : all_diagnostics()) {
        ExplainedDiagnostic item;
        item.code = code_text(row.code);
        item.name = row.name;
        item.severity = public_severity(row.severity);
        item.summary = row.summary;
        for (const auto& text : all_explanations()) {
            if (text.code != row.code) continue;
            item.cause = text.cause;
            item.bad = text.bad;
            item.good = text.good;
            item.cure = text.cure;
        }
        out.push_back(std::move(item));
    }
    std::sort(out.begin(), out.end(),
              [](const auto& left, const auto& right) { return left.code < right.code; });
    return out;
}

Result<ExplainedDiagnostic> explain_diagnostic(std::string_view name_or_code) {
    std::string wanted(name_or_code);
    std::transform(wanted.begin(), wanted.end(), wanted.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c == '_' ? '-' : c;
    });
    bool is_code = wanted.starts_with("wf");
    std::vector<std::string> names;
    for (auto& item : explained_diagnostics()) {
        std::string code = "wf" + item.code.substr(2);
        if (item.name == wanted || (is_code && code == wanted)) return item;
        names.push_back(item.name);
    }
    auto near = nearest(wanted, names);
    return fail(ErrorKind::NotFound, fmt::format("there is no diagnostic `{}`", name_or_code),
                near ? fmt::format("did you mean `{}`?", *near)
                     : std::string("`weft explain` lists all of them"));
}

Result<std::string> type_schema(const std::string& path, const std::string& type) {
    FileLoader loader(path);
    Compiled compiled = compile(path, loader);
    if (!compiled.ok) {
        return fail(ErrorKind::Usage, fmt::format("{} has errors", path),
                    fmt::format("`weft check {}` shows them", path));
    }
    const TypeTable& types = compiled.module.types;
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < types.size(); ++i) {
        const auto& row = types[TypeId{i}];
        if (row.name.empty()) continue;
        if (row.name == type) return json_schema(types, TypeId{i});
        names.push_back(row.name);
    }
    std::sort(names.begin(), names.end());
    auto near = nearest(type, names);
    return fail(ErrorKind::NotFound, fmt::format("{} declares no type `{}`", path, type),
                near ? fmt::format("did you mean `{}`?", *near)
                     : fmt::format("it has {}", fmt::join(names, ", ")));
}

namespace {

nlohmann::ordered_json program_json(const Program& program) {
    const auto& data = program.data();
    nlohmann::ordered_json out;
    out["image"] = to_base64(data.encoded);
    out["ir"] = to_base64(data.ir);
    out["source"] = data.source;
    return out;
}

std::string line_of(const nlohmann::ordered_json& json) {
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string store_of_file(const std::string& path) {
    return store::store_of_file(path);
}

std::string program_parameters(const Program& program) {
    return line_of(program_json(program));
}

std::string start_parameters(const Program& program, std::string_view workflow) {
    auto out = program_json(program);
    out["workflow"] = workflow;
    return line_of(out);
}

}  // namespace weft
