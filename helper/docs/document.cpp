#include "helper/docs/document.h"

#include <utility>

#include "helper/docs/text.h"

namespace weft::helper {

void DocumentBuilder::heading(int level, std::string_view text, std::string_view tag, int page) {
    std::string clean = one_line(text);
    if (clean.empty()) return;
    while (!trail_.empty() && trail_.back().first >= level) trail_.pop_back();
    trail_.emplace_back(level, clean);
    section_.clear();
    for (const auto& [_, name] : trail_) {
        if (!section_.empty()) section_ += " > ";
        section_ += name;
    }
    append(BlockKind::Heading, level, std::move(clean), tag, page);
}

void DocumentBuilder::add(BlockKind kind, int level, std::string_view text, std::string_view tag,
                          int page) {
    const bool keeps_lines = kind == BlockKind::Table || kind == BlockKind::Code;
    append(kind, level, keeps_lines ? lines_of(text) : one_line(text), tag, page);
}

void DocumentBuilder::append(BlockKind kind, int level, std::string_view text, std::string_view tag,
                             int page) {
    if (text.empty() || full_) return;
    auto& all = document_.text;
    if (all.size() + text.size() > kTextBytesMax || document_.blocks.size() >= kBlocksMax) {
        full_ = true;
        return;
    }
    if (!all.empty()) all += "\n\n";
    Block block{kind, level, page, {}, all.size(), all.size() + text.size(), section_};
    if (!tag.empty()) {
        auto place = counts_.find(tag);
        if (place == counts_.end()) place = counts_.emplace(tag, 0).first;
        block.element = std::string(tag) + "[" + std::to_string(++place->second) + "]";
    }
    all += text;
    document_.blocks.push_back(std::move(block));
}

Parsed<Document> DocumentBuilder::finish() {
    if (full_) {
        return refuse("UnsupportedFormat", "holds more text than can be read (at most " +
                                               std::to_string(kTextBytesMax >> 20U) + " MiB in " +
                                               std::to_string(kBlocksMax) + " blocks)");
    }
    if (empty()) return refuse("Empty", "holds no text");
    if (document_.title.empty()) {
        for (const auto& block : document_.blocks) {
            if (block.kind != BlockKind::Heading) continue;
            document_.title = document_.text.substr(block.start, block.end - block.start);
            break;
        }
    }
    document_.title = one_line(document_.title);
    return std::move(document_);
}

}  // namespace weft::helper
