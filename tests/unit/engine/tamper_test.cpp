// Every single-bit flip of three bundles is refused, and by more than the seal wherever something
// else covers the bit. tests/e2e/evidence_test.py holds the independent verifier against the same
// files. WEFT_TAMPER_ALL=1 tries every bit of each; else those of the smallest, and a part, drawn
// by a fixed seed, of the others.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "engine/bundle_check.h"

namespace weft::engine {
namespace {

std::vector<std::string> bundles() {
    std::vector<std::string> out;
    const auto folder = std::filesystem::path(WEFT_SOURCE_DIR) / "tests/frozen/bundles";
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        std::ifstream in(file.path(), std::ios::binary);
        std::stringstream bytes;
        bytes << in.rdbuf();
        out.push_back(bytes.str());
    }
    std::ranges::sort(out, {}, &std::string::size);
    return out;
}

// Offsets of bytes that nothing but the seal covers: sources of programs, states of payloads, and
// the seal itself.
std::set<std::size_t> sealed_alone(const std::string& bytes) {
    std::set<std::size_t> out;
    std::size_t at = 14;
    while (at < bytes.size()) {
        const std::string name = bytes.substr(at, 4);
        ByteReader head(std::string_view(bytes).substr(at + 4, 8));
        const auto size = static_cast<std::size_t>(head.u64());
        const std::size_t content = at + 12;
        const auto whole = std::string_view(bytes).substr(content, size);
        if (name == "prog") {
            ByteReader in(whole);
            for (auto i = content + 8 + in.u64(); i < content + size; ++i) out.insert(i);
        }
        if (name == "seal") {
            for (auto i = at; i < content + size; ++i) out.insert(i);
        }
        ByteReader in(name == "recs" ? whole : std::string_view());
        while (in.left() > 0) {
            in.u64();
            in.raw(in.u16());
            out.insert(content + size - in.left());
            if (in.u8() == 1) {
                in.raw(16);
                in.raw(static_cast<std::size_t>(in.u64()));
            }
        }
        at = content + size;
    }
    return out;
}

bool is_refused_by_more_than_the_seal(const Result<BundleReport>& report) {
    if (!report) return true;
    return std::ranges::any_of(report->findings, [](const auto& f) { return f.table != "seal"; });
}

TEST(Tamper, EverySingleBit) {
    const auto all = bundles();
    ASSERT_EQ(all.size(), 3);
    const bool every = std::getenv("WEFT_TAMPER_ALL") != nullptr;
    constexpr std::size_t kDrawn = 20'000;
    for (const auto& original : all) {
        auto sound = check_bundle(original, {});
        ASSERT_TRUE(sound) << sound.error().message;
        ASSERT_TRUE(sound->findings.empty()) << sound->findings.front().what;
        const auto alone = sealed_alone(original);
        std::vector<std::size_t> bits(original.size() * 8);
        for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = i;
        if (!every && bits.size() > kDrawn) {
            std::mt19937 draw(20260117);
            std::ranges::shuffle(bits, draw);
            bits.resize(kDrawn);
        }
        std::string bytes = original;
        for (const auto bit : bits) {
            const auto mask = static_cast<char>(1 << (bit % 8));
            bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
            const auto report = check_bundle(bytes, {"", "", 2});
            ASSERT_TRUE(!report || !report->findings.empty()) << "bit " << bit;
            if (!alone.contains(bit / 8)) {
                ASSERT_TRUE(is_refused_by_more_than_the_seal(report)) << "bit " << bit;
            }
            bytes[bit / 8] = original[bit / 8];
        }
    }
}

TEST(Tamper, CutAnywhere) {
    for (const auto& original : bundles()) {
        for (std::size_t size = 0; size < original.size(); size += 1 + size / 97) {
            const auto report = check_bundle(original.substr(0, size), {});
            ASSERT_FALSE(report) << size;
        }
        EXPECT_FALSE(check_bundle(original + "x", {}));
    }
}

}  // namespace
}  // namespace weft::engine
