// The JSON Schemas of results, which every attempt of a step is given. A hash names one image for
// ever, so nothing here grows stale.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "value/type.h"

namespace weft::engine {

class SchemaCache {
  public:
    std::shared_ptr<const std::string> of(const Hash& image, const TypeTable& types, TypeId type) {
        if (kept_.size() >= kKept) kept_.clear();
        auto& kept = kept_[{image, type.index}];
        if (!kept) kept = std::make_shared<const std::string>(json_schema(types, type));
        return kept;
    }

  private:
    static constexpr std::size_t kKept = 256;
    std::map<std::pair<Hash, std::uint32_t>, std::shared_ptr<const std::string>> kept_;
};

}  // namespace weft::engine
