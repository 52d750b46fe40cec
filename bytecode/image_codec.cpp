// The byte form of an image. Each struct lists its fields once, in `fields`; a Writer and a Reader
// walk that one list, so the two directions can't drift apart.
#include <algorithm>
#include <type_traits>

#include "base/hash.h"
#include "bytecode/image.h"
#include "bytecode/image_parts.h"
#include "value/utf8.h"

namespace weft {
namespace {

constexpr std::string_view kMagic = "weft-image-1\n";

template <typename T, typename Wanted>
concept Is = std::same_as<std::remove_const_t<T>, Wanted>;

template <typename A>
void fields(A& archive, Is<Instruction> auto& x) {
    archive(x.op, x.a, x.b, x.c, x.d);
}
template <typename A>
void fields(A& archive, Is<SourcePlace> auto& x) {
    archive(x.file, x.line, x.column);
}
template <typename A>
void fields(A& archive, Is<Function> auto& x) {
    archive(x.name, x.kind, x.even_in_doubt, x.parameters, x.named_slots, x.registers, x.code,
            x.places, x.slot_names);
}
template <typename A>
void fields(A& archive, Is<Pacing> auto& x) {
    archive(x.at_once, x.rate_count, x.rate_period_ms, x.breaker_failures, x.breaker_window_ms,
            x.breaker_open_ms);
}
template <typename A>
void fields(A& archive, Is<WorkerRow> auto& x) {
    archive(x.name, x.was, x.effect, x.window_ms, x.irreversible, x.untrusted, x.probe, x.settle_ms,
            x.fails, x.parameters, x.reserve_micros, x.reserve_currency, x.pacing);
}
template <typename A>
void fields(A& archive, Is<Policy> auto& x) {
    archive(x.timeout_ms, x.within_ms, x.retries, x.retry_on, x.backoff_first_ms, x.backoff_cap_ms,
            x.then_hold);
}
template <typename A>
void fields(A& archive, Is<StepRow> auto& x) {
    archive(x.path, x.worker, x.argument_types, x.result_type, x.policy, x.compensated, x.has_key,
            x.cache_ms);
}
template <typename A>
void fields(A& archive, Is<SubRow> auto& x) {
    archive(x.path, x.workflow, x.detached, x.within_ms);
}
template <typename A>
void fields(A& archive, Is<BranchRow> auto& x) {
    archive(x.path, x.function, x.after);
}
template <typename A>
void fields(A& archive, Is<ForkRow> auto& x) {
    archive(x.path, x.function, x.limit, x.result_type, x.join, x.bound, x.branches);
}
template <typename A>
void fields(A& archive, Is<BlockRow> auto& x) {
    archive(x.path, x.policy, x.takes_any, x.takes);
}
template <typename A>
void fields(A& archive, Is<RequirementRow> auto& x) {
    archive(x.text, x.op);
}
template <typename A>
void fields(A& archive, Is<GateRow> auto& x) {
    archive(x.path, x.requirements, x.rungs);
}
template <typename A>
void fields(A& archive, Is<ReviewLine> auto& x) {
    archive(x.roles);
}
template <typename A>
void fields(A& archive, Is<ReviewRow> auto& x) {
    archive(x.path, x.title, x.roles, x.approvals_needed, x.within_ms, x.names, x.types, x.lines,
            x.end, x.form, x.goes_on);
}
template <typename A>
void fields(A& archive, Is<WaitRow> auto& x) {
    archive(x.path, x.signals);
}
template <typename A>
void fields(A& archive, Is<LockRow> auto& x) {
    archive(x.path);
}
template <typename A>
void fields(A& archive, Is<SignalRow> auto& x) {
    archive(x.name, x.was, x.type);
}
template <typename A>
void fields(A& archive, Is<EventRow> auto& x) {
    archive(x.name, x.type);
}
template <typename A>
void fields(A& archive, Is<Site> auto& x) {
    archive(x.kind, x.row, x.function, x.pc);
}
template <typename A>
void fields(A& archive, Is<PromptRow> auto& x) {
    archive(x.name, x.template_hash, x.type);
}
template <typename A>
void fields(A& archive, Is<ParameterRow> auto& x) {
    archive(x.name, x.type, x.has_default, x.default_value);
}
template <typename A>
void fields(A& archive, Is<WorkflowRow> auto& x) {
    archive(x.name, x.doc, x.function, x.parameters, x.tunes, x.result_type, x.within_ms,
            x.has_budget, x.budget_micros, x.budget_currency, x.retain_ms, x.key_function,
            x.subject_function, x.strict_order, x.before_function, x.after_function,
            x.retry_function, x.failure_function, x.finally_function, x.failure_slots,
            x.finally_slots, x.signals);
}
template <typename A>
void fields(A& archive, Is<ScheduleRow> auto& x) {
    archive(x.name, x.workflow, x.input, x.at_minutes, x.every_ms, x.zone, x.overlap,
            x.catch_up_ms);
}
template <typename A>
void fields(A& archive, Is<ErrorRow> auto& x) {
    archive(x.name, x.fields, x.whole);
}
template <typename A>
void fields(A& archive, Is<CallProof> auto& x) {
    archive(x.site, x.attempts, x.times, x.remedy, x.past_return, x.labels);
}
template <typename A>
void fields(A& archive, Is<ForkProof> auto& x) {
    archive(x.site, x.items);
}
template <typename A>
void fields(A& archive, Is<FailProof> auto& x) {
    archive(x.function, x.pc);
}
template <typename A>
void fields(A& archive, Is<SpendProof> auto& x) {
    archive(x.currency, x.micros);
}
template <typename A>
void fields(A& archive, Is<WorkflowProof> auto& x) {
    archive(x.attempts, x.effects, x.undo_attempts, x.spend, x.irreversible);
}
template <typename A>
void fields(A& archive, Is<Certificate> auto& x) {
    archive(x.calls, x.forks, x.fails, x.workflows);
}
template <typename A>
void fields(A& archive, Is<MigratedStep> auto& x) {
    archive(x.path, x.function, x.reads, x.types);
}
template <typename A>
void fields(A& archive, Is<MigrateRow> auto& x) {
    archive(x.workflow, x.from, x.steps);
}
template <typename A>
void fields(A& archive, Is<Image> auto& x) {
    archive(x.semantics, x.program, x.files, x.types, x.constants, x.functions, x.workers, x.steps,
            x.subs, x.forks, x.blocks, x.gates, x.reviews, x.events, x.prompts, x.sites,
            x.workflows, x.schedules, x.waits, x.locks);
}

class Writer {
  public:
    template <typename... T>
    void operator()(const T&... values) {
        (one(values), ...);
    }
    std::string take() { return out_.take(); }

