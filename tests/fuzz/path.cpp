// Paths that others wrote: of the modules that a program imports, and the names of files out of a
// run's result. What is asked of the file system is what the same path is there, and never stands
// outside of where it may.
//
// An input is lines: the first is the main module's path, each further one a path in a `use` of it
// and the name of a file.
#include <algorithm>
#include <filesystem>
#include <sstream>

#include "cli/file_names.h"
#include "compiler/compile.h"
#include "tests/fuzz/target.h"
#include "tests/unit/compiler/check_support.h"
#include "value/utf8.h"

namespace weft::fuzz {

namespace {

namespace fs = std::filesystem;

// Gives the main module, and remembers what else was asked for.
class Asked : public PackageLoader {
  public:
    Asked(std::string main_path, std::string text)
        : main_path_(std::move(main_path)), text_(std::move(text)) {}
    Result<std::string> read_file(std::string_view path) override {
        if (path == main_path_) return text_;
        paths.emplace_back(path);
        return fail(ErrorKind::NotFound, "there is none");
    }
    Result<std::string> read_standard(std::string_view) override {
        return fail(ErrorKind::NotFound, "there is none");
    }

    std::vector<std::string> paths;

  private:
    std::string main_path_;
    std::string text_;
};

// One that stands in a text of the language as it is.
bool is_plain(std::string_view path) {
    return !path.empty() && is_utf8(path) && std::ranges::all_of(path, [](char c) {
        return c >= ' ' && c < '\x7F' && c != '"' && c != '\\' && c != '$';
    });
}

void check_imports(const std::string& main_path, const std::vector<std::string>& uses) {
    std::string text;
    std::vector<std::string> expected;
    for (const auto& use : uses) {
        if (!is_plain(use)) continue;
        text += "use \"" + use + "\"\n";
        const auto whole = fs::path(main_path).parent_path() / use;
        auto path = whole.lexically_normal().string();
        // A path that ends in a slash names a folder: which file it would be does not matter.
        while (path.size() > 1 && path.ends_with('/')) path.pop_back();
        if (path != main_path) expected.push_back(std::move(path));
    }
    Asked asked(main_path, text + "workflow main() -> Int\n  within 1h\n{\n  return 1\n}\n");
    const auto compiled = compile(main_path, asked);
    WEFT_CHECK(expected.empty() || !compiled.ok);
    for (const auto& path : asked.paths) {
        WEFT_CHECK(std::ranges::find(expected, path) != expected.end());
    }
}

void check_names(const std::vector<std::string>& names) {
    std::set<std::string> taken;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto name = cli::file_name(names[i], taken);
        WEFT_CHECK(taken.size() == i + 1);
        WEFT_CHECK(!name.empty() && name.size() < 240 && name.front() != '.');
        WEFT_CHECK(is_utf8(name) || !is_utf8(names[i]));
        for (const char c : name) {
            const auto byte = static_cast<unsigned char>(c);
            WEFT_CHECK(byte >= 0x20 && byte != 0x7F && c != '/');
        }
        WEFT_CHECK((fs::path("/out") / name).lexically_normal().parent_path() == "/out");
    }
}

}  // namespace

std::vector<std::string> seeds() {
    return {"main.wf\n./types.wf\n../shared/types.wf\ntypes.wf",
            "a/b/main.wf\n../c/./d.wf\n../../../x.wf\n/etc/x.wf\nb//c.wf",
            "/srv/p/main.wf\n../q.wf\n../../../../r.wf\n/s.wf\n.\n..\n",
            "../main.wf\n../x.wf\n../../y.wf\na/../z.wf",
            "main.wf\n.hidden\n...\na.b.c\na.b.c\n" + std::string(300, 'n') + "\n" +
                std::string(300, 'n') + ".txt\nx." + std::string(300, 'e')};
}

std::vector<std::string> dictionary() {
    return {"/", "../", "./", "//", "..", ".", "\n", "main.wf", "\xC3\xA9", "~", "%2e", "std."};
}

}  // namespace weft::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weft;
    if (size > 4000) return 0;
    std::istringstream in(std::string(fuzz::text_of(data, size)));
    std::string main_path;
    std::getline(in, main_path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    fuzz::check_names(lines);
    // The main module's path is made normal before it is compiled.
    const auto normal = weft::fuzz::fs::path(main_path).lexically_normal().string();
    const bool is_file = !main_path.empty() && !main_path.ends_with('/') && normal != "." &&
                         !normal.ends_with("..") && fuzz::is_plain(main_path);
    if (is_file) fuzz::check_imports(normal, lines);
    return 0;
}
