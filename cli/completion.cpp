#include "cli/completion.h"

#include <fmt/format.h>

namespace weft::cli {
namespace {

std::string joined(const std::vector<CompletionWord>& words) {
    std::string out;
    for (const auto& word : words) {
        if (!out.empty()) out += ' ';
        out += word.word;
    }
    return out;
}

// In single quotes, as all three shells take it; fish alone reads a backslash in them.
std::string in_quotes(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') {
            out += "'\\''";
        } else {
            out += c == '\\' ? '/' : c;
        }
    }
    return out + "'";
}

// "' run'|' audit verify'": the paths of all commands below `weft`, as patterns of a case.
std::string path_patterns(const std::vector<CompletionCommand>& commands,
                          std::string_view divider) {
    std::string out;
    for (const auto& command : commands) {
        if (command.path.empty()) continue;
        if (!out.empty()) out += divider;
        out += in_quotes(" " + command.path);
    }
    return out;
}

std::string key_of(const CompletionCommand& command) {
    return in_quotes(command.path.empty() ? "" : " " + command.path);
}

// "--format) values='human json' ;;" for each option with values of its own; the others that take a
// value take the name of a file.
std::string bash_values(const CompletionCommand& command) {
    std::string out;
    for (const auto& option : command.options) {
        if (!option.takes_value) continue;
        std::string values;
        for (const auto& value : option.values) values += (values.empty() ? "" : " ") + value;
        out += fmt::format("                {}) values={}; given=1 ;;\n", option.word,
                           in_quotes(values));
    }
    if (out.empty()) return out;
    return "            case \"$last\" in\n" + out + "            esac\n";
}

// _describe takes "word:about"; a colon in the word would end it.
std::string zsh_words(const std::vector<CompletionWord>& words) {
    std::string out;
    for (const auto& word : words) out += " " + in_quotes(word.word + ":" + word.about);
    return out;
}

}  // namespace

std::string bash_completion(const std::vector<CompletionCommand>& commands) {
    std::string out =
        "# Completes the words of weft in bash: source <(weft completion bash)\n"
        "_weft() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    local path= commands= options= values= given= i\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        case \"$path ${COMP_WORDS[i]}\" in\n";
    out += "            " + path_patterns(commands, "|") + ") path=\"$path ${COMP_WORDS[i]}\" ;;\n";
    out += "        esac\n    done\n    case \"$path\" in\n";
    for (const auto& command : commands) {
        out += fmt::format(
            "        {})\n            commands={}\n            options={}\n{}            ;;\n",
            key_of(command), in_quotes(joined(command.commands)),
            in_quotes(joined(command.options)), bash_values(command));
    }
    out +=
        "    esac\n"
        "    COMPREPLY=()\n"
        "    if [[ $given ]]; then\n"
        "        COMPREPLY=($(compgen -W \"$values\" -- \"$word\"))\n"
        "    elif [[ $word == -* ]]; then\n"
        "        COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
        "    else\n"
        "        COMPREPLY=($(compgen -W \"$commands\" -- \"$word\"))\n"
        "    fi\n"
        "}\n"
        "# Without a word of its own: the names of files.\n"
        "complete -o bashdefault -o default -F _weft weft\n";
    return out;
}

std::string zsh_completion(const std::vector<CompletionCommand>& commands) {
    std::string out =
        "#compdef weft\n"
        "# Completes the words of weft in zsh: source <(weft completion zsh), or as a file _weft "
        "in $fpath\n"
        "_weft() {\n"
        "    local path_= word last=${words[CURRENT-1]} given=\n"
        "    local -a subcommands options values\n"
        "    for word in ${words[2,CURRENT-1]}; do\n"
        "        case \"$path_ $word\" in\n";
    out += "            (" + path_patterns(commands, "|") + ") path_=\"$path_ $word\" ;;\n";
    out += "        esac\n    done\n    case \"$path_\" in\n";
    for (const auto& command : commands) {
        out +=
            fmt::format("        ({})\n            subcommands=({})\n            options=({})\n",
                        key_of(command), zsh_words(command.commands), zsh_words(command.options));
        const std::string values = bash_values(command);
        if (!values.empty()) out += values;
        out += "            ;;\n";
    }
    out +=
        "    esac\n"
        "    if [[ -n $given && -n $values ]]; then\n"
        "        compadd -- ${=values}\n"
        "    elif [[ -z $given && $PREFIX == -* ]]; then\n"
        "        _describe option options\n"
        "    else\n"
        "        [[ -z $given ]] && (( $#subcommands )) && _describe command subcommands\n"
        "        _files\n"
        "    fi\n"
        "}\n"
        "if [[ ${funcstack[1]} == _weft ]]; then _weft \"$@\"; else compdef _weft weft; fi\n";
    return out;
}

std::string fish_completion(const std::vector<CompletionCommand>& commands) {
    std::string out =
        "# Completes the words of weft in fish: weft completion fish | source\n"
        "function __weft_at\n"
        "    set -l path ''\n"
        "    for word in (commandline -opc)[2..]\n"
        "        switch \"$path $word\"\n";
    out += "            case " + path_patterns(commands, " ") + "\n";
    out +=
        "                set path \"$path $word\"\n"
        "        end\n"
        "    end\n"
        "    test \"$path\" = \"$argv[1]\"\n"
        "end\n";
    for (const auto& command : commands) {
        const std::string at = fmt::format("complete -c weft -n \"__weft_at {}\"", key_of(command));
        for (const auto& word : command.commands) {
            out +=
                fmt::format("{} -f -a {} -d {}\n", at, in_quotes(word.word), in_quotes(word.about));
        }
        for (const auto& option : command.options) {
            const bool is_long = option.word.starts_with("--");
            std::string values;
            for (const auto& value : option.values) values += (values.empty() ? "" : " ") + value;
            out += fmt::format("{} {} {}{}{} -d {}\n", at, is_long ? "-l" : "-s",
                               option.word.substr(is_long ? 2 : 1), option.takes_value ? " -r" : "",
                               values.empty() ? "" : " -f -a " + in_quotes(values),
                               in_quotes(option.about));
        }
    }
    return out;
}

}  // namespace weft::cli
