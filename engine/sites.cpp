#include "engine/sites.h"

#include <fmt/format.h>

namespace weft::engine {

std::string site_path(const Image& image, std::uint32_t site) {
    if (site >= image.sites.size()) return "";
    const auto& at = image.sites[site];
    switch (at.kind) {
        case SiteKind::Step:
            return image.steps[at.row].path;
        case SiteKind::Sub:
            return image.subs[at.row].path;
        case SiteKind::Fork:
            return image.forks[at.row].path;
        case SiteKind::Block:
            return image.blocks[at.row].path;
        case SiteKind::Gate:
            return image.gates[at.row].path;
        case SiteKind::Review:
            return image.reviews[at.row].path;
        case SiteKind::Wait:
            return image.waits[at.row].path;
        case SiteKind::Lock:
            return image.locks[at.row].path;
        case SiteKind::Event:
        case SiteKind::End:
        case SiteKind::Undo:
        case SiteKind::Sleep:
            return "";
    }
    return "";
}

std::string site_place(const Image& image, std::uint32_t site) {
    if (site >= image.sites.size()) return "";
    const auto& row = image.sites[site];
    return code_place(image, image.functions[row.function], row.pc);
}

std::string code_place(const Image& image, const Function& function, std::uint32_t pc) {
    if (pc >= function.places.size()) return "";
    const auto& place = function.places[pc];
    if (place.file >= image.files.size() || place.line == 0) return "";
    return fmt::format("{}:{}", image.files[place.file], place.line);
}

}  // namespace weft::engine
