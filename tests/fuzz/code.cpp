// Code that nobody compiled: a real program's image with single instructions, functions and rows
// changed, so that it is well-formed bytes and the question is the verifier's alone. What it lets
// pass is run.
//
// An input is a number (16 bits) that says which program, then changes of 12 bytes each: what, the
// field, which one (16 bits each, little-endian), an unused one, and the value (32 bits).
#include <algorithm>

#include "base/bytes.h"
#include "tests/fuzz/play_image.h"
#include "tests/fuzz/target.h"

namespace weft::fuzz {

namespace {

constexpr std::size_t kChangeBytes = 12;
constexpr std::size_t kChangesMax = 24;

struct Change {
    std::uint16_t what = 0;
    std::uint16_t field = 0;
    std::uint16_t which = 0;
    std::uint16_t place = 0;
    std::uint32_t value = 0;
};

// The row that a number means, of a table that may be empty.
template <typename Row>
Row* row_of(std::vector<Row>& rows, std::size_t number) {
    return rows.empty() ? nullptr : &rows[number % rows.size()];
}

// Now and then just the value, mostly one of the table.
std::uint32_t index_into(std::size_t size, std::uint32_t value) {
    return size == 0 || value % 16 == 15 ? value : value % static_cast<std::uint32_t>(size);
}

void change_operand(Instruction& code, const Image& image, const Change& change) {
    const auto small = static_cast<std::uint16_t>(change.value % 64);
    switch (change.field % 6) {
        case 0:
            code.op = static_cast<Opcode>(change.value % 256);
            break;
        case 1:
            code.a = small;
            break;
        case 2:
            code.b = small;
            break;
        case 3:
            code.c = small;
            break;
        case 4:
            code.d = change.value;
            break;
        default:
            code.d = index_into(image.functions.size(), change.value);
    }
}

void change_code(Function& function, const Image& image, const Change& change) {
    auto& code = function.code;
    if (code.empty()) return;
    const auto at = static_cast<std::ptrdiff_t>(change.place % code.size());
    switch (change.what % 8) {
        case 0: {  // another instruction, of this program, stands before it
            const auto& from = image.functions[change.value % image.functions.size()].code;
            if (from.empty()) return;
            code.insert(code.begin() + at, from[(change.value >> 8U) % from.size()]);
            function.places.insert(function.places.begin() + at, SourcePlace{0, 1, 1});
            return;
        }
        case 1:
            code.erase(code.begin() + at);
            function.places.erase(function.places.begin() + at);
            return;
        case 2:
            std::swap(code[static_cast<std::size_t>(at)], code[change.value % code.size()]);
            return;
        default:
            change_operand(code[static_cast<std::size_t>(at)], image, change);
    }
}

void change_function(Function& function, const Change& change) {
    const auto small = static_cast<std::uint16_t>(change.value % 40);
    switch (change.field % 5) {
        case 0:
            function.kind = static_cast<FunctionKind>(change.value % 5);
            break;
        case 1:
            function.parameters = small;
            break;
        case 2:
            function.named_slots = small;
            function.slot_names.resize(small);
            break;
        case 3:
            function.registers = small;
            break;
        default:
            function.even_in_doubt = !function.even_in_doubt;
    }
}

void change_step(StepRow& step, const Image& image, const Change& change) {
    switch (change.field % 8) {
        case 0:
            step.worker = index_into(image.workers.size(), change.value);
            break;
        case 1:
            step.result_type.index = index_into(image.types.size(), change.value);
            break;
        case 2:
            step.argument_types.resize(change.value % 5, step.result_type);
            break;
        case 3:
            step.policy.retries = static_cast<std::uint16_t>(change.value % 5);
            break;
        case 4:
            step.compensated = !step.compensated;
            break;
        case 5:
            step.has_key = !step.has_key;
            break;
        case 6:
            step.cache_ms = static_cast<std::int64_t>(change.value % 3) * 1000;
            break;
        default:
            step.policy.within_ms = static_cast<std::int64_t>(change.value % 3) * 1000;
    }
}

void change_fork(ForkRow& fork, const Image& image, const Change& change) {
    auto* branch = row_of(fork.branches, change.place);
    switch (change.field % 7) {
        case 0:
            fork.function = index_into(image.functions.size(), change.value);
            break;
        case 1:
            fork.limit = change.value % 4;
            break;
        case 2:
            fork.join = static_cast<JoinRule>(change.value % 4);
            break;
        case 3:
            fork.bound = change.value % 5;
            break;
        case 4:
            if (branch != nullptr) branch->after.push_back(change.value % 6);
            break;
        case 5:
            if (branch != nullptr)
                branch->function = index_into(image.functions.size(), change.value);
            break;
        default:
            fork.result_type.index = index_into(image.types.size(), change.value);
    }
}

void change_workflow(WorkflowRow& row, const Image& image, const Change& change) {
    const auto function = index_into(image.functions.size(), change.value);
    switch (change.field % 9) {
        case 0:
            row.function = function;
            break;
        case 1:
            row.key_function = function;
            break;
        case 2:
            row.until_function = function;
            break;
        case 3:
            row.before_function = function;
            break;
        case 4:
            row.after_function = function;
            break;
        case 5:
            row.retry_function = function;
            break;
        case 6:
            row.finally_function = function;
            row.finally_slots.assign(change.place % 4,
                                     static_cast<std::uint16_t>(change.value % 8));
            break;
        case 7:
            row.failure_function = function;
            row.failure_slots.assign(change.place % 4,
                                     static_cast<std::uint16_t>(change.value % 8));
            break;
        default:
            row.result_type.index = index_into(image.types.size(), change.value);
    }
}

void change_other_row(Image& image, const Change& change) {
    const auto value = change.value;
    switch (change.field % 8) {
        case 0:
            if (auto* row = row_of(image.sites, change.which)) {
                (change.place % 2 == 0 ? row->row : row->pc) = value % 64;
            }
            break;
        case 1:
            if (auto* row = row_of(image.workers, change.which)) {
                row->effect = static_cast<EffectClass>(value % 4);
                row->irreversible = value % 8 > 3;
            }
            break;
        case 2:
            if (auto* row = row_of(image.constants, change.which)) {
                *row = image.constants[value % image.constants.size()];
            }
            break;
        case 3:
            if (auto* row = row_of(image.reviews, change.which)) {
                row->approvals_needed = static_cast<std::uint16_t>(value % 4);
                row->form.index = index_into(image.types.size(), value);
            }
            break;
        case 4:
            if (auto* row = row_of(image.waits, change.which)) row->signals.push_back(value % 4);
            break;
        case 5:
            if (auto* row = row_of(image.subs, change.which)) {
                row->workflow = index_into(image.workflows.size(), value);
                row->detached = value % 2 == 0;
            }
            break;
        case 6:
            if (auto* row = row_of(image.blocks, change.which)) row->takes_any = !row->takes_any;
            break;
        default:
            if (auto* row = row_of(image.errors, change.which)) {
                (value % 2 == 0 ? row->fields : row->whole).index =
                    index_into(image.types.size(), value);
            }
    }
}

void apply(Image& image, const Change& change) {
    switch (change.what % 16) {
        case 9:
            if (auto* row = row_of(image.functions, change.which)) change_function(*row, change);
            return;
        case 10:
            if (auto* row = row_of(image.steps, change.which)) change_step(*row, image, change);
            return;
        case 11:
            if (auto* row = row_of(image.forks, change.which)) change_fork(*row, image, change);
            return;
        case 12:
            if (auto* row = row_of(image.workflows, change.which))
                change_workflow(*row, image, change);
            return;
        case 13:
            change_other_row(image, change);
            return;
        default:
            if (auto* row = row_of(image.functions, change.which)) change_code(*row, image, change);
    }
}

const std::vector<Image>& programs() {
    static const std::vector<Image> all = [] {
        std::vector<Image> out;
        for (const auto& bytes :
             images_under({"examples", "tests/golden/run", "tests/golden/constructs"})) {
            out.push_back(*decode_image(bytes));
        }
        return out;
    }();
    return all;
}

}  // namespace

std::vector<std::string> seeds() {
    std::vector<std::string> out;
    for (std::uint16_t program = 0; program < programs().size(); ++program) {
        for (std::uint16_t what = 0; what < 16; ++what) {
            ByteWriter one;
            one.u16(program);
            for (const std::uint16_t number : {what, program, what, std::uint16_t{7}})
                one.u16(number);
            one.u32(program * 7919U + what);
            out.push_back(one.take());
        }
    }
    return out;
}

std::vector<std::string> dictionary() {
    return {std::string(2, '\0'), std::string("\1\0", 2), std::string("\5\0", 2),
            std::string("\x0F\0\0\0", 4), "\xFF\xFF\xFF\xFF"};
}

}  // namespace weft::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weft;
    const auto& programs = fuzz::programs();
    ByteReader in(fuzz::text_of(data, size));
    Image image = programs[in.u16() % programs.size()];
    for (std::size_t i = 0; i < fuzz::kChangesMax && in.left() >= fuzz::kChangeBytes; ++i) {
        const fuzz::Change change{in.u16(), in.u16(), in.u16(), in.u16(), in.u32()};
        fuzz::apply(image, change);
    }
    const auto bytes = encode_image(image);
    const auto decoded = decode_image(bytes);
    // What no image can be, such as an opcode that there is not, is refused by the reader already.
    if (decoded) WEFT_CHECK(encode_image(*decoded) == bytes);
    if (!decoded || !verify_image(*decoded)) return 0;
    WEFT_CHECK(!disassemble(*decoded).empty());
    fuzz::play_image(std::make_shared<const Image>(std::move(*decoded)));
    return 0;
}
