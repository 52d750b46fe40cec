#include "tests/fuzz/mutate.h"

#include <algorithm>
#include <array>

namespace weft::fuzz {

namespace {

void change(std::string& text, const std::vector<std::string>& seeds,
            const std::vector<std::string>& dictionary, Random& random) {
    static constexpr std::array<unsigned char, 8> kEdges = {0, 1, 0x7F, 0x80, 0xFF, '"', '{', '\n'};
    const auto at = random.below(text.size() + 1);
    const auto length = std::min(text.size() - at, 1 + random.below(32));
    switch (random.below(9)) {
        case 0:
            if (at < text.size()) {
                text[at] = static_cast<char>(text[at] ^ static_cast<char>(1U << random.below(8)));
            }
            break;
        case 1:
            if (at < text.size()) text[at] = static_cast<char>(random.below(256));
            break;
        case 2:
            text.erase(at, length);
            break;
        case 3:
            text.insert(at, text.substr(at, length));
            break;
        case 4:
            if (!seeds.empty()) {
                const auto& other = seeds[random.below(seeds.size())];
                const auto from = random.below(other.size() + 1);
                text.insert(at, other.substr(from, 1 + random.below(128)));
            }
            break;
        case 5:
            if (!dictionary.empty()) text.insert(at, dictionary[random.below(dictionary.size())]);
            break;
        case 6: {
            // One draw after the other: compilers differ in which argument comes first.
            const auto edge = static_cast<char>(kEdges[random.below(kEdges.size())]);
            text.insert(at, 1 + random.below(8), edge);
            break;
        }
        case 7:
            if (random.below(8) == 0) text.resize(at);
            break;
        default:
            for (std::size_t i = at; i < at + std::min<std::size_t>(length, 8); ++i) {
                text[i] = static_cast<char>(kEdges[random.below(kEdges.size())]);
            }
    }
}

}  // namespace

std::uint64_t Random::next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
}

std::string mutate(const std::vector<std::string>& seeds,
                   const std::vector<std::string>& dictionary, std::size_t longest,
                   Random& random) {
    std::string text = seeds.empty() ? std::string() : seeds[random.below(seeds.size())];
    const auto changes = 1 + random.below(4);
    for (std::size_t i = 0; i < changes; ++i) change(text, seeds, dictionary, random);
    if (text.size() > longest) text.resize(longest);
    return text;
}

}  // namespace weft::fuzz
