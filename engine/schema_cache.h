// The JSON Schemas of results, which every attempt of a step is given. A hash names one image for
// ever, so nothing here grows stale.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "value/type.h"

namespace weft::engine {

class SchemaCache {
  public:
    // Valid until the next call.
    const std::string& of(const Hash& image, const TypeTable& types, TypeId type) {
        if (kept_.size() >= kKept) kept_.clear();
        auto [at, is_new] = kept_.try_emplace({image, type.index});
        if (is_new) at->second = json_schema(types, type);
        return at->second;
    }

  private:
    static constexpr std::size_t kKept = 256;
    std::map<std::pair<Hash, std::uint32_t>, std::string> kept_;
};

}  // namespace weft::engine
