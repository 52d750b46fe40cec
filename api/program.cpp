#include <nlohmann/json.hpp>

#include "api/package_loader.h"
#include "api/program_data.h"
#include "compiler/lower/lower.h"

namespace weft {
namespace {

// The input as one record type, so that its schema is made like any other.
std::string input_schema(const Image& image, const WorkflowRow& workflow) {
    TypeTable types = image.types;
    Type input;
    input.kind = TypeKind::Record;
    input.name = workflow.name + ".input";
    for (const auto& parameter : workflow.parameters) {
        FieldType field{parameter.name, parameter.name, parameter.type, {}};
        if (parameter.has_default) field.default_value = parameter.default_value;
        input.fields.push_back(std::move(field));
    }
    return json_schema(types, types.add(std::move(input)));
}

std::string sources_json(const SourceSet& sources) {
    auto out = nlohmann::ordered_json::object();
    for (std::uint32_t i = 0; i < sources.size(); ++i) {
        const auto& file = sources[FileId{i}];
        out[file.path()] = std::string(file.text());
    }
    return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

DiagnosticSeverity severity(Severity s) {
    switch (s) {
        case Severity::Error:
            return DiagnosticSeverity::Error;
        case Severity::Warning:
            return DiagnosticSeverity::Warning;
        case Severity::Hint:
            return DiagnosticSeverity::Hint;
    }
    return DiagnosticSeverity::Error;
}

void put_diagnostics(const Diagnostics& diagnostics, const SourceSet& sources, bool colour,
                     Compilation& out) {
    for (const auto& d : diagnostics.items()) {
        SourceDiagnostic item;
        item.code = code_text(d.code);
        item.name = info(d.code).name;
        item.severity = severity(info(d.code).severity);
        item.message = d.message;
        if (d.span.file.has_value()) {
            const auto& file = sources[d.span.file];
            auto at = file.position(d.span.begin);
            item.file = file.path();
            item.line = at.line;
            item.column = at.column;
        }
        out.diagnostics.push_back(std::move(item));
        if (!out.text.empty()) out.text += "\n";
        out.text += render(d, sources, colour ? Colour::Always : Colour::Never);
    }
    out.json = render_json(diagnostics, sources);
}

Compilation compile_with(const std::string& path, PackageLoader& loader, bool colour) {
    Compilation out;
    Compiled compiled = compile(path, loader);
    std::optional<Image> image;
    if (compiled.ok) image = lower(compiled.module, compiled.diagnostics);
    put_diagnostics(compiled.diagnostics, compiled.module.sources, colour, out);
    if (!image) return out;
    auto verified = verify_image(*image);
    // The verifier runs on what the compiler made as well: a program it refuses is our bug.
    if (!verified) {
        out.text += "weft: internal error: the compiled program does not verify: " +
                    verified.error().message + "; please report this\n";
        return out;
    }
    auto data = std::make_shared<Program::Data>();
    data->encoded = encode_image(*image);
    data->ir = ir::canonical_form(compiled.module);
    data->source = sources_json(compiled.module.sources);
    for (const auto& workflow : image->workflows) {
        data->workflows.push_back({workflow.name, workflow.doc, input_schema(*image, workflow)});
    }
    data->image = std::make_shared<const Image>(std::move(*image));
    out.program = std::make_shared<const Program>(std::move(data));
    return out;
}

}  // namespace

const std::vector<WorkflowInfo>& Program::workflows() const {
    return data_->workflows;
}

std::string Program::program_hash() const {
    return to_hex(view(data_->image->program));
}

std::string Program::image_hash() const {
    return to_hex(view(weft::image_hash(data_->encoded)));
}

Compilation compile_file(const std::string& path, bool colour) {
    FileLoader loader;
    return compile_with(path, loader, colour);
}

Compilation compile_text(const std::string& path, std::string text, bool colour) {
    FileLoader loader(path, std::move(text));
    return compile_with(path, loader, colour);
}

}  // namespace weft
