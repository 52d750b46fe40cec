#include "store/merkle.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "base/hash.h"
#include "bytecode/record.h"

namespace weft::store {

namespace {

// The largest power of two below n (n > 1): where RFC 6962 splits a tree.
std::uint64_t split_point(std::uint64_t n) {
    return std::bit_floor(n - 1);
}

Hash fold_range(const std::vector<Hash>& hashes, std::size_t begin, std::size_t end) {
    if (end - begin == 1) return hashes[begin];
    const std::size_t middle = begin + split_point(end - begin);
    return node_hash(fold_range(hashes, begin, middle), fold_range(hashes, middle, end));
}

// Hash of the leaves [begin, end), where begin is aligned to the subtree that RFC 6962 makes there.
Result<Hash> range_hash(std::uint64_t begin, std::uint64_t end, const HashSource& source) {
    const std::uint64_t count = end - begin;
    WEFT_CHECK(count > 0);
    if (!std::has_single_bit(count)) {
        const std::uint64_t middle = begin + split_point(count);
        WEFT_TRY(left, range_hash(begin, middle, source));
        WEFT_TRY(right, range_hash(middle, end, source));
        return node_hash(left, right);
    }
    const auto height = static_cast<std::uint32_t>(std::countr_zero(count));
    const std::uint32_t level = height / 8;
    const std::uint64_t width = std::uint64_t{1} << (height % 8);
    const std::uint64_t first = begin >> (8 * level);
    std::vector<Hash> parts;
    parts.reserve(width);
    for (std::uint64_t i = 0; i < width; ++i) {
        WEFT_TRY(part, source(level, first + i));
        parts.push_back(part);
    }
    return fold(parts);
}

Result<void> inclusion_path(std::uint64_t leaf, std::uint64_t begin, std::uint64_t end,
                            const HashSource& source, std::vector<Hash>& out) {
    if (end - begin == 1) return {};
    const std::uint64_t middle = begin + split_point(end - begin);
    const bool left = leaf < middle;
    WEFT_TRY_VOID(inclusion_path(leaf, left ? begin : middle, left ? middle : end, source, out));
    WEFT_TRY(sibling, range_hash(left ? middle : begin, left ? end : middle, source));
    out.push_back(sibling);
    return {};
}

// SUBPROOF of RFC 6962 2.1.2; `whole` while the old tree is a subtree that its owner knows.
Result<void> consistency_path(std::uint64_t from, std::uint64_t begin, std::uint64_t end,
                              bool whole, const HashSource& source, std::vector<Hash>& out) {
    if (from == end) {
        if (!whole) {
            WEFT_TRY(hash, range_hash(begin, end, source));
            out.push_back(hash);
        }
        return {};
    }
    const std::uint64_t middle = begin + split_point(end - begin);
    if (from <= middle) {
        WEFT_TRY_VOID(consistency_path(from, begin, middle, whole, source, out));
        WEFT_TRY(right, range_hash(middle, end, source));
        out.push_back(right);
        return {};
    }
    WEFT_TRY_VOID(consistency_path(from, middle, end, false, source, out));
    WEFT_TRY(left, range_hash(begin, middle, source));
    out.push_back(left);
    return {};
}

using LeafAt = std::vector<std::uint64_t>::const_iterator;

Result<void> cover_path(LeafAt first, LeafAt last, std::uint64_t begin, std::uint64_t end,
                        const HashSource& source, std::vector<Hash>& out) {
    if (first == last) {
        WEFT_TRY(hash, range_hash(begin, end, source));
        out.push_back(hash);
        return {};
    }
    if (end - begin == 1) return {};
    const std::uint64_t middle = begin + split_point(end - begin);
    const auto split = std::lower_bound(first, last, middle);
    WEFT_TRY_VOID(cover_path(first, split, begin, middle, source, out));
    return cover_path(split, last, middle, end, source, out);
}

// Takes leaves and proof from the left, as cover_path gave them.
class CoverFold {
  public:
    CoverFold(const std::vector<std::uint64_t>& leaves, const std::vector<Hash>& hashes,
              const std::vector<Hash>& proof)
        : leaves_(leaves), hashes_(hashes), proof_(proof) {}

    std::optional<Hash> fold(std::uint64_t begin, std::uint64_t end) {
        if (leaf_ == leaves_.size() || leaves_[leaf_] >= end) {
            if (used_ == proof_.size()) return std::nullopt;
            return proof_[used_++];
        }
        if (end - begin == 1) return hashes_[leaf_++];
        const std::uint64_t middle = begin + split_point(end - begin);
        const auto left = fold(begin, middle);
        const auto right = left ? fold(middle, end) : std::nullopt;
        return right ? std::optional(node_hash(*left, *right)) : std::nullopt;
    }
    [[nodiscard]] bool at_end() const { return leaf_ == leaves_.size() && used_ == proof_.size(); }

