// What the scores of an eval were when somebody last agreed to them: a file of JSON that stands
// beside the cases and is committed with them. Reads and writes texts; files are the caller's.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "value/decimal.h"

namespace weft::test {

struct Baseline {
    std::string cases_sha256;                          // hex, of the file of cases
    std::map<std::string, Decimal> averages;           // by score
    std::map<std::string, std::vector<Decimal>> each;  // by score, case by case
};

std::string baseline_text(const std::string& eval, const Baseline& baseline);
// The error is a sentence.
std::expected<Baseline, std::string> read_baseline(std::string_view text);

}  // namespace weft::test
