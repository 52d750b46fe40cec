#include <gtest/gtest.h>

#include <random>

#include "bytecode/opcode_info.h"
#include "tests/support/image_builder.h"

namespace weft {
namespace {

using testing::ImageBuilder;

// A little of everything that an image can hold.
ImageBuilder sample() {
    ImageBuilder b;
    auto& types = b.image.types;
    const auto list = types.add(testing::make_type(TypeKind::List, b.text));
    const auto prompt = types.add(testing::make_type(TypeKind::Prompt, b.text));
    b.image.prompts.push_back({"brief_of", Hash{1, 2, 3}, prompt});
    const auto worker = b.worker("pay.charge", EffectClass::Once);
    b.image.workers[worker].probe = b.worker("pay.status", EffectClass::Read);
    b.image.workers[worker].fails = {"CardDeclined"};
    b.image.workers[worker].reserve_micros = 20'000;
    b.image.workers[worker].reserve_currency = "USD";
    Policy policy;
    policy.timeout_ms = 5;
    policy.retry_on = {"Timeout"};
    const auto step = b.step("flow.charge", worker, policy);
    b.image.events.push_back({"paid", list});
    b.image.gates.push_back({"flow.quality", {{"x >= 1", ">="}}, {"fail"}});
    b.image.reviews.push_back({"flow.r", "r: x", {"editor"}, 1, 1000, {"x"}, {b.integer}});
    auto pure = b.function("twice", FunctionKind::Pure, 1, 1, 2);
    pure.op(Opcode::Add, 1, 0, 0);
    pure.op(Opcode::Return, 1);
    auto undo = b.function("flow.undo", FunctionKind::Undo, 1, 1, 2);
    undo.call(1, 0, 1, step);
    undo.op(Opcode::Return, 1);
    undo.function().even_in_doubt = true;
    auto flow = b.workflow(1, 2, 4);
    flow.op(Opcode::Call, 1, 0, 1, pure.number());
    flow.call(1, 1, 1, step);
    flow.op(Opcode::UndoPush, 0, 1, 1, undo.number());
    flow.site(Opcode::Emit, SiteKind::Event, 0, 0, 1);
    flow.end(1);
    b.image.workflows[0].tunes = {};
    b.image.workflows[0].has_budget = true;
    b.image.workflows[0].budget_currency = "USD";
    return b;
}

TEST(ImageCodec, DecodesWhatItEncodes) {
    const auto image = sample().image;
    const auto bytes = encode_image(image);
    const auto decoded = decode_image(bytes);
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(encode_image(*decoded), bytes);
    EXPECT_EQ(decoded->functions.back().code, image.functions.back().code);
    EXPECT_EQ(decoded->workers[0].fails, image.workers[0].fails);
    EXPECT_TRUE(verify_image(*decoded));
}

TEST(ImageCodec, HashNamesTheBytes) {
    auto image = sample().image;
    const auto before = image_hash(encode_image(image));
    EXPECT_EQ(image_hash(encode_image(image)), before);
    image.functions[0].code[0].b = 1;
    EXPECT_NE(image_hash(encode_image(image)), before);
}

TEST(ImageCodec, RefusesEveryTruncationAndTrailingBytes) {
    const auto bytes = encode_image(sample().image);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(decode_image(std::string_view(bytes).substr(0, size))) << size;
    }
    EXPECT_FALSE(decode_image(bytes + '\0'));
}

TEST(ImageCodec, RefusesOtherSpellingsOfTheSameImage) {
    auto bytes = encode_image(sample().image);
    // has_budget is the last bool before the budget: 1 may be written in one way only.
    const auto at = bytes.rfind("USD") - 4 - 8 - 1;
    ASSERT_EQ(bytes[at], 1);
    bytes[at] = 2;
    EXPECT_FALSE(decode_image(bytes));
}

TEST(ImageCodec, NoBytesHarmDecoderOrVerifier) {
    const auto bytes = encode_image(sample().image);
    std::mt19937 random(7);
    int decoded = 0;
    for (int round = 0; round < 4'000; ++round) {
        auto broken = bytes;
        const auto changes = 1 + random() % 4;
        for (unsigned i = 0; i < changes; ++i) {
            broken[random() % broken.size()] = static_cast<char>(random());
        }
        const auto image = decode_image(broken);
        if (!image) continue;
        ++decoded;
        (void)verify_image(*image);
        (void)disassemble(*image);
    }
    EXPECT_GT(decoded, 200);  // else the verifier was never reached
}

TEST(Disassembler, ShowsRolesAndNames) {
    const auto text = disassemble(sample().image);
    EXPECT_NE(text.find("workflow 2 flow (1 parameters, 2 slots, 4 registers)"), text.npos) << text;
    EXPECT_NE(text.find("call            r1 [r0 ×1] #0  ; twice"), text.npos) << text;
    EXPECT_NE(text.find("call_step       r1 [r1 ×1] #1  ; flow.charge"), text.npos) << text;
    EXPECT_NE(text.find("even in doubt"), text.npos) << text;
}

TEST(OpcodeTable, NumbersAreUniqueAndFound) {
    for (const auto& info : all_opcodes()) {
        ASSERT_NE(opcode_info(info.op), nullptr);
        EXPECT_EQ(opcode_info(info.op)->name, info.name);
        // An index says which table it is of.
        EXPECT_EQ(info.roles[3] == Role::Index, info.table != Table::None) << info.name;
    }
    EXPECT_EQ(opcode_info(static_cast<Opcode>(255)), nullptr);
    EXPECT_EQ(opcode_info(static_cast<Opcode>(60'000)), nullptr);
    EXPECT_EQ(builtin_info(22)->arguments, 1U);
    EXPECT_EQ(builtin_info(21)->arguments, 3U);
    EXPECT_EQ(builtin_info(0), nullptr);
}

}  // namespace
}  // namespace weft
