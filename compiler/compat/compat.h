// `weft compat`: two programs compared construct by construct, for the runs of the old one that are
// in flight and for whoever starts, signals and reads them. It goes by the constructs' names, paths
// and texts, and knows no run; what a store's runs say of a program is the engine's to find out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "compiler/ir/module.h"

namespace weft::compat {

enum class Class : std::uint8_t {
    Safe,      // no run and no caller can tell
    Adopts,    // a run goes on; from here on the new program decides
    Migrates,  // a run that has come by here goes on by a `migrate` block alone
    Breaks,    // callers, senders or readers have to change as well
};
std::string_view class_name(Class cls);

struct Finding {
    std::string name;  // "breaking-in-flight"
    Class cls = Class::Safe;
    std::string construct;  // "step order.charge"
    std::string what;       // what is otherwise
    std::string reason;     // why that is of its class
    Span old_span;          // nowhere when it is not there
    Span new_span;
    std::string was = {};  // a name that would make it the same construct again
    // Of what runs, callers or senders may not survive (WF7); none where they do.
    std::optional<DiagnosticCode> code = {};
};

// In the order of the old program, what is only in the new one behind.
std::vector<Finding> compare(const ir::Module& old, const ir::Module& next);

}  // namespace weft::compat
