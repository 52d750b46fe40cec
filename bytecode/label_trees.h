// Labels of a value, in the shape of the value: which of Pii, Secret and Untrusted stand around it,
// and which around each of its parts. What the verifier knows of a register instead of its value.
// Trees are made once each and named by number. It knows no instruction.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "value/type.h"

namespace weft::verify {

using Labels = std::uint8_t;  // bits, one a LabelKind
inline constexpr Labels kPii = 1U << static_cast<unsigned>(LabelKind::Pii);
inline constexpr Labels kSecret = 1U << static_cast<unsigned>(LabelKind::Secret);
inline constexpr Labels kUntrusted = 1U << static_cast<unsigned>(LabelKind::Untrusted);

// Which part of a value: a field of a record, all elements of a list, all values of a map, or, by
// the number of its case, a field of an enum's case.
struct PartKey {
    static constexpr std::uint32_t kRecord = 0xFFFF'FFFF;
    static constexpr std::uint32_t kElement = 0xFFFF'FFFE;
    static constexpr std::uint32_t kMapValue = 0xFFFF'FFFD;

    std::uint32_t of = kRecord;
    std::uint32_t number = 0;

    auto operator<=>(const PartKey&) const = default;
};

using LabelTree = std::uint32_t;
inline constexpr LabelTree kNoLabels = 0;  // none, anywhere

class LabelTrees {
  public:
    using Parts = std::vector<std::pair<PartKey, LabelTree>>;

    LabelTrees();

    LabelTree leaf(Labels around);
    // Parts in any order; a key that comes twice is joined.
    LabelTree node(Labels around, Parts parts);
    LabelTree one_part(Labels around, PartKey key, LabelTree part);
    LabelTree of_type(const TypeTable& types, TypeId type);

    [[nodiscard]] Labels around(LabelTree tree) const { return nodes_[tree].around; }
    // Around it and around every part.
    [[nodiscard]] Labels all(LabelTree tree) const { return nodes_[tree].all; }
    [[nodiscard]] const Parts& parts(LabelTree tree) const { return nodes_[tree].parts; }

    LabelTree join(LabelTree a, LabelTree b);
    LabelTree with(LabelTree tree, Labels labels);     // around it
    LabelTree without(LabelTree tree, Labels labels);  // around it and every part

    // What is read out of a value carries what stands around the value.
    LabelTree field(LabelTree tree, std::uint32_t number);  // of a record, or of whatever case
    LabelTree element(LabelTree tree, std::optional<std::uint32_t> index);
    LabelTree map_value(LabelTree tree);

    // As one case, or as any but that.
    LabelTree only_case(LabelTree tree, std::uint32_t number);
    LabelTree except_case(LabelTree tree, std::uint32_t number);
    // A record whose fields may be those of any case.
    LabelTree as_record(LabelTree tree);

    // A hostile image could ask for more trees than there is memory for: nothing is to be believed
    // of the answers then.
    [[nodiscard]] bool is_exhausted() const { return is_exhausted_; }

  private:
    struct Node {
        Labels around = 0;
        Labels all = 0;
        std::uint32_t depth = 1;
        Parts parts;
    };

    LabelTree add(Labels around, Parts parts);
    template <typename Keep>
    LabelTree part_of(LabelTree tree, Keep keep);
    template <typename Keep>
    LabelTree keep_parts(LabelTree tree, Keep keep);

    std::vector<Node> nodes_;
    std::map<std::pair<Labels, Parts>, LabelTree> by_content_;
    std::map<TypeId, LabelTree> by_type_;
    std::map<std::pair<LabelTree, LabelTree>, LabelTree> joined_;
    std::map<std::pair<LabelTree, Labels>, LabelTree> without_;
    bool is_exhausted_ = false;
};

}  // namespace weft::verify
