// What shells need to complete the words of `weft`: a script a shell, made from the commands and
// options themselves, so that it can't lag behind them. It knows nothing of CLI11;
// cmd_completion.cpp reads the parser.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft::cli {

struct CompletionWord {
    std::string word;   // "run", "--format"
    std::string about;  // one line
    bool takes_value = false;
    std::vector<std::string> values;  // the only ones that an option takes
};

struct CompletionCommand {
    std::string path;  // "" of `weft` itself, "audit verify"
    std::vector<CompletionWord> commands;
    std::vector<CompletionWord> options;
};

std::string bash_completion(const std::vector<CompletionCommand>& commands);
std::string zsh_completion(const std::vector<CompletionCommand>& commands);
std::string fish_completion(const std::vector<CompletionCommand>& commands);

}  // namespace weft::cli
