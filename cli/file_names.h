// Names for the files of a run's result, which are data of the run: what reaches the file system is
// one plain name in the folder that was asked for. Knows no file system.
#pragma once

#include <set>
#include <string>

namespace weft::cli {

// Only the last part of the name counts; it never hides, climbs, or is longer than file systems
// take with what is added while it is written. Another one for each that is taken.
std::string file_name(const std::string& name, std::set<std::string>& taken);

}  // namespace weft::cli