  private:
    template <typename T>
    void one(const T& value) {
        if constexpr (std::is_enum_v<T>) {
            one(static_cast<std::underlying_type_t<T>>(value));
        } else if constexpr (std::is_integral_v<T>) {
            if constexpr (sizeof(T) == 1) {
                out_.u8(static_cast<std::uint8_t>(value));
            } else if constexpr (sizeof(T) == 2) {
                out_.u16(static_cast<std::uint16_t>(value));
            } else if constexpr (sizeof(T) == 4) {
                out_.u32(static_cast<std::uint32_t>(value));
            } else {
                out_.u64(static_cast<std::uint64_t>(value));
            }
        } else if constexpr (std::is_same_v<T, std::string>) {
            out_.block(value);
        } else if constexpr (std::is_same_v<T, Hash>) {
            out_.raw(view(value));
        } else if constexpr (std::is_same_v<T, TypeId>) {
            out_.u32(value.index);
        } else if constexpr (std::is_same_v<T, Value>) {
            out_.block(canonical(value));
        } else if constexpr (std::is_same_v<T, TypeTable>) {
            std::string bytes;
            value.encode(bytes);
            out_.block(bytes);
        } else {
            fields(*this, value);
        }
    }
    template <typename T>
    void one(const std::vector<T>& values) {
        out_.u32(static_cast<std::uint32_t>(values.size()));
        for (const auto& value : values) one(value);
    }

    ByteWriter out_;
};

class Reader {
  public:
    explicit Reader(std::string_view bytes) : in_(bytes) {}
    template <typename... T>
    void operator()(T&... values) {
        (one(values), ...);
    }
    [[nodiscard]] bool ok() const { return in_.ok(); }
    [[nodiscard]] bool at_end() const { return in_.at_end(); }
    // One section behind the rows: its tag and its bytes.
    std::pair<std::uint32_t, std::string_view> section() {
        const std::uint32_t tag = in_.u32();
        return {tag, in_.block()};
    }

