#include "tests/faults/disk.h"

#include <algorithm>

namespace weft::faults {

namespace {

constexpr std::size_t kSector = 512;

std::string folder_of(const std::string& path) {
    return path.substr(0, path.rfind('/'));
}

bool kept(const Policy& policy, Random& random) {
    return random.below(100) < static_cast<std::size_t>(policy.keep_percent);
}

void name(std::map<std::string, std::uint32_t>& names, const Operation& operation) {
    switch (operation.kind) {
        case Operation::Kind::Link:
            names[operation.path] = operation.inode;
            break;
        case Operation::Kind::Unlink:
            names.erase(operation.path);
            break;
        case Operation::Kind::Rename:
            names.erase(operation.path);
            names[operation.other] = operation.inode;
            break;
        default:
            break;
    }
}

}  // namespace

void Disk::put(std::string& content, const Operation& operation) {
    if (operation.kind == Operation::Kind::Truncate) {
        content.resize(operation.offset, '\0');
        return;
    }
    const auto end = operation.offset + operation.bytes.size();
    if (content.size() < end) content.resize(end, '\0');
    content.replace(operation.offset, operation.bytes.size(), operation.bytes);
}

void Disk::apply(const Operation& operation) {
    switch (operation.kind) {
        case Operation::Kind::Write:
        case Operation::Kind::Truncate:
            inodes_[operation.inode].pending.push_back(operation);
            break;
        case Operation::Kind::Sync: {
            auto& inode = inodes_[operation.inode];
            for (auto& one : inode.pending) {
                put(inode.durable, one);
                inode.all.push_back(std::move(one));
            }
            inode.pending.clear();
            break;
        }
        // Perhaps some of it: nothing that a caller could rely on. (Rebello et al., "Can
        // Applications Recover from fsync Failures?", ATC 2020.)
        case Operation::Kind::SyncFailed:
            inodes_[operation.inode].pending.clear();
            break;
        case Operation::Kind::Link:
        case Operation::Kind::Unlink:
        case Operation::Kind::Rename:
            pending_names_.push_back(operation);
            break;
        case Operation::Kind::SyncNames: {
            std::vector<Operation> left;
            for (auto& one : pending_names_) {
                if (folder_of(one.path) == operation.path) {
                    name(names_, one);
                } else {
                    left.push_back(std::move(one));
                }
            }
            pending_names_ = std::move(left);
            break;
        }
        case Operation::Kind::Folder:
            folders_.push_back(operation.path);
            break;
        case Operation::Kind::Mark:
            break;
    }
}

std::map<std::string, std::string> Disk::after_power_loss(const Policy& policy,
                                                          Random& random) const {
    auto names = names_;
    // Names are found as they were up to some moment: a folder is a journal of its own everywhere.
    const auto until = random.below(pending_names_.size() + 1);
    for (std::size_t i = 0; i < until; ++i) name(names, pending_names_[i]);

    const auto lose = [&](std::string& content, const std::vector<Operation>& operations) {
        for (const auto& one : operations) {
            const bool is_write = one.kind == Operation::Kind::Write;
            if (!policy.torn || !is_write || one.bytes.size() <= kSector) {
                if (kept(policy, random)) put(content, one);
                continue;
            }
            for (std::size_t at = 0; at < one.bytes.size(); at += kSector) {
                if (!kept(policy, random)) continue;
                Operation part;
                part.kind = one.kind;
                part.offset = one.offset + at;
                part.bytes = one.bytes.substr(at, kSector);
                put(content, part);
            }
        }
    };
    std::map<std::string, std::string> out;
    for (const auto& [path, number] : names) {
        const auto found = inodes_.find(number);
        std::string content;
        if (found != inodes_.end()) {
            const auto& inode = found->second;
            if (policy.lying) {
                lose(content, inode.all);
            } else {
                content = inode.durable;
            }
            lose(content, inode.pending);
        }
        out.emplace(path, std::move(content));
    }
    return out;
}

}  // namespace weft::faults
