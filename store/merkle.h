// The tree of RFC 6962 over leaf hashes, cut into tiles: 256 hashes of one level make a tile, whose
// root is one hash of the level above. Full tiles are stored; the right edge is at most 255 hashes
// a level and is rebuilt from the last records. Pure functions; no file, no SQL. The hashes of leaf
// and node are bytecode/record.h's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace weft::store {

constexpr std::uint64_t kTileWidth = 256;
// Levels of tiles that a tree with 64-bit leaf numbers can have; 8 * level never reaches 64.
constexpr std::uint32_t kTileLevels = 7;

Hash empty_root();
// Root over perfect subtrees of one size, left to right; the last may be smaller.
Hash fold(const std::vector<Hash>& hashes);

struct Tile {
    std::uint32_t level = 0;
    std::uint64_t index = 0;
    Hash root{};
    std::vector<Hash> hashes;  // 256

    [[nodiscard]] std::string hash_bytes() const;
};

// The right edge: what is needed to append and to know the root.
class MerkleEdge {
  public:
    // Tiles that became full are added to `full`.
    void append(const Hash& leaf, std::vector<Tile>& full);
    [[nodiscard]] std::uint64_t size() const { return size_; }
    // Whether so many more leaves make some tile full.
    [[nodiscard]] bool fills_a_tile(std::uint64_t leaves) const {
        return size_ % kTileWidth + leaves >= kTileWidth;
    }
    [[nodiscard]] Hash root() const;
    // The same leaves made them.
    bool operator==(const MerkleEdge& other) const;
    // Hashes of a level that no full tile holds yet.
    [[nodiscard]] const std::vector<Hash>& partial(std::uint32_t level) const;
    [[nodiscard]] std::uint32_t levels() const { return static_cast<std::uint32_t>(open_.size()); }

    // For rebuilding: the partial hashes of each level, lowest first.
    static MerkleEdge restore(std::uint64_t size, std::vector<std::vector<Hash>> partials);

  private:
    std::vector<std::vector<Hash>> open_;
    std::uint64_t size_ = 0;
};

// The hash of the perfect subtree of 256^level leaves with this index, in a tree that has it whole.
using HashSource = std::function<Result<Hash>(std::uint32_t level, std::uint64_t index)>;

Result<Hash> tree_root(std::uint64_t size, const HashSource& source);
Result<std::vector<Hash>> inclusion_proof(std::uint64_t leaf, std::uint64_t size,
                                          const HashSource& source);
Result<std::vector<Hash>> consistency_proof(std::uint64_t from, std::uint64_t to,
                                            const HashSource& source);
// Proves many leaves (ascending, each once) at once: the hashes of the largest subtrees that hold
// none of them, from left to right. For one leaf these are the hashes of its inclusion proof.
Result<std::vector<Hash>> cover_proof(const std::vector<std::uint64_t>& leaves, std::uint64_t size,
                                      const HashSource& source);
// The root that leaves and proof give; none when they don't fit each other exactly.
std::optional<Hash> cover_root(const std::vector<std::uint64_t>& leaves,
                               const std::vector<Hash>& hashes, std::uint64_t size,
                               const std::vector<Hash>& proof);

bool check_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size,
                     const std::vector<Hash>& proof, const Hash& root);
bool check_consistency(std::uint64_t from, std::uint64_t to, const Hash& from_root,
                       const Hash& to_root, const std::vector<Hash>& proof);

}  // namespace weft::store
