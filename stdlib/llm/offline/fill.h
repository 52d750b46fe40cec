// Walks a result's schema and serves each field by its role. One Filler serves one scope: the whole
// prompt, or one item of a list with a question of its own.
#pragma once

#include <optional>
#include <string>

#include "stdlib/llm/offline/answer.h"
#include "stdlib/llm/offline/bounds.h"
#include "stdlib/llm/offline/material.h"
#include "stdlib/llm/offline/roles.h"
#include "stdlib/llm/prompt.h"

namespace weft::stdlib::llm::offline {

class Filler {
  public:
    using Filled = std::expected<OrderedJson, WorkerError>;

    Filler(const Material& material, const OrderedJson& root, double temperature)
        : material_(material), root_(root), temperature_(temperature) {}

    // `question` scopes answers; `path` names the field in messages, `field` tells its role.
    Filled fill(const OrderedJson& schema, const std::string& field, const std::string& path);
    void ask(std::string question);

  private:
    Filled object(const OrderedJson& schema, const std::string& path);
    Filled array(const OrderedJson& schema, const Bounds& bounds, const std::string& field,
                 const std::string& path);
    Filled items_of_texts(const Bounds& bounds, const Bounds& item, Role role,
                          const std::string& path);
    Filled items_by_topic(const OrderedJson& items, const Bounds& bounds, const std::string& path);
    Filled citations(const OrderedJson& items, const Bounds& bounds, const std::string& path);
    Filled text(const Bounds& bounds, const std::string& field, const std::string& path);
    Filled number(const Bounds& bounds, const std::string& field, const std::string& path);
    Filled choice(const Bounds& bounds, const std::string& field, const std::string& path);
    Filled extracted(const Bounds& bounds, const std::string& field, const std::string& path);

    std::string summary(const Bounds& bounds) const;
    std::string answer_text(const Bounds& bounds);
    const Answer& answer();

    const Material& material_;
    const OrderedJson& root_;
    double temperature_;
    std::optional<std::string> question_;
    std::optional<Answer> answer_;
};

}  // namespace weft::stdlib::llm::offline
