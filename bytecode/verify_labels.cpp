// Where labelled values must not go, held against where the label flow finds them.
#include "bytecode/label_flow.h"
#include "bytecode/opcode_info.h"
#include "bytecode/verify.h"

namespace weft::verify {
namespace {

std::string labels_text(Labels labels) {
    std::string out;
    auto add = [&](Labels label, std::string_view name) {
        if ((labels & label) == 0) return;
        if (!out.empty()) out += " and ";
        out += name;
    };
    add(kPii, "Pii");
    add(kSecret, "Secret");
    add(kUntrusted, "Untrusted");
    return out;
}

class Sinks {
  public:
    Sinks(const Image& image, LabelFlow& flow) : image_(image), trees_(flow.trees()) {
        for (const auto& one : image.certificate.fails) fails_.insert({one.function, one.pc});
    }

    Result<void> check(std::uint32_t function, std::uint32_t pc,
                       const std::vector<LabelTree>& values) {
        function_ = function;
        pc_ = pc;
        const Instruction& x = image_.functions[function].code[pc];
        switch (x.op) {
            case Opcode::CallStep:
            case Opcode::CallUntil:
                return call(x, values);
            case Opcode::RunSub:
            case Opcode::RunSubUntil:
                return run(x, values);
            case Opcode::Emit:
                return none_of(values, kAll, "an event");
            case Opcode::Raise:
                if (!fails_.contains({function, pc})) return {};
                return none_of(values, kAll, "an error");
            case Opcode::Review:
            case Opcode::Ask:
                return none_of(values, kSecret, "a review");
            case Opcode::Lock:
                return none_of(values, kAll, "the key of a lock");
            case Opcode::MakePrompt:
                return none_of(values, kPii | kSecret, "the system part of a prompt");
            case Opcode::End:
                return result(values);
            default:
                return {};
        }
    }

  private:
    static constexpr Labels kAll = kPii | kSecret | kUntrusted;

    [[nodiscard]] Result<void> refuse(Labels labels, const std::string& where) const {
        return bad_code(image_, function_, pc_,
                        "a value that may carry " + labels_text(labels) + " reaches " + where);
    }

    Result<void> none_of(const std::vector<LabelTree>& values, Labels labels,
                         const std::string& where) const {
        for (auto value : values) {
            const auto found = static_cast<Labels>(trees_.all(value) & labels);
            if (found != 0) return refuse(found, where + ", which takes none");
        }
        return {};
    }

    Result<void> call(const Instruction& x, const std::vector<LabelTree>& values) {
        const auto& step = image_.steps[image_.sites[x.d].row];
        const auto& worker = image_.workers[step.worker];
        for (std::uint32_t i = 0; i < x.c; ++i) {
            const auto type = step.argument_types[i];
            const auto extra = this->extra(values[i], type, 0);
            const std::string where = worker.name + " as `" + worker.parameters[i] + "`";
            if ((extra & (kPii | kSecret)) != 0) {
                return refuse(extra & (kPii | kSecret), where + ", which is not cleared for it");
            }
            if ((extra & kUntrusted) == 0) continue;
            if (worker.irreversible) return refuse(kUntrusted, where + ", which can't be undone");
            if (image_.types[image_.types.base(type)].kind == TypeKind::Url) {
                return refuse(kUntrusted, where + ", which says where it goes");
            }
        }
        for (std::uint32_t i = 0; i < step.key_registers(); ++i) {
            WEFT_TRY_VOID(none_of({values[x.c + i]}, kAll, "the key of " + step.path));
        }
        return {};
    }

    Result<void> run(const Instruction& x, const std::vector<LabelTree>& values) {
        const auto& workflow = image_.workflows[image_.subs[image_.sites[x.d].row].workflow];
        for (std::uint32_t i = 0; i < x.c; ++i) {
            const auto& parameter = workflow.parameters[i];
            const auto extra = this->extra(values[i], parameter.type, 0);
            if (extra == 0) continue;
            return refuse(extra, "the workflow " + workflow.name + " as `" + parameter.name +
                                     "`, which is not cleared for it");
        }
        return {};
    }

