#include "compiler/compile.h"

#include "compiler/check/context.h"
#include "compiler/check/declare.h"
#include "compiler/check/package.h"
#include "compiler/check/types.h"
#include "compiler/check/usage.h"

namespace weft {

Compiled compile(std::string_view main_path, PackageLoader& loader) {
    Compiled out;
    check::Context context{.module = out.module,
                           .diagnostics = out.diagnostics,
                           .modules = {},
                           .declarations = {},
                           .common = {},
                           .used_locals = {},
                           .watched = {}};
    check::make_common_types(context);
    check::load_package(context, main_path, loader);
    check::check_bodies(context);
    check::check_recursion(context);
    check::check_tests(context);
    check::check_usage(context);
    check::apply_suppressions(context);
    out.diagnostics.sort();
    out.ok = !out.diagnostics.has_errors();
    return out;
}

}  // namespace weft
