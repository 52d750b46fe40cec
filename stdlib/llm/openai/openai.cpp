#include "stdlib/llm/openai/openai.h"
namespace weft::stdlib::llm::openai {
WorkerOutcome generate(const WorkerCall&, const Json&, const Prompt&, double) {
    return worker_error("Rejected", "later");
}
WorkerOutcome judge(const WorkerCall&, const Json&, const Json&, const std::string&) {
    return worker_error("Rejected", "later");
}
}  // namespace weft::stdlib::llm::openai