    Result<void> result(const std::vector<LabelTree>& values) {
        for (const auto& workflow : image_.workflows) {
            if (workflow.function != function_) continue;
            const auto extra = this->extra(values[0], workflow.result_type, 0);
            if (extra == 0) continue;
            return refuse(extra, "the result of " + workflow.name + ", which does not say so");
        }
        return {};
    }

    // The labels of the value, or of a part, that a place of the type is not declared to take.
    Labels extra(LabelTree value, TypeId type, Labels granted) {
        if (!type.has_value()) return static_cast<Labels>(trees_.all(value) & ~granted);
        const Type* t = &image_.types[type];
        while (t->kind == TypeKind::Labelled || t->kind == TypeKind::Refined ||
               t->kind == TypeKind::Optional) {
            if (t->kind == TypeKind::Labelled) granted |= 1U << static_cast<unsigned>(t->label);
            t = &image_.types[t->element];
        }
        if ((trees_.all(value) & ~granted) == 0) return 0;
        const auto key = std::tuple(value, t, granted);
        if (const auto known = extra_.find(key); known != extra_.end()) return known->second;
        auto out = static_cast<Labels>(trees_.around(value) & ~granted);
        for (const auto& [part, tree] : trees_.parts(value)) {
            out |= this->extra(tree, part_type(*t, part), granted);
        }
        extra_.emplace(key, out);
        return out;
    }

    // No type where the type has no such part: then it is cleared for nothing more.
    static TypeId part_type(const Type& t, const PartKey& part) {
        const bool is_element = (t.kind == TypeKind::List && part.of == PartKey::kElement) ||
                                (t.kind == TypeKind::Map && part.of == PartKey::kMapValue);
        if (is_element) return t.element;
        const std::vector<FieldType>* fields = nullptr;
        if (t.kind == TypeKind::Record && part.of == PartKey::kRecord) fields = &t.fields;
        if (t.kind == TypeKind::Enum && part.of < t.cases.size()) fields = &t.cases[part.of].fields;
        if (t.kind == TypeKind::List && part.of == PartKey::kRecord) return t.element;
        if (fields == nullptr || part.number >= fields->size()) return {};
        return (*fields)[part.number].type;
    }

    const Image& image_;
    LabelTrees& trees_;
    std::uint32_t function_ = 0;
    std::uint32_t pc_ = 0;
    std::set<std::pair<std::uint32_t, std::uint32_t>> fails_;
    std::map<std::tuple<LabelTree, const Type*, Labels>, Labels> extra_;
};

std::vector<std::uint8_t> labels_at(const Image& image, LabelFlow& flow, const CallProof& call) {
    const Site& site = image.sites[call.site];
    std::vector<std::uint8_t> out(image.functions[site.function].code[site.pc].c, 0);
    const auto at = flow.reached().find({site.function, site.pc});
    if (at == flow.reached().end()) return out;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = flow.trees().all(at->second[i]);
    return out;
}

}  // namespace

Result<std::vector<std::vector<std::uint8_t>>> labels_of_calls(const Image& image) {
    LabelFlow flow(image);
    WEFT_TRY_VOID(flow.run());
    std::vector<std::vector<std::uint8_t>> out;
    for (const auto& call : image.certificate.calls) out.push_back(labels_at(image, flow, call));
    return out;
}

Result<void> labels(const Image& image) {
    LabelFlow flow(image);
    WEFT_TRY_VOID(flow.run());
    Sinks sinks(image, flow);
    for (const auto& [place, values] : flow.reached()) {
        WEFT_TRY_VOID(sinks.check(place.first, place.second, values));
    }
    for (const auto& call : image.certificate.calls) {
        const auto found = labels_at(image, flow, call);
        if (found == call.labels) continue;
        const Site& site = image.sites[call.site];
        return bad_code(image, site.function, site.pc,
                        "the certificate says otherwise which labels reach this");
    }
    return {};
}

}  // namespace weft::verify
