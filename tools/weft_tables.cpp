// weft-tables FOLDER: writes the reference pages that are made from the .def tables. A page that is
// not what the tables say is rewritten, named on stdout, and makes the exit code 1, so that a test
// which runs this fails once and leaves the cure in the working tree. Links no layer: the tables
// are plain text for the preprocessor, and the pages must be made before anything else builds.
#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

struct Diagnostic {
    int code;
    std::string_view id, name, severity, summary;
};
constexpr auto kDiagnostics = std::to_array<Diagnostic>({
#define X(code, Name, name, severity, summary) {code, #Name, name, #severity, summary},
#include "base/diagnostics.def"
#undef X
});

struct Explanation {
    std::string_view id, cause, bad, good, cure;
};
constexpr auto kExplanations = std::to_array<Explanation>({
#define X(Name, cause, bad, good, cure) {#Name, cause, bad, good, cure},
#include "base/explain.def"
#undef X
});

struct Keyword {
    std::string_view word, word_class;
};
constexpr auto kKeywords = std::to_array<Keyword>({
#define X(word, word_class) {word, #word_class},
#include "grammar/keywords.def"
#undef X
});

struct Node {
    std::string_view id, label, category, children;
};
constexpr auto kNodes = std::to_array<Node>({
#define X(Kind, label, category, children) {#Kind, label, #category, children},
#include "grammar/node_kinds.def"
#undef X
});

struct Instruction {
    int number;
    std::string_view id, mnemonic, family, operands, summary;
};
constexpr auto kInstructions = std::to_array<Instruction>({
#define X(number, Name, mnemonic, family, operands, summary) \
    {number, #Name, mnemonic, #family, operands, summary},
#include "bytecode/opcodes.def"
#undef X
});

struct RecordKind {
    int number;
    std::string_view id, name, side, chain, summary;
};
constexpr auto kRecordKinds = std::to_array<RecordKind>({
#define X(number, Name, name, side, chain, summary) {number, #Name, name, #side, #chain, summary},
#include "bytecode/record_kinds.def"
#undef X
});

struct Builtin {
    int number;
    std::string_view id, name, signature, summary;
};
constexpr auto kBuiltins = std::to_array<Builtin>({
#define X(number, Name, name, signature, summary) {number, #Name, name, signature, summary},
#include "bytecode/builtins.def"
#undef X
});

// One cell of a table: a bar would end it.
std::string cell(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c == '|') out += '\\';
        out += c;
    }
    return out;
}

std::string code(std::string_view text) {
    return text.empty() ? "" : "`" + cell(text) + "`";
}

std::string row(std::initializer_list<std::string> cells) {
    std::string out = "|";
    for (const std::string& text : cells) out += " " + text + " |";
    return out + "\n";
}

std::string head(std::initializer_list<std::string> cells) {
    std::string out = row(cells) + "|";
    for (std::size_t i = 0; i < cells.size(); ++i) out += " --- |";
    return out + "\n";
}

std::string title(std::string_view text, std::string_view table, std::string_view about) {
    std::string out = "# " + std::string(text) + "\n\n";
    out += "Made from `" + std::string(table) +
           "` by `weft-tables`; change the table, not this page.\n\n";
    return out + std::string(about) + "\n";
}

std::string code_text(int number) {
    std::string digits = std::to_string(number);
    return "WF" + std::string(4 - digits.size(), '0') + digits;
}

std::string fenced(std::string_view program) {
    std::string out = "```wf\n" + std::string(program);
    if (!out.ends_with('\n')) out += '\n';
    return out + "```\n";
}

std::string diagnostic_entry(const Diagnostic& diagnostic) {
    std::string out =
        "\n### " + code_text(diagnostic.code) + " `" + std::string(diagnostic.name) + "`\n\n";
    out += std::string(diagnostic.severity) + ": " + std::string(diagnostic.summary) + ".\n";
    for (const Explanation& explanation : kExplanations) {
        if (explanation.id != diagnostic.id) continue;
        out += "\n" + std::string(explanation.cause) + "\n";
        if (!explanation.bad.empty()) out += "\n" + fenced(explanation.bad);
        if (!explanation.cure.empty()) out += "\n" + std::string(explanation.cure) + "\n";
        if (!explanation.good.empty()) out += "\n" + fenced(explanation.good);
    }
    return out;
}

std::string diagnostics_page() {
    constexpr std::array<std::string_view, 10> chapters = {
        "Syntax",        "Structure",         "Types",    "Effects", "Gates and people",
        "Time and cost", "Privacy, security", "Versions", "Prompts", "Tests, docs, hygiene"};
    std::string out =
        title("Diagnostics", "base/diagnostics.def` and `base/explain.def",
              "What `weft check` reports, by code. `weft explain NAME` prints one entry.");
    for (std::size_t chapter = 0; chapter < chapters.size(); ++chapter) {
        std::vector<const Diagnostic*> found;
        for (const Diagnostic& diagnostic : kDiagnostics) {
            if (diagnostic.code / 1000 == static_cast<int>(chapter)) found.push_back(&diagnostic);
        }
        if (found.empty()) continue;
        std::ranges::sort(found, {}, &Diagnostic::code);
        out += "\n## WF" + std::to_string(chapter) + " " + std::string(chapters[chapter]) + "\n";
        for (const Diagnostic* diagnostic : found) out += diagnostic_entry(*diagnostic);
    }
    return out;
}

