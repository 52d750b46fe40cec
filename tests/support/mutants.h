// The list of tests/golden/mutants/mutants.txt: correct programs, each with one mistake put in, and
// the check that is to tell it. Reads texts, and compiles nothing.
//
//     == CHECK in PROGRAM
//     - lines that stand in the program once
//     + lines that take their place; a `-` behind them begins another such pair
//     * lines that are put behind the program: the files around it
//     > the line where it is reported, if not the first one that changes
//     ! fixed             (and `check --fix` makes the program clean)
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace weft::mutants {

inline const std::string kSource = WEFT_SOURCE_DIR;
inline const std::string kFolder = kSource + "/tests/golden/mutants";

inline std::string text_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    return all.str();
}

// "bakery" is one of the programs beside the list, anything else an example.
inline std::string program(const std::string& name) {
    const std::string beside = kFolder + "/" + name + ".wf";
    if (std::filesystem::exists(beside)) return text_of(beside);
    return text_of(kSource + "/examples/" + name + "/" + name + ".wf");
}

struct Mutant {
    struct Edit {
        std::string before;
        std::string after;
    };
    std::string check;
    std::string base;
    std::vector<Edit> edits;
    std::string behind;
    std::string reported;
    bool is_fixed = false;
    int number = 0;  // line of the list
};

inline std::vector<Mutant> all() {
    std::vector<Mutant> out;
    std::istringstream in(text_of(kFolder + "/mutants.txt"));
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        if (line.starts_with("== ")) {
            std::istringstream words(line.substr(3));
            std::string in_word;
            Mutant mutant;
            words >> mutant.check >> in_word >> mutant.base;
            mutant.number = number;
            out.push_back(mutant);
        } else if (!out.empty() && !line.empty()) {
            auto& mutant = out.back();
            const std::string rest = line.size() > 2 ? line.substr(2) : "";
            auto& edits = mutant.edits;
            if (line[0] == '-' && (edits.empty() || !edits.back().after.empty())) {
                edits.emplace_back();
            }
            if (line[0] == '-') edits.back().before += rest + "\n";
            if (line[0] == '+' && !edits.empty()) edits.back().after += rest + "\n";
            if (line[0] == '*') mutant.behind += rest + "\n";
            if (line[0] == '>') mutant.reported = rest;
            if (line[0] == '!') mutant.is_fixed = rest == "fixed";
        }
    }
    return out;
}

// The mutated program; empty when a place is not there just once. U+FFFD stands for a byte that is
// not UTF-8, which the list can't hold.
inline std::string mutated(const Mutant& mutant) {
    std::string text = program(mutant.base);
    for (const auto& edit : mutant.edits) {
        const auto at = text.find(edit.before);
        if (edit.before.empty() || at == std::string::npos ||
            text.find(edit.before, at + 1) != std::string::npos) {
            return "";
        }
        text.replace(at, edit.before.size(), edit.after);
    }
    constexpr std::string_view kStandIn = "\xEF\xBF\xBD";
    if (const auto at = text.find(kStandIn); at != std::string::npos) {
        text.replace(at, kStandIn.size(), "\xFF");
    }
    return text + mutant.behind;
}

// Where the first of the changed lines stands now.
inline std::uint32_t first_change(const Mutant& mutant, const std::string& text) {
    const std::string old = program(mutant.base);
    std::size_t same = 0;
    while (same < old.size() && same < text.size() && old[same] == text[same]) ++same;
    return static_cast<std::uint32_t>(
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(same), '\n') + 1);
}

}  // namespace weft::mutants
