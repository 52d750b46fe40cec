#include <nlohmann/json.hpp>

#include "api/diagnostics.h"
#include "api/package_loader.h"
#include "api/program_data.h"
#include "compiler/compat/diagnose.h"
#include "compiler/lower/lower.h"

namespace weft {
namespace {

// The input as one record type, put into `types`, so that its schema is made like any other.
std::string input_schema(TypeTable& types, const WorkflowRow& workflow) {
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

// Nothing when there are errors.
std::optional<Image> lower_verified(Compiled& compiled) {
    if (!compiled.ok) return std::nullopt;
    auto lowered = lower(compiled.module, compiled.diagnostics);
    if (!lowered) return std::nullopt;
    auto image = verified(std::move(lowered), compiled.diagnostics);
    compiled.ok = image.has_value();
    return image;
}

// `old`: another version, to be compared with; or null.
Compilation compile_with(const std::string& path, PackageLoader& loader, bool colour,
                         const ir::Module* old = nullptr) {
    Compilation out;
    Compiled compiled = compile(path, loader);
    auto image = lower_verified(compiled);
    if (image && old != nullptr) {
        const auto findings = compat::compare(*old, compiled.module);
        compat::report_changes(findings, *old, compiled.module, compiled.diagnostics);
        compat::silence_changes(compiled.silenced_later, compiled.module.sources,
                                compiled.diagnostics);
    }
    put_diagnostics(compiled.diagnostics, compiled.module.sources, colour, out);
    if (compiled.ok) {
        out.bounds = lint::bounds_text(compiled.bounds);
        out.bounds_json = lint::bounds_json(compiled.bounds);
    }
    if (!image) return out;
    auto data = std::make_shared<Program::Data>();
    data->encoded = encode_image(*image);
    data->ir = ir::canonical_form(compiled.module);
    data->source = sources_json(compiled.module.sources);
    TypeTable types = image->types;
    for (const auto& workflow : image->workflows) {
        data->workflows.push_back({workflow.name, workflow.doc, input_schema(types, workflow)});
    }
    for (const auto& schedule : image->schedules) {
        data->schedules.push_back(
            {schedule.name, image->workflows[schedule.workflow].name, schedule_text(schedule)});
    }
    data->image = std::make_shared<const Image>(std::move(*image));
    out.program = std::make_shared<const Program>(std::move(data));
    return out;
}

}  // namespace

const std::vector<ScheduleInfo>& Program::schedules() const {
    return data_->schedules;
}

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
    FileLoader loader(path);
    return compile_with(path, loader, colour);
}

Result<Compilation> compile_against(const std::string& path, const std::string& old_path,
                                    bool colour) {
    FileLoader old_loader(old_path);
    const Compiled old = compile(old_path, old_loader);
    if (!old.ok) {
        return fail(ErrorKind::Usage, "the program before, " + old_path + ", has errors",
                    "`weft check " + old_path + "` shows them");
    }
    FileLoader loader(path);
    return compile_with(path, loader, colour, &old.module);
}

Compilation compile_text(const std::string& path, std::string text, bool colour) {
    FileLoader loader(path, std::move(text));
    return compile_with(path, loader, colour);
}

}  // namespace weft
