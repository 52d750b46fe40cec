// Packages held in memory, over the real standard library.
#pragma once

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "compiler/compile.h"

namespace weft {

class MemoryLoader : public PackageLoader {
  public:
    explicit MemoryLoader(std::map<std::string, std::string> files) : files_(std::move(files)) {}

    std::string folder;  // where else modules are looked for, when set

    Result<std::string> read_file(std::string_view path) override {
        auto found = files_.find(std::string(path));
        if (found != files_.end()) return found->second;
        if (!folder.empty()) return read_path(folder + "/" + std::string(path));
        return fail(ErrorKind::NotFound, "there is no file `" + std::string(path) + "`");
    }
    Result<std::string> read_standard(std::string_view name) override {
        std::string stem(name.substr(name.find('.') + 1));
        return read_path(std::string(WEFT_SOURCE_DIR) + "/stdlib/" + stem + ".wf");
    }

  private:
    static Result<std::string> read_path(const std::string& path) {
        std::ifstream in(path, std::ios::binary);
        if (!in) return fail(ErrorKind::NotFound, "there is no file `" + path + "`");
        std::stringstream all;
        all << in.rdbuf();
        return all.str();
    }

    std::map<std::string, std::string> files_;
};

inline Compiled compile_text(std::string_view text) {
    MemoryLoader loader({{"main.wf", std::string(text)}});
    return compile("main.wf", loader);
}

}  // namespace weft
