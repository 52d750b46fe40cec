#include "stdlib/rag/chunks.h"

#include <algorithm>
#include <cmath>

#include "stdlib/rag/sentences.h"
#include "stdlib/rag/words.h"

namespace weft::stdlib::rag {

namespace {

struct Block {
    std::string kind;
    std::int64_t page = 0;
    std::string element;
    std::string section;
    std::size_t start = 0;
    std::size_t end = 0;
};

// The smallest piece that is never cut: a sentence, a line of a table, a stretch of a monster.
struct Unit {
    std::size_t start = 0;
    std::size_t end = 0;
    std::size_t length = 0;  // characters
    bool begins_block = false;
    std::size_t block = 0;
};

// Moves back to the beginning of the character that `at` stands in.
std::size_t character_start(std::string_view text, std::size_t at) {
    while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U)
        --at;
    return at;
}

std::vector<Block> blocks_of(const Json& document, std::string_view text) {
    std::vector<Block> blocks;
    for (const Json& item : member(document, "blocks")) {
        Block block;
        block.kind = text_or(item, "kind", "Paragraph");
        block.page = int_or(item, "page");
        block.element = text_or(item, "element");
        block.section = text_or(item, "section");
        const auto start =
            static_cast<std::size_t>(std::max<std::int64_t>(0, int_or(item, "start")));
        const auto end = static_cast<std::size_t>(std::max<std::int64_t>(0, int_or(item, "end")));
        block.start = character_start(text, std::min(start, text.size()));
        block.end = character_start(text, std::min(end, text.size()));
        if (block.start < block.end) blocks.push_back(std::move(block));
    }
    if (blocks.empty() && !text.empty()) {
        Block whole;
        whole.kind = "Paragraph";
        whole.page = 1;
        whole.end = text.size();
        blocks.push_back(std::move(whole));
    }
    return blocks;
}

std::vector<Span> lines_of(std::string_view text) {
    std::vector<Span> lines;
    std::size_t start = 0;
    while (start < text.size()) {
        const std::size_t newline = std::min(text.find('\n', start), text.size());
        if (newline > start) lines.push_back({start, newline});
        start = newline + 1;
    }
    return lines;
}

// Cuts a piece that is longer than a whole passage at blanks.
void add_units(std::string_view text, Span span, std::size_t block, std::size_t length_max,
               std::vector<Unit>& units) {
    bool first = units.empty() || units.back().block != block;
    while (span.start < span.end) {
        std::size_t end = span.end;
        if (code_points(text.substr(span.start, end - span.start)) > length_max) {
            end = span.start;
            for (std::size_t count = 0; count <= length_max && end < span.end; ++end) {
                if ((static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U) ++count;
            }
            end = std::max(character_start(text, end - 1), span.start + 1);
            const std::size_t blank = text.substr(0, end).find_last_of(" \n\t");
            if (blank != std::string_view::npos && blank > span.start) end = blank + 1;
        }
        units.push_back({span.start, end, code_points(text.substr(span.start, end - span.start)),
                         first, block});
        first = false;
        span.start = end;
    }
}

bool reads_by_lines(const Block& block) {
    return block.kind == "Table" || block.kind == "Code";
}

std::vector<Unit> units_of(std::string_view text, const std::vector<Block>& blocks,
                           std::size_t first, std::size_t last, std::size_t length_max) {
    std::vector<Unit> units;
    for (std::size_t i = first; i < last; ++i) {
        const Block& block = blocks[i];
        const std::string_view content = text.substr(block.start, block.end - block.start);
        for (Span span : reads_by_lines(block) ? lines_of(content) : sentences_of(content)) {
            add_units(text, {span.start + block.start, span.end + block.start}, i, length_max,
                      units);
        }
    }
    return units;
}

double weight_of(std::string_view text) {
    const std::size_t words = words_of(text).size();
    const double prose = prose_share(text);
    if (words < 6) return 0.1;
    if (prose < 0.3) return 0.25;
    return words < 15 ? 0.6 : 0.5 + 0.5 * prose;
}

class Cutter {
  public:
    Cutter(std::string_view text, std::string_view name, const ChunkLimits& limits,
           std::vector<Passage>& passages)
        : text_(text), name_(name), passages_(passages) {
        length_max_ = static_cast<std::size_t>(std::max<std::int64_t>(80, limits.length_max));
        const auto overlap = static_cast<std::size_t>(std::max<std::int64_t>(0, limits.overlap));
        overlap_ = std::min(overlap, length_max_ / 2);
    }

    // One stretch of blocks that share section and page.
    void cut(const std::vector<Block>& blocks, std::size_t first, std::size_t last) {
        const std::vector<Unit> units = units_of(text_, blocks, first, last, length_max_);
        std::size_t begin = 0;
        while (begin < units.size()) {
            const std::size_t end = end_of_passage(units, begin);
            emit(blocks[units[begin].block], units[begin].start, units[end - 1].end);
            if (end == units.size()) break;
            begin = begin_of_next(units, begin, end);
        }
    }

  private:
    // As many units as fit; the last cut falls between blocks where that leaves half a passage.
    [[nodiscard]] std::size_t end_of_passage(const std::vector<Unit>& units,
                                             std::size_t begin) const {
        std::size_t length = 0;
        std::size_t end = begin;
        std::size_t at_block = begin;
        std::size_t at_block_length = 0;
        while (end < units.size()) {
            const std::size_t with =
                code_points(text_.substr(units[begin].start, units[end].end - units[begin].start));
            if (end > begin && with > length_max_) break;
            if (units[end].begins_block && end > begin) {
                at_block = end;
                at_block_length = length;
            }
            length = with;
            ++end;
        }
        const bool all = end == units.size();
        return !all && at_block_length * 2 >= length_max_ ? at_block : end;
    }

    [[nodiscard]] std::size_t begin_of_next(const std::vector<Unit>& units, std::size_t begin,
                                            std::size_t end) const {
        std::size_t next = end;
        std::size_t repeated = 0;
        while (next > begin + 1 && repeated + units[next - 1].length <= overlap_) {
            repeated += units[--next].length;
        }
        return next;
    }

    void emit(const Block& block, std::size_t start, std::size_t end) {
        Passage passage;
        passage.id = passages_.empty() ? 1 : passages_.back().id + 1;
        passage.document = name_;
        passage.page = block.page;
        passage.section = single_spaced(block.section);
        passage.element = block.element;
        passage.start = static_cast<std::int64_t>(start);
        passage.end = static_cast<std::int64_t>(end);
        passage.text = text_.substr(start, end - start);
        passage.weight = rounded(weight_of(passage.text));
        passages_.push_back(std::move(passage));
    }

    std::string_view text_;
    std::string_view name_;
    std::vector<Passage>& passages_;
    std::size_t length_max_ = 0;
    std::size_t overlap_ = 0;
};

}  // namespace

void cut_document(const Json& document, const ChunkLimits& limits, std::vector<Passage>& passages) {
    const std::string text = text_or(document, "text");
    const std::string name = text_or(document, "name");
    const std::vector<Block> blocks = blocks_of(document, text);
    Cutter cutter(text, name, limits, passages);
    std::size_t first = 0;
    while (first < blocks.size()) {
        if (blocks[first].kind == "Heading") {
            ++first;
            continue;
        }
        std::size_t last = first + 1;
        while (last < blocks.size() && blocks[last].kind != "Heading" &&
               blocks[last].page == blocks[first].page &&
               blocks[last].section == blocks[first].section) {
            ++last;
        }
        cutter.cut(blocks, first, last);
        first = last;
    }
}

double rounded(double value) {
    return std::round(value * 10000.0) / 10000.0;
}

Json passage_json(const Passage& passage) {
    return Json{{"id", std::to_string(passage.id)},
                {"document", passage.document},
                {"page", passage.page},
                {"section", passage.section},
                {"element", passage.element},
                {"start", passage.start},
                {"end", passage.end},
                {"text", passage.text},
                {"score", rounded(passage.score)}};
}

}  // namespace weft::stdlib::rag