  private:
    const std::vector<std::uint64_t>& leaves_;
    const std::vector<Hash>& hashes_;
    const std::vector<Hash>& proof_;
    std::size_t leaf_ = 0;
    std::size_t used_ = 0;
};

}  // namespace

Hash empty_root() {
    return sha256({});
}

Hash fold(const std::vector<Hash>& hashes) {
    return hashes.empty() ? empty_root() : fold_range(hashes, 0, hashes.size());
}

std::string Tile::hash_bytes() const {
    std::string out;
    out.reserve(hashes.size() * 32);
    for (const Hash& hash : hashes) out.append(view(hash));
    return out;
}

void MerkleEdge::append(const Hash& leaf, std::vector<Tile>& full) {
    Hash hash = leaf;
    ++size_;
    for (std::uint32_t level = 0;; ++level) {
        if (level == open_.size()) open_.emplace_back().reserve(kTileWidth);
        auto& partial = open_[level];
        partial.push_back(hash);
        if (partial.size() < kTileWidth) return;
        Tile tile{level, (size_ >> (8 * (level + 1))) - 1, fold(partial), std::move(partial)};
        partial = {};
        partial.reserve(kTileWidth);
        hash = tile.root;
        full.push_back(std::move(tile));
    }
}

Hash MerkleEdge::root() const {
    if (size_ == 0) return empty_root();
    // From below: the smaller tail of each level is the last, incomplete part of the one above.
    std::vector<Hash> parts;
    for (const auto& partial : open_) {
        std::vector<Hash> above = partial;
        if (!parts.empty()) above.push_back(fold(parts));
        parts = std::move(above);
    }
    return fold(parts);
}

bool MerkleEdge::operator==(const MerkleEdge& other) const {
    if (size_ != other.size_) return false;
    // One that was restored may know of a level that is empty still.
    const auto levels = std::max(open_.size(), other.open_.size());
    for (std::uint32_t level = 0; level < levels; ++level) {
        if (partial(level) != other.partial(level)) return false;
    }
    return true;
}

const std::vector<Hash>& MerkleEdge::partial(std::uint32_t level) const {
    static const std::vector<Hash> none;
    return level < open_.size() ? open_[level] : none;
}

MerkleEdge MerkleEdge::restore(std::uint64_t size, std::vector<std::vector<Hash>> partials) {
    MerkleEdge edge;
    edge.size_ = size;
    edge.open_ = std::move(partials);
    return edge;
}

Result<Hash> tree_root(std::uint64_t size, const HashSource& source) {
    if (size == 0) return empty_root();
    return range_hash(0, size, source);
}

Result<std::vector<Hash>> inclusion_proof(std::uint64_t leaf, std::uint64_t size,
                                          const HashSource& source) {
    if (leaf >= size) return fail(ErrorKind::Usage, "the leaf is not in a tree of that size");
    std::vector<Hash> out;
    WEFT_TRY_VOID(inclusion_path(leaf, 0, size, source, out));
    return out;
}

Result<std::vector<Hash>> consistency_proof(std::uint64_t from, std::uint64_t to,
                                            const HashSource& source) {
    if (from > to) return fail(ErrorKind::Usage, "the first tree is larger than the second");
    std::vector<Hash> out;
    if (from == 0 || from == to) return out;
    WEFT_TRY_VOID(consistency_path(from, 0, to, true, source, out));
    return out;
}

Result<std::vector<Hash>> cover_proof(const std::vector<std::uint64_t>& leaves, std::uint64_t size,
                                      const HashSource& source) {
    const bool ascending =
        std::adjacent_find(leaves.begin(), leaves.end(), std::greater_equal<>()) == leaves.end();
    if (leaves.empty() || !ascending || leaves.back() >= size) {
        return fail(ErrorKind::Usage, "these are no leaves of a tree of that size");
    }
    std::vector<Hash> out;
    WEFT_TRY_VOID(cover_path(leaves.begin(), leaves.end(), 0, size, source, out));
    return out;
}

std::optional<Hash> cover_root(const std::vector<std::uint64_t>& leaves,
                               const std::vector<Hash>& hashes, std::uint64_t size,
                               const std::vector<Hash>& proof) {
    const bool ascending =
        std::adjacent_find(leaves.begin(), leaves.end(), std::greater_equal<>()) == leaves.end();
    const bool fits = !leaves.empty() && leaves.size() == hashes.size() && ascending;
    if (!fits || leaves.back() >= size) return std::nullopt;
    CoverFold cover(leaves, hashes, proof);
    const auto root = cover.fold(0, size);
    return cover.at_end() ? root : std::nullopt;
}

// RFC 9162, 2.1.3.2.
bool check_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size,
                     const std::vector<Hash>& proof, const Hash& root) {
    if (index >= size) return false;
    std::uint64_t fn = index;
    std::uint64_t sn = size - 1;
    Hash hash = leaf;
    for (const Hash& part : proof) {
        if (sn == 0) return false;
        if ((fn & 1) != 0 || fn == sn) {
            hash = node_hash(part, hash);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            hash = node_hash(hash, part);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && hash == root;
}

// RFC 9162, 2.1.4.2.
bool check_consistency(std::uint64_t from, std::uint64_t to, const Hash& from_root,
                       const Hash& to_root, const std::vector<Hash>& proof) {
    if (from > to) return false;
    if (from == to) return proof.empty() && from_root == to_root;
    if (from == 0) return proof.empty() && from_root == empty_root();
    std::vector<Hash> path = proof;
    if (std::has_single_bit(from)) path.insert(path.begin(), from_root);
    if (path.empty()) return false;
    std::uint64_t fn = from - 1;
    std::uint64_t sn = to - 1;
    while ((fn & 1) != 0) {
        fn >>= 1;
        sn >>= 1;
    }
    Hash old_hash = path.front();
    Hash new_hash = path.front();
    for (std::size_t i = 1; i < path.size(); ++i) {
        if (sn == 0) return false;
        if ((fn & 1) != 0 || fn == sn) {
            old_hash = node_hash(path[i], old_hash);
            new_hash = node_hash(path[i], new_hash);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            new_hash = node_hash(new_hash, path[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && old_hash == from_root && new_hash == to_root;
}

}  // namespace weft::store
