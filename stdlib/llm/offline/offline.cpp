#include "stdlib/llm/offline/offline.h"

#include "stdlib/llm/offline/fill.h"

namespace weft::stdlib::llm::offline {

std::expected<OrderedJson, WorkerError> generate(const Prompt& prompt, double temperature) {
    const Material material = read_material(prompt.inputs);
    Filler filler(material, prompt.schema, temperature);
    if (material.question) filler.ask(*material.question);
    return filler.fill(prompt.schema, "", "");
}

}  // namespace weft::stdlib::llm::offline
