// What begins a run.
#pragma once

#include <optional>
#include <string>

#include "engine/runnable_program.h"
#include "engine/uploads.h"
#include "store/rows.h"

namespace weft::engine {

struct StartRequest {
    RunnableProgram program;
    std::string workflow;
    std::string input;  // JSON object; a file is {"upload": id} of `uploads`
    Uploads uploads;
    std::string actor;
    std::optional<store::Tag> tag;  // names the request, so that it is known when it comes again
};

}  // namespace weft::engine
