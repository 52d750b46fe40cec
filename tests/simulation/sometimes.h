// Rare things that a simulation is there to meet. Each is counted where it happens; a campaign that
// never met one has proved nothing about it and fails.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

namespace weft::simulation {

inline std::map<std::string_view, std::uint64_t>& sometimes() {
    static std::map<std::string_view, std::uint64_t> counts;
    return counts;
}

struct Place {
    explicit Place(std::string_view what) : count(sometimes()[what]) {}
    std::uint64_t& count;
};

}  // namespace weft::simulation

// The name must be a literal.
#define SOMETIMES(what)                                     \
    do {                                                    \
        static const ::weft::simulation::Place place(what); \
        ++place.count;                                      \
    } while (false)
