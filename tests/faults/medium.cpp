#include "tests/faults/medium.h"

#include <algorithm>
#include <array>

namespace weft::faults {

namespace {

std::string folder_of(const std::string& path) {
    return path.substr(0, path.rfind('/'));
}

std::uint64_t text_sum(const std::string& text) {
    std::uint64_t sum = text.size();
    for (const char letter : text) sum = mix(sum, static_cast<unsigned char>(letter));
    return sum;
}

File empty_file() {
    static const File empty = std::make_shared<const Contents>();
    return empty;
}

}  // namespace

const Image::Name* Image::find(const std::string& path) const {
    const auto found =
        std::ranges::find_if(names, [&](const Name& name) { return name.path == path; });
    return found == names.end() ? nullptr : &*found;
}

File Image::file(const std::string& path) const {
    const auto* name = find(path);
    return name == nullptr || name->inode == kFolder ? nullptr : files[name->inode];
}

std::uint64_t Image::sum() const {
    std::uint64_t all = names.size();
    for (const auto& name : names) {
        const auto contents = name.inode == kFolder ? 1 : files[name.inode]->sum();
        all += mix(text_sum(name.path), contents);
    }
    return all;
}

Policy Policy::draw(Random& random) {
    static constexpr std::array kKinds = {
        Keep::Nothing, Keep::Everything, Keep::Sectors, Keep::Sectors, Keep::Sectors,
        Keep::Calls,   Keep::Until,      Keep::Until,   Keep::Without, Keep::Only};
    static constexpr std::array<std::size_t, 5> kPercents = {50, 90, 10, 97, 3};
    Policy out;
    out.keep = kKinds[random.below(kKinds.size())];
    out.percent = kPercents[random.below(kPercents.size())];
    out.torn = random.below(4) == 0;
    return out;
}

std::string Policy::text() const {
    static constexpr std::array kNames = {"nothing",      "everything",     "sectors", "calls",
                                          "up to a call", "all but a call", "one call"};
    return std::string(kNames[static_cast<std::size_t>(keep)]) + " of " + std::to_string(percent) +
           " %" + (torn ? ", torn" : "") + " kept";
}

// Which of the pending things of one state are there.
class Medium::Choice {
  public:
    Choice(const Medium& medium, const Policy& policy, Random& random)
        : policy_(policy), random_(random) {
        for (const auto& node : medium.nodes_) {
            for (const auto& item : node.pending) see(item.call);
        }
        for (const auto& change : medium.pending_names_) see(change.call);
        if (!calls_.empty()) call_ = calls_[random.below(calls_.size())];
    }
    bool keeps(std::uint32_t call) {
        using Keep = Policy::Keep;
        switch (policy_.keep) {
            case Keep::Nothing:
                return false;
            case Keep::Everything:
                return true;
            case Keep::Sectors:
                return luck();
            case Keep::Calls:
                if (call != last_) is_kept_ = luck();
                last_ = call;
                return is_kept_;
            case Keep::Until:
                return call < call_ || (call == call_ && luck());
            case Keep::Without:
                return call != call_;
            case Keep::Only:
                return call == call_ && luck();
        }
        return false;
    }
    bool tears() { return policy_.torn && random_.below(8) == 0; }

  private:
    bool luck() { return random_.below(100) < policy_.percent; }
    void see(std::uint32_t call) {
        if (calls_.empty() || calls_.back() != call) calls_.push_back(call);
    }

