// Source to typed IR: the whole front half of the compiler behind one function. It knows no file
// system (the caller brings a PackageLoader), no bytecode and no machine.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "base/result.h"
#include "compiler/ir/module.h"
#include "compiler/ir/tests.h"
#include "compiler/lint/bounds.h"
#include "compiler/settings.h"

namespace weft {

// Where source texts come from. Paths are as the package writes them, joined with '/', and name the
// same file by the same text, so that a module is loaded once.
class PackageLoader {
  public:
    virtual ~PackageLoader() = default;
    virtual Result<std::string> read_file(std::string_view path) = 0;
    // "std.rag" -> text of the standard library's rag.wf.
    virtual Result<std::string> read_standard(std::string_view name) = 0;
    // Of the package's weft.toml; none where there is no such file.
    virtual std::optional<PackageSettings> settings() { return std::nullopt; }
};

struct Compiled {
    ir::Module module;  // its sources render the diagnostics, also when not ok
    Diagnostics diagnostics;
    bool ok = false;                           // no errors: the module may be lowered
    std::vector<lint::WorkflowBounds> bounds;  // of each workflow, when ok
    std::vector<SilencedLater> silenced_later;
    // Tests and evals; null when the package has none. A module of its own, so they are no part of
    // the program.
    std::shared_ptr<const ir::TestSuite> tests;
};

Compiled compile(std::string_view main_path, PackageLoader& loader);

}  // namespace weft
