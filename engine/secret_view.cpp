#include "engine/secret_view.h"

#include "value/payload.h"

#include <algorithm>

namespace weft::engine {
namespace {

Value hidden() {
    return Value::text("[secret]");
}

}  // namespace

bool has_secret(const TypeTable& types, TypeId type) {
    if (!type.has_value()) return false;
    const Type& row = types[type];
    if (row.kind == TypeKind::Labelled && row.label == LabelKind::Secret) return true;
    const auto in_fields = [&](const auto& fields) {
        return std::any_of(fields.begin(), fields.end(),
                           [&](const auto& field) { return has_secret(types, field.type); });
    };
    if (in_fields(row.fields)) return true;
    if (std::any_of(row.cases.begin(), row.cases.end(),
                    [&](const auto& one) { return in_fields(one.fields); })) {
        return true;
    }
    return row.element.has_value() && has_secret(types, row.element);
}

Value hide_secrets(const TypeTable& types, TypeId type, const Value& value) {
    if (value.is_none() || !has_secret(types, type)) return value;
    const Type& row = types[type];
    switch (row.kind) {
        case TypeKind::Labelled:
            if (row.label == LabelKind::Secret) return hidden();
            return hide_secrets(types, row.element, value);
        case TypeKind::Refined:
        case TypeKind::Optional:
            return hide_secrets(types, row.element, value);
        case TypeKind::List: {
            if (value.tag() != Tag::List) return hidden();
            std::vector<Value> out;
            for (const auto& item : value.items()) {
                out.push_back(hide_secrets(types, row.element, item));
            }
            return Value::list(std::move(out));
        }
        case TypeKind::Record: {
            if (value.tag() != Tag::Record || value.items().size() != row.fields.size()) {
                return hidden();
            }
            std::vector<Value> out;
            for (std::size_t i = 0; i < row.fields.size(); ++i) {
                out.push_back(hide_secrets(types, row.fields[i].type, value.items()[i]));
            }
            return Value::record(std::move(out));
        }
        default:
            return hidden();
    }
}

void SecretView::note_call(const Record& record) {
    if (record.site >= image_->sites.size()) return;
    const auto& site = image_->sites[record.site];
    calls_[record.seq] = {.kind = site.kind, .row = site.row};
}

void SecretView::use(std::shared_ptr<const Image> image) {
    if (image == image_) return;
    for (auto& [seq, call] : calls_) {
        if (call.of_former) continue;
        call.is_secret = has_secret(image_->types, result_of(seq));
        call.of_former = true;
    }
    const auto name = workflow_ != nullptr ? workflow_->name : std::string();
    image_ = std::move(image);
    workflow_ = find_workflow(name);
}

const WorkflowRow* SecretView::find_workflow(const std::string& name) const {
    const auto found = std::ranges::find(image_->workflows, name, &WorkflowRow::name);
    return found == image_->workflows.end() ? nullptr : &*found;
}

TypeId SecretView::result_of(std::uint64_t call) const {
    const auto found = calls_.find(call);
    if (found == calls_.end() || found->second.of_former) return {};
    if (found->second.kind == SiteKind::Step) return image_->steps[found->second.row].result_type;
    if (found->second.kind != SiteKind::Sub) return {};
    return image_->workflows[image_->subs[found->second.row].workflow].result_type;
}

bool SecretView::hide_field(std::vector<Value>& fields, std::size_t i, TypeId type) const {
    if (i >= fields.size() || !has_secret(image_->types, type)) return false;
    fields[i] = hide_secrets(image_->types, type, fields[i]);
    return true;
}

bool SecretView::hide_parameters(std::vector<Value>& values, const WorkflowRow& workflow) const {
    bool found = false;
    for (std::size_t i = 0; i < workflow.parameters.size(); ++i) {
        found = hide_field(values, i, workflow.parameters[i].type) || found;
    }
    return found;
}

bool SecretView::hide_result(const Record& record, std::vector<Value>& fields) const {
    std::uint64_t call = 0;
    if (record.kind == RecordKind::Outcome) {
        if (auto body = decode_body<OutcomeBody>(record.body)) call = body->call;
    } else if (record.kind == RecordKind::Settled) {
        if (auto body = decode_body<SettledBody>(record.body)) call = body->call;
    } else if (record.kind == RecordKind::Hit) {
        if (auto body = decode_body<HitBody>(record.body)) call = body->call;
    } else if (auto body = decode_body<SubEndedBody>(record.body)) {
        call = body->call;
    }
    bool found = hide_field(fields, 0, result_of(call));
    if (const auto known = calls_.find(call);
        known != calls_.end() && known->second.is_secret && !fields.empty()) {
        fields[0] = hidden();
        found = true;
    }
    // What an undo captured has no types here.
    bool any = false;
    for (std::uint32_t i = 0; i < image_->types.size() && !any; ++i) {
        any = image_->types[TypeId{i}].kind == TypeKind::Labelled &&
              image_->types[TypeId{i}].label == LabelKind::Secret;
    }
    const bool has_undos = record.kind == RecordKind::SubEnded && fields.size() > 1 &&
                           fields[1].tag() == Tag::List && !fields[1].items().empty();
    if (any && has_undos) fields[1] = hidden();
    return found || (any && has_undos);
}

bool SecretView::hide_parts(const Record& record, std::vector<Value>& fields) {
    switch (record.kind) {
        case RecordKind::Begin: {
            const bool whole =
                fields.size() > 1 && fields[0].tag() == Tag::Text && fields[1].tag() == Tag::Record;
            if (!whole) return false;
            workflow_ = find_workflow(fields[0].as_text());
            if (workflow_ == nullptr) return false;
            auto input = fields[1].items();
            const bool hides = hide_parameters(input, *workflow_);
            if (hides) fields[1] = Value::record(std::move(input));
            return hides;
        }
        case RecordKind::Call: {
            const auto& call = calls_[record.seq];
            if (call.kind != SiteKind::Step || call.row >= image_->steps.size()) return false;
            const auto& types = image_->steps[call.row].argument_types;
            bool hides = false;
            for (std::size_t i = 0; i < types.size(); ++i) {
                hides = hide_field(fields, i, types[i]) || hides;
            }
            return hides;
        }
        case RecordKind::SubStart: {
            const auto& call = calls_[record.seq];
            if (call.kind != SiteKind::Sub) return false;
            return hide_parameters(fields, image_->workflows[image_->subs[call.row].workflow]);
        }
        case RecordKind::Signal: {
            auto body = decode_body<SignalBody>(record.body);
            const bool known =
                body && workflow_ != nullptr && body->signal < workflow_->signals.size();
            return known && hide_field(fields, 0, workflow_->signals[body->signal].type);
        }
        case RecordKind::Outcome:
        case RecordKind::Settled:
        case RecordKind::Hit:
        case RecordKind::SubEnded:
            return hide_result(record, fields);
        default:
            return false;
    }
}

std::optional<Value> SecretView::hide(const Record& record, const std::string& payload) {
    if (record.kind == RecordKind::Call || record.kind == RecordKind::SubStart) note_call(record);
    Value value;
    if (payload.empty() || !decode_payload(payload, value)) return std::nullopt;
    if (record.kind == RecordKind::End) {
        auto body = decode_body<EndBody>(record.body);
        const bool hides = body && body->status == EndStatus::Completed && workflow_ != nullptr &&
                           has_secret(image_->types, workflow_->result_type);
        if (!hides) return std::nullopt;
        return hide_secrets(image_->types, workflow_->result_type, value);
    }
    if (value.tag() != Tag::Record && value.tag() != Tag::List) return std::nullopt;
    auto fields = value.items();
    if (!hide_parts(record, fields)) return std::nullopt;
    return value.tag() == Tag::Record ? Value::record(std::move(fields))
                                      : Value::list(std::move(fields));
}

}  // namespace weft::engine