    const Policy& policy_;
    Random& random_;
    std::vector<std::uint32_t> calls_;
    std::uint32_t call_ = 0;
    std::uint32_t last_ = UINT32_MAX;
    bool is_kept_ = false;
};

Medium::Medium(Image start, bool lies) : names_(std::move(start.names)), lies_(lies) {
    nodes_.reserve(start.files.size());
    for (auto& file : start.files) nodes_.push_back({std::move(file), {}});
}

Medium::Node& Medium::node(std::uint32_t inode) {
    while (nodes_.size() <= inode) nodes_.push_back({empty_file(), {}});
    return nodes_[inode];
}

void Medium::put(Contents& contents, const Item& item, Arena& arena) {
    if (item.made == nullptr) {
        contents.resize(item.size, arena);
    } else {
        contents.put(item.sector, item.made);
    }
}

void Medium::change(std::vector<Image::Name>& names, const Operation& operation) {
    const auto forget = [&](const std::string& path) {
        std::erase_if(names, [&](const Image::Name& name) { return name.path == path; });
    };
    switch (operation.kind) {
        case Operation::Kind::Rename:
            forget(operation.path);
            forget(operation.other);
            names.push_back({operation.other, operation.inode});
            break;
        case Operation::Kind::Link:
            forget(operation.path);
            names.push_back({operation.path, operation.inode});
            break;
        default:
            forget(operation.path);
            break;
    }
}

void Medium::apply(const Trace& trace, std::size_t at, Arena& arena) {
    using Kind = Operation::Kind;
    const auto& operation = trace.operations[at];
    const auto call = calls_++;
    switch (operation.kind) {
        // The size first: a sector behind the end of a file is none of it.
        case Kind::Size:
        case Kind::Write: {
            auto& pending = node(operation.inode).pending;
            if (operation.sizes) pending.push_back({call, 0, nullptr, operation.size});
            for (std::uint32_t i = 0; i < operation.count; ++i) {
                const auto* made = trace.sectors[operation.made + i];
                pending.push_back({call, operation.first + i, made, 0});
            }
            break;
        }
        case Kind::Sync: {
            auto& node = this->node(operation.inode);
            if (lies_ || node.pending.empty()) break;
            auto contents = std::make_shared<Contents>(*node.durable);
            for (const auto& item : node.pending) put(*contents, item, arena);
            node.durable = std::move(contents);
            node.pending.clear();
            break;
        }
        case Kind::SyncFailed:
            node(operation.inode).pending.clear();
            break;
        case Kind::Link:
        case Kind::Unlink:
        case Kind::Rename:
            if (operation.inode != kFolder) node(operation.inode);
            pending_names_.push_back({call, operation});
            break;
        case Kind::SyncNames: {
            std::vector<NameChange> left;
            for (auto& one : pending_names_) {
                if (folder_of(one.operation.path) == operation.path) {
                    change(names_, one.operation);
                } else {
                    left.push_back(std::move(one));
                }
            }
            pending_names_ = std::move(left);
            break;
        }
    }
}

Image Medium::after_power_loss(const Policy& policy, Random& random, Arena& arena) const {
    Choice choice(*this, policy, random);
    Image out;
    out.names = names_;
    for (const auto& one : pending_names_) {
        if (choice.keeps(one.call)) change(out.names, one.operation);
    }
    // Without its folder a name is nowhere.
    std::erase_if(out.names, [&](const Image::Name& name) {
        const auto folder = folder_of(name.path);
        return !folder.empty() && out.find(folder) == nullptr;
    });
    out.files.reserve(nodes_.size());
    for (const auto& node : nodes_) {
        if (node.pending.empty() || policy.keep == Policy::Keep::Nothing) {
            out.files.push_back(node.durable);
            continue;
        }
        auto contents = std::make_shared<Contents>(*node.durable);
        std::uint64_t most = contents->size();
        for (const auto& item : node.pending) most = std::max(most, item.size);
        // Sizes and sectors come to the disk by themselves: so the sectors are put into a file of
        // all sizes that it had, which is then cut.
        std::uint64_t size = contents->size();
        contents->resize(most, arena);
        for (const auto& item : node.pending) {
            if (!choice.keeps(item.call)) continue;
            if (item.made == nullptr) {
                if (item.size < size) {
                    contents->resize(item.size, arena);
                    contents->resize(most, arena);
                }
                size = item.size;
            } else if (choice.tears()) {
                const auto* before = contents->sector(item.sector);
                const std::size_t cut = random.below(kSectorBytes);
                Sector* torn = arena.make();
                torn->bytes = before->bytes;
                std::memcpy(torn->bytes.data(), item.made->bytes.data(), cut);
                torn->seal();
                contents->put(item.sector, torn);
            } else {
                contents->put(item.sector, item.made);
            }
        }
        contents->resize(size, arena);
        out.files.push_back(std::move(contents));
    }
    return out;
}

}  // namespace weft::faults