std::string keywords_page() {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> classes = {{
        {"Declaration",
         "Begin a declaration. Free as names of values: they count only at a line's start."},
        {"Statement", "Begin a statement. Reserved as names of values."},
        {"Clause", "Begin a clause of a step or declaration. Reserved as names of values."},
        {"Operator", "Stand in expressions. Reserved as names of values."},
        {"Contextual", "Count only where the grammar asks for them. Free as names of values."},
    }};
    std::string out = title("Words of the language", "grammar/keywords.def",
                            "After `.` and before `:` every word is a name.");
    for (const auto& [name, about] : classes) {
        out += "\n## " + std::string(name) + "\n\n" + std::string(about) + "\n\n";
        std::string line;
        for (const Keyword& keyword : kKeywords) {
            if (keyword.word_class != name) continue;
            std::string word = code(keyword.word);
            if (line.size() + word.size() + 1 > 100) {
                out += line + "\n";
                line.clear();
            }
            line += (line.empty() ? "" : " ") + word;
        }
        out += line + "\n";
    }
    return out;
}

std::string nodes_page() {
    std::string out = title(
        "Nodes of the syntax tree", "grammar/node_kinds.def",
        "What `weft dump --tree` prints. Children stand in this order: `?` may be missing, `*` any "
        "number,\n`|` one of; a name in lower case stands for a category.\n");
    out += head({"node", "printed as", "category", "children"});
    for (const Node& node : kNodes) {
        out += row({std::string(node.id), code(node.label), std::string(node.category),
                    code(node.children)});
    }
    return out;
}

std::string opcodes_page() {
    std::string out = title("Instructions", "bytecode/opcodes.def",
                            "*Pure*: a function of registers. *Site*: a logged instruction, where "
                            "a run can rest. *Flow*: moves the\n"
                            "program counter, scopes and undo marks. Operands a b c d: `W` "
                            "register written, `R` register read, `L`\n"
                            "first register of a list of `N` registers, `C` first captured "
                            "register, `V` a number, `I` an index into\n"
                            "the table named behind it, `J` a jump target, `-` unused. See "
                            "[bytecode](../bytecode.md).\n");
    out += head({"number", "instruction", "family", "operands", "what it does"});
    for (const Instruction& instruction : kInstructions) {
        out += row({std::to_string(instruction.number), code(instruction.mnemonic),
                    std::string(instruction.family), code(instruction.operands),
                    cell(instruction.summary)});
    }
    return out;
}

std::string records_page() {
    std::string out = title(
        "Kinds of records", "bytecode/record_kinds.def",
        "A *command* was made by the machine, and replay makes it again; a *fact* was made by the "
        "world, and\nreplay is fed it. Layouts: [the log's format](../log-format.md).\n");
    out += head({"number", "kind", "side", "chain", "what it says"});
    for (const RecordKind& kind : kRecordKinds) {
        out += row({std::to_string(kind.number), code(kind.name), std::string(kind.side),
                    std::string(kind.chain), cell(kind.summary)});
    }
    return out;
}

std::string builtins_page() {
    std::string out = title(
        "Built-in functions", "bytecode/builtins.def",
        "`T` and `U` stand for any type, `K` for a type with an order, `N` for Int, Decimal, Money "
        "or "
        "Duration. A\nbuilt-in never changes: another behaviour is a new number. The list "
        "functions that "
        "take a lambda (`map`,\n`filter`, `fold` and others) are [instructions](opcodes.md).\n");
    out += head({"number", "function", "signature", "gives"});
    for (const Builtin& builtin : kBuiltins) {
        out += row({std::to_string(builtin.number), code(builtin.name), code(builtin.signature),
                    cell(builtin.summary)});
    }
    return out;
}

// Whether the page was stale, or could not be written.
bool settle(const std::string& path, const std::string& text) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream old;
    old << in.rdbuf();
    if (in && old.str() == text) return false;
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    std::printf("%s %s\n", path.c_str(), out ? "was stale and is rewritten" : "can't be written");
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return std::fputs("usage: weft-tables FOLDER\n", stderr), 2;
    const std::string folder = argv[1];
    bool stale = false;
    const std::array<std::pair<const char*, std::string (*)()>, 6> pages = {{
        {"diagnostics.md", diagnostics_page},
        {"keywords.md", keywords_page},
        {"nodes.md", nodes_page},
        {"opcodes.md", opcodes_page},
        {"records.md", records_page},
        {"builtins.md", builtins_page},
    }};
    for (const auto& [name, make] : pages) stale |= settle(folder + "/" + name, make());
    return stale ? 1 : 0;
}
