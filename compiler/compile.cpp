#include "compiler/compile.h"

#include <utility>

#include "compiler/check/constants.h"
#include "compiler/check/context.h"
#include "compiler/check/declare.h"
#include "compiler/check/evals.h"
#include "compiler/check/follow_ups.h"
#include "compiler/check/package.h"
#include "compiler/check/tests.h"
#include "compiler/check/types.h"
#include "compiler/check/usage.h"
#include "compiler/lint/lint.h"

namespace weft {

namespace {

// Tests are checked in the module and then kept apart from it: with the module that they were
// checked in, while the program goes on with a copy that was made before.
std::shared_ptr<const ir::TestSuite> take_tests(check::Context& context, ir::TestSuite checked,
                                                ir::Module program) {
    auto suite = std::make_shared<ir::TestSuite>(std::move(checked));
    suite->module = std::exchange(context.module, std::move(program));
    return suite;
}

// How many items the lists of `each` have at most, for the certificate.
void note_lengths(check::Context& context) {
    for (auto& each : context.module.eaches) {
        if (!each.list.has_value()) continue;
        const auto most = check::length_of(context, each.list).max;
        const auto number = most ? most->to_int() : std::nullopt;
        if (number && *number >= 0) each.items_max = static_cast<std::uint64_t>(*number);
    }
}

bool has_tests(const check::Context& context) {
    for (const auto& info : context.modules) {
        if (!info.tests.empty() || !info.evals.empty()) return true;
    }
    return false;
}

}  // namespace

Compiled compile(std::string_view main_path, PackageLoader& loader) {
    Compiled out;
    check::Context context{.module = out.module,
                           .diagnostics = out.diagnostics,
                           .modules = {},
                           .declarations = {},
                           .common = {},
                           .used_locals = {},
                           .watched = {},
                           .let_values = {},
                           .settings = loader.settings()};
    check::make_common_types(context);
    check::load_package(context, main_path, loader);
    check::check_bodies(context);
    check::check_recursion(context);
    check::check_schedules(context);
    check::check_migrates(context);
    lint::check_all(context);
    note_lengths(context);
    ir::Module program;
    const bool tested = has_tests(context);
    if (tested) program = context.module;
    ir::TestSuite tests;
    tests.tests = check::check_tests(context);
    tests.evals = check::check_evals(context);
    check::check_usage(context);
    check::drop_follow_ups(context);
    check::apply_suppressions(context);
    if (tested) out.tests = take_tests(context, std::move(tests), std::move(program));
    out.silenced_later = std::move(context.silenced_later);
    out.diagnostics.sort();
    out.ok = !out.diagnostics.has_errors();
    if (!out.ok) return out;
    for (const auto& workflow : out.module.workflows) {
        out.bounds.push_back(lint::bounds_of(context, workflow));
    }
    return out;
}

}  // namespace weft
