// The evals of several files, shown: as lines for people, as JSON, as JUnit XML.
#pragma once

#include <string>
#include <vector>

#include "cli/output.h"
#include "weft/evaluation.h"

namespace weft::cli {

struct EvaluatedFile {
    std::string path;
    EvalReport report;
};

struct EvalTotals {
    std::size_t passed = 0;
    std::size_t failed = 0;
    std::size_t checks_held = 0;
    std::size_t checks_failed = 0;
    std::size_t broken_files = 0;
    std::int64_t took_us = 0;
};

// It has errors, or a file that it names can't be had.
bool is_broken(const EvaluatedFile& file);
std::string why_broken(const EvaluatedFile& file);

EvalTotals totals_of(const std::vector<EvaluatedFile>& files);
std::string evals_text(const EvaluatedFile& file, bool colour);
std::string summary_text(const EvalTotals& totals, bool colour);
Json evals_json(const std::vector<EvaluatedFile>& files);

// One document for all files (junit.cpp).
std::string junit_text(const std::vector<EvaluatedFile>& files);

}  // namespace weft::cli
