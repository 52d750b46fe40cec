#include "bytecode/label_trees.h"

#include <algorithm>

namespace weft::verify {
namespace {

// Deeper parts are told together: what stands around any of them stands around the whole.
constexpr std::uint32_t kLabelDepthMax = 64;
constexpr std::size_t kLabelTreesMax = 500'000;
constexpr std::size_t kLabelPartsMax = 4'096;  // of one tree

bool is_case(const PartKey& key) {
    return key.of < PartKey::kMapValue;
}

}  // namespace

LabelTrees::LabelTrees() {
    nodes_.emplace_back();
    by_content_.emplace(std::pair(Labels{0}, Parts{}), kNoLabels);
}

LabelTree LabelTrees::add(Labels around, Parts parts) {
    Node node;
    node.around = around;
    node.all = around;
    for (const auto& [key, part] : parts) {
        node.all |= nodes_[part].all;
        node.depth = std::max(node.depth, nodes_[part].depth + 1);
    }
    if (node.depth > kLabelDepthMax || parts.size() > kLabelPartsMax) {
        return add(node.all, {});
    }
    const auto [found, is_new] =
        by_content_.try_emplace(std::pair(around, parts), static_cast<LabelTree>(nodes_.size()));
    if (!is_new) return found->second;
    if (nodes_.size() >= kLabelTreesMax) is_exhausted_ = true;
    node.parts = std::move(parts);
    nodes_.push_back(std::move(node));
    return found->second;
}

LabelTree LabelTrees::leaf(Labels around) {
    return add(around, {});
}

LabelTree LabelTrees::node(Labels around, Parts parts) {
    std::erase_if(parts, [](const auto& part) { return part.second == kNoLabels; });
    std::ranges::stable_sort(parts, {}, &Parts::value_type::first);
    Parts merged;
    for (const auto& [key, part] : parts) {
        if (!merged.empty() && merged.back().first == key) {
            merged.back().second = join(merged.back().second, part);
        } else {
            merged.emplace_back(key, part);
        }
    }
    return add(around, std::move(merged));
}

LabelTree LabelTrees::one_part(Labels around, PartKey key, LabelTree part) {
    if (part == kNoLabels) return leaf(around);
    return add(around, {{key, part}});
}

LabelTree LabelTrees::of_type(const TypeTable& types, TypeId type) {
    if (!type.has_value()) return kNoLabels;
    const auto known = by_type_.find(type);
    if (known != by_type_.end()) return known->second;
    const Type& t = types[type];
    Parts parts;
    for (std::uint32_t i = 0; i < t.fields.size() && t.kind == TypeKind::Record; ++i) {
        parts.emplace_back(PartKey{PartKey::kRecord, i}, of_type(types, t.fields[i].type));
    }
    for (std::uint32_t k = 0; k < t.cases.size(); ++k) {
        for (std::uint32_t i = 0; i < t.cases[k].fields.size(); ++i) {
            parts.emplace_back(PartKey{k, i}, of_type(types, t.cases[k].fields[i].type));
        }
    }
    LabelTree out = kNoLabels;
    switch (t.kind) {
        case TypeKind::Labelled:
            out = with(of_type(types, t.element),
                       static_cast<Labels>(1U << static_cast<unsigned>(t.label)));
            break;
        case TypeKind::List:
            out = one_part(0, {PartKey::kElement, 0}, of_type(types, t.element));
            break;
        case TypeKind::Map:
            out = one_part(0, {PartKey::kMapValue, 0}, of_type(types, t.element));
            break;
        case TypeKind::Optional:
        case TypeKind::Refined:
            out = of_type(types, t.element);
            break;
        default:  // a prompt's labels are those of its text, which its type does not have
            out = node(0, std::move(parts));
            break;
    }
    by_type_.emplace(type, out);
    return out;
}

LabelTree LabelTrees::join(LabelTree a, LabelTree b) {
    if (a == b || b == kNoLabels) return a;
    if (a == kNoLabels) return b;
    if (a > b) std::swap(a, b);
    const auto known = joined_.find({a, b});
    if (known != joined_.end()) return known->second;
    Parts parts;
    const Parts left = nodes_[a].parts;
    const Parts right = nodes_[b].parts;
    auto x = left.begin();
    auto y = right.begin();
    while (x != left.end() || y != right.end()) {
        if (y == right.end() || (x != left.end() && x->first < y->first)) {
            parts.push_back(*x++);
        } else if (x == left.end() || y->first < x->first) {
            parts.push_back(*y++);
        } else {
            parts.emplace_back(x->first, join(x->second, y->second));
            ++x;
            ++y;
        }
    }
    const auto out = add(nodes_[a].around | nodes_[b].around, std::move(parts));
    joined_.emplace(std::pair(a, b), out);
    return out;
}

LabelTree LabelTrees::with(LabelTree tree, Labels labels) {
    const auto around = static_cast<Labels>(nodes_[tree].around | labels);
    return around == nodes_[tree].around ? tree : add(around, nodes_[tree].parts);
}

LabelTree LabelTrees::without(LabelTree tree, Labels labels) {
    if ((nodes_[tree].all & labels) == 0) return tree;
    const auto known = without_.find({tree, labels});
    if (known != without_.end()) return known->second;
    Parts parts = nodes_[tree].parts;
    for (auto& [key, part] : parts) part = without(part, labels);
    const auto out = node(static_cast<Labels>(nodes_[tree].around & ~labels), std::move(parts));
    without_.emplace(std::pair(tree, labels), out);
    return out;
}

// The parts that `keep` takes, as one.
template <typename Keep>
LabelTree LabelTrees::part_of(LabelTree tree, Keep keep) {
    LabelTree out = kNoLabels;
    const Parts parts = nodes_[tree].parts;
    for (const auto& [key, part] : parts) {
        if (keep(key)) out = join(out, part);
    }
    return with(out, nodes_[tree].around);
}

LabelTree LabelTrees::field(LabelTree tree, std::uint32_t number) {
    return part_of(tree, [&](const PartKey& key) {
        return key.number == number && (key.of == PartKey::kRecord || is_case(key));
    });
}

LabelTree LabelTrees::element(LabelTree tree, std::optional<std::uint32_t> index) {
    return part_of(tree, [&](const PartKey& key) {
        if (key.of != PartKey::kRecord) return !is_case(key);
        return !index || key.number == *index;
    });
}

LabelTree LabelTrees::map_value(LabelTree tree) {
    return part_of(tree, [](const PartKey& key) { return key.of == PartKey::kMapValue; });
}

template <typename Keep>
LabelTree LabelTrees::keep_parts(LabelTree tree, Keep keep) {
    Parts parts = nodes_[tree].parts;
    const auto before = parts.size();
    std::erase_if(parts, [&](const auto& part) { return !keep(part.first); });
    return parts.size() == before ? tree : add(nodes_[tree].around, std::move(parts));
}

LabelTree LabelTrees::only_case(LabelTree tree, std::uint32_t number) {
    return keep_parts(tree, [&](const PartKey& key) { return !is_case(key) || key.of == number; });
}

LabelTree LabelTrees::except_case(LabelTree tree, std::uint32_t number) {
    return keep_parts(tree, [&](const PartKey& key) { return !is_case(key) || key.of != number; });
}

LabelTree LabelTrees::as_record(LabelTree tree) {
    Parts parts = nodes_[tree].parts;
    for (auto& [key, part] : parts) {
        if (is_case(key)) key.of = PartKey::kRecord;
    }
    return node(nodes_[tree].around, std::move(parts));
}

}  // namespace weft::verify