  private:
    template <typename T>
    void one(T& value) {
        if constexpr (std::is_enum_v<T>) {
            // Out of range numbers are left for the verifier, which knows the tables.
            std::underlying_type_t<T> number{};
            one(number);
            value = static_cast<T>(number);
        } else if constexpr (std::is_same_v<T, bool>) {
            value = in_.u8() != 0;  // another byte than 0 or 1 fails the comparison at the end
        } else if constexpr (std::is_integral_v<T>) {
            if constexpr (sizeof(T) == 1) {
                value = static_cast<T>(in_.u8());
            } else if constexpr (sizeof(T) == 2) {
                value = static_cast<T>(in_.u16());
            } else if constexpr (sizeof(T) == 4) {
                value = static_cast<T>(in_.u32());
            } else {
                value = static_cast<T>(in_.u64());
            }
        } else if constexpr (std::is_same_v<T, std::string>) {
            value = in_.block();
            if (!is_utf8(value)) in_.set_bad();  // names become texts of error values
        } else if constexpr (std::is_same_v<T, Hash>) {
            value = to_array<32>(in_.raw(32));
        } else if constexpr (std::is_same_v<T, TypeId>) {
            value.index = in_.u32();
        } else if constexpr (std::is_same_v<T, Value>) {
            if (!decode_canonical(in_.block(), value)) in_.set_bad();
        } else if constexpr (std::is_same_v<T, TypeTable>) {
            if (!TypeTable::decode(in_.block(), value)) in_.set_bad();
        } else {
            fields(*this, value);
        }
    }
    template <typename T>
    void one(std::vector<T>& values) {
        const std::uint32_t count = in_.u32();
        // Each element takes at least one byte, so a count from hostile bytes can't make memory.
        if (count > in_.left()) in_.set_bad();
        for (std::uint32_t i = 0; i < count && in_.ok(); ++i) one(values.emplace_back());
    }

    ByteReader in_;
};

// Sections behind the rows, each only where there is something in it, by ascending tag.
constexpr std::uint32_t kCertificateSection = 1;
constexpr std::uint32_t kErrorsSection = 2;
constexpr std::uint32_t kUntilSection = 3;  // until_function, one a workflow
constexpr std::uint32_t kMigratesSection = 4;

void write_section(std::uint32_t tag, const auto& content, Writer& writer) {
    Writer section;
    section(content);
    writer(tag, section.take());
}

void write_sections(const Image& image, Writer& writer) {
    if (!image.certificate.is_empty()) {
        write_section(kCertificateSection, image.certificate, writer);
    }
    if (!image.errors.empty()) write_section(kErrorsSection, image.errors, writer);
    std::vector<std::uint32_t> until;
    for (const auto& row : image.workflows) until.push_back(row.until_function);
    const auto is_none = [](std::uint32_t function) { return function == WorkerRow::kNoRow; };
    if (!std::ranges::all_of(until, is_none)) write_section(kUntilSection, until, writer);
    if (!image.migrates.empty()) write_section(kMigratesSection, image.migrates, writer);
}

// What is wrong with it; empty when nothing is. That each is there once and in order shows when the
// image is encoded again.
std::string read_section(std::uint32_t tag, std::string_view content, Image& image) {
    Reader reader(content);
    if (tag == kCertificateSection) {
        reader(image.certificate);
    } else if (tag == kErrorsSection) {
        reader(image.errors);
    } else if (tag == kUntilSection) {
        std::vector<std::uint32_t> until;
        reader(until);
        if (until.size() != image.workflows.size()) return "the image has a wrong number of ends";
        for (std::size_t i = 0; i < until.size(); ++i) {
            image.workflows[i].until_function = until[i];
        }
    } else if (tag == kMigratesSection) {
        reader(image.migrates);
    } else {
        return "the image has a section that is not known";
    }
    return reader.at_end() ? "" : "a section of the image is cut off or too long";
}

}  // namespace

std::string encode_image(const Image& image) {
    Writer writer;
    writer(image);
    write_sections(image, writer);
    return std::string(kMagic) + writer.take();
}

Result<Image> decode_image(std::string_view bytes) {
    if (!bytes.starts_with(kMagic)) {
        return fail(ErrorKind::Corrupt, "these bytes are no image",
                    "an image begins with 'weft-image-1'");
    }
    Reader reader(bytes.substr(kMagic.size()));
    Image image;
    reader(image);
    while (reader.ok() && !reader.at_end()) {
        auto [tag, content] = reader.section();
        if (auto problem = read_section(tag, content, image); !problem.empty()) {
            return fail(ErrorKind::Corrupt, problem);
        }
    }
    if (!reader.at_end()) return fail(ErrorKind::Corrupt, "the image is cut off or too long");
    // One image, one byte form: the hash names what runs, not one spelling of it.
    if (encode_image(image) != bytes) {
        return fail(ErrorKind::Corrupt, "the image is not in its canonical form");
    }
    return image;
}

Hash image_hash(std::string_view encoded) {
    return sha256(encoded);
}

std::optional<ImageHead> image_head(std::string_view encoded) {
    if (!encoded.starts_with(kMagic)) return std::nullopt;
    ByteReader in(encoded.substr(kMagic.size()));
    const auto semantics = in.u32();
    const auto program = in.raw(32);
    if (!in.ok()) return std::nullopt;
    return ImageHead{semantics, to_array<32>(program)};
}

}  // namespace weft
