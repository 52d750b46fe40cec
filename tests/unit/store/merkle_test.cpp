// The tree against a recomputation by the definition in RFC 6962, for every size to 600 and, above
// a whole level of tiles, for some.
#include "store/merkle.h"
#include "bytecode/record.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/hash.h"

namespace weft::store {
namespace {

// RFC 6962, 2.1, word for word.
Hash naive_root(const std::vector<Hash>& leaves, std::size_t begin, std::size_t end) {
    if (begin == end) return sha256({});
    if (end - begin == 1) return leaves[begin];
    std::size_t k = 1;
    while (k * 2 < end - begin) k *= 2;
    return node_hash(naive_root(leaves, begin, begin + k), naive_root(leaves, begin + k, end));
}

struct Grown {
    std::vector<Hash> leaves;
    std::vector<std::vector<Hash>> levels;  // every perfect hash of 256^level leaves
    MerkleEdge edge;

    void grow(std::size_t count) {
        levels.resize(3);
        for (std::size_t i = 0; i < count; ++i) {
            leaves.push_back(leaf_hash("record " + std::to_string(leaves.size())));
            levels[0].push_back(leaves.back());
            std::vector<Tile> full;
            edge.append(leaves.back(), full);
            for (const auto& tile : full) {
                EXPECT_EQ(tile.index, levels[tile.level + 1].size());
                EXPECT_EQ(tile.hashes.size(), kTileWidth);
                levels[tile.level + 1].push_back(tile.root);
            }
        }
    }
    [[nodiscard]] HashSource source() const {
        return [this](std::uint32_t level, std::uint64_t index) -> Result<Hash> {
            return levels.at(level).at(index);
        };
    }
};

TEST(Merkle, known_roots) {
    // The tree of one empty leaf and of none, from RFC 9162's reference vectors.
    EXPECT_EQ(to_hex(view(empty_root())),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(to_hex(view(leaf_hash(""))),
              "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

TEST(Merkle, root_of_every_size_to_600) {
    Grown grown;
    EXPECT_EQ(grown.edge.root(), empty_root());
    for (std::size_t n = 1; n <= 600; ++n) {
        grown.grow(1);
        const Hash naive = naive_root(grown.leaves, 0, n);
        ASSERT_EQ(grown.edge.root(), naive) << n;
        ASSERT_EQ(*tree_root(n, grown.source()), naive) << n;
    }
}

TEST(Merkle, inclusion_proofs) {
    Grown grown;
    grown.grow(600);
    for (std::size_t n = 1; n <= 600; n += n < 20 ? 1 : 29) {
        const Hash root = naive_root(grown.leaves, 0, n);
        for (std::size_t i = 0; i < n; i += n < 60 ? 1 : 7) {
            const auto proof = inclusion_proof(i, n, grown.source());
            ASSERT_TRUE(proof);
            ASSERT_TRUE(check_inclusion(grown.leaves[i], i, n, *proof, root)) << i << " of " << n;
            ASSERT_FALSE(check_inclusion(grown.leaves[(i + 1) % 600], i, n, *proof, root));
            if (n > 1) {
                ASSERT_FALSE(check_inclusion(grown.leaves[i], (i + 1) % n, n, *proof, root));
            }
            auto bad = *proof;
            if (!bad.empty()) {
                bad.back()[3] ^= 1;
                ASSERT_FALSE(check_inclusion(grown.leaves[i], i, n, bad, root));
            }
        }
    }
}

TEST(Merkle, consistency_proofs) {
    Grown grown;
    grown.grow(600);
    for (std::size_t n = 1; n <= 600; n += n < 40 ? 1 : 53) {
        const Hash new_root = naive_root(grown.leaves, 0, n);
        for (std::size_t m = 1; m <= n; m += n < 40 ? 1 : 11) {
            const Hash old_root = naive_root(grown.leaves, 0, m);
            const auto proof = consistency_proof(m, n, grown.source());
            ASSERT_TRUE(proof);
            ASSERT_TRUE(check_consistency(m, n, old_root, new_root, *proof)) << m << " to " << n;
            Hash other = old_root;
            other[0] ^= 1;
            ASSERT_FALSE(check_consistency(m, n, other, new_root, *proof)) << m << " to " << n;
        }
    }
}

TEST(Merkle, cover_proofs) {
    Grown grown;
    grown.grow(300);
    for (std::size_t n = 1; n <= 300; n += n < 14 ? 1 : 41) {
        const Hash root = naive_root(grown.leaves, 0, n);
        // Every subset of a small tree, some of a larger one.
        const std::size_t subsets = n < 10 ? std::size_t{1} << n : 60;
        for (std::size_t s = 1; s < subsets; ++s) {
            std::vector<std::uint64_t> leaves;
            std::vector<Hash> hashes;
            for (std::size_t i = 0; i < n; ++i) {
                const bool chosen = n < 10 ? ((s >> i) & 1) != 0 : (i * 7919 + s) % (s + 2) == 0;
                if (!chosen) continue;
                leaves.push_back(i);
                hashes.push_back(grown.leaves[i]);
            }
            if (leaves.empty()) continue;
            const auto proof = cover_proof(leaves, n, grown.source());
            ASSERT_TRUE(proof);
            ASSERT_EQ(cover_root(leaves, hashes, n, *proof), root) << n << " " << s;
            if (leaves.size() == 1) {
                auto path = *inclusion_proof(leaves[0], n, grown.source());
                auto cover = *proof;
                std::sort(path.begin(), path.end());
                std::sort(cover.begin(), cover.end());
                ASSERT_EQ(path, cover);
            }
            auto longer = *proof;
            longer.push_back(root);
            ASSERT_FALSE(cover_root(leaves, hashes, n, longer));
            if (!proof->empty()) {
                auto shorter = *proof;
                shorter.pop_back();
                ASSERT_FALSE(cover_root(leaves, hashes, n, shorter));
            }
            hashes.back()[1] ^= 1;
            ASSERT_NE(cover_root(leaves, hashes, n, *proof), root);
        }
    }
    EXPECT_FALSE(cover_proof({3, 3}, 9, grown.source()));
    EXPECT_FALSE(cover_proof({9}, 9, grown.source()));
    EXPECT_FALSE(cover_proof({}, 9, grown.source()));
}

TEST(Merkle, edges_are_equal_when_the_same_leaves_made_them) {
    Grown one;
    Grown other;
    one.grow(300);
    other.grow(300);
    EXPECT_EQ(one.edge, other.edge);
    EXPECT_EQ(one.edge, MerkleEdge::restore(300, {one.edge.partial(0), one.edge.partial(1), {}}));
    auto partial = one.edge.partial(0);
    partial.back()[31] ^= 1;
    EXPECT_NE(one.edge, MerkleEdge::restore(300, {partial, one.edge.partial(1)}));
    other.grow(1);
    EXPECT_NE(one.edge, other.edge);
}

TEST(Merkle, two_levels_of_tiles) {
    Grown grown;
    grown.grow(256 * 256 + 300);
    const std::size_t n = grown.leaves.size();
    EXPECT_EQ(grown.edge.root(), naive_root(grown.leaves, 0, n));
    const auto proof = inclusion_proof(70, n, grown.source());
    ASSERT_TRUE(proof);
    EXPECT_TRUE(check_inclusion(grown.leaves[70], 70, n, *proof, grown.edge.root()));
    const auto grew = consistency_proof(65'000, n, grown.source());
    ASSERT_TRUE(grew);
    EXPECT_TRUE(check_consistency(65'000, n, naive_root(grown.leaves, 0, 65'000), grown.edge.root(),
                                  *grew));
}

}  // namespace
}  // namespace weft::store
