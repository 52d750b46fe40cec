// `name=value` and --input to the input of a workflow. Paths become uploads, named in the input by
// {"upload": id}; sending them is upload_files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/session.h"

namespace weft::cli {

struct Upload {
    std::string id;
    std::string path;
};

struct RunInput {
    std::string json;  // an object
    std::vector<Upload> uploads;
};

// `schema` is the workflow's input_schema.
Result<RunInput> read_input(const std::string& schema, const std::vector<std::string>& assignments,
                            const std::string& input_file);

Result<void> upload_files(Session& session, const std::vector<Upload>& uploads);

// The whole file; "-" is standard input.
Result<std::string> read_text(const std::string& path);

// As the engine takes it: with numbers that no double holds.
bool is_json(std::string_view text);

// A value given as a word: the word itself, or with @FILE what the file holds.
Result<std::string> read_value(const std::string& word);

}  // namespace weft::cli
