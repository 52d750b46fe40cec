#include "stdlib/rag/sample.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace weft::stdlib::rag {

namespace {

// One document's passages by section, sections in order of appearance.
struct DocumentPool {
    std::vector<std::vector<Passage>> sections;
    std::map<std::string, std::size_t> place_of;
    std::size_t size = 0;
    std::size_t share = 0;

    void add(Passage passage) {
        const auto [place, is_new] = place_of.try_emplace(passage.section, sections.size());
        if (is_new) sections.emplace_back();
        sections[place->second].push_back(std::move(passage));
        ++size;
    }

    static std::ptrdiff_t offset(std::size_t at) { return static_cast<std::ptrdiff_t>(at); }

    // With fewer turns than sections: the longest of each stretch of sections, by its beginning.
    void take(std::vector<Passage>& chosen) const {
        if (share < sections.size()) {
            for (std::size_t i = 0; i < share; ++i) {
                const auto first = sections.begin() + offset(i * sections.size() / share);
                const auto last = sections.begin() + offset((i + 1) * sections.size() / share);
                const auto longest = std::max_element(
                    first, last, [](const auto& a, const auto& b) { return a.size() < b.size(); });
                chosen.push_back(longest->front());
            }
            return;
        }
        std::size_t left = share;
        for (std::size_t round = 0; left > 0; ++round) {
            for (const auto& section : sections) {
                if (left == 0 || round >= section.size()) continue;
                chosen.push_back(section[round]);
                --left;
            }
        }
    }
};

}  // namespace

std::vector<Passage> spread_sample(std::vector<Passage> pool, std::size_t count) {
    std::vector<DocumentPool> documents;
    std::map<std::string, std::size_t> place_of;
    const std::size_t wanted = std::min(count, pool.size());
    for (Passage& passage : pool) {
        const auto [place, is_new] = place_of.try_emplace(passage.document, documents.size());
        if (is_new) documents.emplace_back();
        documents[place->second].add(std::move(passage));
    }
    for (std::size_t given = 0; given < wanted;) {
        for (DocumentPool& document : documents) {
            if (given == wanted || document.share == document.size) continue;
            ++document.share;
            ++given;
        }
    }
    std::vector<Passage> chosen;
    for (const DocumentPool& document : documents) document.take(chosen);
    std::ranges::sort(chosen, {}, &Passage::id);
    return chosen;
}

}  // namespace weft::stdlib::rag
