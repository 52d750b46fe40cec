// Prompts: typed templates.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/check/declare.h"
#include "compiler/check/text.h"

namespace weft::check {

namespace {

void check_system_labels(Context& context, ir::ExprId system) {
    TypeId type = type_of(context, system);
    LabelSet labels = type.has_value() ? outer_labels(context.types(), type) : LabelSet{0};
    if (labels == 0) return;
    DiagnosticCode code = (labels & kSecret) != 0 ? DiagnosticCode::SecretInPrompt
                          : (labels & kPii) != 0  ? DiagnosticCode::PiiToSink
                                                  : DiagnosticCode::UntrustedInInstructions;
    context.report(code, span_of(context, system),
                   fmt::format("the system part of a prompt takes no labelled value, but has {}",
                               label_text(labels)));
}

}  // namespace

void check_prompt(Context& context, DeclId id) {
    Declaration decl = context.declarations[id];
    ir::PromptId prompt{decl.row};
    if (context.module.prompts[prompt].user.has_value()) return;
    if (std::ranges::find(context.open_prompts, id) != context.open_prompts.end()) {
        context.report(DiagnosticCode::RecursiveDefinition, decl.name_span,
                       fmt::format("`{}` asks itself", decl.qualified));
        return;
    }
    context.open_prompts.push_back(id);
    auto node = decl.node.as<ast::Prompt>();
    Body body{.context = context, .module = decl.module, .in_prompt = true};
    std::vector<ir::LocalId> locals;
    for (const auto& p : decl.signature.parameters) {
        locals.push_back(body.declare(p.name, p.type, p.span));
        context.watched.push_back({locals.back(), DiagnosticCode::UnusedPromptParameter});
    }
    ir::ExprId system;
    ir::ExprId user;
    for (const auto& section : node.sections()) {
        std::string_view role = section.role().text();
        if (role != "system" && role != "user") {
            auto& d = context.report(
                DiagnosticCode::MisplacedClause, section.span(),
                fmt::format("a prompt has the parts `system` and `user`, and no `{}`", role));
            if (role == "assistant") {
                d.help =
                    "put what the model shall go by, an example of an answer too, into the "
                    "`user` part";
            }
            continue;
        }
        ir::ExprId& part = role == "system" ? system : user;
        if (part.has_value()) {
            context.report(DiagnosticCode::DuplicateName, section.span(),
                           fmt::format("`{}` has two `{}` parts", decl.name, role));
        }
        if (!section.text_literal()) continue;
        bool is_system = role == "system";
        // What the system part reads is found by clearing the marks that the user part left.
        std::vector<bool> read_by_user;
        for (auto local : locals) {
            read_by_user.push_back(context.used_locals[local.index]);
            if (is_system) context.used_locals[local.index] = false;
        }
        part = check_template(body, section.text_literal());
        if (!is_system) continue;
        check_system_labels(context, part);
        for (std::size_t i = 0; i < locals.size(); ++i) {
            bool is_read = context.used_locals[locals[i].index];
            context.declarations[id].used_in_system[i] = is_read;
            if (read_by_user[i]) context.use_local(locals[i]);
        }
    }
    if (!user.has_value()) {
        context.report(DiagnosticCode::ArgumentMismatch, decl.name_span,
                       fmt::format("the prompt `{}` lacks its `user` part", decl.name));
    }
    if (!node.type()) {
        context.report(DiagnosticCode::NoOutputContract, decl.name_span,
                       fmt::format("the prompt `{}` does not say what it gives", decl.name));
    }
    auto text_or_empty = [&](ir::ExprId part) {
        return part.has_value()
                   ? part
                   : add_literal(context, Value::text(""), context.common.text, decl.name_span);
    };
    context.module.prompts[prompt].parameters = std::move(locals);
    ir::ExprId system_text = text_or_empty(system);
    ir::ExprId user_text = text_or_empty(user);
    context.module.prompts[prompt].system = system_text;
    context.module.prompts[prompt].user = user_text;
    TypeId user_type = type_of(context, user_text);
    if (user_type.has_value()) {
        auto& result = context.declarations[id].signature.result;
        result = with_labels(context.types(), result, outer_labels(context.types(), user_type));
    }
    context.open_prompts.pop_back();
}

}  // namespace weft::check
