// What a compiled Program holds, for the api layer alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bytecode/image.h"
#include "weft/program.h"

namespace weft {

struct Program::Data {
    std::shared_ptr<const Image> image;
    std::string encoded;  // of the image
    std::string ir;       // canonical form
    std::string source;   // JSON object: path -> text
    std::vector<WorkflowInfo> workflows;
    std::vector<ScheduleInfo> schedules;
};

}  // namespace weft
